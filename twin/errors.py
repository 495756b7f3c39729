"""The one error that bad input raises: what, where, and what to do about it."""

import difflib
from collections.abc import Collection


class InputError(ValueError):
    """Input that cannot be used; the message names file, line, value and remedy.

    Args:
        message: what is wrong, with the offending value.
        file: the file it stands in.
        line: 1-based line in that file.
        remedy: what the user can do about it.
        key: dotted key of the configuration that is wrong, where it is one.
    """

    def __init__(self, message: str, *, file: object = None, line: int | None = None, remedy: str = "", key: str = ""):
        self.message, self.file, self.line, self.remedy, self.key = message, file, line, remedy, key
        where = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
        super().__init__(where + message + (f" ({remedy})" if remedy else ""))


def nearest(word: str, known: Collection[str]) -> str:
    """``did you mean NAME? `` for a remedy; empty where nothing known is like ``word``."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, 1)
    return f"did you mean {by_lower[near[0]]}? " if near else ""
