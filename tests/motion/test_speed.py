"""Speed changes within limited acceleration and jerk, against closed forms and quadrature."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.motion.speed import peak, profile, ramp_length, ramp_times, reach, time_along

ACCELERATION, JERK = 2.0, 40.0
speeds = st.floats(0.0, 1.0)
lengths = st.floats(1e-4, 1.0)


def arrays(*values):
    return [jnp.asarray([value]) for value in values]


def test_ramp_that_saturates_takes_dv_over_a_plus_a_over_j():
    growing, constant = ramp_times(*arrays(0.5, ACCELERATION, JERK))
    assert float(2 * growing[0] + constant[0]) == pytest.approx(0.5 / 2.0 + 2.0 / 40.0, rel=1e-12)


def test_ramp_that_does_not_saturate_takes_two_roots():
    growing, constant = ramp_times(*arrays(0.05, ACCELERATION, JERK))
    assert float(2 * growing[0] + constant[0]) == pytest.approx(2 * np.sqrt(0.05 / 40.0), rel=1e-12)
    assert float(constant[0]) == 0.0


@settings(deadline=None)
@given(speeds, lengths, st.sampled_from([None, 5.0, 40.0, 5000.0]))
def test_reach_is_the_inverse_of_the_ramp(low, length, jerk):
    low_, length_, a = arrays(low, length, ACCELERATION)
    j = None if jerk is None else jnp.asarray([jerk])
    high = reach(low_, length_, a, j)
    assert float(ramp_length(low_, high, a, j)[0]) == pytest.approx(length, rel=1e-7)


@settings(deadline=None)
@given(speeds, speeds, lengths, st.sampled_from([None, 5.0, 40.0, 5000.0]))
def test_profile_covers_the_length_and_meets_both_ends(start, end, length, jerk):
    a, down = arrays(ACCELERATION, 0.7 * ACCELERATION)
    j = None if jerk is None else jnp.asarray([jerk])
    start_, length_ = arrays(start, length)
    # An end that can be reached and a start that can be left.
    end_ = jnp.minimum(jnp.asarray([end]), reach(start_, length_, a, j))
    start_ = jnp.minimum(start_, reach(end_, length_, down, j))
    limit = jnp.asarray([1.2])
    top = peak(start_, end_, limit, length_, a, down, j)
    assert float(top[0]) <= 1.2
    speed, path = float(start_[0]), 0.0
    for t, a0, j0 in zip(*np.asarray(profile(start_, end_, top, length_, a, down, j))[:, :, 0], strict=True):
        path += (speed + (0.5 * a0 + j0 * t / 6) * t) * t
        speed += (a0 + 0.5 * j0 * t) * t
    assert path == pytest.approx(length, rel=1e-6)
    assert speed == pytest.approx(float(end_[0]), abs=1e-9)


def test_peak_is_the_highest_that_fits():
    start, end, length, a, j = arrays(0.1, 0.05, 0.05, ACCELERATION, JERK)
    top = peak(start, end, jnp.asarray([9.0]), length, a, a, j)
    used = ramp_length(start, top, a, j) + ramp_length(end, top, a, j)
    assert float(used[0]) == pytest.approx(0.05, rel=1e-9)


def test_time_along_inverts_the_integral_of_the_speed():
    start, end, length, a, j = arrays(0.1, 0.05, 0.2, ACCELERATION, JERK)
    top = peak(start, end, jnp.asarray([0.3]), length, a, a, j)
    phases = profile(start, end, top, length, a, a, j)
    duration, acceleration, slope = np.asarray(phases)[:, :, 0]
    total = duration.sum()
    grid = np.linspace(0, total, 400_001)
    edges = np.concatenate([[0], np.cumsum(duration)])
    k = np.clip(np.searchsorted(edges, grid, side="right") - 1, 0, 6)
    a_now = acceleration[k] + slope[k] * (grid - edges[k])
    step = grid[1]
    speed = 0.1 + np.concatenate([[0], np.cumsum(0.5 * (a_now[1:] + a_now[:-1]) * step)])
    path = np.concatenate([[0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * step)])
    for share in (0.01, 0.2, 0.5, 0.77, 0.99):
        at = float(time_along(jnp.asarray([share * 0.2]), start, phases)[0])
        assert np.interp(at, grid, path) == pytest.approx(share * 0.2, rel=1e-4)
