"""Heat sources of a machine: bearing friction, motor loss, feed drives, cutting, chips that lie on the table.

Not counted: the change of lubricant viscosity with temperature, and the friction of a nut under the cutting force.
"""

from functools import partial
from math import pi

import jax
import jax.numpy as jnp

from twin.compiled import Array, kept, padded_rows
from twin.thermal.model import ThermalModel
from twin.thermal.network import WORKPIECE, Bearing, CuttingHeat, FeedDrive, Motor
from twin.units import MM, RPM

CENTISTOKE = 1e-6  # m2/s


def bearing_torque(bearing: Bearing, speed: jax.Array) -> jax.Array:
    """Friction torque [N m] of one bearing at ``speed`` [rad/s], any shape (after Palmgren and Harris).

    Viscous part in N mm, with viscosity in mm2/s, speed n in rpm and pitch diameter in mm:
    1e-7 f0 (viscosity n)^(2/3) d^3, and 160e-7 f0 d^3 where viscosity n < 2000; load part z (F/C0)^y F d.
    """
    product = bearing.viscosity / CENTISTOKE * jnp.abs(speed) / RPM
    slow = product < 2000
    power = jnp.where(slow, 160.0, jnp.where(slow, 2000.0, product) ** (2 / 3))
    viscous = 1e-7 * bearing.f0 * power * (bearing.mean_diameter / MM) ** 3 * MM
    load = bearing.z * (bearing.load / bearing.static_rating) ** bearing.y * bearing.load * bearing.mean_diameter
    return viscous + load


def bearing_heat(bearing: Bearing, speed: jax.Array) -> jax.Array:
    """Friction heat [W] of all bearings of this kind at ``speed`` [rad/s]."""
    return bearing.n_bearings * bearing_torque(bearing, speed) * jnp.abs(speed)


def motor_heat(motor: Motor, speed: jax.Array, shaft_power: jax.Array) -> jax.Array:
    """Loss [W] of the spindle motor at ``speed`` [rad/s] giving ``shaft_power`` [W]."""
    return shaft_power * (1 / motor.efficiency - 1) + motor.idle_loss * (speed / motor.idle_speed) ** 2


def screw_heat(drive: FeedDrive, speed: jax.Array) -> jax.Array:
    """Friction heat [W] of screw, nut and supports at axis ``speed`` [m/s]."""
    return drive.friction_torque * 2 * pi * jnp.abs(speed) / drive.lead


def guide_heat(drive: FeedDrive, speed: jax.Array) -> jax.Array:
    """Friction heat [W] of carriages and wipers at axis ``speed`` [m/s]."""
    return (drive.friction_force + drive.viscous_friction * jnp.abs(speed)) * jnp.abs(speed)


def feed_motor_heat(drive: FeedDrive, speed: jax.Array) -> jax.Array:
    """Loss [W] of the feed motor that overcomes the friction of its axis at ``speed`` [m/s]."""
    return (screw_heat(drive, speed) + guide_heat(drive, speed)) * (1 / drive.motor_efficiency - 1)


def chip_heat(
    cutting: CuttingHeat, power: jax.Array, workpiece_share: jax.Array | float, flood: jax.Array
) -> jax.Array:
    """Heat [W] that chips leave where they lie, of a cut of ``power`` [W], coolant on for ``flood`` of the time."""
    stays = cutting.chips_dry + (cutting.chips_flood - cutting.chips_dry) * flood
    return stays * (1 - workpiece_share - cutting.tool_share) * power


@jax.jit
def heat_inputs(
    model: ThermalModel,
    *,
    spindle_speed: jax.Array,
    axis_speed: jax.Array,
    cutting_power: jax.Array,
    workpiece_share: jax.Array | float,
    ambient: jax.Array,
    coolant: jax.Array,
    flood: jax.Array | float = 0.0,
) -> jax.Array:
    """Inputs of :func:`twin.thermal.transient.simulate_thermal` for each step of time.

    Args:
        spindle_speed: (time,) [rad/s].
        axis_speed: (time, 3) [m/s] mean magnitude of X, Y, Z.
        cutting_power: (time,) [W] mean.
        workpiece_share: (time,) or one, fraction of the cutting power that stays in the part.
        ambient: (time,) [degC].
        coolant: (time,) [degC].
        flood: (time,) or one, share of the time with flood coolant.

    Returns:
        (time, node + 2): heat into each node [W], ambient and coolant [degC].
    """
    network = model.network
    heat = {node: jnp.zeros_like(cutting_power) for node in model.nodes}
    friction = jnp.zeros_like(cutting_power)
    for bearing in network.bearings:
        power = bearing_heat(bearing, spindle_speed)
        heat[bearing.node] += power
        friction += power
    heat[network.motor.node] += motor_heat(network.motor, spindle_speed, cutting_power + friction)
    for column, axis in enumerate("XYZ"):
        drive, speed = network.feed_drives[axis], axis_speed[:, column]
        heat[drive.screw] += screw_heat(drive, speed)
        heat[drive.guide] += guide_heat(drive, speed)
        if drive.motor is not None:
            heat[drive.motor] += feed_motor_heat(drive, speed)
    if network.cutting is not None:
        heat[network.cutting.tool] += network.cutting.tool_share * cutting_power
        heat[network.cutting.chips] += chip_heat(
            network.cutting, cutting_power, workpiece_share, jnp.broadcast_to(jnp.asarray(flood), cutting_power.shape)
        )
    heat[WORKPIECE] += workpiece_share * cutting_power
    return jnp.stack([*heat.values(), ambient, coolant], axis=1)


def mean_over_steps(time: Array, value: Array, dt: float, n_steps: int) -> Array:
    """Mean of a piecewise constant signal over each of ``n_steps`` steps of ``dt`` [s]; its integral is kept.

    Args:
        time: (interval + 1,) [s] bounds of the intervals, ascending; intervals of no length are allowed.
        value: (interval, channel) held over each interval; zero outside.

    Returns:
        (n_steps, channel).
    """
    value = padded_rows(value)  # the intervals added have no length
    return _mean_over_steps(padded_rows(time, len(value) + 1, mode="edge"), value, dt, n_steps)


@partial(kept, static_argnums=(3,))
def _mean_over_steps(time: jax.Array, value: jax.Array, dt: jax.Array | float, n_steps: int) -> jax.Array:
    integral = jnp.concatenate([jnp.zeros((1, value.shape[1])), jnp.cumsum(value * jnp.diff(time)[:, None], axis=0)])
    edge = jnp.arange(n_steps + 1, dtype=float) * dt
    at_edges = jax.vmap(lambda column: jnp.interp(edge, time, column), in_axes=1, out_axes=1)(integral)
    return jnp.diff(at_edges, axis=0) / dt
