"""Convex outlines in the plane: inset, rounding, area. Lengths in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, tan

import numpy as np


@dataclass(frozen=True)
class Corner:
    """A rounded corner: where the arc starts and ends, and its centre."""

    start: np.ndarray
    end: np.ndarray
    centre: np.ndarray


def clip(polygon: np.ndarray, point: np.ndarray, inward: np.ndarray) -> np.ndarray:
    """The part of a convex ``polygon`` (vertex, 2) on the ``inward`` side of the line through ``point``."""
    height = (polygon - point) @ inward
    kept: list[np.ndarray] = []
    for i, vertex in enumerate(polygon):
        following = (i + 1) % len(polygon)
        if height[i] >= 0:
            kept.append(vertex)
        if height[i] * height[following] < 0:
            fraction = height[i] / (height[i] - height[following])
            kept.append(vertex + fraction * (polygon[following] - vertex))
    return np.array(kept).reshape(-1, 2)


def edges(polygon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit direction of every edge and its unit normal into the (counter-clockwise) polygon."""
    along = np.roll(polygon, -1, axis=0) - polygon
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    return along, np.stack([-along[:, 1], along[:, 0]], axis=1)


def inset(polygon: np.ndarray, distance: float) -> np.ndarray:
    """The convex ``polygon`` with every edge moved inwards; no vertices when nothing is left."""
    _, inward = edges(polygon)
    result = polygon
    for vertex, normal in zip(polygon, inward, strict=True):
        if len(result):
            result = clip(result, vertex + distance * normal, normal)
    return result


def incircle(polygon: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and radius of the largest circle in a convex polygon, by bisection of the inset."""
    low, high = 0.0, float(np.ptp(polygon, axis=0).max())
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if len(inset(polygon, middle)) >= 3 else (low, middle)
    return inset(polygon, low).mean(axis=0), low


def rounded(polygon: np.ndarray, radius: float) -> list[Corner]:
    """Corner ``i`` of the outline, at vertex ``i``, counter-clockwise; a radius too large for an edge shrinks."""
    along, inward = edges(polygon)
    half_angle = [_half_angle(along[i - 1], along[i]) for i in range(len(polygon))]
    length = np.linalg.norm(np.roll(polygon, -1, axis=0) - polygon, axis=1)
    corners = []
    for i, vertex in enumerate(polygon):
        room = 0.45 * min(length[i - 1], length[i])
        tangent = min(radius / tan(half_angle[i]), room)
        start, end = vertex - tangent * along[i - 1], vertex + tangent * along[i]
        corners.append(Corner(start, end, end + tangent * tan(half_angle[i]) * inward[i]))
    return corners


def rounded_area(polygon: np.ndarray, radius: float) -> float:
    """Exact area of a convex polygon with every corner rounded by ``radius``."""
    x, y = polygon.T
    area = 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
    along, _ = edges(polygon)
    for i in range(len(polygon)):
        half = _half_angle(along[i - 1], along[i])
        area -= radius**2 * (1 / tan(half) - (pi - 2 * half) / 2)
    return area


def _half_angle(arriving: Sequence[float] | np.ndarray, leaving: Sequence[float] | np.ndarray) -> float:
    """Half of the interior angle between two edges of a counter-clockwise polygon."""
    turn = np.arctan2(arriving[0] * leaving[1] - arriving[1] * leaving[0], float(np.dot(arriving, leaving)))
    return float((pi - turn) / 2)
