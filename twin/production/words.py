"""Words of the command line that hold several values: ``milling:4:10``."""

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


def number(text: str) -> float:
    """``4.5`` as a number.

    Raises:
        InputError: it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise InputError(f"'{text}' is not a number") from None


def hours(text: str) -> float:
    """So many hours, in seconds."""
    return number(text) * HOUR
