"""Sources that play files of measured signals: DynoWare text, TDMS, MDF4.

The channel with the most samples gives the times; slower ones are held over. Where its times keep a period, samples are
numbered by the time: what is missing is a jump.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from hardware.channel import Block, Clock, Quality
from hardware.replay import described
from hardware.unit_symbols import checked_factor, named
from twin.config import build
from twin.errors import InputError
from twin.formats.dynoware import is_dynoware, read_dynoware
from twin.formats.mdf4 import read_mdf4
from twin.formats.sampled import SampledFile, Signal
from twin.formats.tdms import read_tdms

ROWS = 10_000  # samples of a block
SAME = 0.01  # of a period: times within it are the same
DIGITS = 10  # of a period
STEADY = 0.1  # of a period: steps that are so near to whole ones keep it
READERS = {".tdms": read_tdms, ".mf4": read_mdf4, ".mdf": read_mdf4}
TEXTS = {".txt", ".asc"}


@dataclass(frozen=True, kw_only=True)
class FileChannel:
    """A channel of a file, and what it is to us."""

    channel: str
    """Its name in the file."""
    factor: float | None = None
    """To our unit; none: from the unit that the file states, else 1."""
    sensor: str = ""
    serial_number: str = ""
    calibrated_on: str = ""
    uncertainty: float | None = None
    """Standard, in our unit."""


def file_source(file: Path, channels: Mapping[str, Any] | None = None) -> "FileSource | None":
    """A source that plays ``file``; None: it is of no kind that is known here.

    Args:
        channels: our name -> options of :class:`FileChannel`; None: all of the file, named after it.

    Raises:
        InputError: the file cannot be read, or the channels do not fit it.
    """
    if file.suffix.lower() in READERS:
        content = READERS[file.suffix.lower()](file)
    elif file.suffix.lower() in TEXTS and file.is_file() and is_dynoware(file):
        content = read_dynoware(file)
    else:
        return None
    chosen = {name: build(FileChannel, row, f"channels.{name}") for name, row in (channels or {}).items()}
    return FileSource(content, chosen)


class FileSource:
    """Channels of a file in blocks; a sample without a value, or before a channel begins, is BAD.

    Raises:
        InputError: a channel is not in the file, its unit is of another kind, or two have one name.
    """

    def __init__(self, content: SampledFile, chosen: Mapping[str, FileChannel]):
        self._content = content
        known = {signal.name: signal for signal in content.signals}
        self._signals: dict[str, tuple[Signal, float]] = {}
        rows: dict[str, FileChannel] = {}
        if not chosen:
            for signal in content.signals:
                name, factor = named(signal.name, signal.unit)
                if name in self._signals:
                    raise InputError(
                        f"two channels would be called {name}", file=content.file, remedy="choose channels"
                    )
                self._signals[name], rows[name] = (signal, factor), FileChannel(channel=signal.name)
        for name, row in chosen.items():
            if row.channel not in known:
                there = ", ".join(sorted(known))
                raise InputError(f"there is no channel {row.channel!r}", file=content.file, remedy=f"it has {there}")
            signal = known[row.channel]
            self._signals[name], rows[name] = (signal, checked_factor(name, signal.unit, row.factor)), row
        self._main = max((signal for signal, _ in self._signals.values()), key=lambda signal: signal.count)
        self._period = _period(self._main)
        origin = "start" if content.start is None else "utc"
        self.clock = Clock(name="the file", origin=origin, period_s=self._period)  # type: ignore[arg-type]
        self.channels = tuple(described(name, row) for name, row in rows.items())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._content.close()

    def blocks(self) -> Iterator[Block]:
        readers = {name: _Held(signal, factor) for name, (signal, factor) in self._signals.items()}
        number, last = 0, -np.inf
        for first in range(0, self._main.count, ROWS):
            time = self._main.times(first, min(ROWS, self._main.count - first))
            steps = np.diff(time, prepend=last)
            if not (steps > 0).all():
                at = int(np.flatnonzero(~(steps > 0))[0])
                raise InputError(f"time {time[at]:g} s of sample {first + at} does not rise", file=self._content.file)
            values = {name: reader.at(time, self._period) for name, reader in readers.items()}
            bad = np.isnan(np.stack(list(values.values()))).any(axis=0)
            quality = np.where(bad, Quality.BAD, Quality.GOOD).astype(np.uint8)
            missing = np.zeros(len(time), int)
            if self._period and np.isfinite(last):
                missing = np.maximum(np.round(steps / self._period).astype(int) - 1, 0)
            elif self._period:
                missing[1:] = np.maximum(np.round(steps[1:] / self._period).astype(int) - 1, 0)
            cuts = [0, *(int(k) for k in np.flatnonzero(missing) if k), len(time)]
            for begin, end in zip(cuts, cuts[1:], strict=False):
                number += int(missing[begin])
                part = slice(begin, end)
                shown = time[part] + (self._content.start or 0.0)
                yield Block(number, shown, {n: v[part] for n, v in values.items()}, quality[part])
                number += end - begin
            last = float(time[-1])


class _Held:
    """Reads a signal forwards and holds its values over."""

    def __init__(self, signal: Signal, factor: float):
        self._signal, self._factor = signal, factor
        self._read = 0
        self._time, self._value = np.empty(0), np.empty(0)
        begin = signal.times(0, min(ROWS, signal.count))
        self._step = float(np.median(np.diff(begin))) if len(begin) > 1 else np.inf

    def at(self, time: np.ndarray, period: float | None) -> np.ndarray:
        """Values that hold at each ``time`` [s]; NaN before the first and after the last."""
        allowed = SAME * (period or 0.0)
        while self._read < self._signal.count and (not len(self._time) or self._time[-1] < time[-1] + allowed):
            self._time = np.concatenate([self._time, self._signal.times(self._read, ROWS)[: self._left()]])
            self._value = np.concatenate([self._value, self._signal.values(self._read, ROWS)[: self._left()]])
            self._read += min(ROWS, self._left())
        at = np.searchsorted(self._time, time + allowed, side="right") - 1
        over = (self._read == self._signal.count) & (time > self._time[-1] + self._step * (1 + SAME))
        values = np.where((at < 0) | over, np.nan, self._value[np.maximum(at, 0)] * self._factor)
        keep = max(int(at[-1]), 0)
        self._time, self._value = self._time[keep:], self._value[keep:]
        return values

    def _left(self) -> int:
        return self._signal.count - self._read


def _period(signal: Signal) -> float | None:
    """Period that the first times keep, gaps apart; None: they keep none."""
    time = signal.times(0, min(ROWS, signal.count))
    steps = np.diff(time)
    if not len(steps) or not (steps > 0).all():
        return None
    whole = steps / np.median(steps)
    counted = np.maximum(np.round(whole), 1)
    if not (np.abs(whole - counted) < STEADY).all():
        return None
    return float(f"{(time[-1] - time[0]) / counted.sum():.{DIGITS}g}")
