"""Tables of flank wear: the NASA milling table (VB against time) and the KSF turning table (VB against cut order)."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.units import MINUTE, MM, UM


@dataclass(frozen=True)
class MillingWear:
    """Readings of the NASA table, in its order; runs without a reading are left out."""

    case: np.ndarray  # (reading,) int
    run: np.ndarray  # (reading,) int
    time: np.ndarray  # (reading,) [s] in cut
    wear: np.ndarray  # (reading,) [m] VB; 0 as recorded for a new tool
    depth: np.ndarray  # (reading,) [m]
    feed: np.ndarray  # (reading,) [m] per revolution
    material: np.ndarray  # (reading,) str


@dataclass(frozen=True)
class TurningWear:
    """Measured readings of the KSF table, by tool and order of cuts; it has no time."""

    tool: np.ndarray  # (reading,) str
    order: np.ndarray  # (reading,) int
    wear: np.ndarray  # (reading,) [m] VB
    speed: np.ndarray  # (reading,) [m/s]
    feed: np.ndarray  # (reading,) [m] per revolution
    coolant: np.ndarray  # (reading,) bool
    n_interpolated: int  # rows dropped: midpoints of their neighbours


def read_milling_wear(path: Path) -> MillingWear:
    """Read ``process_info.csv`` of the NASA milling data.

    Raises:
        InputError: no such file, missing columns, a word that is no number.
    """
    rows = _rows(path, ("case", "run", "VB", "time", "DOC", "feed", "material_name"))
    rows = [row for row in rows if row[1]["VB"] != ""]
    return MillingWear(
        case=_numbers(path, rows, "case").astype(int),
        run=_numbers(path, rows, "run").astype(int),
        time=_numbers(path, rows, "time") * MINUTE,
        wear=_numbers(path, rows, "VB") * MM,
        depth=_numbers(path, rows, "DOC") * MM,
        feed=_numbers(path, rows, "feed") * MM,
        material=np.array([row["material_name"] for _, row in rows]),
    )


def read_turning_wear(path: Path) -> TurningWear:
    """Read ``manifest_multitool.csv`` of the KSF tools; rows that are the midpoint of their neighbours are dropped.

    Raises:
        InputError: as :func:`read_milling_wear`.
    """
    rows = _rows(path, ("tool_id", "within_tool_order", "vb_um", "vc", "fz", "cooling"))
    tool = np.array([row["tool_id"] for _, row in rows])
    order = _numbers(path, rows, "within_tool_order").astype(int)
    wear = _numbers(path, rows, "vb_um")
    measured = ~interpolated(tool, order, wear)
    return TurningWear(
        tool=tool[measured],
        order=order[measured],
        wear=wear[measured] * UM,
        speed=_numbers(path, rows, "vc")[measured] / MINUTE,
        feed=_numbers(path, rows, "fz")[measured] * MM,
        coolant=np.array([row["cooling"] != "Dry" for _, row in rows])[measured],
        n_interpolated=int((~measured).sum()),
    )


def interpolated(tool: np.ndarray, order: np.ndarray, wear: np.ndarray) -> np.ndarray:
    """Whether a reading lies on the line between readings of the same tool (reading,) bool; their ends are measured.

    A run of equal steps is a line that was filled in: all but its ends count as interpolated.
    """
    inner = np.zeros(len(wear), dtype=bool)
    alike = (
        (tool[1:-1] == tool[:-2]) & (tool[1:-1] == tool[2:]) & (np.diff(order)[:-1] == 1) & (np.diff(order)[1:] == 1)
    )
    inner[1:-1] = alike & (np.abs(wear[1:-1] - (wear[:-2] + wear[2:]) / 2) < 0.006)  # rounded to 0.005
    return inner


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Line numbers and rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from None
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"lacks the columns {', '.join(missing)}", file=path, remedy="give the table as published")
    return [(reader.line_num, row) for row in reader]


def _numbers(path: Path, rows: list[tuple[int, dict[str, str]]], column: str) -> np.ndarray:
    values = []
    for line, row in rows:
        try:
            values.append(float(row[column]))
        except (TypeError, ValueError):
            raise InputError(f"{column} is {row[column]!r}, not a number", file=path, line=line) from None
    return np.array(values)
