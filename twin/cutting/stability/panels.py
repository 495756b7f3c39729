"""The period of the cut, divided where teeth enter and leave and into panels short against the vibration."""

from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss

from twin.cutting.stability.kernel import kernel

SMALL = 1e-12  # [rad] shorter pieces of a turn are none


@cache
def gauss_rule(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What collocation at ``n`` Gauss points of a panel of unit length needs.

    Returns:
        node: (n,) of the panel, 0..1.
        barycentric: (n,) weights of the Lagrange polynomials.
        lag: (n + 1, n) quadrature point ``k`` before end ``a``: the nodes, and 1 as the last end.
        weight: (n + 1, n, n) of quadrature point k times Lagrange polynomial b there, for the integral up to end a.
    """
    x, w = leggauss(n)
    node, w = (x + 1) / 2, w / 2
    gap = node[:, None] - node[None]
    np.fill_diagonal(gap, 1)
    barycentric = 1 / np.prod(gap, axis=1)
    ends = np.append(node, 1.0)
    point = ends[:, None] * node[None]  # (end, k)
    lagrange = np.prod(
        np.where(np.eye(n, dtype=bool)[None, None], 1.0, point[..., None, None] - node[None, None, None]), axis=-1
    )
    weight = ends[:, None, None] * w[None, :, None] * lagrange * barycentric
    return node, barycentric, ends[:, None] - point, np.ascontiguousarray(weight)


@kernel
def divide(position: np.ndarray, delay: np.ndarray, width: float, period: float, longest: float) -> tuple:
    """Panels of one period of rotation, from the entry of tooth 0.

    Args:
        position: (tooth,) [rad] by which each tooth trails tooth 0.
        delay: (tooth,) [rad] from the tooth before.
        width: [rad] from entry to exit.
        period: [rad] of rotation after which the cut repeats.
        longest: [rad] of a panel.

    Returns:
        start: (panel,) [rad]; length: (panel,) [rad]; shape: (panel,) number of its length among the different ones;
        tooth: (panel, tooth) those that cut, -1 beyond the last.
    """
    n_teeth = len(position)
    several = period > delay[0] * (1 + 1e-9)
    breaks = [0.0, period]
    for j in range(n_teeth):
        for edge in (position[j], position[j] + width):
            breaks.append(edge % period)
            if several:  # the kinks of the motion come back one tooth later
                for i in range(n_teeth):
                    breaks.append((edge + delay[i]) % period)
    points = np.array(breaks)
    for i in range(1, len(points)):  # a library's sort takes longer to compile than these few are worth
        value, k = points[i], i
        while k > 0 and points[k - 1] > value:
            points[k] = points[k - 1]
            k -= 1
        points[k] = value
    start, length = [0.0 for _ in range(0)], [0.0 for _ in range(0)]  # empty lists of a type that numba sees
    shape, teeth = [0 for _ in range(0)], [0 for _ in range(0)]
    tooth = np.empty(n_teeth, np.int64)
    n_shapes = 0
    for i in range(len(points) - 1):
        low, high = points[i], points[i + 1]
        if high - low < SMALL:
            continue
        n_cutting = 0
        for j in range(n_teeth):
            if (0.5 * (low + high) - position[j]) % (2 * np.pi) < width:
                tooth[n_cutting] = j
                n_cutting += 1
        pieces = 1 if n_cutting == 0 else int(np.ceil((high - low) / longest - 1e-9))
        for k in range(pieces):
            start.append(low + (high - low) * k / pieces)
            length.append((high - low) / pieces)
            shape.append(n_shapes)
            for j in range(n_teeth):
                teeth.append(tooth[j] if j < n_cutting else -1)
        n_shapes += 1
    return np.array(start), np.array(length), np.array(shape), np.array(teeth).reshape(len(start), n_teeth)


@kernel
def delayed(
    start: np.ndarray, length: np.ndarray, tooth: np.ndarray, delay: np.ndarray, period: float, rule: tuple
) -> tuple:
    """Where each node of each panel finds the displacement of one tooth before (several delays).

    Returns:
        panel: (panel, slot, node) that holds it; before: the same shape, whether in the period before;
        weight: (panel, slot, node, node) of that panel's nodes.
    """
    node, barycentric = rule[0], rule[1]
    n, (n_panels, n_slots) = len(node), tooth.shape
    panel = np.zeros((n_panels, n_slots, n), np.int64)
    before = np.zeros((n_panels, n_slots, n), np.bool_)
    weight = np.zeros((n_panels, n_slots, n, n))
    for p in range(n_panels):
        for s in range(n_slots):
            if tooth[p, s] < 0:
                break
            for a in range(n):
                at = start[p] + node[a] * length[p] - delay[tooth[p, s]]
                before[p, s, a] = at < 0
                if at < 0:
                    at += period
                q = min(np.searchsorted(start, at, side="right") - 1, n_panels - 1)
                panel[p, s, a] = q
                x = (at - start[q]) / length[q]
                total, hit = 0.0, -1
                for b in range(n):
                    if abs(x - node[b]) < 1e-13:
                        hit = b
                        break
                    weight[p, s, a, b] = barycentric[b] / (x - node[b])
                    total += weight[p, s, a, b]
                for b in range(n):
                    weight[p, s, a, b] = (1.0 if b == hit else 0.0) if hit >= 0 else weight[p, s, a, b] / total
    return panel, before, weight
