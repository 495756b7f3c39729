"""What is left of a machine's components under a plan of work: each as a distribution of days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.production.component_life.consumption import Consumption
from twin.production.component_life.reliability import LifeDistribution, remaining

PROBABILITY = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Outlook:
    """The components of one machine that works the same every day."""

    component: tuple[str, ...]
    before: np.ndarray  # (component,) lives L10 consumed so far
    per_day: np.ndarray  # (component,) lives L10
    days: np.ndarray  # (component, probability) until failure, at PROBABILITY; inf where nothing is consumed
    operation: tuple[str, ...]  # of all runs
    share: np.ndarray  # (component, operation) of the consumption
    spread: np.ndarray  # (component,) standard deviation of ln(consumption)
    by_force: np.ndarray  # (component,) d ln consumption / d ln of all cutting forces
    by_temperature: np.ndarray  # (component,) [1/K]
    by_preload: np.ndarray  # (component,)


def check_parts(parts_a_day: Sequence[float]) -> None:
    """Refuse a plan of work without work.

    Raises:
        InputError: as said, or what is no number.
    """
    if not all(0 <= n < np.inf for n in parts_a_day) or not sum(parts_a_day):
        raise InputError(f"{', '.join(f'{n:g}' for n in parts_a_day)} parts a day", remedy="give numbers above zero")


def outlook(
    taken: Sequence[Consumption],
    operations: Sequence[Sequence[str]],
    parts_a_day: Sequence[float],
    before: Mapping[str, float],
) -> Outlook:
    """What is left.

    Args:
        taken: of each run, by one part.
        operations: labels of each run's operations.
        parts_a_day: of each run.
        before: component -> lives L10 consumed so far.

    Raises:
        InputError: no parts.
    """
    check_parts(parts_a_day)
    names = taken[0].component
    amounts = np.array([n * c.used for n, c in zip(parts_a_day, taken, strict=True)])  # (run, component)
    per_day = amounts.sum(axis=0)
    weight = amounts / np.where(per_day > 0, per_day, 1.0)
    used = np.array([before.get(name, 0.0) for name in names])
    spread = sum(w * c.spread for w, c in zip(weight, taken, strict=True))
    return Outlook(
        component=names,
        before=used,
        per_day=per_day,
        days=np.array(
            [_days(*row) for row in zip(taken[0].distribution, used, per_day, np.asarray(spread), strict=True)]
        ),
        operation=tuple(name for some in operations for name in some),
        share=np.concatenate([w[:, None] * c.share for w, c in zip(weight, taken, strict=True)], axis=1),
        spread=np.asarray(spread),
        by_force=sum((w * c.by_force.sum(axis=1) for w, c in zip(weight, taken, strict=True)), np.zeros(len(names))),
        by_temperature=sum((w * c.by_temperature for w, c in zip(weight, taken, strict=True)), np.zeros(len(names))),
        by_preload=sum((w * c.by_preload for w, c in zip(weight, taken, strict=True)), np.zeros(len(names))),
    )


def _days(distribution: LifeDistribution, used: float, per_day: float, spread: float) -> np.ndarray:
    if not per_day:
        return np.full(len(PROBABILITY), np.inf)
    return remaining(distribution, used, PROBABILITY, spread) / per_day
