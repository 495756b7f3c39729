"""The order of the blocks: O-words, subprograms, Fanuc's IF, GOTO, WHILE, M98, M99 and G65."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from twin.program.expression import VACANT, evaluate
from twin.program.lexer import Block, FlowWord, read_block
from twin.program.parameters import Parameters
from twin.program.words import WordError

Loader = Callable[[str], str | None]

_STEERING = re.compile(r"\s*/?\s*(?:N[\d.\s]+)?(?:O|I\s*F|W\s*H|D\s*O|E\s*N\s*D|.*M\s*99)", re.IGNORECASE)
_N_NUMBER = re.compile(r"\s*/?\s*N\s*(\d+)", re.IGNORECASE)
_ARGUMENTS = dict(zip("abcijkdefhmqrstuvwxyz", (*range(1, 10), 11, 13, *range(17, 27)), strict=True))
_LOOPS = {"while": "endwhile", "repeat": "endrepeat", "do": "while"}


@dataclass(slots=True)
class Listing:
    """The lines of one file and where its steering words stand."""

    lines: list[str]
    name: str = ""  # "" for the main program
    blocks: dict[int, Block] = field(default_factory=dict)
    labels: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # O label -> (place, keyword)
    loops: list[tuple[int, str, str]] = field(default_factory=list)  # Fanuc: (place, loop or end, number)
    returns: list[int] = field(default_factory=list)  # places of M99
    n_numbers: dict[int, list[int]] | None = None

    def __post_init__(self) -> None:
        for at, text in enumerate(self.lines):
            if not _STEERING.match(text):
                continue
            try:
                block = self.block(at)
            except WordError:
                continue  # told when the block is reached
            if ("m", 99.0) in block.words:
                self.returns.append(at)
            if block.flow is None or not isinstance(block.flow.label, str):
                continue
            if block.flow.kind in ("loop", "end"):
                self.loops.append((at, block.flow.kind, block.flow.label))
            elif block.flow.label:
                self.labels.setdefault(block.flow.label.lower(), []).append((at, block.flow.kind))

    def block(self, at: int) -> Block:
        block = self.blocks.get(at)
        if block is None:
            block = read_block(self.lines[at])
            self.blocks[at] = block
        return block

    def find(self, label: str, after: int, kinds: tuple[str, ...]) -> int:
        """Place of the next O-word of ``label`` that is one of ``kinds``.

        Raises:
            WordError: where there is none.
        """
        for at, kind in self.labels.get(label, []):
            if at > after and kind in kinds:
                return at
        raise WordError(f"O{label} has no {' or '.join(kinds)} after it", f"add O{label} {kinds[-1]}")

    def n_number(self, number: int, after: int) -> int:
        """Place of block N``number``: the next one on, else the first of the file."""
        if self.n_numbers is None:
            self.n_numbers = {}
            for at, text in enumerate(self.lines):
                if match := _N_NUMBER.match(text):
                    self.n_numbers.setdefault(int(match[1]), []).append(at)
        places = self.n_numbers.get(number)
        if not places:
            raise WordError(f"GOTO {number}: there is no block N{number}", "correct the number, or add the block")
        return next((at for at in places if at > after), places[0])


@dataclass(slots=True)
class _Call:
    """A subprogram that runs."""

    caller: Listing
    back: int  # place in the caller where it goes on
    kind: str  # sub (O call), program (M98), macro (G65)
    entry: int  # place of the first block of the subprogram
    repeats: int = 1
    counts: dict[int, int] = field(default_factory=dict)  # repeat loops of the caller
    scope: bool = True  # has parameters of its own


class Flow:
    """Where the program is.

    Args:
        lines: the main program.
        parameters: for conditions and arguments.
        load: text of a subprogram outside the file, by name.
        max_iterations: bound on jumps back and calls.
    """

    def __init__(self, lines: list[str], parameters: Parameters, load: Loader | None, max_iterations: int) -> None:
        self._main = Listing(lines)
        self._listing = self._main
        self.at = 0
        self._parameters, self._load = parameters, load
        self._left = self._max_iterations = max_iterations
        self._calls: list[_Call] = []
        self._counts: dict[int, int] = {}
        self._loaded: dict[str, Listing] = {}
        self._last = len(lines)
        self._read = 0  # place of the block that runs
        self.ended = False
        self._start_percent()

    def _start_percent(self) -> None:
        """A file that begins with % ends at the next %."""
        percents = [at for at, text in enumerate(self._main.lines) if text.strip().startswith("%")]
        first = next((at for at, text in enumerate(self._main.lines) if text.strip()), 0)
        if percents and percents[0] == first:
            self.at = first + 1
            if len(percents) > 1:
                self._last = percents[1]

    # where ----------------------------------------------------------------------------------------------------
    @property
    def lines(self) -> list[str]:
        return self._listing.lines

    @property
    def in_main(self) -> bool:
        """Whether blocks of the main file run (whose line numbers count)."""
        return self._listing is self._main

    @property
    def in_macro(self) -> bool:
        return bool(self._calls) and self._calls[-1].kind == "macro"

    @property
    def finished(self) -> bool:
        return self.at >= (self._last if self.in_main else len(self.lines)) and not self._calls

    @property
    def line(self) -> int:
        """1-based line of the main file; of the call while a subprogram of another file runs."""
        if self.in_main:
            return self._read + 1
        return next(call.back for call in reversed(self._calls) if call.caller is self._main)

    @property
    def file(self) -> str:
        return self._listing.name

    @property
    def error_line(self) -> int:
        """1-based line of the block that runs, in its own file."""
        return self._read + 1

    def finish(self) -> None:
        """The program says that it ends."""
        self.ended = True
        self._calls.clear()
        self._listing, self.at = self._main, self._last

    def next_block(self) -> Block | None:
        """The next block; None at the end of the file."""
        end = self._last if self.in_main else len(self.lines)
        if self.at >= end:
            if self._calls:
                call = self._calls[-1]
                if call.kind == "sub":
                    raise WordError("the file ends within a subprogram", "add its endsub")
                self.return_program(None)
            return None
        self._read = self.at
        self.at += 1
        return self._listing.block(self._read)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise WordError(
                f"more than {self._max_iterations} jumps back and calls",
                "a loop does not end; else raise max_iterations",
            )

    def _true(self, condition: object) -> bool:
        return evaluate(condition, self._parameters) != 0  # type: ignore[arg-type]

    # steering -------------------------------------------------------------------------------------------------
    def follow(self, word: FlowWord) -> Block | None:
        """Does what a steering word says; returns the block of a THEN that is to run."""
        kind = word.kind
        if kind == "if-then":
            return word.then if self._true(word.arguments[0]) else None
        if kind in ("goto", "if-goto"):
            if kind == "goto" or self._true(word.arguments[0]):
                number = evaluate(word.label, self._parameters)  # type: ignore[arg-type]
                self._goto(round(number))
            return None
        if kind in ("loop", "end"):
            self._macro_loop(word)
            return None
        label = word.label
        if not isinstance(label, str):
            label = str(round(evaluate(label, self._parameters)))
        self._o_word(kind, label.lower(), word.arguments)
        return None

    def _goto(self, number: int) -> None:
        self._count()
        self.at = self._listing.n_number(number, self._read)

    def _macro_loop(self, word: FlowWord) -> None:
        here = self._read
        if word.kind == "loop":
            if not self._true(word.arguments[0]):
                self.at = self._matching_end(here, str(word.label)) + 1
            return
        for at, kind, label in reversed(self._listing.loops):
            if at < here and kind == "loop" and label == word.label:
                self._count()
                self.at = at
                return
        raise WordError(f"END{word.label} without DO{word.label}", "add the beginning of the loop")

    def _matching_end(self, here: int, label: str) -> int:
        for at, kind, other in self._listing.loops:
            if at > here and kind == "end" and other == label:
                return at
        raise WordError(f"DO{label} without END{label}", f"add END{label}")

    def _o_word(self, kind: str, label: str, arguments: tuple) -> None:
        here, find = self._read, self._listing.find
        if kind == "program":
            self._pass_program(here)
        elif kind == "sub":
            self.at = find(label, here, ("endsub",)) + 1
        elif kind == "call":
            self._call(label, arguments)
        elif kind in ("endsub", "return"):
            self._return(arguments)
        elif kind == "if":
            self._branch(label, here, arguments[0])
        elif kind in ("elseif", "else"):
            self.at = find(label, here, ("endif",)) + 1
        elif kind == "while":
            if self._closes_do(label, here):
                if self._true(arguments[0]):
                    self._count()
                    self.at = self._opening(label, here, "do") + 1
            elif not self._true(arguments[0]):
                self.at = find(label, here, ("endwhile",)) + 1
            else:
                find(label, here, ("endwhile",))
        elif kind == "endwhile":
            self._count()
            self.at = self._opening(label, here, "while")
        elif kind == "do":
            find(label, here, ("while",))
        elif kind == "repeat":
            self._repeat(label, here, arguments[0])
        elif kind == "endrepeat":
            self._end_repeat(label, here)
        elif kind in ("break", "continue"):
            self._leave(kind, label, here)

    def _branch(self, label: str, here: int, condition: object) -> None:
        while not self._true(condition):
            here = self._listing.find(label, here, ("elseif", "else", "endif"))
            self.at = here + 1
            flow = self._listing.block(here).flow
            assert flow is not None  # a label stands for a steering word
            if flow.kind != "elseif":
                return
            condition = flow.arguments[0]

    def _opening(self, label: str, here: int, kind: str) -> int:
        places = [at for at, k in self._listing.labels.get(label, []) if at < here and k == kind]
        if not places:
            raise WordError(f"O{label} has no {kind} before it", f"add O{label} {kind}")
        return places[-1]

    def _closes_do(self, label: str, here: int) -> bool:
        openings = [k for at, k in self._listing.labels[label] if at < here and k in ("do", "while")]
        return bool(openings) and openings[-1] == "do"

    def _repeat(self, label: str, here: int, times: object) -> None:
        n = round(evaluate(times, self._parameters))  # type: ignore[arg-type]
        end = self._listing.find(label, here, ("endrepeat",))
        if n <= 0:
            self.at = end + 1
        else:
            self._counts[here] = n

    def _end_repeat(self, label: str, here: int) -> None:
        start = self._opening(label, here, "repeat")
        self._counts[start] = self._counts.get(start, 1) - 1
        if self._counts[start] > 0:
            self._count()
            self.at = start + 1

    def _leave(self, kind: str, label: str, here: int) -> None:
        end = self._listing.find(label, here, ("endwhile", "endrepeat", "while"))
        self.at = end + 1 if kind == "break" else end

    # subprograms ----------------------------------------------------------------------------------------------
    def _enter(self, listing: Listing, entry: int, call: _Call) -> None:
        self._count()
        if len(self._calls) >= 100:
            raise WordError("subprograms call each other more than 100 deep", "a recursion does not end")
        call.counts, self._counts = self._counts, {}
        self._calls.append(call)
        self._listing, self.at = listing, entry

    def _locate(self, label: str, kinds: tuple[str, ...]) -> tuple[Listing, int]:
        for listing in (self._listing, self._main):
            for at, kind in listing.labels.get(label, []):
                if kind in kinds:
                    return listing, at + 1
        if label not in self._loaded:
            text = self._load(label) if self._load else None
            if text is None:
                raise WordError(f"subprogram O{label} is not in the program", "add it, or name the folder it is in")
            self._loaded[label] = Listing(text.splitlines(), name=label)
        listing = self._loaded[label]
        places = [at for at, kind in listing.labels.get(label, []) if kind in kinds]
        return listing, places[0] + 1 if places else 0

    def _call(self, label: str, arguments: tuple) -> None:
        values = {i: evaluate(argument, self._parameters) for i, argument in enumerate(arguments, 1)}
        if len(values) > 30:
            raise WordError("a call with more than 30 arguments", "pass the rest in global parameters")
        listing, entry = self._locate(label, ("sub",))
        self._enter(listing, entry, _Call(self._listing, self.at, "sub", entry))
        self._parameters.enter(values, 30)

    def _return(self, arguments: tuple) -> None:
        if not self._calls or self._calls[-1].kind != "sub":
            raise WordError("return or endsub outside a subprogram", "delete it")
        value = evaluate(arguments[0], self._parameters) if arguments else None
        self._leave_call()
        self._parameters.set_name("_value_returned", float(value is not None))
        self._parameters.set_name("_value", 0.0 if value is None else value)

    def _leave_call(self) -> None:
        call = self._calls.pop()
        if call.scope:
            self._parameters.leave()
        self._listing, self.at, self._counts = call.caller, call.back, call.counts

    def call_program(self, number: int | None, times: int | None) -> None:
        """M98 P L: runs O``number`` until its M99, ``times`` times."""
        if number is None:
            raise WordError("M98 without P", "write M98 P with the number of the subprogram")
        label = str(number)
        if number > 9999 and label not in self._main.labels:  # the older form: P, times and four digits
            times, label = number // 10000, str(number % 10000)
        if times is not None and times < 1:
            return
        listing, entry = self._locate(label, ("program", "sub"))
        self._enter(listing, entry, _Call(self._listing, self.at, "program", entry, times or 1, scope=False))

    def macro_call(self, block: Block) -> None:
        """G65 P L and arguments by letter: runs a macro with parameters #1-#33 of its own."""
        arguments: dict[int, float] = {}
        number, times, last_ijk, group = None, 1, 0, 0
        for letter, expression in block.words:
            value = evaluate(expression, self._parameters)
            if letter == "g":
                continue
            if letter == "p":
                number = round(value)
            elif letter == "l":
                times = round(value)
            elif letter in "ijk":
                # A letter that does not follow in the order I J K opens the next triple: #4, #7, #10, …
                place = "ijk".index(letter)
                group += place <= last_ijk - 1 and last_ijk > 0
                last_ijk = place + 1
                arguments[4 + place + 3 * group] = value
            elif letter in _ARGUMENTS and value is not VACANT:
                arguments[_ARGUMENTS[letter]] = value
        if number is None:
            raise WordError("G65 without P", "write G65 P with the number of the macro")
        listing, entry = self._locate(str(number), ("program", "sub"))
        self._enter(listing, entry, _Call(self._listing, self.at, "macro", entry, times))
        self._parameters.enter(arguments, 33)

    def return_program(self, to: int | None) -> bool:
        """M99: next repeat or back to the caller (to its block N``to``); False in the main program."""
        if not self._calls:
            return False
        call = self._calls[-1]
        call.repeats -= 1
        if call.repeats > 0:
            self._count()
            self.at = call.entry
            return True
        self._leave_call()
        if to is not None:
            self.at = self._listing.n_number(to, -1)
        return True

    def _pass_program(self, here: int) -> None:
        """An O number met on the way: a subprogram that is defined here is passed over, the main program is not."""
        last = next((at for at in self._listing.returns if at > here), None)
        if last is None or any(self._listing.lines[last + 1 :]) is False:
            return
        others = [at for places in self._listing.labels.values() for at, k in places if k == "program" and at > here]
        if all(at > last for at in others) and not self._has_end(here, last):
            self.at = last + 1

    def _has_end(self, first: int, last: int) -> bool:
        """Whether the program ends (M2, M30) between two places."""
        return any(
            letter == "m" and value in (2.0, 30.0)
            for at in range(first, last)
            if re.search(r"M\s*0?(2|30)(?!\d)", self._listing.lines[at], re.IGNORECASE)
            for letter, value in self._listing.block(at).words
        )
