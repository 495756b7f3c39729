"""The samples of a recording against the prediction: block by block, channel by channel."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hardware.channel import Block, Quality
from hardware.fidelity import FidelityMeter, GroupMeter, Runs, runs_of
from hardware.validation.channel_map import Mapped
from hardware.validation.limits import Limits
from hardware.validation.predicted import At, PredictedRun
from hardware.validation.readings import LATENCY
from hardware.validation.result import BINS, ChannelResult, Operation, Spans, Trace, Worst

WORST = 10
OF_SEGMENT = 2  # of the groups of runs
THREADS = 2
SPARSE = 4  # every so many samples are compared at the same time too


class Comparison:
    """Sums that grow while blocks are added."""

    def __init__(self, mapped: Sequence[Mapped], run: PredictedRun):
        self.mapped, self._run = list(mapped), run
        n_lines, n_segments = int(run.line.max(initial=0)) + 1, run.segments.sizes["segment"]
        self._starts, _ = operation_starts(run)
        self._meters = [FidelityMeter(row.name, row.unit) for row in self.mapped]
        self._groups = [
            (GroupMeter(n_lines), GroupMeter(len(self._starts)), GroupMeter(n_segments), Trace()) for _ in self.mapped
        ]
        self._path = [Trace(n_segments) for _ in self.mapped]
        self._missing = np.zeros(len(self.mapped), np.int64)
        self._same_time = np.zeros((2, len(self.mapped)))  # samples, sum of squares
        self._stated = np.zeros(len(self.mapped), bool)
        self._latency: list[np.ndarray] = []
        run.prepare()
        self._pool = ThreadPoolExecutor(THREADS)  # channels do not know of each other

    def add(self, block: Block, place: np.ndarray, time: np.ndarray, begin: float, line: str, events: bool) -> None:
        """Take a block.

        Args:
            place: (sample,) [s] of the program; NaN: outside of it.
            time: (sample,) [s] since the first sample of the recording.
            begin: [s] of the recording at which the program began.
            line: channel that says which NC line runs.
            events: a BAD sample says nothing of each channel of a log; those without a value are no numbers.
        """
        if LATENCY in block.values:
            self._latency.append(np.asarray(block.values[LATENCY], np.float32))
        inside = np.isfinite(place) & (block.values[line] > 0)  # a line of 0 is none of the program
        use = inside & ((block.quality != Quality.BAD) | events)
        self._missing += int(np.count_nonzero(inside & ~use))
        found = np.flatnonzero(use)
        if not len(found):
            return
        gaps = found[-1] - found[0] >= len(found)  # without a gap nothing is copied
        rows: np.ndarray | slice = found if gaps else slice(int(found[0]), int(found[-1]) + 1)
        place, time = place[rows], time[rows]
        run = self._run
        # of what is recorded late: where the machine was when it was so
        lates = {0.0, *(row.sensor.late_s or 0.0 for row in self.mapped)}
        at = {late: run.at(np.interp(time - late, time, place) if late else place) for late in lates}
        at_time = {late: run.at(np.clip(time[::SPARSE] - late - begin, 0.0, run.duration)) for late in lates}
        lines = np.clip(np.nan_to_num(block.values[line][rows]).astype(np.int64), 0, len(self._groups[0][0].count) - 1)
        bins = np.minimum((place * (BINS / run.duration)).astype(np.int64), BINS - 1)
        operation = np.maximum(np.searchsorted(self._starts, place, side="right") - 1, 0)
        runs = runs_of(lines, operation, at[0.0].segment, bins)

        def compare(k: int) -> None:
            late = self.mapped[k].sensor.late_s or 0.0
            values = self.mapped[k].read(block.values[self.mapped[k].recorded][rows])
            self._compare(k, values, time, at[late], at_time[late], runs)

        list(self._pool.map(compare, range(len(self.mapped))))

    def _compare(self, k: int, measured: np.ndarray, time: np.ndarray, at: At, at_time: At, runs: Runs) -> None:
        """One channel of a block."""
        name, run = self.mapped[k].name, self._run
        predicted, same_time, deviation = run.values(name, at), run.values(name, at_time), run.deviation(name, at)
        apart = same_time - measured[::SPARSE]
        apart = apart[np.isfinite(apart)]
        self._same_time[:, k] += len(apart), np.einsum("i,i->", apart, apart)  # no threads of a matrix library
        good = np.isfinite(measured) & np.isfinite(predicted)
        if not good.all():
            self._missing[k] += int(np.count_nonzero(~np.isfinite(measured)))
            measured, predicted, time = measured[good], predicted[good], time[good]
            runs = runs.of(good)
            deviation = None if deviation is None else deviation[good]
        sensor = self.mapped[k].sensor.uncertainty if deviation is not None else None
        self._stated[k] |= deviation is not None
        found = self._meters[k].add(time, measured, predicted, sensor, deviation, runs.bounds)
        meters: list[GroupMeter | Trace] = list(self._groups[k])
        for meter, group in zip(meters, runs.groups, strict=True):
            meter.add(group, runs.count, found)
        cut = runs.groups[OF_SEGMENT] >= 0
        self._path[k].add(runs.groups[OF_SEGMENT][cut], runs.count[cut], found[cut])

    @property
    def latency(self) -> np.ndarray | None:
        """(sample,) [ms] where the recording has them."""
        return np.concatenate(self._latency) if self._latency else None

    def close(self) -> None:
        """No more blocks come."""
        self._pool.shutdown()

    def results(self, limits: Limits) -> tuple[ChannelResult, ...]:
        """What was found; channels without samples within the program are left out."""
        found = []
        for k, (row, meter) in enumerate(zip(self.mapped, self._meters, strict=True)):
            if meter.samples < 2:
                continue
            by_line, by_operation, by_segment, trace = self._groups[k]
            samples, square = self._same_time[:, k]
            found.append(
                ChannelResult(
                    mapped=row,
                    fidelity=meter.result(limits.of(row.name)),
                    rmse_same_time=float(np.sqrt(square / max(samples, 1))),
                    interpolation=self._run.interpolation_error(row.name),
                    stated=bool(self._stated[k]),
                    missing=int(self._missing[k]),
                    by_line=by_line.result(),
                    by_operation=by_operation.result(),
                    by_segment=by_segment,
                    path=self._path[k],
                    trace=trace,
                )
            )
        return tuple(found)


def operation_starts(run: PredictedRun) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] at which another tool begins (operation,), and the operation of each segment (segment,)."""
    tool = run.segments["tool"].values
    begins = np.diff(tool, prepend=tool[:1] - 1) != 0
    return run.segments["time_s"].values[begins, 0], np.cumsum(begins) - 1


def operations_of(run: PredictedRun, spans: Spans) -> tuple[Operation, ...]:
    """What each tool did, from its change to the next."""
    starts, of_segment = operation_starts(run)
    time, line = run.segments["time_s"].values, run.segments["line"].values
    tool, cutting = run.segments["tool"].values, run.segments["removed_mm3"].values > 0
    ends = np.append(starts[1:], run.duration)
    of_span = np.maximum(np.searchsorted(starts, spans.begins, side="right") - 1, 0)
    own = spans.of_machine
    measured, predicted = (np.bincount(of_span, v * own, len(starts)) for v in (spans.measured, spans.predicted))
    cut = np.bincount(of_segment, np.diff(time, axis=1)[:, 0] * cutting, len(starts))
    found = []
    for k in range(len(starts)):
        own = of_segment == k
        number = int(tool[own][0])
        name = f"T{number} {run.tools[number].name}" if number in run.tools else f"T{number}"
        seen = predicted[k] > 0
        found.append(
            Operation(
                name,
                (int(line[own].min()), int(line[own].max())),
                float(predicted[k]) if seen else float(ends[k] - starts[k]),
                float(measured[k]) if seen else float("nan"),
                float(cut[k] / max(ends[k] - starts[k], 1e-9)),
            )
        )
    return tuple(found)


def worst_of(channels: Sequence[ChannelResult], run: PredictedRun) -> tuple[Worst, ...]:
    """The lines in which each channel differs most, worst channels first."""
    source = run.program_text.splitlines()
    segments = run.segments
    line, middle = segments["line"].values, segments["time_s"].values.mean(axis=1)
    found = []
    for row in sorted(channels, key=lambda r: -r.severity):
        order = row.by_line.worst(1)
        if not order.size:
            continue
        number = int(row.by_line.line[order[0]])
        own = np.flatnonzero(line == number)
        position, time = None, float("nan")
        if own.size:
            within = row.by_segment.rmse[own]
            at = own[int(np.nanargmax(within))] if np.isfinite(within).any() else own[0]
            ends = segments["start_mm"].values[at], segments["end_mm"].values[at]
            x, y, z = (float(v) for v in (ends[0] + ends[1]) / 2)
            position, time = (x, y, z), float(middle[at])
        found.append(
            Worst(
                row.fidelity.channel,
                row.fidelity.unit,
                number,
                float(row.by_line.rmse[order[0]]),
                time,
                position,
                source[number - 1].strip() if 0 < number <= len(source) else "",
            )
        )
    return tuple(found[:WORST])
