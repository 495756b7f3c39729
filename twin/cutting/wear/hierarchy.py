"""A law of flank wear fitted to the wear curves of many tools, each with its own scatter: hierarchical and Bayesian.

    ln VB = intercept + growth ln t + a ln(feed) + b ln(depth) [+ differences of a second material]
            + a tool's own offset + a tool's own growth x ln t + scatter of a reading

Linear and Gaussian in all but the three standard deviations (tool's offset, tool's growth, reading). Those are
integrated over a grid with their marginal likelihood and priors; given them everything is exact. The prediction for a
new tool under new conditions is the mixture over the grid and includes the tool's own scatter.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr

from twin.errors import InputError

PRIOR_SCALE = 2.0  # standard deviation of each effect before data: factors e^2 and exponents of 2
SCALES = (
    np.geomspace(0.05, 0.8, 7),  # tool's offset
    np.geomspace(0.02, 0.4, 6),  # tool's growth
    np.geomspace(0.05, 0.3, 6),  # reading
)
PRIOR_SCATTER = np.array([0.3, 0.15, 0.15])  # half-normal scales of the three standard deviations


@dataclass(frozen=True)
class WearReadings:
    """Flank wear against time in cut, of many tools."""

    tool: np.ndarray  # (reading,) int
    time: np.ndarray  # (reading,) [s] > 0
    wear: np.ndarray  # (reading,) [m] > 0
    feed: np.ndarray  # (reading,) [m]
    depth: np.ndarray  # (reading,) [m]
    second: np.ndarray  # (reading,) bool: of the second material

    def __post_init__(self) -> None:
        for name in ("time", "wear", "feed", "depth"):
            if not (getattr(self, name) > 0).all():
                raise InputError(f"a wear reading has a {name} that is not positive", remedy="leave it out")

    def of(self, rows: np.ndarray) -> "WearReadings":
        """Some of the readings."""
        return WearReadings(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class WearModel:
    """Posterior of the effects for each point of the grid of standard deviations."""

    centre: np.ndarray  # (3,) means of ln t, ln feed, ln depth that effects are counted from
    mean: np.ndarray  # (grid, effect)
    covariance: np.ndarray  # (grid, effect, effect)
    scatter: np.ndarray  # (grid, 3) standard deviations
    weight: np.ndarray  # (grid,) posterior

    @property
    def effects(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of each effect."""
        mean = self.weight @ self.mean
        spread = self.weight @ (np.einsum("gii->gi", self.covariance) + (self.mean - mean) ** 2)
        return dict(zip(EFFECTS, zip(mean.tolist(), np.sqrt(spread).tolist(), strict=True), strict=True))


EFFECTS = ("level", "growth", "feed", "depth", "level_2", "growth_2", "feed_2", "depth_2")


def fit_wear(readings: WearReadings) -> WearModel:
    """Fit the law.

    Args:
        readings: of several tools.

    Raises:
        InputError: fewer than three tools.
    """
    if len(np.unique(readings.tool)) < 3:
        raise InputError("a wear law needs readings of three tools at least")
    centre = np.array([np.log(getattr(readings, name)).mean() for name in ("time", "feed", "depth")])
    design, own, target = _design(readings, centre), _own(readings, centre), np.log(readings.wear)
    grid = np.array(list(product(*SCALES)))
    prior = np.full(design.shape[1], PRIOR_SCALE**2)
    prior[0] = 100.0  # nothing is known of the level
    tools = [np.flatnonzero(readings.tool == tool) for tool in np.unique(readings.tool)]
    means, covariances, evidence = [], [], []
    for offset, growth, reading in grid:
        precision, pulled = np.diag(1 / prior), np.zeros(len(prior))
        fit, log_det = 0.0, float(np.log(prior).sum())
        for rows in tools:
            noise = _noise(own[rows], offset, growth, reading)
            solved = np.linalg.solve(noise, np.column_stack([design[rows], target[rows]]))
            precision = precision + design[rows].T @ solved[:, :-1]
            pulled = pulled + design[rows].T @ solved[:, -1]
            fit += target[rows] @ solved[:, -1]
            log_det += np.linalg.slogdet(noise)[1]
        covariance = np.linalg.inv(precision)
        mean = covariance @ pulled
        evidence.append(-(fit - pulled @ mean + log_det + np.linalg.slogdet(precision)[1]) / 2)
        means.append(mean)
        covariances.append(covariance)
    # the grid is even in the logarithms: the half-normal priors count with their Jacobian
    log_prior = -((grid / PRIOR_SCATTER) ** 2).sum(axis=1) / 2 + np.log(grid).sum(axis=1)
    weight = np.exp(evidence + log_prior - np.max(evidence + log_prior))
    return WearModel(centre, np.array(means), np.array(covariances), grid, weight / weight.sum())


def predict_wear(model: WearModel, new: WearReadings, probability: ArrayLike) -> np.ndarray:
    """Quantiles of a reading on a new tool (probability, reading) [m]; wear in ``new`` is not read.

    Args:
        model: fitted on other tools.
        new: conditions and times.
        probability: (probability,) within 0 and 1.
    """
    weight, mean, deviation = _mixture(model, new)

    def quantile(p: float, row: int) -> float:
        low, high = (mean[:, row] - 8 * deviation[:, row]).min(), (mean[:, row] + 8 * deviation[:, row]).max()
        return brentq(lambda x: weight @ ndtr((x - mean[:, row]) / deviation[:, row]) - p, low, high)

    return np.exp([[quantile(p, row) for row in range(mean.shape[1])] for p in np.atleast_1d(probability)])


def wear_below(model: WearModel, new: WearReadings, limit: float) -> np.ndarray:
    """Probability that a reading on a new tool lies below ``limit`` [m], (reading,); wear in ``new`` is not read."""
    weight, mean, deviation = _mixture(model, new)
    return weight @ ndtr((np.log(limit) - mean) / deviation)


def _mixture(model: WearModel, new: WearReadings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weight (grid,), mean and standard deviation (grid, reading) of ln VB of a reading on a new tool."""
    keep = model.weight > 1e-4 * model.weight.max()
    design, own = _design(new, model.centre), _own(new, model.centre)
    mean = np.einsum("re,ge->gr", design, model.mean[keep])
    variance = np.einsum("re,gef,rf->gr", design, model.covariance[keep], design)
    variance += np.einsum("rk,gk->gr", own**2, model.scatter[keep, :2] ** 2) + model.scatter[keep, 2:] ** 2
    return model.weight[keep] / model.weight[keep].sum(), mean, np.sqrt(variance)


def _design(readings: WearReadings, centre: np.ndarray) -> np.ndarray:
    """Columns of the effects (reading, effect)."""
    logs = [np.log(getattr(readings, n)) - c for n, c in zip(("time", "feed", "depth"), centre, strict=True)]
    common = np.column_stack([np.ones_like(logs[0]), *logs])
    return np.hstack([common, common * readings.second[:, None]])


def _own(readings: WearReadings, centre: np.ndarray) -> np.ndarray:
    """Columns of a tool's own offset and growth (reading, 2)."""
    since = np.log(readings.time) - centre[0]
    return np.column_stack([np.ones_like(since), since])


def _noise(own: np.ndarray, offset: float, growth: float, reading: float) -> np.ndarray:
    """Covariance of the readings of one tool, given the effects."""
    return own @ np.diag([offset**2, growth**2]) @ own.T + reading**2 * np.eye(len(own))
