"""Cholesky factors of a sparse matrix whose unknowns lie on a grid: nested dissection, dense fronts.

A plane of the grid, with what is coupled across it, parts the unknowns in two that have nothing to do with each other,
and so on down to small blocks. Each block, then each plane, is eliminated in a dense matrix of its own unknowns and
those beyond that they touch (A. George, Nested dissection of a regular finite element mesh, 1973; J. W. H. Liu,
The multifrontal method, 1992). Dense kernels make it several times faster than SciPy's SuperLU: bench_cholesky.py.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dpotrf

BLOCK = 300  # unknowns that are not parted further
SMALLEST_SHARE = 0.15  # of the unknowns, on either side of a plane


@dataclass(frozen=True)
class Front:
    """Unknowns eliminated together, in the order of elimination."""

    own: slice
    beyond: np.ndarray  # (later,) int: later unknowns that they touch
    factor: np.ndarray  # (own, own) lower
    across: np.ndarray  # (own, later): the factor's rows of ``beyond``, transposed


class GridCholesky:
    """Factors of a symmetric positive definite matrix.

    Args:
        matrix: (unknown, unknown).
        place: (unknown, 3) int, on the grid.

    Raises:
        LinAlgError: the matrix is not positive definite.
    """

    def __init__(self, matrix: sparse.sparray, place: np.ndarray):
        pieces = _dissected(place, *_far_pairs(matrix, place))
        self._order = np.concatenate([unknowns for unknowns, _ in pieces])
        permuted = sparse.csr_array(matrix)[self._order][:, self._order]
        lower = sparse.csc_array(sparse.tril(permuted))
        self._fronts: list[Front] = []
        updates: dict[int, np.ndarray] = {}  # of fronts whose parent is to come
        row_of = np.empty(len(place), np.int64)
        first = 0
        for unknowns, children in pieces:
            own = slice(first, first + len(unknowns))
            stored = slice(*lower.indptr[[own.start, own.stop]])
            touched = [lower.indices[stored], *(self._fronts[child].beyond for child in children)]
            beyond = np.unique(np.concatenate(touched))
            beyond = beyond[beyond >= own.stop]
            n, size = len(unknowns), len(unknowns) + len(beyond)
            row_of[own], row_of[beyond] = np.arange(n), np.arange(n, size)
            dense = np.zeros((size, size), order="F")  # its lower triangle
            column = np.repeat(np.arange(n), np.diff(lower.indptr[own.start : own.stop + 1]))
            dense[row_of[lower.indices[stored]], column] = lower.data[stored]
            for child in children:
                _add(dense, updates.pop(child), row_of[self._fronts[child].beyond])
            factor, failed = dpotrf(dense[:n, :n], lower=1)
            if failed:
                raise np.linalg.LinAlgError("the matrix is not positive definite")
            across = dtrsm(1.0, factor, dense[n:, :n].T, lower=1)
            updates[len(self._fronts)] = dense[n:, n:] - (across.T @ across).T  # symmetric, and in the order of dense
            self._fronts.append(Front(own, beyond, factor, across))
            first = own.stop

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(unknown,) or (unknown, case) for a right-hand side of that shape."""
        x = right[self._order].reshape(len(right), -1)
        for front in self._fronts:
            x[front.own] = dtrsm(1.0, front.factor, x[front.own], lower=1)
            x[front.beyond] -= front.across.T @ x[front.own]
        for front in reversed(self._fronts):
            rest = x[front.own] - front.across @ x[front.beyond]
            x[front.own] = dtrsm(1.0, front.factor, rest, lower=1, trans_a=1)
        solution = np.empty_like(x)
        solution[self._order] = x
        return solution.reshape(right.shape)


def _far_pairs(matrix: sparse.sparray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of coupled unknowns that are more than one step of the grid apart."""
    first, second = matrix.nonzero()
    far = np.zeros(len(first), bool)
    for along in place.T:
        far |= abs(along[first] - along[second]) > 1
    return first[far], second[far]


def _dissected(place: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[tuple[np.ndarray, list[int]]]:
    """Unknowns and children of every front, children first; ``first`` and ``second`` are coupled from afar."""
    fronts: list[tuple[np.ndarray, list[int]]] = []
    side = np.zeros(len(place), np.int8)

    def part(chosen: np.ndarray) -> list[int]:
        """Number the fronts of ``chosen``; return those that no other of them is parent of."""
        plane = _plane(place[chosen]) if len(chosen) > BLOCK else None
        if plane is None:
            fronts.append((chosen, []))
            return [len(fronts) - 1]
        side[chosen] = np.sign(plane)
        side[first[(side[first] < 0) & (side[second] > 0)]] = 0  # they stay with the plane
        here, side[chosen] = side[chosen], 0
        children = part(chosen[here < 0]) + part(chosen[here > 0])
        if not (here == 0).any():
            return children
        fronts.append((chosen[here == 0], children))
        return [len(fronts) - 1]

    part(np.arange(len(place)))
    return fronts


def _plane(place: np.ndarray) -> np.ndarray | None:
    """(unknown,) steps from the plane that parts them best: few on it, many on either side; None if there is none."""
    best, found = np.inf, None
    for along in (place - place.min(axis=0)).T:
        on = np.bincount(along)
        below = np.cumsum(on) - on
        fewer = np.minimum(below, len(place) - below - on)
        score = np.where(fewer > SMALLEST_SHARE * len(place), on / np.maximum(fewer, 1) ** (2 / 3), np.inf)
        if score.min() < best:
            best, found = score.min(), along - int(np.argmin(score))
    return found


@njit(cache=True, nogil=True)
def _add(dense: np.ndarray, update: np.ndarray, row: np.ndarray) -> None:
    """Add the lower triangle of ``update`` (n, n) to ``dense`` at ascending rows and columns ``row`` (n,)."""
    for j in range(len(row)):
        for i in range(j, len(row)):
            dense[row[i], row[j]] += update[i, j]
