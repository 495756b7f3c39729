"""Words that move no axis but change where the words lie: units, offsets, tool length, rotation."""

from math import radians

from twin.program import parameters as number
from twin.program.control import Control, Words, demand, six, stored
from twin.program.frame import ZERO, Six, compose
from twin.program.words import AXES, WordError


def select_work_offset(control: Control, code: int, words: Words) -> None:
    """G54-G59.3 and G54.1 P."""
    control.forbid_with_compensation("a change of the work offset")
    if code == 541:
        extended = words.take_whole("p")
        if extended is None or not 1 <= extended <= 48:
            raise WordError("G54.1 without its number", "write G54.1 P1 … P48")
        first = number.EXTENDED_OFFSET + 20 * (extended - 1)
    else:
        index = (code - 540) // 10 if code <= 590 else 5 + code - 590
        first = number.WORK_OFFSET + 20 * index
    if first != control.work_offset:
        control.work_offset = first
        control.reframe()


def _offset_axes(control: Control, words: Words) -> dict[int, float]:
    """Takes the axis words as lengths [m] and angles [rad], without regard to G90 or G91."""
    found: dict[int, float] = {}
    for i, letter in enumerate(AXES):
        word = words.take(letter)
        if word is not None:
            found[i] = word * control.scale if i < 3 else radians(word)
    return found


def set_data(control: Control, words: Words) -> None:
    """G10 L2 (work offset and its rotation) and L20 (so that the position gets the given numbers)."""
    kind = words.take_whole("l")
    if kind not in (2, 20):
        raise WordError(f"G10 L{'' if kind is None else kind}", "L2 and L20 are known; tools belong in the tool table")
    index = words.take_whole("p")
    if index is None or not 0 <= index <= 9:
        raise WordError("G10 without the number of the work offset", "P1 is G54 … P9 is G59.3, P0 the active one")
    first = control.work_offset if index == 0 else number.WORK_OFFSET + 20 * (index - 1)
    p = control.parameters
    values = list(six(p.block(first)))
    turn = words.take("r")
    if turn is not None:
        if kind == 20:
            raise WordError("G10 L20 with R", "a rotation is set with G10 L2 R")
        p.numbered[first + 9] = turn
    axes = _offset_axes(control, words)
    if kind == 2:
        for i, value in axes.items():
            values[i] = value
    else:
        values = list(_origin_for(control, first, values, axes))
    p.set_block(first, stored(tuple(values)))  # type: ignore[arg-type]
    if first == control.work_offset:
        control.forbid_with_compensation("a change of the work offset")
        control.reframe()


def _origin_for(control: Control, first: int, origin: list[float], axes: dict[int, float]) -> tuple[float, ...]:
    """Origin of the work offset at ``first`` for which the machine's position reads ``axes`` in it."""
    turn = radians(control.parameters.numbered.get(first + 9, 0.0))
    there = compose(tuple(origin), turn, control.local, control.rotation)  # type: ignore[arg-type]
    machine = control.frame.to_machine(control.position)
    reading = list(there.to_program(machine))
    for i, value in axes.items():
        reading[i] = value
    moved = there.to_machine(tuple(reading))  # type: ignore[arg-type]
    return tuple(o + m - r for o, m, r in zip(origin, machine, moved, strict=True))


def set_local(control: Control, code: int, words: Words) -> None:
    """G92, G92.1-G92.3 and G52: one shift, beside the work offset."""
    control.forbid_with_compensation("a change of the coordinates")
    local = list(control.local)
    if code == 920:
        axes = _offset_axes(control, words)
        if not axes:
            raise WordError("G92 without an axis word", "give the numbers that the position shall have")
        for i, value in axes.items():
            local[i] += control.position[i] - value
        control.local_stored = tuple(local)  # type: ignore[assignment]
    elif code == 520:
        axes = _offset_axes(control, words)
        if not axes:
            raise WordError("G52 without an axis word", "give the shift; G52 X0 Y0 Z0 takes it off")
        for i, value in axes.items():
            local[i] = value
        control.local_stored = tuple(local)  # type: ignore[assignment]
    elif code == 921:
        local, control.local_stored = list(ZERO), ZERO
    elif code == 922:
        local = list(ZERO)
    else:
        local = list(control.local_stored)
    control.local = tuple(local)  # type: ignore[assignment]
    control.parameters.set_block(number.G92, stored(control.local_stored))
    control.reframe()


def set_tool_length(control: Control, code: int, words: Words) -> None:
    """G43 H, G43.1, G43.2 H, G49."""
    control.forbid_with_compensation("a change of the tool length")
    offset: Six
    if code == 490:
        offset = ZERO
    elif code == 431:
        axes = _offset_axes(control, words)
        if not axes:
            raise WordError("G43.1 without an axis word", "give the tool offset, e.g. G43.1 Z0.05")
        offset = tuple(axes.get(i, old) for i, old in enumerate(control.tool_offset))  # type: ignore[assignment]
    else:
        index = words.take_whole("h")
        if code == 432:
            index = int(demand(None if index is None else float(index), "H", "G43.2"))
        if index is None:
            index = control.tool
        length = control.demand_tool(index).z_offset if index else 0.0
        base = control.tool_offset if code == 432 else ZERO
        offset = (*base[:2], base[2] + length, *base[3:])  # type: ignore[assignment]
    control.set_tool_offset(offset)


def set_rotation(control: Control, code: int, words: Words) -> None:
    """G68 X Y R and G69: rotation of the coordinates in the active plane (Fanuc)."""
    control.forbid_with_compensation("a rotation of the coordinates")
    if code == 690:
        control.rotation = None
    else:
        angle = demand(words.take("r"), "R", "G68")
        centre = list(control.position[:3])
        for i, value in _offset_axes(control, words).items():
            if i > 2:
                raise WordError("G68 with a rotary axis", "give the centre in the active plane")
            centre[i] = value
        control.rotation = (control.plane, radians(angle), (centre[0], centre[1], centre[2]))
    control.reframe()
