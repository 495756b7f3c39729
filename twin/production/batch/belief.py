"""What is believed of the process, updated part by part by what the machine and the gauge say.

Leading axes are (run,): so many batches at once. Three independent beliefs:

- the tool's life: ln(parts) is a level that all tools share plus the tool's own; on a grid of ln(life), weighted by
  what the power of each part says and by the tool being still whole;
- the size: offset and error of the cold machine, jointly normal (Kalman); the offset drifts;
- the fault: probability that something is wrong, by the power beyond that of the wear and by measured sizes.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import log_ndtr, ndtr

from twin.production.batch.settings import Batch

N_NODES = 41
WIDE = 4.0  # deviations that the grid of ln(life) reaches to


@dataclass
class Belief:
    """State of every run; see the module."""

    batch: Batch
    level: np.ndarray  # (run, 2) mean and variance of ln(life) that tools share
    life: np.ndarray  # (run, node) ln(life) of the nodes
    weight: np.ndarray  # (run, node)
    age: np.ndarray  # (run,) parts at full feed that the tool has made
    size: np.ndarray  # (run, 2) mean of offset and cold error [m]
    covariance: np.ndarray  # (run, 2, 2) [m2]
    cold: np.ndarray  # (run,) part of the cold error that is left, 0..1
    faulty: np.ndarray  # (run,) probability

    def of(self, rows: np.ndarray) -> "Belief":
        """The belief of some runs only."""
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "batch"}
        return replace(self, **arrays)

    @property
    def width(self) -> np.ndarray:
        """(run, 1) distance of the nodes."""
        return self.life[:, 1:2] - self.life[:, :1]

    @property
    def look(self) -> np.ndarray:
        """(run, 2) how offset and cold error enter the next size."""
        return np.stack([np.ones_like(self.cold), self.cold], axis=1)

    def worn(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (run,) of the wear, as part of that of a tool at the end of its life."""
        worn = np.minimum(self.age[:, None] / np.exp(self.life), 1.0)
        mean = np.sum(self.weight * worn, axis=1)
        return mean, np.sum(self.weight * worn**2, axis=1) - mean**2

    def predicted(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (run,) of the size of the next part as a gauge without error reads it [m, m2]."""
        mean_wear, variance_wear = self.worn()
        look, size = self.look, self.batch.size
        mean = np.sum(look * self.size, axis=1) + size.wear * mean_wear
        variance = np.einsum("ri,rij,rj->r", look, self.covariance, look)
        return mean, variance + size.wear**2 * variance_wear + size.repeatability**2

    def new_tool(self, rows: np.ndarray) -> None:
        """A new tool: what the old one taught of the level stays; the tool's setting is new."""
        tool = self.batch.tool
        mean = np.sum(self.weight * self.life, axis=1)
        variance = np.maximum(np.sum(self.weight * (self.life - mean[:, None]) ** 2, axis=1), 1e-9)
        m, v = self.level[:, 0], self.level[:, 1]
        before = v + tool.tool_scatter**2
        precision = np.maximum(1 / variance - 1 / before, 0.0)  # of what the tool itself said of its life
        said = np.where(precision > 1e-9, (mean / variance - m / before) / np.maximum(precision, 1e-9), m)
        spread = tool.tool_scatter**2 + 1 / np.maximum(precision, 1e-9)
        gain = v / (v + spread)
        self.level[rows, 0] = (m + gain * (said - m))[rows]
        self.level[rows, 1] = (v * (1 - gain))[rows]
        self.fresh(rows)
        self.covariance[rows, 0, 0] += self.batch.size.tool_setting**2

    def fresh(self, rows: np.ndarray) -> None:
        """The life of a tool of which nothing is known but the level."""
        deviation = np.sqrt(self.level[:, 1] + self.batch.tool.tool_scatter**2)
        nodes = np.linspace(-WIDE, WIDE, N_NODES)
        weight = np.exp(-(nodes**2) / 2)
        self.life[rows] = (self.level[:, :1] + deviation[:, None] * nodes)[rows]
        self.weight[rows] = weight / weight.sum()
        self.age[rows] = 0.0

    def pause(self, rows: np.ndarray) -> None:
        """The machine cooled down: what was known of its cold error is old."""
        self.cold[rows] = 1.0
        self.size[rows, 1] = 0.0
        self.covariance[rows, 1, :] = self.covariance[rows, :, 1] = 0.0
        self.covariance[rows, 1, 1] = self.batch.size.cold**2

    def warmed(self, rows: np.ndarray, time: np.ndarray | float) -> None:
        """The machine worked so long [s]."""
        self.cold[rows] *= np.exp(-np.broadcast_to(time, self.cold.shape)[rows] / self.batch.size.warming)

    def whole(self) -> np.ndarray:
        """(run, node) logarithm of the probability that the tool reaches its age; nodes are as wide as they lie."""
        with np.errstate(divide="ignore"):
            return log_ndtr((self.life - np.log(self.age)[:, None]) / (self.width / 2))

    def made(self, aged: np.ndarray, power: np.ndarray, failed: np.ndarray) -> None:
        """A part was made: the tool aged so many parts (run,), the power rose by so much (run,), it broke or not."""
        tool, fault = self.batch.tool, self.batch.fault
        before = self.whole()
        self.age = self.age + aged * (1 + self.faulty * (fault.wear - 1))
        after = self.whole()
        expected = tool.signal * np.minimum(self.age[:, None] / np.exp(self.life), 1.0)
        healthy, ill = (
            np.exp(-(((power[:, None] - expected - rise) / tool.signal_noise) ** 2) / 2) for rise in (0.0, fault.signal)
        )
        faulty = self.faulty + (1 - self.faulty) * fault.onset
        both = (1 - faulty[:, None]) * healthy + faulty[:, None] * ill
        kept = np.exp(np.minimum(after - before, 0.0))
        survived = np.where(failed[:, None], 1 - kept, kept)
        weight = self.weight * survived * (both + 1e-300)
        total = weight.sum(axis=1, keepdims=True)
        said = np.sum(self.weight * ill, axis=1), np.sum(self.weight * healthy, axis=1)
        self.weight = np.where(total > 0, weight / np.where(total > 0, total, 1.0), self.weight)
        self.faulty = faulty * said[0] / np.maximum(faulty * said[0] + (1 - faulty) * said[1], 1e-300)
        self.covariance[:, 0, 0] += self.batch.size.drift**2

    def measured(self, rows: np.ndarray, size: np.ndarray, cold: np.ndarray) -> None:
        """The last part of some runs was measured: (run,) uncorrected size [m] at which part of the cold error."""
        s, fault = self.batch.size, self.batch.fault
        mean_wear, variance_wear = self.worn()
        look = np.stack([np.ones_like(cold), cold], axis=1)
        noise = s.gauge**2 + s.repeatability**2 + s.wear**2 * variance_wear
        error = size - np.sum(look * self.size, axis=1) - s.wear * mean_wear
        cross = np.einsum("rij,rj->ri", self.covariance, look)
        variance = np.einsum("ri,ri->r", look, cross) + noise
        odds = np.exp(-((error - fault.shift) ** 2 - error**2) / (2 * variance))
        ill = self.faulty * odds
        faulty = ill / np.maximum(ill + 1 - self.faulty, 1e-300)
        trust = (1 - faulty)[:, None]  # what a fault shifted says little of the offset
        gain = cross / variance[:, None]
        self.size[rows] += (trust * gain * error[:, None])[rows]
        self.covariance[rows] -= (trust[:, :, None] * gain[:, :, None] * cross[:, None, :])[rows]
        self.faulty[rows] = faulty[rows]


def first_belief(batch: Batch, n_runs: int) -> Belief:
    """Before the first part: a new tool, a cold machine."""
    tool, size = batch.tool, batch.size
    shape = (n_runs, N_NODES)
    belief = Belief(
        batch=batch,
        level=np.tile([np.log(tool.n_life), tool.law_scatter**2], (n_runs, 1)),
        life=np.zeros(shape),
        weight=np.zeros(shape),
        age=np.zeros(n_runs),
        size=np.zeros((n_runs, 2)),
        covariance=np.tile(np.diag([size.offset**2, size.cold**2]), (n_runs, 1, 1)),
        cold=np.ones(n_runs),
        faulty=np.zeros(n_runs),
    )
    belief.fresh(np.ones(n_runs, dtype=bool))
    return belief


def outside(mean: np.ndarray, variance: np.ndarray, tolerance: float) -> np.ndarray:
    """Probability that a normal size lies outside of plus or minus the tolerance."""
    deviation = np.sqrt(variance)
    return 1 - (ndtr((tolerance - mean) / deviation) - ndtr((-tolerance - mean) / deviation))
