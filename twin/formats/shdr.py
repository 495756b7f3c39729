"""SHDR, the text that MTConnect adapters send and that many machine logs are kept in.

A row is ``timestamp|key|value`` with further key|value pairs; a condition is
``timestamp|key|level|code|severity|qualifier|message``. Rows are events: a value holds until the next one.
(MTConnect standard part 5, and the adapter protocol of the C++ agent.)
"""

import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.errors import InputError

LEVELS = ("NORMAL", "WARNING", "FAULT", "UNAVAILABLE")
N_CONDITION = 7  # fields of a condition row
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")


@dataclass(frozen=True)
class Channel:
    """The events of one key."""

    time: np.ndarray  # (event,) [s] since the start of the log, never falling
    text: np.ndarray  # (event,) str as sent; of a condition its level
    note: np.ndarray  # (event,) str: message of a condition, else empty

    @property
    def value(self) -> np.ndarray:
        """Numbers, NaN where the text is none, (event,)."""
        return np.array([_number(text) for text in self.text], float)

    def at(self, time: np.ndarray) -> np.ndarray:
        """Row of the event that holds at each ``time`` [s]; -1 before the first."""
        return np.searchsorted(self.time, time, side="right") - 1


@dataclass(frozen=True)
class ShdrLog:
    """A log, channel by channel."""

    file: str
    start: np.datetime64  # of the first row, UTC
    channels: dict[str, Channel] = field(default_factory=dict)
    unreadable: tuple[int, ...] = ()  # lines that are no SHDR: real logs break off in the middle of rows
    set_back: float = 0.0  # [s] by which a row lies before one above it, at most
    set_back_line: int = 0  # the line of that row

    def __getitem__(self, key: str) -> Channel:
        if key not in self.channels:
            raise InputError(f"no channel {key}", file=self.file, remedy="it has " + ", ".join(sorted(self.channels)))
        return self.channels[key]

    def __contains__(self, key: str) -> bool:
        return key in self.channels


def read_shdr(path: str | Path) -> ShdrLog:
    """Read a log, gzip or plain text.

    Raises:
        InputError: the file cannot be read, or holds no SHDR.
    """
    try:
        raw = Path(path).read_bytes()
        data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError) as error:
        raise InputError(
            f"cannot read the log: {error}", file=path, remedy="give an SHDR text, plain or gzip"
        ) from error
    return parse_shdr(data.decode("utf-8", errors="replace"), file=str(path))


def parse_shdr(text: str, *, file: str = "") -> ShdrLog:
    """Return the channels of ``text``; adapter commands (``* PONG ...``) and empty lines are passed over.

    Raises:
        InputError: not one row can be read.
    """
    stamps: list[str] = []
    lines: list[int] = []
    events: dict[str, list[tuple[int, str, str]]] = {}
    unreadable: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("*"):
            continue
        stamp, *fields = line.split("|")
        stamp = stamp.split("@")[0].removesuffix("Z")
        condition = _is_condition(fields)
        if not _STAMP.fullmatch(stamp) or not fields or (len(fields) % 2 and not condition):
            unreadable.append(number)
            continue
        row = len(stamps)
        stamps.append(stamp)
        lines.append(number)
        if condition:
            events.setdefault(fields[0], []).append((row, fields[1].upper(), fields[5]))
        else:
            for key, value in zip(fields[::2], fields[1::2], strict=True):
                events.setdefault(key, []).append((row, value, ""))
    if not stamps:
        raise InputError("no row of the log can be read", file=file, remedy="rows are YYYY-MM-DDThh:mm:ssZ|key|value")
    when = np.array(stamps, "datetime64[ns]")
    # Adapters send a few rows out of order; an event cannot precede the one before it in the file.
    said = (when - when[0]).astype(float) * 1e-9
    seconds = np.maximum.accumulate(said)
    worst = int(np.argmax(seconds - said))
    channels = {key: _channel(rows, seconds) for key, rows in events.items()}
    back = float(seconds[worst] - said[worst])
    return ShdrLog(file, when[0], channels, tuple(unreadable), back, lines[worst] if back else 0)


def _channel(rows: list[tuple[int, str, str]], seconds: np.ndarray) -> Channel:
    index, text, note = zip(*rows, strict=True)
    return Channel(seconds[list(index)], np.array(text, object), np.array(note, object))


def _is_condition(fields: list[str]) -> bool:
    if len(fields) != N_CONDITION - 1 or fields[1].upper() not in LEVELS:
        return False
    # Three pairs of which the first is unavailable look alike, but have a key in third place.
    return fields[1].upper() != "UNAVAILABLE" or not fields[2]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
