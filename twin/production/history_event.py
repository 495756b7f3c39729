"""What a history is made of: events, each of a kind, by a source, about a part or a machine.

A *source* says what happened: a log, an agent, a laboratory, a person, the twin. A source that belongs to a machine has
a clock, which must not run backwards. Bodies are JSON objects; their keys end in units.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from twin.errors import InputError

SECOND = 1_000_000  # microseconds: the unit of time in a history
AHEAD = 24 * 3600 * SECOND  # a time zone that was mistaken is less; more is no clock
PART, MACHINE = "part", "machine"

# Kind -> (what it is about, the keys that its body must have).
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "source": ("", ("name", "machine")),
    # of a part with a serial number
    "blank": (PART, ("title", "material")),
    "program": (PART, ("name", "sha256")),
    "tools": (PART, ("tools",)),
    "machine_state": (PART, ("machine", "error_state")),
    "compensation": (PART, ("in_force",)),
    "machining": (PART, ("machine", "begin", "end")),
    "recording": (PART, ("file", "sha256", "channels")),
    "prediction": (PART, ("twin_version", "parameters", "characteristics")),
    "inspection": (PART, ("laboratory", "characteristics")),
    "note": (PART, ("text",)),
    "release": (PART, ("decision", "why")),
    # of a batch, a plan, a shop: what is meant stands in the body
    "plan": ("", ("subject", "decision", "why")),
    # of a machine, by its own clock
    "observation": (MACHINE, ("item", "value")),
    "condition": (MACHINE, ("item", "level")),
    "gap": (MACHINE, ("lost", "begin_us", "why")),
    "clock": (MACHINE, ("added_s", "why")),
}
SPOKEN = ("text", "why")  # what a person says, in words
DECISIONS = ("released", "rework", "rejected")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    time_us: int
    """When, in microseconds since 1970 UTC."""
    kind: str
    """One of :data:`KINDS`."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """JSON; what a kind must say stands in :data:`KINDS`."""
    part: str | None = None
    """Part number; only of kinds about a part."""
    serial: str | None = None
    """Serial number of that part."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the history has it."""

    seq: int
    """1, 2, 3 ... without a hole."""
    recorded_us: int
    """When it was recorded, by the recorder's clock."""
    time_us: int
    source: int
    """``seq`` of the event that introduced the source."""
    kind: str
    part: str | None
    serial: str | None
    body: dict[str, Any]
    hash: bytes


def check(event: Event, now_us: int) -> None:
    """Raise unless ``event`` can be recorded at ``now_us``.

    Raises:
        InputError: unknown kind, no serial number, a key that is missing or says nothing, a time that is not yet.
    """
    about, keys = KINDS.get(event.kind, (None, ()))
    if about is None or event.kind == "source":
        raise InputError(f"there is no event '{event.kind}'", remedy="known: " + ", ".join(KINDS))
    if about == PART and not (event.part and event.serial):
        missing = "serial number" if event.part else "part"
        raise InputError(
            f"an event '{event.kind}' has no {missing}", remedy="every part is known by its number and a serial number"
        )
    if about == MACHINE and (event.part or event.serial):
        raise InputError(f"an event '{event.kind}' is of a machine, not of part {event.part}")
    for key in keys:
        if key not in event.body:
            raise InputError(f"an event '{event.kind}' does not say its '{key}'", remedy="it needs " + ", ".join(keys))
    if event.kind in ("release", "plan") and event.body["decision"] not in DECISIONS:
        raise InputError(f"'{event.body['decision']}' is no decision", remedy="known: " + ", ".join(DECISIONS))
    if event.time_us > now_us + AHEAD:
        raise InputError(
            f"an event '{event.kind}' is dated {utc_text(event.time_us)}, which is yet to come",
            remedy="set the clock that gave this time",
        )
    for key in set(keys) & set(SPOKEN):
        if not str(event.body[key]).strip():
            raise InputError(f"an event '{event.kind}' has an empty '{key}'", remedy="say it in words")


def now_us() -> int:
    """Microseconds since 1970 UTC, by this computer's clock."""
    return time.time_ns() // 1000


def utc_text(time_us: int) -> str:
    """``2017-02-01T13:59:35.093750Z``."""
    return datetime.fromtimestamp(time_us / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def utc_us(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 time; without a zone it is UTC.

    Raises:
        InputError: it is no time.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no time", remedy="as 2017-02-01T13:59:35Z") from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round(when.timestamp() * SECOND)
