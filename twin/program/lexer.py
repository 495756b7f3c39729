"""One line of NC text to a Block: words, parameter settings, flow word and comments."""

import re
from dataclasses import dataclass, field

from twin.program.expression import Value, read_expression, read_value
from twin.program.words import LETTERS, WordError


@dataclass(frozen=True, slots=True)
class FlowWord:
    """A word that steers the order of the blocks.

    ``kind`` is the keyword of an O-word (sub, call, while, …), ``program`` for an O number alone, or of the
    Fanuc macro words ``goto``, ``if-goto``, ``if-then``, ``loop`` (WHILE or DO), ``end``.
    """

    kind: str
    label: str | Value = ""  # O label or DO number as text; the N number of a GOTO as a value
    arguments: tuple[Value, ...] = ()
    then: "Block | None" = None


@dataclass(frozen=True, slots=True)
class Block:
    """One line, read but not evaluated. Letters are lower case."""

    words: tuple[tuple[str, Value], ...] = ()
    settings: tuple[tuple[str | Value, Value], ...] = ()  # #parameter (number or name) = value
    flow: FlowWord | None = None
    comments: tuple[str, ...] = ()
    deletable: bool = False


@dataclass(slots=True)
class _Line:
    """A line while it is read: text without blanks, place."""

    text: str
    at: int = 0
    words: list[tuple[str, Value]] = field(default_factory=list)
    settings: list[tuple[str | Value, Value]] = field(default_factory=list)


_COMMENT = re.compile(r"\(([^()]*)\)|;(.*)$")
_PREFIX = re.compile(r"(/\d?)?(?:n(\d+(?:\.\d*)?))?(/\d?)?")
_O_LABEL = re.compile(r"o(?:<([^<>]*)>|(\d+))")
# keyword: fewest and most [expressions] after it; a keyword stands before those it begins with
_O_KEYWORDS: dict[str, tuple[int, int]] = {
    "endrepeat": (0, 0),
    "endwhile": (0, 0),
    "endsub": (0, 1),
    "endif": (0, 0),
    "elseif": (1, 1),
    "else": (0, 0),
    "sub": (0, 0),
    "call": (0, 30),
    "return": (0, 1),
    "while": (1, 1),
    "do": (0, 0),
    "if": (1, 1),
    "repeat": (1, 1),
    "break": (0, 0),
    "continue": (0, 0),
}
_FANUC = re.compile(r"(if|while)\[|(goto)|(do)(\d+)$|(end)(\d+)$")
_MACRO_LOOP = re.compile(r"do(\d+)$")


def strip(text: str) -> tuple[str, tuple[str, ...]]:
    """The line in lower case without blanks and comments, and the comments as written."""
    comments: list[str] = []
    if "(" in text or ";" in text or ")" in text:

        def keep(match: re.Match[str]) -> str:
            comments.append(match[1] if match[1] is not None else match[2])
            return ""

        text = _COMMENT.sub(keep, text)
        if "(" in text or ")" in text:
            raise WordError("a comment is nested, not opened or not closed", "write each comment as (text)")
    return "".join(text.split()).lower(), tuple(comments)


def read_block(text: str) -> Block:
    """Reads one line.

    Raises:
        WordError: where the line is not of the language.
    """
    bare, comments = strip(text)
    prefix = _PREFIX.match(bare)
    assert prefix is not None  # every part of it is optional
    deletable = bool(prefix[1] or prefix[3])
    line = _Line(bare, prefix.end())
    flow = _read_flow(line)
    if flow is None:
        _read_words(line)
    return Block(tuple(line.words), tuple(line.settings), flow, comments, deletable)


def _read_words(line: _Line) -> None:
    text = line.text
    while line.at < len(text):
        letter = text[line.at]
        if letter == "#":
            _read_setting(line)
            continue
        if letter not in LETTERS:
            if letter in ",%":
                remedy = "delete it"
            elif letter in "uvwo":
                remedy = "this machine has the axes X Y Z A B C" if letter != "o" else "an O-word has a line of its own"
            else:
                remedy = "a word is a letter and a number"
            raise WordError(f"'{text[line.at : line.at + 12].upper()}' is no word of the language", remedy)
        try:
            value, line.at = read_value(text, line.at + 1)
        except WordError as error:
            raise WordError(f"word {letter.upper()}: {error.message}", error.remedy) from None
        line.words.append((letter, value))


def _read_setting(line: _Line) -> None:
    """``#number = value`` or ``#<name> = value``."""
    text = line.text
    target: str | Value
    end = text.find(">", line.at)
    if text.startswith("#<", line.at) and end > 0:
        target, line.at = text[line.at + 2 : end], end + 1
    else:
        target, line.at = read_value(text, line.at + 1)
    if text[line.at : line.at + 1] != "=":
        raise WordError("a parameter stands where a word is expected", "write #number = value, or a letter before it")
    value, line.at = _read_open_expression(text, line.at + 1)
    line.settings.append((target, value))


def _read_open_expression(text: str, at: int) -> tuple[Value, int]:
    """A value; Fanuc also writes an expression without brackets up to the end of the block."""
    value, end = read_value(text, at)
    if end < len(text) and text[end] in "+-*/":
        inner, closed = read_expression(f"[{text[at:]}]", 0)
        return inner, at + closed - 2
    return value, end


def _read_flow(line: _Line) -> FlowWord | None:
    text, at = line.text, line.at
    head = text[at : at + 1]
    if head == "o":
        return _read_o_word(text, at)
    if head in "iwgde" and (match := _FANUC.match(text, at)):
        return _read_macro_word(text, at, match)
    return None


def _read_o_word(text: str, at: int) -> FlowWord:
    label: str | Value
    if text[at + 1 : at + 2] in ("[", "#"):
        label, at = read_value(text, at + 1)
    else:
        match = _O_LABEL.match(text, at)
        if match is None:
            raise WordError("an O-word needs a number or <name>", "write O100 sub, or O<name> call")
        label, at = (match[1] if match[1] is not None else str(int(match[2]))), match.end()
    if at == len(text):
        return FlowWord("program", label)
    kind = next((word for word in _O_KEYWORDS if text.startswith(word, at)), None)
    if kind is None:
        raise WordError(f"'{text[at : at + 12]}' after an O-word", "use sub, call, while, do, if, repeat, …")
    at += len(kind)
    arguments: list[Value] = []
    while text[at : at + 1] == "[":
        value, at = read_expression(text, at)
        arguments.append(value)
    if at < len(text):
        raise WordError(f"'{text[at : at + 12].upper()}' after O {kind}", "an O-word has a line of its own")
    fewest, most = _O_KEYWORDS[kind]
    if not fewest <= len(arguments) <= most:
        raise WordError(f"O {kind} with {len(arguments)} [expressions]", f"it takes {fewest} to {most}")
    return FlowWord(kind, label.lower() if isinstance(label, str) else label, tuple(arguments))


def _read_macro_word(text: str, at: int, match: re.Match[str]) -> FlowWord:
    if match[3]:
        return FlowWord("loop", match[4], (1.0,))
    if match[5]:
        return FlowWord("end", match[6])
    if match[2]:
        target, end = read_value(text, match.end())
        if end != len(text):
            raise WordError(f"'{text[end:].upper()}' after GOTO", "GOTO has a block of its own")
        return FlowWord("goto", target)
    condition, end = read_expression(text, match.end() - 1)
    if match[1] == "while":
        loop = _MACRO_LOOP.match(text, end)
        if loop is None:
            raise WordError("WHILE [condition] without DO and a number", "write WHILE [#1 LT 10] DO1 … END1")
        return FlowWord("loop", loop[1], (condition,))
    if text.startswith("goto", end):
        target, end = read_value(text, end + 4)
        return FlowWord("if-goto", target, (condition,))
    if text.startswith("then", end):
        return FlowWord("if-then", "", (condition,), read_block(text[end + 4 :]))
    raise WordError("IF [condition] without GOTO or THEN", "write IF [#1 GT 2] GOTO 100")
