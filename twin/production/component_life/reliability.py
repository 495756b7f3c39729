"""The distribution of a rolling life about its L10: Weibull, as ISO 281 and ISO 3408-5 state it.

    S(x) = 0.9 ^ [ ((x - minimum) / (1 - minimum)) ^ shape ],   x = life / L10, S = 1 below the minimum

ISO 281:2007 takes shape 1.5 and a minimum of 0.05 L10 (its a1 table is this curve); ISO 3408-5 and ISO 14728-1 have no
minimum. What survives to the age ``used`` goes on by S(used + more) / S(used).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from twin.errors import InputError

N_SPREAD = 21  # nodes of the integral over what is not known of the loads


@dataclass(frozen=True)
class LifeDistribution:
    """Lives in units of L10."""

    shape: float
    minimum: float

    def survival(self, life: ArrayLike) -> np.ndarray:
        """Part of many that live longer than ``life`` (any shape)."""
        beyond = np.maximum((np.asarray(life, float) - self.minimum) / (1 - self.minimum), 0)
        return 0.9 ** (beyond**self.shape)

    def life(self, reliability: ArrayLike) -> np.ndarray:
        """Life that the part ``reliability`` reaches: the factor a1 of the standards (any shape)."""
        exponent = np.log(np.asarray(reliability, float)) / np.log(0.9)
        return self.minimum + (1 - self.minimum) * exponent ** (1 / self.shape)


BEARING = LifeDistribution(1.5, 0.05)  # ISO 281:2007, table 12
LINEAR = LifeDistribution(1.5, 0.0)  # ISO 3408-5, table of f_ar; ISO 14728-1
BELT = LifeDistribution(1.5, 0.0)  # assumed: no standard states the scatter of belts


def remaining(distribution: LifeDistribution, used: float, probability: ArrayLike, spread: float = 0.0) -> np.ndarray:
    """Quantiles of the life that is left, in lives L10 (probability,).

    Args:
        distribution: of the component.
        used: lives L10 consumed so far; the component is known to be sound.
        probability: that the component fails before, (probability,) within 0 and 1.
        spread: standard deviation of ln L10, from what is not known of loads and preload: the same for past and future.

    Raises:
        InputError: a negative past, a probability outside 0 and 1.
    """
    probability = np.atleast_1d(np.asarray(probability, float))
    if used < 0 or spread < 0 or not ((probability > 0) & (probability < 1)).all():
        raise InputError(
            f"a used life of {used:g}, a spread of {spread:g} or a probability outside 0 and 1",
            remedy="the past is not negative, probabilities lie between 0 and 1",
        )
    node, weight = np.polynomial.hermite_e.hermegauss(N_SPREAD)
    pace = np.exp(-spread * node)  # consumption per nominal consumption
    now = distribution.survival(used * pace)

    def failed(more: float) -> float:
        return 1 - float(weight @ distribution.survival((used + more) * pace)) / float(weight @ now)

    found = []
    for p in probability:
        high = 1.0
        while failed(high) < p:
            high *= 2
        found.append(brentq(lambda x, p=p: failed(x) - p, 0.0, high, xtol=1e-12, rtol=1e-12))
    return np.array(found)
