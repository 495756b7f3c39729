"""The clock of a machine beside ours, from when its samples came.

A sample that was measured when the machine's clock read t arrives, by our clock, at t + shift + delay, and a delay is
never negative. So a machine whose samples seem to come from the future has a clock that is ahead: that is certain at
once. One whose samples seem old may only have said nothing for long, or give what it had kept: its clock is behind
where samples go on to be equally old. What is left unknown is the shortest delay: some milliseconds on a shop's
network, plus the time that a source lets samples settle.
"""

from collections import deque

STEADY, LASTING = 5, 1.0  # samples, and [s] that they take at least, which are equally old where a clock is behind
REFINED = 0.02  # [s] by which a shift is known better before it is told


class ClockShift:
    """What has to be added to a machine's times [s]; zero while its clock is right to ``tolerance``.

    Args:
        tolerance: [s]
    """

    def __init__(self, tolerance: float):
        self._tolerance = tolerance
        self._recent: deque[tuple[float, float]] = deque()  # arrival and age [s]
        self.added = 0.0
        """[s]"""

    def heard(self, arrived: float, measured: float) -> bool:
        """Note that a sample of ``measured`` [s] by the machine's clock came at ``arrived`` [s] by ours.

        Returns:
            whether what has to be added has changed.
        """
        age = arrived - measured
        self._recent.append((arrived, age))
        while len(self._recent) > STEADY and self._recent[1][0] <= arrived - LASTING:
            self._recent.popleft()
        youngest = min(age for _, age in self._recent)
        if age < self.added - (REFINED if self.added else self._tolerance):
            new = age
        elif self._is_steady() and youngest > self.added + self._tolerance:
            new = youngest
        else:
            return False
        self.added = new if abs(new) > self._tolerance else 0.0
        return True

    def _is_steady(self) -> bool:
        ages = [age for _, age in self._recent]
        lasted = self._recent[-1][0] - self._recent[0][0]
        return len(ages) >= STEADY and lasted >= LASTING and max(ages) - min(ages) <= self._tolerance
