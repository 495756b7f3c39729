"""The difference between a machine and its prediction while it runs: how far off the predicted path, and how late.

Each measured tool position is matched with the predicted path near the place that was matched before, forwards only: a
machine that is slower than predicted is late, not elsewhere.
"""

from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import pyarrow.parquet as pq

from hardware.channel import Block, Quality
from twin.errors import InputError
from twin.units import MM, UM

POSITION = ("x_actual_mm", "y_actual_mm", "z_actual_mm")
LINE = "line"
OFFSET = "offset_z_um"
SIGNALS = "signals.parquet"
AHEAD = 200  # predicted samples within which the matching one is sought
LOST = 1e-3  # [m] off the path: look for the line that runs instead
STEP_ON = 1e-7  # [m] that a later piece must be nearer by: where the path turns back, both ways lie together
STILL = 1e-7  # [m] between samples of a path at rest
BINS, BIN = 20_000, 1e-4  # of the latencies [s]

kernel = numba.njit(cache=True, nogil=True)


@dataclass(frozen=True)
class PredictedPath:
    """Where the twin says that the tool goes, without the times at rest."""

    time: np.ndarray  # (sample,) [s] since the program began
    tip: np.ndarray  # (sample, 3) [m]
    line: np.ndarray  # (sample,) of the NC program
    duration: float  # [s] of the program


def predicted_path(run: Path) -> PredictedPath:
    """The path of a finished run.

    Raises:
        InputError: the run keeps no servo signals.
    """
    file = run / SIGNALS
    if not file.is_file():
        raise InputError("the run has no servo signals", file=run, remedy="run it with model.servo_signals=true")
    columns = ["time_s", *POSITION, LINE]
    table = pq.read_table(file, columns=columns)
    time, *axes, line = (table.column(name).to_numpy() for name in columns)
    tip = np.stack([np.asarray(axis, float) * MM for axis in axes], axis=1)
    moves = np.linalg.norm(np.diff(tip, axis=0, prepend=tip[:1]), axis=1) > STILL
    moves[:1] = True
    return PredictedPath(time[moves], tip[moves], line[moves].astype(np.int64), float(time[-1]))


class LiveDifference:
    """Follows a machine along its predicted path. Numbers are of the latest sample unless said."""

    def __init__(self, path: PredictedPath, rapid_lines: np.ndarray | None = None):
        """``rapid_lines``: lines whose corners shape no part: they are followed, but not counted in rms and largest."""
        self._path = path
        self._rapid_lines = np.empty(0, np.int64) if rapid_lines is None else rapid_lines
        self._at = 0
        nothing = np.empty((0, 3)), np.empty(0, np.int64)
        follow(*nothing, path.tip, path.line, 0, np.empty(0, np.int64), np.empty(0))  # compiled before it is timed
        self._began = np.nan  # [s] source's time at which the program began
        self.samples = 0
        self.line = 0
        self.away = self.largest = 0.0  # [m] off the predicted path; and of all cutting lines
        self.largest_line = 0
        self._squares = 0.0
        self.late = 0.0  # [s] that the machine is behind the prediction; < 0 ahead
        self.place = np.zeros(1)  # (sample,) [s] of the program, predicted, at which the machine was in the last block

    def add(self, block: Block) -> np.ndarray:
        """Compare the samples of ``block`` that were measured while the program ran; return which those are."""
        line = block.values[LINE].astype(np.int64)
        use = np.flatnonzero((line > 0) & (block.quality != Quality.BAD))
        self.place = np.full(len(block), self.place[-1])
        if not use.size:
            return use
        tip = np.stack([block.values[name][use] for name in POSITION], axis=1) * MM
        if OFFSET in block.values:  # a correction that is sent to the machine moves it off the programmed path
            tip[:, 2] -= block.values[OFFSET][use] * UM
        path = self._path
        index, away = np.empty(len(use), np.int64), np.empty(len(use))
        self._at = follow(tip, line[use], path.tip, path.line, self._at, index, away)
        if np.isnan(self._began):
            self._began = float(block.time[use[0]])
        self.line, self.away = int(line[use[-1]]), float(away[-1])
        shapes = ~np.isin(line[use], self._rapid_lines)
        self.samples += int(np.count_nonzero(shapes))
        away[~shapes] = 0.0
        worst = int(np.argmax(away))
        if away[worst] > self.largest:
            self.largest, self.largest_line = float(away[worst]), int(line[use[worst]])
        self._squares += float(away @ away)
        self.place[use] = path.time[index]
        self.place[use[-1] :] = path.time[index[-1]]
        self.late = float(block.time[use[-1]] - self._began - path.time[index[-1]])
        return use

    @property
    def rms(self) -> float:
        """Of the samples of cutting lines [m]."""
        return float(np.sqrt(self._squares / max(self.samples, 1)))

    @property
    def progress(self) -> float:
        """Part of the predicted path that is done."""
        return self._at / max(len(self._path.time) - 1, 1)


@kernel
def follow(tip, line, path, path_line, at, index, away):  # type: ignore[no-untyped-def]
    """Match positions (n, 3) with the path (m, 3) from sample ``at`` on; fill ``index`` and ``away`` (n,) [m].

    Returns the last match. Where the match is lost, it goes on at the next piece of the path with the line that runs.
    """
    m = len(path)
    sought = -1
    for k in range(len(tip)):
        best, least = at, _away(tip[k], path, at)
        for j in range(at + 1, min(at + AHEAD, m)):
            d = _away(tip[k], path, j)
            if d < least - STEP_ON:
                best, least = j, d
        if least > LOST and line[k] != sought:
            sought = line[k]
            for step in range(m):
                j = (at + step) % m
                if path_line[j] == sought:
                    d = _away(tip[k], path, j)
                    if d < least:
                        best, least = j, d
                        if d < LOST:
                            break
        at = best
        index[k], away[k] = best, least
    return at


@kernel
def _away(point, path, j):  # type: ignore[no-untyped-def]
    """Distance of ``point`` to the piece of the path from sample ``j`` to the next."""
    following = min(j + 1, len(path) - 1)
    along = 0.0
    square = 0.0
    for i in range(3):
        step = path[following, i] - path[j, i]
        along += (point[i] - path[j, i]) * step
        square += step * step
    share = min(max(along / square, 0.0), 1.0) if square > 0 else 0.0
    total = 0.0
    for i in range(3):
        total += (point[i] - path[j, i] - share * (path[following, i] - path[j, i])) ** 2
    return total**0.5


class Latency:
    """How long after a sample its difference was known; bounded memory."""

    def __init__(self) -> None:
        self._counts = np.zeros(BINS + 1, np.int64)

    def add(self, seconds: np.ndarray) -> None:
        """Latencies (sample,) [s]; those that are not known are left out."""
        known = seconds[np.isfinite(seconds)]
        bins = np.clip((known / BIN).astype(np.int64), 0, BINS)
        self._counts += np.bincount(bins, minlength=BINS + 1)

    def percentile(self, percent: float) -> float:
        """[s], to a tenth of a millisecond; NaN without samples."""
        total = self._counts.sum()
        if not total:
            return float("nan")
        return float(np.searchsorted(np.cumsum(self._counts), percent / 100 * total) + 1) * BIN
