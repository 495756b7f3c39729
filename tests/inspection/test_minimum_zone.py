"""Minimum zones: constructed cases whose answer is known, and optimality by a search."""

import numpy as np
import pytest
from scipy.optimize import minimize

from twin.errors import InputError
from twin.inspection.minimum_zone import flatness, roundness


def ring(radius, angle, centre=(0.0, 0.0)):
    return np.asarray(centre) + np.asarray(radius)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def test_ring_touched_in_turn():
    """Four points on the inner and outer circle in turn prove a minimum zone (the 2 + 2 criterion)."""
    angle = np.radians([0, 80, 170, 260])
    fill = np.radians(np.arange(5, 360, 7.0))
    centre = (1.2e-3, -0.4e-3)
    radius = np.r_[10e-3, 10.02e-3, 10e-3, 10.02e-3, np.full(len(fill), 10.01e-3)]
    width, found = roundness(ring(radius, np.r_[angle, fill], centre))
    assert width == pytest.approx(20e-6, abs=1e-11)
    np.testing.assert_allclose(found, centre, atol=1e-9)


def test_no_better_centre_is_found_by_search():
    rng = np.random.default_rng(5)
    angle = rng.uniform(0, 2 * np.pi, 300)
    points = ring(5e-3 + 4e-6 * np.cos(2 * angle) + 3e-6 * rng.standard_normal(300), angle)
    width, centre = roundness(points)

    def other(c):
        return np.ptp(np.linalg.norm(points - c * 1e-6, axis=1)) * 1e6

    starts = [centre * 1e6 + rng.normal(0, 3, 2) for _ in range(10)]
    best = min(minimize(other, s, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}).fun for s in starts)
    assert width * 1e6 == pytest.approx(best, abs=1e-6)


def test_saddle():
    """w = c (u^2 - v^2) at the corners and edge middles of a square: no tilt helps, the zone is 2 c."""
    u, v = (g.ravel() for g in np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)))
    width, normal = flatness(np.stack([u * 0.05, v * 0.05, 7e-6 * (u**2 - v**2)], axis=1))
    assert width == pytest.approx(14e-6, abs=1e-12)
    np.testing.assert_allclose(normal, [0, 0, 1], atol=1e-9)


def test_three_points_up_one_down():
    """Pyramid: three corners at 0 and their middle at h: the zone is h, tilted or not."""
    corner = ring(np.full(3, 0.05), np.radians([90, 210, 330]))
    points = np.column_stack([np.vstack([corner, [0, 0]]), [0, 0, 0, 9e-6]])
    tilt = np.array([[1, 0, 0], [0, np.cos(0.05), -np.sin(0.05)], [0, np.sin(0.05), np.cos(0.05)]])
    assert flatness(points)[0] == pytest.approx(9e-6, abs=1e-12)
    width, normal = flatness(points @ tilt.T)
    assert width == pytest.approx(9e-6, abs=1e-11)
    np.testing.assert_allclose(normal, tilt @ [0, 0, 1], atol=1e-6)


def test_too_few_points():
    with pytest.raises(InputError, match="2 points have no minimum zone"):
        roundness(np.zeros((2, 2)))
