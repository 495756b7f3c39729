"""Sources that play files: recordings of ours, tables in CSV, SHDR logs of MTConnect adapters."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from hardware.channel import Block, Channel, Clock, Quality
from hardware.recording import Header, Recording, open_recording
from hardware.source import Source
from hardware.unit_symbols import shown_units
from twin.config import build
from twin.errors import InputError
from twin.formats.shdr import ShdrLog, read_shdr
from twin.scenario import Scenario
from twin.units import split_suffix

ROWS = 1000  # samples of a block
TIME = "time_s"


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """What conf/bench/replay.yaml can say."""

    file: str | None = None
    """A recording (.arrows), a table (.csv), or what another program recorded (TDMS, MDF4, DynoWare text)."""
    channels: dict[str, Any] = field(default_factory=dict)
    """Another program's recording: our name -> {channel: its name there, factor: ...}; none: all of them."""


def bench_source(options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The file that is to be played as if it ran.

    Raises:
        InputError: no file is named, or it is of no kind that can be played.
    """
    chosen = build(ReplayOptions, options, "bench")
    if chosen.file is None:
        raise InputError("bench=replay plays a file", remedy="file=run.arrows, or a table file=run.csv")
    file = Path(chosen.file)
    if file.suffix == ".arrows":
        return RecordingSource(file)
    if file.suffix == ".csv":
        return CsvSource(file)
    from hardware.files import file_source

    source = file_source(file, chosen.channels or None)
    if source is None:
        raise InputError(
            f"a file *{file.suffix} cannot be played",
            file=file,
            remedy="known: .arrows, .csv, .tdms, .mf4, DynoWare .txt",
        )
    return source


class RecordingSource:
    """A recording, block by block as it was written."""

    def __init__(self, file: Path):
        self._recording: Recording = open_recording(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    @property
    def header(self) -> Header:
        """What was recorded."""
        return self._recording.header

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self._recording.channels

    @property
    def clock(self) -> Clock:
        return self._recording.clock

    def blocks(self) -> Iterator[Block]:
        return self._recording.blocks()


class CsvSource:
    """A table: one row of names with unit suffixes, ``time_s`` among them, then numbers. An empty cell is a gap.

    Raises:
        InputError: no ``time_s``, a name twice, a cell that is no number, a time that does not rise; names the line.
    """

    def __init__(self, file: Path):
        self.file = file
        with self._open() as stream:
            names = next(csv.reader(stream), [])
        self._names = [name.strip() for name in names]
        if TIME not in self._names:
            raise InputError(f"the table has no column {TIME}", file=file, line=1, remedy="name the time in seconds so")
        if len(set(self._names)) < len(self._names):
            raise InputError("a column name stands twice", file=file, line=1)
        self.clock = Clock(name="the table", origin="start", period_s=None)
        self.channels = tuple(Channel(name=name, unit=unit_of(name)) for name in self._names if name != TIME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def _open(self):  # type: ignore[no-untyped-def]
        try:
            return self.file.open(newline="", encoding="utf-8-sig")
        except OSError as error:
            raise InputError(f"cannot read the table: {error.strerror}", file=self.file) from None

    def blocks(self) -> Iterator[Block]:
        rows: list[list[float]] = []
        first, last = 0, -math.inf
        at = self._names.index(TIME)
        with self._open() as stream:
            reader = csv.reader(stream)
            next(reader)
            for cells in reader:
                if not cells:
                    continue
                row = self._numbers(cells, reader.line_num)
                if not row[at] > last:
                    raise InputError(f"time {row[at]:g} s does not rise", file=self.file, line=reader.line_num)
                last = row[at]
                rows.append(row)
                if len(rows) == ROWS:
                    yield self._block(first, rows)
                    first, rows = first + len(rows), []
        if rows:
            yield self._block(first, rows)

    def _numbers(self, cells: list[str], line: int) -> list[float]:
        if len(cells) != len(self._names):
            raise InputError(f"{len(cells)} cells for {len(self._names)} columns", file=self.file, line=line)
        try:
            return [float(cell) if cell.strip() else math.nan for cell in cells]
        except ValueError as error:
            raise InputError(f"a cell is no number: {error}", file=self.file, line=line) from None

    def _block(self, first: int, rows: list[list[float]]) -> Block:
        table = dict(zip(self._names, np.array(rows).T, strict=True))
        time = table.pop(TIME)
        gap = np.isnan(np.stack(list(table.values()))).any(axis=0) if table else np.zeros(len(time), bool)
        return Block(first, time, table, np.where(gap, Quality.BAD, Quality.GOOD).astype(np.uint8))


@dataclass(frozen=True)
class ShdrChannel:
    """What a key of a log means: adapters send neither units nor names of ours."""

    key: str
    channel: Channel
    factor: float = 1.0  # from what the adapter sends to the channel's unit
    ignored: tuple[float, ...] = field(default=())  # values that are no measurement, such as spurious zeros
    words: Mapping[str, float] = field(default_factory=dict)  # what texts count as: ACTIVE is 1


class ShdrSource:
    """A log of events: a sample for every time at which one of the chosen keys changed, the others held over.

    Samples in which a channel has not spoken yet are BAD.
    """

    def __init__(self, file: Path, chosen: Sequence[ShdrChannel]):
        self._log: ShdrLog = read_shdr(file)
        self._chosen = tuple(chosen)
        self.channels = tuple(row.channel for row in chosen)
        self.clock = Clock(name="the log's adapter", origin="start", period_s=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def blocks(self) -> Iterator[Block]:
        heard = []
        for row in self._chosen:
            events = self._log[row.key]
            value = events.value
            for word, number in row.words.items():
                value[events.text == word] = number
            keep = ~np.isin(value, row.ignored) & np.isfinite(value)
            heard.append((events.time[keep], value[keep] * row.factor))
        time = np.unique(np.concatenate([events for events, _ in heard]))
        for first in range(0, len(time), ROWS):
            now = time[first : first + ROWS]
            values, silent = {}, np.zeros(len(now), bool)
            for channel, (events, value) in zip(self.channels, heard, strict=True):
                at = np.searchsorted(events, now, side="right") - 1
                silent |= at < 0
                values[channel.name] = np.where(at < 0, np.nan, value[np.maximum(at, 0)])
            yield Block(first, now, values, np.where(silent, Quality.BAD, Quality.GOOD).astype(np.uint8))


def unit_of(name: str) -> str:
    """Unit that the suffix of a channel's name states, as it is written: N of ``force_x_n``; 1 where there is none."""
    if known := split_suffix(name):
        suffix = name[len(known[0]) + 1 :]  # may be of several words: mm_min
        return shown_units().get(suffix, (suffix, ""))[0]
    return name.rsplit("_", 1)[1] if "_" in name else "1"


class Described(Protocol):
    """What is declared of a channel's sensor."""

    @property
    def sensor(self) -> str: ...
    @property
    def serial_number(self) -> str: ...
    @property
    def calibrated_on(self) -> str: ...
    @property
    def uncertainty(self) -> float | None: ...


def described(name: str, row: Described) -> Channel:
    """The channel ``name`` of the sensor that ``row`` declares."""
    return Channel(
        name=name,
        unit=unit_of(name),
        sensor=row.sensor,
        serial_number=row.serial_number,
        calibrated_on=row.calibrated_on,
        uncertainty=row.uncertainty,
    )
