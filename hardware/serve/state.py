"""What is served: the prediction of a run, played as if the machine ran now."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardware.channel import Channel
from hardware.validation.predicted import predicted_run
from twin.errors import InputError
from twin.machine.tool import Tool
from twin.units import Ratio, Time

LINE, TOOL, FEED = "line", "tool", "feed_mm_min"
MOST_ROWS = 10_000  # at once; a reader that falls behind catches up in steps


@dataclass(frozen=True, kw_only=True)
class PlayOptions:
    """How a run is played."""

    period: Time = 0.001
    """Between rows."""
    time_factor: Ratio = 1.0
    """How much faster than the machine; times of rows stay those of the program."""
    wait: Time = 0.0
    """How long the machine stands before its program begins, by its own time: for clients that want all of it."""


class RunState:
    """What a run predicts, at any time of its program.

    Args:
        folder: of the run.

    Raises:
        InputError: there is no finished run.
    """

    def __init__(self, folder: Path):
        run = self._run = predicted_run(folder)
        self.run, self.machine = Path(folder).name, str(run.config["machine"]["name"])
        self.program = Path(str(run.attrs["program"])).name
        self.tools: Sequence[Tool] = tuple(run.tools.values())
        named = tuple(Channel(name=name, unit=unit) for name, unit in run.channels.items())
        self.channels: tuple[Channel, ...] = (*named, Channel(name=LINE, unit="1"), Channel(name=TOOL, unit="1"))
        self._held = {TOOL: run.segments["tool"].values.astype(float), FEED: _modal(run.segments["feed_mm_min"].values)}
        self._starts = np.ascontiguousarray(run.segments["time_s"].values[:, 0])
        self._values(np.zeros(1))  # what is read and compiled once would hold up the first rows

    def _values(self, when: np.ndarray) -> dict[str, np.ndarray]:
        """Channel -> (row,) at program times ``when`` (row,) [s]."""
        run, at = self._run, self._run.at(when)
        segment = np.maximum(np.searchsorted(self._starts, when, side="right") - 1, 0)
        values = {name: np.asarray(run.values(name, at), dtype=float) for name in run.channels if name != FEED}
        return values | {LINE: run.line[at.row].astype(float)} | {k: held[segment] for k, held in self._held.items()}


class PlayedRun(RunState):
    """A run whose program begins when this is made, or a while later.

    Args:
        folder: of the run.

    Raises:
        InputError: there is no finished run, or it cannot be played so.
    """

    def __init__(self, folder: Path, options: PlayOptions = PlayOptions()):
        if not (options.period > 0 and options.time_factor > 0 and options.wait >= 0):
            raise InputError("period and time factor of what is played must be positive, the wait not negative")
        super().__init__(folder)
        self.period, self._factor = options.period, options.time_factor
        self._wait = round(options.wait / options.period)  # rows
        self._rows = self._wait + int(self._run.duration / options.period) + 1
        self._begun, self._began = time.time(), time.monotonic()  # UTC [s], and a clock that never jumps

    @property
    def tool_changes(self) -> Sequence[tuple[float, int]]:
        """UTC since 1970 [s] at which a tool is predicted to come in, and its number."""
        number = self._held[TOOL]
        at = np.flatnonzero(np.diff(number, prepend=number[:1] - 1))
        begun = self._begun + self._wait * self.period
        return [(begun + float(self._starts[k]), int(number[k])) for k in at]

    @property
    def ended(self) -> bool:
        """The program is over."""
        return self._now() >= self._rows

    def rows(self, first: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times UTC (row,) [s] and values, channel -> (row,), of what was played from row ``first`` up to now."""
        number = np.arange(first, max(first, min(self._now(), first + MOST_ROWS)))
        if not len(number):
            return np.empty(0), {}
        values = self._values(np.maximum(number - self._wait, 0) * self.period)
        values[LINE] = np.where(number < self._wait, 0.0, values[LINE])
        return self._begun + number * self.period, values

    def _now(self) -> int:
        """Rows that have been played."""
        played = (time.monotonic() - self._began) * self._factor
        return min(int(played / self.period) + 1, self._rows)


def _modal(feed: np.ndarray) -> np.ndarray:
    """(segment,) the feed that was programmed last: a control shows it in rapids too, which have none; at first 0."""
    last = np.maximum.accumulate(np.where(np.isfinite(feed), np.arange(len(feed)), -1))
    return np.where(last < 0, 0.0, feed[np.maximum(last, 0)])
