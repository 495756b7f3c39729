"""The time law of small programs, against hand-worked times."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.motion import Axis, Controller, RotaryAxis, segment_times, time_law
from twin.motion.blocks import blocks_of, planned_rows, select
from twin.motion.plan import plan
from twin.program import interpret, linearise
from twin.program.program import Op

TOOL = Tool(number=1, name="T1", kind="flat", diameter=1e-2, n_teeth=2, flute_length=2e-2, stick_out=5e-2)


def axes(velocity=0.5, acceleration=2.0, jerk=None, **servo):
    return {name: Axis(velocity=velocity, acceleration=acceleration, jerk=jerk, **servo) for name in "xyz"}


def machine(**changes):
    base = dict(
        axis=axes(),
        cornering="exact_stop",
        centripetal_acceleration=1.0,
        spindle_acceleration=500.0,
        tool_change=4.0,
        auxiliary=0.25,
    )
    return Controller(**(base | changes))


def program(text, mode="G64"):
    return interpret(f"G21 G17 G90 G94 {mode}\n{text}\nM2\n", file="test.ngc", tools={1: TOOL})


def duration(text, mode="G64", **changes):
    return time_law(program(text, mode), machine(**changes)).duration


def test_straight_move_trapezoid():
    # 100 mm at 100 mm/s with 2 m/s2: L/v + v/a.
    assert duration("G1 X100 F6000") == pytest.approx(1.0 + 0.1 / 2.0, rel=1e-12)


def test_straight_move_triangle():
    # 1 mm: 2 sqrt(L/a).
    assert duration("G1 X1 F6000") == pytest.approx(2 * np.sqrt(1e-3 / 2.0), rel=1e-12)


def test_straight_move_with_limited_jerk():
    # L/v + v/a + a/j.
    time = duration("G1 X100 F6000", axis=axes(jerk=50.0))
    assert time == pytest.approx(1.0 + 0.1 / 2.0 + 2.0 / 50.0, rel=1e-9)


def test_short_move_with_limited_jerk():
    # Neither acceleration nor speed reached: 4 (L / 2j)^(1/3).
    time = duration("G1 X0.1 F6000", axis=axes(jerk=50.0))
    assert time == pytest.approx(4 * (1e-4 / (2 * 50.0)) ** (1 / 3), rel=1e-7)


def test_slower_axis_limits_the_diagonal():
    slow = axes() | {"y": Axis(velocity=0.03, acceleration=0.3)}
    # Along 45 degrees the path may run sqrt(2) times the limits of y.
    length, v, a = np.sqrt(2) * 0.1, np.sqrt(2) * 0.03, np.sqrt(2) * 0.3
    assert duration("G1 X100 Y100 F60000", axis=slow) == pytest.approx(length / v + v / a, rel=1e-9)


def test_rapid_runs_at_axis_speed_and_its_override():
    p = program("G0 X1000")
    assert time_law(p, machine()).duration == pytest.approx(1 / 0.5 + 0.5 / 2, rel=1e-9)
    assert time_law(p, machine(), rapid_override=0.5).duration == pytest.approx(1 / 0.25 + 0.25 / 2, rel=1e-9)
    assert time_law(p, machine(), feed_override=0.5).duration == pytest.approx(1 / 0.5 + 0.5 / 2, rel=1e-9)


def test_arc_keeps_its_centripetal_acceleration():
    # r = 10 mm, 1 m/s2: 100 mm/s; of 2 m/s2 sqrt(3) m/s2 are left for the speed.
    v, a, length = 0.1, np.sqrt(3.0), 2 * np.pi * 0.01
    assert duration("G3 X0 Y0 I10 J0 F60000") == pytest.approx(length / v + v / a, rel=1e-9)


def test_helix_length_and_tangents():
    p = program("G3 X0 Y0 Z5 I10 J0 P2 F600")
    blocks = blocks_of(p)
    arc = int(np.flatnonzero(p.op == Op.ARC)[0])
    assert blocks.length[arc] == pytest.approx(np.hypot(4 * np.pi * 0.01, 0.005), rel=1e-12)
    np.testing.assert_allclose(np.linalg.norm(blocks.leave[arc]), 1.0, rtol=1e-12)
    assert blocks.leave[arc][1] < 0 and blocks.leave[arc][2] > 0


def test_corner_stops_only_where_the_path_turns():
    straight = duration("G1 X50 F6000\nG1 X100")
    corner = duration("G1 X50 F6000\nG1 Y50")
    assert straight == pytest.approx(1.0 + 0.1 / 2, rel=1e-9)
    assert corner == pytest.approx(2 * (0.5 + 0.1 / 2), rel=1e-9)


def test_exact_stop_mode_stops_on_a_straight_path():
    both = duration("G1 X50 F6000\nG1 X100", mode="G61.1")
    assert both == pytest.approx(2 * (0.5 + 0.1 / 2), rel=1e-9)


def test_junction_deviation_speed():
    # 90 degrees: s = sin 45; v2 = a d s / (1 - s).
    s = np.sin(np.pi / 4)
    expected = np.sqrt(2.0 * 10e-6 * s / (1 - s))
    m = time_law(program("G1 X50 F6000\nG1 Y50"), machine(cornering="junction_deviation", junction_deviation=10e-6))
    assert m.exit_speed[m.length > 0][0] == pytest.approx(expected, rel=1e-9)


def test_speed_step_at_a_corner():
    # 90 degrees: each axis steps by the whole speed; a straight path is free.
    m = time_law(program("G1 X50 F6000\nG1 Y50\nG1 Y100"), machine(cornering="speed_step", corner_step=0.004))
    speeds = m.exit_speed[m.length > 0]
    assert speeds[0] == pytest.approx(0.004, rel=1e-9)
    assert speeds[1] == pytest.approx(0.1, rel=1e-9)


def test_rounded_corner_misses_it_by_the_tolerance():
    # 90 degrees, 20 um: R (sqrt(2) - 1) = P; v2 = R ac; the legs lose R each, the arc is R pi/2.
    p = program("G1 X50 F6000\nG1 Y50", mode="G64 P0.02")
    m = time_law(p, machine(cornering="tolerance"))
    radius = 20e-6 / (np.sqrt(2) - 1)
    moves = np.flatnonzero(m.length > 0)
    assert m.trim[moves[0], 1] == pytest.approx(radius, rel=1e-9)
    assert m.half_arc[moves[1], 0] == pytest.approx(radius * np.pi / 4, rel=1e-9)
    assert m.exit_speed[moves[0]] == pytest.approx(np.sqrt(radius * 1.0), rel=1e-9)


def test_no_block_is_passed_faster_than_it_is_prepared():
    text = "\n".join(f"G1 X{0.1 * k:.1f} F60000" for k in range(1, 501))
    free, starved = duration(text), duration(text, block_time=2e-3)
    # 0.1 mm in 2 ms: 50 mm/s.
    assert starved == pytest.approx(0.05 / 0.05 + 0.05 / 2.0, rel=1e-3)
    assert free < 0.4 * starved


def test_look_ahead_can_always_stop_within_what_it_sees():
    text = "\n".join(f"G1 X{k} F60000" for k in range(1, 101))
    m = time_law(program(text), machine(look_ahead=4))
    # Four blocks of 1 mm: v2 = 2 a 4 mm at the end of each block.
    assert m.exit_speed.max() == pytest.approx(np.sqrt(2 * 2.0 * 4e-3), rel=1e-9)


def test_waits():
    m = time_law(program("T1 M6\nS6000 M3\nM8\nG4 P1.5\nM9\nM5"), machine())
    ramp = 6000 * 2 * np.pi / 60 / 500.0
    assert m.duration == pytest.approx(4.0 + ramp + 0.25 + 1.5 + 0.25 + ramp, rel=1e-9)


def test_move_without_length_changes_nothing():
    once = duration("G1 X50 F6000\nG1 X100")
    again = duration("G1 X50 F6000\nG1 X50\nG1 X100")
    assert again == pytest.approx(once, rel=1e-12)


def test_jerk_limited_ramp_runs_over_many_blocks():
    # 60 blocks on a line are run as one line; not more, for each size is compiled anew.
    chain = duration("\n".join(f"G1 X{k / 3:.6f} F6000" for k in range(1, 61)), axis=axes(jerk=50.0))
    line = duration("G1 X20 F6000", axis=axes(jerk=50.0))
    assert chain == pytest.approx(line, rel=1e-6)


def test_corner_speed_holds_within_a_jerk_limited_chain():
    # Kinks of 2 to 12 degrees every 0.2 mm: no corner is passed faster than its limit.
    rng = np.random.default_rng(1)
    heading = np.cumsum(rng.uniform(-0.2, 0.2, 60))
    x, y = np.cumsum(0.2 * np.cos(heading)), np.cumsum(0.2 * np.sin(heading))
    p = program("F6000\n" + "\n".join(f"G1 X{a:.5f} Y{b:.5f}" for a, b in zip(x, y, strict=True)))
    controller = machine(cornering="speed_step", corner_step=4e-3, axis=axes(jerk=50.0))
    m = time_law(p, controller)
    moves = np.flatnonzero(m.length > 0)
    blocks = blocks_of(p)
    step = np.abs(blocks.leave[moves[1:]] - blocks.arrive[moves[:-1]]).max(axis=1)
    assert np.all(m.exit_speed[moves[:-1]] * step <= 4e-3 * (1 + 1e-6))
    np.testing.assert_allclose(m.exit_speed[moves[:-1]], m.entry_speed[moves[1:]], atol=1e-9)
    assert np.abs(m.acceleration).max() <= 2.0 * np.sqrt(2) * (1 + 1e-9)


def test_settling_is_spent_at_every_stop():
    assert duration("G1 X50 F6000\nG1 Y50", settling=0.02) == pytest.approx(2 * (0.5 + 0.05 + 0.02), rel=1e-9)


def test_rounded_words_of_a_half_circle_make_a_corner():
    # Radii 0.0138 in at the start and 0.0137 in at the end: the larger one through both points turns 4.9 degrees.
    text = "G20 G3 X-.0275 I-.0138 J0 F36"
    for fit, expected in (("centre", np.pi), ("radius", 2 * np.arcsin(0.01375 / 0.0138))):
        blocks = blocks_of(program(text), fit)
        arc = int(np.flatnonzero(blocks.curvature)[0])
        cosine = blocks.leave[arc] @ blocks.arrive[arc]
        assert np.arccos(cosine) == pytest.approx(expected, abs=1e-6)


def test_pieces_of_a_move_follow_its_speed():
    p = program("G1 X100 F6000")
    m = time_law(p, machine())
    path = linearise(p, chord_tolerance=1e-6, max_length=1e-3)
    times = segment_times(m, p, path)
    assert times[0, 0] == pytest.approx(0.0, abs=1e-12) and times[-1, 1] == pytest.approx(m.duration, abs=1e-12)
    np.testing.assert_allclose(times[1:, 0], times[:-1, 1], atol=1e-12)
    # Within the ramp: s = a t2 / 2.
    ends = path.fraction[:, 1] * 0.1
    ramp = ends < 0.1**2 / (2 * 2.0)
    np.testing.assert_allclose(times[ramp, 1], np.sqrt(2 * ends[ramp] / 2.0), rtol=1e-9)


def test_pieces_of_a_rounded_path_are_in_order():
    p = program("G1 X50 F6000\nG1 Y50\nG1 X0\nG1 Y0", mode="G64 P0.05")
    m = time_law(p, machine(cornering="tolerance", axis=axes(jerk=80.0)))
    times = segment_times(m, p, linearise(p, chord_tolerance=1e-6, max_length=1e-4))
    assert np.all(np.diff(times.ravel()) >= -1e-12)
    assert times[-1, 1] == pytest.approx(m.duration, abs=1e-9)


def test_rotary_move_takes_its_own_limits():
    p = program("G1 X10 F6000")
    turned = dataclasses.replace(p, end=p.end.copy())
    row = int(np.flatnonzero(p.op == Op.FEED)[0])
    turned.end[row:, 0], turned.end[row:, 3] = 0.0, 1.0
    turned.start[row + 1 :] = turned.end[row]
    turned.feed[row] = 10.0
    rotary = {"a": RotaryAxis(velocity=0.5, acceleration=5.0)}
    assert time_law(turned, machine(rotary=rotary)).duration == pytest.approx(1 / 0.5 + 0.5 / 5.0, rel=1e-9)


def test_move_without_feed_is_refused():
    p = program("G1 X10 F6000")
    broken = dataclasses.replace(p, feed=np.zeros_like(p.feed))
    with pytest.raises(InputError, match=r"test.ngc:2: feed 0 mm/min .*F word"):
        time_law(broken, machine())


def test_override_must_be_positive():
    with pytest.raises(InputError, match="override"):
        time_law(program("G1 X10 F6000"), machine(), feed_override=0.0)


CORNERS = "\n".join(
    [
        "F3000",
        "G1 X20",
        "G1 X30 Y5",
        "G3 X40 Y15 I0 J10",
        "G1 Y30",
        "G2 X30 Y40 I-10 J0 F2000",
        "G1 X0 Y41 Z-3",
        "G0 Z5",
    ]
)


@pytest.mark.parametrize(
    ("cornering", "jerk"),
    [
        ("junction_deviation", None),
        pytest.param("speed_step", 60.0, marks=pytest.mark.long),
        pytest.param("tolerance", 60.0, marks=pytest.mark.long),
    ],
)
def test_derivatives_in_the_machines_parameters(cornering, jerk):
    controller = machine(
        axis={
            "x": Axis(velocity=0.4, acceleration=2.0, jerk=jerk),
            "y": Axis(velocity=0.35, acceleration=1.7, jerk=jerk and 0.9 * jerk),
            "z": Axis(velocity=0.2, acceleration=1.3, jerk=jerk and 0.8 * jerk),
        },
        cornering=cornering,
        junction_deviation=8e-6,
        corner_step=3e-3,
        tolerance=1.3e-5,
        settling=0.01,
        block_time=1e-3,
    )
    p = program(CORNERS)
    blocks = blocks_of(p)
    blocks = select(blocks, planned_rows(p, blocks))
    leaves, tree = jax.tree.flatten(controller)

    @jax.jit
    def total(values):
        *limits, feed, rapid = values
        return plan(blocks, jax.tree.unflatten(tree, limits), feed, rapid).time.sum()

    values = [jnp.asarray(float(value)) for value in (*leaves, 0.9, 0.8)]
    gradient = jax.grad(total)(values)
    assert all(np.isfinite(g) for g in gradient)
    for k, value in enumerate(values):
        if value == 0:
            continue
        h = 1e-5 * float(value)
        higher, lower = list(values), list(values)
        higher[k], lower[k] = value + h, value - h
        difference = (float(total(higher)) - float(total(lower))) / (2 * h)
        assert float(gradient[k]) == pytest.approx(difference, rel=2e-4, abs=1e-7)


@pytest.mark.long  # a minute of compiling; sweeps compare their batches with whole runs in every test run
def test_batch_of_controllers_and_overrides():
    p = program(CORNERS)
    blocks = blocks_of(p)
    blocks = select(blocks, planned_rows(p, blocks))
    machines = [machine(axis=axes(acceleration=a, jerk=50.0)) for a in (1.0, 2.0, 4.0)]
    leaves = [jnp.asarray(column, float) for column in zip(*map(jax.tree.leaves, machines), strict=True)]
    batch = jax.tree.unflatten(jax.tree.structure(machines[0]), leaves)
    override = jnp.asarray([1.0, 0.8, 1.2])
    together = jax.vmap(plan, (None, 0, 0, None))(blocks, batch, override, jnp.ones(())).time.sum(-1)
    alone = [time_law(p, m, feed_override=o).duration for m, o in zip(machines, (1.0, 0.8, 1.2), strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_rapids_have_a_jerk_of_their_own():
    """4 (L / 2j)^(1/3) from rest to rest; the cut of the same length beside them keeps its own."""
    limits = {"axis": axes(velocity=1e3, acceleration=1e4), "path_jerk": 4.0, "rapid_jerk": 32.0}
    time = time_law(program("G0 X8\nG1 X16 F600000"), machine(**limits)).time
    assert np.diff(time)[:2] == pytest.approx([4 * (8e-3 / (2 * jerk)) ** (1 / 3) for jerk in (32, 4)], rel=1e-6)
