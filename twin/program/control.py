"""The control that runs the program: modal state, offsets, tools, and where the rows go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import degrees, inf, radians
from typing import TYPE_CHECKING, Literal

from twin.machine.tool import Tool
from twin.program import parameters as number
from twin.program.frame import ZERO, Frame, Six, compose
from twin.program.parameters import Parameters
from twin.program.program import Op, PathMode
from twin.program.recorder import Recorder
from twin.program.words import AXES, WordError
from twin.units import INCH, MM, RPM

if TYPE_CHECKING:
    from twin.program.compensation import Compensation


Dialect = Literal["rs274", "fanuc"]


@dataclass(slots=True)
class Words:
    """The evaluated words of one block; what a word does takes it out, and what is left is an error."""

    line: int
    g: dict[str, int] = field(default_factory=dict)  # modal group -> code in tenths
    m: dict[str, int] = field(default_factory=dict)
    value: dict[str, float] = field(default_factory=dict)

    def take(self, letter: str) -> float | None:
        return self.value.pop(letter, None)

    def take_whole(self, letter: str) -> int | None:
        value = self.value.pop(letter, None)
        if value is None:
            return None
        if abs(value - round(value)) > 1e-4:
            raise WordError(f"{letter.upper()}{value:g} is no whole number", "write a whole number")
        return round(value)

    def has_axes(self) -> bool:
        return any(letter in self.value for letter in AXES)


def six(values: tuple[float, ...]) -> Six:
    """Parameter values [mm, deg] to [m, rad]."""
    return tuple(v * MM if i < 3 else radians(v) for i, v in enumerate(values))  # type: ignore[return-value]


def stored(values: Six) -> tuple[float, ...]:
    """[m, rad] to parameter values [mm, deg]."""
    return tuple(v / MM if i < 3 else degrees(v) for i, v in enumerate(values))


class Control:
    """State of the control. Lengths in m, angles in rad; ``position`` is the programmed point of the tip."""

    def __init__(self, tools: Mapping[int, Tool], home: Six, dialect: Dialect = "rs274") -> None:
        self.tools = tools
        self.dwell_unit = 1.0 if dialect == "rs274" else 1e-3  # s per unit of P
        self.recorder = Recorder(home)
        self.parameters = Parameters(self._system_number, self._system_name)
        self.position: Six = home
        self.frame = Frame()
        self.recorder.frame(self.frame)
        self.line = 0
        # modal state, as after switching on
        self.motion: int | None = None  # G code in tenths; None after G80
        self.plane = 2  # axis normal to the plane: 0 G19, 1 G18, 2 G17
        self.scale = MM  # m per unit of the program
        self.absolute = True
        self.arc_absolute = False
        self.feed_mode = 940
        self.feed: float | None = None  # G94 m/s, G95 m/rev
        self.retract_to_r = dialect == "rs274"  # G99
        self.path_mode = PathMode.CONTINUOUS
        self.tolerance = 0.0
        self.spindle_speed = 0.0  # S of G97, rad/s
        self.spindle_direction = 0  # 1 clockwise, -1 counter-clockwise, 0 off
        self.surface_speed = False  # G96
        self.surface_rate = 0.0  # S of G96, m/s
        self.surface_speed_limit: float | None = None  # D of G96, rad/s
        self.coolant = 0
        self.tool = 0
        self.selected_tool: int | None = None
        self.tool_offset: Six = ZERO
        self.work_offset = number.WORK_OFFSET  # first parameter of the active one
        self.local: Six = ZERO  # G92 and G52
        self.local_stored: Six = ZERO  # what G92.3 brings back
        self.rotation: tuple[int, float, tuple[float, float, float]] | None = None  # G68
        self.cycle: dict[str, float] = {}  # words of a canned cycle that stay
        self.cycle_level: float | None = None  # where G98 goes back to; None outside cycles
        self.compensation: Compensation | None = None
        self.arc_after_compensation = False  # after G40, until a straight move
        self.recorder.set("path_mode", self.path_mode)

    # positions ------------------------------------------------------------------------------------------------
    def target(self, words: Words) -> Six:
        """Takes the axis words: the programmed end point."""
        end = list(self.position)
        value = words.value
        for i, letter in enumerate(AXES):
            word = value.pop(letter, None)
            if word is not None:
                word = word * self.scale if i < 3 else radians(word)
                end[i] = word if self.absolute else end[i] + word
        return tuple(end)  # type: ignore[return-value]

    def reframe(self) -> None:
        """After a change of offsets: the machine stands still, the programmed position gets new numbers."""
        machine = self.frame.to_machine(self.position)
        p = self.parameters
        origin = six(p.block(self.work_offset))
        turn = radians(p.numbered.get(self.work_offset + 9, 0.0))
        self.frame = compose(origin, turn, self.local, self.rotation)
        self.position = self.frame.to_program(machine)
        self.recorder.frame(self.frame)

    def set_tool_offset(self, offset: Six) -> None:
        """G43 and G49: the machine stands still, the tip becomes another point of it."""
        delta = tuple(old - new for old, new in zip(self.tool_offset, offset, strict=True))
        if any(delta):
            machine = self.frame.to_machine(self.position)
            moved = tuple(m + d for m, d in zip(machine, delta, strict=True))
            self.position = self.frame.to_program(moved)  # type: ignore[arg-type]
            self.recorder.tip_jump(delta[:3])  # type: ignore[arg-type]
        self.tool_offset = offset

    def end_cycle(self) -> None:
        self.cycle, self.cycle_level = {}, None

    # rows -----------------------------------------------------------------------------------------------------
    def move(self, op: Op, end: Six) -> None:
        """A straight move to ``end``; the feed is already set."""
        self.recorder.row(op, self.line, end)
        self.position = end

    def tool_point(self) -> Six:
        """Where the tool is, in program coordinates: beside the programmed point with cutter compensation."""
        return self.position if self.compensation is None else self.compensation.tool_point(self.position)

    def stay(self, op: Op) -> None:
        """An operation without motion."""
        self.recorder.row(op, self.line, self.tool_point())

    def spindle_rate(self, x: float | None = None) -> float:
        """Speed of the spindle when it turns [rad/s]; with G96 on the radius ``x`` [m], else the position's."""
        if not self.surface_speed:
            return self.spindle_speed
        radius, limit = abs(self.position[0] if x is None else x), self.surface_speed_limit
        if radius == 0.0 and limit is None:
            raise WordError("G96 at X0 asks for an endless spindle speed", "give D, the highest spindle speed")
        speed = self.surface_rate / radius if radius else inf
        return speed if limit is None else min(speed, limit)

    def turn_spindle(self, x: float | None = None) -> None:
        """Writes the spindle's speed from the next row on; for G96 on the radius ``x`` [m]."""
        rate = self.spindle_rate(x) if self.spindle_direction else 0.0
        self.recorder.set("spindle", self.spindle_direction * rate)

    # what # reads ---------------------------------------------------------------------------------------------
    def in_program_units(self, point: Six, axis: int) -> float:
        return point[axis] / self.scale if axis < 3 else degrees(point[axis])

    def _system_number(self, index: int) -> float | None:
        if index == 5220:
            return float((self.work_offset - number.WORK_OFFSET) // 20 + 1)
        if index == 5400:
            return float(self.tool)
        if 5401 <= index <= 5406:
            return self.in_program_units(self.tool_offset, index - 5401)
        if index == 5410:
            return self.tool_diameter(self.tool) / self.scale if self.tool else 0.0
        if 5420 <= index <= 5425:
            return self.in_program_units(self.position, index - 5420)
        return None

    def _system_name(self, name: str) -> float | None:
        if len(name) == 2 and name[0] == "_" and name[1] in AXES:
            return self.in_program_units(self.position, AXES.index(name[1]))
        if name.startswith("_abs_") and name[5:] in AXES and len(name) == 6:
            machine = self.frame.to_machine(self.position)
            axes = tuple(m + t for m, t in zip(machine, self.tool_offset, strict=True))
            return self.in_program_units(axes, AXES.index(name[5:]))  # type: ignore[arg-type]
        if name not in _NAMED:
            return None
        return float(_NAMED[name](self))

    # tools ----------------------------------------------------------------------------------------------------
    def demand_tool(self, index: int) -> Tool:
        tool = self.tools.get(index)
        if tool is None:
            known = ", ".join(f"T{n}" for n in sorted(self.tools)) or "none"
            raise WordError(f"tool T{index} is not in the tool table", f"add it to the tools; the table has {known}")
        return tool

    def tool_diameter(self, index: int) -> float:
        """Diameter the control reckons with [m]: the tool's and its D-register correction."""
        tool = self.demand_tool(index)
        return tool.diameter + tool.wear_offset

    def forbid_with_compensation(self, what: str) -> None:
        if self.compensation is not None:
            raise WordError(f"{what} while cutter compensation is on", "program G40 first")


_NAMED = {
    "_feed": lambda c: 0.0 if c.feed is None else c.feed * (60.0 if c.feed_mode == 940 else 1.0) / c.scale,
    "_rpm": lambda c: c.spindle_speed / RPM,
    "_metric": lambda c: c.scale == MM,
    "_imperial": lambda c: c.scale == INCH,
    "_absolute": lambda c: c.absolute,
    "_incremental": lambda c: not c.absolute,
    "_line": lambda c: c.line,
    "_motion_mode": lambda c: 800 if c.motion is None else c.motion,
    "_plane": lambda c: {0: 190, 1: 180, 2: 170}[c.plane],
    "_ccomp": lambda c: 400 if c.compensation is None else (410 if c.compensation.side > 0 else 420),
    "_coord_system": lambda c: 540 + (c.work_offset - number.WORK_OFFSET) // 2,
    "_current_tool": lambda c: c.tool,
    "_selected_tool": lambda c: c.selected_tool or 0,
    "_spindle_on": lambda c: c.spindle_direction != 0,
    "_spindle_cw": lambda c: c.spindle_direction == 1,
    "_mist": lambda c: c.coolant & 1,
    "_flood": lambda c: c.coolant >> 1,
    "_units_per_minute": lambda c: c.feed_mode == 940,
    "_inverse_time": lambda c: c.feed_mode == 930,
    "_units_per_rev": lambda c: c.feed_mode == 950,
}


def demand(value: float | None, letter: str, what: str) -> float:
    """The value of a word that must be there."""
    if value is None:
        raise WordError(f"{what} without a {letter} word", f"add {letter}")
    return value
