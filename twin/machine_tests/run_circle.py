"""A circular test run on the machine of the twin: servo loops and geometry."""

from dataclasses import dataclass

import numpy as np

from twin.compiled import kept
from twin.errors import InputError
from twin.machine import Kinematics, tool_point_error
from twin.machine_tests.circular import Circles
from twin.motion.servo import ROW, Loops, servo_response, servo_start

PLANES = {"XY": (0, 1), "YZ": (1, 2), "ZX": (2, 0)}
respond = kept(servo_response)


@dataclass(frozen=True)
class CircleRun:
    """How the circle is run; SI units."""

    plane: str = "XY"  # ccw is from the first letter to the second
    radius: float = 0.1  # [m]
    speed: float = 1 / 60  # [m/s] along the path
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)  # [m] axis position X Y Z
    tool_length: float = 0.15  # [m]
    n_samples: int = 7200  # on the measured circle; straight commands between them lose radius (2 pi / n)2 / 12


def run_circle(machine: Kinematics, loops: Loops | None, run: CircleRun) -> Circles:
    """Circle in both directions, half a turn before each; ``loops``: servo, None where the axes follow exactly.

    The bar lies in the plane; rotary axes stand at zero.

    Raises:
        InputError: an unknown plane, a radius or a speed that is not positive.
    """
    if run.plane not in PLANES:
        raise InputError(f"there is no plane {run.plane!r}", remedy="one of " + ", ".join(PLANES))
    if run.radius <= 0 or run.speed <= 0:
        raise InputError(f"a circle of radius {run.radius:g} m at {run.speed:g} m/s", remedy="both must be positive")
    first, second = PLANES[run.plane]
    centre = np.asarray(run.centre)
    angles, deviations = [], []
    for sense in (1.0, -1.0):
        n = -(-(run.n_samples * 3 // 2) // ROW) * ROW
        turn = sense * (2 * np.pi * np.arange(n) / run.n_samples - np.pi)
        path = np.tile(centre, (n, 1))
        path[:, first] += run.radius * np.cos(turn)
        path[:, second] += run.radius * np.sin(turn)
        actual = path
        if loops is not None:
            period = 2 * np.pi * run.radius / run.speed / run.n_samples
            actual = np.asarray(respond(path, servo_start(path[0]), loops, period)[0])
        measured = slice(run.n_samples // 2, run.n_samples // 2 + run.n_samples)
        actual = actual[measured]
        rest = np.zeros((len(actual), len(machine.letters) - 3))
        offset = np.array([0.0, 0.0, -run.tool_length])
        error = np.asarray(tool_point_error(machine, np.concatenate([actual, rest], axis=1), offset))
        place = (actual - centre + error)[:, [first, second]]
        angles.append(np.arctan2(place[:, 1], place[:, 0]))
        deviations.append(np.hypot(place[:, 0], place[:, 1]) - run.radius)
    return Circles(run.radius, np.array(angles), np.array(deviations))
