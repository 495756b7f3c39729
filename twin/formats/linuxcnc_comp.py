"""Compensation files of LinuxCNC: COMP_FILE of a joint, and a schedule of external axis offsets.

COMP_FILE: at most 256 lines ``nominal forward reverse`` in machine units (mm here), ascending. COMP_FILE_TYPE 1: the
last two are added to the motor's position; TYPE 0: they are the positions that were reached. Straight between the
lines, constant beyond them. (LinuxCNC documentation, INI configuration, and Integrator's concepts: external offsets.)
Sign: as LinuxCNC 2.9 moved its motors with files of both types (tests/formats/linuxcnc_comp).
"""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.formats.axis_table import check_ascending, check_count, number
from twin.units import MM

MOST_LINES = 256
COUNTS = ("x_counts", "y_counts", "z_counts")
HEAD = ("time_s", *COUNTS)


@dataclass(frozen=True)
class CompFile:
    """What is added to a joint's motor position, by direction of travel."""

    position: np.ndarray  # (line,) [m]
    forward: np.ndarray  # (line,) [m] added when moving in the positive direction
    reverse: np.ndarray  # (line,) [m]


def write_comp(table: CompFile, decimals: int = 6) -> str:
    """The text of a COMP_FILE of TYPE 1."""
    check_count(len(table.position), MOST_LINES, "COMP_FILE")
    rows = np.column_stack([table.position, table.forward, table.reverse]) / MM
    return "".join(f"{p:.6f} {f:.{decimals}f} {r:.{decimals}f}\n" for p, f, r in rows)


def read_comp(text: str, file: str, kind: int = 1) -> CompFile:
    """The table of a COMP_FILE; ``kind``: COMP_FILE_TYPE.

    Raises:
        InputError: not three numbers a line, positions that do not ascend, too many lines.
    """
    rows, lines = [], []
    for n, raw in enumerate(text.splitlines(), 1):
        words = raw.split("#")[0].split()
        if not words:
            continue
        if len(words) != 3:
            raise InputError(f"{len(words)} numbers", file=file, line=n, remedy="write nominal, forward and reverse")
        rows.append([number(word, file, n) * MM for word in words])
        lines.append(n)
    check_count(len(rows), MOST_LINES, file)
    values = np.array(rows)
    check_ascending((values[:, 0] / MM).tolist(), lines, file)
    if kind == 0:
        values[:, 1:] = values[:, :1] - values[:, 1:]
    return CompFile(values[:, 0], values[:, 1], values[:, 2])


def ini_lines(joints: dict[int, str]) -> str:
    """The lines of the machine's INI file that load a file for each joint."""
    return "".join(f"[JOINT_{j}]\nCOMP_FILE = {file}\nCOMP_FILE_TYPE = 1\n\n" for j, file in joints.items())


@dataclass(frozen=True)
class OffsetSchedule:
    """Counts of the external offsets of X, Y, Z, each held until the next row."""

    time: np.ndarray  # (row,) [s] ascending
    counts: np.ndarray  # (row, 3) int
    scale: float  # [m] of one count


def write_offsets(schedule: OffsetSchedule) -> tuple[str, str]:
    """The schedule (CSV) and the HAL commands that enable the pins and set their scale."""
    rows = [",".join(HEAD)]
    rows += [f"{t:.3f},{x},{y},{z}" for t, (x, y, z) in zip(schedule.time, schedule.counts.astype(int), strict=True)]
    hal = ["# needs OFFSET_AV_RATIO in the [AXIS_*] sections; offsets start at zero when the machine is switched on"]
    for axis in "xyz":
        hal += [f"setp axis.{axis}.eoffset-scale {schedule.scale / MM:.6f}", f"setp axis.{axis}.eoffset-enable 1"]
    return "\n".join(rows) + "\n", "\n".join(hal) + "\n"


def read_offsets(text: str, hal: str, file: str) -> OffsetSchedule:
    """The schedule that :func:`write_offsets` wrote.

    Raises:
        InputError: another header, rows that are no whole counts, times that do not ascend, no common scale.
    """
    content = text.splitlines()
    if not content or tuple(content[0].split(",")) != HEAD:
        raise InputError("no schedule of offsets", file=file, line=1, remedy="begin with " + ",".join(HEAD))
    rows, lines = [], []
    for n, raw in enumerate(content[1:], 2):
        values = [number(word, file, n) for word in raw.split(",")]
        if len(values) != 4 or any(v != round(v) for v in values[1:]):
            raise InputError(f"{raw!r}", file=file, line=n, remedy="a time and three whole counts")
        rows.append(values)
        lines.append(n)
    if not rows:
        raise InputError("no row in the schedule", file=file, remedy="give at least one")
    check_ascending([row[0] for row in rows], lines, file, "times")
    scales = {line.split()[-1] for line in hal.splitlines() if "eoffset-scale" in line}
    if len(scales) != 1:
        raise InputError(f"{len(scales)} scales of the offsets", file=file, remedy="set one eoffset-scale for all axes")
    table = np.array(rows)
    return OffsetSchedule(table[:, 0], table[:, 1:].astype(int), float(scales.pop()) * MM)
