"""Logs of events made comparable: holds left out, the overrides that the operator turned taken as inputs.

What a control logs of itself are events, some tenths of a second apart. Time in which the program was held counts for
nothing; feed and rapid override are inputs of the twin, which times the program once more with them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hardware.channel import Block, Clock, Quality
from hardware.validation.channel_map import Mapped
from hardware.validation.place import Match, match, visits
from hardware.validation.predicted import PredictedRun
from hardware.validation.readings import LINE, Readings
from hardware.validation.result import OPERATOR, Windows
from twin.config import build
from twin.errors import InputError
from twin.motion import segment_times, time_law
from twin.motion.controller import Controller
from twin.motion.identify import window_times
from twin.motion.windows import RunLog, cutting_windows
from twin.program import Program, interpret, linearise
from twin.program.program import Op
from twin.runs import PROGRAM
from twin.scenario import ModelConfig

STEP = 0.1  # [s] at which a log is compared; events come about 0.15 s apart
AFTER_TOOL_CHANGE = 40  # lines after a tool change in which logs have waits that nothing in them explains
SLOWEST = 0.02  # of an override: a hold is no override


@dataclass(frozen=True)
class Settled:
    """A log made comparable."""

    readings: Readings  # at even steps of the time in which the program ran
    run: PredictedRun  # timed with the log's overrides
    windows: Windows | None
    program: Program
    overrides: tuple[np.ndarray, np.ndarray]  # (move,) each, of feed and rapids
    notes: list[str]

    def kinds(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """What the operations from ``first`` up to ``last`` (span,) do, (span,) str."""
        op, line = self.program.op, self.program.line
        since = np.full(line.max() + 1, np.inf)
        for change in line[op == Op.TOOL]:
            since[change : change + AFTER_TOOL_CHANGE + 1] = 0
        found = []
        for begin, end in zip(first, last, strict=True):
            does = set(op[begin : max(end, begin + 1)].tolist())
            if Op.STOP in does:
                found.append(OPERATOR)
            elif Op.TOOL in does:
                found.append("tool change")
            elif since[line[min(begin, len(line) - 1)]] == 0:
                found.append(f"up to {AFTER_TOOL_CHANGE} lines after a tool change")
            elif does & {Op.SPINDLE, Op.COOLANT, Op.DWELL}:
                found.append("spindle, coolant, dwell")
            else:
                found.append("rapids among them" if Op.RAPID in does else "cutting only")
        return np.array(found)


def settled(readings: Readings, run: PredictedRun, mapped: Sequence[Mapped]) -> Settled:
    """Make the log of a control comparable.

    Raises:
        InputError: it has no NC line of the program, or the program has changed since the run.
    """
    time, values = _events(readings)
    named = {row.name: row for row in mapped}

    def channel(name: str) -> np.ndarray | None:
        return named[name].read(values[named[name].recorded]) if name in named else None

    line, active = channel(LINE), channel("active_ratio")
    if line is None:
        raise InputError("the log does not say which NC line ran", file=readings.file, remedy="map it: line")
    line = np.nan_to_num(line).astype(np.int64)
    runs = np.ones(len(time)) if active is None else np.nan_to_num(active)
    own = np.concatenate([[0.0], np.cumsum(np.diff(time) * runs[:-1])])  # [s] of a clock that stands still in holds
    program = _program(run)
    found = match(visits(line), visits(program.line.astype(np.int64)))
    if len(found.recorded) < 2:
        raise InputError("no NC line of the log is a line of the program", file=readings.file)
    feed, rapid = (
        _override(channel(name), own, found, program) for name in ("feed_override_pct", "rapid_override_pct")
    )
    timed, motion_time = _timed(run, program, feed, rapid)
    first, last = int(found.recorded[0]), int(found.recorded[-1])
    stop = np.flatnonzero(line[last:] != line[last])
    end = last + int(stop[0]) if stop.size else len(line) - 1
    end = max(last, int(np.searchsorted(own, own[end])))  # what follows is a hold: the log may go on for days
    notes = [f"feed and rapid override are taken from the log; rapids ran at {100 * np.mean(rapid):.0f} % on average"]
    held = float(time[end] - time[first] - (own[end] - own[first]))
    if held > STEP:
        notes.append(f"{held:.1f} s in which the program was held are left out")
    if (left := float(time[-1] - time[end])) > STEP:
        notes.append(f"{left:,.0f} s of the log after the program's end, or of a second start, are left out")
    even = np.arange(own[first], own[end], STEP)
    row = np.clip(np.searchsorted(own, even, side="right") - 1, first, end)
    held_values = {name: column[row] for name, column in values.items()}

    def blocks(only: Collection[str] | None = None) -> Iterator[Block]:
        chosen = {name: v for name, v in held_values.items() if only is None or name in only}
        yield Block(0, even - even[0], chosen, np.full(len(even), Quality.GOOD, np.uint8))

    clock = Clock(name=readings.clock.name, origin="start", period_s=None)
    windows = _windows(program, motion_time, time, line, runs, channel("feed_override_pct"))
    return Settled(replace(readings, clock=clock, blocks=blocks), timed, windows, program, (feed, rapid), notes)


def _events(readings: Readings) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    blocks = list(readings.blocks(None))
    if not blocks:
        raise InputError("the log is empty", file=readings.file)
    names = blocks[0].values
    return np.concatenate([b.time for b in blocks]), {n: np.concatenate([b.values[n] for b in blocks]) for n in names}


def _program(run: PredictedRun) -> Program:
    """The run's NC program, interpreted as the run did."""
    offsets = {name: (o.x, o.y, o.z, o.a, o.b, o.c) for name, o in run.part.work_offsets.items()}
    home = (*run.part.home, 0.0, 0.0, 0.0)
    file = str(run.attrs["program"])
    return interpret(run.program_text, file=file, tools=run.tools, work_offsets=offsets, home=home)


def _override(percent: np.ndarray | None, own: np.ndarray, found: Match, program: Program) -> np.ndarray:
    """Factor of each operation of the program (move,): its mean from each matched line to the next; 1 elsewhere."""
    factor = np.ones(program.n_moves)
    if percent is None:
        return factor
    share = np.nan_to_num(percent, nan=100.0) / 100
    integral = np.concatenate([[0.0], np.cumsum(share[:-1] * np.diff(own))])
    for k, (begin, end) in enumerate(zip(found.recorded, found.recorded[1:], strict=False)):
        duration = own[end] - own[begin]
        mean = (integral[end] - integral[begin]) / duration if duration > 0 else share[begin]
        factor[found.predicted[k] : found.predicted[k + 1]] = max(mean, SLOWEST)
    factor[found.predicted[-1] :] = max(share[found.recorded[-1]], SLOWEST)
    return factor


def _timed(run: PredictedRun, program: Program, feed: np.ndarray, rapid: np.ndarray) -> tuple[PredictedRun, np.ndarray]:
    """The run with the times of these overrides, and the starts of the program's operations (move + 1,) [s].

    Raises:
        InputError: the program is no longer the one that the run machined.
    """
    controller = build(Controller, run.config["controller"], "controller")
    model = build(ModelConfig, run.config["model"], "model")
    toolpath = linearise(
        program,
        chord_tolerance=model.chord_tolerance,
        max_length=model.segment_length,
        part_zero=run.part.part_zero,
    )
    if not np.array_equal(toolpath.line, run.segments["line"].values):
        raise InputError("the NC program has changed since the run", file=run.folder / PROGRAM, remedy="run it again")
    motion = time_law(program, controller, feed_override=feed, rapid_override=rapid)
    time = segment_times(motion, program, toolpath)
    speed = toolpath.length / np.maximum(time[:, 1] - time[:, 0], 1e-9) * 60e3
    segments = run.segments.assign(
        time_s=(run.segments["time_s"].dims, time), speed_mm_min=(run.segments["speed_mm_min"].dims, speed)
    )
    timed = replace(
        run,
        segments=segments,
        attrs={**run.attrs, "duration_s": motion.duration},
        timeline=(motion.time, np.append(program.line, 0)),
    )
    return timed, motion.time


def _windows(
    program: Program,
    motion_time: np.ndarray,
    time: np.ndarray,
    line: np.ndarray,
    runs: np.ndarray,
    feed_percent: np.ndarray | None,
) -> Windows | None:
    """Windows of uninterrupted cutting at the programmed feed; None where the log has none."""
    begins = visits(line).first
    override = np.ones(len(time)) if feed_percent is None else np.nan_to_num(feed_percent, nan=100.0) / 100
    log = RunLog(
        block_time=time[begins],
        block_line=line[begins],
        override_time=time,
        override=override,
        status_time=time,
        active=runs > 0,
    )
    found = cutting_windows(program, log, after_tool_change=AFTER_TOOL_CHANGE)
    if not len(found.duration):
        return None
    return Windows(window_times(motion_time, found), found.duration)
