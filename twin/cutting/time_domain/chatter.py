"""Chatter as an operator sees it: in the spectrum, in samples taken once per tooth, and in how the vibration grows.

A stable cut repeats with every tooth (with every revolution where the teeth differ). What does not repeat is chatter:
as a line between the multiples of the tooth passing frequency (Hopf: a closed curve of once-per-tooth samples) or
half-way between them (flip: the samples jump between two points).
"""

from dataclasses import dataclass

import numpy as np

from twin.cutting.time_domain.simulate import Signals
from twin.errors import InputError

# Of the vibration that does not repeat (rms) to the feed per tooth. In a stable cut it dies towards zero; beyond the
# limit it grows until teeth lose contact: to about a third where they leave the cut altogether, to a few percent close
# to the limit of a slot, where they only do at entry and exit. Within about 5 % of the limit chatter goes unnoticed.
CHATTER_RATIO = 0.03
# A vibration below the second ratio that loses more than a fifth from one quarter of the record to the next is dying,
# not chatter; above it, teeth leave the cut and the size of the vibration wanders.
DYING, CERTAIN_RATIO = 0.8, 0.3
LEAST_PERIODS = 16


@dataclass(frozen=True)
class Chatter:
    """One entry a case."""

    present: np.ndarray  # (case,) bool
    kind: np.ndarray  # (case,) "none", "hopf" or "flip"
    frequency: np.ndarray  # (case,) [Hz] strongest line of the vibration that does not repeat; NaN without chatter
    ratio: np.ndarray  # (case,) rms of the vibration that does not repeat over the feed per tooth, at the end
    trend: np.ndarray  # (case,) the former in the last quarter of the record over the quarter before


def once_per_period(signals: Signals) -> np.ndarray:
    """Displacement each time tooth 0 (or any tooth, where all are alike) points to the left: (case, period, 3) [m]."""
    return signals.displacement[:, :: signals.period_steps]


def spectrum(values: np.ndarray, step_time: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (line,) [Hz] and amplitudes (..., line) of ``values`` (..., step).

    The mean is taken out, the record is weighed by a Hann window; a sine between two lines shows up to 15 % low.
    """
    n = values.shape[-1]
    window = np.hanning(n + 1)[:n]
    lines = np.fft.rfft((values - values.mean(axis=-1, keepdims=True)) * window, axis=-1)
    return np.fft.rfftfreq(n, step_time), np.abs(lines) * (2 / window.sum())


def detect_chatter(signals: Signals) -> Chatter:
    """Judge the last half of a recording; see :data:`CHATTER_RATIO` for the threshold.

    Raises:
        InputError: a recording of fewer than 36 periods.
    """
    n = signals.period_steps
    n_periods = signals.displacement.shape[1] // n // 4 * 2  # even, so that a flip does not enter the mean
    if n_periods < LEAST_PERIODS:
        raise InputError(
            f"a recording of {signals.displacement.shape[1] // n} periods is too short to tell chatter",
            remedy=f"keep at least {2 * LEAST_PERIODS + 4}",
        )
    last = signals.displacement[:, -n_periods * n :]
    folded = last.reshape(len(last), n_periods, n, 3)
    rest = folded - folded.mean(axis=1, keepdims=True)
    half = n_periods // 2
    before, after = (np.sqrt((part**2).mean(axis=(1, 2)).sum(axis=-1)) for part in (rest[:, :half], rest[:, half:]))
    ratio, trend = after / signals.feed_per_tooth, after / np.maximum(before, np.finfo(float).tiny)
    present = (ratio > CHATTER_RATIO) & ((trend > DYING) | (ratio > CERTAIN_RATIO))
    frequency = np.full(len(last), np.nan)
    kind = np.full(len(last), "none", dtype="<U4")
    for case in np.flatnonzero(present):
        time = signals.step_time[case]
        frequency[case] = _strongest(rest[case].reshape(-1, 3).T, time)
        turn = frequency[case] * n * time % 1.0
        kind[case] = "flip" if abs(turn - 0.5) < 1 / n_periods else "hopf"
    return Chatter(present, kind, frequency, ratio, trend)


def growth(signals: Signals, n_terms: int = 6, skip: int = 4) -> np.ndarray:
    """Factor (case,) by which the slowest transient changes from period to period: the |multiplier| of Floquet.

    Linear prediction (Prony): successive differences of the once-per-period samples are sums of powers of the
    multipliers; the recurrence that they obey is fitted, its largest root is taken. Holds while no tooth loses
    contact, and while the transient stands above rounding.

    Args:
        signals: from rest.
        n_terms: multipliers that the transient may hold.
        skip: first periods left out, in which many multipliers still show.

    Raises:
        InputError: too few periods to fit the recurrence.
    """
    factors = []
    jumps = np.diff(once_per_period(signals)[:, skip:], axis=1)
    if jumps.shape[1] < 2 * n_terms:
        raise InputError(
            f"{jumps.shape[1] + 1 + skip} periods are too few to find {n_terms} multipliers",
            remedy=f"keep at least {2 * n_terms + 1 + skip} periods from the start",
        )
    for steps in jumps:
        moving = steps.T[np.abs(steps).max(axis=0) > 0]
        rows = [np.lib.stride_tricks.sliding_window_view(axis, n_terms + 1) for axis in moving]
        stacked = np.concatenate(rows) if rows else np.zeros((1, n_terms + 1))
        recurrence = np.linalg.lstsq(stacked[:, :-1][:, ::-1], stacked[:, -1], rcond=1e-9)[0]
        roots = np.roots(np.concatenate([[1.0], -recurrence]))
        factors.append(np.abs(roots).max(initial=0.0))
    return np.array(factors)


def _strongest(values: np.ndarray, step_time: float) -> float:
    """Frequency [Hz] of the strongest line of ``values`` (axis, step), interpolated on a parabola."""
    frequency, amplitude = spectrum(values, step_time)
    power = np.log(np.maximum((amplitude**2).sum(axis=0), np.finfo(float).tiny))
    line = int(np.clip(np.argmax(power), 1, len(power) - 2))
    low, peak, high = power[line - 1 : line + 2]
    bend = low - 2 * peak + high
    shift = (low - high) / (2 * bend) if bend < 0 else 0.0
    return float((line + shift) * frequency[1])
