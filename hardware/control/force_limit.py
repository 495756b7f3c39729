"""The feed at which the peak force stays under a limit, from the twin's loads of the path ahead."""

import numpy as np

from hardware.path_position import follow, path_of
from hardware.segment_loads import QUANTITIES, segment_loads
from twin.cutting.basis import COEFFICIENTS
from twin.prediction import Machining
from twin.scenario import Scenario

PEAK = QUANTITIES.index("force_peak")
REACTION = 0.1  # [s] of the controller's own ramp, on top of the guard's


class ForceLimit:
    """Feed factor for every place of the path.

    The part of the peak force that goes with the chip falls with the feed, that of the edge stays; a segment whose edge
    force alone is above the limit gets the least factor.

    Args:
        scenario: what the twin knows: coefficients, tools.
        machining: of its program.
        limit: [N] of the peak force.
        least: factor that is asked for at least.
        rate: of the factor, a second: so far ahead is looked as the feed needs to come down.
    """

    def __init__(self, scenario: Scenario, machining: Machining, limit: float, least: float, rate: float):
        k = scenario.material.coefficients
        table = segment_loads(scenario, machining.toolpath, machining.contact)
        chip, edge = table.split(np.array([float(getattr(k, name)) for name in COEFFICIENTS]))
        of_chip, of_edge = chip[:, PEAK], edge[:, PEAK]
        whole = np.where(of_chip > 0, (limit - of_edge) / np.where(of_chip > 0, of_chip, 1.0), 1.0)
        allowed = np.clip(whole, least, 1.0)
        path = path_of(machining.toolpath)
        self._path, self._place = path, np.zeros(2, np.int64)
        self._part = np.asarray(scenario.part.part_zero)
        self._factor = _least_ahead(allowed, machining.toolpath.length, table.speed * (1 / rate + REACTION))
        self.unreachable = int(np.sum(whole < least))
        """Segments whose force is above the limit at the least factor too."""

    def factor(self, tip: np.ndarray, line: int) -> float:
        """At ``tip`` (3,) [m] commanded, while ``line`` runs; 1 where no line of the path does."""
        segment = follow(self._path.start, self._path.end, self._path.line, tip - self._part, line, self._place)
        return 1.0 if segment < 0 else float(self._factor[segment])


def _least_ahead(allowed: np.ndarray, length: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """(segment,) least of ``allowed`` from each segment on, over the length ``ahead`` [m] that its own feed needs."""
    begins = np.concatenate([[0.0], np.cumsum(length)])
    found = allowed.copy()
    last = np.searchsorted(begins, begins[1:] + ahead)
    for k in range(len(allowed)):
        found[k] = allowed[k : max(last[k], k + 1)].min()
    return found
