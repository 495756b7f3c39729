"""A machine, or a recording of one, beside the twin: run, record, compare while it runs, validate.

Where measurements come from is found by its name: ``bench=KIND`` is the module ``hardware.KIND`` with a function
``bench_source(options, scenario)`` and its options in conf/bench/KIND.yaml.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from hardware.channel import Block
from hardware.intake import Intake
from hardware.live import LINE, POSITION, Latency, LiveDifference, predicted_path
from hardware.live_heat import HeatWatch, heat_watch
from hardware.recording import Header, Recorder
from hardware.serve.live import LiveServer, LiveState
from hardware.shield import Shield
from hardware.source import Source
from twin.compose import compose
from twin.errors import InputError
from twin.scenario import Scenario

ROWS = 1000  # samples that are recorded at once: what a crash loses at most
LONGEST = 1.0  # [s] that samples wait for others before they are recorded
SHOW = 0.25  # [s] between two looks at the progress
RECORDING = "recording.arrows"


@dataclass
class Progress:
    """What is known while it runs, and at the end."""

    recording: Path
    samples: int = 0
    recorded: int = 0  # of them, on disk
    lost: int = 0  # samples that the source did not deliver
    repeated: int = 0  # came a second time and were left out
    time: float = 0.0  # [s] by the source's clock, of the latest sample
    began: float = field(default_factory=monotonic)  # [s]
    live: LiveDifference | None = None  # None: the source does not say where the tool is
    heat: HeatWatch | None = None  # None: source or run do not say enough
    latency: Latency = field(default_factory=Latency)
    interrupted: bool = False
    finished: bool = True
    why: str = ""  # it did not finish
    served: str = ""  # where others read the twin's state meanwhile
    messages: tuple[str, ...] = ()  # of the source: errors of a controller, reconnections, repetitions, gaps

    @property
    def wall(self) -> float:
        """[s] since the start."""
        return monotonic() - self.began


def bench_options(overrides: Sequence[str], conf: Path | None, **given: str | None) -> tuple[str, dict[str, Any]]:
    """Kind of the source and its options, as the overrides compose them.

    Args:
        overrides: of the command line, ``bench=KIND`` among them.
        conf: folder of further groups.
        given: options that are no overrides, such as ``file`` and ``url``; None: not given.

    Raises:
        InputError: no bench is chosen, or it has no such option.
    """
    options = compose(overrides, conf=conf).get("bench")
    if not options:
        raise InputError("no bench is chosen", remedy="bench=linuxcnc, or replay, opcua, mtconnect, mqtt (`twin show`)")
    if "armed" in options:
        raise InputError("bench.armed cannot be configured", remedy="--arm on the command line, every time")
    kind = options.pop("kind")
    for name, value in given.items():
        if value is not None:
            if name not in options:
                raise InputError(f"bench {kind} takes no {name}", remedy=f"known: {', '.join(sorted(options))}")
            options[name] = value
    return kind, options


def open_source(kind: str, options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The source of that kind, not yet connected.

    Raises:
        InputError: there is none, or its options are wrong.
    """
    module = f"hardware.{kind}"
    found = getattr(import_module(module), "bench_source", None) if kind.isidentifier() and find_spec(module) else None
    if found is None:
        raise InputError(f"there is no source '{kind}'", remedy="docs/sources.md says how to add one")
    return found(options, scenario)


def record(
    source: Source,
    run: Path,
    title: str,
    scenario: Scenario,
    show: Callable[[Progress], None] = lambda _: None,
    rapid_lines: np.ndarray | None = None,
    *,
    compare: bool = True,
    server: LiveServer | None = None,
    cut: str = "",
) -> Progress:
    """Run ``source`` to its end, or until Ctrl-C, beside the prediction of ``run``; record all of it there.

    Everything passes :class:`hardware.intake.Intake`: nothing is recorded twice, what is odd is marked and told.
    Ctrl-C is the ordinary end of a source that runs no program of its own, such as a machine that is only read.

    Args:
        title: kind and address of the source, for the header.
        show: is told the progress now and then.
        rapid_lines: of the program; their corners do not count in the difference.
        compare: whether it is the program of ``run`` that runs.
        server: shows the twin's state to others while it runs; begun and ended here.
        cut: ``metal`` or ``nothing``, as the operator states it of a source that does not; noted in the header.

    Raises:
        InputError: the source fails, or a unit is not that of its channel; what came before is recorded, and named.
            The operator says of what is cut the contrary of what the source says.
    """
    progress = Progress(_free(run / RECORDING))
    with (intake := Intake(source)):
        header = _header(source, title, scenario, cut)
        names = {channel.name for channel in source.channels}
        if compare and names.issuperset((*POSITION, LINE)):
            progress.live = LiveDifference(predicted_path(run), rapid_lines)
        if compare:
            progress.heat = heat_watch(run, scenario, source.channels, source.clock)
        with ExitStack() as around:
            recorder = around.enter_context(Recorder(progress.recording, source.channels, source.clock, header))
            if server:
                if progress.live is None:
                    raise InputError("the source does not say where the tool is: there is no state to serve")
                progress.served = server.begin(LiveState(run, source.channels, source.clock))
                around.callback(server.end)
                show(progress)
            try:
                _follow(source, intake, recorder, progress, show, server)
            except KeyboardInterrupt:
                progress.interrupted = True
            except InputError as error:
                error.args = (f"{error}; {progress.recorded:,} samples are kept in {progress.recording}",)
                raise
    progress.messages = _told(source, intake)
    if (outcome := getattr(source, "outcome", None)) is not None:
        progress.messages += tuple(outcome.messages)
        ended = (False, "interrupted") if progress.interrupted else (outcome.finished, outcome.why)
        progress.finished, progress.why = ended
    return progress


def _told(source: Source, intake: Intake) -> tuple[str, ...]:
    """What source and intake noted, and, where anything is counted, how much."""
    own = getattr(source, "losses", None)
    found = [losses for losses in (own, intake.losses) if losses is not None]
    messages = tuple(message for losses in found for message in losses.messages)
    lost = max(losses.lost for losses in found)  # what a source counts shows as a jump of its numbers too
    repeated, late = (sum(getattr(losses, what) for losses in found) for what in ("duplicated", "late"))
    if own is None and not (lost or repeated or late or messages):
        return ()
    return (*messages, f"{lost:,} samples lost, {repeated:,} repeated, {late:,} too late")


def _follow(
    source: Source,
    intake: Intake,
    recorder: Recorder,
    progress: Progress,
    show: Callable[[Progress], None],
    server: LiveServer | None,
) -> None:
    """Compare each block as it comes, and record them in larger ones; whatever happens, none is left out."""
    waiting: list[Block] = []
    since = shown = monotonic()
    newest = -1  # number

    shield = Shield()

    def keep() -> None:
        with shield.whole():  # half a block would spoil those after it
            blocks = _joined(waiting)
            waiting.clear()  # what cannot be written is not tried again
            for block in blocks:
                recorder.append(block)
                progress.recorded += len(block)

    with shield.raised(), ExitStack() as at_the_end:
        at_the_end.callback(keep)
        for block in intake.blocks():
            waiting.append(block)
            now = monotonic()
            if block.first > newest:  # what comes after its successors is recorded; the machine has gone on
                compared = progress.live.add(block) if progress.live else slice(None)
                now = monotonic()
                if (answered := getattr(source, "answered", None)) is not None:
                    progress.latency.add(now - answered[compared])
                if server and server.state and (live := progress.live):
                    server.state.take(block, live.place, live.away, live.late)
                if progress.heat:
                    progress.heat.add(block)
                newest = block.first + len(block) - 1
                progress.time = float(block.time[-1])
            progress.samples += len(block)
            progress.lost, progress.repeated = intake.losses.lost, intake.losses.duplicated
            if now - since > LONGEST or sum(map(len, waiting)) >= ROWS:
                since = now
                keep()
            if now - shown > SHOW:
                shown = now
                show(progress)


def _joined(blocks: list[Block]) -> list[Block]:
    """The same samples in as few blocks as gaps allow."""
    groups: list[list[Block]] = []
    for block in blocks:
        if groups and block.first == groups[-1][-1].first + len(groups[-1][-1]):
            groups[-1].append(block)
        else:
            groups.append([block])
    return [
        Block(
            group[0].first,
            np.concatenate([b.time for b in group]),
            {name: np.concatenate([b.values[name] for b in group]) for name in group[0].values},
            np.concatenate([b.quality for b in group]),
        )
        for group in groups
    ]


def _header(source: Source, title: str, scenario: Scenario, cut: str) -> Header:
    """What the recording is of; hashes only where the source knows what ran."""
    if (known := getattr(source, "header", None)) is not None:
        if cut and known.cut not in ("", cut):
            raise InputError(f"--cut {cut}, but {title} states: {known.cut}", remedy="leave --cut away")
        return replace(known, cut=known.cut or cut)
    return Header(
        source=title,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        tool_ids={str(number): tool.name for number, tool in scenario.tools.items()},
        cut=cut,
    )


def _free(file: Path) -> Path:
    """``file``, or the first name like it that is not taken."""
    number, free = 1, file
    while free.exists():
        number += 1
        free = file.with_stem(f"{file.stem}_{number}")
    return free
