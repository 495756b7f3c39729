"""Two clocks brought together by the signals that both saw: offset, drift, and how well they are known.

The other clock reads ``offset + (1 + drift) t`` when the reference reads t. Coarse: the highest cross-correlation of
the whole signals, then of windows, through whose lags a line is laid by medians. Fine: Gauss-Newton on the signals
themselves, both smoothed alike to the band that they share (else the noise of the other's slope would draw the fit),
gain and bias of the other sensor fitted along. Standard errors take the residual's own correlation into account.
What is found is a lag of *signals*: a controller's constant lag is part of the offset, see ``known_lag``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.signal import correlate, correlation_lags, csd

from twin.errors import InputError

WINDOWS = 16
LEAST_SAMPLES = 64
LEAST_CORRELATION = 0.5  # of the signals at the best lag; less is no match
SHARED = 0.999  # part of the shared power below the highest frequency that counts
CUT_OFF = 0.1325  # a Gauss window of width w passes half the power at CUT_OFF / w
OVERHANG = 4.0  # widths after which the window counts as zero
STEPS, CONVERGED = 30, 1e-12


@dataclass(frozen=True)
class Alignment:
    """How a clock stands to the reference."""

    offset: float  # [s] that the other clock reads when the reference reads 0
    drift: float  # relative: the other clock gains this part of every second
    offset_deviation: float  # [s] standard error
    drift_deviation: float
    correlation: float  # of the signals once aligned
    rms: float  # of the residual, in the unit of the reference signal

    def to_other(self, time: np.ndarray) -> np.ndarray:
        """What the other clock reads at ``time`` [s] of the reference."""
        return self.offset + (1 + self.drift) * np.asarray(time)

    def to_reference(self, time: np.ndarray) -> np.ndarray:
        """What the reference reads when the other clock reads ``time`` [s]."""
        return (np.asarray(time) - self.offset) / (1 + self.drift)


def align(
    time: np.ndarray,
    signal: np.ndarray,
    other_time: np.ndarray,
    other: np.ndarray,
    known_lag: float = 0.0,
    drifts: bool = True,
) -> Alignment:
    """Align the clock of ``other`` with that of ``signal``.

    Args:
        time: (sample,) [s] rising, by the reference clock.
        signal: (sample,) of any unit.
        other_time: (sample of the other,) [s] rising, by the other clock.
        other: (sample of the other,) the same quantity up to gain and bias.
        known_lag: [s] by which ``other`` follows ``signal`` for reasons of its own (a filter, a controller's cycle).
        drifts: fit the drift too; else the clocks run alike.

    Raises:
        InputError: too few samples, signals that do not move, times that do not rise, no match between the signals.
    """
    for name, t, values in (("reference", time, signal), ("other", other_time, other)):
        _check(name, np.asarray(t, float), np.asarray(values, float))
    time, signal = np.asarray(time, float), np.asarray(signal, float)
    other_time, other = np.asarray(other_time, float) - known_lag, np.asarray(other, float)
    step = max(np.median(np.diff(time)), np.median(np.diff(other_time)))
    offset = _lag(time, signal, other_time, other, step)
    drift = 0.0
    if drifts:
        offset, drift = _line(time, signal, other_time, other, step, offset)
    return _refined(time, signal, other_time, other, offset, drift, drifts)


def _check(name: str, time: np.ndarray, values: np.ndarray) -> None:
    if len(time) != len(values) or len(time) < LEAST_SAMPLES:
        raise InputError(f"the {name} signal has {len(values)} samples", remedy=f"give {LEAST_SAMPLES} at least")
    if not (np.isfinite(time).all() and np.isfinite(values).all()):
        raise InputError(f"the {name} signal has samples that are no numbers", remedy="leave out those of bad quality")
    if not (np.diff(time) > 0).all():
        at = int(np.argmax(np.diff(time) <= 0))
        raise InputError(f"the time of the {name} signal does not rise after {time[at]:g} s")
    if np.ptp(values) == 0:
        raise InputError(f"the {name} signal does not move", remedy="choose one that does while both are recorded")


def _lag(time: np.ndarray, signal: np.ndarray, other_time: np.ndarray, other: np.ndarray, step: float) -> float:
    """Offset [s] of the other clock at which the signals match best, to a fraction of ``step``."""
    a = _even(time, signal, step)
    b = _even(other_time, other, step)
    # matched pieces are compared by what they have in common: the correlation is divided by the overlap's own size
    both = correlate(b, a, method="fft")
    n_a = correlate(np.ones_like(b), a**2, method="fft")
    n_b = correlate(b**2, np.ones_like(a), method="fft")
    overlap = correlate(np.ones_like(b), np.ones_like(a), method="fft")
    score = both / np.sqrt(np.maximum(n_a * n_b, 1e-12 * n_a.max() * n_b.max()))
    score[overlap < 0.25 * min(len(a), len(b))] = -1.0
    best = int(np.argmax(score))
    if score[best] < LEAST_CORRELATION:
        raise InputError(
            f"the signals do not match: correlation {score[best]:.2f} at best",
            remedy="take the same quantity from both, over a time in which both were recorded",
        )
    lags = correlation_lags(len(b), len(a))
    return float(other_time[0] - time[0] + (lags[best] + _vertex(score, best)) * step)


def _even(time: np.ndarray, values: np.ndarray, step: float) -> np.ndarray:
    """At even steps, mean taken off."""
    even = np.interp(np.arange(time[0], time[-1], step), time, values)
    return even - even.mean()


def _vertex(score: np.ndarray, best: int) -> float:
    """Where between samples a parabola through the best one and its neighbours is highest, -0.5..0.5."""
    if not 0 < best < len(score) - 1:
        return 0.0
    low, here, high = score[best - 1 : best + 2]
    bend = low - 2 * here + high
    return float(np.clip(0.5 * (low - high) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _line(
    time: np.ndarray, signal: np.ndarray, other_time: np.ndarray, other: np.ndarray, step: float, offset: float
) -> tuple[float, float]:
    """Offset [s] and drift by medians (Theil and Sen) through the lags of windows that match well."""
    edges = np.linspace(time[0], time[-1], WINDOWS + 1)
    centres, lags = [], []
    for low, high in zip(edges, edges[1:], strict=False):
        mine = (time >= low) & (time <= high)
        theirs = (other_time >= low + offset) & (other_time <= high + offset)
        if mine.sum() < LEAST_SAMPLES or theirs.sum() < LEAST_SAMPLES:
            continue
        if np.ptp(signal[mine]) == 0 or np.ptp(other[theirs]) == 0:
            continue
        try:
            lags.append(_lag(time[mine], signal[mine], other_time[theirs], other[theirs], step))
        except InputError:
            continue
        centres.append((low + high) / 2)
    if len(centres) < 3:
        return offset, 0.0
    x, y = np.array(centres), np.array(lags)
    i, j = np.triu_indices(len(x), 1)
    drift = float(np.median((y[j] - y[i]) / (x[j] - x[i])))
    return float(np.median(y - drift * x)), drift


def _refined(
    time: np.ndarray,
    signal: np.ndarray,
    other_time: np.ndarray,
    other: np.ndarray,
    offset: float,
    drift: float,
    drifts: bool,
) -> Alignment:
    """Gauss-Newton on offset, drift, gain and bias: ``signal = gain * other(offset + (1 + drift) t) + bias``."""
    width = _smoothing(time, signal, other_time, other, offset, drift)
    time, signal = _smoothed(time, signal, width)
    other_time, other = _smoothed(other_time, other, width)
    spline = CubicSpline(other_time, other)
    slope = spline.derivative()
    span = np.ptp(time)
    for _ in range(STEPS):
        there = offset + (1 + drift) * time
        inside = (there >= other_time[0]) & (there <= other_time[-1])
        value, rate = spline(there[inside]), slope(there[inside])
        if inside.sum() < LEAST_SAMPLES or np.ptp(signal[inside]) == 0 or np.ptp(value) == 0:
            raise InputError("the signals do not say how the clocks stand to each other", remedy="choose others")
        gain, bias = np.polyfit(value, signal[inside], 1)
        columns = [gain * rate] + ([gain * rate * time[inside]] if drifts else []) + [value, np.ones(inside.sum())]
        jacobian = np.stack(columns, axis=1)
        residual = signal[inside] - gain * value - bias
        change, *_ = np.linalg.lstsq(jacobian, residual, rcond=None)
        offset += float(change[0])
        drift += float(change[1]) if drifts else 0.0
        if abs(change[0]) + (abs(change[1]) * span if drifts else 0.0) <= CONVERGED * span:
            break
    freedom = max(len(residual) - jacobian.shape[1], 1)
    variance = residual @ residual / freedom * _repetition(residual)
    covariance = variance * np.linalg.pinv(jacobian.T @ jacobian)
    return Alignment(
        offset=offset,
        drift=drift,
        offset_deviation=float(np.sqrt(covariance[0, 0])),
        drift_deviation=float(np.sqrt(covariance[1, 1])) if drifts else 0.0,
        correlation=float(np.corrcoef(value, signal[inside])[0, 1]),
        rms=float(np.sqrt(np.mean(residual**2))),
    )


def _smoothing(
    time: np.ndarray, signal: np.ndarray, other_time: np.ndarray, other: np.ndarray, offset: float, drift: float
) -> float:
    """Width [s] of the Gauss window that passes the band which the signals share."""
    step = max(np.median(np.diff(time)), np.median(np.diff(other_time)))
    low = max(time[0], (other_time[0] - offset) / (1 + drift))
    high = min(time[-1], (other_time[-1] - offset) / (1 + drift))
    even = np.arange(low, high, step)
    theirs = np.interp(offset + (1 + drift) * even, other_time, other)
    frequency, shared = csd(np.interp(even, time, signal), theirs, 1 / step, nperseg=max(len(even) // WINDOWS, 64))
    power = np.cumsum(np.abs(shared) ** 2)
    highest = frequency[np.searchsorted(power, SHARED * power[-1])]
    return float(CUT_OFF / max(highest, frequency[1]))


def _smoothed(time: np.ndarray, values: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """The signal at even times under a Gauss window of ``width`` [s], without its ends that the window overhangs."""
    step = float(np.median(np.diff(time)))
    even = np.arange(time[0], time[-1] + step / 2, step)
    smooth = gaussian_filter1d(CubicSpline(time, values)(even), width / step, truncate=OVERHANG)
    lost = int(np.ceil(OVERHANG * width / step))
    if len(even) - 2 * lost < LEAST_SAMPLES:
        raise InputError(
            f"the signals share nothing faster than {CUT_OFF / width:.2g} Hz: too slow for {np.ptp(time):g} s",
            remedy="record longer, or a quantity that moves faster",
        )
    return even[lost : len(even) - lost], smooth[lost : len(even) - lost]


def _repetition(residual: np.ndarray) -> float:
    """Samples that tell as much as one independent one: the residual's autocorrelation, added up to its first zero."""
    centred = residual - residual.mean()
    n = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, n)) ** 2
    r = np.fft.irfft(spectrum, n)[: len(centred)]
    if r[0] <= 0:
        return 1.0
    r = r / r[0]
    end = int(np.argmax(r < 0)) or len(r)
    return float(1 + 2 * r[1:end].sum())
