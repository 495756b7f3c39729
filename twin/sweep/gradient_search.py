"""Smallest value of a differentiable function within bounds and limits, from several starts.

Sequential least squares quadratic programming (Kraft 1988; scipy's SLSQP) with exact derivatives by JAX. It finds the
bottom of the valley that it starts in: the starts are the point at hand and a scrambled Sobol sequence over the box.
Variables run from 0 to 1 within their bounds; the objective is scaled by its slope at the start.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize
from scipy.stats import qmc

MOST_STEPS = 100
PRECISION = 1e-8  # of the scaled objective
SLACK = 1e-6  # part of a limit by which it may be missed


@dataclass(frozen=True)
class Problem:
    """What is to be small, and what has to be kept."""

    outcome: Callable[[jax.Array], jax.Array]
    """(variable,) -> (1 + limit,): the objective, then how far each limit is kept, relative to it; >= 0: kept."""
    low: np.ndarray
    """(variable,)"""
    high: np.ndarray
    """(variable,)"""

    @cached_property
    def with_slopes(self) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
        """Outcome (1 + limit,) and its derivatives (1 + limit, variable) at a point of the unit box."""

        def of_unit(unit: jax.Array) -> jax.Array:
            return self.outcome(jnp.asarray(self.low) + unit * jnp.asarray(self.high - self.low))

        return jax.jit(lambda unit: (of_unit(unit), jax.jacfwd(of_unit)(unit)))


@dataclass(frozen=True)
class Found:
    """Where one start ended."""

    start: int
    values: tuple[float, ...]  # of the variables
    objective: float
    worst_limit: float  # least that is left to a limit, relative; inf without limits
    message: str
    tried: tuple[tuple[float, ...], ...]  # every evaluation: the variables, then the objective and the worst limit

    @property
    def kept(self) -> bool:
        """Whether all limits are kept."""
        return is_kept(self.worst_limit)


def is_kept(worst_limit: float) -> bool:
    """Whether all limits are kept where the worst of them has that much left."""
    return worst_limit >= -SLACK


def starts(problem: Problem, first: np.ndarray, n_starts: int, seed: int) -> np.ndarray:
    """Points (start, variable): ``first``, then ``n_starts - 1`` spread over the box."""
    n_drawn = max(n_starts - 1, 0)
    drawn = qmc.Sobol(len(problem.low), seed=seed).random(1 << max(n_drawn - 1, 0).bit_length())[:n_drawn]
    return np.concatenate([first[None], problem.low + drawn * (problem.high - problem.low)])


def search_from(problem: Problem, start: np.ndarray, number: int) -> Found:
    """The best point of the valley of ``start`` (variable,)."""
    width = problem.high - problem.low
    seen: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    def at(unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        key = np.asarray(unit, dtype=float).tobytes()
        if key not in seen:
            outcome, slopes = problem.with_slopes(jnp.asarray(unit, dtype=float))
            seen[key] = (np.asarray(outcome), np.asarray(slopes))
        return seen[key]

    first = np.clip((np.asarray(start) - problem.low) / width, 0.0, 1.0)
    scale = max(float(np.abs(at(first)[1][0]).max()), 1e-12)
    limits = {"type": "ineq", "fun": lambda unit: at(unit)[0][1:], "jac": lambda unit: at(unit)[1][1:]}
    ended = minimize(
        lambda unit: at(unit)[0][0] / scale,
        first,
        jac=lambda unit: at(unit)[1][0] / scale,
        bounds=[(0.0, 1.0)] * len(first),
        constraints=[limits] if len(at(first)[0]) > 1 else [],
        method="SLSQP",
        options={"maxiter": MOST_STEPS, "ftol": PRECISION},
    )
    unit = np.clip(ended.x, 0.0, 1.0)
    outcome = at(unit)[0]
    return Found(
        number,
        tuple((problem.low + unit * width).tolist()),
        float(outcome[0]),
        float(outcome[1:].min(initial=np.inf)),
        str(ended.message),
        tuple(
            (*(problem.low + np.frombuffer(key) * width).tolist(), float(o[0]), float(o[1:].min(initial=np.inf)))
            for key, (o, _) in seen.items()
        ),
    )


def best(ends: Sequence[Found]) -> Found:
    """The smallest objective of those that keep the limits; where none does, the one that misses them least."""
    kept = [end for end in ends if end.kept and np.isfinite(end.objective)]
    return min(kept, key=lambda end: end.objective) if kept else max(ends, key=lambda end: end.worst_limit)


def as_row(end: Found) -> dict[str, object]:
    """Plain data, to be kept between sessions."""
    return asdict(end)


def from_row(row: dict) -> Found:
    """What :func:`as_row` made plain."""
    return Found(**{**row, "values": tuple(row["values"]), "tried": tuple(tuple(point) for point in row["tried"])})
