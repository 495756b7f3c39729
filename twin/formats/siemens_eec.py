"""Leadscrew error compensation of Sinumerik controls (EEC): one table an axis over its own position, in mm.

Sign: "a positive compensation value causes the corresponding machine axis to move in the negative direction", so the
table holds the error. Straight between the points, constant beyond them. (Siemens, Extended Functions 03/2013,
6FC5397-1BP40-3BA1, K3: Compensations, 4.4.2.)
"""

import re
from collections.abc import Sequence

import numpy as np

from twin.errors import InputError
from twin.formats.axis_table import AxisTable, check_count, number, same_steps
from twin.units import MM

HEAD = "%_N_AX_EEC_INI"
MOST_POINTS = 5000
_ENTRY = re.compile(r"\$AA_ENC_COMP(_[A-Z_]+)?\s*\[([^\]]*)\]\s*=\s*([^\s;]+)")


def write_eec(tables: Sequence[AxisTable], decimals: int = 6) -> str:
    """The initialisation file of the axes' tables; machine axes are X1, Y1, Z1."""
    lines = [HEAD, "CHANDATA(1)"]
    for table in tables:
        axis = f"{table.output}1"
        step = same_steps(table.position, HEAD)
        check_count(len(table.position), MOST_POINTS, HEAD)
        lines += [f"$AA_ENC_COMP[0,{k},{axis}]={v / MM:.{decimals}f}" for k, v in enumerate(table.value)]
        for name, value in (("STEP", step), ("MIN", table.position[0]), ("MAX", table.position[-1])):
            lines.append(f"$AA_ENC_COMP_{name}[0,{axis}]={value / MM:.6f}")
        lines.append(f"$AA_ENC_COMP_IS_MODULO[0,{axis}]=0")
    return "\n".join([*lines, "M17"]) + "\n"


def read_eec(text: str, file: str) -> list[AxisTable]:
    """The tables of ``text``.

    Raises:
        InputError: lines that are no EEC data, missing points or parameters, a range that does not fit its points.
    """
    values: dict[str, dict[int, float]] = {}
    parameters: dict[str, dict[str, float]] = {}
    last: dict[str, int] = {}
    for n, raw in enumerate(text.splitlines(), 1):
        line = raw.split(";")[0].strip()
        if not line or line in (HEAD, "M17") or line.startswith("CHANDATA"):
            continue
        match = _ENTRY.fullmatch(line)
        keys = [key.strip() for key in match[2].split(",")] if match else []
        if match is None or len(keys) != (2 if match[1] else 3):
            raise InputError(f"{line!r} is no EEC datum", file=file, line=n, remedy="$AA_ENC_COMP[0,point,axis]=value")
        axis, value = keys[-1], number(match[3], file, n)
        last[axis] = n
        if match[1]:
            parameters.setdefault(axis, {})[match[1][1:]] = value
        else:
            values.setdefault(axis, {})[point_number(keys[1], file, n)] = value
    if not values:
        raise InputError("no compensation value in the file", file=file, remedy="$AA_ENC_COMP[0,point,axis]=value")
    return [
        AxisTable(axis[0], axis[0], *grid(points, parameters.get(axis, {}), file, last[axis]))
        for axis, points in values.items()
    ]


def point_number(text: str, file: str, line: int) -> int:
    """The whole number of an interpolation point."""
    if not text.isdigit():
        raise InputError(f"interpolation point {text!r}", file=file, line=line, remedy="a whole number from 0")
    return int(text)


def grid(points: dict[int, float], parameters: dict[str, float], file: str, line: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions and values (point,) [m] of a table with these points and STEP, MIN and MAX [mm]."""
    missing = [name for name in ("STEP", "MIN", "MAX") if name not in parameters]
    if missing:
        raise InputError(f"the table lacks {', '.join(missing)}", file=file, line=line, remedy="state it")
    step, low, high = (parameters[name] for name in ("STEP", "MIN", "MAX"))
    n_points = len(points)
    if step <= 0 or high <= low:
        raise InputError(
            f"range {low:g} to {high:g} mm, step {step:g} mm", file=file, line=line, remedy="let it ascend"
        )
    check_count(n_points, MOST_POINTS, file)
    if sorted(points) != list(range(n_points)) or abs(low + step * (n_points - 1) - high) > step * 0.5:
        raise InputError(
            f"{n_points} points at {step:g} mm do not fill {low:g} to {high:g} mm",
            file=file,
            line=line,
            remedy="number the points 0, 1, 2 … from MIN to MAX",
        )
    return (low + step * np.arange(n_points)) * MM, np.array([points[k] for k in range(n_points)]) * MM
