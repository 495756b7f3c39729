"""Kinematic chain of a machine and the error of its tool, by exact rigid motions.

The chain is written from workpiece to tool with ``b`` for the bed, e.g. ``w X Y b Z t`` or ``w C A b Y X Z t``.
The pose of every carriage in the one nearer to the bed is

    linear axis:  location · nominal motion · error motion E(position)
    rotary axis:  location · error motion E(position) · nominal motion, all about its nominal line

so that error motions of a rotary axis are along axes that stand still (ISO 230-7). A carriage on the tool side moves
by +q, one on the workpiece side by -q, so that the axis positions are those of the tool relative to the workpiece
(ISO 841). Error motions are those *of the moving carriage* in machine axes (ISO 230-1): a table that lies 1 µm too
far in +X (EXX = +1 µm) puts the tool 1 µm too far in -X in the workpiece. ``location`` is that of the axis's line
seen from its carrier.

At zero axis positions the workpiece, the machine and the spindle nose have one origin; the tool lies along -Z.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors, errors_at

Vector = tuple[jax.Array, jax.Array, jax.Array]
AXES = "XYZ"
ROTARY = "ABC"


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Kinematics:
    """A chain of axes with their errors; parameters of :func:`geometric_error`."""

    work: tuple[AxisErrors, ...]  # carriages from the bed to the workpiece
    tool: tuple[AxisErrors, ...]  # carriages from the bed to the tool
    work_axes: str = field(metadata={"static": True})  # their letters, same order
    tool_axes: str = field(metadata={"static": True})

    @property
    def letters(self) -> str:
        """Axes of the chain in the order of an axis position: X Y Z, then those of A B C that there are."""
        return AXES + "".join(letter for letter in ROTARY if letter in self.work_axes + self.tool_axes)


def kinematics(chain: str, errors: dict[str, AxisErrors]) -> Kinematics:
    """Return the chain named by ``chain`` (``w … b … t``) with the errors of each axis.

    Raises:
        InputError: a chain that does not run from w over b to t with each of X, Y, Z once, or an axis twice.
    """
    letters = chain.replace(" ", "")
    work, bed, tool = letters[1:-1].partition("b")
    linear = sorted(letter for letter in work + tool if letter not in ROTARY)
    twice = len(set(work + tool)) < len(work + tool)
    if letters[:1] != "w" or letters[-1:] != "t" or not bed or linear != sorted(AXES) or twice:
        raise InputError(
            f"kinematic chain {chain!r} is not understood",
            remedy="write the axes from workpiece to tool with b for the bed, e.g. 'w X Y b Z t'; "
            "linear axes X, Y, Z once each, rotary axes A, B, C at most once",
        )
    work = work[::-1]
    if missing := set(work + tool) - set(errors):
        raise InputError(f"axis {min(missing)} of chain {chain!r} is not described", remedy="add it under axes")
    return Kinematics(tuple(errors[a] for a in work), tuple(errors[a] for a in tool), work, tool)


def geometric_error(machine: Kinematics, axis_position: Array, tool_length: Array | float) -> Array:
    """Error of the tool tip relative to the workpiece, in workpiece axes, at each pose.

    Args:
        axis_position: (..., axis) [m, rad] in the order of ``machine.letters``. Without rotary axes X, Y, Z are where
            the spindle nose is in workpiece axes, so that the tip is at ``axis_position - (0, 0, tool_length)``.
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
    return _over_poses(_errors, machine, axis_position, tool_offset)


def tool_pose(machine: Kinematics, axis_position: Array, tool_offset: Array) -> tuple[Array, Array]:
    """Actual place (..., 3) [m] of a tool point and tool orientation (..., 3, 3) in workpiece axes.

    Columns of the orientation are the directions of the tool's own x, y, z; the last is the tool axis, tip to shank.
    Arguments as of :func:`tool_point_error`. ``tool_pose(perfect(machine), …)`` is the nominal pose.
    """
    return _over_poses(_poses, machine, axis_position, tool_offset)


def perfect(machine: Kinematics) -> Kinematics:
    """The same chain without errors."""

    def zero(axis: AxisErrors) -> AxisErrors:
        none = np.zeros((6, 0))
        one = np.asarray(1.0)
        return AxisErrors(
            np.zeros(6), np.zeros((6, 1)), none, np.zeros(0), 0 * one, one, none, none, one, np.asarray(axis.line)
        )

    return Kinematics(
        tuple(map(zero, machine.work)), tuple(map(zero, machine.tool)), machine.work_axes, machine.tool_axes
    )


def _over_poses(kernel: Array, machine: Kinematics, axis_position: Array, tool_offset: Array) -> Array:
    shape, n_axes = axis_position.shape, len(machine.letters)
    if shape[-1] != n_axes:
        raise InputError(
            f"{shape[-1]} axis positions for a machine with axes {' '.join(machine.letters)}",
            remedy="one column per axis, in that order",
        )
    n_poses = math.prod(shape[:-1])
    namespace = jnp if isinstance(tool_offset, jax.Array) else np
    offsets = namespace.broadcast_to(tool_offset, (*shape[:-1], 3))
    poses, offsets = padded_rows(axis_position.reshape(n_poses, n_axes)), padded_rows(offsets.reshape(n_poses, 3))
    found = kernel(machine, poses, offsets)
    return jax.tree.map(lambda rows: first_rows(rows, n_poses).reshape(*shape[:-1], *rows.shape[1:]), found)


@kept
def _errors(machine: Kinematics, axis_position: jax.Array, tool_offset: jax.Array) -> jax.Array:
    """Errors (pose, 3) [m]."""
    return jax.vmap(_error, in_axes=(None, 0, 0))(machine, axis_position, tool_offset)


@kept
def _poses(machine: Kinematics, axis_position: jax.Array, tool_offset: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Places (pose, 3) [m] and orientations (pose, 3, 3)."""
    return jax.vmap(pose, in_axes=(None, 0, 0))(machine, axis_position, tool_offset)


def _error(machine: Kinematics, axis_position: jax.Array, tool_offset: jax.Array) -> jax.Array:
    """Error (3,) [m] at one pose."""
    point, _ = _through(machine, axis_position, tuple(tool_offset), ())
    if len(machine.letters) == len(AXES):
        nominal = tuple(axis_position + tool_offset)
    else:
        nominal, _ = _through(machine, axis_position, tuple(tool_offset), (), exact=True)
    return jnp.stack([actual - wanted for actual, wanted in zip(point, nominal, strict=True)])


def pose(machine: Kinematics, axis_position: jax.Array, tool_offset: jax.Array) -> tuple[jax.Array, jax.Array]:
    """:func:`tool_pose` at one pose ``axis_position`` (axis,), ``tool_offset`` (3,). Pure JAX."""
    axes: tuple[Vector, ...] = tuple(tuple(jnp.asarray(c) for c in row) for row in np.eye(3))  # type: ignore[misc]
    point, vectors = _through(machine, axis_position, tuple(tool_offset), axes)
    return jnp.stack(point), jnp.stack([jnp.stack(vector) for vector in vectors], axis=-1)


def _through(
    machine: Kinematics,
    axis_position: jax.Array,
    point: Vector,
    vectors: tuple[Vector, ...],
    *,
    exact: bool = False,
) -> tuple[Vector, tuple[Vector, ...]]:
    """A point and directions of the tool, seen from the workpiece; ``exact``: as if there were no errors.

    Component by component: over many poses the work of an axis becomes one loop. What it hands to the next is put
    together and so computed once: the compiler would repeat it in every use, and take minutes over five axes.
    """

    def turn(rotation: Vector) -> None:
        nonlocal point, vectors
        sine, versine = _sine_versine(rotation)
        point, vectors = (
            _rotated(rotation, sine, versine, point),
            tuple(_rotated(rotation, sine, versine, v) for v in vectors),
        )

    def spin(letter: str, angle: jax.Array) -> None:
        nonlocal point, vectors
        cosine, sine = jnp.cos(angle), jnp.sin(angle)
        point, vectors = _spun(letter, cosine, sine, point), tuple(_spun(letter, cosine, sine, v) for v in vectors)

    def shift(by: Iterable[jax.Array], sign: float = 1.0) -> None:
        nonlocal point
        point = tuple(c + sign * b for c, b in zip(point, by, strict=True))  # type: ignore[assignment]

    def travel(letter: str, distance: jax.Array) -> None:
        shift(distance if letter == axis else 0.0 * distance for axis in AXES)

    def put_together() -> None:
        nonlocal point, vectors
        point, vectors = _computed(point), tuple(_computed(v) for v in vectors)

    for letter, axis in reversed(list(zip(machine.tool_axes, machine.tool, strict=True))):
        q, e = axis_position[machine.letters.index(letter)], None
        if not exact:
            e = tuple(errors_at(axis, q))
        if letter in ROTARY:
            shift(axis.line, -1.0)
            spin(letter, q)
        if e:
            turn(e[3:])
            shift(e[:3])
        if letter in AXES:
            travel(letter, q)
        if e:
            turn(tuple(axis.location[3:]))
            shift(axis.location[:3])
        if letter in ROTARY:
            shift(axis.line)
        put_together()
    for letter, axis in zip(machine.work_axes, machine.work, strict=True):
        q, e = axis_position[machine.letters.index(letter)], None
        if not exact:
            e = tuple(errors_at(axis, q))
        # inverses in closed form: R(-v) undoes R(v)
        if letter in ROTARY:
            shift(axis.line, -1.0)
        if e:
            shift(axis.location[:3], -1.0)
            turn(tuple(-c for c in axis.location[3:]))
        if letter in AXES:
            travel(letter, q)
        if e:
            shift(e[:3], -1.0)
            turn(tuple(-c for c in e[3:]))
        if letter in ROTARY:
            spin(letter, q)
            shift(axis.line)
        put_together()
    return point, vectors


def _computed(point: Vector) -> Vector:
    """``point`` as it is: a product with the unit matrix, which no compiler merges into what comes after."""
    return tuple(jnp.eye(3) @ jnp.stack(point))  # type: ignore[return-value]


def _spun(letter: str, cosine: jax.Array, sine: jax.Array, point: Vector) -> Vector:
    """``point`` turned about the direction of a rotary axis."""
    axis = ROTARY.index(letter)
    second, third = (axis + 1) % 3, (axis + 2) % 3
    turned = list(point)
    turned[second] = cosine * point[second] - sine * point[third]
    turned[third] = sine * point[second] + cosine * point[third]
    return tuple(turned)  # type: ignore[return-value]


def _sine_versine(vector: Vector) -> tuple[jax.Array, jax.Array]:
    """sin(t) / t and (1 - cos t) / t^2 of the length t of a rotation ``vector`` [rad], an error.

    By their series, which are exact to double precision up to 0.1 rad.
    """
    square = vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2
    sine = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))
    versine = 0.5 - square / 24 * (1 - square / 30 * (1 - square / 56 * (1 - square / 90)))
    return sine, versine


def _rotated(vector: Vector, sine: jax.Array, versine: jax.Array, point: Vector) -> Vector:
    """``point`` turned about the rotation ``vector`` by its length (Rodrigues)."""
    across = _cross(vector, point)
    twice = _cross(vector, across)
    return tuple(p + sine * a + versine * b for p, a, b in zip(point, across, twice, strict=True))  # type: ignore[return-value]


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
