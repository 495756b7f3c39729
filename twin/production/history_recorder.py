"""Records one part: what a run of the twin says, the log of the machine, the reports of laboratories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from twin.errors import InputError
from twin.inspect_run import inspect_run
from twin.production.history import History
from twin.production.history_event import Event, now_us
from twin.production.history_measured import LoggedPart, inspection_event, logged_part, recording_event
from twin.production.history_run import PartName, ShopFacts, check_facts, run_events
from twin.production.history_writer import HistoryWriter

AT_ONCE = 5000  # events of a log


@dataclass(frozen=True)
class Request:
    """What is to be recorded."""

    run: Path
    part: PartName
    facts: ShopFacts = field(default_factory=ShopFacts)
    log: Path | None = None
    """Log of the machine; ``facts.machine`` says of which."""
    inspections: Mapping[str, Path] = field(default_factory=dict)
    """Laboratory -> its report (QIF)."""
    components: Mapping[str, str] = field(default_factory=dict)
    """Laboratory -> what its report calls the part, where the run does not say."""


def record(store: Path, request: Request) -> list[str]:
    """Read everything, then record it; return what was done, in words.

    What is of the part is recorded as one, after the log: whoever interrupts it can do it again.

    Raises:
        InputError: anything that cannot be read, or that is recorded already: then nothing is recorded.
    """
    part, now = request.part, now_us()
    _check_new(store, part)
    check_facts(request.run, request.facts)
    logged = logged_part(request.log, part, request.facts.machine) if request.log else None
    config = yaml.safe_load((request.run / "config.yaml").read_text())
    has_features = bool(config["scenario"].get("features"))
    inspected = {
        name: inspect_run(request.run, against=file, component=request.components.get(name))
        for name, file in request.inspections.items()
    }
    if has_features:
        alone = next(iter(inspected.values()), None) or inspect_run(request.run)
    else:
        alone = None
    events = run_events(request.run, part, request.facts, alone)
    recordings = [recording_event(file, part) for file in sorted(request.run.glob("*.arrows"))]
    reports = [(name, inspection_event(one, name, part, now)) for name, one in inspected.items()]

    done = []
    with HistoryWriter(store) as writer:
        if logged:
            done.append(_record_log(writer, logged, request.facts.machine))
        twin, log = writer.source("twin"), writer.source("log")
        said = [
            (twin, [event for event in events if event.kind != "prediction"]),
            (log, [*(logged.part_events if logged else ()), *recordings]),
            (twin, [event for event in events if event.kind == "prediction"]),
            *((writer.source(name), [event]) for name, event in reports),
        ]
        writer.append_together(said)
        done.append(f"{len(events)} events of run {request.run.name} and {len(reports)} inspections")
    with History(store) as history:
        done.append(f"head {history.head()}")
    return done


def _check_new(store: Path, part: PartName) -> None:
    """One part is made once; what is learnt later is noted."""
    if not store.exists():
        return
    with History(store) as history:
        if (part.number, part.serial) in history.parts():
            raise InputError(
                f"part {part.number}/{part.serial} is recorded already",
                file=store,
                remedy="nothing can be changed in a history: add what is new with `twin history note`",
            )


def _record_log(writer: HistoryWriter, logged: LoggedPart, machine: str) -> str:
    """All that the machine said, less what is here already: from another part of the same log, or an interruption."""
    source = writer.source(logged.source, machine)
    with History(writer.file) as history:
        known = len(history.times_us(source))
    events: list[Event] = list(logged.machine_events[known:])
    if not events:
        return f"the log is here already: {logged.source}"
    futures = [writer.submit(source, events[k : k + AT_ONCE]) for k in range(0, len(events), AT_ONCE)]
    for future in futures:
        future.result()
    return f"{len(events):,} events of {logged.source}"
