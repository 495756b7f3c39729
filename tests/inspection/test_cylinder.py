"""Cylinders: least squares against an independent solver and closed forms, minimum zones that are known."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares, minimize

from twin.inspection import fit
from twin.inspection.minimum_zone import cylindricity


def tube(radius, angle, height, axis=(0.0, 0.0, 0.0, 0.0)):
    """Points on a cylinder of that radius about an axis (u, v, slope u, slope v), at right angles to it."""
    w = np.array([axis[2], axis[3], 1.0])
    w /= np.linalg.norm(w)
    u = np.cross([0.0, 1.0, 0.0], w)
    u /= np.linalg.norm(u)
    v = np.cross(w, u)
    radius = np.broadcast_to(radius, angle.shape)
    ring = radius[:, None] * (np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v)
    return ring + height[:, None] * w + np.array([axis[0], axis[1], 0.0])


def distances(points, axis):
    direction = np.array([axis[2], axis[3], 1.0])
    return np.linalg.norm(np.cross(points - np.array([axis[0], axis[1], 0.0]), direction), axis=1) / np.linalg.norm(
        direction
    )


def test_exact_cylinder_off_and_leaning():
    angle, height = (g.ravel() for g in np.meshgrid(np.linspace(0, 5, 15), np.linspace(-2e-3, 2e-3, 3)))
    truth = (30e-6, -20e-6, 2e-3, -1e-3)
    axis, radius, residual = fit.cylinder(jnp.array(tube(2.01e-3, angle, height, truth)), jnp.ones(45), jnp.array(2e-3))
    np.testing.assert_allclose(axis, truth, atol=1e-12)
    assert float(radius) == pytest.approx(2.01e-3, abs=1e-14)
    assert np.abs(residual).max() < 1e-14


@pytest.mark.parametrize("arc", [2 * np.pi, np.pi])
def test_noisy_cylinder_as_scipy(arc):
    rng = np.random.default_rng(2)
    angle, height = rng.uniform(0, arc, 120), rng.uniform(-3e-3, 3e-3, 120)
    points = tube(2e-3 + 8e-6 * rng.standard_normal(120), angle, height, (5e-6, 9e-6, 1e-3, 2e-3))
    found = least_squares(
        lambda x: distances(points * 1e3, [x[0], x[1], x[2], x[3]]) - x[4],
        [0, 0, 0, 0, 2.0],
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    ).x
    axis, radius, _ = fit.cylinder(jnp.array(points), jnp.ones(120), jnp.array(2e-3))
    np.testing.assert_allclose(axis, found[:4] * [1e-3, 1e-3, 1, 1], atol=2e-9)
    assert float(radius) == pytest.approx(found[4] * 1e-3, abs=1e-11)


def test_taper_is_cylindricity():
    """A cone of half angle t over a length l: the least-squares cylinder has the mean radius, cylindricity t l."""
    angle, height = (g.ravel() for g in np.meshgrid(np.arange(24) * np.pi / 12, np.linspace(-5e-3, 5e-3, 11)))
    points = tube(4e-3 + 1e-3 * height, angle, height)
    _, radius, residual = fit.cylinder(jnp.array(points), jnp.ones(len(points)), jnp.array(4e-3))
    assert float(radius) == pytest.approx(4e-3, abs=1e-12)
    assert float(fit.spread(residual, jnp.ones(len(points)))) == pytest.approx(10e-6, abs=1e-12)
    assert cylindricity(points)[0] == pytest.approx(10e-6, abs=1e-11)


def test_tube_touched_in_turn_at_both_ends():
    """Two rings, each touching the inner and outer cylinder in turn: no shift and no lean makes the zone narrower."""
    angle = np.tile(np.radians([0, 80, 170, 260]), 2)
    radius = np.r_[10.0, 10.02, 10.0, 10.02, 10.02, 10.0, 10.02, 10.0] * 1e-3
    fill = np.radians(np.arange(5, 360, 7.0))
    truth = (0.3e-3, -0.2e-3, 4e-3, 1e-3)
    points = np.concatenate(
        [
            tube(radius, angle, np.repeat([-8e-3, 8e-3], 4), truth),
            tube(10.01e-3, fill, np.linspace(-8e-3, 8e-3, len(fill)), truth),
        ]
    )
    width, axis = cylindricity(points)
    assert width == pytest.approx(20e-6, abs=1e-10)
    np.testing.assert_allclose(axis[:2], truth[:2], atol=1e-7)


def test_no_better_axis_is_found_by_search():
    rng = np.random.default_rng(7)
    angle, height = rng.uniform(0, 2 * np.pi, 60), rng.uniform(-4e-3, 4e-3, 60)
    points = tube(3e-3 + 5e-6 * np.cos(3 * angle) + 2e-6 * rng.standard_normal(60), angle, height)
    width, axis = cylindricity(points)

    def other(x):
        return np.ptp(distances(points, x * [1e-6, 1e-6, 1e-3, 1e-3])) * 1e6

    start = axis / [1e-6, 1e-6, 1e-3, 1e-3]
    options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000}
    best = min(
        minimize(other, start + rng.normal(0, 0.5, 4), method="Nelder-Mead", options=options).fun for _ in range(4)
    )
    assert width * 1e6 <= best + 1e-6
    residual = fit.cylinder(jnp.array(points), jnp.ones(60), jnp.array(3e-3))[2]
    assert width <= float(fit.spread(residual, jnp.ones(60)))
