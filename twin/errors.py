"""The one error that bad input raises: what, where, and what to do about it."""


class InputError(ValueError):
    """Input that cannot be used; the message names file, line, value and remedy.

    Args:
        message: what is wrong, with the offending value.
        file: the file it stands in.
        line: 1-based line in that file.
        remedy: what the user can do about it.
    """

    def __init__(self, message: str, *, file: object = None, line: int | None = None, remedy: str = ""):
        self.message, self.file, self.line, self.remedy = message, file, line, remedy
        where = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
        super().__init__(where + message + (f" ({remedy})" if remedy else ""))
