"""The clock of a machine beside ours, from when its samples came.

A sample that was measured when the machine's clock read t arrives, by our clock, at t + shift + delay, and a delay is
never negative. So the smallest difference of a while is the shift plus the shortest delay: what is left unknown is that
delay, some milliseconds on a shop's network, plus the time that a source lets samples settle.
"""

from collections import deque

WINDOW = 60.0  # [s] of our clock from which the smallest difference is taken
AT_LEAST = 5  # samples before anything is said


class ClockShift:
    """What has to be added to a machine's times [s]; zero while its clock is right to ``tolerance``.

    Args:
        tolerance: [s] by which the difference may be from what is added before it is taken anew.
    """

    def __init__(self, tolerance: float):
        self._tolerance = tolerance
        self._kept: deque[tuple[float, float]] = deque()  # arrival and difference, the differences rising
        self._n = 0
        self.added = 0.0
        """[s]"""

    @property
    def difference(self) -> float | None:
        """Our clock less the machine's, the shortest delay included [s]; None: not known yet."""
        return self._kept[0][1] if self._n >= AT_LEAST else None

    def heard(self, arrived: float, measured: float) -> bool:
        """Note that a sample of ``measured`` [s] by the machine's clock came at ``arrived`` [s] by ours.

        Returns:
            whether what has to be added has changed.
        """
        difference = arrived - measured
        while self._kept and self._kept[-1][1] >= difference:
            self._kept.pop()
        self._kept.append((arrived, difference))
        while self._kept[0][0] < arrived - WINDOW:
            self._kept.popleft()
        self._n += 1
        known = self.difference
        if known is None or abs(known - self.added) <= self._tolerance:
            return False
        self.added = known if abs(known) > self._tolerance else 0.0
        return True
