"""The history of one part: what is known, what is missing, and what does not fit together."""

from dataclasses import dataclass
from typing import Any

from twin.production.history import History
from twin.production.history_event import StoredEvent, utc_text, utc_us

CHAIN = ("blank", "program", "tools", "machine_state", "compensation", "machining", "recording") + (
    "prediction",
    "inspection",
    "release",
)
"""What a complete history has."""


@dataclass(frozen=True)
class Compared:
    """One characteristic, predicted and measured."""

    name: str
    unit: str
    nominal: float
    predicted: float
    measured: dict[str, float]
    """Laboratory -> value."""
    failed: tuple[str, ...]
    """Laboratories that say FAIL."""


@dataclass(frozen=True)
class PartHistory:
    """One part."""

    part: str
    serial: str
    events: tuple[StoredEvent, ...]
    """In the order in which they were recorded."""
    sources: dict[int, str]
    """Number of a source -> who it is."""
    compared: tuple[Compared, ...]
    doubts: tuple[str, ...]
    """Missing links, and what contradicts itself."""

    def latest(self, kind: str) -> StoredEvent | None:
        """The last event of a kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)


def trace(history: History, name: str) -> PartHistory:
    """Everything about the part that ``name`` means.

    Raises:
        InputError: there is no such part, or several.
    """
    part, serial = history.find_part(name)
    events = tuple(history.events(part=part, serial=serial))
    sources = {seq: who for seq, (who, _) in history.sources().items()}
    return PartHistory(part, serial, events, sources, _compared(events), tuple(_doubts(events)))


def _compared(events: tuple[StoredEvent, ...]) -> tuple[Compared, ...]:
    """Lines of the latest report of every laboratory for which the twin has a value, by feature and characteristic."""
    reports = {
        event.body["laboratory"]: event.body["characteristics"] for event in events if event.kind == "inspection"
    }
    found: dict[tuple[Any, ...], Compared] = {}
    for laboratory, rows in reports.items():
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in rows:
            if row["predicted"] is not None and row["value"] is not None:
                groups.setdefault((tuple(row["features"]), row["characteristic"]), []).append(row)
        for key, group in groups.items():
            value = sum(row["value"] for row in group) / len(group)
            failed = (laboratory,) if any(row["status"] == "FAIL" for row in group) else ()
            first, old = group[0], found.get(key)
            measured = {**(old.measured if old else {}), laboratory: value}
            name = f"{_short(first['features'])} {first['characteristic']}"
            nominal = first["nominal"] if first["nominal"] is not None else float("nan")
            failures = (*(old.failed if old else ()), *failed)
            found[key] = Compared(name, first["unit"], nominal, first["predicted"], measured, failures)
    return tuple(found.values())


def _short(features: list[str]) -> str:
    return features[0] if len(features) == 1 else f"mean of {len(features)}: {features[0]} ..."


def _doubts(events: tuple[StoredEvent, ...]) -> list[str]:
    by_kind = {event.kind: event for event in events}
    found = [f"no '{kind}' is recorded" for kind in CHAIN if kind not in by_kind]
    program, prediction = by_kind.get("program"), by_kind.get("prediction")
    if (
        program
        and prediction
        and prediction.body.get("program_sha256", program.body["sha256"]) != program.body["sha256"]
    ):
        found.append("the prediction is of another program than the one on record")
    machining, release = by_kind.get("machining"), by_kind.get("release")
    end = utc_us(machining.body["end"]) if machining else None
    for event in events:
        if event.kind == "inspection" and end is not None and event.time_us < end:
            who = event.body["laboratory"]
            found.append(f"{who} inspected it at {utc_text(event.time_us)}, before it was finished at {utc_text(end)}")
    if release and release.body["decision"] == "released":
        inspections = [event for event in events if event.kind == "inspection"]
        later = [event for event in inspections if event.seq > release.seq]
        if later or not inspections:
            found.append("it was released before its inspection was recorded")
        failed = sum(row["status"] == "FAIL" for event in inspections for row in event.body["characteristics"])
        if failed:
            found.append(f"it was released with {failed} characteristics outside their limits")
    return found
