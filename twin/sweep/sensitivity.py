"""Which parameter the scatter of a result comes from: variance-based (Sobol) and derivative-based indices.

First-order index: part of the variance that goes once the parameter is known. Total index: part that stays while it
alone is unknown. They differ by interactions (Saltelli et al., *Global Sensitivity Analysis*, 2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import stats

from twin.errors import InputError

RESAMPLES = 500
FEWEST_ROWS = 16  # of a block of the Saltelli design, and of a bin
MOST_BINS = 32


@dataclass(frozen=True)
class Indices:
    """Indices of one result, one row a parameter; NaN where a design does not tell them."""

    name: tuple[str, ...]  # (parameter,)
    first: np.ndarray  # (parameter,)
    first_interval: np.ndarray  # (parameter, 2) 95 %
    total: np.ndarray  # (parameter,)
    total_interval: np.ndarray  # (parameter, 2) 95 %

    @property
    def order(self) -> np.ndarray:
        """Rows, the most important first."""
        return np.argsort(-np.where(np.isnan(self.total), self.first, self.total), kind="stable")


def saltelli_indices(names: Sequence[str], a: np.ndarray, b: np.ndarray, ab: np.ndarray, seed: int = 0) -> Indices:
    """First-order and total Sobol indices of a Saltelli design.

    First order after Saltelli et al. (2010), total after Jansen (1999); intervals by bootstrap.

    Args:
        names: of the parameters.
        a: (row,) result of the design A.
        b: (row,) of B.
        ab: (parameter, row) of A with one column from B. A row in which any of them is NaN counts nowhere.
        seed: of the bootstrap.

    Raises:
        InputError: too few rows.
    """
    whole = np.isfinite(a) & np.isfinite(b) & np.isfinite(ab).all(axis=0)
    n_rows = int(whole.sum())
    if n_rows < FEWEST_ROWS:
        raise InputError(f"only {n_rows} rows of the design have a result", remedy="a larger n, or resume the sweep")
    a, b, ab = a[whole], b[whole], ab[:, whole]
    if not np.ptp(np.concatenate([a, b])):
        raise InputError("the result is the same in every row", remedy="name a result that varies")
    found = _estimates(a, b, ab)
    rng = np.random.default_rng(seed)
    again = (rng.integers(0, n_rows, n_rows) for _ in range(RESAMPLES))
    spread = np.stack([_estimates(a[rows], b[rows], ab[:, rows]) for rows in again])
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    interval = np.stack([low, high], axis=-1)  # (2, parameter, 2)
    return Indices(tuple(names), found[0], interval[0], found[1], interval[1])


def given_data_indices(names: Sequence[str], values: np.ndarray, result: np.ndarray) -> Indices:
    """First-order indices from any random or space-filling sample, total ones unknown.

    Analysis of variance over bins of equal count (over levels, where a parameter has few): epsilon squared, the
    correlation ratio without its bias (Kelley 1935). The upper end of the interval is that of the estimate where
    the parameter has no effect at all: what lies below cannot be told from zero.

    Args:
        names: of the parameters.
        values: (row, parameter).
        result: (row,); NaN counts nowhere.

    Raises:
        InputError: too few rows.
    """
    known = np.isfinite(result)
    values, result = values[known], result[known]
    if len(result) < 4 * FEWEST_ROWS:
        raise InputError(f"only {len(result)} rows have a result", remedy=f"at least {4 * FEWEST_ROWS} are needed")
    if not np.ptp(result):
        raise InputError("the result is the same in every row", remedy="name a result that varies")
    first, noise = np.transpose([_epsilon_squared(column, result) for column in values.T])
    unknown = np.full(len(names), np.nan)
    interval = np.stack([np.zeros(len(names)), noise], axis=1)
    return Indices(tuple(names), first, interval, unknown, np.full((len(names), 2), np.nan))


def derivative_bounds(slopes: np.ndarray, width: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Upper bounds of the total indices of uniform parameters from derivatives, (parameter,).

    Total index <= (width / pi)^2 E[slope^2] / Var(result) (Sobol and Kucherenko 2009). Cheap where gradients are; far
    above the index where the result goes up and down within the width.

    Args:
        slopes: (row, parameter) derivatives of the result over the sample.
        width: (parameter,) upper less lower end.
        result: (row,).
    """
    return (width / np.pi) ** 2 * np.mean(slopes**2, axis=0) / np.var(result)


def gradient_shares(slopes: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Share of each parameter in the variance of a result that is linear near every row, (..., parameter).

    Args:
        slopes: (row, ..., parameter) derivatives of the result; one row at the nominal point will do.
        deviation: (parameter,) standard deviations, independent.
    """
    part = np.mean((slopes * deviation) ** 2, axis=0)
    return part / np.maximum(part.sum(axis=-1, keepdims=True), np.finfo(float).tiny)


def swings(values: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Mean result over the lowest and the highest tenth of each parameter, (parameter, 2): bars of a tornado chart.

    Args:
        values: (row, parameter).
        result: (row,); NaN counts nowhere.
    """
    known = np.isfinite(result)
    values, result = values[known], result[known]
    low, high = np.quantile(values, [0.1, 0.9], axis=0)
    return np.array(
        [
            (result[column <= least].mean(), result[column >= most].mean())
            for column, least, most in zip(values.T, low, high, strict=True)
        ]
    )


def _estimates(a: np.ndarray, b: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """First-order and total indices (2, parameter)."""
    middle, variance = np.mean([a, b]), np.var([a, b])
    first = np.mean((b - middle) * (ab - a), axis=1)
    total = np.mean((ab - a) ** 2, axis=1) / 2
    return np.stack([first, total]) / variance


def _epsilon_squared(values: np.ndarray, result: np.ndarray) -> tuple[float, float]:
    """The estimate, and its 95 % quantile where there is no effect."""
    levels, level = np.unique(values, return_inverse=True)
    n_rows = len(values)
    n_bins = min(MOST_BINS, n_rows // FEWEST_ROWS)
    if len(levels) > n_bins:
        order = np.argsort(values, kind="stable")
        level = np.empty(n_rows, int)
        for number, (first, last) in enumerate(pairwise(np.linspace(0, n_rows, n_bins + 1).astype(int))):
            level[order[first:last]] = number
    else:
        n_bins = len(levels)
    if n_bins < 2:
        return 0.0, 0.0
    count = np.bincount(level)
    between = np.sum(count * (np.bincount(level, result) / count - result.mean()) ** 2)
    whole = np.sum((result - result.mean()) ** 2)
    free = n_rows - n_bins

    def corrected(between: float, within: float) -> float:
        return (between - (n_bins - 1) * within / free) / (between + within)

    ratio = stats.f.ppf(0.95, n_bins - 1, free) * (n_bins - 1) / free  # between over within
    return corrected(between, whole - between), corrected(ratio, 1.0)
