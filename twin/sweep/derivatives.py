"""Sensitivity of a result of a sweep from exact derivatives at some of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import qmc

from twin.errors import InputError
from twin.sweep.evaluator import Evaluator
from twin.sweep.sensitivity import derivative_bounds, gradient_shares

N_POINTS = 64  # at which derivatives are taken; a power of two


@dataclass(frozen=True)
class Derivatives:
    """What the derivatives of one result say of each parameter, spread evenly between its bounds."""

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
    """Derivatives of ``results`` at a scrambled Sobol sequence over the bounds of the evaluator.

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

    def chosen(some: jax.Array) -> jax.Array:
        return evaluator.function(base.at[varied].set(some))[columns]

    both = jax.jit(lambda some: (chosen(some), jax.jacfwd(chosen)(some)))
    points = low[varied] + qmc.Sobol(len(varied), rng=0).random(n_points) * (high - low)[varied]
    value, slope = (np.stack(rows) for rows in zip(*(map(np.asarray, both(point)) for point in points), strict=True))
    width, found = (high - low)[varied], []
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
