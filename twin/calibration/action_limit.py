"""When to measure again: the squared innovations of a filter, against what its own covariance promises.

Of a filter that is right, the normalised squared innovation of each step (nu' S^-1 nu, m sensors) is chi-square with m
degrees of freedom and independent from step to step: their sum over a window of n steps has m n. Above the quantile
that a right filter exceeds once in ``false_alarms`` windows, the model no longer describes the machine.
"""

from collections import deque
from dataclasses import dataclass, field
from functools import cache

from scipy.stats import chi2

from twin.errors import InputError


@dataclass
class ActionLimit:
    """Watches a filter; see :meth:`exceeded`."""

    window: int
    """Steps that are summed."""
    false_alarms: float = 1e-4
    """Probability that a window of a right filter is above the limit."""
    _squares: deque = field(init=False, repr=False)
    _freedom: deque = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.window < 1 or not 0 < self.false_alarms < 1:
            raise InputError(
                f"action limit over {self.window} steps at {self.false_alarms:g}", remedy="1 or more; 0..1"
            )
        self._squares, self._freedom = deque(maxlen=self.window), deque(maxlen=self.window)

    def exceeded(self, squared_innovation: float, n_sensors: int) -> bool:
        """Whether to measure again, after a step with ``n_sensors`` readings (0: none came; nothing is added)."""
        if n_sensors:
            self._squares.append(squared_innovation)
            self._freedom.append(n_sensors)
        return self.full and self.share > 1.0

    @property
    def full(self) -> bool:
        """Whether the window is."""
        return len(self._squares) == self.window

    @property
    def share(self) -> float:
        """The window's sum over its limit."""
        return sum(self._squares) / _limit(self.false_alarms, max(sum(self._freedom), 1))


@cache
def _limit(false_alarms: float, freedom: int) -> float:
    return float(chi2.isf(false_alarms, freedom))
