"""A history: one append-only SQLite file (WAL), read by any SQLite.

One table ``event``; triggers forbid to change, delete or overwrite rows, and a hash chain shows it where somebody did.
Writing: :mod:`twin.production.history_writer`; judging: :mod:`twin.production.history_verify`.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.production.history_chain import BEFORE_THE_FIRST, Head
from twin.production.history_event import StoredEvent

APPLICATION, VERSION = 0x7477_6E31, 1  # "twn1", in the head of the file
COLUMNS = "seq, recorded_us, time_us, source, kind, part, serial, body, hash"
SCHEMA = (
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, recorded_us INTEGER NOT NULL, time_us INTEGER NOT NULL, "
    "source INTEGER NOT NULL, kind TEXT NOT NULL, part TEXT, serial TEXT, body TEXT NOT NULL, hash BLOB NOT NULL) "
    "STRICT",
    "CREATE INDEX event_of_part ON event (part, serial) WHERE part IS NOT NULL",
    "CREATE INDEX event_of_source ON event (source, time_us)",
    "CREATE INDEX event_source ON event (kind) WHERE kind = 'source'",
    "CREATE TRIGGER event_append BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE seq >= NEW.seq) "
    "BEGIN SELECT RAISE(ABORT, 'a history only grows at its end'); END",
    "CREATE TRIGGER event_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'a history cannot be changed'); END",
    "CREATE TRIGGER event_delete BEFORE DELETE ON event "
    "BEGIN SELECT RAISE(ABORT, 'nothing can be deleted from a history'); END",
)


def make(file: Path) -> None:
    """Make an empty history, unless there is one.

    Raises:
        InputError: it cannot be made, or the file is something else.
    """
    if file.exists() and file.stat().st_size:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            if not database.execute("SELECT 1 FROM sqlite_master").fetchone():  # nobody was faster
                database.execute(f"PRAGMA application_id = {APPLICATION}")
                database.execute(f"PRAGMA user_version = {VERSION}")
                for statement in SCHEMA:
                    database.execute(statement)
            database.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise InputError(f"cannot make a history: {error}", file=file, remedy="name a writable file") from None


def connect(file: Path, *, write: bool = False) -> sqlite3.Connection:
    """A connection to a history that exists.

    Raises:
        InputError: there is none, or it is another kind of file.
    """
    if not file.is_file():
        raise InputError("there is no history", file=file, remedy="`twin history record RUN` begins one")
    database = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode={'rw' if write else 'ro'}",
        uri=True,
        isolation_level=None,
        timeout=30.0,
        check_same_thread=False,
    )
    try:
        database.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        application, version = (_pragma(database, name) for name in ("application_id", "user_version"))
    except sqlite3.Error as error:
        database.close()
        raise InputError(f"cannot be read: {error}", file=file, remedy="`twin history verify` says more") from None
    if (application, version) != (APPLICATION, VERSION):
        database.close()
        raise InputError("is no history of the twin, or one of another version", file=file)
    return database


def _pragma(database: sqlite3.Connection, name: str) -> Any:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


class History:
    """A history that is read; a context manager. It sees what is recorded meanwhile.

    Raises:
        InputError: there is none.
    """

    def __init__(self, file: Path):
        self.file, self._database = file, connect(file)

    def __enter__(self) -> "History":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def head(self) -> Head:
        """Its last row."""
        return head_of(self._database)

    def events(
        self,
        *,
        after: int = 0,
        part: str | None = None,
        serial: str | None = None,
        kinds: Sequence[str] = (),
        source: int | None = None,
        items: Sequence[str] = (),
        from_us: int | None = None,
        to_us: int | None = None,
        most: int = -1,
    ) -> Iterator[StoredEvent]:
        """Events in the order in which they were recorded; those of one source within a time by their time.

        Args:
            after: number of the last row that is not wanted.
            items: of observations and conditions.
            from_us, to_us: bounds, included.
            most: so many at most; -1: all.
        """
        wanted: list[tuple[str, Any]] = [("seq > ?", after)]
        wanted += [("part = ?", part)] if part is not None else []
        wanted += [("serial = ?", serial)] if serial is not None else []
        wanted += [("source = ?", source)] if source is not None else []
        wanted += [("time_us >= ?", from_us)] if from_us is not None else []
        wanted += [("time_us <= ?", to_us)] if to_us is not None else []
        condition = " AND ".join(text for text, _ in wanted)
        values = [value for _, value in wanted]
        if kinds:
            condition += f" AND kind IN ({', '.join('?' * len(kinds))})"
            values += kinds
        if items:
            condition += f" AND body ->> '$.item' IN ({', '.join('?' * len(items))})"
            values += items
        query = f"SELECT {COLUMNS} FROM event WHERE {condition} ORDER BY seq LIMIT {int(most)}"
        for row in self._database.execute(query, values):
            yield _stored(row)

    def times_us(self, source: int) -> np.ndarray:
        """Times of all events of a source (event,) [µs since 1970 UTC], rising; without the one that introduced it."""
        query = "SELECT time_us FROM event WHERE source = ? AND seq <> ? ORDER BY time_us"
        return np.array([row[0] for row in self._database.execute(query, (source, source))], np.int64)

    def sources(self) -> dict[int, tuple[str, str | None]]:
        """``seq`` of every source -> its name and its machine."""
        rows = self._database.execute("SELECT seq, body FROM event WHERE kind = 'source' ORDER BY seq")
        return {seq: (body["name"], body["machine"]) for seq, body in ((seq, json.loads(text)) for seq, text in rows)}

    def parts(self) -> list[tuple[str, str]]:
        """Part and serial number of every part, in order of their first event."""
        query = "SELECT part, serial FROM event WHERE part IS NOT NULL GROUP BY part, serial ORDER BY min(seq)"
        return self._database.execute(query).fetchall()

    def find_part(self, name: str) -> tuple[str, str]:
        """The part that ``name`` means: PART/SERIAL, or PART or SERIAL alone where only one is called so.

        Raises:
            InputError: none is, or several are.
        """
        known = self.parts()
        found = [row for row in known if name in ("/".join(row), *row)]
        if len(found) == 1:
            return found[0]
        what = f"there is no part '{name}'" if not found else f"{len(found)} parts are called '{name}'"
        names = ", ".join("/".join(row) for row in (found or known)[:12])
        raise InputError(what, file=self.file, remedy=f"it has {names}" if names else "no part is recorded yet")


def head_of(database: sqlite3.Connection) -> Head:
    """The last row of a history; row 0 where it is empty."""
    row = database.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, BEFORE_THE_FIRST)


def _stored(row: tuple[Any, ...]) -> StoredEvent:
    seq, recorded_us, time_us, source, kind, part, serial, body, digest = row
    return StoredEvent(seq, recorded_us, time_us, source, kind, part, serial, json.loads(body), digest)
