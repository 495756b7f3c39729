"""A batch decided by the twin against fixed rules: cost, saving and their intervals, over simulated batches."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.production.batch.policy import Adaptive, Fixed
from twin.production.batch.process import Outcome, Policy, draw_truth, simulate
from twin.production.batch.settings import Batch, FixedRule
from twin.production.spread import Interval, mean_of, spread_of

TWIN = "twin"


@dataclass(frozen=True)
class BatchStudy:
    """The same simulated batches under every policy."""

    batch: Batch
    outcomes: dict[str, Outcome]  # TWIN first, then the rules
    tuned: str  # the rule that was tuned on other batches

    def saving(self, rule: str) -> Interval:
        """Mean saving of the twin against a rule [EUR a batch], paired."""
        return mean_of(self.outcomes[rule].cost - self.outcomes[TWIN].cost)

    def saving_of_a_batch(self, rule: str) -> Interval:
        """Where the saving of one batch lies [EUR]."""
        return spread_of(self.outcomes[rule].cost - self.outcomes[TWIN].cost)


def study(batch: Batch, n_runs: int, seed: int, world: Batch | None = None) -> BatchStudy:
    """Simulate ``n_runs`` batches under the twin, the stated rules, and the best rule that could be found.

    Args:
        world: as it is, where that is not what the twin believes.

    Raises:
        InputError: fewer than two batches.
    """
    if n_runs < 2:
        raise InputError(f"{n_runs} batches have no interval", remedy="at least 2")
    world = world or batch
    best = tuned_rule(batch, max(n_runs // 2, 2), seed + 1, world)
    name = f"best fixed rule: change every {best.n_change}, measure every {best.n_measure}"
    name += ", warm up" if best.warm_up else ""
    policies: dict[str, Policy] = {TWIN: Adaptive(batch)}
    policies |= {rule: Fixed(of) for rule, of in batch.rules.items()}
    policies[name] = Fixed(best)
    truth = draw_truth(world, n_runs, seed)
    return BatchStudy(batch, {key: simulate(batch, policy, truth, world) for key, policy in policies.items()}, name)


def tuned_rule(batch: Batch, n_runs: int, seed: int, world: Batch) -> FixedRule:
    """The rule at full feed with the least mean cost over simulated batches, which no shop can know beforehand."""
    truth = draw_truth(world, n_runs, seed)
    changes = sorted({max(1, round(share * batch.tool.n_life)) for share in (0.35, 0.45, 0.55, 0.65, 0.75, 0.9)})
    measures = [n for n in (3, 5, 10, 20) if n <= batch.n_parts]
    rules = [
        FixedRule(n_change=c, n_measure=m, warm_up=warm) for c in changes for m in measures for warm in (True, False)
    ]
    costs = [simulate(batch, Fixed(rule), truth, world).cost.mean() for rule in rules]
    return rules[int(np.argmin(costs))]
