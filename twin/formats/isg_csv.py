"""Volumetric errors of ISG and TwinCAT controls: a table an axis, argument and ISO 230-1 names in its header.

Columns in mm and rad (degrees for rotary arguments, which are not read here); ``//`` begins a comment, ``#`` alone
ends a table. The control interpolates straight between rows. (ISG documentation, "ISG CSV format".)
Sign: that of the error motions of ISO 230-1, of the carriages themselves, also of those that carry the part. The
documentation names the errors and states no sign; axis lists of the same control hold actual minus programmed (TF5200,
kw.ssfk.table). Check one point of each axis before use: ``negate XYZ`` in the compensation list turns the sign (TF5280,
Modification of compensation values).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.formats.axis_table import check_ascending, number
from twin.units import MM

DECIMALS = {"displacement": 6, "rotation": 9}  # of mm and of rad
ARGUMENTS = ("X", "Y", "Z")


@dataclass(frozen=True)
class ErrorTable:
    """Errors over the position of one axis; without an argument they are constants, one row."""

    argument: str
    position: np.ndarray  # (row,) [m]
    errors: Mapping[str, np.ndarray]  # EXX … -> (row,) [m] or [rad]


def write_isg(tables: Sequence[ErrorTable], title: str = "") -> str:
    """The text of a file with these tables."""
    parts = []
    for table in tables:
        head = ([table.argument] if table.argument else []) + list(table.errors)
        rows = ["\t".join(head)]
        for k in range(len(table.position)):
            row = [f"{table.position[k] / MM:.6f}"] if table.argument else []
            rows.append("\t".join(row + [_word(name, float(v[k])) for name, v in table.errors.items()]))
        parts.append("\n".join(rows))
    return (f"// {title}\n" if title else "") + "\n#\n".join(parts) + "\n"


def read_isg(text: str, file: str) -> list[ErrorTable]:
    """The tables of ``text``.

    Raises:
        InputError: rows that do not fit their header, positions that do not ascend, several arguments.
    """
    tables: list[ErrorTable] = []
    head: list[str] = []
    rows: list[list[float]] = []
    lines: list[int] = []
    for n, raw in enumerate([*text.splitlines(), "#"], 1):
        words = raw.split("//")[0].split()
        if words == ["#"]:
            if head:
                tables.append(_table(head, rows, lines, file))
            head, rows, lines = [], [], []
        elif words and not head:
            head = words
        elif words:
            if len(words) != len(head):
                raise InputError(f"{len(words)} values under {len(head)} headings", file=file, line=n, remedy="fill it")
            rows.append([number(word, file, n) for word in words])
            lines.append(n)
    if not tables:
        raise InputError("no table in the file", file=file, remedy="begin with a header: X EXX EYX EZX EAX EBX ECX")
    return tables


def _table(head: list[str], rows: list[list[float]], lines: list[int], file: str) -> ErrorTable:
    arguments = [name for name in head if name in ARGUMENTS]
    if len(arguments) > 1 or (arguments and head[0] != arguments[0]):
        raise InputError(
            f"a table over {' and '.join(arguments)}", file=file, remedy="one argument a table, in its first column"
        )
    if not rows:
        raise InputError(f"no row under {' '.join(head)}", file=file, remedy="give at least one")
    values = np.array(rows)
    if arguments:
        check_ascending(values[:, 0].tolist(), lines, file)
    names = head[len(arguments) :]
    columns = values[:, len(arguments) :].T
    return ErrorTable(
        arguments[0] if arguments else "",
        values[:, 0] * MM if arguments else np.zeros(1),
        {name: column * (1.0 if _turns(name) else MM) for name, column in zip(names, columns, strict=True)},
    )


def _turns(name: str) -> bool:
    """Whether ``name`` is an angle: EAX, A0Z."""
    return (name[1] if name[0] == "E" else name[0]) in "ABC"


def _word(name: str, value: float) -> str:
    return f"{value:.{DECIMALS['rotation']}f}" if _turns(name) else f"{value / MM:.{DECIMALS['displacement']}f}"
