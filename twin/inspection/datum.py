"""Datum systems (ISO 5459 subset): the part is turned and shifted until its datums lie where they should.

A datum is a feature: a plane or the axis of a cylinder, each the least-squares one (ISO 5459 asks for the tangent one
outside the material; the difference is of the size of the datum's form error). The situation of a feature is how far
it lies from its nominal place, ``(off_u, off_v, tilt_u, tilt_v)`` of an axis and ``(height, tilt_u, tilt_v)`` of a
plane, in its own frame. Which motion of the part brings datums A, B, C home is linear in their situations: the
constraints of A first, then those of B on the motions that A leaves free, then C. That is a constant matrix, found
once for nominal datums. Motions that no datum fixes stay as the machining frame has them. Rotations are small: an
error of the order of their square, 1 nm at 0.1 mrad and 100 mm.
"""

from collections.abc import Sequence

import numpy as np

from twin.inspection.features import Circle, Feature, Plane, frame

WEAK = 1e-6  # singular values below this, lever arms scaled to one, are motions that the datum does not fix


def constraints(feature: Feature, origin: np.ndarray, lever: float) -> np.ndarray:
    """Change of a feature's situation by a small motion (turn (3,) * lever, shift (3,)) about ``origin``: (k, 6).

    Rows of tilt are multiplied by ``lever`` [m], so that all are lengths.
    """
    u, v, w = frame(feature)
    arm = np.asarray(feature.centre) - origin

    def moves(along: np.ndarray) -> np.ndarray:  # of the feature's centre along a direction
        return np.concatenate([np.cross(arm, along) / lever, along])

    def turns(about: np.ndarray) -> np.ndarray:
        return np.concatenate([about, np.zeros(3)])

    if isinstance(feature, Plane):  # its height rises with u by tilt_u, with v by tilt_v
        return np.stack([moves(w), turns(np.cross(u, w)), turns(np.cross(v, w))])
    return np.stack([moves(u), moves(v), turns(np.cross(w, u)), turns(np.cross(w, v))])


def alignment(datums: Sequence[Feature], origin: np.ndarray, lever: float) -> tuple[list[np.ndarray], int]:
    """Matrices from situations to the motion that the part has made, and how many of six motions the datums fix.

    Args:
        datums: planes and circles, by precedence.
        origin: (3,) [m] about which the motion turns.
        lever: [m] length over which a turn counts like a shift.

    Returns:
        One matrix (6, k) for each datum; the motion (turn * lever, shift) is the sum of matrix @ situation with
        tilts times ``lever``.
    """
    free = np.eye(6)  # columns: motions that are not fixed yet
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    for datum in datums:
        left = constraints(datum, origin, lever)
        inner = left @ free
        u, s, vt = np.linalg.svd(inner)
        rank = int(np.sum(s > WEAK * max(1.0, s[0]) if len(s) else 0))
        solve = free @ vt[:rank].T @ np.diag(1 / s[:rank]) @ u[:, :rank].T if rank else np.zeros((6, len(left)))
        steps.append((left, solve))
        free = free @ vt[rank:].T
    # motion after all steps: x_k = x_(k-1) + solve_k (situation_k - left_k x_(k-1))
    matrices = [np.zeros((6, left.shape[0])) for left, _ in steps]
    for k, (left, solve) in enumerate(steps):
        matrices[:k] = [m - solve @ left @ m for m in matrices[:k]]
        matrices[k] = solve
    return matrices, 6 - free.shape[1]


def is_datum(feature: Feature) -> bool:
    """Whether a feature can be a datum."""
    return isinstance(feature, (Plane, Circle))
