"""Fits of first-order models: parameters of a known place come back, bad days are refused."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from twin.calibration.first_order import FirstOrderPrior, TemperatureDay, fit_first_order
from twin.errors import InputError
from twin.thermal.first_order import FirstOrderModel, temperature

PRIOR = FirstOrderPrior(
    time_constant=(600.0, 5000.0),
    time_factor=3.0,
    gain=5.0,
    gain_factor=4.0,
    warm_up_time=10800.0,
    warm_up_factor=2.0,
    level=40.0,
    level_deviation=10.0,
    warm_up_deviation=5.0,
    day_deviation=1.0,
    reading_deviation=0.29,
    error_deviation=0.01,
    error_time=60.0,
)


def test_a_known_place_comes_back():
    """Two days of 10 h: times and gains within 2 %; from readings in steps of 1 K the third day within 0.1 K rms."""
    true = FirstOrderModel(
        time_constant=jnp.array([300.0, 3000.0]),
        gain=jnp.array([8.0, 6.0]),
        level=jnp.asarray(44.0),
        warm_up=jnp.asarray(-2.0),
        warm_up_time=jnp.asarray(9000.0),
        **{f"{name}_deviation": jnp.asarray(1.0) for name in ("level", "warm_up", "model", "reading")},
    )
    rng = np.random.default_rng(5)
    days = []
    for _ in range(3):
        heat = np.repeat(rng.uniform(size=40) * (rng.uniform(size=40) > 0.5), 15)
        days.append(TemperatureDay(heat, np.asarray(temperature(true, jnp.asarray(heat), 60.0))))
    exact = fit_first_order(days[:2], 60.0, PRIOR)
    np.testing.assert_allclose(exact.time_constant, true.time_constant, rtol=0.02)
    np.testing.assert_allclose(exact.gain, true.gain, rtol=0.02)
    rounded = [dataclasses.replace(day, reading=np.round(day.reading)) for day in days[:2]]
    found = fit_first_order(rounded, 60.0, PRIOR)
    third = np.asarray(temperature(found, jnp.asarray(days[2].heat), 60.0)) - days[2].reading
    assert np.sqrt(np.mean(third**2)) < 0.1


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ([], "no day to fit"),
        ([TemperatureDay(np.ones(5), np.ones(5))], "5 inputs and 5 readings"),
        ([TemperatureDay(np.ones(5), np.full(6, np.nan))], "gaps in it"),
    ],
)
def test_days_that_cannot_be_fitted(days, message):
    with pytest.raises(InputError, match=message):
        fit_first_order(days, 60.0, PRIOR)
