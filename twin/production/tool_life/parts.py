"""How many parts a tool makes: the physical law's prediction as a distribution, corrected by tools already used."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri

from twin.cutting.wear.table import WearScatter
from twin.errors import InputError

N_LEVELS = 801  # grid of the level that all tools share


@dataclass(frozen=True)
class LogLife:
    """ln(parts) of a new tool, normal: a level that all tools share and is uncertain, and each tool's own scatter."""

    mean: float
    level_deviation: float  # of what is known of the level
    tool_deviation: float  # from tool to tool

    @property
    def deviation(self) -> float:
        """Of ln(parts) of one new tool."""
        return float(np.hypot(self.level_deviation, self.tool_deviation))

    def survival(self, parts: ArrayLike) -> np.ndarray:
        """Probability that a new tool makes ``parts`` (any shape)."""
        parts = np.asarray(parts, float)
        log_parts = np.log(np.where(parts > 0, parts, 1.0))
        return np.where(parts > 0, ndtr((self.mean - log_parts) / self.deviation), 1.0)

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """Parts before which a new tool fails with ``probability``."""
        return np.exp(self.mean + self.deviation * ndtri(np.asarray(probability, float)))


def log_parts(used_by_part: float, scatter: WearScatter, level_deviation: float = 0.0) -> LogLife:
    """Parts by the physical law.

    Args:
        used_by_part: part of a life that one part uses, from the run.
        scatter: of the law's row in conf/wear.
        level_deviation: of ln(life) by which the law's level may be wrong for all tools alike.

    Raises:
        InputError: a tool that does not wear.
    """
    if not used_by_part > 0:
        raise InputError(f"a part uses {used_by_part:g} of the tool's life", remedy="leave out tools that do not cut")
    return LogLife(-float(np.log(used_by_part)), level_deviation, max(scatter.life, 1e-6))


def observed(prior: LogLife, lower: ArrayLike, upper: ArrayLike) -> LogLife:
    """``prior`` after lives of like tools: (tool,) parts after which each was still good, and by which it was worn.

    The level is integrated over a grid; its posterior is returned as a normal of the same mean and deviation.

    Args:
        upper: inf where the tool was changed before it was worn.

    Raises:
        InputError: brackets that are empty.
    """
    lower, upper = (np.atleast_1d(np.asarray(values, float)) for values in (lower, upper))
    if not (upper > lower).all() or (lower < 0).any():
        raise InputError("a tool was worn before it was last seen good", remedy="give lower < upper, in parts")
    if prior.level_deviation == 0:
        return prior
    level = prior.mean + prior.level_deviation * np.linspace(-6, 6, N_LEVELS)
    log_weight = -(((level - prior.mean) / prior.level_deviation) ** 2) / 2
    with np.errstate(divide="ignore"):
        start, end = (np.log(values)[:, None] for values in (lower, upper))
    alive_start, alive_end = (log_ndtr((level - at) / prior.tool_deviation) for at in (start, end))
    log_weight = log_weight + np.sum(
        alive_start + np.log(-np.expm1(np.minimum(alive_end - alive_start, -1e-12))), axis=0
    )
    weight = np.exp(log_weight - logsumexp(log_weight))
    mean = float(weight @ level)
    return LogLife(mean, float(np.sqrt(weight @ (level - mean) ** 2)), prior.tool_deviation)
