"""What is believed of the process, updated part by part by what the machine and the gauge say.

Leading axes are (run,): so many batches at once. Three independent beliefs:

- the tool's life: ln(parts) is a level that all tools share plus the tool's own, and the power rises with wear by a
  gain that all tools share; on a grid of gain and ln(life), weighted by the power of each part, by the tool being
  still whole, and by the wear that is measured once it is out;
- the size: offset and error of the cold machine, jointly normal (Kalman); the offset drifts;
- the fault: probability that something is wrong, by the power beyond that of the wear and by measured sizes.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import log_ndtr, ndtr

from twin.production.batch.settings import Batch

N_NODES, N_GAINS = 61, 7
WIDE, WIDE_GAIN = 4.0, 2.5  # deviations that the grids of ln(life) and of ln(gain) reach to
LEAST = 1e-200  # likelihood of what is impossible in every case: it says nothing


@dataclass
class Belief:
    """State of every run; see the module."""

    batch: Batch
    gain: np.ndarray  # (run, gain) of the power over that of the settings
    life: np.ndarray  # (run, node) ln(life)
    level: np.ndarray  # (run, gain, 2) mean and variance of ln(life) that tools share
    joint: np.ndarray  # (run, gain, node) probability
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
    def weight(self) -> np.ndarray:
        """(run, node) probability of the life of the tool that is in."""
        return self.joint.sum(axis=1)

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

    def new_tool(self, rows: np.ndarray, worn: np.ndarray | None = None) -> None:
        """A new tool: what the old one taught of gain and level stays; the tool's setting is new.

        Args:
            worn: (run,) wear of the old one as it was measured; none where it failed.
        """
        tool, joint = self.batch.tool, self.joint
        if worn is not None:
            wear = np.minimum(self.age[:, None] / np.exp(self.life), 1.0)
            joint = joint * (np.exp(-(((worn[:, None] - wear) / tool.wear_gauge) ** 2) / 2) + LEAST)[:, None, :]
            joint = joint / joint.sum(axis=(1, 2), keepdims=True)
        of_gain = joint.sum(axis=2)
        given = joint / np.maximum(of_gain, LEAST)[:, :, None]
        mean = np.einsum("rgn,rn->rg", given, self.life)
        variance = np.einsum("rgn,rn->rg", given, self.life**2) - mean**2 + (self.width / 2) ** 2
        m, v = self.level[..., 0], self.level[..., 1]
        before = v + tool.tool_scatter**2
        precision = np.maximum(1 / variance - 1 / before, 1e-9)  # of what the tool itself said of its life
        said = m + (mean - m) / (variance * precision)
        gain = v / (v + tool.tool_scatter**2 + 1 / precision)
        self.level[rows, :, 0] = (m + gain * (said - m))[rows]
        self.level[rows, :, 1] = (v * (1 - gain))[rows]
        self.joint[rows] = (of_gain[:, :, None] * self.fresh())[rows]
        self.age[rows] = 0.0
        self.covariance[rows, 0, 0] += self.batch.size.tool_setting**2

    def fresh(self) -> np.ndarray:
        """(run, gain, node) probability of the life of a tool of which nothing but the level is known, by gain."""
        variance = self.level[..., 1] + self.batch.tool.tool_scatter**2
        away = self.life[:, None, :] - self.level[..., :1]
        weight = np.exp(-(away**2) / (2 * variance[:, :, None])) + LEAST
        return weight / weight.sum(axis=2, keepdims=True)

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
        wear = np.minimum(self.age[:, None] / np.exp(self.life), 1.0)
        expected = tool.signal * self.gain[:, :, None] * wear[:, None, :]
        healthy, ill = (
            np.exp(-(((power[:, None, None] - expected - rise) / tool.signal_noise) ** 2) / 2) + LEAST
            for rise in (0.0, fault.signal)
        )
        faulty = self.faulty + (1 - self.faulty) * fault.onset
        share = faulty[:, None, None]
        kept = np.exp(np.minimum(after - before, 0.0))
        survived = np.where(failed[:, None], 1 - kept, kept)
        joint = self.joint * survived[:, None, :] * ((1 - share) * healthy + share * ill)
        total = joint.sum(axis=(1, 2), keepdims=True)
        wrong, fine = (np.sum(self.joint * likely, axis=(1, 2)) for likely in (ill, healthy))
        self.joint = np.where(total > 0, joint / np.where(total > 0, total, 1.0), self.joint)
        self.faulty = faulty * wrong / (faulty * wrong + (1 - faulty) * fine)
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
        odds = np.exp(np.clip(-((error - fault.shift) ** 2 - error**2) / (2 * variance), -50.0, 50.0))
        faulty = self.faulty * odds / (self.faulty * odds + 1 - self.faulty + LEAST)
        trust = (1 - faulty)[:, None]  # what a fault shifted says little of the offset
        gain = cross / variance[:, None]
        self.size[rows] += (trust * gain * error[:, None])[rows]
        self.covariance[rows] -= (trust[:, :, None] * gain[:, :, None] * cross[:, None, :])[rows]
        self.faulty[rows] = faulty[rows]


def first_belief(batch: Batch, n_runs: int) -> Belief:
    """Before the first part: a new tool, a cold machine."""
    tool, size = batch.tool, batch.size
    level = np.array([np.log(tool.n_life), tool.law_scatter**2])
    nodes = np.log(tool.n_life) + WIDE * np.hypot(tool.law_scatter, tool.tool_scatter) * np.linspace(-1, 1, N_NODES)
    gains = WIDE_GAIN * np.linspace(-1, 1, N_GAINS)
    belief = Belief(
        batch=batch,
        gain=np.tile(np.exp(tool.signal_scatter * gains), (n_runs, 1)),
        life=np.tile(nodes, (n_runs, 1)),
        level=np.tile(level, (n_runs, N_GAINS, 1)),
        joint=np.zeros((n_runs, N_GAINS, N_NODES)),
        age=np.zeros(n_runs),
        size=np.zeros((n_runs, 2)),
        covariance=np.tile(np.diag([size.offset**2, size.cold**2]), (n_runs, 1, 1)),
        cold=np.ones(n_runs),
        faulty=np.zeros(n_runs),
    )
    share = np.exp(-(gains**2) / 2)
    belief.joint = (share / share.sum())[None, :, None] * belief.fresh()
    return belief


def outside(mean: np.ndarray, variance: np.ndarray, tolerance: float) -> np.ndarray:
    """Probability that a normal size lies outside of plus or minus the tolerance."""
    deviation = np.sqrt(variance)
    return 1 - (ndtr((tolerance - mean) / deviation) - ndtr((-tolerance - mean) / deviation))
