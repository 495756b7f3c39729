"""Thin walls against the cantilever beam and the infinite cantilever plate."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from gradients import check_gradients
from scipy.integrate import quad

from twin.cutting.form import ThinWall, wall_compliance, wall_deviation
from twin.cutting.form.thin_wall import _shapes, _stiffness
from twin.errors import InputError

WALL = ThinWall(height=20e-3, length=80e-3, thickness=2e-3, youngs_modulus=71.7e9, poisson=0.3)


def rigidity(wall):
    return wall.youngs_modulus * wall.thickness**3 / (12 * (1 - wall.poisson**2))


def test_narrow_wall_is_a_cantilever_beam():
    """z^3 / 3 E I, without Poisson's effect; the load bends the beam, not its width."""
    wall = replace(WALL, length=1e-3, poisson=0.0)
    inertia = wall.length * wall.thickness**3 / 12
    height = np.array([5e-3, 12e-3, 20e-3])
    expected = height**3 / (3 * wall.youngs_modulus * inertia)
    assert wall_compliance(wall, np.full(3, 0.5e-3), height) == pytest.approx(expected, rel=5e-3)


def infinite_plate(poisson):
    """Deflection at a load on the free edge of an infinite cantilever plate of unit width and rigidity, by Fourier.

    For each wave number a the shape p (sinh az - az cosh az) + q z sinh az has no moment and unit shear at the edge.
    """

    def at_edge(a):
        s, c = np.sinh(a), np.cosh(a)
        w = np.array([s - a * c, s])
        w2 = np.array([-(a**2) * s - a**3 * c, 2 * a * c + a**2 * s])
        w1 = np.array([-(a**2) * s, s + a * c])
        w3 = np.array([-2 * a**3 * c - a**4 * s, 3 * a**2 * s + a**3 * c])
        moment, shear = w2 - poisson * a**2 * w, w3 - (2 - poisson) * a**2 * w1
        return w @ np.linalg.solve([moment, shear], [0.0, -1.0])

    # below 0.01 it is a beam, 1/3; beyond 60 it falls as the cube
    return (0.01 / 3 + quad(at_edge, 0.01, 60, limit=200)[0] + at_edge(60.0) * 60 / 2) / np.pi


def test_middle_of_a_long_wall_is_an_infinite_cantilever_plate():
    """Textbooks print 0.168 P h^2 / D for Poisson's ratio 0.3, after Jaramillo (1950)."""
    exact = infinite_plate(0.3)
    assert exact == pytest.approx(0.168, rel=0.012)
    long = replace(WALL, length=6 * WALL.height)
    got = float(wall_compliance(long, 3 * WALL.height, WALL.height)[0]) * rigidity(WALL) / WALL.height**2
    assert got == pytest.approx(exact, rel=0.01)


def test_narrow_wall_with_built_in_ends_is_a_clamped_strip():
    """Even pressure far above the foot bends it as a strip between its ends: q l^4 / 384 D in the middle."""
    wall = replace(WALL, height=60e-3, length=10e-3, built_in_ends=True)
    x, u = np.polynomial.legendre.leggauss(60)
    along, weight = (x + 1) / 2 * wall.length, u / 2 * wall.length
    level, share = (x + 1) / 2 * wall.height, u / 2 * wall.height
    grid = np.meshgrid(along, level, indexing="ij")
    pressed = jnp.asarray(np.outer(weight, share).ravel()) @ _shapes(wall, *(jnp.asarray(g.ravel()) for g in grid))
    stiffness = _stiffness(wall.length / wall.height, wall.poisson, True)
    middle = _shapes(wall, jnp.array([5e-3]), jnp.array([40e-3]))[0]
    deflection = float(middle @ jnp.linalg.solve(stiffness, pressed)) * wall.height**2 / rigidity(wall)
    assert deflection == pytest.approx(wall.length**4 / (384 * rigidity(wall)), rel=0.01)


def test_far_from_its_ends_a_long_wall_does_not_feel_them():
    long = replace(WALL, length=6 * WALL.height)
    free, built_in = (
        float(wall_compliance(replace(long, built_in_ends=ends), 3 * WALL.height, WALL.height)[0])
        for ends in (False, True)
    )
    assert built_in == pytest.approx(free, rel=0.02)
    assert float(wall_compliance(replace(long, built_in_ends=True), 0.0, WALL.height)[0]) == 0.0


def test_ends_are_softer_and_thickness_counts_cubed():
    along = np.array([0.0, 20e-3, 40e-3, 80e-3])
    soft = np.asarray(wall_compliance(WALL, along, np.full(4, 20e-3)))
    assert soft[0] == pytest.approx(soft[3], rel=1e-9) and soft[0] > 2 * soft[2] > 0
    thin = wall_compliance(WALL, along, np.full(4, 20e-3), thickness=np.array([2e-3, 1e-3, 4e-3, 2e-3]))
    assert thin == pytest.approx(soft * [1, 8, 1 / 8, 1], rel=1e-12)
    assert wall_deviation(WALL, along, np.full(4, 20e-3), 10.0) == pytest.approx(10 * soft)
    assert float(wall_compliance(WALL, 10e-3, 0.0)[0]) == 0.0


@pytest.mark.long
def test_gradients():
    def soft(point):
        wall, along, height, thickness = point
        return wall_compliance(wall, along, height, thickness) * 1e6

    place = (jnp.array([10e-3, 35e-3]), jnp.array([15e-3, 19e-3]), jnp.array([2e-3, 1.5e-3]))
    check_gradients(soft, (WALL, *place), step=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("wall", "place", "said"),
    [
        (replace(WALL, height=-1.0), (0.01, 0.01), "height"),
        (WALL, (90e-3, 10e-3), "along 90 mm is outside"),
        (WALL, (10e-3, 21e-3), "height 21 mm is outside"),
        (replace(WALL, thickness=0.0), (10e-3, 10e-3), "thickness"),
        (replace(WALL, poisson=0.6), (10e-3, 10e-3), "Poisson"),
    ],
)
def test_impossible_walls(wall, place, said):
    with pytest.raises(InputError, match=said):
        wall_compliance(wall, *place)
