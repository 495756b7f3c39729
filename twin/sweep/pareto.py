"""The Pareto front: rows that no other row beats in one goal without losing in another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from twin.errors import InputError
from twin.sweep.columns import numbers

MAXIMISE = "max:"


@dataclass(frozen=True)
class Goal:
    """A column that should be small, or large."""

    name: str
    largest: bool = False

    @property
    def sign(self) -> float:
        """The goal is to make ``sign * value`` small."""
        return -1.0 if self.largest else 1.0


def goals(words: Sequence[str]) -> tuple[Goal, ...]:
    """``("machining_time_min", "max:n_parts")`` -> goals.

    Raises:
        InputError: none, or one twice.
    """
    found = tuple(Goal(word.removeprefix(MAXIMISE).strip(), word.startswith(MAXIMISE)) for word in words)
    if not found or len({goal.name for goal in found}) < len(found):
        raise InputError(
            f"goals are {', '.join(words) or 'missing'}", remedy="name each goal once, as NAME or max:NAME"
        )
    return found


def pareto_front(table: pa.Table, chosen: Sequence[Goal]) -> pa.Table:
    """The rows of ``table`` on the front of the ``chosen`` goals, the best in the first goal first.

    Rows with an empty or undefined goal are on no front; equal rows are on it together.
    """
    values = np.stack([goal.sign * numbers(table, goal.name) for goal in chosen], axis=1)
    rows = np.flatnonzero(on_front(values))
    return table.take(rows[np.argsort(values[rows, 0], kind="stable")])


def on_front(values: np.ndarray) -> np.ndarray:
    """Which rows no other row dominates, (row,) bool; those with NaN never belong.

    In lexicographic order a row can only be dominated by an earlier one that is itself on the front (Kung, Luccio and
    Preparata 1975): each row is compared with the front found so far and with nothing else.

    Args:
        values: (row, goal), all to be small.
    """
    front = np.zeros(len(values), bool)
    usable = np.flatnonzero(~np.isnan(values).any(axis=1))
    kept = np.empty((len(usable), values.shape[1]))
    n_kept = 0
    for row in usable[np.lexsort(values[usable].T[::-1])]:
        others, own = kept[:n_kept], values[row]
        if not np.any(np.all(others <= own, axis=1) & np.any(others < own, axis=1)):
            kept[n_kept] = own
            n_kept += 1
            front[row] = True
    return front
