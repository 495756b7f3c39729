"""Floquet multipliers by first-order semi-discretisation, matrix-free: the kernel.

A tooth period is cut into k equal intervals; on each the directional factor is its exact mean and the displacement one
period before is a straight line between its ends (Insperger and Stepan, *Semi-Discretization for Time-Delay Systems*,
2011, order one). The monodromy matrix is not multiplied out: Arnoldi's method applies the recursion over the intervals.
The error falls with 1 / k^2; two resolutions are extrapolated after Richardson. It shares neither the discretisation
nor the recursion with the collocation, which it checks.
"""

import numpy as np

from twin.cutting.stability.arnoldi import MOST, begin, extend
from twin.cutting.stability.directional import add_integral
from twin.cutting.stability.kernel import kernel, over_cuts

TERMS = 60  # of the exponential series, at most


@kernel
def _transition(a: np.ndarray, b: np.ndarray, dt: float, pass_on: np.ndarray, old: np.ndarray, new: np.ndarray) -> None:
    """Of z' = a z + b w with w straight from w0 to w1: z(dt) = pass_on z(0) + old w0 + new w1. Series in a dt."""
    n, d = b.shape
    term, following = np.eye(n), np.empty((n, n))  # (a dt)^j / j!
    constant, ramp = np.zeros((n, n)), np.zeros((n, n))
    pass_on[:] = 0.0
    for j in range(TERMS):
        pass_on += term
        constant += term * (dt / (j + 1))
        ramp += term * (dt / ((j + 1) * (j + 2)))
        size = 0.0
        for r in range(n):
            for c in range(n):
                total = 0.0
                for i in range(n):
                    total += a[r, i] * term[i, c]
                following[r, c] = total * dt / (j + 1)
                size = max(size, abs(following[r, c]))
        term[:] = following
        if size < 1e-17:
            break
    for r in range(n):
        for c in range(d):
            first, second = 0.0, 0.0
            for i in range(n):
                first += (constant[r, i] - ramp[r, i]) * b[i, c]
                second += ramp[r, i] * b[i, c]
            old[r, c], new[r, c] = first, second


@kernel
def _apply(steps: tuple, output: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """y: state one tooth period after x; the state is modal, then the displacements of the last k instants."""
    pass_on, old, new = steps
    k, n, d = old.shape
    z, following, before, after = x[:n].copy(), np.empty(n), np.empty(d), np.empty(d)
    before[:] = x[n : n + d]
    for i in range(k):
        at = n + i * d
        for e in range(d):
            here = 0.0
            for r in range(n):
                here += output[e, r] * z[r]
            y[at + e] = here
            # the instant after the last of the old period is the first of this one
            after[e] = x[at + d + e] if i < k - 1 else y[n + e]
        for r in range(n):
            total = 0.0
            for c in range(n):
                total += pass_on[i, r, c] * z[c]
            for e in range(d):
                total += old[i, r, e] * before[e] + new[i, r, e] * after[e]
            following[r] = total
        z[:] = following
        before[:] = after
    y[:n] = z


@kernel
def _one_cut(
    speed: float,
    entry: float,
    width: float,
    depths: np.ndarray,
    n_teeth: int,
    modes: tuple,
    matrices: tuple,
    k: int,
    tolerance: float,
    seed: np.ndarray,
    value: np.ndarray,
    residual: np.ndarray,
) -> None:
    """Multipliers at one speed and window, for several depths."""
    omega, damping, stiffness, direction = modes
    m, d = direction.shape
    n, turn = 2 * m, 2 * np.pi / n_teeth / k
    dt = turn / speed
    cut, viscous = np.zeros((k, d, d)), np.zeros((k, d, d))
    for i in range(k):
        for j in range(n_teeth):
            low = i * turn + j * 2 * np.pi / n_teeth
            high = min(low + turn, width)
            if high > low:
                add_integral(matrices[0], entry + low, entry + high, cut[i])
                add_integral(matrices[1], entry + low, entry + high, viscous[i])
    cut /= turn
    viscous /= turn
    output = np.zeros((d, n))
    for i in range(m):
        output[:, 2 * i] = direction[i]
    a, b = np.empty((n, n)), np.empty((n, d))
    pass_on, old, new = np.empty((k, n, n)), np.empty((k, n, d)), np.empty((k, n, d))
    dimension = n + k * d
    most = min(dimension, MOST)
    basis, h = np.empty((most + 1, dimension)), np.empty((most + 1, most))
    for c in range(len(depths)):
        for i in range(k):
            a[:], b[:] = 0.0, 0.0
            for r in range(m):
                push = depths[c] * omega[r] / stiffness[r]
                a[2 * r, 2 * r + 1], a[2 * r + 1, 2 * r] = omega[r], -omega[r]
                a[2 * r + 1, 2 * r + 1] = -2 * damping[r] * omega[r]
                for e in range(d):
                    for f in range(d):
                        b[2 * r + 1, f] += push * direction[r, e] * cut[i, e, f]
                        for q in range(m):
                            a[2 * r + 1, 2 * q] -= push * direction[r, e] * cut[i, e, f] * direction[q, f]
                            damper = push * direction[r, e] * viscous[i, e, f] * direction[q, f]
                            a[2 * r + 1, 2 * q + 1] -= damper * omega[q]
            _transition(a, b, dt, pass_on[i], old[i], new[i])
        begin(basis, h, seed)
        for step in range(most):
            _apply((pass_on, old, new), output, basis[step], basis[step + 1])
            done, value[c], residual[c] = extend(basis, h, step, tolerance)
            if done:
                break


@kernel
def _cuts(
    rows: np.ndarray,
    speed: np.ndarray,
    entry: np.ndarray,
    width: np.ndarray,
    depth: np.ndarray,
    first: np.ndarray,
    n_teeth: int,
    modes: tuple,
    matrices: tuple,
    k: int,
    tolerance: float,
    seed: np.ndarray,
    value: np.ndarray,
    residual: np.ndarray,
) -> None:
    """The cuts of ``rows``; arguments as of :func:`semi_discretisation_multipliers`."""
    for i in rows:
        points = slice(first[i], first[i + 1])
        scaled = (matrices[0], matrices[1] / speed[i])
        _one_cut(
            speed[i],
            entry[i],
            width[i],
            depth[points],
            n_teeth,
            modes,
            scaled,
            k,
            tolerance,
            seed,
            value[points],
            residual[points],
        )


def semi_discretisation_multipliers(
    speed: np.ndarray,
    entry: np.ndarray,
    width: np.ndarray,
    depth: np.ndarray,
    first: np.ndarray,
    n_teeth: int,
    modes: tuple,
    matrices: tuple,
    k: int,
    tolerance: float,
    seed: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Largest multiplier and residual (point,); arguments as of ``collocation_multipliers``, ``k`` intervals."""
    return over_cuts(
        _cuts, len(speed), len(depth), speed, entry, width, depth, first, n_teeth, modes, matrices, k, tolerance, seed
    )
