"""Feed marks: parabola in closed form, one tooth that does all, gradients."""

import jax
import numpy as np
import pytest
from gradients import check_gradients

from twin.cutting.form import feed_mark_roughness, runout_reach
from twin.errors import InputError

NO_RUNOUT = np.zeros(4)


@pytest.mark.parametrize("feed", [0.05e-3, 0.1e-3, 0.3e-3])
def test_even_teeth_leave_circular_cusps(feed):
    """Rt = R - sqrt(R^2 - f^2/4); Ra of a parabola is 4 / (9 sqrt 3) of its height, about 0.032 f^2 / R."""
    out = feed_mark_roughness(5e-3, feed, NO_RUNOUT)
    height = 5e-3 - np.sqrt(25e-6 - feed**2 / 4)
    assert float(out.total) == pytest.approx(height, rel=1e-2)
    assert float(out.mean) == pytest.approx(4 / (9 * 3**0.5) * height, rel=1e-3)
    assert float(out.mean) == pytest.approx(0.032 * feed**2 / 5e-3, rel=0.01)


def test_a_tooth_that_runs_out_far_marks_alone():
    """Feed per revolution in place of feed per tooth: sixteen times as rough with four teeth."""
    reach = runout_reach(20e-6, 0.0, np.arange(4) * np.pi / 2)
    even, alone = feed_mark_roughness(5e-3, 0.05e-3, NO_RUNOUT), feed_mark_roughness(5e-3, 0.05e-3, reach)
    assert float(alone.mean / even.mean) == pytest.approx(16, rel=1e-3)


def test_two_teeth_with_small_runout():
    """Arcs a feed apart, one ``2 e`` higher: they cross where both parabolas are alike."""
    feed, big, out = 0.1e-3, 5e-3, 0.05e-6
    reach = runout_reach(out, 0.0, [0.0, np.pi])
    crossing = feed / 2 + 2 * out * big / feed  # from the deeper mark
    assert float(feed_mark_roughness(big, feed, reach).total) == pytest.approx(crossing**2 / (2 * big), rel=1e-2)


def test_many_feeds_at_once_and_gradients():
    feeds = np.array([0.05e-3, 0.1e-3])
    assert feed_mark_roughness(5e-3, feeds, NO_RUNOUT).mean.shape == (2,)

    @jax.jit
    def mean(point):
        radius, feed, runout = point
        return 1e6 * feed_mark_roughness(radius, feed, runout_reach(runout, 0.3, np.arange(3) * 2.1)).mean

    check_gradients(mean, (5e-3, 0.1e-3, 0.02e-6), step=1e-6, rtol=1e-2)


@pytest.mark.parametrize(
    ("arguments", "said"), [((0.0, 1e-4), "not positive"), ((5e-3, 0.0), "not positive"), ((1e-3, 1e-3), "overlap")]
)
def test_impossible_marks(arguments, said):
    with pytest.raises(InputError, match=said):
        feed_mark_roughness(*arguments, NO_RUNOUT)
