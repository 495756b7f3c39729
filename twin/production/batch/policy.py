"""Who decides: fixed rules of a shop, or the least expected cost under what is believed."""

from dataclasses import dataclass, field

import numpy as np

from twin.production.batch.belief import Belief, outside
from twin.production.batch.fault import fault_loss, stopping
from twin.production.batch.process import Situation
from twin.production.batch.settings import Batch, FixedRule
from twin.production.batch.tool_plan import (
    REACH,
    after_measurement,
    average_cost,
    best_plan,
    cost_to_go,
    new_tool_plans,
    size_variances,
)

AHEAD = 30  # parts over which a measurement or a warm-up is judged
RENEWED = 25  # parts after which the cost of a new tool is looked at again
COLD = 0.05  # part of the cold error from which on warming up is thought of


@dataclass
class Fixed:
    """A rule that asks nobody."""

    rule: FixedRule

    def measures(self, now: Situation) -> np.ndarray:
        """Every so many parts, and the first of each tool."""
        return (now.since_tool == 1) | (now.since_measured >= self.rule.n_measure)

    def acts(self, now: Situation) -> dict[str, np.ndarray]:
        """Change after so many parts; look where a measured part was bad."""
        return {
            "stop": now.alarmed.copy(),
            "change tool": now.since_tool >= self.rule.n_change,
            "warm up": now.paused & self.rule.warm_up,
            "slow down": np.full(now.paused.shape, self.rule.slow),
        }


@dataclass
class Adaptive:
    """The least expected cost: a plan for the tool, a limit of suspicion, and what measuring or warming up is worth."""

    batch: Batch
    said: dict[str, np.ndarray] = field(default_factory=dict)
    """Numbers of the last decision, for its reasons; (run,)."""

    def __post_init__(self) -> None:
        b = self.batch
        self.reach = int(np.ceil(REACH * b.tool.n_life / b.slow.wear))
        separation = b.fault.signal / b.tool.signal_noise
        self.limits = stopping(b.fault.onset, fault_loss(b), b.costs.rate * b.costs.stop, separation, b.n_parts)
        self._after: np.ndarray | None = None

    def measures(self, now: Situation) -> np.ndarray:
        """Where the next part's expected scrap reaches the least average cost of measuring every so often."""
        c, belief = self.batch.costs, now.belief
        known, wear = size_variances(belief)
        price = c.rate * c.measurement
        rest = wear + self.batch.size.repeatability**2
        ahead = np.arange(min(AHEAD, now.left))
        drift = self.batch.size.drift**2 * ahead
        without = self._scrap((known + rest)[:, None] + drift)
        then = self._scrap((after_measurement(belief) + rest)[:, None] + drift)
        least = np.min((price + np.cumsum(then, axis=1)) / (ahead + 1), axis=1)
        gain = np.sum(without - then, axis=1)
        self.said["scrap of the next part"], self.said["gain of measuring"] = without[:, 0], gain - price
        return (without[:, 0] >= least) & (gain > price)

    def acts(self, now: Situation) -> dict[str, np.ndarray]:
        """What costs least."""
        belief, left = now.belief, now.left
        self._renew(now)
        assert self._after is not None
        speed, parts, cost, changed = best_plan(self.batch, belief, self._after, left, self.reach)
        used = belief.age > 0
        self.said |= {"plan": parts, "saved by the tool": changed - cost, "suspicion": belief.faulty.copy()}
        return {
            "stop": belief.faulty >= self.limits[left],
            "change tool": (parts == 0) & used,
            "warm up": self._warms_up(belief, left),
            "slow down": (speed == 1) & (parts > 0) | self._starts_slow(parts, used),
        }

    def _starts_slow(self, parts: np.ndarray, used: np.ndarray) -> np.ndarray:
        """Of a tool that is changed now: the speed of the best cycle."""
        return (parts == 0) & used & (self._new_speed == 1)

    def _renew(self, now: Situation) -> None:
        """What a new tool would cost; again where something was learned of the level."""
        n_runs = len(now.paused)
        if self._after is None:
            self._after = np.zeros((n_runs, self.batch.n_parts + 1))
            self._new_speed, self.said["best cycle"] = np.zeros(n_runs, int), np.zeros(n_runs, int)
            rows = np.ones(n_runs, dtype=bool)
        else:
            rows = (now.since_tool <= 1) | (now.part % RENEWED == 0)
        if rows.any():
            some = now.belief.of(rows)
            new = new_tool_plans(self.batch, some, self.reach)
            average, self._new_speed[rows], self.said["best cycle"][rows] = average_cost(self.batch, new)
            self._after[rows, : now.left + 1] = cost_to_go(self.batch, new, average, now.left)

    def _warms_up(self, belief: Belief, left: int) -> np.ndarray:
        b = self.batch
        ahead = np.arange(min(AHEAD, left))
        fades = belief.cold[:, None] * np.exp(-ahead * b.part_time / b.size.warming)
        _, wear = size_variances(belief)
        fixed = (belief.covariance[:, 0, 0] + wear + b.size.repeatability**2)[:, None]
        cold = belief.covariance[:, 1, 1][:, None] * fades**2
        warmed = np.exp(-2 * b.costs.warm_up / b.size.warming)
        gain = np.sum(self._scrap(fixed + cold) - self._scrap(fixed + cold * warmed), axis=1)
        price = b.costs.rate * b.costs.warm_up
        self.said["gain of warming up"] = gain - price
        return (gain > price) & (belief.cold > COLD)

    def _scrap(self, variance: np.ndarray) -> np.ndarray:
        """Expected cost of scrap [EUR] of a corrected size."""
        return self.batch.costs.scrap * outside(np.zeros(1), variance, self.batch.size.tolerance)


# What is decided together: the tool, when to measure, when to warm up, when to stop and look.
PROBLEMS: dict[str, tuple[str, ...]] = {
    "tool and feed": ("change tool", "slow down"),
    "measuring": ("re-measure",),
    "warming up": ("warm up",),
    "stopping": ("stop",),
}


@dataclass
class Shared:
    """The twin decides some of the problems, a rule the others: what each of them is worth by itself."""

    twin: Adaptive
    rule: Fixed
    problems: tuple[str, ...]
    """Of the twin, keys of :data:`PROBLEMS`."""

    def measures(self, now: Situation) -> np.ndarray:
        """By whom it is decided."""
        return (self.twin if "measuring" in self.problems else self.rule).measures(now)

    def acts(self, now: Situation) -> dict[str, np.ndarray]:
        """Each action by whom it is decided."""
        mine = {action for problem in self.problems for action in PROBLEMS[problem]}
        ours, theirs = self.twin.acts(now), self.rule.acts(now)
        return {action: ours[action] if action in mine else theirs[action] for action in theirs}
