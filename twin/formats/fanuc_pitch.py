"""Stored pitch error compensation of Fanuc controls: whole pulses, point by point, as parameter text.

Parameters of each axis (A1, A2, A3 for X, Y, Z): 3620 number of the point at the reference position, 3621 and 3622 the
farthest numbers on the - and + side, 3623 magnification, 3624 interval [0.001 mm]. The pulses of point k, N(10000 + k),
are increments: with reference number R the compensation changes by the value of R + j times the magnification, in
detection units, over the section from (j - 1) to j intervals from the reference position. (Fanuc Series 0i parameter
manual B-63980EN, pitch error compensation.)
Sign: a positive value is taken to move the axis on in the positive direction. The manual draws the sum of the values
and states no sign; the like table of Mitsubishi controls holds interval minus actual travel (E68 and C64, machine
error compensation, 9.2). Check one point before use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.formats.axis_table import number

AXES = "XYZ"
DATA = 10000
LARGEST = 7  # pulses of one point
MOST_POINTS = 128  # of one axis
MOST_NUMBER = 1023
MICROMETRE = 1e-6  # the unit of parameter 3624 [m]
_PARAMETER = re.compile(r"N0*(36\d\d)((?:A[123]P-?[\d.]+)+)")
_AXIS = re.compile(r"A([123])P(-?[\d.]+)")
_PULSES = re.compile(r"N(1\d{4})P(-?\d+)")


@dataclass(frozen=True)
class PitchTable:
    """Points of one axis."""

    reference: float  # [m] axis position of the reference point, where the compensation is zero
    reference_number: int
    first_number: int  # of ``pulses``; the farthest on the negative side
    magnification: int
    interval: float  # [m]
    pulses: np.ndarray  # (point,) int, increments

    @property
    def edges(self) -> np.ndarray:
        """Ends of the sections (point + 1,) [m]; point k changes the compensation between k and k + 1."""
        first = self.first_number - self.reference_number - 1
        return self.reference + (first + np.arange(len(self.pulses) + 1)) * self.interval

    @property
    def steps(self) -> np.ndarray:
        """Compensation at ``edges`` (point + 1,) in detection units, zero at the reference point."""
        total = np.concatenate([[0], np.cumsum(self.pulses)]) * self.magnification
        return total - total[self.reference_number + 1 - self.first_number]


def write_pitch(tables: Mapping[str, PitchTable]) -> str:
    """The parameters and points of the axes as a data tape."""
    for axis, table in tables.items():
        _check(table, axis, f"pitch table of {axis}", None)
    entries = {
        3620: [table.reference_number for table in tables.values()],
        3621: [table.first_number for table in tables.values()],
        3622: [table.first_number + len(table.pulses) - 1 for table in tables.values()],
        3623: [table.magnification for table in tables.values()],
        3624: [round(table.interval / MICROMETRE) for table in tables.values()],
    }
    numbers = [AXES.index(axis) + 1 for axis in tables]
    lines = ["%"]
    for parameter, values in entries.items():
        lines.append(f"N{parameter:05d}" + "".join(f"A{a}P{v}" for a, v in zip(numbers, values, strict=True)))
    for table in tables.values():
        lines += [f"N{DATA + table.first_number + k}P{int(pulse)}" for k, pulse in enumerate(table.pulses)]
    return "\n".join([*lines, "%"]) + "\n"


def read_pitch(text: str, file: str, reference: Mapping[str, float]) -> dict[str, PitchTable]:
    """The tables of ``text``; ``reference``: axis position [m] of each axis's reference point.

    Raises:
        InputError: lines that are no parameter, missing points, numbers out of the control's range.
    """
    parameters: dict[tuple[int, str], float] = {}
    pulses: dict[int, tuple[int, int]] = {}
    for n, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line == "%":
            continue
        if match := _PULSES.fullmatch(line):
            point = int(match[1]) - DATA
            if point in pulses:
                raise InputError(f"point {point} is given twice", file=file, line=n, remedy="keep one of them")
            pulses[point] = int(match[2]), n
        elif match := _PARAMETER.fullmatch(line):
            for axis, value in _AXIS.findall(match[2]):
                parameters[int(match[1]), AXES[int(axis) - 1]] = number(value, file, n)
        else:
            raise InputError(f"{line!r} is no pitch datum", file=file, line=n, remedy="N10000P1, or N03620A1P0")
    tables = {}
    for axis in sorted({axis for _, axis in parameters}):
        try:
            at, first, last, magnification, interval = (int(parameters[p, axis]) for p in range(3620, 3625))
        except KeyError as error:
            raise InputError(f"axis {axis} lacks parameter {error.args[0][0]}", file=file, remedy="state it") from None
        missing = [k for k in range(first, last + 1) if k not in pulses]
        if missing or last < first:
            what = f"lacks point {missing[0]}" if missing else "has no points"
            raise InputError(f"axis {axis} {what}", file=file, remedy="give all from parameter 3621 to 3622")
        values = np.array([pulses[k][0] for k in range(first, last + 1)])
        table = PitchTable(reference[axis], at, first, magnification, interval * MICROMETRE, values)
        _check(table, axis, file, [pulses[k][1] for k in range(first, last + 1)])
        tables[axis] = table
    if not tables:
        raise InputError("no axis in the file", file=file, remedy="give parameters 3620 to 3624")
    return tables


def _check(table: PitchTable, axis: str, file: str, lines: list[int] | None) -> None:
    """Raise InputError unless the control takes the table."""
    large = np.flatnonzero(np.abs(table.pulses) > LARGEST)
    last = table.first_number + len(table.pulses) - 1
    if large.size:
        raise InputError(
            f"{table.pulses[large[0]]} pulses at point {table.first_number + large[0]}",
            file=file,
            line=lines[large[0]] if lines else None,
            remedy=f"at most {LARGEST} a point: raise the magnification or shorten the interval",
        )
    if len(table.pulses) > MOST_POINTS or table.first_number < 0 or last > MOST_NUMBER:
        raise InputError(
            f"points {table.first_number} to {last} of axis {axis}",
            file=file,
            remedy=f"at most {MOST_POINTS} an axis, numbered 0 to {MOST_NUMBER}: lengthen the interval",
        )
    if not 1 <= table.magnification <= 100 or table.interval <= 0:
        raise InputError(
            f"magnification {table.magnification}, interval {table.interval * 1e3:g} mm of axis {axis}",
            file=file,
            remedy="magnification 1 to 100, interval above zero",
        )
    if not table.first_number - 1 <= table.reference_number <= last:
        raise InputError(
            f"reference number {table.reference_number} lies outside the points of axis {axis}",
            file=file,
            remedy="parameter 3620 lies between 3621 - 1 and 3622",
        )
