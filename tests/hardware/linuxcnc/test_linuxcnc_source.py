"""A real LinuxCNC on the bench: what it does, against recorded traces and closed forms."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from linuxcnc_bench import HEAD, FirstOrder, Intervening, Late, Recorded, Surface, needs_linuxcnc, options, run, source

from hardware.linuxcnc.plants import IdealPlant
from twin.errors import InputError
from twin.scenario import WorkOffset
from twin.units import MM

pytestmark = [pytest.mark.linuxcnc, pytest.mark.timeout(120)]
TRACES = Path(__file__).resolve().parents[2] / "motion" / "linuxcnc_traces"


@pytest.fixture(autouse=True, scope="module")
def installed():
    needs_linuxcnc()


@pytest.fixture(scope="module")
def zigzag():
    return run((TRACES / "zigzag.ngc").read_text())


def assert_same_motion(name, recorded, from_line):
    """Every servo step of the recorded trace from ``from_line`` on, positions to its rounding, and the line that runs.

    That line follows a rest. How the first approach starts depends on how far the controller had read ahead.
    """
    with np.load(TRACES / f"{name}.npz") as trace:
        column = dict(zip((str(c) for c in trace["columns"]), trace["data"].T, strict=True))

    def motion(line, speed):
        rows = np.flatnonzero((line >= from_line) & (speed > 0))
        return slice(rows[0], rows[-1] + 1)

    ours = motion(recorded["line"], recorded["path_speed_mm_s"])
    theirs = motion(column["line"], column["path_vel_mm_s"])
    assert ours.stop - ours.start == theirs.stop - theirs.start > 3000
    for axis in "xyz":
        length = 50.0 if axis == "z" else 0.0  # the trace has the joint, we the tip
        at = recorded[f"{axis}_commanded_mm"][ours] + length
        assert np.abs(at - column[f"{axis}_cmd_mm"][theirs]).max() < 0.6e-6
    assert (recorded["line"][ours] == column["line"][theirs]).all()


def test_no_cycle_is_missing(zigzag):
    assert zigzag.outcome.finished, zigzag.outcome
    assert (np.diff(zigzag.number) == 1).all() and zigzag.number[0] == 1


def test_in_real_time_the_motion_is_that_of_the_trace():
    recorded = run((TRACES / "spline.ngc").read_text(), chosen=options(time_factor_ratio=1))
    assert recorded.outcome.finished, recorded.outcome
    assert_same_motion("spline", recorded, from_line=10)


def test_accelerated_the_motion_is_that_of_the_trace(zigzag):
    assert_same_motion("zigzag", zigzag, from_line=7)


def test_an_ideal_plant_is_seen_one_cycle_later(zigzag):
    for axis in "xy":
        commanded, actual = zigzag[f"{axis}_commanded_mm"], zigzag[f"{axis}_actual_mm"]
        assert np.abs(actual[1:] - commanded[:-1]).max() < 1e-9
    assert np.abs(zigzag["x_following_error_um"]).max() < 1e-6


def test_following_error_of_a_first_order_plant():
    """At constant speed v it lags by v / gain, closed form; the plant's own readings belong to the same cycles."""
    gain, speed = 100.0, 1200 / 60
    program = HEAD + "G0 X0 Y0 Z5\nG1 X60 F1200\nM2\n"
    recorded = run(program, partial(FirstOrder, gain))
    assert recorded.outcome.finished, recorded.outcome
    steady = (recorded["x_commanded_mm"] > 30) & (recorded["x_commanded_mm"] < 50)
    period = 1e-3  # the command is held over a cycle: exact lag of the sampled loop
    lag = speed * period * np.exp(-gain * period) / (1 - np.exp(-gain * period))
    assert np.abs(recorded["x_following_error_um"][steady] * MM / lag - 1).max() < 1e-6
    assert lag == pytest.approx(speed / gain, rel=0.06)
    assert (recorded["plant_cycle"] == recorded.number).all()
    assert np.abs(recorded["x_actual_mm"][1:] - recorded["plant_x_mm"][:-1]).max() < 1e-9


def test_offsets_tools_and_home_of_the_scenario():
    """G54 shifts the axes, G43 takes the tool's length off, homing ends at the scenario's home."""
    offsets = {"G54": WorkOffset(x=10e-3, y=-5e-3, z=2e-3)}
    program = HEAD + "G0 X1 Y2 Z3\nG4 P0.05\nM2\n"
    recorded = run(program, offsets=offsets, home=(20e-3, 30e-3, 40e-3))
    end = [recorded[f"{axis}_commanded_mm"][-1] for axis in "xyz"]
    assert np.abs(np.subtract(end, [11, -3, 5])).max() < 1e-9
    begin = np.flatnonzero(recorded["line"] > 0)[0]
    length = recorded["tool_length_mm"][begin]  # 0 or 50: the program's first lines run at once
    at = [recorded[f"{axis}_commanded_mm"][begin] for axis in "xyz"]
    assert np.add(at, [0, 0, length]) == pytest.approx([20, 30, 40], abs=1e-6)
    assert recorded["tool_length_mm"][-1] == pytest.approx(50)


@pytest.mark.parametrize("tolerance", [0.01, 0.1])
def test_corners_are_rounded_within_the_tolerance_of_the_bench(tolerance):
    """Where the program states none; the nearest servo step passes the corner at about that distance."""
    program = HEAD.replace("G64", "") + "G0 X0 Y0 Z0\nG1 X20 F3000\nY20\nM2\n"
    recorded = run(program, chosen=options(path_tolerance_mm=tolerance))
    away = np.hypot(recorded["x_commanded_mm"] - 20, recorded["y_commanded_mm"])[recorded["line"] > 3].min()
    assert 0.3 * tolerance < away < 1.2 * tolerance


@pytest.mark.parametrize("plant", [IdealPlant, partial(Late, 0.5e-3)], ids=["accelerated", "late"])
def test_dwells_keep_machine_time(plant):
    """G4 is timed by another process of the controller than the motion: never short, however late the plant is."""
    recorded = run(HEAD + "G0 X0 Y0 Z5\nG1 X1 F600\nG4 P3\nG1 X2\nM2\n", plant)
    x = recorded["x_commanded_mm"]
    still = np.count_nonzero(np.abs(x - 1) < 1e-9)
    assert 3000 <= still < 3250  # Task looks at the clock every 1 ms of the wall: 10 cycles here, more when it is late


def test_probing_meets_the_plants_surface():
    """G38.2 stops on touch: the axis overshoots by its deceleration, the parameter holds the trip point."""
    program = HEAD + "G0 X5 Y5 Z2\nG38.2 Z-20 F120\n#1=#5063\nG0 Z10\nG1 X[10-#1] F6000\nM2\n"
    recorded = run(program, partial(Surface, -4.9876e-3))
    assert recorded.outcome.finished, recorded.outcome
    tripped = 10 - recorded["x_commanded_mm"][-1]
    assert (recorded["z_commanded_mm"] < -4.5).any()
    assert tripped == pytest.approx(-4.9876, abs=2 * 120 / 60 * 1e-3)  # it sees the probe a cycle later


def test_a_probe_that_touches_nothing_stops_the_program():
    recorded = run(HEAD + "G0 X5 Y5 Z2\nG38.2 Z-3 F600\nG0 X9\nM2\n", partial(Surface, -20e-3))
    assert not recorded.outcome.finished and recorded.outcome.why == "the controller stopped the program"
    assert recorded.outcome.messages == ["G38.2 move finished without making contact."]
    assert recorded["x_commanded_mm"].max() < 5.1


def test_a_touch_in_another_move_is_no_probing():
    """The tool in the cut touches the part all the time."""
    recorded = run(HEAD + "G0 X5 Y5 Z2\nG1 Z-3 F600\nG1 X9\nM2\n", partial(Surface, 1e-3))
    assert recorded.outcome.finished, recorded.outcome


def test_adaptive_feed_slows_the_path():
    program = HEAD + "G0 X0 Y0 Z5\nG1 X20 F1200\nM2\n"
    slow = run(program, partial(Intervening, 0.5, 0.0), options(adaptive_feed=True))
    steady = (slow["x_commanded_mm"] > 5) & (slow["x_commanded_mm"] < 15)
    assert slow["path_speed_mm_s"][steady] == pytest.approx(10.0, rel=1e-6)


def test_external_offset_shifts_z():
    """And a feed factor that nobody switched on is not heard."""
    program = HEAD + "G0 X0 Y0 Z5\nG1 X20 F1200\nM2\n"
    shifted = run(program, partial(Intervening, 0.5, -21.4e-6), options(external_offset=True))
    assert shifted["offset_z_um"][-1] == pytest.approx(-21.4, abs=0.06)
    assert shifted["z_commanded_mm"][-1] == pytest.approx(5 - 0.0214, abs=1e-4)
    steady = (shifted["x_commanded_mm"] > 5) & (shifted["x_commanded_mm"] < 15)
    assert shifted["path_speed_mm_s"][steady] == pytest.approx(20.0, rel=1e-6)


def test_what_is_sent_from_outside_is_done_within_limits():
    """Both at once, in the middle of a stroke; beyond the limits only as far as they go."""
    chosen = options(adaptive_feed=True, external_offset=True, largest_offset_um=30, least_feed_ratio=0.4, armed=True)
    blocks, sent = [], None
    with source(HEAD + "G0 X0 Y0 Z5\nG1 X60 F1200\nM2\n", chosen=chosen) as opened:
        for block in opened.blocks():
            blocks.append(block)
            if sent is None and (block.values["x_commanded_mm"] > 5).any():
                sent = opened.send({"feed_factor_ratio": 0.1, "offset_z_um": 45})
        with pytest.raises(InputError, match="takes no spindle_speed_rpm"):
            opened.send({"spindle_speed_rpm": 1})
    recorded = Recorded(blocks, opened.outcome)
    assert sent == {"feed_factor_ratio": 0.4, "offset_z_um": 30}
    steady = (recorded["x_commanded_mm"] > 50) & (recorded["x_commanded_mm"] < 55)
    assert recorded["path_speed_mm_s"][steady] == pytest.approx(0.4 * 20, rel=1e-6)
    assert recorded["z_commanded_mm"][steady] == pytest.approx(5.030, abs=1e-4)
    with pytest.raises(InputError, match="not armed"):
        source("M2\n", chosen=options(adaptive_feed=True)).send({"feed_factor_ratio": 0.5})


def test_a_word_of_another_control_is_refused_with_its_line(fault_report):
    with pytest.raises(InputError, match=r"t\.nc:4: LinuxCNC cannot run this program") as said:
        run(HEAD + "G0 X0\nG187 P1\nM2\n")
    fault_report("a program of another control", "LinuxCNC", "nothing: nothing moves", f"`{said.value}`")
    with pytest.raises(InputError, match=r"t\.nc:4: .*tool 9 not found"):
        run(HEAD + "G0 X0\nT9 M6\nM2\n")


def test_tool_centre_point_of_the_trunnion():
    """The joints, put through forward kinematics of our own, keep the tip on its line while the table turns.

    A tilts the table about X, C turns on it about Z: part = Rz(C)^T Rx(A)^T machine, signs as of a table.
    """
    program = HEAD.replace("G64", "G64 P0.001") + "M68 E3 Q1\nM66 E0 L0\nF2000\nG0 X30 Y0 Z20\nG1 Z0\n"
    program += "G1 A20 C45\nG1 X30 Y10 A30 C90\nM68 E3 Q0\nM66 E0 L0\nM2\n"
    recorded = run(program, chosen=options("linuxcnc_trunnion"))
    assert recorded.outcome.finished, recorded.outcome
    joint = {axis: recorded[f"{axis}_commanded_mm"] for axis in "xyz"}
    a, c = (np.radians(recorded[f"{axis}_commanded_deg"]) for axis in "ac")
    turning = recorded["line"] == 8
    assert np.ptp(a[turning]) > 0.3 and np.ptp(joint["x"][turning]) > 5
    x, y, z = joint["x"], joint["y"], joint["z"]
    tilted_y, tilted_z = np.cos(a) * y + np.sin(a) * z, -np.sin(a) * y + np.cos(a) * z
    tip = np.stack([np.cos(c) * x + np.sin(c) * tilted_y, -np.sin(c) * x + np.cos(c) * tilted_y, tilted_z], axis=1)
    assert np.abs(tip[turning] - [30, 0, 0]).max() < 2e-3
