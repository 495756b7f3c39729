"""Single words in the text of an NC block: where they stand, another number in their place, a word more."""

from twin.program.lexer import read_block
from twin.program.spans import bare_text, word_spans
from twin.program.words import WordError

DIGITS = 4  # significant ones of a written number


def rounded_down(number: float) -> str:
    """``number`` > 0 in decimal digits, four significant ones, never more than it is (but for rounding error)."""
    exponent = int(f"{number:e}".split("e")[1])
    places = DIGITS - 1 - exponent
    whole = int(number * 10.0**places * (1 + 1e-12))
    if places <= 0:
        return str(whole * 10**-places)
    return f"{whole / 10**places:.{places}f}".rstrip("0").rstrip(".")


def find_word(text: str, letter: str) -> tuple[int, int] | None:
    """First and last-plus-one character of the word ``letter`` in the block ``text``; None where there is none.

    Raises:
        WordError: a line that is no block of words.
    """
    return next(((span.start, span.end) for span in word_spans(text) if span.letter == letter), None)


def with_word(text: str, letter: str, number: str) -> str:
    """The block with its word ``letter`` set to ``number``; added behind the last word where there was none.

    Raises:
        WordError: a line that is no block of words.
    """
    span = find_word(text, letter)
    if span is not None:
        start, end = span
        return text[: start + 1] + number + text[end:]
    if read_block(text).flow is not None:
        raise WordError("a line of flow control takes no word", "leave it")
    _, place = bare_text(text)
    end = place[-1] + 1 if place else 0
    return f"{text[:end]} {letter.upper()}{number}{text[end:]}"
