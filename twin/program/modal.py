"""Modal words and machine functions of a block, in the order of execution of RS274/NGC."""

from twin.program.compensation import switch_compensation
from twin.program.control import Control, Words
from twin.program.offsets import select_work_offset, set_tool_length
from twin.program.program import Op, PathMode
from twin.program.words import WordError
from twin.units import INCH, MM, RPM

LONG_DWELL = 60.0  # s: longer ones are probably meant in milliseconds

_PLANE = {170: 2, 180: 1, 190: 0}
_PATH_MODE = {610: PathMode.EXACT_PATH, 611: PathMode.EXACT_STOP, 640: PathMode.CONTINUOUS}


def set_modes(control: Control, words: Words) -> None:
    """Everything of the block that comes before reference points and motion."""
    g = words.g
    if "feed mode" in g and g["feed mode"] != control.feed_mode:
        control.feed_mode, control.feed = g["feed mode"], None
    _set_feed(control, words)
    _set_spindle(control, words)
    _set_tool(control, words)
    _start_spindle(control, words)
    _set_coolant(control, words)
    if g.get("non-modal") == 40:
        _dwell(control, words)
    if "plane" in g:
        plane = _PLANE[g["plane"]]
        if plane != control.plane:
            control.forbid_with_compensation("a change of the plane")
        control.plane = plane
    if "units" in g:
        control.scale = INCH if g["units"] == 200 else MM
    if "cutter compensation" in g:
        switch_compensation(control, g["cutter compensation"], words)
    if "tool length" in g:
        set_tool_length(control, g["tool length"], words)
    if "work offset" in g:
        select_work_offset(control, g["work offset"], words)
    _set_path_mode(control, words)
    if "distance" in g:
        control.absolute = g["distance"] == 900
    if "arc distance" in g:
        control.arc_absolute = g["arc distance"] == 901
    if "retract" in g:
        control.retract_to_r = g["retract"] == 990


def _set_feed(control: Control, words: Words) -> None:
    feed = words.take("f")
    if feed is None:
        if control.feed_mode == 930:
            control.feed = None  # G93: F holds for its block only
        return
    if feed < 0:
        raise WordError(f"F{feed:g}: a negative feed", "feeds are positive; the direction is in the axis words")
    factor = {940: control.scale / 60.0, 950: control.scale, 930: 1.0 / 60.0}[control.feed_mode]
    control.feed = feed * factor


def _set_spindle(control: Control, words: Words) -> None:
    mode = words.g.get("spindle mode")
    if mode == 970:
        control.surface_speed = False
    elif mode == 960:
        control.surface_speed = True
        limit = words.take("d")
        if "s" not in words.value:
            raise WordError("G96 without S", "give the surface speed S, and D as the highest spindle speed")
        if limit is not None and limit <= 0:
            raise WordError(f"D{limit:g}: G96 needs a positive highest speed", "give D in rev/min")
        control.surface_speed_limit = None if limit is None else limit * RPM
    speed = words.take("s")
    if speed is None:
        return
    if speed < 0:
        raise WordError(f"S{speed:g}: a negative spindle speed", "M4 turns the spindle the other way")
    if control.surface_speed:  # m/min or ft/min
        control.surface_rate = speed / 60.0 if control.scale == MM else speed * 12 * INCH / 60.0
    else:
        control.spindle_speed = speed * RPM
    if control.spindle_direction and not words.m.get("spindle"):
        control.turn_spindle()
        control.stay(Op.SPINDLE)


def _set_tool(control: Control, words: Words) -> None:
    selected = words.take_whole("t")
    if selected is not None:
        if selected < 0:
            raise WordError(f"T{selected}: a negative tool number", "tool numbers count from 1; T0 is no tool")
        if selected:
            control.demand_tool(selected)
        control.selected_tool = selected
    code = words.m.get("tool change")
    if code is None:
        return
    control.forbid_with_compensation("a tool change")
    if code == 61:  # says which tool is in the spindle, without a change
        number = words.take_whole("q")
        if number is None or number < 0:
            raise WordError("M61 without Q", "give the number of the tool in the spindle: M61 Q1")
        if number:
            control.demand_tool(number)
        control.tool = number
        control.recorder.set("tool", number)
        return
    if control.selected_tool is None:
        raise WordError("M6 without a tool", "select the tool with a T word first")
    control.spindle_direction = 0
    control.turn_spindle()
    control.tool = control.selected_tool
    control.recorder.set("tool", control.tool)
    control.stay(Op.TOOL)


def _start_spindle(control: Control, words: Words) -> None:
    code = words.m.get("spindle")
    if code is not None:
        control.spindle_direction = {3: 1, 4: -1, 5: 0}[code]
        control.turn_spindle()
        control.stay(Op.SPINDLE)


def _set_coolant(control: Control, words: Words) -> None:
    code = words.m.get("coolant")
    if code is None:
        return
    coolant = {7: control.coolant | 1, 8: control.coolant | 2, 9: 0}[code]
    if coolant != control.coolant:
        control.coolant = coolant
        control.recorder.set("coolant", coolant)
        control.stay(Op.COOLANT)


def _dwell(control: Control, words: Words) -> None:
    time = words.take("p")
    seconds = None if time is None else time * control.dwell_unit
    if seconds is None and "motion" not in words.g:
        seconds = words.take("x")  # Fanuc: always seconds
    if seconds is None:
        raise WordError("G4 without a time", "write G4 P with seconds")
    if seconds < 0:
        raise WordError(f"G4 P{seconds:g}: a negative time", "give seconds")
    if seconds > LONG_DWELL:
        control.recorder.warn(
            control.line, "G4", f"a dwell of {seconds:g} s; if P is meant in milliseconds, the dialect is fanuc"
        )
    control.recorder.dwell(control.line, seconds, control.tool_point())


def _set_path_mode(control: Control, words: Words) -> None:
    code = words.g.get("path mode")
    if code is None:
        return
    control.path_mode = _PATH_MODE[code]
    control.tolerance = 0.0
    if code == 640:
        tolerance = words.take("p")
        merge = words.take("q")
        if (tolerance or 0.0) < 0 or (merge or 0.0) < 0:
            raise WordError("G64 with a negative tolerance", "give P, and Q if wanted, as lengths")
        control.tolerance = (tolerance or 0.0) * control.scale
    control.recorder.set("path_mode", control.path_mode)
    control.recorder.set("tolerance", control.tolerance)


def stop(control: Control, words: Words) -> bool:
    """M0, M1, M60, M2, M30; whether the program ends."""
    code = words.m.get("stop")
    if code is None:
        return False
    if code not in (2, 30):
        control.stay(Op.STOP)
        return False
    if control.compensation is not None:
        control.compensation.finish()
        control.recorder.warn(control.line, f"M{code}", "the program ends with cutter compensation on")
    control.stay(Op.END)
    return True
