"""Heat sources against worked tables and their balance."""

import dataclasses
from math import pi

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twin.config import build
from twin.errors import InputError
from twin.thermal.heat import bearing_heat, heat_inputs, mean_over_steps, motor_heat, screw_heat
from twin.thermal.model import Workpiece, thermal_model
from twin.thermal.network import ThermalNetwork
from twin.units import RPM

ASSUMED = {"scatter_pct": 20, "source": "assumed"}

SPEEDS = [1000.0, 3000.0, 6000.0, 8000.0, 10000.0, 12000.0, 15000.0]


@pytest.mark.parametrize(
    ("f0", "viscosity", "watts"),
    [
        (1.0, 10, [5.01, 26.51, 78.99, 125.10, 179.11, 240.44, 345.22]),
        (1.7, 20, [11.03, 64.06, 198.21, 317.67, 458.42, 618.93, 894.23]),
        (2.0, 20, [12.71, 74.59, 231.63, 371.66, 536.73, 725.05, 1048.15]),
    ],
)
def test_bearing_friction_table(small_model, f0, viscosity, watts):
    """7014C, 90 mm pitch diameter, 500 N: H = 1.047e-4 n M by the formulas of Palmgren and Harris."""
    bearing = dataclasses.replace(small_model.network.bearings[0], n_bearings=1, f0=f0, viscosity=viscosity * 1e-6)
    heat = bearing_heat(bearing, jnp.array(SPEEDS) * RPM)
    np.testing.assert_allclose(heat * 0.1047 / RPM, watts, rtol=0, atol=0.011)


def test_bearing_friction_at_rest_and_its_slope(small_model):
    bearing = small_model.network.bearings[0]
    slope = jax.grad(lambda speed: bearing_heat(bearing, speed))
    assert float(bearing_heat(bearing, jnp.asarray(0.0))) == 0
    assert all(np.isfinite(float(slope(jnp.asarray(n * RPM)))) for n in (0.0, 100.0, 200.0, 5000.0))


def test_ball_screw_friction(small_model):
    """1.5 N m at 500, 1000 and 2000 rpm: 78.5, 157.1, 314.2 W."""
    speed = jnp.array([500.0, 1000.0, 2000.0]) * 0.020 / 60
    np.testing.assert_allclose(screw_heat(small_model.network.feed_drives["X"], speed), [78.5, 157.1, 314.2], atol=0.05)


def test_motor_loss(small_model):
    """90 % efficiency at 9 kW shaft power loses 1 kW; idling at half the stated speed a quarter of 300 W."""
    loss = motor_heat(small_model.network.motor, jnp.array([0.0, 6000 * RPM]), jnp.array([9000.0, 0.0]))
    np.testing.assert_allclose(loss, [1000, 75], rtol=1e-12)


def test_every_watt_has_a_place(small_model):
    one = jnp.ones(4)
    inputs = heat_inputs(
        small_model,
        spindle_speed=one * 8000 * RPM,
        axis_speed=jnp.tile(jnp.array([[0.1, 0.05, 0.0]]), (4, 1)),
        cutting_power=one * 2000,
        workpiece_share=0.12,
        ambient=one * 21,
        coolant=one * 19,
    )
    friction = 2 * 125.10
    motor = (2000 + friction) / 9 + 300 * (8 / 12) ** 2
    feed = 1.5 * 2 * pi * 0.1 / 0.02
    expected = {"spindle": friction + motor, "screw": feed, "column": 200 * 0.15 + feed / 2, "workpiece": 240}
    assert small_model.nodes == tuple(expected)
    np.testing.assert_allclose(inputs[2], [*expected.values(), 21, 19], rtol=3e-4)


def test_feed_motor_and_chips(small_network):
    """A cut of 1,333 W (100 cm3/min at 0.8 J/mm3): 15 % to the part, 10 % to the tool, of the chips 20 % stay dry."""
    network = build(
        ThermalNetwork,
        {
            **small_network,
            "cutting": {
                "tool": "spindle",
                "tool_share_pct": 10,
                "chips": "column",
                "chips_dry_pct": 20,
                "chips_flood_pct": 2,
                **ASSUMED,
            },
            "feed_drives": {
                **small_network["feed_drives"],
                "X": {**small_network["feed_drives"]["X"], "motor": "column", "motor_efficiency_pct": 80},
            },
        },
        "thermal",
    )
    model = thermal_model(network, Workpiece(1.0 * 960, 0.08, 23.4e-6))
    one, power = jnp.ones(3), 0.8e9 * 100e-6 / 60
    inputs = heat_inputs(
        model,
        spindle_speed=0 * one,
        axis_speed=jnp.tile(jnp.array([[0.1, 0.0, 0.0]]), (3, 1)),
        cutting_power=one * power,
        workpiece_share=0.15,
        ambient=20 * one,
        coolant=20 * one,
        flood=jnp.array([0.0, 0.5, 1.0]),
    )
    assert power == pytest.approx(1333.33, rel=1e-5)
    np.testing.assert_allclose(inputs[:, model.index("workpiece")], 200, rtol=1e-5)
    np.testing.assert_allclose(inputs[:, model.index("spindle")], power * (1 / 9 + 0.1), rtol=1e-6)
    screw, guide = 1.5 * 2 * pi * 0.1 / 0.02, 20.0
    chips = np.array([200.0, 110.0, 20.0])
    np.testing.assert_allclose(inputs[:, model.index("column")], guide + (screw + guide) / 4 + chips, rtol=1e-5)
    # 200 W warm a kilogram of aluminium without losses by 12.5 K a minute: 146 um on 500 mm
    assert float(inputs[0, model.index("workpiece")]) * 60 / 960 * 23.4e-6 * 0.5 == pytest.approx(146e-6, rel=2e-3)


def test_cutting_heat_names_a_node(small_network):
    cutting = {"tool": "spindle", "tool_share_pct": 10, "chips": "floor", "chips_dry_pct": 20, "chips_flood_pct": 2}
    network = build(ThermalNetwork, {**small_network, "cutting": {**cutting, **ASSUMED}}, "thermal")
    with pytest.raises(InputError, match="cutting: there is no node 'floor'"):
        thermal_model(network, Workpiece(960.0, 0.08, 23.4e-6))


def test_rebinning_keeps_the_integral():
    draw = np.random.default_rng(0)
    time = np.concatenate([[0], np.cumsum(draw.uniform(0, 0.7, 400))])
    time[100] = time[101]  # an interval of no length
    value = draw.uniform(0, 5, (400, 2))
    steps = int(np.ceil(time[-1]))
    mean = mean_over_steps(jnp.asarray(time), jnp.asarray(value), 1.0, steps)
    np.testing.assert_allclose(mean.sum(0), np.diff(time) @ value, rtol=1e-12)
    fine = np.arange(200_000) / 200_000
    held = value[np.clip(np.searchsorted(time, 3 + fine, side="right") - 1, 0, 399)].mean(0)
    np.testing.assert_allclose(mean[3], held, rtol=1e-4)
