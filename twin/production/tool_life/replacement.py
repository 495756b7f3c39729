"""When to change a tool: by cost per good part in the long run, and for a batch that ends.

A tool that fails spoils the part that it cuts: that costs ``failure`` on top of the change. ``survival[n]`` is the
probability that a new tool makes n parts; survival[0] = 1.

In the long run each tool is a cycle of a renewal process: cost per good part = expected cost of a cycle / expected good
parts in it (renewal-reward theorem), = (change + failure (1 - S[N])) / (S[1] + ... + S[N]) when it is changed after N.
"""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError


@dataclass(frozen=True)
class Interval:
    """Changing every so many parts, or at failure."""

    n_parts: int
    cost: float  # per good part
    fails_before: float  # probability that a tool fails before it is changed
    cost_to_failure: float  # per good part, when tools are used until they fail
    cost_by_n: np.ndarray  # (n,) per good part when changed after 1, 2, ... parts


def best_interval(survival: np.ndarray, change: float, failure: float) -> Interval:
    """The interval of least cost per good part.

    Args:
        survival: (n + 1,) of 0, 1, ... parts, until it is nearly 0.
        change: cost of a tool and of its change.
        failure: further cost when it fails in a part.

    Raises:
        InputError: no survival function, a negative cost.
    """
    _check(survival, change, failure)
    good = np.cumsum(survival[1:])
    with np.errstate(divide="ignore"):
        cost = (change + failure * (1 - survival[1:])) / good
    best = int(np.argmin(cost))
    return Interval(
        best + 1, float(cost[best]), float(1 - survival[best + 1]), float((change + failure) / good[-1]), cost
    )


@dataclass(frozen=True)
class BatchPolicy:
    """The best decisions while a batch is made."""

    cost: float  # expected, of the whole batch, the first tool not counted
    change_at: (
        np.ndarray
    )  # (parts left,) least age in parts at which the tool is changed; the age that survival ends at: never
    cost_of_interval: float  # expected, when the interval of the long run is kept


def batch_policy(survival: np.ndarray, change: float, failure: float, n_parts: int, age: int = 0) -> BatchPolicy:
    """Decisions of least expected cost for ``n_parts`` good parts; what is left of the last tool is worth nothing.

    Dynamic programming over parts left and age of the tool.

    Args:
        survival, change, failure: as :func:`best_interval`.
        n_parts: of the batch.
        age: parts that the tool in the spindle has made.

    Raises:
        InputError: as :func:`best_interval`; no parts, an age beyond the survival function.
    """
    _check(survival, change, failure)
    n_ages = len(survival) - 1  # a tool of the last age is always changed
    if n_parts < 1 or not 0 <= age < n_ages:
        raise InputError(f"a batch of {n_parts} parts, a tool of {age}", remedy="give at least one part, a usable tool")
    alive = np.where(survival[:-1] > 0, survival[1:] / np.maximum(survival[:-1], 1e-300), 0.0)
    interval = best_interval(survival, change, failure).n_parts
    forced = np.arange(n_ages) >= interval
    cost, change_at = _solved(alive, change, failure, n_parts, None)
    fixed, _ = _solved(alive, change, failure, n_parts, forced)
    return BatchPolicy(float(cost[age]), change_at, float(fixed[age]))


def _solved(
    alive: np.ndarray, change: float, failure: float, n_parts: int, forced: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Cost (age,) of ``n_parts``, and the least age to change at by parts left (parts left,); index 0 is one left."""
    n_ages = len(alive)
    after = np.zeros(n_ages + 1)  # cost of no part
    change_at = []
    for _ in range(n_parts):
        new = after[1] + (1 - alive[0]) / alive[0] * (change + failure)
        keep = alive * after[1:] + (1 - alive) * (failure + change + new)
        keep[0] = new
        replaced = change + new
        swap = keep > replaced if forced is None else forced
        cost = np.where(swap, replaced, keep)
        change_at.append(int(np.argmax(swap)) if swap.any() else n_ages)
        after = np.append(cost, replaced)
    return after[:n_ages], np.array(change_at)


def _check(survival: np.ndarray, change: float, failure: float) -> None:
    fine = len(survival) > 1 and survival[0] == 1 and (np.diff(survival) <= 0).all() and survival[1] > 0
    if not fine or (survival < 0).any():
        raise InputError("that is no survival function", remedy="begin with 1, never rise, make one part at least")
    if not change > 0 or failure < 0:
        raise InputError(f"a change costs {change:g} and a failure {failure:g}", remedy="give costs above zero")
