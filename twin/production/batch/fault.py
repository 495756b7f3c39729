"""When to stop and look: optimal stopping of a process that may have gone wrong, by dynamic programming.

State: the probability that something is wrong. A fault begins with a known probability a part, costs so much a part and
stays until somebody looks; every part gives a normal signal, with another mean where something is wrong.
"""

import numpy as np

from twin.production.batch.belief import outside
from twin.production.batch.settings import Batch

GRID = np.linspace(0.0, 1.0, 201)
N_SIGNALS = 11  # Gauss-Hermite nodes of the signal


def fault_loss(batch: Batch) -> float:
    """What a part costs more while something is wrong [EUR]: it is scrap, and the tool wears faster."""
    size, variance = batch.size, np.array([batch.size.repeatability**2 + batch.size.drift**2])
    none = np.zeros(1)
    wrong = outside(none + batch.fault.shift, variance, size.tolerance) - outside(none, variance, size.tolerance)
    worn = (batch.fault.wear - 1) / batch.tool.n_life
    tool = batch.costs.tool + batch.costs.rate * batch.costs.tool_change
    return float(batch.costs.scrap * wrong[0] + worn * tool)


def stopping(onset: float, loss: float, stop: float, separation: float, n: int) -> np.ndarray:
    """Least probability (k,) at which to stop and look when k = 0 .. ``n`` parts are left; above 1: never.

    Args:
        onset: probability a part that a fault begins.
        loss: of a part made with it [EUR].
        stop: cost of stopping [EUR]; afterwards nothing is wrong.
        separation: of the means of the signal, in its deviations; 0: it says nothing.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(N_SIGNALS)
    weights = weights / weights.sum()
    after = GRID + (1 - GRID) * onset  # the fault is there while the part is made
    value, limits = np.zeros_like(GRID), np.full(n + 1, 2.0)
    for k in range(1, n + 1):
        ahead = np.zeros_like(GRID)
        for wrong, share in ((0.0, 1 - after), (1.0, after)):
            signal = nodes + separation * wrong
            odds = np.exp(separation * signal - separation**2 / 2)  # (node,)
            odds = odds * (after / np.maximum(1 - after, 1e-12))[:, None]
            posterior = np.where(after[:, None] < 1, odds / (1 + odds), 1.0)
            ahead += share * (np.interp(posterior, GRID, value) @ weights)
        go = loss * after + ahead
        halt = stop + go[0]
        value = np.minimum(go, halt)
        worth = np.flatnonzero(halt < go)
        if worth.size:
            limits[k] = GRID[worth[0]]
    return limits
