"""First-order modes against closed forms, and what readings do to them."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from twin.thermal.first_order import FirstOrderModel, followed, temperature

MODEL = FirstOrderModel(
    time_constant=jnp.array([300.0, 3600.0]),
    gain=jnp.array([4.0, 10.0]),
    level=jnp.asarray(45.0),
    warm_up=jnp.asarray(-3.0),
    warm_up_time=jnp.asarray(7200.0),
    level_deviation=jnp.asarray(1.0),
    warm_up_deviation=jnp.asarray(1.0),
    model_deviation=jnp.asarray(0.3),
    reading_deviation=jnp.asarray(0.29),
)


def test_step_of_heat():
    time = np.arange(121) * 60.0
    expected = 45 - 3 * np.exp(-time / 7200) + 4 * (1 - np.exp(-time / 300)) + 10 * (1 - np.exp(-time / 3600))
    np.testing.assert_allclose(temperature(MODEL, jnp.ones(120), 60.0), expected, atol=1e-10)


def test_one_step_of_a_minute_is_sixty_of_a_second():
    heat = np.random.default_rng(0).uniform(size=20)
    coarse = temperature(MODEL, jnp.asarray(heat), 60.0)
    fine = temperature(MODEL, jnp.asarray(np.repeat(heat, 60)), 1.0)
    np.testing.assert_allclose(coarse, fine[::60], atol=1e-9)


def test_exact_readings_tell_level_and_warm_up():
    """A day 2 K warmer that began 1 K colder, no other error: two readings without noise tell both."""
    exact = dataclasses.replace(MODEL, model_deviation=jnp.asarray(1e-6), reading_deviation=jnp.asarray(1e-6))
    day = dataclasses.replace(exact, level=jnp.asarray(47.0), warm_up=jnp.asarray(-4.0))
    heat = jnp.asarray(np.random.default_rng(1).uniform(size=600))
    truth = temperature(day, heat, 60.0)
    probed = np.zeros(601, dtype=bool)
    probed[[0, 120]] = True
    found = followed(exact, heat, 60.0, truth, jnp.asarray(probed))
    np.testing.assert_allclose(found[121:], truth[121:], atol=1e-3)
    assert float(jnp.abs(temperature(exact, heat, 60.0) - truth)[200:].min()) > 1


def test_a_reading_counts_by_its_variance():
    """Spread 1 + 1 + 0.3² + 0.3² before, 0.29² of the reading: the gain of the sum is their ratio."""
    reading = jnp.zeros(2).at[0].set(45.0 - 3.0 + 1.0)
    found = followed(MODEL, jnp.zeros(1), 1e-6, reading, jnp.array([True, False]))
    assert float(found[0]) - 42.0 == pytest.approx(2.18 / (2.18 + 0.29**2))
