"""Laws that hold whatever the numbers: turning the feed turns the force, forces are linear, senses mirror."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, OMEGA, feed_for, make_contact, make_engagement, make_path, make_tool
from gradients import check_gradients

from twin.cutting import contact, cutters, loads

ARC, PER_TOOTH = [(0.3, 1.5)], 50e-6
RUNOUT = make_tool(runout=8e-6, runout_angle=0.4)  # one tool for all tests: one compilation


def run(touch, mills, coefficients=ALUMINIUM, spindle=OMEGA, per_tooth=PER_TOOTH):
    n = len(touch.depth)
    return loads(
        touch, jnp.full(n, feed_for(RUNOUT, per_tooth, spindle)), jnp.full(n, float(spindle)), mills, coefficients
    )


def test_turning_the_feed_turns_the_force():
    angles = np.radians([0, 37, 90, 180, 251])
    result = run(*make_contact(RUNOUT, 6e-3, ARC, np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)))
    for row, angle in enumerate(angles):
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        for name in ("force_mean", "force_left", "force_right"):
            force = np.asarray(getattr(result, name))
            assert force[row] == pytest.approx(turn @ force[0], abs=1e-9), name
    assert np.ptp(np.asarray(result.resultant_peak)) < 1e-9
    assert np.ptp(np.asarray(result.torque_peak)) < 1e-12
    x, y, z = np.asarray(result.force_peak[0])
    assert result.force_peak[2] == pytest.approx(np.array([-y, x, z]))


def test_tilted_axis_turns_the_force():
    """3+2: the whole frame is turned, the feed with it."""
    upright = run(*make_contact(RUNOUT, 6e-3, ARC))
    tilt = np.radians(30)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    touch, mills = make_contact(RUNOUT, 6e-3, ARC, direction=turn @ [1, 0, 0], axis=turn @ [0, 0, 1])
    assert run(touch, mills).force_mean[0] == pytest.approx(turn @ np.asarray(upright.force_mean[0]), rel=1e-12)


def test_forces_are_linear_in_the_coefficients():
    touch, mills = make_contact(RUNOUT, 6e-3, ARC)
    base = run(touch, mills)
    double = run(touch, mills, jax.tree.map(lambda k: 2 * k, ALUMINIUM))
    for once, twice in zip(jax.tree.leaves(base), jax.tree.leaves(double), strict=True):
        assert twice == pytest.approx(2 * np.asarray(once), rel=1e-12)
    other = jax.tree.map(lambda k, factor: k * factor, ALUMINIUM, type(ALUMINIUM)(0.3, 2.0, 0.7, 1.4, 0.1, 3.0))
    both = run(touch, mills, jax.tree.map(lambda a, b: a + b, ALUMINIUM, other))
    expected = base.force_mean + run(touch, mills, other).force_mean
    assert both.force_mean == pytest.approx(np.asarray(expected), rel=1e-12)


def test_counter_clockwise_spindle_mirrors():
    """M4 with a left-hand tool is M3 with a right-hand one, seen in a mirror along the feed."""
    right = run(*make_contact(RUNOUT, 6e-3, ARC))
    (start, stop), spindle = ARC[0], -OMEGA
    mirrored = run(*make_contact(RUNOUT, 6e-3, [(np.pi - stop, np.pi - start)], spindle=spindle), spindle=spindle)
    mirror = np.array([1, -1, 1])
    for name in ("force_mean", "force_peak"):
        assert getattr(mirrored, name)[0] == pytest.approx(np.asarray(getattr(right, name)[0]) * mirror, abs=1e-7), name
    assert mirrored.force_left[0] == pytest.approx(np.asarray(right.force_right[0]) * mirror, abs=1e-7)
    assert mirrored.torque_mean[0] == pytest.approx(float(right.torque_mean[0]))
    assert mirrored.power_mean[0] > 0


def test_up_and_down_milling_do_the_same_work():
    up = run(*make_contact(RUNOUT, 6e-3, [(0.0, 0.9)]))
    down = run(*make_contact(RUNOUT, 6e-3, [(np.pi - 0.9, np.pi)]))
    assert up.torque_mean[0] == pytest.approx(float(down.torque_mean[0]), rel=1e-9)
    assert up.force_mean[0, 0] < 0 < down.force_mean[0, 0]  # up-milling holds the feed back, down-milling pulls
    assert up.force_mean[0, 2] == pytest.approx(float(down.force_mean[0, 2]), rel=1e-9)


def test_wall_is_shaped_where_a_tooth_passes_it():
    """Down-milling leaves the right wall under force; the left normal is in air, but other teeth may cut."""
    result = run(*make_contact(RUNOUT, 6e-3, [(np.pi - 0.5, np.pi)]))
    push = -np.asarray(result.force_right[0])[1]  # away from the material on the right, which is -Y
    assert push < 0
    assert np.linalg.norm(result.force_left[0]) < np.linalg.norm(result.force_right[0])


def test_air_and_rapids_give_nothing():
    mills = cutters([RUNOUT])
    path = make_path([(1, 0, 0), (1, 0, 0)], rapid=True)
    touch = contact(make_engagement(5e-3, ARC, 2), path, mills)
    result = loads(touch, jnp.full(2, jnp.nan), jnp.zeros(2), mills, ALUMINIUM)
    assert all(np.all(np.asarray(leaf) == 0) for leaf in jax.tree.leaves(result))


@pytest.mark.long
def test_gradients_in_coefficients_feed_and_speed():
    """Means and peaks against finite differences, with runout, descent, air and a ball in the path."""
    tools = [RUNOUT, make_tool(number=2, kind="ball", n_teeth=2)]
    mills = cutters(tools)
    path = make_path([(1, 0, 0), (0, 1, -0.2), (1, 1, 0), (0, 0, -1), (1, 0, 0)], tool=[1, 1, 2, 1, 2])
    engagement = make_engagement(4e-3, ARC, 5)
    engagement.arc[3, :, 0] = 0, 2 * np.pi
    engagement.depth[4] = 0.0
    touch = contact(engagement, path, mills)

    def with_factors(point):
        """Factors of the coefficients, so that every parameter is of the size of one."""
        coefficients = jax.tree.map(lambda k, factor: k * factor, ALUMINIUM, point["factor"])
        return loads(touch, point["feed"], point["spindle"], mills, coefficients)

    # a peak is evaluated 1e-4 rad beside its top, where the force still rises by 1e-4 of its size per radian
    means = dict.fromkeys(("force_mean", "torque_mean", "power_mean", "force_left"), 1e-6)
    rtol = {**means, **dict.fromkeys(("force_peak", "resultant_peak", "torque_peak"), 1e-3)}

    def by_name(point):
        result = with_factors(point)
        return {name: getattr(result, name) for name in rtol}

    point = {
        "factor": jax.tree.map(lambda _: 1.0, ALUMINIUM),
        "feed": np.full(5, 0.013),
        "spindle": np.array([OMEGA, OMEGA, -OMEGA, OMEGA, OMEGA]),
    }
    # steps of 1e-3: the place of a peak is searched in single precision, which smaller differences would show
    check_gradients(by_name, point, step=1e-3, rtol=rtol)


def test_scenarios_in_a_batch():
    touch, mills = make_contact(RUNOUT, 6e-3, ARC)
    feeds = jnp.asarray([[0.01], [0.02], [0.03]])
    spindle = jnp.full(1, OMEGA)
    batch = jax.vmap(lambda feed: loads(touch, feed, spindle, mills, ALUMINIUM))(feeds)
    for row, feed in enumerate(feeds):
        alone = loads(touch, feed, spindle, mills, ALUMINIUM)
        assert batch.force_peak[row] == pytest.approx(np.asarray(alone.force_peak), rel=1e-9)
        assert batch.force_mean[row] == pytest.approx(np.asarray(alone.force_mean), rel=1e-12)
