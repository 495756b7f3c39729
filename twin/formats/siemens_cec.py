"""Cross error (sag) compensation of Sinumerik controls (CEC), and the settings of their temperature compensation.

CEC: a table moves its output axis over the position of its input axis; all tables of an output axis add up; straight
between the points, constant beyond them. Values are in mm. Sign: that of the error, as in EEC. The manual draws one
curve for both, that of the error (figure 4-4), and says in words for EEC alone which way an axis moves, so check one
point with a dial gauge before use.
Temperature compensation: an axis is moved by minus (K0 + tan beta (P - P0)), the line of the error (4.2); a new set of
settings replaces the last.
(Siemens, Extended Functions 03/2013, 6FC5397-1BP40-3BA1, K3: Compensations.)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.formats.axis_table import AxisTable, check_ascending, check_count, number, same_steps
from twin.formats.siemens_eec import grid, point_number
from twin.units import MM

HEAD = "%_N_NC_CEC_INI"
AXES = {"X": "AX1", "Y": "AX2", "Z": "AX3"}
MOST_POINTS = 2000
_ENTRY = re.compile(r"\$AN_CEC(_[A-Z_]+)?\s*\[([^\]]*)\]\s*=\s*([^\s;]+)")
_SETTING = re.compile(r"\$SA_TEMP_COMP_(ABS_VALUE|SLOPE|REF_POSITION)\[([XYZ])1\]=([^\s;]+)")
_TIME = re.compile(r";\s*TIME_S\s*=\s*(\S+)")


def write_cec(tables: Sequence[AxisTable], decimals: int = 6) -> str:
    """The initialisation file of the tables, numbered in their order; general axis names AX1, AX2, AX3."""
    lines = [HEAD, "CHANDATA(1)"]
    for t, table in enumerate(tables):
        step = same_steps(table.position, HEAD)
        check_count(len(table.position), MOST_POINTS, HEAD)
        lines += [f"$AN_CEC[{t},{k}]={v / MM:.{decimals}f}" for k, v in enumerate(table.value)]
        lines += [f"$AN_CEC_INPUT_AXIS[{t}]=({AXES[table.input]})", f"$AN_CEC_OUTPUT_AXIS[{t}]=({AXES[table.output]})"]
        for name, value in (("STEP", step), ("MIN", table.position[0]), ("MAX", table.position[-1])):
            lines.append(f"$AN_CEC_{name}[{t}]={value / MM:.6f}")
        lines += [f"$AN_CEC_{name}[{t}]=0" for name in ("DIRECTION", "MULT_BY_TABLE", "IS_MODULO")]
    return "\n".join([*lines, "M17"]) + "\n"


def read_cec(text: str, file: str) -> list[AxisTable]:
    """The tables of ``text``, those of one direction or with a product of tables excepted.

    Raises:
        InputError: lines that are no CEC data, missing points, axes or parameters, what is not applied here.
    """
    values: dict[int, dict[int, float]] = {}
    parameters: dict[int, dict[str, float]] = {}
    axes: dict[int, dict[str, str]] = {}
    last: dict[int, int] = {}
    names = {general: letter for letter, general in AXES.items()}
    for n, raw in enumerate(text.splitlines(), 1):
        line = raw.split(";")[0].strip()
        if not line or line in (HEAD, "M17") or line.startswith("CHANDATA"):
            continue
        match = _ENTRY.fullmatch(line)
        keys = [key.strip() for key in match[2].split(",")] if match else []
        if match is None or len(keys) != (1 if match[1] else 2):
            raise InputError(f"{line!r} is no CEC datum", file=file, line=n, remedy="$AN_CEC[table,point]=value")
        table = point_number(keys[0], file, n)
        last[table] = n
        name = (match[1] or "")[1:]
        if name in ("INPUT_AXIS", "OUTPUT_AXIS"):
            if match[3].strip("()") not in names:
                raise InputError(f"axis {match[3]}", file=file, line=n, remedy="one of " + ", ".join(names))
            axes.setdefault(table, {})[name] = names[match[3].strip("()")]
        elif not name:
            values.setdefault(table, {})[point_number(keys[1], file, n)] = number(match[3], file, n)
        else:
            parameters.setdefault(table, {})[name] = number(match[3], file, n)
            if name in ("DIRECTION", "MULT_BY_TABLE", "IS_MODULO") and parameters[table][name]:
                raise InputError(f"{name} of table {table}", file=file, line=n, remedy="only plain tables are read")
    if not values:
        raise InputError("no compensation value in the file", file=file, remedy="$AN_CEC[table,point]=value")
    for table in values:
        if len(axes.get(table, {})) != 2:
            raise InputError(f"table {table} lacks its axes", file=file, line=last[table], remedy="input and output")
    return [
        AxisTable(axes[t]["INPUT_AXIS"], axes[t]["OUTPUT_AXIS"], *grid(points, parameters.get(t, {}), file, last[t]))
        for t, points in sorted(values.items())
    ]


@dataclass(frozen=True)
class TemperatureSettings:
    """Settings of X, Y, Z from each time on."""

    time: np.ndarray  # (set,) [s] ascending
    absolute: np.ndarray  # (set, 3) K0 [m]: SD43900
    slope: np.ndarray  # (set, 3) tan beta: SD43910
    reference: np.ndarray  # (set, 3) P0 [m]: SD43920


def write_temperature(settings: TemperatureSettings, decimals: int = 6) -> str:
    """Setting data, one set a time; the time at which a PLC or client writes it stands in a comment."""
    lines = []
    for k, time in enumerate(settings.time):
        lines.append(f"; TIME_S={time:.3f}")
        for column, axis in enumerate("XYZ"):
            lines += [
                f"$SA_TEMP_COMP_ABS_VALUE[{axis}1]={settings.absolute[k, column] / MM:.{decimals}f}",
                f"$SA_TEMP_COMP_SLOPE[{axis}1]={settings.slope[k, column]:.9f}",
                f"$SA_TEMP_COMP_REF_POSITION[{axis}1]={settings.reference[k, column] / MM:.6f}",
            ]
    return "\n".join(lines) + "\n"


def read_temperature(text: str, file: str) -> TemperatureSettings:
    """The sets of ``text``.

    Raises:
        InputError: lines that are no setting, times that do not ascend, a set that is not whole.
    """
    times: list[float] = []
    lines: list[int] = []
    sets: list[dict[str, float]] = []
    for n, raw in enumerate(text.splitlines(), 1):
        if match := _TIME.fullmatch(raw.strip()):
            times.append(number(match[1], file, n))
            lines.append(n)
            sets.append({})
        elif raw.strip() and not raw.strip().startswith(";"):
            entry = _SETTING.fullmatch(raw.split(";")[0].strip())
            if entry is None or not sets:
                raise InputError(f"{raw.strip()!r} is no setting", file=file, line=n, remedy="; TIME_S=0 comes first")
            sets[-1][entry[1] + entry[2]] = number(entry[3], file, n)
    if not sets:
        raise InputError("no setting in the file", file=file, remedy="begin with ; TIME_S=0")
    check_ascending(times, lines, file, "times")
    for line, one in zip(lines, sets, strict=True):
        if len(one) != 9:
            raise InputError(f"a set of {len(one)} of 9 settings", file=file, line=line, remedy="state all of X, Y, Z")

    def column(name: str) -> np.ndarray:
        return np.array([[one[name + axis] for axis in "XYZ"] for one in sets])

    return TemperatureSettings(np.array(times), column("ABS_VALUE") * MM, column("SLOPE"), column("REF_POSITION") * MM)
