"""Servo response against closed forms."""

import dataclasses

import numpy as np
import pytest
from test_time_law import axes, machine, program

from twin.motion import segment_times, servo_error, servo_loops, servo_samples, servo_slopes, time_law
from twin.program import linearise


def joined(p, controller, **options):
    blocks = list(servo_samples(p, time_law(p, controller), controller, **options))
    return tuple(np.concatenate([getattr(b, name) for b in blocks]) for name in ("time", "commanded", "actual", "move"))


def test_lag_at_constant_speed():
    controller = machine(axis=axes(gain=50.0, feed_forward=0.6))
    time, commanded, actual, _ = joined(program("G1 X200 F6000"), controller)
    middle = np.searchsorted(time, 1.0)
    # (1 - f) v / Kv
    assert commanded[middle, 0] - actual[middle, 0] == pytest.approx(0.4 * 0.1 / 50.0, rel=1e-9)


def test_ideal_axes_follow_exactly():
    _, commanded, actual, _ = joined(program("G1 X20 Y3 F6000\nG3 X30 Y13 I0 J10"), machine())
    np.testing.assert_array_equal(commanded, actual)


def test_samples_lie_on_the_programmed_path():
    p = program("G1 X20 F6000\nG3 X20 Y20 Z1 I0 J10\nG1 X0")
    time, commanded, _, move = joined(p, machine())
    assert time[1] == pytest.approx(1e-3) and np.all(np.diff(time) > 0)
    arc = p.op[move] == 2
    np.testing.assert_allclose(np.hypot(commanded[arc, 0] - 0.02, commanded[arc, 1] - 0.01), 0.01, rtol=1e-9)
    np.testing.assert_allclose(commanded[-1], [0.0, 0.02, 0.001], atol=1e-9)


def test_chunks_join_without_a_trace():
    p = program("G1 X20 F3000\nG3 X20 Y20 I0 J10\nG1 X0 Y3\nX20\nX0")
    controller = machine(axis=axes(gain=60.0, backlash=4e-6, friction_spike=3e-6))
    whole, pieces = (joined(p, controller, chunk=chunk) for chunk in (1 << 13, 1 << 7))
    for a, b in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_circle_shrinks_with_the_lag():
    # First-order lag without feed-forward: r / sqrt(1 + (w / Kv)2), w = v / r.
    p = program("G3 X0 Y0 I5 J0 P4 F1800")
    controller = machine(axis=axes(gain=40.0))
    _, _, actual, _ = joined(p, controller, period=2e-4)
    half = slice(len(actual) // 2, len(actual) // 2 + 3000)
    radius = np.hypot(actual[half, 0] - 0.005, actual[half, 1])
    w = 0.03 / 0.005
    np.testing.assert_allclose(radius, 0.005 / np.sqrt(1 + (w / 40.0) ** 2), rtol=2e-5)


def test_contour_error_is_the_shrinking_and_not_the_lag():
    p = program("G3 X0 Y0 I5 J0 P4 F1800")
    controller = machine(axis=axes(gain=40.0))
    path = linearise(p, chord_tolerance=1e-7)
    error = servo_error(p, time_law(p, controller), controller, path)
    middle = len(error) // 2
    shrink = 0.005 * (1 - 1 / np.sqrt(1 + (0.03 / 0.005 / 40.0) ** 2))
    assert np.linalg.norm(error[middle, 0]) == pytest.approx(shrink, rel=0.01)
    inward = np.array([0.005, 0.0, 0.0]) - path.start[middle]
    assert error[middle, 0] @ inward > 0


def test_straight_path_has_no_contour_error():
    p = program("G1 X80 Y30 F3000")
    controller = machine(axis=axes(gain=40.0))
    error = servo_error(p, time_law(p, controller), controller, linearise(p, chord_tolerance=1e-6, max_length=1e-3))
    assert np.abs(error).max() < 1e-9


def test_gain_mismatch_tilts_a_diagonal():
    # Lags v/Kx and v/Ky on the two axes: v (1/Kx - 1/Ky) / 2 across 45 degrees.
    p = program("G1 X100 Y100 F3000")
    controller = machine(axis=axes(gain=40.0) | {"y": dataclasses.replace(axes(gain=50.0)["y"])})
    error = servo_error(p, time_law(p, controller), controller, linearise(p, chord_tolerance=1e-6, max_length=1e-3))
    v = 0.05 / np.sqrt(2)
    expected = v * (1 / 40.0 - 1 / 50.0) / np.sqrt(2)
    assert np.linalg.norm(error[len(error) // 2, 0]) == pytest.approx(expected, rel=1e-6)


def test_lost_motion_follows_after_half_the_play():
    p = program("G1 X10 F600\nX0\nX10")
    controller = machine(axis=axes(backlash=20e-6))
    time, commanded, actual, _ = joined(p, controller)
    back = (commanded[:, 0] > 4e-3) & (commanded[:, 0] < 6e-3)
    gap = (actual - commanded)[back, 0]
    first, second = gap[: len(gap) // 3], gap[len(gap) // 3 : 2 * len(gap) // 3]
    np.testing.assert_allclose(first, -10e-6, atol=1e-12)
    np.testing.assert_allclose(second, 10e-6, atol=1e-12)


def test_friction_spike_decays_with_the_distance():
    p = program("G1 X10 F600\nX0")
    controller = machine(axis=axes(friction_spike=5e-6, friction_decay=0.5e-3))
    _, commanded, actual, _ = joined(p, controller, period=1e-4)
    turn = int(np.argmax(commanded[:, 0]))
    since = commanded[turn, 0] - commanded[:, 0]
    k = turn + int(np.searchsorted(since[turn:], 0.5e-3))
    assert actual[k, 0] - commanded[k, 0] == pytest.approx(5e-6 * np.exp(-since[k] / 0.5e-3), rel=1e-3)
    assert np.abs(actual[: turn - 1] - commanded[: turn - 1]).max() < 1e-12


def test_rounded_corner_is_a_contour_error_of_the_tolerance():
    p = program("G1 X20 F3000\nG1 Y20", mode="G64 P0.02")
    controller = machine(cornering="tolerance")
    path = linearise(p, chord_tolerance=1e-6, max_length=1e-4)
    motion = time_law(p, controller)
    error = np.linalg.norm(servo_error(p, motion, controller, path, period=1e-4), axis=2)
    times = segment_times(motion, p, path)
    assert times.shape == error.shape
    # Across the leg the arc leaves it by at most R (1 - cos 45).
    radius = 20e-6 / (np.sqrt(2) - 1)
    assert error.max() <= radius * (1 - np.cos(np.pi / 4)) * 1.02
    assert error.max() > 0.5 * radius * (1 - np.cos(np.pi / 4))


def test_the_end_of_a_move_is_not_sought_on_the_next_one():
    """Before the lift the axes settle, and after the turn the point abeam is never passed: the path comes near both."""
    p = program("G1 X20 F3000\nG3 X24 Y4 I0 J4\nG0 Z50\nG0 X0 Y0\nG0 Z0\nG1 X20 F3000\nX5 Y2")
    controller = machine(axis=axes(gain=60.0, feed_forward=0.95))
    path = linearise(p, chord_tolerance=1e-6, max_length=1e-3)
    motion = time_law(p, controller)
    error = servo_error(p, motion, controller, path, period=1e-3)
    _, _, actual, _ = joined(p, controller, period=1e-3)
    ends = np.stack([path.start, path.end], axis=1)
    feeding = ~path.rapid
    nearest = np.array([[np.linalg.norm(actual - end, axis=1).min() for end in row] for row in ends])
    between_samples = 0.5 * 0.05 * 1e-3
    assert np.all(np.linalg.norm(error, axis=2)[feeding] <= nearest[feeding] + between_samples)


@pytest.mark.long
def test_slopes_of_the_contour_error_are_those_between_two_controllers():
    """A full circle; gain, feed-forward, lost motion and friction of each axis changed by 1 %."""
    p = program("G3 X0 Y0 I5 J0 P2 F1800")
    path = linearise(p, chord_tolerance=1e-6)
    values = {"gain": 40.0, "feed_forward": 0.3, "backlash": 8e-6, "friction_spike": 3e-6, "friction_decay": 1e-3}
    controller = machine(axis=axes(**values))
    found = servo_slopes(p, time_law(p, controller), controller, path)
    middle = slice(len(path.start) // 8, -len(path.start) // 8)
    for name, value in values.items():
        other = dataclasses.replace(
            controller, axis=controller.axis | {"x": dataclasses.replace(controller.axis["x"], **{name: 1.01 * value})}
        )
        motion = time_law(p, other)
        difference = (servo_error(p, motion, other, path) - servo_error(p, motion, controller, path))[middle]
        change = np.asarray(found.change(servo_loops(other)))[middle]
        size = np.abs(difference).max()
        assert size > 1e-10
        assert np.sqrt(np.mean((change - difference) ** 2)) < 0.03 * size
