"""The order of the blocks: subprograms (O call, M98, G65), GOTO and Fanuc's loops."""

from collections.abc import Callable
from dataclasses import dataclass, field

from twin.program.expression import VACANT, Value, evaluate
from twin.program.lexer import Block, FlowWord
from twin.program.listing import Listing
from twin.program.oword import follow_o_word
from twin.program.parameters import Parameters
from twin.program.words import WordError

Loader = Callable[[str], str | None]

DEEPEST = 100  # calls within calls
_ARGUMENTS = dict(zip("abcdefhmqrstuvwxyz", (1, 2, 3, 7, 8, 9, 11, 13, *range(17, 27)), strict=True))


@dataclass(slots=True)
class _Call:
    """A subprogram that runs."""

    caller: Listing
    back: int  # place in the caller where it goes on
    kind: str  # sub (O call), program (M98), macro (G65)
    entry: int  # place of the first block of the subprogram
    repeats: int = 1
    counts: dict[int, int] = field(default_factory=dict)  # repeat loops of the caller


class Flow:
    """Where the program is; places count lines from 0.

    Args:
        lines: the main program.
        parameters: for conditions and arguments.
        load: text of a subprogram outside the file, by name.
        max_iterations: bound on jumps back and calls.
    """

    def __init__(self, lines: list[str], parameters: Parameters, load: Loader | None, max_iterations: int) -> None:
        self._main = self.listing = Listing(lines)
        self.at = 0  # place of the next block
        self.read = 0  # place of the block that runs
        self.counts: dict[int, int] = {}  # place of a repeat -> rounds left
        self.ended = False  # M2 or M30 was reached
        self._parameters, self._load = parameters, load
        self._left = self._max_iterations = max_iterations
        self._calls: list[_Call] = []
        self._loaded: dict[str, Listing] = {}
        self._last = len(lines)
        percents = [at for at, text in enumerate(lines) if text.strip().startswith("%")]
        first = next((at for at, text in enumerate(lines) if text.strip()), 0)
        if percents and percents[0] == first:  # a file that begins with % ends at the next one
            self.at = first + 1
            self._last = percents[1] if len(percents) > 1 else len(lines)

    @property
    def in_main(self) -> bool:
        """Whether blocks of the main file run."""
        return self.listing is self._main

    @property
    def in_macro(self) -> bool:
        """Whether a G65 macro runs, in which vacant parameters count as missing words."""
        return bool(self._calls) and self._calls[-1].kind == "macro"

    @property
    def finished(self) -> bool:
        return not self._calls and self.at >= self._last

    @property
    def line(self) -> int:
        """1-based line of the main file; of the call while a subprogram of another file runs."""
        if self.in_main:
            return self.read + 1
        return next(call.back for call in reversed(self._calls) if call.caller is self._main)

    def finish(self) -> None:
        """The program says that it ends."""
        self.ended = True
        self._calls.clear()
        self.listing, self.at = self._main, self._last

    def next_block(self) -> Block | None:
        """The next block; None at the end of a file."""
        end = self._last if self.in_main else len(self.listing.lines)
        if self.at >= end:
            if self._calls and self._calls[-1].kind == "sub":
                raise WordError("the file ends within a subprogram", "add its endsub")
            self.return_program(None)
            return None
        self.read = self.at
        self.at += 1
        return self.listing.block(self.read)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise WordError(
                f"more than {self._max_iterations} jumps back and calls",
                "a loop does not end; else raise max_iterations",
            )

    def jump_back(self, to: int) -> None:
        self._count()
        self.at = to

    def true(self, condition: Value) -> bool:
        return evaluate(condition, self._parameters) != 0

    def whole(self, value: Value) -> int:
        return round(evaluate(value, self._parameters))

    def follow(self, word: FlowWord) -> Block | None:
        """Does what a steering word says; returns the block of a THEN that is to run."""
        kind = word.kind
        if kind == "if-then":
            return word.then if self.true(word.arguments[0]) else None
        if kind in ("goto", "if-goto"):
            if kind == "goto" or self.true(word.arguments[0]):
                self.jump_back(self.listing.n_number(self.whole(word.label), self.read))  # type: ignore[arg-type]
            return None
        label = word.label if isinstance(word.label, str) else str(self.whole(word.label))
        if kind == "loop":
            end = self._loop_end(label)
            if not self.true(word.arguments[0]):
                self.at = end + 1
        elif kind == "end":
            self._loop_again(label)
        elif kind == "program":
            pass  # a name for M98 and G65 to find
        elif kind == "sub":
            self.at = self.listing.next(label, self.read, ("endsub",)) + 1
        elif kind == "call":
            self._call(label, word.arguments)
        elif kind in ("endsub", "return"):
            self._return(word.arguments)
        else:
            follow_o_word(self, kind, label, word.arguments)
        return None

    # Fanuc's loops --------------------------------------------------------------------------------------------
    def _loop_end(self, number: str) -> int:
        for at, kind, label in self.listing.loops:
            if at > self.read and kind == "end" and label == number:
                return at
        raise WordError(f"DO{number} without END{number}", f"add END{number}")

    def _loop_again(self, number: str) -> None:
        for at, kind, label in reversed(self.listing.loops):
            if at < self.read and kind == "loop" and label == number:
                self.jump_back(at)
                return
        raise WordError(f"END{number} without DO{number}", "add the beginning of the loop")

    # subprograms ----------------------------------------------------------------------------------------------
    def _locate(self, label: str, kinds: tuple[str, ...]) -> tuple[Listing, int]:
        """Listing and first place of a subprogram: in the file, else loaded."""
        for listing in (self.listing, self._main):
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

    def _enter(self, label: str, kinds: tuple[str, ...], kind: str, repeats: int = 1) -> None:
        self._count()
        if len(self._calls) >= DEEPEST:
            raise WordError(f"calls within calls, {DEEPEST} deep", "a recursion does not end")
        listing, entry = self._locate(label, kinds)
        self._calls.append(_Call(self.listing, self.at, kind, entry, repeats, self.counts))
        self.listing, self.at, self.counts = listing, entry, {}

    def _leave(self) -> None:
        call = self._calls.pop()
        if call.kind != "program":
            self._parameters.leave()
        self.listing, self.at, self.counts = call.caller, call.back, call.counts

    def _call(self, label: str, arguments: tuple[Value, ...]) -> None:
        """O call: the arguments are #1, #2, … of the subprogram, its other #1-#30 are zero."""
        values = {i: evaluate(argument, self._parameters) for i, argument in enumerate(arguments, 1)}
        self._enter(label, ("sub",), "sub")
        self._parameters.enter(values, 30)

    def _return(self, arguments: tuple[Value, ...]) -> None:
        if not self._calls or self._calls[-1].kind != "sub":
            raise WordError("return or endsub outside a subprogram", "delete it")
        value = evaluate(arguments[0], self._parameters) if arguments else None
        self._leave()
        self._parameters.set_name("_value_returned", float(value is not None))
        self._parameters.set_name("_value", 0.0 if value is None else value)

    def call_program(self, number: int | None, times: int | None) -> None:
        """M98 P L: runs O``number`` up to its M99, ``times`` times, with the caller's parameters."""
        if number is None:
            raise WordError("M98 without P", "write M98 P with the number of the subprogram")
        label = str(number)
        if number > 9999 and label not in self._main.labels:  # the older form: times and four digits
            times, label = number // 10000, str(number % 10000)
        if times is None or times > 0:
            self._enter(label, ("program", "sub"), "program", times or 1)

    def macro_call(self, block: Block) -> None:
        """G65 P L and arguments by letter: runs a macro with parameters #1-#33 of its own."""
        arguments: dict[int, float] = {}
        number, times, triple, last = None, 1, 0, ""
        for letter, expression in block.words:
            value = evaluate(expression, self._parameters)
            if letter == "p":
                number = round(value)
            elif letter == "l":
                times = round(value)
            elif letter in "ijk":  # a letter that does not follow in their order opens the next triple
                triple += letter <= last
                last = letter
                arguments[4 + "ijk".index(letter) + 3 * triple] = value
            elif letter in _ARGUMENTS and value is not VACANT:
                arguments[_ARGUMENTS[letter]] = value
        if number is None:
            raise WordError("G65 without P", "write G65 P with the number of the macro")
        self._enter(str(number), ("program", "sub"), "macro", times)
        self._parameters.enter(arguments, 33)

    def return_program(self, to: int | None) -> bool:
        """M99: the next repeat, or back to the caller, to its block N``to``; False in the main program."""
        if not self._calls:
            return False
        call = self._calls[-1]
        if call.kind == "sub":
            raise WordError("M99 in an O subprogram", "close it with endsub")
        call.repeats -= 1
        if call.repeats > 0:
            self.jump_back(call.entry)
            return True
        self._leave()
        if to is not None:
            self.at = self.listing.n_number(to, -1)
        return True
