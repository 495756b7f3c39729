"""Words of the command line that hold several values: ``milling:4:10``."""

from math import isfinite, nan

from twin.errors import InputError
from twin.units import HOUR


def split_colons(text: str, n: int, form: str) -> list[str]:
    """The ``n`` parts of ``text``.

    Raises:
        InputError: another number of parts; the message shows ``form``.
    """
    words = text.split(":")
    if len(words) != n:
        raise InputError(f"'{text}' cannot be read", remedy=f"as {form}")
    return words


def number(text: str, form: str) -> float:
    """``4.5`` as a number; ``form`` is shown where it is none.

    Raises:
        InputError: it is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = nan
    if not isfinite(found):
        raise InputError(f"'{text}' is not a number", remedy=f"as {form}")
    return found


def count(text: str, form: str) -> int:
    """``4`` as a whole number.

    Raises:
        InputError: it is none.
    """
    found = number(text, form)
    if found != int(found):
        raise InputError(f"'{text}' is not a whole number", remedy=f"as {form}")
    return int(found)


def hours(text: str, form: str) -> float:
    """So many hours, in seconds."""
    return number(text, form) * HOUR
