"""Kinematic chain of a machine and the error of its tool tip, by exact rigid motions.

The chain is written from workpiece to tool with ``b`` for the bed, e.g. ``w X Y b Z t``: the table
carries X on Y, the column carries Z. The pose of every carriage in the one nearer to the bed is

    location (rotation of the axis's line) · nominal motion · error motion E(position)

A carriage on the tool side moves by +q, one on the workpiece side by -q along its axis, so that the axis
position (x, y, z) is that of the tool relative to the workpiece (ISO 841). Error motions are those *of the
moving carriage* in machine axes (ISO 230-1): a table that lies 1 µm too far in +X (EXX = +1 µm) puts the
tool 1 µm too far in -X in the workpiece.
"""

import math
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors, errors_at

AXES = "XYZ"


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Kinematics:
    """A chain of linear axes with their errors; parameters of :func:`geometric_error`."""

    work: tuple[AxisErrors, ...]  # carriages from the bed to the workpiece
    tool: tuple[AxisErrors, ...]  # carriages from the bed to the tool
    work_axes: str = field(metadata={"static": True})  # their letters, same order
    tool_axes: str = field(metadata={"static": True})


def kinematics(chain: str, errors: dict[str, AxisErrors]) -> Kinematics:
    """Return the chain named by ``chain`` (``w … b … t``) with the errors of each axis.

    Raises:
        InputError: a chain that does not run from w over b to t with each of X, Y, Z once.
    """
    letters = chain.replace(" ", "")
    work, bed, tool = letters[1:-1].partition("b")
    if letters[:1] != "w" or letters[-1:] != "t" or not bed or sorted(work + tool) != sorted(AXES):
        raise InputError(
            f"kinematic chain {chain!r} is not understood",
            remedy="write the axes from workpiece to tool with b for the bed, e.g. 'w X Y b Z t'; "
            "linear axes X, Y, Z once each",
        )
    work = work[::-1]
    if missing := set(AXES) - set(errors):
        raise InputError(f"axis {min(missing)} of chain {chain!r} is not described", remedy="add it under axes")
    return Kinematics(tuple(errors[a] for a in work), tuple(errors[a] for a in tool), work, tool)


def geometric_error(machine: Kinematics, axis_position: Array, tool_length: Array | float) -> Array:
    """Error of the tool tip relative to the workpiece, in workpiece axes, at each pose.

    Args:
        axis_position: (..., 3) [m] of X, Y, Z: where the spindle nose is in workpiece axes, so that the tip is at
            ``axis_position - (0, 0, tool_length)``.
        tool_length: (...) or () [m] spindle nose to tip, along -Z.

    Returns:
        (..., 3) [m] actual minus nominal.
    """
    namespace = jnp if isinstance(tool_length, jax.Array) else np
    length = namespace.asarray(tool_length, dtype=float)
    offset = namespace.stack([0.0 * length, 0.0 * length, -length], axis=-1)
    return tool_point_error(machine, axis_position, offset)


def tool_point_error(machine: Kinematics, axis_position: Array, tool_offset: Array) -> Array:
    """As :func:`geometric_error`, for a tool point anywhere: ``tool_offset`` (..., 3) or (3,) [m] from the nose."""
    shape = axis_position.shape
    n_poses = math.prod(shape[:-1])
    namespace = jnp if isinstance(tool_offset, jax.Array) else np
    offsets = namespace.broadcast_to(tool_offset, shape)
    poses, offsets = (padded_rows(a.reshape(n_poses, 3)) for a in (axis_position, offsets))
    return first_rows(_errors(machine, poses, offsets), n_poses).reshape(shape)


@kept
def _errors(machine: Kinematics, axis_position: jax.Array, tool_offset: jax.Array) -> jax.Array:
    """Errors (pose, 3) [m]."""
    return jax.vmap(_error, in_axes=(None, 0, 0))(machine, axis_position, tool_offset)


def _error(machine: Kinematics, axis_position: jax.Array, tool_offset: jax.Array) -> jax.Array:
    """Error (3,) [m] at one pose."""
    point = tool_offset
    for letter, axis in reversed(list(zip(machine.tool_axes, machine.tool, strict=True))):
        q = axis_position[AXES.index(letter)]
        e = errors_at(axis, q)
        point = rotate(e[3:], point) + e[:3]
        point = point.at[AXES.index(letter)].add(q)
        point = rotate(axis.location[3:], point) + axis.location[:3]
    for letter, axis in zip(machine.work_axes, machine.work, strict=True):
        q = axis_position[AXES.index(letter)]
        e = errors_at(axis, q)
        # inverses in closed form: R(-v) undoes R(v)
        point = rotate(-axis.location[3:], point - axis.location[:3])
        point = point.at[AXES.index(letter)].add(q)
        point = rotate(-e[3:], point - e[:3])
    return point - (axis_position + tool_offset)


def rotate(vector: jax.Array, point: jax.Array) -> jax.Array:
    """``point`` (3,) turned about the rotation ``vector`` (3,) [rad] by its length (Rodrigues)."""
    square = jnp.dot(vector, vector)
    small = square < 1e-6  # there the series is exact to double precision, and its gradient exists at zero
    angle = jnp.sqrt(jnp.where(small, 1.0, square))
    sine = jnp.where(small, 1 - square / 6 * (1 - square / 20), jnp.sin(angle) / angle)
    versine = jnp.where(small, 0.5 - square / 24 * (1 - square / 30), (1 - jnp.cos(angle)) / angle**2)
    across = jnp.cross(vector, point)
    return point + sine * across + versine * jnp.cross(vector, across)
