"""The lines of an NC program, as far as a rewriter of its points must know them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from twin.errors import InputError
from twin.program.lexer import read_block
from twin.program.spans import Span, spans_of_words
from twin.program.words import CYCLES, WordError
from twin.units import INCH, MM

POINTS = frozenset("xyzijkrl")
TAKES_P = frozenset({4.0, 5.0, 5.1, 6.4, 8.0, 64.0})  # P and Q that say nothing of a point
COMMENT = re.compile(r"\([^()]*\)|;.*$")
MOTIONS = frozenset({0.0, 1.0, 2.0, 3.0, 80.0, 98.0, 99.0} | {code / 10 for code in CYCLES})
TO_THE_MACHINE = frozenset({28.0, 28.1, 30.0, 30.1, 53.0})  # moves in machine coordinates
CUTTER = frozenset({40.0, 41.0, 41.1, 42.0, 42.1})
STOPS = frozenset({0.0, 1.0, 2.0, 30.0, 60.0})
FROM_WHERE_IT_STANDS = {92.0: "G92", 93.0: "G93"}
REMEDY = "its points cannot be moved line by line: use a table of the control instead"


@dataclass(frozen=True)
class Line:
    """One source line and the modes in force behind it."""

    text: str  # without line end
    spans: tuple[Span, ...] = ()
    scale: float = MM  # of lengths [m]
    absolute: bool = True  # G90
    centre_absolute: bool = False  # G90.1
    cutter: bool = False  # G41 or G42

    def g(self) -> set[float]:
        """Its G words."""
        return _g(self.spans)

    def has_points(self) -> bool:
        """Whether it has words of a place."""
        return any(span.letter in "xyz" for span in self.spans)


def lines_of(source: tuple[str, ...], file: str) -> Iterator[Line]:
    """The lines with their modes, in the order of the text.

    Raises:
        InputError: words whose effect hangs on where the tool stands or on the length of a block; flow control.
    """
    modes = Line("")
    for n, text in enumerate(source, 1):
        try:
            flow = read_block(text).flow
            spans = () if flow is not None else tuple(spans_of_words(text))
        except WordError:  # a line that is never run, else the interpreter would have stopped
            flow, spans = None, ()
        calls = 65.0 in _g(spans) or any(s.letter == "m" and s.value in (97.0, 98.0) for s in spans)
        if calls or (flow is not None and flow.kind != "program"):
            raise InputError("flow control or a call stands here", file=file, line=n, remedy=REMEDY)
        modes = replace(modes, text=text, spans=spans)
        codes = modes.g()
        for code in codes & set(FROM_WHERE_IT_STANDS):
            raise InputError(f"{FROM_WHERE_IT_STANDS[code]} stands here", file=file, line=n, remedy=REMEDY)
        if 10.0 in codes and any(s.letter == "l" and s.value == 20.0 for s in spans):
            raise InputError("G10 L20 stands here", file=file, line=n, remedy=REMEDY)
        modes = replace(
            modes,
            scale=INCH if 20.0 in codes else MM if 21.0 in codes else modes.scale,
            absolute=90.0 in codes or (modes.absolute and 91.0 not in codes),
            centre_absolute=90.1 in codes or (modes.centre_absolute and 91.1 not in codes),
            cutter=bool(codes & {41.0, 41.1, 42.0, 42.1}) or (modes.cutter and 40.0 not in codes),
        )
        yield modes


def _g(spans: tuple[Span, ...]) -> set[float]:
    return {span.value for span in spans if span.letter == "g" and isinstance(span.value, float)}


def remainder(line: Line) -> tuple[list[str], list[str], list[str]]:
    """The words that stay when points, motion and cutter compensation go; stops; comments.

    The words of a stop belong behind the last block that takes the line's place; G91 comes back there too.
    """
    kept, stops = [], []
    codes = line.g()
    for span in line.spans:
        word = line.text[span.start : span.end]
        if span.letter == "m" and span.value in STOPS:
            stops.append(word)
        elif span.letter == "g" and span.value in MOTIONS | CUTTER | {91.0}:
            continue
        elif span.letter == "d" and codes & CUTTER:
            continue
        elif span.letter in POINTS or (span.letter in "pq" and not codes & TAKES_P):
            continue
        else:
            kept.append(word)
    return kept, stops, [match[0] for match in COMMENT.finditer(line.text)]
