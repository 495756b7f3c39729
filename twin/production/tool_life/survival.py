"""Tool life as survival: the time until flank wear passes a limit, known only to lie between two readings.

An accelerated failure time model: ln(life) = intercept + sum of effects x covariates + scatter, the scatter normal or
of the smallest extreme (Weibull). Fitted by lifelines to interval-censored lives; the prediction for a new tool is the
mean over draws of the parameters from their asymptotic normal, so that few tools make wide intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr

from twin.errors import InputError

Law = Literal["log_normal", "weibull"]
EARLIEST = 1e-3  # [s] stands for 0, which has no logarithm
N_DRAWS = 2000
RIDGE = 0.01  # of lifelines: keeps effects finite that the data do not show


@dataclass(frozen=True)
class CensoredLives:
    """Lives of tools; of each it is known that it ended after ``lower`` and not after ``upper``."""

    tool: np.ndarray  # (tool,) int
    lower: np.ndarray  # (tool,) [s]
    upper: np.ndarray  # (tool,) [s]; inf where it had not ended
    covariates: np.ndarray  # (tool, covariate)

    def of(self, rows: np.ndarray) -> "CensoredLives":
        """Some of the tools."""
        return CensoredLives(self.tool[rows], self.lower[rows], self.upper[rows], self.covariates[rows])


def censored_lives(
    tool: np.ndarray, time: np.ndarray, wear: np.ndarray, limit: float, covariates: np.ndarray
) -> CensoredLives:
    """Between which readings each tool first passed ``limit``.

    Args:
        tool: (reading,) int.
        time: (reading,) [s] in cut, ascending within a tool.
        wear: (reading,) [m].
        covariates: (reading, covariate), alike within a tool.

    Raises:
        InputError: times that do not ascend.
    """
    names = np.unique(tool)
    lower, upper, rows = [], [], []
    for name in names:
        mine = np.flatnonzero(tool == name)
        if not (np.diff(time[mine]) > 0).all():
            raise InputError(f"tool {name}: the times of its readings do not ascend", remedy="sort them")
        passed = np.flatnonzero(wear[mine] >= limit)
        first = passed[0] if passed.size else len(mine)
        lower.append(time[mine[first - 1]] if first else 0.0)
        upper.append(time[mine[first]] if passed.size else np.inf)
        rows.append(mine[0])
    return CensoredLives(names, np.array(lower), np.array(upper), covariates[np.array(rows)])


@dataclass(frozen=True)
class LifeModel:
    """The fitted law; parameters are those of ln(life [s])."""

    law: Law
    names: tuple[str, ...]  # of the covariates
    draws: np.ndarray  # (draw, covariate + 2): effects, intercept, ln(scatter)
    mean: np.ndarray  # (covariate + 2,)
    deviation: np.ndarray  # (covariate + 2,)

    def survival(self, time: ArrayLike, covariates: ArrayLike) -> np.ndarray:
        """Probability that a new tool under ``covariates`` (covariate,) lives beyond ``time`` (time,) [s]."""
        log_time = np.log(np.maximum(np.asarray(time, float), EARLIEST))[..., None]
        middle = self.draws[:, -2] + self.draws[:, :-2] @ np.asarray(covariates, float)
        beyond = (log_time - middle) / np.exp(self.draws[:, -1])
        one = ndtr(-beyond) if self.law == "log_normal" else np.exp(-np.exp(np.minimum(beyond, 50)))
        return one.mean(axis=-1)

    def quantile(self, probability: ArrayLike, covariates: ArrayLike) -> np.ndarray:
        """Life [s] before which a new tool fails with ``probability`` (probability,)."""

        def of(p: float) -> float:
            found = brentq(lambda x: float(self.survival(np.exp([x]), covariates)[0]) - (1 - p), -7.0, 30.0)
            return float(np.exp(found))

        return np.array([of(p) for p in np.atleast_1d(probability)])


def fit_life(lives: CensoredLives, names: Sequence[str], law: Law = "log_normal") -> LifeModel:
    """Fit the law to interval-censored lives.

    Args:
        lives: of several tools.
        names: of the covariates.

    Raises:
        InputError: lifelines is not installed, fewer tools than parameters, no end of a life among them.
    """
    try:
        import pandas
        from lifelines import LogNormalAFTFitter, WeibullAFTFitter
    except ImportError:
        raise InputError("survival models need lifelines", remedy='pip install "machining-twin[production]"') from None
    if len(lives.tool) < len(names) + 2:
        raise InputError(f"{len(lives.tool)} tools do not tell {len(names) + 2} parameters", remedy="give more tools")
    if not np.isfinite(lives.upper).any():
        raise InputError("no tool reached the limit", remedy="choose a lower limit of wear")
    table = pandas.DataFrame(lives.covariates, columns=list(names))
    table["lower"], table["upper"] = np.maximum(lives.lower, EARLIEST), lives.upper
    fitter: Any = LogNormalAFTFitter(penalizer=RIDGE) if law == "log_normal" else WeibullAFTFitter(penalizer=RIDGE)
    fitter.fit_interval_censoring(table, lower_bound_col="lower", upper_bound_col="upper")
    middle, scatter = ("mu_", "sigma_") if law == "log_normal" else ("lambda_", "rho_")
    order = [*((middle, name) for name in names), (middle, "Intercept"), (scatter, "Intercept")]
    mean = np.array([fitter.params_[key] for key in order])
    covariance = fitter.variance_matrix_.loc[order, order].to_numpy()
    if law == "weibull":  # lifelines counts by the shape, 1 / scatter: ln(scatter) = -ln(shape)
        sign = np.append(np.ones(len(mean) - 1), -1.0)
        mean, covariance = sign * mean, sign[:, None] * covariance * sign
    draws = np.random.default_rng(0).multivariate_normal(mean, covariance, N_DRAWS)
    return LifeModel(law, tuple(names), draws, mean, np.sqrt(np.diag(covariance)))
