"""A recording beside the run that predicted it, in the terms of ISO 23247: sampling, latency, fidelity."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hardware.alignment import Alignment, align
from hardware.channel import Block
from hardware.fidelity import Sampling, sampling
from hardware.recording import Header
from hardware.validation.channel_map import map_channels, read_map
from hardware.validation.compare import Comparison, operations_of, worst_of
from hardware.validation.cut import Stated, cut_of
from hardware.validation.joined import join
from hardware.validation.limits import Limits, Verdict, read_limits
from hardware.validation.place import Match, program_time, visits
from hardware.validation.predicted import PredictedRun, predicted_run
from hardware.validation.readings import LATENCY, LINE, Frame, Readings, open_readings, read_frame
from hardware.validation.result import Spans, Validation
from twin.errors import InputError

if TYPE_CHECKING:
    from hardware.validation.logs import Settled

PART = 0.02  # [s] of a line that a recording may lack without a word
BLOCK = 1 << 16  # samples that are compared at once
ALIGNED = 20_000  # samples that the clocks are aligned with
FITTED = "this recording is one that the model's parameters were fitted to"
UNSEEN = "unseen: the model's parameters were fitted to recordings of other plates"
ROLES = {LINE: "1", LATENCY: "ms", "active_ratio": "1", "feed_override_pct": "%", "rapid_override_pct": "%"}


def validate(
    recording: Path | Sequence[Path],
    run: Path,
    *,
    channel_map: Path | None = None,
    limits: str | Path | None = None,
    latency: Sequence[float] | None = None,
    cut: Stated | None = None,
) -> Validation:
    """Compare a recording with a run of the twin.

    Args:
        recording: ``.arrows``, ``.csv`` or an SHDR log; several where a source was started again, in their order.
        run: folder of a finished run.
        channel_map: which recorded channel is which, YAML.
        limits: declared limits, a YAML file or a name in conf/validation; None: the standard.
        latency: 50th, 99th and 100th percentile [s] from sample to arrival, where the recorder knows them.
        cut: ``metal`` or ``nothing``, as the operator states it of a recording that does not.

    Raises:
        InputError: program, offsets or tools are not those of the run; no common channel; nothing to read.
    """
    rows = read_map(channel_map)
    declared, declared_in = read_limits(limits)
    predicted = predicted_run(Path(run))
    files = [recording] if isinstance(recording, (str, Path)) else recording
    readings = join([open_readings(Path(file), rows) for file in files])
    checked = check_identity(readings.header, predicted, readings.file)
    mapped = map_channels(predicted.channels | ROLES, readings.channels, rows)
    notes, log = list(checked[1]), None
    if readings.events:
        from hardware.validation.logs import settled

        log = settled(readings, predicted, mapped)
        readings, predicted = log.readings, log.run
        notes += log.notes
    named = {row.name: row.recorded for row in mapped}
    frame = read_frame(readings, named)
    place, match = program_time(frame.time, frame.line, frame.tip, predicted)
    if len(match.recorded) < 2:
        raise InputError(
            "no NC line of the recording is a line of the program",
            file=readings.file,
            remedy="validate it against a run of the program that ran",
        )
    begin = float(frame.time[match.recorded[0]] - predicted.time[match.predicted[0]])
    comparison = Comparison([row for row in mapped if row.name not in ROLES], predicted)
    if not comparison.mapped:
        raise InputError("recording and run have no channel in common", remedy="map them: --channels FILE.yaml")
    in_file = np.full((2, frame.rows), np.nan)  # place and time of each row of the file; NaN: repeated
    in_file[:, frame.order] = place, frame.time
    first = 0
    for block in ahead(joined(readings.blocks(set(named.values())))):
        rows_ = slice(first, first + len(block))
        first += len(block)
        comparison.add(block, in_file[0, rows_], in_file[1, rows_], begin, named[LINE], readings.events)
    comparison.close()
    spans = _spans(frame, match, predicted, log)
    channels = comparison.results(declared)
    operations = operations_of(predicted, spans)
    held = None if readings.events else _sampling(readings, frame, latency, comparison.latency)
    alignment, why = (None, "") if frame.tip is None else _aligned(frame, place, predicted)
    if len(files) > 1:
        notes.append(f"{len(files)} recordings, one after the other: {', '.join(Path(f).name for f in files)}")
    notes += [note for note in (why, *_notes(readings, frame, held), *_seen_in_part(match, predicted)) if note]
    if late := {row.name: row.sensor.late_s for row in mapped if row.sensor.late_s}:
        which = ", ".join(f"{name} by {1e3 * seconds:g} ms" for name, seconds in late.items())
        notes.append(f"recorded later than the rest of its sample, and compared so: {which}")
    if (plates := declared.fitted_on.get("plate")) and predicted.part.plate is not None:
        fitted = predicted.part.plate in plates
        notes.insert(0, FITTED if fitted else f"{UNSEEN} ({', '.join(map(str, plates))})")
    seen = float(spans.predicted.sum() / predicted.duration)
    result = Validation(
        recording=readings.file,
        run=Path(run),
        title=str(predicted.attrs["title"]),
        cut=cut_of(readings.header, cut, declared.cut, declared_in),
        header=readings.header,
        clock=readings.clock,
        checked=checked[0],
        sampling=held,
        alignment=alignment,
        channels=channels,
        spans=spans,
        operations=operations,
        windows=log.windows if log else None,
        seen=seen,
        began=begin,
        compared=float(np.isfinite(place).sum() * np.median(np.diff(frame.time))),
        worst=worst_of(channels, predicted),
        duration=predicted.duration,
        program=tuple(predicted.program_text.splitlines()),
        limits=declared_in,
        verdicts=(),
        notes=tuple(notes),
    )
    return judged(result, declared)


def check_identity(header: Header, run: PredictedRun, file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What agrees, and what the recording does not say.

    Raises:
        InputError: program, work offsets or tool table of the recording are not those of the run; names both hashes.
    """
    known = run.identity
    agreed, notes = [], []
    for what, recorded, own in (
        ("program", header.program_hash, known.program),
        ("work offsets", header.offsets_hash, known.offsets),
        ("tool table", header.tools_hash, known.tools),
    ):
        if not recorded:
            notes.append(f"the recording does not say which {what} ran: not checked")
        elif recorded != own:
            raise InputError(
                f"the {what} of the recording is not that of the run: sha256 {recorded} recorded, {own} in the run",
                file=file,
                remedy=f"validate against a run with the {what} that was in the machine",
            )
        else:
            agreed.append(f"{what} {own[:12]}…")
    return tuple(agreed), tuple(notes)


def ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, the next one read while the last is being used."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = reader.submit(next, blocks, None)
            yield block


def joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same samples in blocks of about BLOCK; the number of the first of each is kept, jumps within are not."""
    waiting: list[Block] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count >= BLOCK:
            yield _concatenated(waiting)
            waiting, count = [], 0
    if waiting:
        yield _concatenated(waiting)


def _concatenated(blocks: list[Block]) -> Block:
    values = {name: np.concatenate([b.values[name] for b in blocks]) for name in blocks[0].values}
    time, quality = (np.concatenate([getattr(b, name) for b in blocks]) for name in ("time", "quality"))
    return Block(blocks[0].first, time, values, quality)


def _spans(frame: Frame, match: Match, run: PredictedRun, log: "Settled | None") -> Spans:
    """From each matched line to the next; the last one to its end."""
    rows = np.append(match.recorded, match.end[0]), np.append(match.predicted, match.end[1])
    measured, predicted = frame.time[rows[0]], run.time[rows[1]]
    kind = None if log is None else log.kinds(rows[1][:-1], rows[1][1:])
    until = np.append(match.line[1:], 0)
    return Spans(match.line, until, predicted[:-1], np.diff(predicted), np.diff(measured), kind)


def _sampling(readings: Readings, frame: Frame, given: Sequence[float] | None, recorded: np.ndarray | None) -> Sampling:
    """Whether the rate was held; latency as given, or as the recording has it."""
    assert readings.clock.period_s is not None
    held = sampling(frame.time, frame.number, readings.clock.period_s)
    if given is None and recorded is not None and recorded.size:
        given = [float(np.quantile(recorded, q)) * 1e-3 for q in (0.5, 0.99, 1.0)]
    if given is None:
        return held
    return Sampling(held.rate, held.lost, held.jitter, (given[0], given[1], given[2]))


def _aligned(frame: Frame, place: np.ndarray, run: PredictedRun) -> tuple[Alignment | None, str]:
    """The recording's clock against the program's, from the axis that moves most."""
    assert frame.tip is not None
    inside = np.flatnonzero(np.isfinite(place))
    mine = inside[:: max(1, len(inside) // ALIGNED)]
    theirs = slice(None, None, max(1, len(run.time) // ALIGNED))
    axis = int(np.argmax(np.var(run.commanded[theirs], axis=0)))
    try:
        found = align(
            run.time[theirs], run.commanded[theirs, axis].astype(float), frame.time[mine], frame.tip[mine, axis]
        )
    except InputError as error:
        return None, f"the clocks could not be aligned by the signals: {error.message}"
    return found, ""


def _notes(readings: Readings, frame: Frame, held: Sampling | None) -> list[str]:
    """What the reader of the report must know of the recording."""
    notes = []
    if frame.repeated:
        notes.append(f"{frame.repeated:,} samples were recorded twice; the first of each counts")
    if frame.late:
        notes.append(f"{frame.late:,} samples came late and were put in their order")
    if held and held.lost:
        notes.append(f"{held.lost:,} samples are missing")
    if frame.tip is None and not readings.events:
        notes.append("no position was recorded: between NC lines, time is taken as progress")
    elif frame.actual:
        notes.append("no commanded position was recorded: the place in the program follows the actual one")
    if frame.jump:
        notes.append(
            f"the clock of the recording jumps, by {frame.jump:+.3f} s at most: time is taken from sample numbers"
        )
    return notes


def _seen_in_part(match: Match, run: PredictedRun) -> list[str]:
    """Whether the recording begins or ends within a line of the program."""
    if not run.has_signals:
        return []
    notes, starts = [], visits(run.line).first
    for row, what in ((int(match.predicted[0]), "begins"), (match.end[1], "ends")):
        line = int(np.searchsorted(starts, row, side="right")) - 1
        other = starts[line] if what == "begins" else np.append(starts, len(run.time))[line + 1] - 1
        if abs(run.time[row] - run.time[other]) > PART and row != starts[line]:
            when = f"{run.time[row]:.2f} s into the program"
            notes.append(f"the recording {what} within line {run.line[row]}, {when}: the rest of it was not seen")
    return notes


def judged(validation: Validation, limits: Limits) -> Validation:
    """With the verdicts on every declared limit that something was found for."""
    found = []
    for row in validation.channels:
        f = row.fidelity
        if f.limit is not None:
            found.append(Verdict(f"{f.channel}: RMSE", f.rmse, f.limit, f.unit))
        if row.stated and limits.en is not None:
            found.append(Verdict(f"{f.channel}: En, 95th percentile", f.en, limits.en, ""))
        if row.stated and limits.coverage is not None:
            found.append(Verdict(f"{f.channel}: coverage", f.coverage, limits.coverage, "", at_least=True))
    if limits.duration is not None:
        found.append(Verdict("time of the program", abs(validation.duration_error), limits.duration, ""))
    if limits.cutting_windows is not None and validation.windows is not None:
        found.append(Verdict("windows of cutting: RMSE", validation.windows.rmse, limits.cutting_windows, "s"))
    if limits.cutting_total is not None and validation.windows is not None:
        found.append(Verdict("windows of cutting: total", abs(validation.windows.total), limits.cutting_total, ""))
    if limits.seen is not None:
        found.append(Verdict("part of the program seen", validation.seen, limits.seen, "", at_least=True))
    held = validation.sampling
    if held is not None:
        if limits.n_lost is not None:
            found.append(Verdict("samples missing", held.lost, limits.n_lost, ""))
        if limits.rate is not None and validation.clock.period_s:
            error = abs(held.rate * validation.clock.period_s - 1)
            found.append(Verdict("sampling frequency", error, limits.rate, ""))
        if limits.latency_p99 is not None and np.isfinite(held.latency[1]):
            found.append(Verdict("latency, 99th percentile", held.latency[1], limits.latency_p99, "s"))
    return replace(validation, verdicts=tuple(found))
