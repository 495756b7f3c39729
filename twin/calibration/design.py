"""Which test to make next: the candidate that says most about the parameters, before anything is measured.

The information of a candidate is J'J of what it would measure (:func:`twin.calibration.fit.information_of`). By the
D-criterion it is worth the logarithm by which the volume of the posterior shrinks; by the A-criterion the mean
variance of what is wanted that it takes away (ISO/TS 15530-4 and textbooks of optimal design use the same letters).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.errors import InputError

Criterion = Literal["D", "A"]


@dataclass(frozen=True)
class Worth:
    """What a candidate is worth after all those before it in the list."""

    name: str
    gain: float  # D: nats of log volume; A: part of the wanted variance that goes


def next_tests(
    information: np.ndarray,
    candidates: Mapping[str, np.ndarray],
    criterion: Criterion = "D",
    wanted: np.ndarray | None = None,
    n: int | None = None,
) -> tuple[Worth, ...]:
    """The best candidate, then the best beside it, and so on (greedy).

    Args:
        information: (parameter, parameter) of what is measured already, in prior deviations.
        candidates: name -> information of that test.
        criterion: D of all parameters; A of what is wanted.
        wanted: A: (quantity, parameter) derivative of each quantity of interest; None: the parameters themselves.
        n: how many; None: all.

    Raises:
        InputError: no candidate.
    """
    if not candidates:
        raise InputError("no candidate for the next test", remedy="name at least one")
    size = len(information)
    wanted = np.eye(size) if wanted is None else wanted
    known = information + np.eye(size)
    left = dict(candidates)
    found: list[Worth] = []
    while left and len(found) < (n or len(candidates)):
        worth = {name: _gain(known, more, criterion, wanted) for name, more in left.items()}
        best = max(worth, key=lambda name: worth[name])
        found.append(Worth(best, worth[best]))
        known = known + left.pop(best)
    return tuple(found)


def _gain(known: np.ndarray, more: np.ndarray, criterion: Criterion, wanted: np.ndarray) -> float:
    if criterion == "D":
        return float((np.linalg.slogdet(known + more)[1] - np.linalg.slogdet(known)[1]) / 2)
    before, after = (np.trace(wanted @ np.linalg.solve(m, wanted.T)) for m in (known, known + more))
    return float((before - after) / before)
