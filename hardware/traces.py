"""Numbered arrays of samples become blocks in the order of their numbers; scalars beside them are held over.

Times come from the sample clock: the first array anchors it, then each sample is one period later, whatever the wall
clock of the server does.
"""

from collections.abc import Iterator

import numpy as np

from hardware.channel import Block, Quality
from hardware.inbox import Gap, Item, Losses, Reading, Trace

MOST_WAITING = 8  # arrays that wait for one that is missing
MOST_OLD = 100  # arrays in a row that may be old; more: the source counts anew, with its clock set back
SAME = 0.01  # of a period, within which a scalar's time is that of a sample: time stamps are rounded
JUMP = 0.1  # [s] between the wall clock and the sample clock that is worth saying


class TraceAssembly:
    """Blocks of arrays that carry the number of their first sample.

    Args:
        names: of the channels that come as arrays.
        held: of the channels that come as scalars.
        period: between samples [s].
        losses: where to count.
    """

    def __init__(self, names: tuple[str, ...], held: tuple[str, ...], period: float, losses: Losses):
        self._names, self._period, self._losses = names, period, losses
        self._held: dict[str, list[tuple[float, float, int]]] = {name: [] for name in held}
        self._waiting: dict[int, Trace] = {}
        self._shift = 0  # from the source's numbers to ours: it may start anew
        self._next: int | None = None  # number, ours
        self._time = np.nan  # [s] of the sample before that
        self._said = 0.0  # offset of the wall clock that was last spoken of [s]
        self._newest = np.nan  # wall time of the newest array [s]
        self._old = 0  # arrays in a row that were known

    def add(self, item: Item) -> None:
        """Take in an array or a reading; a gap shows in the numbers."""
        if isinstance(item, Reading):
            for name, value in item.values.items():
                quality = item.quality if np.isfinite(value) else int(Quality.BAD)
                self._held[name].append((item.time, value, quality))
        elif isinstance(item, Gap):
            self._losses.say(item.why)
        elif item.values.shape[0] == len(self._names) and item.values.shape[1]:
            self._sort_in(item)

    def _sort_in(self, trace: Trace) -> None:
        length = trace.values.shape[1]
        if self._next is None:
            self._shift, self._next, self._newest = -trace.first, 0, trace.time
            self._time = trace.time - length * self._period
        elif trace.first + self._shift < self._next and (
            trace.time > self._newest + self._period / 2 or self._old > MOST_OLD
        ):
            away = max(round((trace.time - self._newest) / self._period) - length, 0)
            self._losses.say(f"the source began to count anew at {trace.first}, {away} samples later")
            self._waiting.clear()
            self._shift, self._newest = self._next + away - trace.first, trace.time
        number = trace.first + self._shift
        if number + length <= self._next or number in self._waiting:
            self._losses.duplicated += length
            self._old += 1
            return
        self._old = 0
        self._newest = max(self._newest, trace.time)
        self._waiting[number] = trace

    def take(self, everything: bool) -> Iterator[Block]:
        """Blocks whose predecessors are there, or have been waited for in vain; what fits together is one block."""
        if self._next is None:
            return
        run: list[Trace] = []
        end = self._next
        for number in sorted(self._waiting):
            if number > end:
                if run:
                    yield self._block(run, end)
                    run = []
                if not everything and len(self._waiting) < MOST_WAITING:
                    return
                self._losses.lost += number - end
                self._losses.say(f"{number - end} samples lost before sample {number}")
                self._time += (number - end) * self._period
                end = self._next = number
            trace = self._waiting.pop(number)
            known = end - number  # samples that were passed on before
            self._losses.duplicated += known
            run.append(trace._replace(values=trace.values[:, known:]))
            end += trace.values.shape[1] - known
        if run:
            yield self._block(run, end)

    def _block(self, run: list[Trace], end: int) -> Block:
        """Traces that follow each other without a gap, up to sample ``end``."""
        assert self._next is not None
        first, self._next = self._next, end
        table = np.concatenate([trace.values for trace in run], axis=1) if len(run) > 1 else run[0].values
        time = self._time + self._period * np.arange(1, table.shape[1] + 1)
        self._time = float(time[-1])
        offset = run[-1].time - self._time
        if abs(offset - self._said) > JUMP:
            self._losses.say(f"the source's wall clock is {offset:+.3f} s from its sample clock at sample {end}")
            self._said = offset
        quality = np.repeat([trace.quality for trace in run], [trace.values.shape[1] for trace in run])
        quality = np.where(np.isfinite(table).all(axis=0), quality, int(Quality.BAD))
        values = dict(zip(self._names, table, strict=True))
        for name, spoken in self._held.items():
            values[name], held = _at(spoken, time + SAME * self._period)
            quality = np.maximum(quality, held)
        return Block(first, time, values, quality.astype(np.uint8))


def _at(spoken: list[tuple[float, float, int]], time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and quality that hold at each ``time``; forgets what no later time needs."""
    if not spoken:
        return np.full(len(time), np.nan), np.full(len(time), int(Quality.BAD))
    spoken.sort()
    when, value, quality = (np.array(part) for part in zip(*spoken, strict=True))
    at = np.searchsorted(when, time, side="right") - 1
    del spoken[: max(int(at[-1]), 0)]
    silent = at < 0
    at = np.maximum(at, 0)
    return np.where(silent, np.nan, value[at]), np.where(silent, int(Quality.BAD), quality[at].astype(int))
