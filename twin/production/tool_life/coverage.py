"""How true predicted lives are, where a life is only known to lie between two readings."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Survival = Callable[[np.ndarray], np.ndarray]  # time (time,) [s] -> probability to live longer


@dataclass(frozen=True)
class Coverage:
    """Of central intervals of one level, over many tools."""

    surely: float  # part of the tools whose whole bracket lies inside the interval
    possibly: float  # part whose bracket overlaps it
    expected: float  # part inside, each bracket filled as its own prediction says


def coverage(failed_by: np.ndarray, level: float) -> Coverage:
    """Coverage of the central interval of ``level``.

    Args:
        failed_by: (tool, 2) predicted probability that the life ends by the lower and by the upper end of its bracket.
    """
    low, high = (1 - level) / 2, (1 + level) / 2
    start, end = failed_by.T
    width = np.maximum(end - start, 1e-12)
    inside = np.clip(np.minimum(end, high) - np.maximum(start, low), 0, None) / width
    return Coverage(
        float(np.mean((start >= low) & (end <= high))),
        float(np.mean((end > low) & (start < high))),
        float(np.mean(inside)),
    )


def log_score(failed_by: np.ndarray) -> float:
    """Mean ln of the probability given to the bracket in which each life ended (a proper score; larger is better)."""
    return float(np.mean(np.log(np.maximum(failed_by[:, 1] - failed_by[:, 0], 1e-12))))


def failed_by(survival: Survival, lower: float, upper: float) -> tuple[float, float]:
    """Probability that a life ends by ``lower`` and by ``upper`` [s]; upper may be inf."""
    at = np.array([lower, upper if np.isfinite(upper) else lower])
    alive = survival(at)
    return (0.0 if lower <= 0 else float(1 - alive[0])), (float(1 - alive[1]) if np.isfinite(upper) else 1.0)
