"""Scalars that arrive one by one become samples of all channels: one for every time at which one of them spoke."""

import math
from collections.abc import Iterator

import numpy as np

from hardware.channel import Block, Quality
from hardware.inbox import Gap, Item, Losses, Reading

_MIDDLE = 0.5  # of a period
MOST_LATE = 100  # values in a row that may be late; more: the clock was set back
ONWARD = 1e-6  # [s] by which time goes on over such a step


class EventAssembly:
    """The others are held over; until every channel has spoken a sample is BAD.

    Args:
        names: of the channels.
        settle: how far behind the newest time a sample must be before it is passed on [s].
        period: between samples [s]; None: events. With it, the samples that a gap swallowed are counted by the time.
        losses: where to count.
    """

    def __init__(self, names: tuple[str, ...], settle: float, period: float | None, losses: Losses):
        self._names, self._settle, self._period, self._losses = names, settle, period, losses
        self._column = {name: k for k, name in enumerate(names)}
        self._waiting: list[tuple[float, int, float, int]] = []  # time, column, value, quality
        self._gaps: list[tuple[float, Gap]] = []  # time that they precede
        self._held = np.full(len(names), np.nan)
        self._held_quality = np.full(len(names), int(Quality.BAD))
        self._spoken = np.full(len(names), -np.inf)  # time of the last value of each
        self._next, self._last, self._newest = 0, -np.inf, -np.inf
        self._late, self._step = 0, 0.0  # late values in a row; what is added to the source's times [s]

    def add(self, item: Item) -> None:
        """Take in a reading or a gap."""
        if isinstance(item, Gap):
            self._gaps.append((self._newest, item))
        elif isinstance(item, Reading) and math.isfinite(item.time):
            self._read(item)

    def _read(self, item: Reading) -> None:
        time = item.time + self._step
        if time > self._last:
            self._waiting += [(time, self._column[name], value, item.quality) for name, value in item.values.items()]
            self._newest = max(self._newest, time)
            self._late = 0
            return
        again = all(time <= self._spoken[self._column[name]] for name in item.values)
        self._losses.duplicated += again
        self._losses.late += not again
        self._late += 1
        if self._late > MOST_LATE:
            self._step += self._last + ONWARD - time
            self._losses.say(f"the source's clock was set back: {self._step:.3f} s are added from here on")

    def take(self, everything: bool) -> Iterator[Block]:
        """Blocks up to the newest time less what others may need to settle; a gap begins a new block."""
        until = self._newest if everything else self._newest - self._settle
        ready = [value for value in self._waiting if value[0] <= until]
        if not ready:
            return
        self._waiting = [value for value in self._waiting if value[0] > until]
        table = np.array(ready)
        time, column, value = table[:, 0], table[:, 1].astype(int), table[:, 2]
        quality = np.where(np.isfinite(value), table[:, 3].astype(int), int(Quality.BAD))
        rows, row = np.unique(time, return_inverse=True)
        values, qualities = self._table(len(rows), row, column, value, quality)
        np.maximum.at(self._spoken, column, time)
        cuts, jumps = self._cuts(rows)
        for begin, end, jump in zip(cuts, [*cuts[1:], len(rows)], jumps, strict=True):
            self._next += jump
            part = slice(begin, end)
            columns = {name: values[part, k] for name, k in self._column.items()}
            yield Block(self._next, rows[part], columns, qualities[part].max(axis=1).astype(np.uint8))
            self._next += end - begin
        self._last = float(rows[-1])

    def _table(self, n: int, row: np.ndarray, column: np.ndarray, value: np.ndarray, quality: np.ndarray):  # type: ignore[no-untyped-def]
        """(row, channel) values and qualities, the silent ones held over."""
        came = np.full((n, len(self._names)), -1)
        came[row, column] = np.arange(len(row))  # the last of equal times wins
        self._losses.duplicated += len(row) - int((came >= 0).sum())
        at = np.maximum.accumulate(np.where(came >= 0, np.arange(n)[:, None], -1), axis=0)
        source = np.take_along_axis(came, np.maximum(at, 0), axis=0)
        values = np.where(at >= 0, value[source], self._held)
        qualities = np.where(at >= 0, quality[source], self._held_quality)
        self._held, self._held_quality = values[-1], qualities[-1]
        return values, qualities

    def _cuts(self, rows: np.ndarray) -> tuple[list[int], list[int]]:
        """Rows that begin a block, and how many samples are missing before each."""
        missing = {0: 0} | self._silent(rows)
        still = []
        for time, gap in self._gaps:
            at = int(np.searchsorted(rows, time, side="right"))
            if at == len(rows):
                still.append((time, gap))
                continue
            before = rows[at - 1] if at else self._last
            lost = gap.samples
            if self._period and np.isfinite(before):
                lost = max(lost, int((rows[at] - before) / self._period + _MIDDLE) - 1)
            missing[at] = max(missing.get(at, 0), lost, 1)
            self._losses.say(f"{gap.why}: at least {missing[at]} samples lost before {rows[at]:.6f} s")
        self._gaps = still
        self._losses.lost += sum(missing.values())
        cuts = sorted(missing)
        return cuts, [missing[k] for k in cuts]

    def _silent(self, rows: np.ndarray) -> dict[int, int]:
        """Row -> samples missing before it by the time alone, where the period is known: not every server says so."""
        if not self._period:
            return {}
        before = np.concatenate([[self._last if np.isfinite(self._last) else rows[0] - self._period], rows[:-1]])
        lost = np.maximum(((rows - before) / self._period + _MIDDLE).astype(int) - 1, 0)
        return {int(at): int(lost[at]) for at in np.flatnonzero(lost)}
