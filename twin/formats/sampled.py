"""What files of measured signals have in common: channels with a name, a unit and samples at known times."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Signal:
    """A channel of a file, read piece by piece."""

    name: str
    unit: str
    """As the file writes it; empty: none."""
    count: int
    """Of its samples."""
    times: Callable[[int, int], np.ndarray] = field(repr=False)
    """First sample, number of samples -> (sample,) [s] since the file's time zero."""
    values: Callable[[int, int], np.ndarray] = field(repr=False)
    """The same -> (sample,) in ``unit``; NaN where the file says that there is no value."""


@dataclass(frozen=True)
class SampledFile:
    """Channels of a file, each with its own rate."""

    file: str
    start: float | None
    """UTC since 1970 [s] of time zero; None: unknown."""
    signals: tuple[Signal, ...]
    close: Callable[[], None] = field(default=lambda: None, repr=False)


def regular(first: float, period: float) -> Callable[[int, int], np.ndarray]:
    """Times of samples every ``period`` [s] from ``first`` [s] on."""
    return lambda begin, count: first + period * np.arange(begin, begin + count)
