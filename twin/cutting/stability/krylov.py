"""Eigenvalues of small real Hessenberg matrices, and the residual of the largest: what Arnoldi's method needs."""

import numpy as np

from twin.cutting.stability.kernel import kernel

MOST_SWEEPS = 60  # per eigenvalue


@kernel
def hessenberg_eigenvalues(h: np.ndarray, n: int, real: np.ndarray, imag: np.ndarray) -> bool:
    """Eigenvalues of the leading n rows of upper Hessenberg ``h``, which is overwritten.

    Francis' implicit double-shift QR with deflation (Golub and Van Loan, *Matrix Computations*, 7.5).

    Returns:
        False if the iteration did not converge.
    """
    eps = 2.3e-16
    top = n - 1
    sweeps = 0
    scale = 0.0
    for i in range(n):
        for j in range(max(i - 1, 0), n):
            scale += abs(h[i, j])
    while top >= 0:
        low = top
        while low > 0:
            near = abs(h[low - 1, low - 1]) + abs(h[low, low])
            if near == 0.0:
                near = scale
            if abs(h[low, low - 1]) <= eps * near:
                h[low, low - 1] = 0.0
                break
            low -= 1
        if low == top:
            real[top], imag[top] = h[top, top], 0.0
            top -= 1
            sweeps = 0
            continue
        a, b, c, d = h[top - 1, top - 1], h[top - 1, top], h[top, top - 1], h[top, top]
        half_trace, determinant = 0.5 * (a + d), a * d - b * c
        if low == top - 1:
            half_gap = 0.5 * (a - d)
            square = half_gap * half_gap + b * c
            if square >= 0.0:
                root = np.sqrt(square)
                first = half_trace + (root if half_trace >= 0.0 else -root)
                second = determinant / first if first != 0.0 else half_trace - root
                real[top - 1], real[top], imag[top - 1], imag[top] = first, second, 0.0, 0.0
            else:
                root = np.sqrt(-square)
                real[top - 1], real[top], imag[top - 1], imag[top] = half_trace, half_trace, root, -root
            top -= 2
            sweeps = 0
            continue
        sweeps += 1
        if sweeps > MOST_SWEEPS:
            return False
        trace = 2.0 * half_trace
        if sweeps % 10 == 0:  # an exceptional shift breaks cycles
            size = abs(h[top, top - 1]) + abs(h[top - 1, top - 2])
            trace, determinant = 1.5 * size, size * size
        x = h[low, low] * (h[low, low] - trace) + h[low, low + 1] * h[low + 1, low] + determinant
        y = h[low + 1, low] * (h[low, low] + h[low + 1, low + 1] - trace)
        z = h[low + 1, low] * h[low + 2, low + 1]
        for k in range(low, top):
            last = k == top - 1
            size = abs(x) + abs(y) + (0.0 if last else abs(z))
            if size != 0.0:
                x, y, z = x / size, y / size, 0.0 if last else z / size
                norm = np.sqrt(x * x + y * y + z * z)
                if x < 0.0:
                    norm = -norm
                p, q, r = (x + norm) / norm, y / norm, z / norm  # reflector I - (1, q/p, r/p) (p, q, r)^T
                u, w = y / (x + norm), z / (x + norm)
                for j in range(max(k - 1, low), top + 1):
                    part = p * h[k, j] + q * h[k + 1, j] + (0.0 if last else r * h[k + 2, j])
                    h[k, j] -= part
                    h[k + 1, j] -= part * u
                    if not last:
                        h[k + 2, j] -= part * w
                for i in range(low, min(top, k + 3) + 1):
                    part = p * h[i, k] + q * h[i, k + 1] + (0.0 if last else r * h[i, k + 2])
                    h[i, k] -= part
                    h[i, k + 1] -= part * u
                    if not last:
                        h[i, k + 2] -= part * w
            x = h[k + 1, k]
            if k < top - 1:
                y = h[k + 2, k]
                z = h[k + 3, k] if k < top - 2 else 0.0
    return True


@kernel
def residual_weight(h: np.ndarray, n: int, value: complex) -> float:
    """Last component of the unit eigenvector of the leading n rows of Hessenberg ``h`` to ``value``.

    Times the next subdiagonal element it is the residual of the Ritz pair. One step of inverse iteration.
    """
    size = 0.0
    for i in range(n):
        for j in range(max(i - 1, 0), n):
            size = max(size, abs(h[i, j]))
    a = np.empty((n, n), np.complex128)
    vector = np.ones(n, np.complex128)
    for i in range(n):
        for j in range(n):
            a[i, j] = h[i, j] if j >= i - 1 else 0.0
        a[i, i] -= value * (1 + 1e-14) + 1e-300
    for k in range(n - 1):
        if abs(a[k + 1, k]) > abs(a[k, k]):
            for j in range(k, n):
                a[k, j], a[k + 1, j] = a[k + 1, j], a[k, j]
            vector[k], vector[k + 1] = vector[k + 1], vector[k]
        if a[k, k] == 0:
            a[k, k] = 1e-16 * size
        factor = a[k + 1, k] / a[k, k]
        for j in range(k + 1, n):
            a[k + 1, j] -= factor * a[k, j]
        vector[k + 1] -= factor * vector[k]
    if a[n - 1, n - 1] == 0:
        a[n - 1, n - 1] = 1e-16 * size
    norm = 0.0
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            vector[i] -= a[i, j] * vector[j]
        vector[i] /= a[i, i]
        norm += abs(vector[i]) ** 2
    return abs(vector[n - 1]) / np.sqrt(norm)
