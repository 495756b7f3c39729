"""Floquet multipliers by spectral collocation: the kernel.

The modes vibrate freely but for the cutting force F = -b H (u - u_before) - b E du/dt in the d <= 3 directions along
which modes move. On a panel F is the polynomial through its values at the Gauss points, and the response to it is
Duhamel's integral, exact in the modes however fast they are: unknown are n d forces, not n d displacements and
velocities a mode. Panels end exactly where teeth enter and leave. One turn of the recursion over the panels applies
the monodromy operator; it is never formed. Its state: modal displacements and scaled velocities at the entry of
tooth 0, then the displacement at the nodes of the panels in which teeth cut.
"""

import numpy as np

from twin.cutting.stability.arnoldi import MOST, begin, extend
from twin.cutting.stability.directional import add_factor
from twin.cutting.stability.kernel import kernel, over_cuts
from twin.cutting.stability.panels import delayed, divide


@kernel
def _responses(
    omega: np.ndarray,
    damping: np.ndarray,
    stiffness: np.ndarray,
    direction: np.ndarray,
    duration: float,
    rule: tuple,
    free: np.ndarray,
    forced: np.ndarray,
    passed: np.ndarray,
    end: np.ndarray,
) -> None:
    """Free and forced response on a panel of ``duration`` [s], added to arrays of zeros.

    Args:
        free: (2, nd, 2m) displacement, then velocity, at the nodes for a unit state at the start.
        forced: (2, nd, nd) the same for unit forces at the nodes.
        passed: (m, 2, 2) state at the end for a state at the start.
        end: (2m, nd) the same for unit forces.
    """
    node, lag, weight = rule[0], rule[2], rule[3]
    n, (m, d) = len(node), direction.shape
    push, rush = np.empty(n), np.empty(n)
    for i in range(m):
        w, z = omega[i], damping[i]
        root = np.sqrt(1 - z * z)
        for a in range(n + 1):
            t = w * duration * (node[a] if a < n else 1.0)
            fade, c, s = np.exp(-z * t), np.cos(root * t), np.sin(root * t) / root
            motion = ((fade * (c + z * s), fade * s), (-fade * s, fade * (c - z * s)))
            for k in range(2):
                for j in range(2):
                    if a == n:
                        passed[i, k, j] = motion[k][j]
                    else:
                        for e in range(d):
                            free[k, a * d + e, 2 * i + j] = direction[i, e] * motion[k][j] * (w if k else 1.0)
            push[:], rush[:] = 0.0, 0.0
            for k in range(n):
                t = w * duration * lag[a, k]
                fade, c, s = np.exp(-z * t), np.cos(root * t), np.sin(root * t) / root
                to_place, to_speed = fade * s, fade * (c - z * s)
                for b in range(n):
                    push[b] += weight[a, k, b] * to_place
                    rush[b] += weight[a, k, b] * to_speed
            scale = w * duration / stiffness[i]
            for b in range(n):
                for f in range(d):
                    if a == n:
                        end[2 * i, b * d + f] = scale * push[b] * direction[i, f]
                        end[2 * i + 1, b * d + f] = scale * rush[b] * direction[i, f]
                    else:
                        for e in range(d):
                            both = scale * direction[i, e] * direction[i, f]
                            forced[0, a * d + e, b * d + f] += both * push[b]
                            forced[1, a * d + e, b * d + f] += both * w * rush[b]


@kernel
def invert(a: np.ndarray, inverse: np.ndarray) -> None:
    """Gauss-Jordan elimination with row pivots; ``a`` is overwritten."""
    n = a.shape[0]
    inverse[:] = 0.0
    for i in range(n):
        inverse[i, i] = 1.0
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        if pivot != k:
            for j in range(n):
                a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
                inverse[k, j], inverse[pivot, j] = inverse[pivot, j], inverse[k, j]
        scale = 1.0 / a[k, k]
        for j in range(n):
            a[k, j] *= scale
            inverse[k, j] *= scale
        for i in range(n):
            factor = a[i, k]
            if i != k and factor != 0.0:
                for j in range(k, n):
                    a[i, j] -= factor * a[k, j]
                for j in range(n):
                    inverse[i, j] -= factor * inverse[k, j]


@kernel
def _apply(operator: tuple, x: np.ndarray, y: np.ndarray) -> None:
    """y: state one period after x."""
    depth, damped, shape, store, source, factor, solve, free, forced, passed, end, z, u, force, push = operator
    panel, before, weight = source
    several = weight.shape[0] > 0
    n_state, nd = free.shape[3], free.shape[2]
    n_panels, n_slots, n, d = factor.shape[0], factor.shape[1] - 2, factor.shape[2], factor.shape[3]
    for i in range(n_state):  # not z[:] = x[:n_state]: whole arrays assigned take numba seconds to compile
        z[i] = x[i]
    for p in range(n_panels):
        k = shape[p]
        if store[p] >= 0:
            at = n_state + store[p] * nd
            for i in range(nd):
                u[0, i], u[1, i] = 0.0, 0.0
                for j in range(n_state):
                    u[0, i] += free[k, 0, i, j] * z[j]
                    if damped:
                        u[1, i] += free[k, 1, i, j] * z[j]
            for a in range(n):
                for e in range(d):
                    total = 0.0
                    for f in range(d):
                        total -= factor[p, n_slots, a, e, f] * u[0, a * d + f]
                        if damped:
                            total -= factor[p, n_slots + 1, a, e, f] * u[1, a * d + f]
                        if not several:
                            total += factor[p, n_slots, a, e, f] * x[at + a * d + f]
                    push[a * d + e] = depth * total
            if several:
                for s in range(n_slots):
                    for a in range(n):
                        q = n_state + store[panel[p, s, a]] * nd
                        for f in range(d):
                            past = 0.0
                            for b in range(n):
                                past += weight[p, s, a, b] * (x if before[p, s, a] else y)[q + b * d + f]
                            for e in range(d):
                                push[a * d + e] += depth * factor[p, s, a, e, f] * past
            for i in range(nd):
                total = 0.0
                for j in range(nd):
                    total += solve[p, i, j] * push[j]
                force[i] = total
            for i in range(nd):
                total = u[0, i]
                for j in range(nd):
                    total += forced[k, 0, i, j] * force[j]
                y[at + i] = total
        for i in range(n_state // 2):
            place, speed = z[2 * i], z[2 * i + 1]
            for c in range(2):
                total = passed[k, i, c, 0] * place + passed[k, i, c, 1] * speed
                if store[p] >= 0:
                    for j in range(nd):
                        total += end[k, 2 * i + c, j] * force[j]
                z[2 * i + c] = total
    for i in range(n_state):
        y[i] = z[i]


@kernel
def _one_cut(
    speed: float,
    entry: float,
    width: float,
    depths: np.ndarray,
    teeth: tuple,
    modes: tuple,
    matrices: tuple,
    rule: tuple,
    phase: float,
    tolerance: float,
    seed: np.ndarray,
    value: np.ndarray,
    residual: np.ndarray,
) -> None:
    """Multipliers at one speed and window, for several depths."""
    omega, damping, stiffness, direction = modes
    cutting, viscous = matrices
    position, delay, period = teeth
    several = period > delay[0] * (1 + 1e-9)
    node = rule[0]
    n, (m, d) = len(node), direction.shape
    nd = n * d
    longest = phase * speed / omega[0]  # loops instead of a library's functions, which take longer to compile
    for k in range(1, m):
        longest = min(longest, phase * speed / omega[k])
    if several:
        for j in range(len(delay)):
            longest = min(longest, 0.99 * delay[j])
    start, length, shape, tooth = divide(position, delay, width, period, longest)
    n_panels, n_shapes, n_slots = len(start), shape[-1] + 1, tooth.shape[1]
    free, forced = np.zeros((n_shapes, 2, nd, 2 * m)), np.zeros((n_shapes, 2, nd, nd))
    passed, end = np.zeros((n_shapes, m, 2, 2)), np.zeros((n_shapes, 2 * m, nd))
    store = np.full(n_panels, -1)
    factor = np.zeros((n_panels, n_slots + 2, n, d, d))  # a tooth each, all teeth, process damping
    n_cutting = 0
    for p in range(n_panels):
        if p == 0 or shape[p] != shape[p - 1]:
            k = shape[p]
            seconds = length[p] / speed
            _responses(omega, damping, stiffness, direction, seconds, rule, free[k], forced[k], passed[k], end[k])
        if tooth[p, 0] < 0:
            continue
        store[p] = n_cutting
        n_cutting += 1
        for s in range(n_slots):
            if tooth[p, s] < 0:
                break
            for a in range(n):
                turn = start[p] + node[a] * length[p] - position[tooth[p, s]]
                phi = entry + turn % (2 * np.pi)
                add_factor(cutting, phi, factor[p, s, a])
                add_factor(cutting, phi, factor[p, n_slots, a])
                add_factor(viscous, phi, factor[p, n_slots + 1, a])
    source = (np.empty((0, 0, 0), np.int64), np.empty((0, 0, 0), np.bool_), np.empty((0, 0, 0, 0)))
    if several:
        source = delayed(start, length, tooth, delay, period, rule)
    damped = False
    for part in viscous.ravel():
        damped = damped or part != 0.0
    solve = np.zeros((n_panels, nd, nd))
    matrix = np.empty((nd, nd))
    dimension = 2 * m + n_cutting * nd
    most = min(dimension, MOST)
    # zeros: slots without a tooth read them, times nothing, before they are written
    basis, h = np.zeros((most + 1, dimension)), np.zeros((most + 1, most))
    scratch = (np.empty(2 * m), np.empty((2, nd)), np.empty(nd), np.empty(nd))
    for c in range(len(depths)):
        depth = depths[c]
        for p in range(n_panels):
            if store[p] < 0:
                continue
            k = shape[p]
            for a in range(n):
                for e in range(d):
                    for j in range(nd):
                        total = 0.0
                        for f in range(d):
                            total += factor[p, n_slots, a, e, f] * forced[k, 0, a * d + f, j]
                            if damped:
                                total += factor[p, n_slots + 1, a, e, f] * forced[k, 1, a * d + f, j]
                        matrix[a * d + e, j] = depth * total
            for i in range(nd):
                matrix[i, i] += 1.0
            invert(matrix, solve[p])
        operator = (depth, damped, shape, store, source, factor, solve, free, forced, passed, end, *scratch)
        begin(basis, h, seed)
        for step in range(most):
            _apply(operator, basis[step], basis[step + 1])
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
    teeth: tuple,
    modes: tuple,
    matrices: tuple,
    rule: tuple,
    phase: float,
    tolerance: float,
    seed: np.ndarray,
    value: np.ndarray,
    residual: np.ndarray,
) -> None:
    """The cuts of ``rows``; arguments as of :func:`collocation_multipliers`."""
    for i in rows:
        points = slice(first[i], first[i + 1])
        scaled = (matrices[0], matrices[1] / speed[i])
        _one_cut(
            speed[i],
            entry[i],
            width[i],
            depth[points],
            teeth,
            modes,
            scaled,
            rule,
            phase,
            tolerance,
            seed,
            value[points],
            residual[points],
        )


def collocation_multipliers(
    speed: np.ndarray,
    entry: np.ndarray,
    width: np.ndarray,
    depth: np.ndarray,
    first: np.ndarray,
    teeth: tuple,
    modes: tuple,
    matrices: tuple,
    rule: tuple,
    phase: float,
    tolerance: float,
    seed: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Largest multiplier and residual (point,) of cuts that each have points ``first[i]:first[i + 1]``.

    Args:
        speed, entry, width: (cut,) [rad/s], [rad], [rad].
        depth: (point,) [m].
        first: (cut + 1,) rows of ``depth``.
        teeth: (position (tooth,), delay (tooth,), period), all [rad].
        modes: (omega, damping, stiffness (mode,), direction (mode, d)).
        matrices: cutting (5, d, d) [Pa] and process damping (5, d, d) [N s/m2] times speed, by harmonic.
        rule: of :func:`twin.cutting.stability.panels.gauss_rule`.
        phase: [rad] of the fastest mode within a panel.
        tolerance: of Arnoldi's method.
        seed: random start vector, longer than any state.
    """
    return over_cuts(
        _cuts,
        len(speed),
        len(depth),
        speed,
        entry,
        width,
        depth,
        first,
        teeth,
        modes,
        matrices,
        rule,
        phase,
        tolerance,
        seed,
    )
