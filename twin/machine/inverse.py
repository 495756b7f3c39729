"""Axis positions that bring the tool where it is wanted, by Newton's method on the chain with its errors.

Wanted are the tip and, with rotary axes, the direction of the tool axis, both in workpiece axes. Where several axis
positions give the same pose, that near the given start is found; where the axes cannot turn the tool as wanted
(or only its own turn is free), the step is the smallest that does (pseudo-inverse).
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import first_rows, kept, padded_rows
from twin.errors import InputError
from twin.machine.kinematics import AXES, Kinematics, perfect, pose, tool_pose

N_STEPS = 30  # of Newton; quadratic at the end
LONGEST = 0.2  # [rad] a step turns at most: near singular positions the slope holds no farther
LEVER = 0.1  # [m] that makes a direction comparable with a place
TOLERANCE = 1e-9  # [m] of tip, and of direction times LEVER
FEWEST = 64  # points that the kernel is compiled for
GRID = np.radians([5.0, 5.0, 15.0])  # of rotary starts, by the number of rotary axes


def axis_positions(
    machine: Kinematics,
    tip: np.ndarray,
    tool_axis: np.ndarray,
    tool_offset: np.ndarray,
    *,
    near: np.ndarray | None = None,
) -> np.ndarray:
    """Axis positions (point, axis) [m, rad], in the order of ``machine.letters``.

    Args:
        machine: with its errors; ``perfect(machine)`` gives the nominal axis positions.
        tip: (point, 3) [m] wanted place of the tool point in workpiece axes.
        tool_axis: (point, 3) wanted direction, tip to shank; ignored without rotary axes.
        tool_offset: (3,) [m] tool point from the nose.
        near: (axis,) [m, rad] preferred rotary positions; default 0.

    Raises:
        InputError: a pose that the axes cannot reach.
    """
    n_points, letters = len(tip), machine.letters
    rotary = letters[len(AXES) :]
    start = np.zeros((n_points, len(letters)))
    if rotary:
        length = np.linalg.norm(tool_axis, axis=1, keepdims=True)
        if not (length > 0).all():
            raise InputError("a tool axis has no length", remedy="give a direction")
        tool_axis = tool_axis / length
        start[:, len(AXES) :] = _rotary_start(machine, tool_axis, near)
    n_rows = max(FEWEST, 1 << (n_points - 1).bit_length())
    rows = [padded_rows(np.asarray(a, dtype=float), n_rows, mode="edge") for a in (start, tip, tool_axis)]
    found, left = (first_rows(a, n_points) for a in _solve(machine, *rows, np.asarray(tool_offset, dtype=float)))
    if (bad := np.flatnonzero(~(left < TOLERANCE))).size:
        raise InputError(
            f"no axis positions give pose {bad[0]}: tip {np.asarray(tip)[bad[0]]} m, "
            f"tool axis {np.round(tool_axis[bad[0]], 6)}, {left[bad[0]]:.1e} m are left",
            remedy="the rotary axes cannot turn the tool there, or only at a singular position",
        )
    return found


def _rotary_start(machine: Kinematics, tool_axis: np.ndarray, near: np.ndarray | None) -> np.ndarray:
    """Rotary positions (point, rotary) [rad] of a grid that nearly give ``tool_axis``, those next to ``near``."""
    n_rotary = len(machine.letters) - len(AXES)
    pitch = GRID[n_rotary - 1]
    steps = np.arange(-np.pi + pitch, np.pi + 0.5 * pitch, pitch)
    grid = np.stack(np.meshgrid(*[steps] * n_rotary, indexing="ij"), axis=-1).reshape(-1, n_rotary)
    wanted = np.zeros(n_rotary) if near is None else np.asarray(near)[len(AXES) :]
    # small offsets keep the start off singular positions, where the sense of the other axis is lost
    grid = wanted + grid + 1e-3 * (1 + np.arange(n_rotary))
    _, turn = tool_pose(perfect(machine), np.concatenate([np.zeros((len(grid), 3)), grid], axis=1), np.zeros(3))
    alike = tool_axis @ np.asarray(turn)[:, :, 2].T
    far = 1e-2 * np.abs(grid - wanted).sum(axis=1)
    return grid[np.argmax(alike - far[None], axis=1)]


def _residual(
    machine: Kinematics, position: jax.Array, tip: jax.Array, tool_axis: jax.Array, offset: jax.Array
) -> jax.Array:
    """Tip and direction left (6,) [m]; without rotary axes the tip (3,)."""
    place, turn = pose(machine, position, offset)
    if len(machine.letters) == len(AXES):
        return place - tip
    return jnp.concatenate([place - tip, LEVER * (turn[:, 2] - tool_axis)])


@partial(kept, quick=True)
def _solve(
    machine: Kinematics, start: jax.Array, tip: jax.Array, tool_axis: jax.Array, offset: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Axis positions (point, axis) and what was left (point,) [m] before the last step."""

    def one(start: jax.Array, tip: jax.Array, tool_axis: jax.Array) -> tuple[jax.Array, jax.Array]:
        def residual(position: jax.Array) -> tuple[jax.Array, jax.Array]:
            left = _residual(machine, position, tip, tool_axis, offset)
            return left, left

        def step(_: int, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            slope, left = jax.jacfwd(residual, has_aux=True)(state[0])
            change = jnp.linalg.pinv(slope, rtol=1e-9) @ left
            turn = jnp.max(jnp.abs(change[len(AXES) :]), initial=0.0)
            return state[0] - change * jnp.minimum(1.0, LONGEST / jnp.maximum(turn, LONGEST)), jnp.linalg.norm(left)

        found, left = jax.lax.fori_loop(0, N_STEPS, step, (start, jnp.inf))
        return found, left

    return jax.vmap(one)(start, tip, tool_axis)
