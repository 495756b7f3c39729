"""Quantities with their scatter: draws of them, and the intervals that are reported."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from twin.errors import InputError
from twin.units import Uncertain

LEVEL = 0.95  # of every interval of twin.production


@dataclass(frozen=True)
class Interval:
    """A mean, and the bounds that hold the quantity with the probability :data:`LEVEL`."""

    mean: float
    lower: float
    upper: float

    def __mul__(self, factor: float) -> "Interval":
        return Interval(self.mean * factor, self.lower * factor, self.upper * factor)

    __rmul__ = __mul__


def draws(value: Uncertain, n: int, random: np.random.Generator) -> np.ndarray:
    """(n,) log-normal draws of a positive quantity with the mean and standard deviation of ``value``.

    ``ln x`` is normal with variance ``ln(1 + s²/m²)`` and mean ``ln m`` less half of it.

    Raises:
        InputError: the mean is not positive though there is scatter.
    """
    mean, deviation = value
    if deviation == 0:
        return np.full(n, mean)
    if mean <= 0:
        raise InputError(f"{mean:g} ± {deviation:g} scatters and is not positive")
    variance = np.log1p((deviation / mean) ** 2)
    return np.exp(np.log(mean) - variance / 2 + np.sqrt(variance) * random.standard_normal(n))


def spread_of(values: ArrayLike) -> Interval:
    """Where the next value lies: mean and central quantiles of draws."""
    array = np.asarray(values, dtype=float)
    lower, upper = np.quantile(array, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(array.mean()), float(lower), float(upper))


def mean_of(values: ArrayLike) -> Interval:
    """Where the expectation lies: Student's interval of the mean of independent replications; NaN bounds of one."""
    array = np.asarray(values, dtype=float)
    if len(array) < 2:
        return Interval(float(array.mean()), np.nan, np.nan)
    half = student.ppf((1 + LEVEL) / 2, len(array) - 1) * array.std(ddof=1) / np.sqrt(len(array))
    return Interval(float(array.mean()), float(array.mean() - half), float(array.mean() + half))
