"""Minimum-zone roundness, cylindricity and flatness (ISO 1101): the narrowest ring, tube or slab with every point.

Chebyshev fits by linear programming, linearised again until they stand still. Not differentiable, a few
milliseconds for thousands of points; the least-squares fits of :mod:`twin.inspection.fit` feed the report.
"""

import numpy as np
from scipy.optimize import linprog

from twin.errors import InputError

STEPS = 20


def roundness(points: np.ndarray) -> tuple[float, np.ndarray]:
    """Minimum-zone roundness (MZCI, ISO 12181-1).

    Args:
        points: (point, 2) [m].

    Returns:
        Radial width of the narrowest ring between two concentric circles [m], and their centre (2,) [m].

    Raises:
        InputError: fewer than four points.
    """
    _demand(points, 4)
    centre = points.mean(axis=0)
    size = float(np.linalg.norm(points - centre, axis=1).mean())
    for _ in range(STEPS):
        offset = points - centre
        distance = np.linalg.norm(offset, axis=1)
        # |distance - direction . step - radius| <= half
        columns = np.column_stack([offset / distance[:, None], np.ones(len(points))])
        step, _ = _chebyshev(columns, (distance - size) / size)
        centre = centre + step[:2] * size
        if np.linalg.norm(step[:2]) < 1e-12:
            break
    distance = np.linalg.norm(points - centre, axis=1)
    return float(np.ptp(distance)), centre


def cylindricity(points: np.ndarray) -> tuple[float, np.ndarray]:
    """Minimum-zone cylindricity (ISO 12180-1) about an axis that is nearly the third axis.

    Args:
        points: (point, 3) [m], the third along the nominal axis.

    Returns:
        Radial distance of the two coaxial cylinders that hold all points [m]; their axis (4,): where it crosses
        w = 0 [m], and its slopes.

    Raises:
        InputError: fewer than six points.
    """
    _demand(points, 6)
    size = float(np.linalg.norm(points[:, :2] - points[:, :2].mean(axis=0), axis=1).mean())
    scaled = points / size
    axis = np.r_[scaled[:, :2].mean(axis=0), 0.0, 0.0]
    for _ in range(STEPS):
        distance, slope = _distance_to_axis(scaled, axis)
        step, _ = _chebyshev(np.column_stack([-slope, np.ones(len(points))]), distance - 1.0)
        axis = axis + step[:4]
        if np.linalg.norm(step[:4]) < 1e-12:
            break
    return float(np.ptp(_distance_to_axis(scaled, axis)[0])) * size, axis * [size, size, 1.0, 1.0]


def _distance_to_axis(points: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances (point,) and their derivatives by the axis (point, 4)."""
    direction = np.array([axis[2], axis[3], 1.0])
    direction /= np.linalg.norm(direction)
    offset = points - [axis[0], axis[1], 0.0]
    across = offset - np.outer(offset @ direction, direction)
    distance = np.linalg.norm(across, axis=1)
    outward = across[:, :2] / distance[:, None]
    return distance, np.column_stack([-outward, -outward * (offset @ direction)[:, None] * direction[2]])


def flatness(points: np.ndarray) -> tuple[float, np.ndarray]:
    """Minimum-zone flatness (ISO 12781-1) of a face that is not far from level.

    Args:
        points: (point, 3) [m], the third along the nominal normal.

    Returns:
        Distance of the two closest parallel planes that hold all points [m], and their unit normal (3,).

    Raises:
        InputError: fewer than four points.
    """
    _demand(points, 4)
    centred = points - points.mean(axis=0)
    normal = np.array([0.0, 0.0, 1.0])
    for _ in range(STEPS):
        u = np.cross([0.0, 1.0, 0.0], normal)
        axes = np.stack([u / np.linalg.norm(u), np.cross(normal, u / np.linalg.norm(u)), normal])
        local = centred @ axes.T
        extent, scale = np.abs(local[:, :2]).max(), max(float(np.ptp(local[:, 2])), 1e-15)
        columns = np.column_stack([local[:, :2] / extent, np.ones(len(points))])
        slope, _ = _chebyshev(columns, local[:, 2] / scale)
        tilt = slope[:2] * scale / extent
        normal = np.array([-tilt[0], -tilt[1], 1.0]) @ axes
        normal /= np.linalg.norm(normal)
        if np.linalg.norm(tilt) < 1e-12:
            break
    return float(np.ptp(centred @ normal)), normal


def _chebyshev(columns: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients that make the largest ``|right - columns @ coefficients|`` smallest, and that largest value."""
    n_points, n = columns.shape
    one = np.ones((n_points, 1))
    found = linprog(
        np.r_[np.zeros(n), 1.0],
        A_ub=np.block([[columns, -one], [-columns, -one]]),
        b_ub=np.r_[right, -right],
        bounds=[(None, None)] * n + [(0, None)],
        method="highs",
    )
    return found.x[:n], float(found.x[n])


def _demand(points: np.ndarray, least: int) -> None:
    if len(points) < least:
        raise InputError(f"{len(points)} points have no minimum zone", remedy=f"take at least {least}")
