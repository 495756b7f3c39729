"""How well a prediction meets a measurement, in the terms of ISO 23247: sampling held, and fidelity channel by channel.

Prediction and measurement stand on one clock (:mod:`hardware.alignment`). A difference is predicted minus measured.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import welch

from hardware.alignment import align
from twin.errors import InputError

COVERAGE_FACTOR = 2.0  # of an expanded uncertainty, about 95 %
LEAST_MOVING = 1e-9  # of its own size: a signal that moves less has no correlation
BANDS = 8  # of the spectrum, equal in the logarithm of the frequency


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
    time, measured, predicted = (np.asarray(values, float) for values in (time, measured, predicted))
    if not len(time) == len(measured) == len(predicted) or len(time) < 2:
        raise InputError(f"{channel}: {len(measured)} measured and {len(predicted)} predicted samples")
    if not (np.isfinite(measured).all() and np.isfinite(predicted).all()):
        raise InputError(f"{channel} has samples that are no numbers", remedy="leave out those of bad quality")
    difference = predicted - measured
    worst = int(np.argmax(np.abs(difference)))
    rmse = float(np.sqrt(np.mean(difference**2)))
    frequency, unexplained = _unexplained(time, measured, difference)
    coverage = en = float("nan")
    if measured_deviation is not None or predicted_deviation is not None:
        both = np.hypot(measured_deviation or 0.0, 0.0 if predicted_deviation is None else predicted_deviation)
        score = np.abs(difference) / (COVERAGE_FACTOR * np.maximum(both, 1e-300))
        coverage, en = float(np.mean(score <= 1)), float(np.quantile(score, 0.95))
    return Fidelity(
        channel=channel,
        unit=unit,
        samples=len(time),
        bias=float(difference.mean()),
        rmse=rmse,
        largest=float(difference[worst]),
        largest_at=float(time[worst]),
        correlation=float(np.corrcoef(measured, predicted)[0, 1]) if _move(measured, predicted) else float("nan"),
        shift=_shift(time, measured, predicted),
        coverage=coverage,
        en=en,
        frequency=frequency,
        unexplained=unexplained,
        limit=limit,
        passed=None if limit is None else rmse <= limit,
    )


def _move(*signals: np.ndarray) -> bool:
    return all(np.ptp(signal) > LEAST_MOVING * max(np.abs(signal).max(), 1e-300) for signal in signals)


def _shift(time: np.ndarray, measured: np.ndarray, predicted: np.ndarray) -> float:
    """[s] by which the prediction comes late; NaN where the signals are too short or do not match."""
    if not _move(measured, predicted):
        return float("nan")
    try:
        return align(time, measured, time, predicted, drifts=False).offset
    except InputError:
        return float("nan")


def _unexplained(time: np.ndarray, measured: np.ndarray, difference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper ends of the bands (band,) [Hz], and the power of the difference over that of the measurement in each."""
    rate = (len(time) - 1) / (time[-1] - time[0])
    n = max(min(len(time), 1 << 12), 8)
    frequency, power = welch(measured, rate, nperseg=min(n, len(time)))
    _, left = welch(difference, rate, nperseg=min(n, len(time)))
    ends = np.geomspace(frequency[1] * 1.001, frequency[-1] * 1.001, BANDS)
    band = np.searchsorted(ends, frequency[1:])
    total = np.bincount(band, power[1:], BANDS)
    share = np.bincount(band, left[1:], BANDS) / np.where(total > 0, total, np.nan)
    return ends, share


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
    lines, row, count = np.unique(np.asarray(line).astype(int), return_inverse=True, return_counts=True)
    difference = np.asarray(predicted, float) - np.asarray(measured, float)
    largest = np.zeros(len(lines))
    np.maximum.at(largest, row, np.abs(difference))
    return LineFidelity(
        line=lines,
        samples=count,
        bias=np.bincount(row, difference) / count,
        rmse=np.sqrt(np.bincount(row, difference**2) / count),
        largest=largest,
    )


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
