"""Text that DynoWare, the dynamometer software of Kistler, exports.

A head of lines ``name: value``, a row of channel names that begins with the time, a row of units (or the units in
brackets behind the names), then a row a sample; tabulators, semicolons or blanks between, decimal point or comma. Where
there is no time column the sampling rate of the head says the times. The layout can be chosen at export and is nowhere
published as a standard: what fits none of this is refused, by line.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.formats.sampled import SampledFile, Signal, regular

MOST_HEAD = 200  # lines
_RATE = re.compile(r"sampl\w*\s*(rate|frequency)", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d+([.,]\d*)?([eE][-+]?\d+)?")
_INLINE = re.compile(r"(?P<name>.*?)\s*[\[(](?P<unit>[^\])]*)[\])]$")
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "": 1.0}


@dataclass(frozen=True)
class _Head:
    names: list[str]
    units: list[str]
    rate: float | None  # [Hz]
    separator: str | None  # None: blanks
    comma: bool  # decimal
    first: int  # line of the first sample, 1-based


def read_dynoware(path: str | Path) -> SampledFile:
    """Read an exported text.

    Raises:
        InputError: it cannot be read, has no samples, a row does not fit, or nothing says the times.
    """
    file = Path(path)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the export: {error.strerror}", file=path) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = text.splitlines()
    head = _head(lines, path)
    table = _table(lines, head, path)
    timed = head.names[0].lower().startswith("time")
    if timed and head.units[0].lower() not in _TIME_UNITS:
        raise InputError(f"the time is in {head.units[0]!r}", file=path, line=head.first - 1, remedy="export it in s")
    if timed:
        time = _unrounded(table[:, 0] * _TIME_UNITS[head.units[0].lower()], head.rate)
        times = lambda begin, count: time[begin : begin + count]  # noqa: E731
    elif head.rate:
        times = regular(0.0, 1.0 / head.rate)
    else:
        raise InputError("there is neither a time column nor a sampling rate", file=path, remedy="export one of them")
    signals = tuple(
        Signal(head.names[k], head.units[k], len(table), times, _column(table, k))
        for k in range(int(timed), len(head.names))
    )
    return SampledFile(str(path), None, signals)


def is_dynoware(path: Path) -> bool:
    """Whether a text file looks like such an export: rows of numbers under a row of names, and no table of ours."""
    with path.open("rb") as stream:
        begin = stream.read(20_000).decode("latin-1")
    return bool(_RATE.search(begin)) or "dynoware" in begin.lower() or begin.lstrip().lower().startswith("time")


def _unrounded(time: np.ndarray, rate: float | None) -> np.ndarray:
    """Times [s] as the sampling rate says, where the few digits of the export hide it."""
    if not rate:
        return time
    number = np.round((time - time[0]) * rate)
    exact = time[0] + number / rate
    fits = (np.diff(number) > 0).all() and np.abs(exact - time).max() < 0.5 / rate
    return exact if fits else time


def _column(table: np.ndarray, k: int):  # type: ignore[no-untyped-def]
    return lambda begin, count: table[begin : begin + count, k]


def _head(lines: list[str], path: object) -> _Head:
    at = next((k for k, line in enumerate(lines[:MOST_HEAD]) if _is_row(line)), None)
    if at is None:
        raise InputError("there are no rows of numbers", file=path, remedy="export the signals as text")
    line = lines[at]
    separator = _separator(line)
    cells = _cells(line, separator)
    names, units = _named(lines[:at], len(cells), separator, path, at + 1)
    return _Head(names, units, _rate(lines[:at]), separator, "," in line, at + 1)


def _separator(line: str) -> str | None:
    return "\t" if "\t" in line else ";" if ";" in line else None


def _is_row(line: str) -> bool:
    cells = _cells(line, _separator(line))
    return bool(cells) and all(_NUMBER.fullmatch(cell) for cell in cells)


def _cells(line: str, separator: str | None) -> list[str]:
    cells = [cell.strip() for cell in line.split(separator)]
    while cells and not cells[-1]:  # rows often end in a separator
        cells.pop()
    return cells


def _named(
    above: list[str], columns: int, separator: str | None, path: object, line: int
) -> tuple[list[str], list[str]]:
    """Names and units of the columns, from the last rows above the numbers."""
    rows = [_cells(text, separator) for text in above if text.strip()]
    last = rows[-1] if rows else []
    before = rows[-2] if len(rows) > 1 else []
    bracketed = all(cell.startswith(("[", "(")) for cell in last)
    if len(last) == len(before) == columns and (bracketed or before[0].lower().startswith("time")):
        return before, [cell.strip("[]() ") for cell in last]
    if len(last) != columns:
        raise InputError(f"no row above names the {columns} columns", file=path, line=line)
    parts = [_INLINE.match(cell) for cell in last]
    names = [part["name"] if part else cell for part, cell in zip(parts, last, strict=True)]
    return names, [part["unit"].strip() if part else "" for part in parts]


def _rate(above: list[str]) -> float | None:
    for text in above:
        if _RATE.search(text):
            number = _NUMBER.search(re.split(r"[:\t;=]", text)[-1])
            if number:
                return float(number[0].replace(",", ".")) * (1e3 if "khz" in text.lower() else 1.0)
    return None


def _table(lines: list[str], head: _Head, path: object) -> np.ndarray:
    """(sample, column)"""
    body = lines[head.first - 1 :]
    while body and not body[-1].strip():
        body.pop()
    text = "\n".join(row.rstrip().rstrip(head.separator or " ") for row in body)
    text = text.replace(",", ".") if head.comma else text
    try:
        table = np.loadtxt(io.StringIO(text), delimiter=head.separator, ndmin=2, comments=None)
    except ValueError:
        for k, row in enumerate(text.split("\n")):
            cells = _cells(row, head.separator)
            if len(cells) != len(head.names) or not all(_NUMBER.fullmatch(cell) for cell in cells):
                raise InputError(
                    f"{row[:60]!r} is no row of {len(head.names)} numbers", file=path, line=head.first + k
                ) from None
        raise
    return table
