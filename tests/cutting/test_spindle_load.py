"""Spindle limits: 100 N m up to 1500 rpm, then 15.7 kW up to 12,000 rpm."""

import jax.numpy as jnp
import numpy as np
import pytest

from twin.cutting import available_torque, spindle_curve, torque_margin
from twin.machine.spindle import Spindle
from twin.units import RPM

SPINDLE = Spindle(
    speed=(0.0, 1500 * RPM, 12000 * RPM),
    torque=(100.0, 100.0, 12.5),
    power=(0.0, 100 * 1500 * RPM, 100 * 1500 * RPM),
    source="test",
)
CURVE = spindle_curve(SPINDLE)


def test_constant_torque_then_constant_power():
    rpm = jnp.asarray([100.0, 750.0, 1500.0, 3000.0, 6000.0, 12000.0])
    expected = np.minimum(100.0, 100.0 * 1500 / np.asarray(rpm))
    # the torque points of the data sheet lie on the hyperbola only at its ends; the power is the lesser limit between
    assert available_torque(CURVE, rpm * RPM) == pytest.approx(expected, rel=1e-12)
    assert available_torque(CURVE, -rpm * RPM) == pytest.approx(expected, rel=1e-12)


def test_margin():
    speed = jnp.asarray([1000.0, 3000.0, 3000.0, 3000.0]) * RPM
    margin = torque_margin(CURVE, speed, jnp.asarray([25.0, 25.0, 75.0, 0.0]))
    assert margin == pytest.approx([0.75, 0.5, -0.5, 1.0])


def test_above_the_highest_speed_nothing_is_left():
    margin = torque_margin(CURVE, jnp.asarray([13000.0, 13000.0]) * RPM, jnp.asarray([1.0, 0.0]))
    assert margin[0] == -jnp.inf
    assert margin[1] == 1.0
