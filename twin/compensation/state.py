"""The error state of a machine at one moment, and the errors of its axes that contain it."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial.transform import Rotation

from twin.machine import Kinematics, geometric_error
from twin.machine.axis_errors import AxisErrors, errors_at
from twin.machine.kinematics import AXES, kinematics


@dataclass(frozen=True)
class ErrorState:
    """What a control can know of the machine: its geometry, and its growth since part and tool were measured."""

    kinematics: Kinematics
    drift: np.ndarray  # (3,) [m] of the tool tip
    growth: np.ndarray  # (3,) relative, of the standards of X, Y, Z
    fixed_end: np.ndarray  # (3,) [m] axis position at which each standard is held


def machine_error(state: ErrorState, axis_position: np.ndarray, tool_length: np.ndarray | float) -> np.ndarray:
    """Error of the tool tip relative to the workpiece (..., 3) [m] at ``axis_position`` (..., 3) [m]."""
    length = np.broadcast_to(np.asarray(tool_length, dtype=float), axis_position.shape[:-1])
    geometric = np.asarray(geometric_error(state.kinematics, axis_position, length))
    return geometric + state.drift + state.growth * (axis_position - state.fixed_end)


def component_errors(state: ErrorState, position: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Six errors (6, point) [m, rad] of each axis over its ``position`` (point,) [m] that hold the whole state.

    Squareness is folded in exactly: a carriage that moves by q along a line turned by R is one that moves by q along
    its own axis with the error R (q + e) - q, turned by R times its error. The growth of a standard is a positioning
    error of its axis; the drift is given to Z. What these two lose is their product with the rotations of the axes.
    """
    carriages = dict(zip(state.kinematics.tool_axes, state.kinematics.tool, strict=True))
    found = {}
    for sign, letters, axes in (
        (1.0, state.kinematics.tool_axes, state.kinematics.tool),
        (-1.0, state.kinematics.work_axes, state.kinematics.work),
    ):
        for letter, axis in zip(letters, axes, strict=True):
            q, column = position[letter], AXES.index(letter)
            own = np.array(jax.vmap(errors_at, in_axes=(None, 0))(axis, jnp.asarray(q)))
            travel = np.zeros((len(q), 3))
            travel[:, column] = sign * q
            line = Rotation.from_rotvec(np.asarray(axis.location[3:]))
            moved = line.apply(travel + own[:, :3]) + np.asarray(axis.location[:3]) - travel
            turned = (line * Rotation.from_rotvec(own[:, 3:])).as_rotvec()
            moved[:, column] += sign * state.growth[column] * (q - state.fixed_end[column])
            if letter == "Z":
                moved += (1.0 if "Z" in carriages else -1.0) * state.drift
            found[letter] = np.concatenate([moved, turned], axis=1).T
    return found


def tabulated(chain: Kinematics, position: Mapping[str, np.ndarray], errors: Mapping[str, np.ndarray]) -> Kinematics:
    """The chain with tables of errors (6, point) at ``position`` (point,) [m] of each axis, and nothing else."""

    def axis(letter: str) -> AxisErrors:
        zero = np.zeros((6, 1))
        return AxisErrors(np.zeros(6), zero, errors[letter], position[letter], np.asarray(0.0), np.asarray(1.0))

    text = "w" + chain.work_axes[::-1] + "b" + chain.tool_axes + "t"
    return kinematics(text, {letter: axis(letter) for letter in AXES})
