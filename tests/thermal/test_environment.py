"""Ambient and coolant over the day."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from twin.config import build
from twin.errors import InputError
from twin.machine.machine import Machine
from twin.thermal.environment import Environment, ambient_temperature, coolant_temperature

CONF = Path(__file__).resolve().parents[2] / "conf" / "environment"
DAY = {
    "ambient_mean_degc": 22,
    "ambient_swing_k": 2,
    "warmest_h": 15,
    "start_h": 9,
    "step_k": -1.5,
    "step_time_h": 8,
    "coolant_degc": 21,
    "coolant_follow_ratio": 0.5,
    "warm_up_spindle_speed_rpm": 0,
    "warm_up_min": 0,
}


def test_day_and_step():
    """Mean at 9:00, warmest at 15:00, the step at 17:00, then six hours and a day on."""
    environment = build(Environment, DAY)
    hours = jnp.array([0, 6, 7.9999, 8, 12, 24])
    after = 22 + 2 * np.cos(np.pi / 12 * (np.array([7.9999, 8, 12, 24]) - 6)) + np.array([0, -1.5, -1.5, -1.5])
    ambient = ambient_temperature(environment, hours * 3600)
    np.testing.assert_allclose(ambient, [22, 24, *after], rtol=1e-12)
    np.testing.assert_allclose(coolant_temperature(environment, hours * 3600), 21 + 0.5 * (ambient - 22), rtol=1e-12)


@pytest.mark.parametrize("name", ["shop_20", "shop_day", "shop_drift", "cold_start"])
def test_shops_build(name):
    environment = build(Environment, yaml.safe_load((CONF / f"{name}.yaml").read_text()))
    assert np.isfinite(ambient_temperature(environment, jnp.array([0.0, 3600.0, 86400.0]))).all()


@pytest.mark.parametrize("key, value", [("warm_up_min", -1), ("coolant_follow_ratio", 1.5)])
def test_impossible_values_are_refused(key, value):
    with pytest.raises(InputError, match=rf"{key} is {value} \(allowed: "):
        build(Environment, {**DAY, key: value})


def test_a_pump_of_high_pressure_warms_the_coolant():
    time = jnp.array([0.0, 3600.0])
    plain, pumped = (build(Environment, {**DAY, "coolant_rise_k": rise}) for rise in (0, 1.7))
    np.testing.assert_allclose(coolant_temperature(pumped, time) - coolant_temperature(plain, time), 1.7, rtol=1e-12)


@pytest.mark.parametrize(
    ("schema", "file", "change", "says"),
    [
        (Environment, "environment/shop_20", lambda v: v.update(ambient_mean_degc=80), "ambient_mean_degc is 80"),
        (Environment, "environment/shop_20", lambda v: v.update(coolant_degc=-300), "coolant_degc is -300"),
        (Machine, "machine/vmc_3axis", lambda v: v["thermal"]["links"][0].update(conductance_w_k=-1), "at least 0"),
        (Machine, "machine/vmc_3axis", lambda v: v["thermal"]["links"][-1].update(film_w_m2_k=-5), "at least 0"),
        (Machine, "machine/vmc_3axis", lambda v: v["thermal"]["bearings"][0].update(viscosity_mm2_s=0), "above 0"),
    ],
)
def test_temperatures_and_films_beyond_what_the_numbers_hold_for(schema, file, change, says):
    path = Path(__file__).resolve().parents[2] / "conf" / f"{file}.yaml"
    values = yaml.safe_load(path.read_text())
    build(schema, values, "given")
    change(values)
    with pytest.raises(InputError, match=says):
        build(schema, values, "given")
