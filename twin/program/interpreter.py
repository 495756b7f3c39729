"""NC text to a Program: the control's loop over the blocks and the order of execution within a block."""

import re
from collections.abc import Callable, Mapping

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program import parameters as number
from twin.program.canned import run_cycle
from twin.program.control import Control, Dialect, Words, stored
from twin.program.expression import VACANT, evaluate
from twin.program.flow import Flow
from twin.program.foreign import REMEDY, foreign
from twin.program.frame import ZERO, Six
from twin.program.lexer import Block
from twin.program.modal import set_modes, stop
from twin.program.motion_words import circular, go_home, machine_move, probe, store_home, straight
from twin.program.offsets import set_data, set_local, set_rotation
from twin.program.plain import is_plain, run_plain
from twin.program.program import PathMode, Program
from twin.program.words import CYCLES, G_GROUP, M_GROUP, M_IGNORED, TUNING, WordError, g_name

Loader = Callable[[str], str | None]

ALARM = 3000  # Fanuc: setting this parameter stops the program

_NOTHING = re.compile(r"(?:\s|%|\([^()]*\)|;.*)*")
_MESSAGE = re.compile(r"\s*MSG\s*,(.*)", re.IGNORECASE)
_OFFSET_NAMES = {f"G{54 + i}": i for i in range(6)} | {f"G59.{i}": 5 + i for i in (1, 2, 3)}


def interpret(
    text: str,
    *,
    file: str,
    tools: Mapping[int, Tool],
    work_offsets: Mapping[str, tuple[float, ...]] | None = None,
    home: Six = ZERO,
    second_home: Six = ZERO,
    parameters: Mapping[int, float] | None = None,
    load: Loader | None = None,
    block_delete: bool = True,
    dialect: Dialect = "rs274",
    max_iterations: int = 1_000_000,
) -> Program:
    """Runs an NC program on a control without a machine.

    The language is RS274/NGC with the words of Fanuc's macro language where they do not contradict it.
    Units are millimetres until G20; motion mode, feed and spindle are off until programmed.

    Args:
        text: the program.
        file: its name, for messages.
        tools: tool table by T number; G43 H and G41 D look up in it too.
        work_offsets: "G54" … "G59.3" or "G54.1 P1" … -> X Y Z A B C [m, rad]; missing ones are zero.
        home: machine position of G28 [m, rad], where the program also starts.
        second_home: machine position of G30 [m, rad].
        parameters: start values of numbered parameters, as the program reads them.
        load: text of a subprogram that is not in the file, by its name or number; None where there is none.
        block_delete: leave out the blocks that begin with a slash.
        dialect: where the languages contradict each other: "rs274" dwells in seconds and starts with G99,
            "fanuc" dwells (G4 P, cycles' P) in milliseconds and starts with G98.
        max_iterations: bound on jumps back and calls.

    Raises:
        InputError: what cannot be run, with file, line, word and remedy.
    """
    if _NOTHING.fullmatch(text):
        raise InputError("the program is empty", file=file, remedy="give a file with NC blocks")
    control = Control(tools, home, dialect)
    p = control.parameters
    p.set_block(number.HOME[280], stored(home))
    p.set_block(number.HOME[300], stored(second_home))
    for name, offset in (work_offsets or {}).items():
        p.set_block(_offset_parameter(name), stored((*offset, *ZERO[len(offset) :])))  # type: ignore[arg-type]
    p.numbered.update(parameters or {})
    lines = text.splitlines()
    flow = Flow(lines, p, load, max_iterations)
    try:
        control.reframe()
        _run(control, flow, block_delete)
        if not flow.ended:
            control.recorder.warn(flow.read + 1, "", "the program ends without M2 or M30")
    except WordError as error:
        if (other := foreign(text)) is not None:
            raise InputError(other.said, file=file, line=other.line, remedy=REMEDY) from None
        raise InputError(
            error.message, file=flow.listing.name or file, line=flow.read + 1, remedy=error.remedy
        ) from None
    return control.recorder.program(file, tuple(lines))


def _offset_parameter(name: str) -> int:
    if name in _OFFSET_NAMES:
        return number.WORK_OFFSET + 20 * _OFFSET_NAMES[name]
    match = re.fullmatch(r"G54\.1 P(\d+)", name)
    if match is None:
        raise InputError(f"work offset {name!r} is unknown", remedy='use "G54" … "G59.3" or "G54.1 P1" …')
    return number.EXTENDED_OFFSET + 20 * (int(match[1]) - 1)


def _run(control: Control, flow: Flow, block_delete: bool) -> None:
    while not flow.finished:
        if flow.in_main and is_plain(control):
            flow.at = run_plain(control, flow.listing.lines, flow.at)
        block = flow.next_block()
        if block is None or (block.deletable and block_delete):
            continue
        control.line = flow.line
        for comment in block.comments:
            if match := _MESSAGE.match(comment):
                control.recorder.messages.append((control.line, match[1].strip()))
        if block.flow is not None:
            block = flow.follow(block.flow)
            if block is None:
                continue
        _execute(control, flow, block)


def _evaluate(control: Control, flow: Flow, block: Block) -> Words:
    """Values of the words; parameter settings take effect after all of them are read."""
    p = control.parameters
    words = Words(control.line)
    for letter, expression in block.words:
        value = evaluate(expression, p)
        if value is VACANT and flow.in_macro:
            continue  # Fanuc: a word with a vacant value is not there
        if letter == "g":
            _add_g(words, value)
        elif letter == "m":
            _add_m(words, value)
        elif letter in words.value:
            raise WordError(f"two {letter.upper()} words in one block", "write one of them in its own block")
        else:
            words.value[letter] = value
    settings = [
        (target if isinstance(target, str) else evaluate(target, p), evaluate(value, p))
        for target, value in block.settings
    ]
    for target, value in settings:
        if isinstance(target, str):
            p.set_name(target, value)
        elif target == ALARM:
            raise WordError(f"the program stops with alarm {value:g} {' '.join(block.comments)}", "see the program")
        else:
            p.set_number(target, value)
    return words


def _add_g(words: Words, value: float) -> None:
    code = round(value * 10)
    if abs(value * 10 - code) > 1e-3:
        raise WordError(f"G{value:g} is no word of the language", "G codes have one decimal at most")
    group = "tuning" if code in TUNING else G_GROUP.get(code)
    if group is None:
        raise WordError(f"{g_name(code)} is not known", "delete it, or write what it does with known words")
    if group in words.g:
        other = g_name(words.g[group])
        if group == "tuning":
            return
        raise WordError(f"{other} and {g_name(code)} contradict each other in one block", "write them in two blocks")
    words.g[group] = code


def _add_m(words: Words, value: float) -> None:
    code = round(value)
    group = M_GROUP.get(code)
    if abs(value - code) > 1e-4 or group is None:
        raise WordError(f"M{value:g} is not known", "delete it, or write what it does with known words")
    if group in words.m:
        raise WordError(f"M{words.m[group]} and M{code} contradict each other in one block", "write them in two blocks")
    words.m[group] = code


def _execute(control: Control, flow: Flow, block: Block) -> None:
    """One block, in the order of execution of RS274/NGC."""
    if any(letter == "g" and value == 65.0 for letter, value in block.words):
        flow.macro_call(block)
        return
    words = _evaluate(control, flow, block)
    if not (words.g or words.m or words.value):
        return
    subprogram = words.m.get("subprogram")
    if subprogram is not None:
        called = (words.take_whole("p"), words.take_whole("l"))
    _accept_tuning(control, words)
    set_modes(control, words)
    _act(control, words)
    if words.value:
        letter, value = next(iter(words.value.items()))
        raise WordError(f"{letter.upper()}{value:g} means nothing in this block", "delete it, or add its G word")
    if subprogram == 98:
        flow.call_program(*called)
    elif subprogram == 99:
        if not flow.return_program(called[0]):
            control.recorder.warn(control.line, "M99", "the main program would start again; it was run once")
            flow.finish()
    if stop(control, words):
        flow.finish()


def _accept_tuning(control: Control, words: Words) -> None:
    code = words.g.pop("tuning", None)
    if code is not None:
        letters = TUNING[code]
        if code in (50, 51) and letters[0] not in words.value:
            raise WordError(f"{g_name(code)} without {letters[0].upper()}", "splines are not known; G1, G2, G3 are")
        text = g_name(code) + "".join(f" {k.upper()}{v:g}" for k in letters if (v := words.take(k)) is not None)
        if text != "G8":  # RS274/NGC: radius mode, which is the only one here
            control.recorder.warn(control.line, text, "tunes the control; it moves nothing")
    for group in [g for g, m in words.m.items() if m in M_IGNORED]:
        code = words.m.pop(group)
        words.take("p")
        control.recorder.warn(control.line, f"M{code}", M_IGNORED[code])


def _act(control: Control, words: Words) -> None:
    """Non-modal words with axes, then motion."""
    action = words.g.get("non-modal")
    motion = words.g.get("motion")
    if motion is not None and action in (100, 280, 281, 300, 301, 520, 920):
        if words.has_axes():
            both = f"{g_name(action)} and {g_name(motion)}"
            raise WordError(f"{both} both want the axis words", "write them in two blocks")
    if action in (280, 300):
        go_home(control, words, action)
    elif action in (281, 301):
        store_home(control, action)
    elif action == 100:
        set_data(control, words)
    elif action in (520, 920, 921, 922, 923):
        set_local(control, action, words)
    rotation = words.g.get("rotation")
    if rotation is not None:
        set_rotation(control, rotation, words)
    if "exact stop" in words.g:
        control.recorder.set("path_mode", PathMode.EXACT_STOP)
    _move(control, words, motion, machine=action == 530)
    if "exact stop" in words.g:
        control.recorder.set("path_mode", control.path_mode)


def _move(control: Control, words: Words, motion: int | None, machine: bool) -> None:
    code = motion
    if "cycle off" in words.g:
        control.motion = None
        control.end_cycle()
        if code is None and words.has_axes():
            raise WordError("G80 with axis words", "write G0 or G1 for the move")
    if code is None:
        if not words.has_axes() and not (control.motion in (20, 30) and ("i" in words.value or "j" in words.value)):
            if machine:
                raise WordError("G53 without an axis word", "give the machine position")
            return
        code = control.motion
        if code is None:
            raise WordError("axis words without a motion word", "write G0, G1, G2 or G3")
    if code not in CYCLES:
        control.end_cycle()
    if code in (0, 10):
        if words.has_axes():
            (machine_move if machine else straight)(control, words, code == 0)
        control.motion = code
        return
    if machine:
        raise WordError(f"G53 with {g_name(code)}", "G53 goes with G0 or G1")
    if code in (20, 30):
        circular(control, words, clockwise=code == 20)
    elif code in CYCLES:
        run_cycle(control, words, code)
    else:
        probe(control, words, code)
        if code == 310:
            return  # G31 holds for its block only
    control.motion = code
