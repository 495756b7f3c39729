"""Sensitivity of a result of a sweep from its slopes at points between the bounds.

A slope is the mean derivative over a short way. The derivative at a point itself, though exact, is of no use here: the
steps of the heat model leave ripples of some 0.05 um in the deviation over the feed, a seventh of a percent of feed
long, whose slopes are far steeper than what they lie on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import qmc

from twin.errors import InputError
from twin.sweep.evaluator import Evaluator
from twin.sweep.sensitivity import derivative_bounds, gradient_shares

N_POINTS = 64  # at which slopes are taken; a power of two
WAY = 0.03  # of the range of a parameter, over which its slope is taken


@dataclass(frozen=True)
class Derivatives:
    """What the slopes of one result say of each parameter, spread evenly between its bounds."""

    result: str
    name: tuple[str, ...]  # (parameter,)
    slope: np.ndarray  # (parameter,) root mean square, in the units of the names
    share: np.ndarray  # (parameter,) of the variance, were the result linear around every point
    bound: np.ndarray  # (parameter,) that the total Sobol index does not exceed

    @property
    def order(self) -> np.ndarray:
        """Rows, the most important first."""
        return np.argsort(-self.share, kind="stable")


def derivatives(evaluator: Evaluator, results: Sequence[str], n_points: int = N_POINTS) -> tuple[Derivatives, ...]:
    """Slopes of ``results`` at a scrambled Sobol sequence over the bounds of the evaluator.

    Raises:
        InputError: no such result, no parameter that varies, or a result that does not.
    """
    names = list(evaluator.results)
    for result in results:
        if result not in names:
            raise InputError(f"batches have no result '{result}'", remedy="known: " + ", ".join(names))
    columns = np.array([names.index(result) for result in results])
    low, high = np.array([(p.low, p.high) for p in evaluator.parameters]).T
    varied = np.flatnonzero(high > low)
    if not varied.size:
        raise InputError("no parameter of the batch varies", remedy="sweep a quantity over a range")
    base = jnp.asarray(evaluator.base)

    @jax.jit
    def chosen(some: jax.Array) -> jax.Array:
        return evaluator.function(base.at[varied].set(some))[columns]

    low, high = low[varied], high[varied]
    width, found = high - low, []
    points = low + qmc.Sobol(len(varied), rng=0).random(n_points) * width
    value = np.stack([chosen(point) for point in points])
    slope = np.stack([_slopes(chosen, point, low, high) for point in points])
    for place, result in enumerate(results):
        if np.ptp(value[:, place]) == 0:
            raise InputError(f"{result} is the same at every point", remedy="name another result")
        mine = slope[:, place]
        found.append(
            Derivatives(
                result,
                tuple(evaluator.parameters[i].key for i in varied),
                np.sqrt(np.mean(mine**2, axis=0)),
                gradient_shares(mine, width / np.sqrt(12)),
                derivative_bounds(mine, width, value[:, place]),
            )
        )
    return tuple(found)


def _slopes(
    function: Callable[[np.ndarray], jax.Array], point: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Slopes (result, parameter) of ``function`` about ``point`` (parameter,), within the bounds."""
    found = []
    for place, half in enumerate(WAY / 2 * (high - low)):
        ends = np.stack([point, point])
        ends[:, place] = np.clip(point[place] + np.array([-half, half]), low[place], high[place])
        below, above = map(np.asarray, map(function, ends))
        found.append((above - below) / np.diff(ends[:, place]))
    return np.stack(found, axis=1)
