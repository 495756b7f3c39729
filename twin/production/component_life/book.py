"""The book of what a machine's components have consumed: one JSON object a line, appended, never changed.

``{"machine", "run", "parts", "used": {component: lives L10}}`` books work; ``{"machine", "replaced": component}`` a new
part.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from twin.errors import InputError


def read_book(file: Path, machine: str) -> dict[str, float]:
    """Lives L10 that each component of ``machine`` has consumed since it was new; empty where there is no book.

    Raises:
        InputError: a line that is no entry, or of another machine.
    """
    used: dict[str, float] = {}
    for number, line in enumerate(file.read_text().splitlines() if file.is_file() else [], start=1):
        try:
            entry = json.loads(line)
            owner = entry["machine"]
            taken = {entry["replaced"]: None} if "replaced" in entry else entry["used"]
            for component, lives in taken.items():
                used[component] = 0.0 if lives is None else used.get(component, 0.0) + _lives(lives)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(
                f"'{line[:60]}' is no entry", file=file, line=number, remedy="the book is written by twin life alone"
            ) from None
        if owner != machine:
            raise InputError(
                f"the entry is of {owner}, not of {machine}", file=file, line=number, remedy="keep a book a machine"
            )
    return used


def book_work(file: Path, machine: str, run: str, parts: float, used: Mapping[str, float]) -> None:
    """Append ``parts`` parts of a run, of which each component has consumed ``used`` lives in all.

    Raises:
        InputError: the book cannot be written.
    """
    _append(file, {"machine": machine, "run": run, "parts": parts, "used": dict(used)})


def book_replacement(file: Path, machine: str, component: str) -> None:
    """Append that ``component`` is new."""
    _append(file, {"machine": machine, "replaced": component})


def _append(file: Path, entry: dict) -> None:
    written = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with file.open("a") as book:
            book.write(json.dumps({"written": written, **entry}) + "\n")
    except OSError as error:
        raise InputError(f"the book cannot be written: {error.strerror}", file=file) from None


def _lives(value: object) -> float:
    lives = float(value)  # type: ignore[arg-type]
    if not 0 <= lives < float("inf"):
        raise ValueError
    return lives
