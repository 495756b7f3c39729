"""Accuracy and repeatability of positioning of one axis, ISO 230-2."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError


@dataclass(frozen=True)
class Positioning:
    """The sheet of ISO 230-2, coverage factor k = 2; all lengths [m] (of rotary axes [rad])."""

    target: np.ndarray  # (target,)
    mean: np.ndarray  # (2, target) mean deviation of the approaches upwards and downwards
    deviation: np.ndarray  # (2, target) standard deviation s of the approaches
    reversal: np.ndarray  # (target,) B_i, upwards minus downwards
    repeatability_at: np.ndarray  # (target,) R_i, bidirectional
    reversal_value: float  # B, largest |B_i|
    mean_reversal: float  # mean of B_i
    repeatability: tuple[float, float, float]  # R upwards, downwards, bidirectional
    systematic: tuple[float, float, float]  # E upwards, downwards, bidirectional
    mean_systematic: float  # M, range of the mean bidirectional deviation
    accuracy: tuple[float, float, float]  # A upwards, downwards, bidirectional


def positioning(target: np.ndarray, deviations: np.ndarray) -> Positioning:
    """Evaluate measured ``deviations`` (cycle, 2, target) [m], actual minus target; approach upwards, downwards.

    R_i = max(2 s+ + 2 s- + |B_i|, 4 s+, 4 s-) and R = max R_i; E = range of all means of both directions; A = range of
    all means ± 2 s (ISO 230-2:2014, clause 3).

    Raises:
        InputError: fewer than two cycles, targets that do not ascend, values that are no numbers.
    """
    target, deviations = np.asarray(target, float), np.asarray(deviations, float)
    if deviations.ndim != 3 or deviations.shape[1:] != (2, len(target)) or len(target) < 2:
        raise InputError(
            f"positioning deviations of shape {deviations.shape} for {len(target)} targets",
            remedy="give (cycle, 2 directions, target), two targets at least",
        )
    if len(deviations) < 2:
        raise InputError("one cycle tells nothing of repeatability", remedy="measure five cycles (ISO 230-2)")
    if not np.isfinite(deviations).all():
        raise InputError("positioning deviations that are no numbers", remedy="measure the missing cycles")
    if not (np.diff(target) > 0).all():
        raise InputError("target positions do not ascend", remedy="sort them")
    mean, s = deviations.mean(axis=0), deviations.std(axis=0, ddof=1)
    reversal = mean[0] - mean[1]
    at = np.maximum(2 * s.sum(axis=0) + np.abs(reversal), 4 * s.max(axis=0))
    high, low = mean + 2 * s, mean - 2 * s
    return Positioning(
        target=target,
        mean=mean,
        deviation=s,
        reversal=reversal,
        repeatability_at=at,
        reversal_value=float(np.abs(reversal).max()),
        mean_reversal=float(reversal.mean()),
        repeatability=(float(4 * s[0].max()), float(4 * s[1].max()), float(at.max())),
        systematic=(float(np.ptp(mean[0])), float(np.ptp(mean[1])), float(np.ptp(mean))),
        mean_systematic=float(np.ptp(mean.mean(axis=0))),
        accuracy=(
            float(high[0].max() - low[0].min()),
            float(high[1].max() - low[1].min()),
            float(high.max() - low.min()),
        ),
    )
