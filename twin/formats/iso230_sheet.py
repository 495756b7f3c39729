"""Raw readings of a positioning test, ISO 230-2, as CSV: ``target_mm,direction,cycle,deviation_um``.

Direction is ``up`` or ``down``, cycles count from 1, ``#`` begins a comment; every target is approached as often from
both sides. Of rotary axes the columns are ``target_deg`` and ``deviation_urad``.
"""

import csv
import io

import numpy as np

from twin.errors import InputError
from twin.units import SUFFIX, split_suffix

DIRECTIONS = ("up", "down")


def write_positioning(target: np.ndarray, deviations: np.ndarray, *, rotary: bool = False) -> str:
    """Text of readings ``deviations`` (cycle, 2, target) at ``target`` (target,); [m], of a rotary axis [rad]."""
    units = ("deg", "urad") if rotary else ("mm", "um")
    scale = [SUFFIX[unit][0] for unit in units]
    lines = [f"target_{units[0]},direction,cycle,deviation_{units[1]}"]
    for cycle, rows in enumerate(np.asarray(deviations), start=1):
        for direction, row in zip(DIRECTIONS, rows, strict=True):
            lines += [
                f"{t / scale[0]:.6f},{direction},{cycle},{v / scale[1]:.4f}" for t, v in zip(target, row, strict=True)
            ]
    return "\n".join(lines) + "\n"


def read_positioning(text: str, file: object = None) -> tuple[np.ndarray, np.ndarray]:
    """Targets (target,) and deviations (cycle, 2, target) [m, of a rotary axis rad].

    Raises:
        InputError: names the line: a column without its unit, a word that is no number, readings twice or missing.
    """
    lines = [(n, line) for n, line in enumerate(io.StringIO(text), start=1) if line.split("#")[0].strip()]
    if not lines:
        raise InputError("no readings", file=file, remedy="columns target_mm,direction,cycle,deviation_um")
    head = [word.strip() for word in lines[0][1].split(",")]
    units = [split_suffix(word) for word in head]
    names = [unit[0] if unit else word for unit, word in zip(units, head, strict=True)]
    first, last = (units[0], units[3]) if len(units) == 4 else (None, None)
    if not (first and last) or names != [
        "target", "direction", "cycle", "deviation",
    ]:  # fmt: skip
        raise InputError(
            f"columns {','.join(head)}", file=file, line=lines[0][0],
            remedy="target_mm,direction,cycle,deviation_um; each length ends in its unit",
        )  # fmt: skip
    if first[2] != last[2] or first[2] not in ("m", "rad"):
        raise InputError(
            f"targets in {first[2]} and deviations in {last[2]}", file=file, line=lines[0][0],
            remedy="both lengths, or both angles",
        )  # fmt: skip
    found: dict[tuple[int, str, float], float] = {}
    for number, line in lines[1:]:
        row = [word.strip() for word in next(csv.reader([line.split("#")[0]]))]
        try:
            target, direction, cycle, value = float(row[0]), row[1], int(row[2]), float(row[3])
        except (ValueError, IndexError):
            raise InputError(
                f"'{line.strip()}' is not a reading", file=file, line=number, remedy="e.g. 100.0,up,1,-3.25"
            ) from None
        key = (cycle, direction, target * first[1])
        if direction not in DIRECTIONS or key in found or not np.isfinite([target, value]).all():
            raise InputError(
                f"'{line.strip()}': direction not up or down, a reading twice, or no number", file=file, line=number,
                remedy="one reading per target, direction and cycle",
            )  # fmt: skip
        found[key] = value * last[1]
    cycles, targets = sorted({k[0] for k in found}), sorted({k[2] for k in found})
    try:
        values = [[[found[c, d, t] for t in targets] for d in DIRECTIONS] for c in cycles]
    except KeyError as missing:
        c, d, t = missing.args[0]
        raise InputError(
            f"no reading of target {t / first[1]:g} {d} in cycle {c}", file=file, remedy="measure it, or drop the cycle"
        ) from None
    return np.array(targets), np.array(values)
