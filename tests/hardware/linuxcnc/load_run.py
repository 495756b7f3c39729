"""Runs of the bench under load: laps round a square, recorded, counted and timed."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from linuxcnc_bench import HEAD, options, scenario

from hardware.bench import Progress, record
from hardware.linuxcnc.source import LinuxcncSource
from hardware.recording import open_recording
from twin.formats.signals import write_signals

LAP = 2.0  # [s] of one lap at F3000: 100 mm


@dataclass
class Row:
    """One run."""

    what: str
    progress: Progress
    wall: float  # [s] from the first line of the program to its end
    cycles: int  # in that time
    channels: int
    size: int  # [bytes]
    missing: int  # numbers between the first and the last sample that are not on disk


def laps(n: int) -> str:
    """A program of ``n`` laps round a square of 25 mm with rounded corners."""
    square = "".join(f"G1 X{x} Y{y} F3000\n" for x, y in ((25, 0), (25, 25), (0, 25), (0, 0)))
    return HEAD + f"G64 P0.05\nS8000 M3\nG0 X0 Y0 Z5\no1 repeat [{n}]\n{square}o1 endrepeat\nM2\n"


def prediction(folder: Path) -> None:
    """A path that the live difference compares with: one lap."""
    s = np.arange(2000) * 0.05
    x, y = np.clip(np.minimum(s, 75 - s), 0, 25), np.clip(np.minimum(s - 25, 100 - s), 0, 25)
    actual = {"x_actual_mm": x, "y_actual_mm": y, "z_actual_mm": np.full(2000, 5.0)}
    write_signals(
        folder / "signals.parquet", [{"time_s": np.arange(2000) * 1e-3, **actual, "line": np.full(2000, 8)}], 1e-3
    )


class Timed:
    """A source that notes when its program began and ended."""

    def __init__(self, source):
        self.source, self.began, self.ended, self.cycles = source, None, None, 0

    def __getattr__(self, name):
        return getattr(self.source, name)

    def __enter__(self):
        self.source.__enter__()
        return self

    def __exit__(self, *problem):
        self.source.__exit__(*problem)

    def blocks(self):
        for block in self.source.blocks():
            if (block.values["line"] > 0).any():
                now = time.perf_counter()
                self.began = now if self.began is None else self.began
                self.ended = now
                self.cycles += len(block)
            yield block


def measured(what: str, program: str, make_plant, factor: float, job=None) -> Row:
    """One run of ``program``, recorded."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        prediction(run)
        source = Timed(LinuxcncSource(options(time_factor_ratio=factor), job or scenario(), make_plant, program))
        progress = record(source, run, what, job or scenario())
        assert progress.finished, (progress.why, progress.messages)
        number = np.concatenate(
            [np.arange(b.first, b.first + len(b)) for b in open_recording(progress.recording).blocks()]
        )
        assert (np.diff(number) > 0).all() and len(number) == progress.samples
        return Row(
            what,
            progress,
            source.ended - source.began,
            source.cycles,
            len(source.channels),
            progress.recording.stat().st_size,
            int(number[-1] - number[0]) + 1 - len(number),
        )
