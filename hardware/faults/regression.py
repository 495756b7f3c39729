"""Indicators and the least squares that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Indicator:
    """One parameter of one run, in the unit that its name ends in."""

    value: float
    uncertainty: float  # one standard deviation


def regressed(
    columns: Sequence[np.ndarray], value: np.ndarray, rows: np.ndarray, names: Sequence[str]
) -> dict[str, Indicator]:
    """Least squares of ``value`` (sample,) on ``columns`` (sample,) each, in ``rows``.

    Args:
        names: of the factors; one without a name is fitted along and not returned.

    Returns:
        factors with the deviations that the residuals show; none where the columns do not tell them apart.
    """
    design = np.stack([column[rows] for column in columns], axis=1)
    scale = np.maximum(np.abs(design).max(axis=0), 1e-300)
    design = design / scale
    gram = design.T @ design
    if not np.linalg.cond(gram) < 1e12:
        return {}
    found = np.linalg.solve(gram, design.T @ value[rows])
    left = value[rows] - design @ found
    variance = (left @ left) / max(len(left) - len(found), 1)
    spread = np.sqrt(np.diag(np.linalg.inv(gram)) * variance)
    rows_of = zip(names, (found / scale).tolist(), (spread / scale).tolist(), strict=True)
    return {name: Indicator(v, s) for name, v, s in rows_of if name}
