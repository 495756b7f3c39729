"""Modes of a plate wall against published plates, beams and laws of scale."""

import jax.numpy as jnp
import numpy as np
import pytest
from gradients import check_gradients

from twin.cutting.dynamics.modes import receptance
from twin.cutting.dynamics.thin_wall import Wall, machined, make_wall, modes_at, wall_modes
from twin.errors import InputError

ALUMINIUM = dict(youngs_modulus=71e9, poisson=0.3, density=2800.0, damping=0.02)


def parameters(wall: Wall, modes, size: float) -> np.ndarray:
    """omega a^2 sqrt(rho t / D) of a wall of even thickness."""
    thickness = float(wall.thickness[0, 0])
    rigidity = wall.youngs_modulus * thickness**3 / 12 / (1 - wall.poisson**2)
    return np.asarray(modes.omega) * size**2 * np.sqrt(wall.density * thickness / rigidity)


def test_square_cantilever_plate():
    """Barton 1951 and Leissa 1973, Poisson's ratio 0.3. Theirs are upper bounds of fewer terms, to 0.7 %."""
    published = np.array([3.492, 8.525, 21.43, 27.33, 31.11, 54.44])
    wall = make_wall(0.05, 0.05, 1e-3, **ALUMINIUM)
    found = parameters(wall, wall_modes(wall, 6), 0.05)
    assert np.all(found < published)
    assert found == pytest.approx(published, rel=7e-3)


def test_ritz_comes_down_to_its_limit():
    wall = make_wall(0.05, 0.05, 1e-3, **ALUMINIUM)
    falling = np.array([parameters(wall, wall_modes(wall, 4, degrees), 0.05) for degrees in (6, 8, 10, 12)])
    assert np.all(np.diff(falling, axis=0) < 0)
    assert np.abs(falling[-1] / falling[-2] - 1).max() < 1.5e-4


def test_narrow_wall_is_a_beam():
    """Poisson's ratio 0: bending modes are those of a cantilever, 1.8751^2 and 4.6941^2, exactly."""
    height, thickness = 0.08, 1e-3
    wall = make_wall(0.004, height, thickness, **(ALUMINIUM | dict(poisson=0.0)))
    beam = np.array([1.87510407, 4.69409113]) ** 2 * np.sqrt(71e9 * thickness**2 / 12 / 2800) / height**2
    found = np.asarray(wall_modes(wall, 6).omega)
    for omega in beam:
        assert np.abs(found / omega - 1).min() < 1e-6


def test_clamped_sides_of_a_long_way_up():
    """A tall wall between two clamped sides: far from its foot a strip of it is a beam clamped at both ends, 4.7300.

    The lowest mode of a plate free at the top lies slightly above that of the strip, and nears it with the height.
    """
    strip = 4.73004074**2 * np.sqrt(71e9 * 1e-6 / 12 / 2800) / 0.02**2
    above = []
    for height in (0.04, 0.08):
        wall = make_wall(0.02, height, 1e-3, **(ALUMINIUM | dict(poisson=0.0)), clamped_start=True, clamped_end=True)
        above.append(float(wall_modes(wall, 1, degrees=14).omega[0]) / strip - 1)
    assert 0 < above[1] < above[0] < 0.05


def test_frequencies_rise_with_thickness_and_fall_as_the_wall_is_thinned():
    thick, thin = (make_wall(0.06, 0.03, t, **ALUMINIUM) for t in (2e-3, 1e-3))
    assert np.asarray(wall_modes(thick).omega) == pytest.approx(2 * np.asarray(wall_modes(thin).omega), rel=1e-9)
    cut = thick
    lowest = [float(wall_modes(cut).omega[0])]
    for top, bottom in ((0.03, 0.02), (0.02, 0.01), (0.01, 0.0)):
        cut = machined(cut, (0.0, 0.06), (bottom, top), 1e-3)
        lowest.append(float(wall_modes(cut).omega[0]))
    # taking mass off the top raises it, taking stiffness off the foot lowers it; in the end the wall is the thin one
    assert lowest[1] > lowest[0] and lowest[3] < lowest[2]
    assert lowest[3] == pytest.approx(float(wall_modes(thin).omega[0]), rel=1e-9)
    assert cut.thickness == pytest.approx(1e-3)


def test_static_deflection_at_the_top_of_a_beam():
    """Sum of the modes' compliances at a point = the static one of a narrow cantilever, h^3 / 3 E I, from below."""
    width, height, thickness = 0.004, 0.08, 1e-3
    wall = make_wall(width, height, thickness, **(ALUMINIUM | dict(poisson=0.0)))
    modes = modes_at(wall, wall_modes(wall, 12), [width / 2], [height], (0.0, 1.0, 0.0))
    share = np.asarray(modes.direction)[0, :, 1] ** 2 / np.asarray(modes.stiffness)[0]
    exact = height**3 / (3 * 71e9 * width * thickness**3 / 12)
    assert 0.995 * exact < share.sum() < exact
    assert share[0] / exact == pytest.approx(12 / 1.87510407**4, rel=1e-5)  # of the first mode: 97.1 %


def test_reciprocity_of_the_place():
    """Modes at two points: direct receptances differ, and the foot does not move."""
    wall = make_wall(0.06, 0.03, 1e-3, **ALUMINIUM)
    modes = modes_at(wall, wall_modes(wall), [0.0, 0.03, 0.03], [0.03, 0.03, 0.0], (0.0, 3.0, 0.0))
    assert modes.omega.shape == (3, 4) and modes.direction.shape == (3, 4, 3)
    corner, middle, foot = (
        np.abs(np.asarray(receptance(_row(modes, k), jnp.asarray([100.0])))[0, 1, 1]) for k in range(3)
    )
    assert corner > middle > 0 and foot < 1e-12 * middle


def _row(modes, k):
    return type(modes)(modes.omega[k], modes.damping[k], modes.stiffness[k], modes.direction[k])


@pytest.mark.long
def test_gradient_to_thickness_and_modulus():
    def lowest(values: dict):
        wall = Wall(np.array([0.0, 0.03, 0.06]), np.array([0.0, 0.03]), values["t"], values["e"], 0.3, 2800.0, 0.02)
        return wall_modes(wall, 3, degrees=6).omega

    check_gradients(lowest, {"t": jnp.asarray([[1e-3], [1.5e-3]]), "e": jnp.asarray(71e9)}, rtol=1e-6)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda w: make_wall(0.05, 0.05, 0.0, **ALUMINIUM), "thickness 0 is not positive"),
        (lambda w: make_wall(0.05, 0.05, 1e-3, **(ALUMINIUM | dict(poisson=0.6))), "Poisson's ratio 0.6"),
        (lambda w: machined(w, (0.0, 0.06), (0.0, 0.01), 5e-4), "0 to 60 mm leaves the wall"),
        (lambda w: machined(w, (0.0, 0.05), (0.0, 0.01), 2e-3), "2 mm is no thickness to cut 1 mm down to"),
        (lambda w: wall_modes(w, 40), "40 modes of 100 polynomials"),
        (lambda w: modes_at(w, wall_modes(w, 2), [0.1], [0.0], (0, 1, 0)), "100 mm along is off the wall"),
    ],
)
def test_bad_input(action, message):
    with pytest.raises(InputError, match=message):
        action(make_wall(0.05, 0.05, 1e-3, **ALUMINIUM))
