"""A machine whose errors are known in closed form, and places in it."""

import numpy as np

from twin.compensation.controls import MachineCase
from twin.machine.axis_errors import AxisErrors
from twin.machine.kinematics import kinematics

TRAVEL = {"X": (0.0, 0.76), "Y": (0.0, 0.5), "Z": (0.12, 0.64)}
REFERENCE = np.array([0.38, 0.25, 0.3])
LENGTH = 0.15
RNG = np.random.default_rng(4)
PLACES = np.column_stack([RNG.uniform(*TRAVEL[axis], 2000) for axis in "XYZ"])
EVERYWHERE = np.full(len(PLACES), LENGTH), np.zeros(len(PLACES))  # tool length, time


def axis(letter: str, linear: list[list[float]], angular: list[list[float]], square=(0.0, 0.0, 0.0)) -> AxisErrors:
    """Polynomials of s = -1 … 1 in µm and µrad; squareness in µrad."""
    low, high = TRAVEL[letter]
    rows = np.zeros((6, 4))
    for row, values in enumerate([*linear, *angular]):
        rows[row, : len(values)] = values
    return AxisErrors(
        location=np.array([0, 0, 0, *square]) * 1e-6,
        polynomial=rows * 1e-6,
        table=np.zeros((6, 0)),
        knot=np.zeros(0),
        centre=np.asarray((low + high) / 2),
        half_travel=np.asarray((high - low) / 2),
    )


def machine_case(angles: bool = True, cross: bool = True, drift_um=(3.0, -7.0, 25.0), growth_um_m=(4.0, -6.0, 9.0)):
    """A cross-table machine. ``angles``: angular errors and squareness; ``cross``: straightness errors."""
    a, c = float(angles), float(cross)
    none: list[list[float]] = [[], [], []]

    def turned(values):
        return [[a * v for v in row] for row in values] if angles else none

    def straight(letter, own, others):
        rows = [[c * v for v in row] for row in others]
        rows.insert("XYZ".index(letter), own)
        return rows

    errors = {
        "X": axis(
            "X", straight("X", [1, 3, 1.5, -2.5], [[0, 0, 4], [0, 0, -5, 1.25]]), turned([[0, 10], [0, -20, 5], [2]])
        ),
        "Y": axis(
            "Y",
            straight("Y", [0, -2.5, 2, 1.5], [[0, 0, -3], [0, 0, 3.75]]),
            turned([[0, 17.5], [0, -7.5], [0, 10]]),
            (0, 0, 30 * a),
        ),
        "Z": axis(
            "Z",
            straight("Z", [0, 3.75, 0, -2], [[0, 0, 2.5], [0, 0, -3.5]]),
            turned([[0, 20], [0, -12.5], [0, 7.5]]),
            (20 * a, -20 * a, 0),
        ),
    }
    drift, growth = np.array(drift_um) * 1e-6, np.array(growth_um_m) * 1e-6
    return MachineCase(
        kinematics=kinematics("w X Y b Z t", errors),
        drift=lambda time: np.outer(1 + time / 600, drift),
        growth=lambda time: np.outer(1 + time / 600, growth),
        fixed_end=np.array([0.0, 0.5, 0.7]),
        duration=600.0,
        travel=TRAVEL,
        reference=REFERENCE,
        tool_length=LENGTH,
    )


def left(case: MachineCase, motion, places=PLACES, length=None, time=None) -> np.ndarray:
    """What compensation by ``motion`` leaves of the error (point, 3) [m]."""
    length = np.full(len(places), LENGTH) if length is None else length
    time = np.full(len(places), 0.0) if time is None else time
    return case.error(places, length, time) + motion(places, length, time)
