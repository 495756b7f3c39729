"""From the coordinates of the program's words to the machine's axes, for the tool tip."""

from dataclasses import dataclass
from math import cos, sin

import numpy as np

Six = tuple[float, float, float, float, float, float]
ZERO: Six = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """machine = matrix · program + shift for X Y Z; A B C are only shifted. [m, rad]

    The program's words pass G68, then G92 and G52, then the rotation and the origin of the work offset.
    """

    shift: Six = ZERO
    matrix: tuple[tuple[float, float, float], ...] | None = None  # None: no rotation

    def to_machine(self, point: Six) -> Six:
        x, y, z, a, b, c = point
        s = self.shift
        if self.matrix is not None:
            x, y, z = (row[0] * x + row[1] * y + row[2] * z for row in self.matrix)
        return x + s[0], y + s[1], z + s[2], a + s[3], b + s[4], c + s[5]

    def to_program(self, point: Six) -> Six:
        s = self.shift
        x, y, z = point[0] - s[0], point[1] - s[1], point[2] - s[2]
        if self.matrix is not None:
            m = self.matrix
            x, y, z = (m[0][i] * x + m[1][i] * y + m[2][i] * z for i in range(3))
        return x, y, z, point[3] - s[3], point[4] - s[4], point[5] - s[5]

    def apply(self, points: np.ndarray) -> np.ndarray:
        """(…, 3) program coordinates to machine coordinates."""
        if self.matrix is not None:
            points = points @ np.array(self.matrix).T
        return points + np.array(self.shift[:3])


def rotation(axis: int, angle: float) -> tuple[tuple[float, float, float], ...]:
    """Matrix of a right-handed rotation about axis 0 X, 1 Y, 2 Z by ``angle`` [rad]."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    rows = [[float(r == k) for k in range(3)] for r in range(3)]
    rows[i][i] = rows[j][j] = cos(angle)
    rows[i][j], rows[j][i] = -sin(angle), sin(angle)
    return tuple((r[0], r[1], r[2]) for r in rows)


def compose(
    origin: Six, turn: float, local: Six, scale_rotation: tuple[int, float, tuple[float, float, float]] | None
) -> Frame:
    """Frame of a work offset ``origin`` turned by ``turn`` about Z, a G92/G52 shift and a G68 rotation.

    Args:
        origin: work offset [m, rad].
        turn: G10 L2 R [rad].
        local: G92 and G52 shift, in the turned frame [m, rad].
        scale_rotation: G68 as (axis, angle, centre) in program coordinates, or None.
    """
    if not turn and scale_rotation is None:
        return Frame(tuple(o + g for o, g in zip(origin, local, strict=True)))  # type: ignore[arg-type]
    work = np.array(rotation(2, turn))
    matrix, shift = work, work @ np.array(local[:3]) + np.array(origin[:3])
    if scale_rotation is not None:
        axis, angle, centre = scale_rotation
        turned = np.array(rotation(axis, angle))
        shift = shift + work @ (np.array(centre) - turned @ np.array(centre))
        matrix = work @ turned
    x, y, z = (float(v) for v in shift)
    abc = tuple(o + g for o, g in zip(origin[3:], local[3:], strict=True))
    rows = tuple((float(r[0]), float(r[1]), float(r[2])) for r in matrix)
    return Frame((x, y, z, *abc), rows)  # type: ignore[arg-type]
