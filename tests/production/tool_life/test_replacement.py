"""Replacement policies against closed forms of renewal theory, enumeration and simulation."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.production.tool_life.replacement import batch_policy, best_interval


def uniform(n):
    """A tool makes 0 to n - 1 parts, each as likely."""
    return 1 - np.arange(n + 1) / n


def test_uniform_life_in_closed_form():
    """Renewal-reward with S = 1 - x: the best age solves k x^2 / 2 + x - 1 = 0, x = (sqrt(1 + 2 k) - 1) / k."""
    n = 20_000
    for k in (2.0, 5.0, 20.0):
        found = best_interval(uniform(n), 1.0, k)
        x = (np.sqrt(1 + 2 * k) - 1) / k
        assert found.n_parts / n == pytest.approx(x, abs=2e-3)
        assert found.cost * n == pytest.approx((1 + k * x) / (x - x**2 / 2), rel=1e-3)
        assert found.cost_to_failure * n == pytest.approx((1 + k) / 0.5, rel=1e-3)
        assert found.fails_before == pytest.approx(x, abs=2e-3)


def test_a_tool_that_does_not_age_is_never_changed():
    """Geometric life: cost (change + failure) (1 - q) / q per part, whatever the age."""
    q = 0.9
    survival = q ** np.arange(400.0)
    found = best_interval(survival, 3.0, 5.0)
    assert found.n_parts > 300  # from there on the cost no longer changes in double precision
    assert found.cost == pytest.approx(8 * (1 - q) / q, rel=1e-6)
    assert batch_policy(survival, 3.0, 5.0, 7).cost == pytest.approx(7 * 8 * (1 - q) / q, rel=1e-9)


def test_a_tool_of_exact_life_is_changed_just_before():
    survival = np.array([1.0] * 11 + [0.0])
    found = best_interval(survival, 2.0, 100.0)
    assert (found.n_parts, found.cost) == (10, pytest.approx(0.2))
    batch = batch_policy(survival, 2.0, 100.0, 25)
    assert batch.cost == pytest.approx(4.0)  # two changes, the first tool not counted
    assert batch.cost_of_interval == pytest.approx(4.0)


def test_batch_against_enumeration():
    """Every rule of changing (parts left, age) tried out, for a batch of 4 with a tool of at most 3 parts."""
    survival, change, failure = np.array([1.0, 0.9, 0.6, 0.2, 0.0]), 1.0, 3.0
    alive = survival[1:] / survival[:-1]
    states = [(b, a) for b in range(1, 5) for a in range(1, 4)]
    best = np.inf
    for code in range(1 << len(states)):
        changes = {state for bit, state in enumerate(states) if code >> bit & 1}
        value = {(0, a): 0.0 for a in range(5)}
        for b in range(1, 5):
            value[b, 0] = value[b - 1, 1] + (1 - alive[0]) / alive[0] * (change + failure)
            for a in (1, 2, 3):
                kept = alive[a] * value[b - 1, a + 1] + (1 - alive[a]) * (failure + change + value[b, 0])
                value[b, a] = change + value[b, 0] if (b, a) in changes else kept
            value[b, 4] = change + value[b, 0]
        best = min(best, value[4, 0])
    assert batch_policy(survival, change, failure, 4).cost == pytest.approx(best, rel=1e-12)


def test_batch_by_simulation():
    """20,000 batches played with the policy found: the mean cost within three standard errors."""
    survival = np.exp(-((np.arange(60) / 20.0) ** 3))
    change, failure, n_parts = 1.0, 6.0, 30
    policy = batch_policy(survival, change, failure, n_parts)
    rng = np.random.default_rng(1)
    alive = np.append(survival[1:] / survival[:-1], 0.0)
    left, age, cost = np.full(20_000, n_parts), np.zeros(20_000, int), np.zeros(20_000)
    while (left > 0).any():
        open_ = left > 0
        swap = open_ & (age >= policy.change_at[np.maximum(left, 1) - 1])
        cost[swap] += change
        age[swap] = 0
        good = rng.uniform(size=len(age)) < alive[age]
        left[open_ & good] -= 1
        cost[open_ & ~good] += change + failure
        age = np.where(good, age + 1, 0)
    assert cost.mean() == pytest.approx(policy.cost, abs=3 * cost.std() / np.sqrt(len(cost)))
    assert policy.cost < policy.cost_of_interval


def test_long_batches_cost_as_the_long_run():
    survival = np.exp(-((np.arange(80) / 20.0) ** 3))
    interval = best_interval(survival, 1.0, 6.0)
    longer, long = (batch_policy(survival, 1.0, 6.0, n).cost for n in (1200, 600))
    assert (longer - long) / 600 == pytest.approx(interval.cost, rel=1e-3)


def test_nonsense_is_refused():
    for survival, change, failure in (([0.9, 0.5], 1, 1), ([1, 0.5, 0.6], 1, 1), ([1, 0.0], 1, 1), ([1, 0.5], 0, 1)):
        with pytest.raises(InputError):
            best_interval(np.array(survival, float), change, failure)
    with pytest.raises(InputError, match="batch of 0"):
        batch_policy(np.array([1.0, 0.5, 0.0]), 1, 1, 0)
