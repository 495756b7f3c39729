"""Fanuc's words, worked by hand; LinuxCNC does not know them."""

import numpy as np
import pytest
from program_oracle import TOOLS

from twin.errors import InputError
from twin.program import Op, interpret

START = "G21 G90 G17 G94 F600 G0 X0 Y0 Z0\n"


def path(text: str, **settings) -> np.ndarray:
    """End points X Y Z [mm] of the moves after the header."""
    program = interpret(START + text, file="test.nc", tools=TOOLS, **settings)
    moves = np.isin(program.op, (Op.RAPID, Op.FEED, Op.ARC, Op.PROBE))
    return program.end[moves][1:, :3] * 1e3


def test_if_goto_runs_the_block_it_names() -> None:
    # #1 = 1, 2, 3: the loop by GOTO runs three times, then the jump over N40 is taken.
    text = """#1 = 1
N10 G0 X[#1*10]
#1 = #1+1
IF [#1 LE 3] GOTO 10
IF [#1 EQ 4] GOTO 50
N40 G0 X-99
N50 G0 Y5
M30
"""
    np.testing.assert_allclose(path(text)[:, :2], [[10, 0], [20, 0], [30, 0], [30, 5]])


def test_goto_looks_forward_first_then_from_the_top() -> None:
    text = "GOTO 7\nN7 G0 X1\nIF [#1 EQ 1] GOTO 9\n#1 = 1\nGOTO 7\nG0 X-99\nN9 G0 X2\nM30\n"
    np.testing.assert_allclose(path(text)[:, 0], [1, 1, 2])


def test_while_loops_nest() -> None:
    # rows at Y 0, 10; in each, holes at X 0, 5, 10
    text = """#1 = 0
WHILE [#1 LT 2] DO1
#2 = 0
WHILE [#2 LT 3] DO2
G0 X[#2*5] Y[#1*10]
#2 = #2+1
END2
#1 = #1+1
END1
M30
"""
    expected = [[5 * i, 10 * j] for j in range(2) for i in range(3)]
    np.testing.assert_allclose(path(text)[:, :2], expected)


def test_do_without_condition_ends_by_goto() -> None:
    text = "#1 = 0\nDO1\n#1 = #1+1\nG0 X#1\nIF [#1 GE 3] GOTO 90\nEND1\nN90 G0 Y1\nM30\n"
    np.testing.assert_allclose(path(text)[:, :2], [[1, 0], [2, 0], [3, 0], [3, 1]])


def test_if_then_sets_a_parameter() -> None:
    text = "#1 = 4\nIF [#1 EQ 4] THEN #2 = 7\nIF [#1 EQ 5] THEN #2 = 8\nG0 X#2\nM30\n"
    np.testing.assert_allclose(path(text)[:, 0], [7])


def test_macro_call_passes_arguments_by_letter() -> None:
    # A #1, B #2, I #4, J #5, K #6, D #7, X #24, Z #26; local to the macro
    text = """#1 = 55
G65 P9010 A3 B4 D5 X6 Z-2
G0 X#1
M30
O9010
G0 X[#1+#2] Y[#7*#24] Z#26
#1 = 1000
M99
"""
    np.testing.assert_allclose(path(text), [[7, 30, -2], [55, 30, -2]])


def test_macro_arguments_of_the_second_kind() -> None:
    # I J K I J: #4 #5 #6 #7 #8
    text = "G65 P1 I1 J2 K3 I4 J5\nM30\nO1\nG0 X[#4*100+#5*10+#6] Y[#7*10+#8]\nM99\n"
    np.testing.assert_allclose(path(text)[0, :2], [123, 45])


def test_macro_repeats_and_nests() -> None:
    text = "G91\nG65 P1 L3 A2\nM30\nO1\nG0 X#1\nG65 P2 A[#1*2]\nM99\nO2\nG0 Y#1\nM99\n"
    np.testing.assert_allclose(path(text)[:, :2], [[2, 0], [2, 4], [4, 4], [4, 8], [6, 8], [6, 12]])


def test_vacant_arguments_are_no_words_in_a_macro() -> None:
    # Y#25 is vacant: the word is not there, and #25 EQ #0 holds; a zero is not vacant
    text = """G0 X1 Y2
G65 P1 X5
M30
O1
G0 X#24 Y#25
IF [#25 EQ #0] THEN #100 = 9
IF [#24 EQ #0] THEN #100 = 8
G0 Z#100
M99
"""
    np.testing.assert_allclose(path(text), [[1, 2, 0], [5, 2, 0], [5, 2, 9]])


def test_subprogram_with_count_in_front_and_return_to_a_block() -> None:
    text = "G91\nM98 P0030002\nG0 X-99\nN30 G0 Z1\nM30\nO2\nG0 X1\nM99 P30\n"
    np.testing.assert_allclose(path(text), [[1, 0, 0], [2, 0, 0], [3, 0, 0], [3, 0, 1]])


def test_subprogram_of_another_file_is_loaded_by_number() -> None:
    files = {"77": "%\nO0077\nG0 X7\nM99\n%\n"}
    program = interpret(START + "M98 P77\nG0 Y1\nM30\n", file="a.nc", tools=TOOLS, load=files.get)
    moves = program.end[program.op == Op.RAPID, :2] * 1e3
    np.testing.assert_allclose(moves, [[0, 0], [7, 0], [7, 1]])
    assert program.line[program.op == Op.RAPID].tolist() == [1, 2, 3]  # the call stands for its blocks


def test_rotation_turns_about_its_centre_in_the_plane() -> None:
    # 90 degrees about (10, 0): (20, 0) goes to (10, 10); after G69 the words count as before
    text = "G68 X10 Y0 R90\nG1 X20 Y0\nX20 Y5\nG69\nG1 X0 Y0\nM30\n"
    np.testing.assert_allclose(path(text)[:, :2], [[10, 10], [5, 10], [0, 0]], atol=1e-12)


def test_rotation_turns_arcs_with_it() -> None:
    program = interpret(START + "G68 X0 Y0 R90\nG1 X10 Y0\nG3 X0 Y10 I-10\nG69\nM30\n", file="a.nc", tools=TOOLS)
    arc = program.op == Op.ARC
    np.testing.assert_allclose(program.end[arc, :2], [[-0.01, 0.0]], atol=1e-15)
    np.testing.assert_allclose(program.centre[arc, :2], [[0.0, 0.0]], atol=1e-15)
    assert program.turns[arc].tolist() == [1]


def test_rotation_in_g18_is_about_y() -> None:
    # right-handed about +Y: Z goes to X
    text = "G18 G68 X0 Z0 R90\nG1 X0 Z10\nG69\nM30\n"
    np.testing.assert_allclose(path(text), [[10, 0, 0]], atol=1e-12)


def test_extended_work_offsets() -> None:
    offsets = {"G54.1 P1": (0.1, 0.0, 0.0), "G54.1 P48": (0.0, 0.2, -0.05), "G55": (0.0, 0.0, 0.3)}
    text = "G54.1 P1 G0 X1 Y1 Z1\nG54.1 P48 X1 Y1 Z1\nG55 X1 Y1 Z1\nM30\n"
    np.testing.assert_allclose(path(text, work_offsets=offsets), [[101, 1, 1], [1, 201, -49], [1, 1, 301]])


def test_skip_signal_move_is_a_probe_for_one_block() -> None:
    program = interpret(START + "G1 X1\nG31 Z-5 F50\nX2\nM30\n", file="a.nc", tools=TOOLS)
    assert program.op[1:4].tolist() == [Op.FEED, Op.PROBE, Op.FEED]
    np.testing.assert_allclose(program.end[2:4, :3] * 1e3, [[1, 0, -5], [2, 0, -5]])
    assert program.feed[2] == pytest.approx(0.05 / 60)


def test_dwell_by_x_is_in_seconds() -> None:
    program = interpret("G4 X2.5\nM30\n", file="a.nc", tools=TOOLS)
    assert program.op[0] == Op.DWELL and program.dwell[0] == 2.5


def test_alarm_of_the_program_is_an_error_with_its_text() -> None:
    with pytest.raises(InputError, match=r"a\.nc:2: .*17.*wrong stock"):
        interpret("#1 = 1\n#3000 = 17 (wrong stock)\nM30\n", file="a.nc", tools=TOOLS)


@pytest.mark.parametrize("text", ["G08 P1", "G05.1 Q1", "G05 P10000", "G05.1 Q0", "G62", "M29 S500", "M10", "M48"])
def test_words_that_tune_the_control_warn(text: str) -> None:
    program = interpret(f"{START}{text}\nG0 X5\nM30\n", file="a.nc", tools=TOOLS)
    assert [w.line for w in program.warnings] == [2]
    assert program.warnings[0].word.lstrip("GM0").split()[0] in text
    np.testing.assert_allclose(program.end[-1, 0], 5e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GOTO 99", "no block N99"),
        ("WHILE [1 EQ 1] DO1\nG0 X1", "DO1 without END1"),
        ("END1", "END1 without DO1"),
        ("WHILE [1 EQ 1]", "without DO"),
        ("IF [1 EQ 1] X5", "without GOTO or THEN"),
        ("G65 A1", "G65 without P"),
        ("G65 P5", "subprogram O5 is not"),
        ("G54.1", "G54.1"),
        ("G54.1 P49", "G54.1"),
        ("G68 X0", "G68 without a R"),
        ("N5 GOTO 5", "jumps back"),
        ("DO1\nEND1", "jumps back"),
        ("M98 P1\nM30\nO1\nM98 P1\nM99", "deep"),
    ],
)
def test_faults(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        interpret(START + text + "\nM30\n", file="a.nc", tools=TOOLS, max_iterations=5_000)
