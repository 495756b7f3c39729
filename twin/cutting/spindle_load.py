"""What the cut asks of the spindle against what the spindle can give."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.machine.spindle import Spindle

LEAST_SPEED = 1e-6  # [rad/s] below which power limits nothing


@register_dataclass
@dataclass(frozen=True)
class SpindleCurve:
    """Torque and power over speed for one duty: S1 (continuous) or S6 (intermittent), IEC 60034-1."""

    speed: Array  # (point,) [rad/s] ascending
    torque: Array  # (point,) [N m]
    power: Array  # (point,) [W]


def spindle_curve(spindle: Spindle) -> SpindleCurve:
    """The continuous (S1) curve of a spindle's data sheet."""
    return SpindleCurve(*(np.array(values) for values in (spindle.speed, spindle.torque, spindle.power)))


def available_torque(curve: SpindleCurve, speed: jax.Array) -> jax.Array:
    """Torque at each ``speed`` (segment,) [rad/s], either sense: the lesser of both limits [N m]; 0 above the curve.

    Both limits are straight between the points, so that a field of constant torque and one of constant power are
    exact with one point at each of their ends.
    """
    speed = jnp.abs(speed)
    by_power = jnp.interp(speed, curve.speed, curve.power) / jnp.maximum(speed, LEAST_SPEED)
    torque = jnp.minimum(jnp.interp(speed, curve.speed, curve.torque), by_power)
    return jnp.where(speed > curve.speed[-1] * (1 + 1e-9), 0.0, torque)


def torque_margin(curve: SpindleCurve, speed: Array, torque: Array) -> Array:
    """Part of the spindle's torque that the cut leaves (segment,): 1 in air, 0 at the limit, negative beyond it.

    Args:
        curve: of the duty in question: S1 with the mean torque, S6 with that of short cuts.
        speed: (segment,) [rad/s].
        torque: (segment,) [N m] from :class:`twin.cutting.loads.Loads`.
    """
    return first_rows(_margin(curve, padded_rows(speed), padded_rows(torque)), len(torque))


@kept
def _margin(curve: SpindleCurve, speed: jax.Array, torque: jax.Array) -> jax.Array:
    available = available_torque(curve, speed)
    beyond = jnp.where(torque > 0, -jnp.inf, 1.0)
    return jnp.where(available > 0, 1 - torque / jnp.where(available > 0, available, 1.0), beyond)
