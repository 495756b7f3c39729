"""The drawing laid over the part: which turn about Z and shift bring the features of a report onto declared ones."""

from itertools import combinations

import numpy as np

NEAR = 0.3e-3  # [m] a feature is the declared one within this in place ...
ALIKE = 0.3e-3  # ... and in diameter
FEWEST = 3  # features that must meet


def register(
    place: np.ndarray, diameter: np.ndarray, declared: np.ndarray, declared_diameter: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Turn and shift in the plane that bring most features onto declared ones of their diameter.

    Every pair of features is laid on every pair of declared ones of the same diameters and the same distance; the
    motion that makes most meet is refined by least squares on all that meet.

    Args:
        place: (feature, 2) [m] in the frame of the report.
        diameter: (feature,) [m].
        declared: (declared, 2) [m] in the part frame.
        declared_diameter: (declared,) [m].

    Returns:
        Turn (2, 2) and shift (2,) [m], part = turn @ report + shift; None where fewer than three features meet.
    """
    best: tuple[int, np.ndarray, np.ndarray] = (0, np.eye(2), np.zeros(2))
    for i, j in combinations(range(len(place)), 2):
        between = place[j] - place[i]
        length = np.linalg.norm(between)
        if length < 10 * NEAR:
            continue
        for a in np.flatnonzero(np.abs(declared_diameter - diameter[i]) < ALIKE):
            for b in np.flatnonzero(np.abs(declared_diameter - diameter[j]) < ALIKE):
                across = declared[b] - declared[a]
                if abs(np.linalg.norm(across) - length) > NEAR:
                    continue
                turn = _turn(between, across)
                shift = declared[a] - turn @ place[i]
                n = int((_matches(place @ turn.T + shift, diameter, declared, declared_diameter) >= 0).sum())
                if n > best[0]:
                    best = (n, turn, shift)
        if best[0] >= max(FEWEST, 0.6 * len(place)):
            break  # no other motion can make as many meet but by chance
    n, turn, shift = best
    if n < FEWEST:
        return None
    match = matches(place, diameter, declared, declared_diameter, turn, shift)
    met = match >= 0
    here, there = place[met], declared[match[met]]
    u, _, vt = np.linalg.svd((here - here.mean(axis=0)).T @ (there - there.mean(axis=0)))
    turn = vt.T @ np.diag([1.0, np.linalg.det(vt.T @ u.T)]) @ u.T
    return turn, there.mean(axis=0) - turn @ here.mean(axis=0)


def matches(
    place: np.ndarray,
    diameter: np.ndarray,
    declared: np.ndarray,
    declared_diameter: np.ndarray,
    turn: np.ndarray,
    shift: np.ndarray,
) -> np.ndarray:
    """Which declared feature each one is, -1 none: (feature,) int; arguments as of :func:`register`."""
    return _matches(place @ turn.T + shift, diameter, declared, declared_diameter)


def _matches(
    place: np.ndarray, diameter: np.ndarray, declared: np.ndarray, declared_diameter: np.ndarray
) -> np.ndarray:
    distance = np.linalg.norm(place[:, None, :] - declared[None, :, :], axis=2)
    distance[np.abs(diameter[:, None] - declared_diameter[None, :]) > ALIKE] = np.inf
    nearest = np.argmin(distance, axis=1)
    return np.where(distance[np.arange(len(place)), nearest] < NEAR, nearest, -1)


def _turn(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    angle = np.arctan2(there[1], there[0]) - np.arctan2(here[1], here[0])
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
