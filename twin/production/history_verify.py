"""Whether a history is what was recorded: file, schema, chain, and a head that was kept elsewhere."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from twin.errors import InputError
from twin.production.history import COLUMNS, SCHEMA, connect
from twin.production.history_chain import BEFORE_THE_FIRST, Head, link
from twin.production.history_event import utc_text

MOST_FINDINGS = 20


@dataclass
class Verdict:
    """What was found."""

    head: Head = field(default_factory=lambda: Head(0, BEFORE_THE_FIRST))
    """The last row that could be read."""
    findings: list[str] = field(default_factory=list)
    """What is wrong, in words; empty: nothing."""

    @property
    def intact(self) -> bool:
        return not self.findings

    def say(self, finding: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


def verify(file: Path, kept: Head | None = None) -> Verdict:
    """Judge every row.

    Args:
        kept: a head that was noted earlier; without it a history that ends too early, or that somebody wrote anew as a
            whole, cannot be told from a good one.

    Raises:
        InputError: there is no such file.
    """
    verdict = Verdict()
    if not file.is_file():
        raise InputError("there is no history", file=file, remedy="name the file")
    try:
        database = connect(file)
    except InputError as error:
        verdict.say(error.message)
        return verdict
    try:
        _check_file(database, verdict)
        _check_chain(database, verdict, kept)
    except (sqlite3.Error, UnicodeError) as error:
        verdict.say(f"it cannot be read on after row {verdict.head.seq}: {error}")
    finally:
        database.close()
    return verdict


def _check_file(database: sqlite3.Connection, verdict: Verdict) -> None:
    """Pages and indexes of the file, and what protects the table."""
    for (finding,) in database.execute(f"PRAGMA integrity_check({MOST_FINDINGS})").fetchall():
        if finding != "ok":
            verdict.say(f"the file is damaged: {finding}")
    found = {sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    for statement in SCHEMA:
        if statement not in found:
            verdict.say("missing or changed: " + " ".join(statement.split(" ", 3)[:3]))
    for extra in found - set(SCHEMA):
        verdict.say("this was added: " + " ".join(str(extra).split()[:3]))


def _check_chain(database: sqlite3.Connection, verdict: Verdict, kept: Head | None) -> None:
    before, expected, recorded, kept_found = BEFORE_THE_FIRST, 1, 0, kept is None or kept.seq == 0
    for *row, digest in database.execute(f"SELECT {COLUMNS} FROM event NOT INDEXED ORDER BY seq"):
        seq = row[0]
        if seq != expected:
            missing = f"row {expected} is" if seq == expected + 1 else f"rows {expected} to {seq - 1} are"
            verdict.say(f"{missing} missing")
        if link(before, tuple(row)) != digest:
            verdict.say(f"row {seq} is not what was recorded, or does not follow the row before it")
        if row[1] < recorded:
            verdict.say(f"row {seq} was recorded at {utc_text(row[1])}, before its predecessor")
        if kept and seq == kept.seq:
            kept_found = True
            if digest != kept.hash:
                verdict.say(f"row {seq} has another hash than the head that was kept: the history was written anew")
        before, expected, recorded = digest, seq + 1, row[1]
        verdict.head = Head(seq, digest)
    if not kept_found and kept:
        verdict.say(f"rows are missing at the end: it ends at row {verdict.head.seq}, the kept head is row {kept.seq}")


def require_intact(file: Path) -> None:
    """Refuse a history that is not what was recorded, before anybody builds on it.

    Raises:
        InputError: the chain is broken; names the first finding.
    """
    verdict = verify(file)
    if not verdict.intact:
        raise InputError(
            f"the chain is broken: {verdict.findings[0]}", file=file, remedy="`twin history verify` says all"
        )
