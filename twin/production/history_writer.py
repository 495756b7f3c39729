"""Appends to a history: many threads give events, one thread writes them, many at a time (group commit).

What :meth:`HistoryWriter.append` returned for, or whose future of :meth:`HistoryWriter.submit` is done, is on disk
(``synchronous = FULL``) and survives the end of the process and of the power. Who gives faster than the disk takes has
to wait: nothing is dropped and memory stays bounded.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Self

from twin.errors import InputError
from twin.production.history import connect, head_of, make
from twin.production.history_chain import Head, compact, link
from twin.production.history_event import SECOND, Event, check, now_us, utc_text

MOST_WAITING = 50_000  # events; who gives more waits
TOGETHER = 10_000  # events in one transaction at most
BACKWARDS = 60 * SECOND  # by which the recorder's own clock may be behind the last row; time then stands still
INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
Row = tuple[int, int, str, str | None, str | None, str]  # source (0: the row itself), time_us, kind, part, serial, body
Given = tuple[list[Row], "Future[int]"]


class HistoryWriter:
    """Writes one history; a context manager that waits at its end for what was given. Several processes may write.

    Raises:
        InputError: the file cannot be made, is no history, or its last row is later than this computer's clock.
    """

    def __init__(self, file: Path):
        make(file)
        self.file, self._database = file, connect(file, write=True)
        self._database.execute("PRAGMA synchronous = FULL")
        self._head, self._seen = Head(0, b""), -1  # data_version that the head is of
        self._recorded = self._newest()
        self._sources = {
            (row[1], row[2]): row[0]
            for row in self._database.execute(
                "SELECT seq, body ->> '$.name', body ->> '$.machine' FROM event WHERE kind = 'source'"
            )
        }
        self._clocks: dict[int, int] = {}  # source of a machine -> time of its last event
        self._given: deque[Given] = deque()
        self._waiting, self._closing = 0, False
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write_all, name="history", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._database.close()

    def source(self, name: str, machine: str | None = None) -> int:
        """The number of a source; it is introduced where it is new.

        Args:
            name: a log, an address, a laboratory, a person.
            machine: whose clock gives its times; None: it has none of its own.
        """
        if (name, machine) not in self._sources:
            row = (0, now_us(), "source", None, None, compact({"name": name, "machine": machine}))
            self._sources[name, machine] = self._enqueue([row]).result()
        found = self._sources[name, machine]
        if machine is not None and found not in self._clocks:
            with closing(connect(self.file)) as database:
                query = "SELECT max(time_us) FROM event WHERE source = ? AND kind <> 'source'"
                self._clocks[found] = database.execute(query, (found,)).fetchone()[0] or 0
        return found

    def last_us(self, source: int) -> int:
        """Time of the last event of a machine's source [µs]; 0 before the first."""
        return self._clocks.get(source, 0)

    @property
    def waiting(self) -> int:
        """Events that were given and are not on disk yet."""
        return self._waiting

    @property
    def written(self) -> int:
        """Number of the last row that is on disk."""
        return self._head.seq

    def append(self, source: int, events: Sequence[Event]) -> int:
        """Record ``events``, all or none; return the number of the last one once they are on disk.

        Raises:
            InputError: as :meth:`submit`.
        """
        return self.submit(source, events).result()

    def append_together(self, said: Sequence[tuple[int, Sequence[Event]]]) -> int:
        """Record events of several sources, all or none; return the number of the last one once they are on disk.

        Raises:
            InputError: as :meth:`submit`.
        """
        return self._enqueue([row for source, events in said for row in self._checked(source, events)]).result()

    def submit(self, source: int, events: Sequence[Event]) -> "Future[int]":
        """Give ``events`` to be recorded, all or none; the future has the number of the last one once it is on disk.

        Waits while more is waiting than memory should hold.

        Raises:
            InputError: an event that cannot be recorded, a clock that ran backwards, a disk that takes nothing more.
        """
        return self._enqueue(self._checked(source, events))

    def _checked(self, source: int, events: Sequence[Event]) -> list[Row]:
        """Rows of events that can be recorded; the clock of their source is theirs then."""
        now, clock = now_us(), self._clocks.get(source)
        for event in events:
            check(event, now)
            if clock is not None:
                if event.time_us < clock:
                    raise InputError(
                        f"the clock of source {self._name(source)} ran backwards: {utc_text(event.time_us)} comes "
                        f"after {utc_text(clock)}",
                        remedy="set it right, or record what follows as another source",
                    )
                clock = event.time_us
        rows = [(source, e.time_us, e.kind, e.part, e.serial, compact(e.body)) for e in events]
        if clock is not None:
            self._clocks[source] = clock
        return rows

    def _name(self, source: int) -> str:
        name, machine = next(key for key, seq in self._sources.items() if seq == source)
        return f"{name} of {machine}"

    def _newest(self) -> int:
        """When the last row was recorded [µs]."""
        row = self._database.execute("SELECT recorded_us FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        newest, now = (row[0] if row else 0), now_us()
        if newest > now + BACKWARDS:
            self._database.close()
            raise InputError(
                f"the last event was recorded at {utc_text(newest)}, but this computer's clock says {utc_text(now)}",
                file=self.file,
                remedy="the clock runs backwards: set it right",
            )
        return newest

    def _enqueue(self, rows: list[Row]) -> "Future[int]":
        if not rows:
            raise InputError("there is no event to record")
        future: Future[int] = Future()
        with self._changed:
            self._changed.wait_for(lambda: self._waiting < MOST_WAITING or self._failure or self._closing)
            if self._failure or self._closing:
                why = self._failure or "it was closed"
                raise InputError(f"the history takes nothing more: {why}", file=self.file)
            self._given.append((rows, future))
            self._waiting += len(rows)
            self._changed.notify_all()
        return future

    def _write_all(self) -> None:
        while taken := self._take():
            try:
                lasts = self._write(taken)
            except Exception as error:
                self._fail(error, taken)
                return
            with self._changed:
                self._waiting -= sum(len(rows) for rows, _ in taken)
                self._changed.notify_all()
            for (_, future), last in zip(taken, lasts, strict=True):
                future.set_result(last)

    def _take(self) -> list[Given]:
        """What goes into the next transaction; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._given or self._closing)
            taken: list[Given] = []
            n = 0
            while self._given and (not taken or n + len(self._given[0][0]) <= TOGETHER):
                taken.append(self._given.popleft())
                n += len(taken[-1][0])
            return taken

    def _write(self, taken: list[Given]) -> list[int]:
        """One transaction; the number of the last row of each that was given."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            version = database.execute("PRAGMA data_version").fetchone()[0]
            if version != self._seen:  # another process has written, or nobody yet
                self._head, self._seen = head_of(database), version
            seq, digest = self._head.seq, self._head.hash
            recorded = self._recorded = max(self._recorded, now_us())
            lasts, table = [], []
            for rows, _ in taken:
                for source, time_us, kind, part, serial, body in rows:
                    seq += 1
                    row = (seq, recorded, time_us, source or seq, kind, part, serial, body)
                    digest = link(digest, row)
                    table.append((*row, digest))
                lasts.append(seq)
            database.executemany(INSERT, table)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        self._head = Head(seq, digest)
        return lasts

    def _fail(self, error: Exception, taken: list[Given]) -> None:
        """Nothing more can be written: tell all who wait."""
        what = error if isinstance(error, sqlite3.Error) else repr(error)
        failure = InputError(f"the history cannot be written: {what}", file=self.file)
        with self._changed:
            self._failure = failure
            taken += self._given
            self._given.clear()
            self._changed.notify_all()
        for _, future in taken:
            future.set_exception(failure)


def append(store: Path, by: str, event: Event) -> int:
    """Record one event that ``by`` (a person, a program) says; return its number once it is on disk.

    Raises:
        InputError: as :class:`HistoryWriter` and :meth:`HistoryWriter.submit`.
    """
    with HistoryWriter(store) as writer:
        return writer.append(writer.source(by), [event])
