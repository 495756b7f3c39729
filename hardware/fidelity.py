"""How well a prediction meets a measurement, in the terms of ISO 23247: sampling held, and fidelity channel by channel.

Prediction and measurement stand on one clock (:mod:`hardware.alignment`). A difference is predicted minus measured.
A meter takes a recording block by block in bounded memory: what it keeps are sums, a histogram of En, spectra, and the
stretch in which the measurement moves most, from which the time shift is found.
"""

from dataclasses import dataclass, field

import numpy as np

from hardware.alignment import align
from hardware.fidelity_kernels import add_groups, add_scores, add_sums
from hardware.spectra import Spectra
from twin.errors import InputError

COVERAGE_FACTOR = 2.0  # of an expanded uncertainty, about 95 %
LEAST_MOVING = 1e-9  # of its own size: a signal that moves less has no correlation
SHARPEST = 3.0  # samples: a shift that is less well known is not stated
PIECE = 1 << 14  # samples from which the time shift is found
EN_BITS, EN_BINS = 46, 64 * 40  # histogram of |En|: exponent and six bits of the mantissa, at most 1.6 % wide
EN_LOWEST = int(np.float64(2.0**-20).view(np.int64)) >> EN_BITS


@dataclass(frozen=True)
class Fidelity:
    """One channel; numbers in its unit unless said."""

    channel: str
    unit: str
    samples: int
    bias: float
    rmse: float
    largest: float  # difference of largest magnitude, with its sign
    largest_at: float  # [s]
    moves: float  # standard deviation of the measurement
    correlation: float  # NaN where one of the two does not move
    shift: float  # [s] by which the prediction comes late; NaN where the signals do not tell
    coverage: float  # part of the samples within 2 standard deviations; NaN without uncertainties
    en: float  # 95th percentile of |En|, ISO/IEC 17043: up to 1 prediction and measurement agree; NaN as coverage
    frequency: np.ndarray  # (band,) [Hz] upper ends
    unexplained: np.ndarray  # (band,) power of the difference over that of the measurement
    limit: float | None  # declared, of the rmse
    passed: bool | None  # None: no limit is declared


def fidelity(
    channel: str,
    unit: str,
    time: np.ndarray,
    measured: np.ndarray,
    predicted: np.ndarray,
    measured_deviation: float | np.ndarray | None = None,
    predicted_deviation: float | np.ndarray | None = None,
    limit: float | None = None,
) -> Fidelity:
    """Compare one channel.

    Args:
        channel, unit: for people.
        time: (sample,) [s] evenly spaced.
        measured, predicted: (sample,) in ``unit``.
        measured_deviation: standard uncertainty of the sensor, () or (sample,).
        predicted_deviation: standard deviation that the twin states, () or (sample,).
        limit: largest RMSE that passes.

    Raises:
        InputError: arrays of unequal length, fewer than two samples, samples that are no numbers.
    """
    meter = FidelityMeter(channel, unit)
    meter.add(time, measured, predicted, measured_deviation, predicted_deviation)
    return meter.result(limit)


@dataclass
class FidelityMeter:
    """Compares one channel block by block."""

    channel: str
    unit: str
    samples: int = 0
    _sums: np.ndarray = field(default_factory=lambda: np.zeros(7))  # rows of fidelity_kernels, from the first measured
    _origin: float | None = None
    _largest: tuple[float, float] = (0.0, float("nan"))
    _en: np.ndarray = field(default_factory=lambda: np.zeros((2, EN_BINS)))  # samples, and the sum of their |En|
    _within: int = 0
    _judged: int = 0
    _spectra: Spectra = field(default_factory=Spectra)
    _piece: tuple[float, np.ndarray, np.ndarray, np.ndarray] | None = None  # variance, time, measured, predicted
    _extremes: np.ndarray = field(default_factory=lambda: np.array([np.inf, -np.inf, np.inf, -np.inf]))

    def add(
        self,
        time: np.ndarray,
        measured: np.ndarray,
        predicted: np.ndarray,
        measured_deviation: float | np.ndarray | None = None,
        predicted_deviation: float | np.ndarray | None = None,
        bounds: np.ndarray | None = None,
    ) -> np.ndarray:
        """Take the next samples, as :func:`fidelity` has them.

        Args:
            bounds: (run + 1,) samples at which runs begin, and the end; None: all are one run.

        Returns:
            (run, 5) of each run: sums of differences and squares, largest magnitude, sums of measured and predicted.
        """
        time, measured, predicted = (np.asarray(values, float) for values in (time, measured, predicted))
        if not len(time) == len(measured) == len(predicted):
            raise InputError(f"{self.channel}: {len(measured)} measured and {len(predicted)} predicted samples")
        bounds = np.array([0, len(time)]) if bounds is None else bounds
        runs = np.zeros((len(bounds) - 1, 5))
        if not len(time):
            return runs
        if not (np.isfinite(measured).all() and np.isfinite(predicted).all()):
            raise InputError(f"{self.channel} has samples that are no numbers", remedy="leave out those of bad quality")
        if self._origin is None:
            self._origin = float(measured[0])
        self.samples += len(time)
        difference = np.empty(len(time))
        worst = add_sums(measured, predicted, self._origin, bounds, self._sums, self._extremes, difference, runs)
        if abs(difference[worst]) >= abs(self._largest[0]):
            self._largest = float(difference[worst]), float(time[worst])
        if measured_deviation is not None or predicted_deviation is not None:
            self._judge(difference, measured_deviation, predicted_deviation)
        self._spectra.add(time, measured, difference)
        for first in range(0, len(time), PIECE):
            rows = slice(first, first + PIECE)
            variance = float(measured[rows].var())
            if self._piece is None or variance > self._piece[0]:
                self._piece = variance, time[rows].copy(), measured[rows].copy(), predicted[rows].copy()
        return runs

    def _judge(
        self, difference: np.ndarray, measured: float | np.ndarray | None, predicted: float | np.ndarray | None
    ) -> None:
        both = np.hypot(0.0 if measured is None else measured, 0.0 if predicted is None else predicted)
        score = np.abs(difference) / (COVERAGE_FACTOR * np.maximum(both, 1e-300))
        self._within += add_scores(score, score.view(np.int64) >> EN_BITS, EN_LOWEST, *self._en)
        self._judged += len(score)

    def result(self, limit: float | None = None) -> Fidelity:
        """What all the samples say.

        Raises:
            InputError: fewer than two samples.
        """
        n = self.samples
        if n < 2:
            raise InputError(f"{self.channel}: {n} samples cannot be compared")
        d, d2, m, p, m2, p2, mp = self._sums
        rmse = float(np.sqrt(d2 / n))
        coverage = en = float("nan")
        if self._judged:
            coverage = self._within / self._judged
            counts, sums = self._en
            at = int(np.searchsorted(np.cumsum(counts), 0.95 * self._judged))
            en = float(sums[at] / counts[at])
        spread = (m2 - m * m / n) * (p2 - p * p / n)
        moves = self._moves()
        frequency, unexplained = self._spectra.bands()
        return Fidelity(
            channel=self.channel,
            unit=self.unit,
            samples=n,
            bias=float(d / n),
            rmse=rmse,
            largest=self._largest[0],
            largest_at=self._largest[1],
            moves=float(np.sqrt(max(m2 / n - (m / n) ** 2, 0.0))),
            correlation=float((mp - m * p / n) / np.sqrt(spread)) if moves and spread > 0 else float("nan"),
            shift=self._shift() if moves else float("nan"),
            coverage=coverage,
            en=en,
            frequency=frequency,
            unexplained=unexplained,
            limit=limit,
            passed=None if limit is None else rmse <= limit,
        )

    def _moves(self) -> bool:
        low, high = self._extremes[::2], self._extremes[1::2]
        return bool((high - low > LEAST_MOVING * np.maximum(np.maximum(np.abs(low), np.abs(high)), 1e-300)).all())

    def _shift(self) -> float:
        """[s] by which the prediction comes late; NaN where the signals are too short or do not match."""
        assert self._piece is not None
        _, time, measured, predicted = self._piece
        try:
            found = align(time, measured, time, predicted, drifts=False)
        except InputError:
            return float("nan")
        known = found.offset_deviation <= SHARPEST * float(np.median(np.diff(time)))
        return found.offset if known else float("nan")


@dataclass(frozen=True)
class LineFidelity:
    """One channel, NC line by NC line."""

    line: np.ndarray  # (line,) in the order of the program
    samples: np.ndarray  # (line,)
    bias: np.ndarray  # (line,)
    rmse: np.ndarray  # (line,)
    largest: np.ndarray  # (line,) magnitude

    def worst(self, n: int) -> np.ndarray:
        """Rows of the ``n`` lines of largest RMSE, worst first."""
        return np.argsort(-self.rmse, kind="stable")[:n]


def by_line(line: np.ndarray, measured: np.ndarray, predicted: np.ndarray) -> LineFidelity:
    """Differences grouped by the NC line (sample,) that was running."""
    lines = np.asarray(line).astype(int)
    runs = runs_of(lines)
    meter = GroupMeter(int(lines.max(initial=0)) + 1)
    sums = FidelityMeter("", "").add(np.arange(len(lines)), measured, predicted, bounds=runs.bounds)
    meter.add(runs.groups[0], runs.count, sums)
    return meter.result()


@dataclass(frozen=True)
class Runs:
    """Samples one after the other that belong to the same group of every kind."""

    bounds: np.ndarray  # (run + 1,) sample at which each begins, and the end
    groups: tuple[np.ndarray, ...]  # of each kind (run,) group, below 0 none

    @property
    def count(self) -> np.ndarray:
        """(run,) samples."""
        return np.diff(self.bounds)

    def of(self, samples: np.ndarray) -> "Runs":
        """The same of some samples (sample,) bool alone."""
        return Runs(np.append(0, np.cumsum(samples))[self.bounds], self.groups)


def runs_of(*groups: np.ndarray) -> Runs:
    """Runs of samples whose ``groups``, one or more (sample,) int, stay the same."""
    changes = np.zeros(len(groups[0]), bool)
    changes[:1] = True
    for group in groups:
        changes[1:] |= group[1:] != group[:-1]
    begins = np.flatnonzero(changes)
    return Runs(np.append(begins, len(changes)), tuple(group[begins] for group in groups))


class GroupMeter:
    """Differences of one channel by group (an NC line, a segment), block by block."""

    def __init__(self, n: int):
        self.count = np.zeros(n, np.int64)
        self._sum, self._square, self._largest = np.zeros((3, n))

    def add(self, group: np.ndarray, count: np.ndarray, runs: np.ndarray) -> None:
        """Take runs: group (run,) int, below 0 none; samples (run,); what :meth:`FidelityMeter.add` says of them."""
        add_groups(group, count, runs, self.count, self._sum, self._square, self._largest)

    @property
    def rmse(self) -> np.ndarray:
        """(group,); NaN without samples."""
        return np.sqrt(self._square / np.where(self.count, self.count, np.nan))

    def result(self) -> LineFidelity:
        """The groups that have samples."""
        line = np.flatnonzero(self.count)
        count = self.count[line]
        return LineFidelity(line, count, self._sum[line] / count, self.rmse[line], self._largest[line])


@dataclass(frozen=True)
class Sampling:
    """Whether a source kept its rate and delivered in time."""

    rate: float  # [Hz] samples over time
    lost: int  # samples that are missing between the first and the last
    jitter: float  # [s] 99th percentile of the deviation of a step from the period
    latency: tuple[float, float, float]  # [s] 50th, 99th and 100th percentile from sample to arrival; NaN: not known


def sampling(time: np.ndarray, number: np.ndarray, period: float, arrival: np.ndarray | None = None) -> Sampling:
    """What became of a stream that should have a sample each ``period`` [s].

    Args:
        time: (sample,) [s].
        number: (sample,) of the sample since the source began.
        arrival: (sample,) [s] when it was received, by the clock of ``time``.
    """
    time, number = np.asarray(time, float), np.asarray(number)
    steps = np.diff(time) / np.maximum(np.diff(number), 1)
    latency = (float("nan"),) * 3
    if arrival is not None:
        late = np.asarray(arrival, float) - time
        latency = (float(np.median(late)), float(np.quantile(late, 0.99)), float(late.max()))
    return Sampling(
        rate=(len(time) - 1) / (time[-1] - time[0]),
        lost=int(number[-1] - number[0] + 1 - len(number)),
        jitter=float(np.quantile(np.abs(steps - period), 0.99)),
        latency=latency,
    )
