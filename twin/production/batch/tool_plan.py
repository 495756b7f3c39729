"""How long the tool stays in, and at which feed: expected cost of every plan "so many more parts, then change".

The cost after a change is that of a new tool: by dynamic programming over the parts that are left and, far from the
end of the batch, the least average cost per part of any cycle (renewal-reward) for each.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from twin.production.batch.belief import Belief, outside
from twin.production.batch.settings import Batch

REACH = 2.5  # lives that a plan looks ahead


@dataclass(frozen=True)
class Plans:
    """Of each speed (full, slow), run and number m of parts before the change: leading axes (speed, run, m)."""

    parts: np.ndarray  # (speed, run, m) expected number of parts begun until the change or a failure
    running: np.ndarray  # (speed, run, m) expected cost until then, the change itself left out
    failing: np.ndarray  # (speed, run, m) probability that the tool fails at the m-th part, m = 1 ...
    whole: np.ndarray  # (speed, run, m) probability that it is whole after m parts


def plans(batch: Batch, life: np.ndarray, weight: np.ndarray, age: np.ndarray, variance: np.ndarray, n: int) -> Plans:
    """Plans of up to ``n`` parts.

    Args:
        life: (run, node) ln(life).
        weight: (run, node) given that the tool is whole at ``age``.
        age: (run,) parts at full feed that it has made.
        variance: (run,) [m2] of the size but for the wear.
    """
    c, half = batch.costs, (life[:, 1:2] - life[:, :1]) / 2
    found = []
    for wear, slower in ((1.0, 1.0), (batch.slow.wear, batch.slow.time)):
        ages = age[:, None] + wear * np.arange(n + 1)  # (run, m)
        logs = np.log(np.maximum(ages, 1e-9))
        alive = ndtr((life[:, None, :] - logs[:, :, None]) / half[:, :, None])
        alive = alive / np.maximum(alive[:, :1], 1e-12)
        whole = np.einsum("rn,rmn->rm", weight, alive)
        worn = np.minimum(ages[:, :, None] * np.exp(-life)[:, None, :], 1.0)
        mean = np.einsum("rn,rmn->rm", weight, worn)
        spread = np.maximum(np.einsum("rn,rmn->rm", weight, worn**2) - mean**2, 0.0)
        out = outside(np.zeros(1), variance[:, None] + batch.size.wear**2 * spread, batch.size.tolerance)
        failing = -np.diff(whole, axis=1)
        a_failure = c.scrap + c.failure + c.tool + c.rate * c.failure_time
        each = (
            whole[:, :-1] * c.rate * batch.part_time * slower
            + failing * a_failure
            + whole[:, 1:] * c.scrap * out[:, 1:]
        )
        nothing = np.zeros((len(age), 1))
        running = np.concatenate([nothing, np.cumsum(each, axis=1)], axis=1)
        begun = np.concatenate([nothing, np.cumsum(whole[:, :-1], axis=1)], axis=1)
        found.append((begun, running, np.concatenate([nothing, failing], axis=1), whole))
    return Plans(*(np.stack(parts) for parts in zip(*found, strict=True)))


def change_cost(batch: Batch) -> float:
    """Of a planned change of the tool [EUR]."""
    return batch.costs.tool + batch.costs.rate * batch.costs.tool_change


def average_cost(batch: Batch, new: Plans) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least average cost per part (run,) of tool after tool [EUR], and the speed and number of parts that have it."""
    planned = new.running + new.whole * change_cost(batch)  # a failure has its tool in its cost
    rate = planned[:, :, 1:] / new.parts[:, :, 1:]
    flat = rate.transpose(1, 0, 2).reshape(rate.shape[1], -1)
    best = np.argmin(flat, axis=1)
    return flat[np.arange(len(flat)), best], best // rate.shape[2], best % rate.shape[2] + 1


def cost_to_go(batch: Batch, new: Plans, average: np.ndarray, n: int) -> np.ndarray:
    """(run, k) expected cost of the last k = 0 .. ``n`` parts with a tool that is new now, by dynamic programming.

    Beyond the parts that plans look ahead it grows by the least average cost a part.
    """
    found = np.zeros((new.running.shape[1], n + 1))
    reached = min(n, new.running.shape[2] - 1)
    for k in range(1, reached + 1):
        later = found[:, k - 1 :: -1]  # (run, m) once m = 1 .. k parts are made
        failed = np.cumsum(new.failing[:, :, 1 : k + 1] * later, axis=2)
        planned = new.whole[:, :, 1 : k + 1] * (later + change_cost(batch) * (np.arange(1, k + 1) < k))
        found[:, k] = np.min(new.running[:, :, 1 : k + 1] + failed + planned, axis=(0, 2))
    beyond = np.arange(1, n - reached + 1)
    found[:, reached + 1 :] = found[:, reached][:, None] + average[:, None] * beyond
    return found


def best_plan(batch: Batch, belief: Belief, after: np.ndarray, left: int, n: int) -> tuple[np.ndarray, ...]:
    """Speed (0 full, 1 slow), parts before the change and expected cost [EUR] (run,) of the best plan for the tool that
    is in; and the expected cost if it were changed now.

    Args:
        after: (run, k) as :func:`cost_to_go` returns it, for k up to ``left``.
        left: parts that are still to be made.
        n: parts that a plan looks ahead.
    """
    reach = min(n, left)
    variance = measured_variance(belief)
    mine = plans(batch, belief.life, belief.weight, belief.age, variance, reach)
    remaining = left - np.arange(reach + 1)
    new = after[:, remaining]  # (run, m) once m parts are made
    failed = np.cumsum(mine.failing * new, axis=2)
    changed = np.where(remaining > 0, change_cost(batch), 0.0) + new
    cost = mine.running + failed + mine.whole * changed
    flat = cost.transpose(1, 0, 2).reshape(cost.shape[1], -1)
    best = np.argmin(flat, axis=1)
    return best // (reach + 1), best % (reach + 1), flat[np.arange(len(flat)), best], cost[0, :, 0]


def new_tool_plans(batch: Batch, belief: Belief, n: int) -> Plans:
    """Plans for a new tool, of which only the level is known."""
    weight = np.einsum("rg,rgn->rn", belief.joint.sum(axis=2), belief.fresh())
    return plans(batch, belief.life, weight, np.zeros(len(weight)), measured_variance(belief), n)


def size_variances(belief: Belief) -> tuple[np.ndarray, np.ndarray]:
    """Variances (run,) of the next size [m2]: of what a measurement would tell, and of the wear."""
    known = np.einsum("ri,rij,rj->r", belief.look, belief.covariance, belief.look)
    _, wear = belief.worn()
    return known, belief.batch.size.wear**2 * wear


def after_measurement(belief: Belief) -> np.ndarray:
    """What would be left (run,) of the first of :func:`size_variances` if a part were measured now [m2]."""
    known, wear = size_variances(belief)
    noise = belief.batch.size.gauge**2 + belief.batch.size.repeatability**2 + wear
    return known * noise / (known + noise)


def measured_variance(belief: Belief) -> np.ndarray:
    """Variance (run,) [m2] of the size but for the wear, in a batch that is measured as it is worth it."""
    return after_measurement(belief) + belief.batch.size.repeatability**2
