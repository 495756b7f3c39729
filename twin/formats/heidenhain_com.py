"""Axis error compensation of TNC controls: a .COM table an axis, and the .CMA table that assigns them.

AXISPOS is the position of the axis, the columns behind BACKLASH belong to the axes they name, all in mm, at most 256
rows. Straight between the rows. (Heidenhain technical manuals, MANUALplus 620 and iTNC 530.)
Sign: the columns hold the error, actual minus nominal. "Only the compensation points of the error curve should be
entered" (TNC 406/306, 3/97, p. 4-21); the linear error is "positive if the table travel is too long" (TNC 407/415/425,
1/98, p. 4-26); EXX stands in the .COM file (iTNC 530 HSCI, 7/2013, p. 680). No manual says both in one sentence, so
check one point before use.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from twin.errors import InputError
from twin.formats.axis_table import AxisTable, check_ascending, check_count, number
from twin.units import MM

MOST_ROWS = 256
END = "[END]"


def write_com(tables: Sequence[AxisTable], name: str, decimals: int = 4) -> str:
    """One .COM file: tables of the same input axis at the same positions."""
    if len({table.input for table in tables}) != 1:
        raise InputError("tables of several axes in one file", file=name, remedy="one .COM file an axis")
    position = tables[0].position
    check_count(len(position), MOST_ROWS, name)
    rows = [f"BEGIN {name} MM", " ".join(["NR", "AXISPOS", "BACKLASH", *(table.output for table in tables)])]
    for k, p in enumerate(position):
        values = [f"{table.value[k] / MM:+.{decimals}f}" for table in tables]
        rows.append(" ".join([str(k), f"{p / MM:+.4f}", f"{0:+.{decimals}f}", *values]))
    return "\n".join([*rows, END]) + "\n"


def read_com(text: str, file: str, axis: str) -> list[AxisTable]:
    """The tables of a .COM file that a .CMA file assigns to ``axis``.

    Raises:
        InputError: no such table, rows that do not fit their header, positions that do not ascend, backlash.
    """
    head, rows, lines = _rows(text, file, ("AXISPOS", "BACKLASH"))
    check_count(len(rows), MOST_ROWS, file)
    values = np.array([[number(word, file, n) for word in row[1:]] for row, n in zip(rows, lines, strict=True)])
    check_ascending(values[:, 0].tolist(), lines, file)
    for n, backlash in zip(lines, values[:, 1], strict=True):
        if backlash:
            raise InputError(f"backlash {backlash:g} mm", file=file, line=n, remedy="only tables without it are read")
    return [AxisTable(axis, name, values[:, 0] * MM, values[:, 2 + k] * MM) for k, name in enumerate(head[3:])]


def write_cma(assigned: Mapping[str, str], name: str = "CONFIG.CMA") -> str:
    """The assignment of one .COM file to each axis, in one active line."""
    row = " ".join(["0", "*", *assigned.values()])
    return "\n".join([f"BEGIN {name}", " ".join(["NR", "ACTIVE", *assigned]), row, END]) + "\n"


def read_cma(text: str, file: str) -> dict[str, str]:
    """Axis -> .COM file of the active line.

    Raises:
        InputError: no such table, or not exactly one active line.
    """
    head, rows, lines = _rows(text, file, ("ACTIVE",))
    active = [row for row in rows if row[1] == "*"]
    if len(active) != 1:
        raise InputError(
            f"{len(active)} active lines", file=file, line=lines[0] if lines else None, remedy="mark one with *"
        )
    return dict(zip(head[2:], active[0][2:], strict=True))


def _rows(text: str, file: str, needed: tuple[str, ...]) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, rows as words, and their lines."""
    content = text.splitlines()
    if len(content) < 3 or not content[0].startswith("BEGIN"):
        raise InputError("no table", file=file, line=1, remedy="BEGIN NAME, a header with NR, rows, [END]")
    head = content[1].split()
    if tuple(head[: len(needed) + 1]) != ("NR", *needed):
        raise InputError(f"header {content[1]!r}", file=file, line=2, remedy=" ".join(("NR", *needed)) + " and axes")
    rows: list[list[str]] = []
    lines: list[int] = []
    for n, line in enumerate(content[2:], 3):
        if line.strip() == END:
            return head, rows, lines
        if line.strip():
            row = line.split()
            if len(row) != len(head):
                raise InputError(f"{len(row)} words under {len(head)} headings", file=file, line=n, remedy="fill it")
            rows.append(row)
            lines.append(n)
    raise InputError(f"the table does not end with {END}", file=file, line=len(content), remedy="it may be cut off")
