"""What the rows of a Program hold: positions in machine axes, feed, spindle, coolant, tool, path mode."""

from math import nan, pi

import numpy as np
import pytest
from program_oracle import TOOLS

from twin.program import Op, PathMode, Program, interpret
from twin.units import RPM


def rows(text: str, **settings) -> Program:
    return interpret(text, file="test.nc", tools=TOOLS, **settings)


def test_a_program_of_every_kind_of_row() -> None:
    program = rows(
        "(MSG, first part)\nT3 M6\nS3000 M3 M8\nG0 X1 Y2 Z3\nG1 Z-1 F300\nG3 X3 Y2 I1\nG4 P1.5\nM7\nM1\nM9\nM5\nM30\n"
    )
    assert program.op.tolist() == [
        Op.TOOL,
        Op.SPINDLE,
        Op.COOLANT,
        Op.RAPID,
        Op.FEED,
        Op.ARC,
        Op.DWELL,
        Op.COOLANT,
        Op.STOP,
        Op.COOLANT,
        Op.SPINDLE,
        Op.END,
    ]
    assert program.line.tolist() == [2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert program.messages == ((1, "first part"),)
    assert program.tool.tolist() == [3] * 12
    np.testing.assert_allclose(program.spindle, [0] + [3000 * RPM] * 9 + [0, 0])
    assert program.coolant.tolist() == [0, 0, 2, 2, 2, 2, 2, 3, 3, 0, 0, 0]
    np.testing.assert_array_equal(program.feed, [nan] * 4 + [5e-3] * 2 + [nan] * 6)
    assert program.dwell[6] == 1.5 and program.dwell.sum() == 1.5
    np.testing.assert_allclose(program.end[5], [3e-3, 2e-3, -1e-3, 0, 0, 0])
    np.testing.assert_allclose(program.centre[5], [2e-3, 2e-3, -1e-3])
    assert np.isnan(np.delete(program.centre, 5, axis=0)).all()
    assert program.plane_axis[5] == 2 and program.turns[5] == 1
    np.testing.assert_array_equal(program.start[1:], program.end[:-1])
    standing = ~np.isin(program.op, (Op.RAPID, Op.FEED, Op.ARC))
    np.testing.assert_array_equal(program.start[standing], program.end[standing])


def test_work_offset_and_home_are_machine_positions() -> None:
    program = rows(
        "G54 G0 X1 Y2 Z3\nG91 G28 Z0\nG90 G55 X0\nG30\nM30\n",
        work_offsets={"G54": (0.1, 0.2, -0.3), "G55": (0.5, 0, 0)},
        home=(0.0, 0.0, -0.01, 0.0, 0.0, 0.0),
        second_home=(-0.4, 0.4, 0.0, 0.0, 0.0, 0.0),
    )
    np.testing.assert_array_equal(program.start[0], [0, 0, -0.01, 0, 0, 0])
    np.testing.assert_allclose(program.end[0, :3], [0.101, 0.202, -0.297])
    moves = program.end[program.op == Op.RAPID, :3]
    np.testing.assert_allclose(moves[-3], [0.101, 0.202, -0.01])
    np.testing.assert_allclose(moves[-2], [0.5, 0.202, -0.01])
    np.testing.assert_allclose(moves[-1], [-0.4, 0.4, 0.0])


def test_tool_length_moves_the_tip_not_the_machine() -> None:
    # the gauge line stands at Z 100; with a tool of 53 mm its tip stands at 47
    program = rows("G0 Z100\nT3 M6\nG43 H3\nG0 X5\nZ10\nG49 Z60\nM30\n")
    moves = np.flatnonzero(program.op == Op.RAPID)
    np.testing.assert_allclose(program.start[moves, 2] * 1e3, [0, 47, 47, 63], atol=1e-12)
    np.testing.assert_allclose(program.end[moves, 2] * 1e3, [100, 47, 10, 60], atol=1e-12)


def test_feed_modes_are_resolved() -> None:
    program = rows("G93 G1 X30 Y40 F2\nG94 F60 X0\nG95 S1200 M3 F0.1 Y0\nG20\nG94 F10 X1\nM30\n")
    feeds = program.feed[program.op == Op.FEED]
    # 50 mm in half a minute; 60 mm/min; 0.1 mm at 20 rev/s; 10 in/min
    np.testing.assert_allclose(feeds, [0.05 / 30, 1e-3, 2e-3, 10 * 25.4e-3 / 60])


def test_inverse_time_of_an_arc_counts_its_length() -> None:
    program = rows("G93 G3 X0 Y0 I10 Z5 P2 F1\nM30\n")
    np.testing.assert_allclose(program.feed[0], np.hypot(2 * 2 * pi * 0.01, 0.005) / 60)


def test_rotary_axes() -> None:
    program = rows("G1 A90 C-45 F360\nG1 X10 B10\nM30\n")
    np.testing.assert_allclose(program.end[0, 3:], [pi / 2, 0, -pi / 4])
    assert program.feed[0] == pytest.approx(2 * pi / 60)  # degrees a minute where only rotary axes move
    assert program.feed[1] == pytest.approx(360e-3 / 60)


def test_constant_surface_speed_follows_x_and_its_limit() -> None:
    # 62.83 m/min on radius 10 mm: 1000 rev/min; nearer than 5 mm the limit holds
    program = rows("G0 X10\nG96 D2000 S62.83185307 M3\nG1 X5 F100\nG0 X0.1\nG97 S500\nM30\n")
    np.testing.assert_allclose(program.spindle[1:] / RPM, [1000, 2000, 2000, 500, 500], rtol=1e-8)


def test_path_modes() -> None:
    program = rows("F100 G61 G1 X1\nG61.1 X2\nG64 X3\nG64 P0.05 Q0.01 X4\nG20 G64 P0.01\nX1\nG9 X2\nX3\nM30\n")
    assert program.path_mode[:5].tolist() == [PathMode.EXACT_PATH, PathMode.EXACT_STOP] + [PathMode.CONTINUOUS] * 3
    np.testing.assert_allclose(program.tolerance[2:5], [0, 5e-5, 25.4e-5])
    assert program.path_mode[4:7].tolist() == [PathMode.CONTINUOUS, PathMode.EXACT_STOP, PathMode.CONTINUOUS]


def test_cycles_pass_their_corners_exactly() -> None:
    program = rows("F100 G0 Z5\nG81 X5 Z-1 R2\nG80 G0 X9\nM30\n")
    assert (program.path_mode[1:4] == PathMode.EXACT_PATH).all()
    assert program.path_mode[-2] == PathMode.CONTINUOUS


def test_taps_turn_the_spindle_back() -> None:
    program = rows("S300 M3 F300 G0 Z5\nG84 X5 Z-10 R2\nG80\nM30\n")
    out = np.flatnonzero((program.op == Op.FEED) & (program.end[:, 2] > 0))
    np.testing.assert_allclose(program.spindle[out] / RPM, [-300])
    np.testing.assert_allclose(program.spindle[-1] / RPM, 300)


def test_block_delete_is_a_switch() -> None:
    text = "G0 X1\n/X2\n/2 Y3\nM30\n"
    assert rows(text).n_moves == 2
    assert rows(text, block_delete=False).n_moves == 4


def test_start_values_of_parameters() -> None:
    program = rows("G0 X#100 Y[#101*2]\nM30\n", parameters={100: 3.0, 101: 4.0})
    np.testing.assert_allclose(program.end[0, :2], [3e-3, 8e-3])


def test_program_without_an_end_warns() -> None:
    assert [w.message for w in rows("G0 X1\n").warnings] == ["the program ends without M2 or M30"]
    assert rows("%\nO0001(NAME)\nN10G0X120.Y-.5\nN20M30\n%\n").warnings == ()


def test_what_follows_the_end_is_not_run() -> None:
    assert rows("G0 X1\nM30\nG99999\n").n_moves == 2


def test_a_slow_and_a_plain_way_agree() -> None:
    # The same moves once as plain blocks, once written so that only the full interpreter reads them.
    lines = [
        f"G{i % 2} X{i * 7 % 13}.{i % 10} Y-.{i % 9 + 1} Z{i}." + (f" F{100 + i}." if i % 5 == 0 else "")
        for i in range(60)
    ]
    plain = rows("F50\n" + "\n".join(lines) + "\nM30\n")
    slow = rows(
        "F50\n"
        + "\n".join(line.replace("X", "X+[0]+").replace("+[0]+", "[0+").replace(" Y", "] Y", 1) for line in lines)
        + "\nM30\n"
    )
    np.testing.assert_array_equal(plain.end, slow.end)
    np.testing.assert_array_equal(plain.feed, slow.feed)
    np.testing.assert_array_equal(plain.line, slow.line)


def test_dialect_decides_what_the_languages_contradict_each_other_in() -> None:
    text = "G0 Z5\nF100 G82 X1 Z-1 R2 P500\nG80 G4 P1500\nM30\n"
    rs274, fanuc = rows(text), rows(text, dialect="fanuc")
    assert rs274.dwell[rs274.op == Op.DWELL].tolist() == [500, 1500]
    assert fanuc.dwell[fanuc.op == Op.DWELL].tolist() == [0.5, 1.5]
    assert rs274.end[-1, 2] == pytest.approx(2e-3) and fanuc.end[-1, 2] == pytest.approx(5e-3)
    assert [w.word for w in rs274.warnings] == ["G4"] and not fanuc.warnings
