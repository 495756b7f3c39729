"""Cholesky factors on a grid: known modes of the Laplacian, SciPy's own solution, matrices that it refuses."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from twin.thermal.finite_volume.cholesky import GridCholesky


def laplacian(*n):
    """7-point Laplacian of a box of points, zero around it, and the points."""
    matrix = sparse.csr_array((1, 1))
    for size in n:
        line = sparse.diags_array([2.0, -1.0, -1.0], offsets=[0, 1, -1], shape=(size, size))
        matrix = sparse.kron(matrix, sparse.eye_array(size)) + sparse.kron(sparse.eye_array(matrix.shape[0]), line)
    return sparse.csr_array(matrix), np.array(list(product(*map(range, n))))


def test_modes_of_the_laplacian():
    """A sin(pi k x / (n + 1)) = 4 sin^2(pi k / (2 (n + 1))) of itself, summed over the axes."""
    n, wave = (17, 12, 9), np.array([[1, 1, 1], [3, 2, 5], [16, 1, 9]])
    matrix, place = laplacian(*n)
    angle = np.pi * wave / (np.array(n) + 1)
    modes = np.prod(np.sin((place[:, None] + 1) * angle), axis=2)
    rate = np.sum(4 * np.sin(angle / 2) ** 2, axis=1)
    np.testing.assert_allclose(GridCholesky(matrix, place).solve(rate * modes), modes, atol=1e-12)


def test_hollow_box_of_three_unknowns_a_point_as_scipy_solves_it():
    draw = np.random.default_rng(0)
    place = np.array([p for p in product(range(11), range(9), range(8)) if min(*p, 10 - p[0], 8 - p[1], 7 - p[2]) < 2])
    far = abs(place[:, None] - place).max(axis=2)
    first, second = np.nonzero(far <= 1)
    block = draw.normal(size=(len(first), 3, 3))
    rows = (3 * first[:, None, None] + np.arange(3)[:, None] + np.zeros(3, int)).ravel()
    columns = (3 * second[:, None, None] + np.arange(3) + np.zeros((3, 1), int)).ravel()
    half = sparse.csr_array(sparse.coo_array((block.ravel(), (rows, columns)), (3 * len(place),) * 2))
    matrix = half + half.T
    matrix = sparse.csr_array(matrix + sparse.diags_array(1.0 + abs(matrix).sum(axis=1)))
    right = draw.normal(size=(3 * len(place), 2))
    some = draw.permutation(3 * len(place))[5:]  # in no order, some points short of an unknown
    found = GridCholesky(matrix[some][:, some], np.repeat(place, 3, axis=0)[some]).solve(right[some])
    np.testing.assert_allclose(found, spsolve(sparse.csc_array(matrix[some][:, some]), right[some]), atol=1e-12)


def test_matrix_that_is_not_positive_definite():
    matrix, place = laplacian(10, 8, 7)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        GridCholesky(matrix - 0.5 * sparse.eye_array(len(place)), place)


def test_unknowns_coupled_across_the_grid():
    matrix, place = laplacian(30, 5, 5)
    n, draw = len(place), np.random.default_rng(1)
    one, other = draw.choice(n, (2, 40), replace=False)
    tie = sparse.csr_array(sparse.coo_array((np.full(40, 0.5), (one, other)), (n, n)))
    tied = sparse.csr_array(matrix + sparse.diags_array((tie + tie.T).sum(axis=1)) - tie - tie.T)
    right = draw.normal(size=(n, 3))
    np.testing.assert_allclose(
        GridCholesky(tied, place).solve(right), spsolve(sparse.csc_array(tied), right), rtol=1e-10
    )
