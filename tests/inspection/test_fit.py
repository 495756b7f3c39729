"""Circle and plane fits against closed forms, an independent solver and published data."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares

from twin.inspection import fit

# Gander, Golub and Strebel (1994), Least-squares fitting of circles and ellipses, BIT 34, section 1:
# six points; geometric fit centre (4.7398, 2.9835), radius 4.7142; algebraic fit (5.3794, 7.2532), 3.0370 times
# a different criterion, which a geometric fit must not give.
GANDER = np.array([[1.0, 7.0], [2.0, 6.0], [5.0, 8.0], [7.0, 7.0], [9.0, 5.0], [3.0, 7.0]])


def test_circle_of_gander_golub_strebel():
    centre, radius, _ = fit.circle(jnp.array(GANDER), jnp.ones(6), jnp.array(4.0))
    np.testing.assert_allclose(centre, [4.7398, 2.9835], atol=5e-5)
    assert float(radius) == pytest.approx(4.7142, abs=5e-5)


@pytest.mark.parametrize("arc", [2 * np.pi, np.pi, 1.0])
def test_circle_of_noisy_arc_as_scipy(arc):
    rng = np.random.default_rng(1)
    angle = np.linspace(0, arc, 200)
    points = (2e-3 + 5e-6 * rng.standard_normal(200))[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1) + 3e-5
    weight = rng.uniform(0.5, 2.0, 200)

    def residual(x):
        return np.sqrt(weight) * (np.hypot(*(points * 1e3 - x[:2]).T) - x[2])

    other = least_squares(residual, [0.0, 0.0, 2.0], xtol=1e-15, ftol=1e-15, gtol=1e-15).x * 1e-3
    centre, radius, _ = fit.circle(jnp.array(points), jnp.array(weight), jnp.array(2e-3))
    np.testing.assert_allclose([*centre, radius], other, atol=2e-10)


def test_padding_does_not_count():
    points, weight = np.vstack([GANDER, np.zeros((10, 2))]), np.r_[np.ones(6), np.zeros(10)]
    full = fit.circle(jnp.array(points), jnp.array(weight), jnp.array(4.0))
    bare = fit.circle(jnp.array(GANDER), jnp.ones(6), jnp.array(4.0))
    np.testing.assert_allclose(full[0], bare[0], rtol=1e-12)
    assert float(fit.spread(full[2], jnp.array(weight))) == pytest.approx(float(fit.spread(bare[2], jnp.ones(6))))


def test_circle_lobes_are_roundness_and_nothing_else():
    """Three lobes of amplitude a: diameter and centre stay, roundness is 2 a (to second order in a / R)."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    r = 5e-3 + 8e-6 * np.cos(3 * angle)
    points = jnp.array(r[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    centre, radius, residual = fit.circle(points, jnp.ones(720), jnp.array(5e-3))
    np.testing.assert_allclose(centre, 0, atol=1e-12)
    assert float(radius) == pytest.approx(5e-3, abs=2e-12)
    assert float(fit.spread(residual, jnp.ones(720))) == pytest.approx(16e-6, rel=1e-6)


def test_plane_tilt_is_not_flatness():
    u, v = (a.ravel() for a in np.meshgrid(np.linspace(-1, 1, 41) * 0.03, np.linspace(-1, 1, 31) * 0.02))
    w = 2e-6 + 1e-3 * u - 5e-4 * v
    height, residual = fit.plane(jnp.array(np.stack([u, v, w], 1)), jnp.ones(u.size), jnp.array(0.03))
    assert float(height) == pytest.approx(2e-6, abs=1e-15)
    assert float(fit.spread(residual, jnp.ones(u.size))) < 1e-15


def test_plane_of_a_cylindrical_sag():
    """w = c u^2 on |u| <= L: the mean plane lies at c L^2 / 3, flatness is c L^2."""
    u = np.linspace(-0.05, 0.05, 20001)
    points = np.stack([u, np.tile([-0.01, 0.01], 10001)[:20001], 4e-3 * u**2], 1)
    height, residual = fit.plane(jnp.array(points), jnp.ones(u.size), jnp.array(0.05))
    assert float(height) == pytest.approx(4e-3 * 0.05**2 / 3, rel=2e-4)
    assert float(fit.spread(residual, jnp.ones(u.size))) == pytest.approx(1e-5, rel=1e-5)


def test_circle_gradient_is_the_linear_theory():
    """d(radius)/d(radial deviation) is the mean; d(centre) is twice the first harmonic (ISO 12181-1 annex)."""
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    direction = jnp.array(np.stack([np.cos(angle), np.sin(angle)], 1))

    def radius_and_x(deviation):
        centre, radius, _ = fit.circle((2e-3 + deviation)[:, None] * direction, jnp.ones(360), jnp.array(2e-3))
        return jnp.stack([radius, centre[0]])

    jacobian = jax.jacrev(radius_and_x)(jnp.zeros(360))
    np.testing.assert_allclose(jacobian[0], 1 / 360, atol=1e-9)
    np.testing.assert_allclose(jacobian[1], 2 * np.cos(angle) / 360, atol=1e-9)
