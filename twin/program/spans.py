"""Where the words of an NC block stand in its text."""

from dataclasses import dataclass

from twin.program.expression import Value, read_value
from twin.program.lexer import read_block


@dataclass(frozen=True, slots=True)
class Span:
    """One word: its letter in lower case (# of a setting, / of a deletable block), value, place in the text."""

    letter: str
    value: Value | None
    start: int
    end: int


def word_spans(text: str) -> list[Span]:
    """The words of one line in its order, N included; none of a line of flow control.

    Raises:
        WordError: the line is not of the language.
    """
    return [] if read_block(text).flow is not None else spans_of_words(text)


def spans_of_words(text: str) -> list[Span]:
    """As :func:`word_spans`, of a line that is known to be of the language and no flow control."""
    bare, place = bare_text(text)
    spans, at = [], 0
    while at < len(bare):
        start, value = at, None
        if bare[at] == "#":
            at = bare.index("=", at) + 1
            value, at = read_value(bare, at)
        elif bare[at].isalpha():
            value, at = read_value(bare, at + 1)
        else:  # the slash of a deletable block and its digit
            at += 1
        spans.append(Span(bare[start], value, place[start], place[at - 1] + 1))
    return spans


def bare_text(text: str) -> tuple[str, list[int]]:
    """The block in lower case without blanks and comments, and the place of each of its characters in ``text``."""
    kept, place, inside = [], [], False
    for i, character in enumerate(text):
        if character == ";" and not inside:
            break
        if character == "(":
            inside = True
        if not inside and not character.isspace():
            kept.append(character.lower())
            place.append(i)
        if character == ")":
            inside = False
    return "".join(kept), place
