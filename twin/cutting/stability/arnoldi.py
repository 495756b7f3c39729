"""Largest eigenvalue of an operator that is only ever applied: Arnoldi's method, one vector at a time.

The caller applies the operator to ``basis[k]``, writes the image to ``basis[k + 1]`` and calls :func:`extend` until it
is done: a compiled function cannot take another one as an argument and be kept on disk.
"""

import numpy as np

from twin.cutting.stability.kernel import kernel
from twin.cutting.stability.krylov import hessenberg_eigenvalues, residual_weight

FIRST_LOOK, GROWTH, MOST = 12, 1.4, 120  # Krylov vectors: at the first look at the eigenvalues, from look to look


@kernel
def begin(basis: np.ndarray, h: np.ndarray, seed: np.ndarray) -> None:
    """Clear ``h`` (most, most - 1) and set the first vector of ``basis`` (most, dimension) to ``seed``, made unit."""
    h[:] = 0.0
    dimension = basis.shape[1]
    scale = 1.0 / _norm(seed[:dimension])
    for i in range(dimension):
        basis[0, i] = seed[i] * scale


@kernel
def extend(basis: np.ndarray, h: np.ndarray, k: int, tolerance: float) -> tuple[bool, complex, float]:
    """Take the image of vector ``k`` into the space; look at the eigenvalues now and then.

    Args:
        basis: (most + 1, dimension) orthonormal up to row k; row k + 1 is the image, orthonormal afterwards.
        h: (most + 1, most) projection of the operator.
        tolerance: residual, relative to the eigenvalue, at which the space has grown enough.

    Returns:
        whether it has; the eigenvalue of largest modulus (imaginary part at least 0); the residual of its Ritz pair.
    """
    image, dimension, most = basis[k + 1], basis.shape[1], h.shape[1]
    before = _norm(image)
    for _ in range(2):  # once is not enough: the basis would lose its right angles
        for j in range(k + 1):
            part = 0.0
            for i in range(dimension):
                part += basis[j, i] * image[i]
            h[j, k] += part
            for i in range(dimension):
                image[i] -= part * basis[j, i]
    after = _norm(image)
    ended = after <= 1e-14 * before or k + 1 == dimension
    if not ended:
        h[k + 1, k] = after
        for i in range(dimension):
            image[i] /= after
    if not (ended or k + 1 == most or _is_look(k + 1)):
        return False, 0j, np.inf
    n = k + 1
    real, imag = np.empty(n), np.empty(n)
    if not hessenberg_eigenvalues(h[:n, :n].copy(), n, real, imag):
        return k + 1 == most, 0j, np.inf
    best = 0
    for i in range(n):
        if np.hypot(real[i], imag[i]) > np.hypot(real[best], imag[best]):
            best = i
    value = complex(real[best], abs(imag[best]))
    residual = 0.0 if ended else after * residual_weight(h, n, value)
    return ended or k + 1 == most or residual <= tolerance * abs(value), value, residual


@kernel
def _is_look(n: int) -> bool:
    look = FIRST_LOOK
    while look < n:
        look = int(look * GROWTH) + 1
    return look == n


@kernel
def _norm(vector: np.ndarray) -> float:
    total = 0.0
    for i in range(vector.shape[0]):
        total += vector[i] * vector[i]
    return np.sqrt(total)
