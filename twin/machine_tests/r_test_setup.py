"""What an R-test reads beside location errors and noise: how it is set up, and what the machine does meanwhile.

Each effect is the change of all readings by one standard deviation of one independent cause. An identification that
does not know the cause takes part of it for location errors (consider parameters: Schmidt 1966).
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from twin.machine.axis_errors import AxisErrors
from twin.machine.kinematics import AXES, Kinematics
from twin.machine.machine import Machine
from twin.machine_tests.r_test import readings

# Unknown error functions: of a linear axis half slope and half arch, the Legendre polynomials of mean square 1 over the
# travel; of a rotary axis twice a turn, since once a turn is a location error (ISO 230-7, 3.2).
SLOPE, ARCH = np.array([0.0, sqrt(3.0), 0.0]), np.array([-sqrt(5.0) / 2, 0.0, 1.5 * sqrt(5.0)])
TERMS = "XYZABC"


@dataclass(frozen=True)
class Setup:
    """One standard deviation each."""

    nest_tilt: float  # [rad] of the nest's axes about each of the machine's
    tool_length: float  # [m] from the nose to the middle of the nest
    drift: float  # [m] of the tool against the table along each axis, from the first pose to the last


def systematic_effects(
    kinematics: Kinematics,
    machine: Machine,
    position: np.ndarray,
    ball: np.ndarray,
    reading: np.ndarray,
    tool_length: float,
    setup: Setup,
) -> dict[str, np.ndarray]:
    """Changes of the readings by group of causes, (cause, pose, 3) [m] each.

    Args:
        kinematics: of the machine.
        machine: whose error functions scatter as declared.
        position: (pose, axis) [m, rad] of the test, in its order.
        ball: (3,) [m].
        reading: (pose, 3) [m] that a tilted nest would mix.
        tool_length: [m] nominal.
        setup: how well the test is set up.
    """
    bare = _bare(kinematics)
    still = np.zeros(3)
    own = readings(bare, position, ball, still, tool_length)
    motion = [readings(moved, position, ball, still, tool_length) - own for moved in _error_functions(bare, machine)]
    longer = readings(bare, position, ball, still, tool_length + setup.tool_length) - own
    progress = np.linspace(-0.5, 0.5, len(position))
    return {
        "error motions of the axes": np.array(motion).reshape(-1, *reading.shape),
        "tilt of the nest": setup.nest_tilt * np.stack([np.cross(axis, reading) for axis in np.eye(3)]),
        "length of the nest": longer[None],
        "drift during the test": setup.drift * progress[None, :, None] * np.eye(3)[:, None, :],
    }


def _bare(kinematics: Kinematics) -> Kinematics:
    """The chain without errors, with room for error functions."""

    def one(axis: AxisErrors) -> AxisErrors:
        none = np.zeros((6, 0))
        return replace(
            axis, location=np.zeros(6), polynomial=np.zeros((6, 3)), table=none, knot=np.zeros(0),
            cosine=np.zeros((6, 2)), sine=np.zeros((6, 2)),
        )  # fmt: skip

    return replace(kinematics, work=tuple(map(one, kinematics.work)), tool=tuple(map(one, kinematics.tool)))


def _error_functions(bare: Kinematics, machine: Machine) -> list[Kinematics]:
    """The chain with each independent shape of each declared error function at one standard deviation."""
    found = []
    for letter, axis in (machine.axes | machine.rotary_axes).items():
        for name, term in (axis.displacement_error | axis.rotation_error).items():
            row = TERMS.index(name[1])
            shapes: list[tuple[str, slice | int, np.ndarray | float]]
            if letter in AXES:
                shapes = [("polynomial", slice(None), shape / sqrt(2.0)) for shape in (SLOPE, ARCH)]
            else:
                shapes = [(series, 1, 1.0) for series in ("cosine", "sine")]
            found += [_with(bare, letter, field, row, where, term.scatter * shape) for field, where, shape in shapes]
    return found


def _with(
    bare: Kinematics, letter: str, field: str, row: int, where: slice | int, value: np.ndarray | float
) -> Kinematics:
    def one(axis: AxisErrors, at: str) -> AxisErrors:
        if at != letter:
            return axis
        values = np.array(getattr(axis, field))
        values[row, where] = value
        return replace(axis, **{field: values})

    work = tuple(one(a, at) for a, at in zip(bare.work, bare.work_axes, strict=True))
    tool = tuple(one(a, at) for a, at in zip(bare.tool, bare.tool_axes, strict=True))
    return replace(bare, work=work, tool=tool)
