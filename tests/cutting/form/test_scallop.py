"""Scallops against tool profiles crossed numerically, and against the textbook's formula."""

import numpy as np
import pytest
from gradients import check_gradients
from scipy.optimize import brentq

from twin.cutting.form import scallop_height, step_for_scallop
from twin.errors import InputError


def profile(y, radius, corner):
    """Height of a tool's lower silhouette at ``y`` from its axis, its tip at 0."""
    inside = np.abs(y) - (radius - corner)
    return np.where(inside <= 0, 0.0, corner - np.sqrt(np.clip(corner**2 - np.clip(inside, 0, None) ** 2, 0, None)))


def crossed(radius, corner, step, slope):
    """Height above the face where the profiles of two tangent passes cross: bisection along the horizontal."""
    n = np.array([-np.sin(slope), np.cos(slope)])  # of the face, rising towards +y

    def tip(k):  # of the pass that touches the face ``k`` steps up it
        centre = k * step * np.array([np.cos(slope), np.sin(slope)]) + corner * n
        return centre - [radius - corner, corner]

    lower, upper = tip(0), tip(1)

    def difference(y):
        return (lower[1] + profile(y - lower[0], radius, corner)) - (upper[1] + profile(y - upper[0], radius, corner))

    # from where the lower pass touches the face to where the upper one does
    y = brentq(difference, 0.0, step * np.cos(slope), xtol=1e-16, rtol=1e-15)
    return np.array([y, lower[1] + profile(y - lower[0], radius, corner)]) @ n


@pytest.mark.parametrize("slope", [0.01, 0.1, 0.4, 0.8])
@pytest.mark.parametrize("corner", [1e-3, 3e-3, 5e-3])
@pytest.mark.parametrize("step", [0.05e-3, 0.3e-3, 0.8e-3])
def test_crossing_of_the_silhouettes(corner, step, slope):
    expected = crossed(5e-3, corner, step, slope)
    assert float(scallop_height(5e-3, corner, step, slope)) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("step", [8.4e-3, 9e-3])
def test_beyond_the_flat_of_a_bull_nose(step):
    expected = crossed(5e-3, 1e-3, step, 0.05)
    assert float(scallop_height(5e-3, 1e-3, step, 0.05)) == pytest.approx(expected, rel=1e-9)
    level = 1e-3 - np.sqrt(1e-6 - ((step - 8e-3) / 2) ** 2)
    assert float(scallop_height(5e-3, 1e-3, step)) == pytest.approx(level, rel=1e-9)


def test_ball_is_the_same_on_every_slope():
    """Textbook: R - sqrt(R^2 - (s/2)^2), s along the face."""
    steps = np.array([0.1e-3, 0.5e-3, 1e-3])
    for slope in (0.0, 0.3, 1.0):
        assert scallop_height(5e-3, 5e-3, steps, slope) == pytest.approx(
            5e-3 - np.sqrt(25e-6 - steps**2 / 4), rel=1e-12
        )


def test_flat_bottom_leaves_nothing_and_steps_invert():
    assert float(scallop_height(5e-3, 1e-3, 7.9e-3)) == 0.0
    for corner in (1e-3, 5e-3):
        step = step_for_scallop(5e-3, corner, 10e-6)
        assert float(scallop_height(5e-3, corner, step)) == pytest.approx(10e-6, rel=1e-9)


@pytest.mark.parametrize(("corner", "step", "slope"), [(4.9e-3, 0.5e-3, 0.2), (1e-3, 2e-3, 0.2), (1e-3, 8.5e-3, 0.03)])
def test_gradients(corner, step, slope):
    check_gradients(lambda p: 1e6 * scallop_height(*p), (5e-3, corner, step, slope), step=1e-5, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((5e-3, 6e-3, 1e-3), "corner radius"),
        ((5e-3, 5e-3, 11e-3), "above the corner"),
        ((5e-3, 5e-3, -1e-3), "negative"),
        ((5e-3, 5e-3, 1e-3, 2.0), "slope"),
    ],
)
def test_impossible_passes(arguments, said):
    with pytest.raises(InputError, match=said):
        scallop_height(*arguments)
