"""What temperatures do to the place where the tool cuts.

All errors are actual minus nominal tool-tip position relative to the workpiece, in part axes [m]. Lengths are true at
20 degC (ISO 1). What the machine knew when the part was probed and the tool was measured cancels: the errors of
machine and axes count from the temperatures of that moment, ``datum``.
"""

import math
from collections.abc import Iterable

import jax
import jax.numpy as jnp

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.thermal.model import ThermalModel
from twin.thermal.network import WORKPIECE

REFERENCE = 20.0  # degC


@kept
def tool_point_drift(model: ThermalModel, states: jax.Array, datum: jax.Array) -> jax.Array:
    """Drift of the tool tip by growth of the structural loop, (..., 3) [m].

    Args:
        states: (..., node) [degC].
        datum: (node,) [degC] at which the drift is zero.
    """
    levers = [[member.expansion * length for length in member.lever] for member in model.network.members]
    return _rise(states, datum) @ _gain(model, (member.node for member in model.network.members), levers)


def axis_scale(model: ThermalModel, states: jax.Array, datum: jax.Array) -> jax.Array:
    """Relative growth of the standards (screws or scales) of X, Y, Z, (..., 3).

    Args:
        states: (..., node) [degC].
        datum: (node,) [degC] at which the growth is zero.
    """
    drives = [model.network.feed_drives[axis] for axis in "XYZ"]
    rows = [[drive.expansion if row == column else 0.0 for column in range(3)] for row, drive in enumerate(drives)]
    return _rise(states, datum) @ _gain(model, (drive.standard for drive in drives), rows)


def scale_error(model: ThermalModel, states: jax.Array, axis_position: jax.Array, datum: jax.Array) -> jax.Array:
    """Error by growth of the axes' standards from their fixed ends, (..., 3) [m].

    Args:
        states: (..., node) [degC].
        axis_position: (..., 3) [m] of X, Y, Z.
        datum: (node,) [degC].
    """
    fixed = jnp.stack([jnp.asarray(model.network.feed_drives[axis].fixed_end, dtype=float) for axis in "XYZ"])
    return axis_scale(model, states, datum) * (axis_position - jnp.broadcast_to(fixed, axis_position.shape))


def workpiece_expansion(model: ThermalModel, states: jax.Array, position: jax.Array) -> jax.Array:
    """Free growth of the part against its size at 20 degC, at each point, (..., 3) [m].

    Args:
        states: (..., node) [degC].
        position: (..., 3) [m] from the point where the clamping holds the part.
    """
    rise = states[..., model.index(WORKPIECE)] - REFERENCE
    return model.workpiece.expansion * rise[..., None] * position


def thermal_error(
    model: ThermalModel,
    states: Array,
    axis_position: Array,
    part_position: Array,
    datum: Array,
) -> Array:
    """Error of the tool tip relative to the workpiece by all temperatures, (..., 3) [m].

    The part enters with minus sign: the tool at a nominal place reaches material that lies nearer to the clamping
    once the part has cooled, so a warm part cut to size measures small at 20 degC.

    Args:
        states: (..., node) [degC].
        axis_position: (..., 3) [m].
        part_position: (..., 3) [m] of the tool tip from the point where the clamping holds the part.
        datum: (node,) [degC] when the part was probed and the tool measured.
    """
    shape = axis_position.shape
    n_points = math.prod(shape[:-1])
    state, axis, part = (padded_rows(a.reshape(n_points, -1)) for a in (states, axis_position, part_position))
    return first_rows(_thermal_error(model, state, axis, part, datum), n_points).reshape(shape)


@kept
def _thermal_error(
    model: ThermalModel, states: jax.Array, axis_position: jax.Array, part_position: jax.Array, datum: jax.Array
) -> jax.Array:
    drift = tool_point_drift(model, states, datum) + scale_error(model, states, axis_position, datum)
    return drift - workpiece_expansion(model, states, part_position)


def _rise(states: jax.Array, datum: jax.Array) -> jax.Array:
    return states - jnp.broadcast_to(datum, states.shape)


def _gain(model: ThermalModel, nodes: Iterable[str], rows: list[list[float]]) -> jax.Array:
    """(node, 3) [m/K] with each of ``rows`` added at its node."""
    place = jnp.array([model.index(node) for node in nodes], dtype=int)
    values = jnp.stack([jnp.stack([jnp.asarray(v, dtype=float) for v in row]) for row in rows])
    return jnp.zeros((len(model.nodes), 3)).at[place].add(values)
