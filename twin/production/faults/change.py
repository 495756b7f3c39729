"""Has an indicator changed? A chart for indicators whose healthy level and scatter nobody knows beforehand.

The first runs of a machine are held to be healthy. Each later value x is compared with all those before it: of n
healthy values with mean m and deviation s, (x - m) / (s sqrt(1 + 1/n)) follows Student's t with n - 1 degrees of
freedom, and so turns into a standard normal score q, whatever level and scatter are. The scores of a healthy machine
are independent of each other (Hawkins 1987, self-starting CUSUM): what the baseline got wrong shows in its next score
and no further. Two cumulative sums

    up = max(0, up + q - reference),   down = max(0, down - q - reference)

raise the alarm above a threshold. As the scores are independent and standard normal, the rate of false alarms at a
threshold is known without simulation: the sums are a Markov chain (Brook and Evans 1972).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtr

from twin.errors import InputError

REFERENCE = 1.0  # half the shift, in deviations from run to run, that is found soonest
UNSURE = 3.0  # a value less certain than so many of those before it is not judged
N_STATES = 100  # of the Markov chain


@dataclass(frozen=True)
class Chart:
    """One indicator over the runs of a machine."""

    score: np.ndarray  # (run,) standard normal while healthy; NaN in the baseline and where not judged
    up: np.ndarray  # (run,) cumulative sum against a rise
    down: np.ndarray  # (run,) against a fall
    threshold: float
    alarm: int | None  # first run whose sum passes the threshold
    rises: bool  # of the alarm
    changed_at: int | None  # first run of the excursion that ends in the alarm: the most likely change

    @property
    def level(self) -> np.ndarray:
        """(run,) the larger of both sums."""
        return np.maximum(self.up, self.down)


def chart(value: np.ndarray, uncertainty: np.ndarray, n_baseline: int, threshold: float) -> Chart:
    """Follow one indicator.

    Args:
        value: (run,) NaN where a run did not show it.
        uncertainty: (run,) one standard deviation of each value.
        n_baseline: first values that are held to be healthy.
        threshold: from :func:`threshold_of`.

    Raises:
        InputError: a baseline too short to show a scatter.
    """
    check_baseline(n_baseline)
    value, uncertainty = np.asarray(value, float), np.asarray(uncertainty, float)
    judged = np.isfinite(value)
    typical = np.nanmedian(uncertainty[judged][:n_baseline]) if judged.any() else np.nan
    judged &= ~(uncertainty > UNSURE * typical)
    rows = np.flatnonzero(judged)
    score, up, down = (np.full(len(value), np.nan) for _ in range(3))
    score[rows] = scores(value[rows, None], n_baseline)[:, 0]
    sums = cumulative(np.nan_to_num(score[rows, None]))
    up[rows], down[rows] = sums[0][:, 0], sums[1][:, 0]
    passed = np.flatnonzero(np.fmax(up, down) > threshold)
    if not passed.size:
        return Chart(score, up, down, threshold, None, False, None)
    alarm = int(passed[0])
    rises = bool(up[alarm] >= down[alarm])
    at = rows[rows <= alarm]
    still = np.flatnonzero((up if rises else down)[at] == 0)
    changed = int(at[still[-1] + 1]) if still.size and still[-1] + 1 < len(at) else int(at[0])
    return Chart(score, up, down, threshold, alarm, rises, changed)


def scores(value: np.ndarray, n_baseline: int) -> np.ndarray:
    """Standard normal scores (run, chart) of ``value`` (run, chart) against its own past; NaN in the baseline."""
    n_runs = len(value)
    middle = value[:n_baseline].mean(axis=0)  # about which squares are summed without loss
    total = np.cumsum(value - middle, axis=0)
    squares = np.cumsum((value - middle) ** 2, axis=0)
    found = np.full(value.shape, np.nan)
    for run in range(n_baseline, n_runs):
        n, mean = run, total[run - 1] / run
        spread = np.sqrt(np.maximum(squares[n - 1] - n * mean**2, 0) / (n - 1))
        t = (value[run] - middle - mean) / np.maximum(spread * np.sqrt(1 + 1 / n), 1e-300)
        found[run] = -np.sign(t) * ndtri(np.maximum(stdtr(n - 1, -np.abs(t)), 1e-300))
    return found


def cumulative(score: np.ndarray, reference: float = REFERENCE) -> tuple[np.ndarray, np.ndarray]:
    """Sums against a rise and against a fall, (run, chart) each."""
    up, down = np.zeros(score.shape), np.zeros(score.shape)
    high = low = np.zeros(score.shape[1:])
    for run, q in enumerate(score):
        high, low = np.maximum(0.0, high + q - reference), np.maximum(0.0, low - q - reference)
        up[run], down[run] = high, low
    return up, down


@cache
def threshold_of(rate: float, n_charts: int) -> float:
    """Threshold at which a healthy machine with so many charts raises ``rate`` false alarms a run.

    Charts are held to be independent, which errs to the safe side. The sums begin at zero, so that the first few runs
    alarm more rarely than stated.

    Raises:
        InputError: a rate outside 0 and 0.1, no chart.
    """
    if not 1e-9 < rate <= 0.1 or n_charts < 1:
        raise InputError(f"{rate:g} false alarms a run on {n_charts} charts", remedy="0.001 is one in a thousand runs")
    of_one = 1 - (1 - rate) ** (1 / n_charts)
    return float(brentq(lambda threshold: np.log(alarm_rate(threshold) / of_one), 0.5, 30.0, xtol=1e-6))


def alarm_rate(threshold: float, reference: float = REFERENCE) -> float:
    """False alarms a run of both sums of one chart, once their beginning at zero is forgotten.

    One sum is a Markov chain on cells of its range up to the threshold; what leaves them a run, in the long run, is one
    less the largest eigenvalue (Brook and Evans 1972). A rise and a fall never alarm together: the rates add up.
    """
    cell = 2 * threshold / (2 * N_STATES - 1)
    place = np.arange(N_STATES) * cell
    upper = place[None, :] + cell / 2 - place[:, None] + reference
    stays = np.diff(ndtr(upper), axis=1, prepend=0.0)
    return float(2 * (1 - np.abs(np.linalg.eigvals(stays)).max()))


def check_baseline(n_baseline: int) -> None:
    """Refuse a baseline too short to show a scatter.

    Raises:
        InputError: as said.
    """
    if n_baseline < 5:
        raise InputError(f"{n_baseline} runs show no scatter", remedy="take five healthy runs at least, better twenty")
