"""What a run of the twin says of each operation of the part: the stretches between two tool changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.config import build
from twin.errors import InputError
from twin.machine.tool import Tool
from twin.result import Result
from twin.units import MM, RPM


@dataclass(frozen=True)
class Operation:
    """A stretch of the program with one tool; SI units. The times of all operations add up to the program's."""

    number: int
    tool: int  # T word
    kind: str  # of the tool
    tool_name: str
    diameter: float
    lines: tuple[int, int]  # of the NC program, first and last
    time: float  # tool change before it included
    cutting_time: float  # tool in the material
    flood_time: float  # flood coolant on
    spindle_angle: float  # [rad] that the spindle turns
    removed: float  # [m3]
    cutting_energy: float  # at the tool
    cutting_energy_deviation: float  # one standard deviation, from the scatter of the cutting coefficients
    life_used: float | None  # part of the tool's life; None: no law of wear is known for the material

    @property
    def name(self) -> str:
        """As tables call it."""
        return f"{self.number} T{self.tool} {self.tool_name}"


def operations_of(result: Result, config: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The operations of a finished run, in their order.

    The life that a part uses of a tool is shared among the tool's operations by their time in cut.

    Args:
        config: as composed for the run (``config.yaml`` of its folder).

    Raises:
        InputError: the run lacks what is asked, as one of an older version does.
    """
    segments, attrs = result["segments"], result.tree.attrs
    if "flood" not in segments or "life_used_by_part" not in attrs:
        raise InputError("the run does not say when coolant flows and what tools it wears", remedy="`twin run` again")
    tool = segments.tool.values
    begin, end = segments.time_s.values.T
    first = np.flatnonzero(np.diff(tool, prepend=tool[0] - 1))
    last = np.append(first[1:], len(tool)) - 1
    until = end[last].copy()
    until[-1] = float(attrs["duration_s"])
    since = np.concatenate([[0.0], until[:-1]])
    seconds = end - begin
    in_cut = seconds * (segments.removed_mm3.values > 0)
    spread = segments.power_deviation_w.values
    turning = np.abs(segments.spindle_speed_rpm.values) * RPM
    life = json.loads(attrs["life_used_by_part"])
    of_tool = {int(t): in_cut[tool == t].sum() for t in np.unique(tool)}
    found = []
    for k, rows in enumerate(slice(a, b + 1) for a, b in zip(first, last, strict=True)):
        number = int(tool[first[k]])
        entry = config["tools"].get(str(number)) or config["tools"].get(number)
        if entry is None:
            raise InputError(f"T{number} is not in the tool list of the run", remedy="`twin run` again")
        tool_of = build(Tool, {"number": number, **entry}, f"tools.{number}")
        cutting = float(in_cut[rows].sum())
        used = life.get(f"T{number}")
        flooded = seconds[rows] * segments.flood.values[rows]
        found.append(
            Operation(
                number=k + 1,
                tool=number,
                kind=tool_of.kind,
                tool_name=tool_of.name,
                diameter=tool_of.diameter,
                lines=(int(segments.line.values[rows].min()), int(segments.line.values[rows].max())),
                time=float(until[k] - since[k]),
                cutting_time=cutting,
                flood_time=float(flooded.sum()),
                spindle_angle=float((turning[rows] * seconds[rows]).sum()),
                removed=float(segments.removed_mm3.values[rows].sum()) * MM**3,
                cutting_energy=float((segments.power_w.values[rows] * seconds[rows]).sum()),
                cutting_energy_deviation=float((spread[rows] * seconds[rows]).sum()),
                life_used=None if used is None else used * cutting / max(of_tool[number], 1e-12),
            )
        )
    return tuple(found)
