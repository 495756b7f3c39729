"""Indices against published and analytic values: Ishigami's function, linear and additive ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import qmc, sobol_indices

from twin.errors import InputError
from twin.sweep.sensitivity import derivative_bounds, given_data_indices, gradient_shares, saltelli_indices, swings

A, B = 7.0, 0.1
NAMES = ("x1", "x2", "x3")
# Ishigami and Homma 1990; Saltelli et al. 2008
VARIANCE = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
FIRST = np.array([0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, 0.0]) / VARIANCE
TOTAL = FIRST + np.array([1, 0, 1]) * (B**2 * np.pi**8 * (1 / 18 - 1 / 50)) / VARIANCE


def ishigami(x):
    return jnp.sin(x[0]) + A * jnp.sin(x[1]) ** 2 + B * x[2] ** 4 * jnp.sin(x[0])


@pytest.fixture(scope="module")
def sample():
    """A and B of a Saltelli design, from one Sobol sequence of 6 dimensions."""
    points = qmc.scale(qmc.Sobol(6, seed=3).random(1 << 12), -np.pi, np.pi)
    return points[:, :3], points[:, 3:]


@pytest.fixture(scope="module")
def results(sample):
    a, b = sample
    of = jax.jit(jax.vmap(ishigami))
    mixed = np.stack([np.where(np.arange(3) == i, b, a) for i in range(3)])
    return np.asarray(of(a)), np.asarray(of(b)), np.stack([of(m) for m in mixed])


def test_published_values_as_printed():
    np.testing.assert_allclose(VARIANCE, 13.8446, atol=1e-4)
    np.testing.assert_allclose(FIRST, [0.3139, 0.4424, 0], atol=1e-4)
    np.testing.assert_allclose(TOTAL, [0.5576, 0.4424, 0.2437], atol=1e-4)


def test_sobol_indices_of_ishigami(results):
    """Published values, and another program's on the same rows."""
    found = saltelli_indices(NAMES, *results)
    np.testing.assert_allclose(found.first, FIRST, atol=0.02)
    np.testing.assert_allclose(found.total, TOTAL, atol=0.02)
    for interval, truth in ((found.first_interval, FIRST), (found.total_interval, TOTAL)):
        assert (interval[:, 0] <= truth).all() and (truth <= interval[:, 1]).all()
        assert (np.ptp(interval, axis=1) < 0.15).all()
    assert found.order.tolist() == [0, 1, 2]
    a, b, ab = results
    other = sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": ab[:, None]}, n=len(a))
    np.testing.assert_allclose(found.first, other.first_order.ravel(), atol=2e-3)
    np.testing.assert_allclose(found.total, other.total_order.ravel(), atol=2e-3)


def test_a_row_that_failed_counts_nowhere(results):
    a, b, ab = (np.array(values) for values in results)
    a[5], ab[1, 9] = np.nan, np.inf
    whole = np.delete(np.arange(len(a)), [5, 9])
    found, expected = saltelli_indices(NAMES, a, b, ab), saltelli_indices(NAMES, a[whole], b[whole], ab[:, whole])
    np.testing.assert_array_equal(found.total, expected.total)
    with pytest.raises(InputError, match="only 3 rows"):
        saltelli_indices(NAMES, a[:3], b[:3], ab[:, :3])
    with pytest.raises(InputError, match="the same in every row"):
        saltelli_indices(NAMES, np.ones(99), np.ones(99), np.ones((3, 99)))


def test_first_order_indices_of_any_sample(sample):
    values = np.concatenate(sample)
    found = given_data_indices(NAMES, values, np.asarray(jax.vmap(ishigami)(values)))
    np.testing.assert_allclose(found.first, FIRST, atol=0.02)
    assert np.isnan(found.total).all()


def test_levels_of_a_choice_are_bins_of_their_own():
    """A choice of three that adds 0, 1, 5 to a normal of variance 2: its share of the variance is known."""
    rng = np.random.default_rng(5)
    choice = rng.integers(0, 3, 6000)
    result = np.array([0.0, 1.0, 5.0])[choice] + rng.normal(0, np.sqrt(2), 6000)
    part = np.var([0.0, 1.0, 5.0])
    found = given_data_indices(("choice", "noise"), np.stack([choice, rng.random(6000)], axis=1), result)
    np.testing.assert_allclose(found.first, [part / (part + 2), 0], atol=0.015)


def test_an_index_without_effect_passes_its_noise_level_once_in_twenty():
    rng = np.random.default_rng(11)
    passed = []
    for _ in range(20):
        found = given_data_indices(range(20), rng.random((400, 20)), rng.normal(size=400))
        passed += (found.first > found.first_interval[:, 1]).tolist()
    assert abs(np.mean(passed) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)


def test_derivatives_bound_the_total_index(sample):
    """E[slope^2] of Ishigami's function: Sobol and Kucherenko 2009 give 7.7, 24.5 and 11.0."""
    x = np.concatenate(sample)
    slopes, result = np.asarray(jax.vmap(jax.grad(ishigami))(x)), np.asarray(jax.vmap(ishigami)(x))
    bound = derivative_bounds(slopes, np.full(3, 2 * np.pi), result)
    np.testing.assert_allclose(bound * np.var(result) / 4, [7.72, 24.5, 10.99], rtol=0.01)
    assert (bound >= TOTAL).all()


def test_gradient_shares_of_a_linear_function_are_its_sobol_indices():
    slope, deviation = np.array([3.0, -2.0, 0.5]), np.array([0.1, 0.4, 2.0])
    part = (slope * deviation) ** 2  # variance of a sum of independent terms
    np.testing.assert_allclose(gradient_shares(slope[None], deviation), part / part.sum())


def test_swings_of_a_linear_function():
    """Uniform on 0..1 with slope 2: the means over the outer tenths lie at 0.05 and 0.95."""
    x = qmc.Sobol(2, seed=1).random(1 << 12)
    np.testing.assert_allclose(swings(x, 2 * x[:, 0] - x[:, 1]), [[-0.4, 1.4], [0.95, 0.05]], atol=0.02)
