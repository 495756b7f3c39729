"""Rows of correction files: values of one axis over the position of one axis, checked as controls demand them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError


@dataclass(frozen=True)
class AxisTable:
    """Values of the axis ``output`` over the position of the axis ``input``, as they stand in a file."""

    input: str
    output: str
    position: np.ndarray  # (point,) [m] ascending
    value: np.ndarray  # (point,) [m]


def check_ascending(position: Sequence[float], lines: Sequence[int], file: str, what: str = "positions") -> None:
    """Raise InputError at the first of ``position`` that does not exceed the one before it."""
    for k in range(1, len(position)):
        if not position[k] > position[k - 1]:
            raise InputError(
                f"{what} do not ascend: {position[k]:g} after {position[k - 1]:g}",
                file=file,
                line=lines[k],
                remedy="sort the rows and write each position once",
            )


def check_count(n_points: int, most: int, file: str, least: int = 2) -> None:
    """Raise InputError unless a control takes so many points."""
    if not least <= n_points <= most:
        raise InputError(f"a table of {n_points} points", file=file, remedy=f"this control takes {least} to {most}")


def number(text: str, file: str, line: int) -> float:
    """The finite number that ``text`` is; else an InputError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{text!r} is not a number", file=file, line=line, remedy="write a decimal number")
    return value


def same_steps(position: np.ndarray, file: str) -> float:
    """Step [m] of positions that lie evenly; InputError where they do not."""
    step = np.diff(position)
    if len(position) < 2 or step.min() <= 0 or np.ptp(step) > 1e-7:  # 0.1 µm
        raise InputError("the points do not lie at even steps", file=file, remedy="this control wants one step a table")
    return float((position[-1] - position[0]) / (len(position) - 1))
