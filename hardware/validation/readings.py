"""What is validated: a recording of ours, a table in CSV, or the log of an MTConnect adapter, read alike."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardware.channel import Block, Channel, Clock
from hardware.recording import Header, open_recording
from hardware.replay import CsvSource, ShdrChannel, ShdrSource
from hardware.validation.channel_map import MapRow
from twin.errors import InputError
from twin.formats.shdr import read_shdr

LINE = "line"
LATENCY = "latency_ms"
MILLISECONDS = 23  # characters of a time in ISO 8601 up to them
LOGS = (".shdr", ".gz", ".txt")
JUMP = 0.01  # [s] by which a clock may leave the rate that it states, from sample to sample


@dataclass(frozen=True)
class Readings:
    """A recording that can be read more than once."""

    file: Path
    channels: tuple[Channel, ...]
    clock: Clock
    header: Header
    blocks: Callable[[Collection[str] | None], Iterator[Block]]  # of the named channels, all with None

    @property
    def events(self) -> bool:
        """Whether samples come when something changes, and hold until the next."""
        return self.clock.period_s is None


def open_readings(file: Path, rows: dict[str, MapRow]) -> Readings:
    """The recording in ``file``.

    Args:
        file: ``.arrows``, ``.csv``, or an SHDR log (``.shdr``, ``.shdr.gz``), whose keys the channel map names.
        rows: the channel map.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    if not file.is_file():
        raise InputError("there is no such recording", file=file)
    if file.suffix == ".csv":
        table = CsvSource(file)
        header = Header(source=f"table {file.name}", started="")
        return Readings(file, table.channels, table.clock, header, lambda _: table.blocks())
    if file.suffix in LOGS:
        return _log(file, rows)
    found = open_recording(file)
    return Readings(file, found.channels, found.clock, found.header, found.blocks)


def _log(file: Path, rows: dict[str, MapRow]) -> Readings:
    log = read_shdr(file)
    named = {row.recorded or name: row for name, row in rows.items()}
    keys = {key: row for key, row in named.items() if key in log or not row.optional}
    if not keys:
        raise InputError(
            "a log needs a channel map: its keys have neither our names nor units",
            file=file,
            remedy="--channels hurco_shdr, or a file of your own (docs/validation.md)",
        )
    source = ShdrSource(
        file,
        [
            ShdrChannel(key, Channel(name=key, unit=row.unit or ""), ignored=row.ignored, words=row.words)
            for key, row in keys.items()
        ],
    )
    header = Header(source=f"log {file.name}", started=str(log.start)[:MILLISECONDS])
    return Readings(file, source.channels, source.clock, header, lambda _: source.blocks())


@dataclass(frozen=True)
class Frame:
    """What the place in the program is found from, sample by sample in the order of their numbers."""

    time: np.ndarray  # (sample,) [s] by the source's clock, since the first sample
    line: np.ndarray  # (sample,) int64, 0 none
    tip: np.ndarray | None  # (sample, 3) [mm] float32; None: not recorded
    actual: bool  # the tip is the actual one, for the commanded one was not recorded
    order: np.ndarray  # (sample,) row of the file
    rows: int  # of the file
    number: np.ndarray  # (sample,)
    repeated: int  # rows with a number that came before
    late: int  # rows that came after one of a higher number
    jump: float  # [s] by which the clock left its rate at most; 0: it did not


def read_frame(readings: Readings, named: dict[str, str]) -> Frame:
    """Read times, lines and tips.

    Args:
        named: predicted channel -> channel of the recording.

    Raises:
        InputError: the recording is empty or has no NC line.
    """
    if LINE not in named:
        raise InputError(
            "the recording does not say which NC line ran", file=readings.file, remedy="record a channel 'line'"
        )
    kind = next(
        (kind for kind in ("commanded", "actual") if all(f"{a}_{kind}_mm" in named for a in "xyz")),
        None,
    )
    axes = [named[f"{a}_{kind}_mm"] for a in "xyz"] if kind else []
    parts: list[tuple[np.ndarray, ...]] = []
    for block in readings.blocks({named[LINE], *axes}):
        line = np.nan_to_num(block.values[named[LINE]], nan=0.0).astype(np.int64)
        place = [np.asarray(block.values[name], np.float32) for name in axes] or [np.zeros(0, np.float32)]
        parts.append((block.time, block.first + np.arange(len(block)), line, np.stack(place, axis=1)))
    if not parts:
        raise InputError("the recording is empty", file=readings.file)
    time, number, line, tips = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if (np.diff(number) > 0).all():
        order = np.arange(len(number))
    else:
        _, order = np.unique(number, return_index=True)  # the first of each number
    late = int(np.count_nonzero(number < np.maximum.accumulate(number)))
    repeated = len(number) - len(order)
    tip: np.ndarray | None = tips[order] if kind else None
    if tip is not None and np.isnan(tip).any():
        tip = _held(tip)
    seconds, jump = _steady(time[order] - time[order[0]], number[order], readings.clock.period_s)
    return Frame(
        seconds,
        line[order],
        tip,
        kind == "actual",
        order,
        len(number),
        number[order],
        repeated,
        late - repeated if late > repeated else 0,
        jump,
    )


def _steady(time: np.ndarray, number: np.ndarray, period: float | None) -> tuple[np.ndarray, float]:
    """Times (sample,) [s], and by how much the clock jumped at most: the numbers of the samples hold where it did."""
    if period is None:
        return np.maximum.accumulate(time), 0.0
    offset = time - period * (number - number[0])
    steps = np.diff(offset)
    if not len(steps) or np.abs(steps).max() <= max(JUMP, 2 * period):
        return time, 0.0
    return period * (number - number[0]).astype(float), float(steps[np.argmax(np.abs(steps))])


def _held(values: np.ndarray) -> np.ndarray:
    """Rows (sample, 3) in which one is no number take the one before."""
    good = np.isfinite(values).all(axis=1)
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), 0))
    return np.nan_to_num(values[last])
