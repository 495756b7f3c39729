"""What was measured on a part: the log of the machine that made it, and the reports of laboratories."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa

from twin.errors import InputError
from twin.formats.qif import QifMeasurement, read_qif
from twin.formats.shdr import LEVELS, Channel, read_shdr
from twin.inspect_run import Inspected
from twin.production.history_event import Event, utc_text, utc_us
from twin.production.history_run import PartName, sha256_of
from twin.production.machine_log import MachineLog, from_logs
from twin.production.machine_states import State
from twin.units import DEG, MM

SILENCE = 300 * 10**6  # [µs] without a word, after which nobody knows


@dataclass(frozen=True)
class LoggedPart:
    """A part in the log of its machine."""

    source: str
    """Name of the log as a source: what is in it never changes, so it has its content's hash."""
    part_events: tuple[Event, ...]
    """That it was machined, and what was recorded."""
    machine_events: tuple[Event, ...]
    """Everything that the machine said, by its clock."""


def logged_part(file: Path, part: PartName, machine: str) -> LoggedPart:
    """The part that the log of a machine is about.

    Raises:
        InputError: the log cannot be read, or does not say when a program ran.
    """
    data = file.read_bytes() if file.is_file() else b""
    shdr = read_shdr(file)
    log = from_logs([file], file.name)
    begin, end = made_between(log)
    content = sha256_of(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    said = log.said("program")
    row = 0 if said is None else max(int(np.searchsorted(said.time_us, end, side="right")) - 1, 0)
    program = "" if said is None else str(said.text[row])
    line = log.timeline(begin, end, SILENCE)
    seconds = line.seconds()
    machining = {
        "machine": machine,
        "begin": utc_text(begin),
        "end": utc_text(end),
        "duration_s": (end - begin) / 1e6,
        "production_s": seconds[State.PRODUCTION],
        "delay_s": seconds[State.DELAY],
        "unobserved_s": seconds[State.UNOBSERVED],
        "program": program,
    }
    recorded = {
        "file": file.name,
        "sha256": content,
        "channels": sorted(shdr.channels),
        "events": int(sum(len(channel.time) for channel in shdr.channels.values())),
        "unreadable_lines": len(shdr.unreadable),
    }
    start = int(shdr.start.astype("datetime64[us]").astype(np.int64))
    rows = (event for key, channel in shdr.channels.items() for event in _said(key, channel, start))
    return LoggedPart(
        source=f"log {file.name} {content[:12]}",
        part_events=(part.event(end, "machining", machining), part.event(end, "recording", recorded)),
        machine_events=tuple(sorted(rows, key=lambda event: event.time_us)),
    )


def _said(key: str, channel: Channel, start: int) -> Iterator[Event]:
    for time, text, note in zip(channel.time, channel.text, channel.note, strict=True):
        when = start + round(float(time) * 1e6)
        if note or (str(text) in LEVELS and key.endswith("_cond")):
            yield Event(when, "condition", {"item": key, "level": str(text), "text": str(note)})
        else:
            yield Event(when, "observation", {"item": key, "value": _value(str(text))})


def _value(text: str) -> float | str | None:
    if text == "UNAVAILABLE":
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return number if np.isfinite(number) else text


def recording_event(file: Path, part: PartName) -> Event:
    """A recording of the bench (docs/recordings.md): its channels with their sensors, and what it was of.

    Raises:
        InputError: it is no recording, or one of another part.
    """
    try:
        with pa.OSFile(str(file)) as stream, pa.ipc.open_stream(stream) as reader:
            described = reader.schema.metadata or {}
            header = json.loads(described[b"header"])
            channels = json.loads(described[b"channels"])
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise InputError(f"is no recording: {error}", file=file) from None
    if header["part_id"] not in ("", part.serial):
        raise InputError(f"this is of part {header['part_id']}, not of {part.serial}", file=file)
    body = {
        "file": file.name,
        "sha256": sha256_of(file.read_bytes()),
        "channels": [{key: value for key, value in row.items() if value not in ("", None)} for row in channels],
        "of": {key: value for key, value in header.items() if value},
    }
    return part.event(utc_us(header["started"]), "recording", body)


def made_between(log: MachineLog) -> tuple[int, int]:
    """When a machine made the part that its log is about: the stretch without set-up or idle time that has the most
    production in it [µs].

    Raises:
        InputError: no program ran.
    """
    line = log.timeline(None, None, SILENCE)
    length = np.where(line.state == State.PRODUCTION, np.diff(line.edge_us), 0)
    apart = np.isin(line.state, (State.DOWN, State.SETUP)) | (
        (line.state == State.UNOBSERVED) & (np.diff(line.edge_us) > 3600 * 10**6)
    )
    stretch = np.cumsum(apart)
    made = np.bincount(stretch, length)
    if not made.any():
        raise InputError(f"no program ran in {log.name}", remedy="name the log of the machine while it made the part")
    rows = np.flatnonzero((stretch == int(np.argmax(made))) & ~apart & (line.state != State.UNOBSERVED))
    return int(line.edge_us[rows[0]]), int(line.edge_us[rows[-1] + 1])


def inspection_event(inspected: Inspected, laboratory: str, part: PartName, recorded_us: int) -> Event:
    """A laboratory's report on the part, with what the twin reads at the same lines.

    Raises:
        InputError: the report cannot be read.
    """
    assert inspected.against is not None
    file = inspected.against
    known = read_qif(file).characteristics
    stated = _stated_time(file)
    rows = []
    for line in inspected.lines:
        characteristic = known[line.measurement.characteristic]
        predicted = inspected.of(line.callouts, line.weights)[0] if line.callouts else np.nan
        rows.append(_row(line.measurement, characteristic.kind, line.name, line.on, line.nominal, predicted))
        rows[-1]["features"] = [callout.feature for callout in line.callouts]
        rows[-1]["characteristic"] = line.callouts[0].label if line.callouts else ""
        rows[-1]["lower"] = _in(rows[-1]["unit"], characteristic.lower)
        rows[-1]["upper"] = _in(rows[-1]["unit"], characteristic.upper)
    body = {
        "laboratory": laboratory,
        "file": file.name,
        "sha256": sha256_of(file.read_bytes()),
        "component": inspected.component,
        "time_is": "as the report states" if stated else "when it was recorded: the report states none",
        "characteristics": rows,
    }
    return part.event(stated or recorded_us, "inspection", body)


def _row(m: QifMeasurement, kind: str, name: str, on: str, nominal: float, predicted: float) -> dict[str, Any]:
    unit = "" if kind.startswith("UserDefined") else "deg" if kind.startswith("Angle") else "mm"
    return {
        "name": name,
        "kind": kind,
        "on": on,
        "unit": unit,
        "nominal": _in(unit, nominal),
        "value": _in(unit, m.value),
        "standard_uncertainty": _in(unit, m.uncertainty),
        "status": m.status,
        "predicted": _in(unit, predicted),
    }


def _in(unit: str, value: float) -> float | None:
    factor = {"mm": MM, "deg": DEG}.get(unit, 1.0)
    return round(float(value) / factor, 6) if np.isfinite(value) else None


def _stated_time(file: Path) -> int | None:
    """When the report says that it was made [µs]."""
    for element in ET.parse(file).iter():
        if element.tag.endswith("TimeCreated") and element.text:
            try:
                return utc_us(element.text.strip())
            except InputError:
                return None
    return None
