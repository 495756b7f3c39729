"""Motion blocks: straight moves, arcs, probing, G28, G30 and G53."""

from math import degrees, pi, sqrt

from twin.program import parameters as number
from twin.program.arcs import arc_length, plane_axes, read_arc
from twin.program.control import Control, Words, six, stored
from twin.program.frame import Six
from twin.program.program import Op
from twin.program.words import AXES, WordError, g_name


def travel(start: Six, end: Six) -> tuple[float, bool]:
    """Length of a straight move: [m] of X Y Z, or [rad] of A B C where only those move (True)."""
    d = [e - s for s, e in zip(start, end, strict=True)]
    linear = sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2)
    if linear > 0 or not any(d[3:]):
        return linear, False
    return sqrt(d[3] ** 2 + d[4] ** 2 + d[5] ** 2), True


def set_feed(control: Control, length: float, rotary: bool = False) -> None:
    """Writes the path feed of the next move of ``length``; [rad/s] where only rotary axes move.

    Raises:
        WordError: where no feed is programmed.
    """
    feed = control.feed
    if not feed:
        what = "a feed move without a feed" if feed is None else "a feed move with feed zero"
        remedy = "G93 needs F in every block" if control.feed_mode == 930 else "program F before the first feed move"
        raise WordError(what, remedy)
    if control.feed_mode == 930:
        feed = feed * length
    elif control.feed_mode == 950:
        if not control.spindle_direction:
            raise WordError("feed per revolution (G95) with the spindle at rest", "start the spindle, or use G94")
        feed = feed * control.spindle_rate() / (2 * pi)
    if rotary and control.feed_mode != 930:
        feed = feed / control.scale / degrees(1.0)
    control.recorder.set("feed", feed)


def straight(control: Control, words: Words, rapid: bool) -> None:
    """G0 and G1."""
    end = control.target(words)
    if control.surface_speed:
        control.turn_spindle(end[0])
    if not rapid:
        set_feed(control, *travel(control.position, end))
    if control.compensation is not None:
        control.compensation.straight(control, end, rapid)
    else:
        control.arc_after_compensation = False
        control.move(Op.RAPID if rapid else Op.FEED, end)


def circular(control: Control, words: Words, clockwise: bool) -> None:
    """G2 and G3."""
    u, v = plane_axes(control.plane)
    if AXES[u] not in words.value and AXES[v] not in words.value and "r" in words.value:
        raise WordError("an arc with R and without end point", "give the end point in the active plane")
    if control.arc_after_compensation:
        raise WordError("an arc right after G40", "leave cutter compensation with a straight move")
    start, end = control.position, control.target(words)
    arc = read_arc(control, words, clockwise, start, end)
    if control.surface_speed:
        control.turn_spindle(end[0])
    set_feed(control, arc_length(start, end, control.plane, arc))
    if control.compensation is not None:
        control.compensation.arc(control, end, arc)
        return
    if control.frame.matrix is not None and control.plane != 2:
        raise WordError("an arc outside G17 in rotated coordinates", "take the rotation off")
    centre = [0.0, 0.0, 0.0]
    centre[u], centre[v], centre[control.plane] = *arc.centre, start[control.plane]
    control.recorder.arc(control.line, end, (centre[0], centre[1], centre[2]), control.plane, arc.turns)
    control.position = end


def probe(control: Control, words: Words, code: int) -> None:
    """G38.n and G31: without a part to touch, the whole way to the target."""
    control.forbid_with_compensation("probing")
    if not words.has_axes():
        raise WordError(f"{g_name(code)} without an axis word", "give the target")
    end = control.target(words)
    length, rotary = travel(control.position, end)
    set_feed(control, length, rotary)
    control.move(Op.PROBE, end)
    p = control.parameters
    for i in range(6):
        p.numbered[5061 + i] = control.in_program_units(end, i)
    p.numbered[5070] = 1.0


def machine_move(control: Control, words: Words, rapid: bool) -> None:
    """G53: the words are positions of the machine's axes."""
    control.forbid_with_compensation("G53")
    if not control.absolute:
        raise WordError("G53 in incremental mode", "program G90 first")
    given = [letter in words.value for letter in AXES]
    axes = control.target(words)
    tip = list(control.frame.to_machine(control.position))
    for i, word in enumerate(given):
        if word:
            tip[i] = axes[i] - control.tool_offset[i]
    end = control.frame.to_program(tuple(tip))  # type: ignore[arg-type]
    if not rapid:
        set_feed(control, *travel(control.position, end))
    control.move(Op.RAPID if rapid else Op.FEED, end)


def go_home(control: Control, words: Words, code: int) -> None:
    """G28 and G30: over the programmed point to the stored one, for the given axes or for all."""
    control.forbid_with_compensation(g_name(code))
    given = [letter in words.value for letter in AXES]
    if any(given):
        control.move(Op.RAPID, control.target(words))
    home = six(control.parameters.block(number.HOME[code]))
    tip = list(control.frame.to_machine(control.position))
    for i, word in enumerate(given):
        if word or not any(given):
            tip[i] = home[i] - control.tool_offset[i]
    control.move(Op.RAPID, control.frame.to_program(tuple(tip)))  # type: ignore[arg-type]


def store_home(control: Control, code: int) -> None:
    """G28.1 and G30.1: the present position of the machine's axes becomes the stored one."""
    machine = control.frame.to_machine(control.position)
    axes = tuple(m + t for m, t in zip(machine, control.tool_offset, strict=True))
    control.parameters.set_block(number.HOME[code - 1], stored(axes))  # type: ignore[arg-type]
