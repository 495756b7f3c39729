"""The bench under load: cycles a second in lock-step, what is lost, how late the live difference is.

    python tests/benchmarks/bench_bench.py            # two minutes
    python tests/benchmarks/bench_bench.py --minutes 10   # and a run of ten minutes in real time

Needs LinuxCNC. A run of its own for each row; nothing else should run beside.
"""

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parents[1] / "hardware" / "linuxcnc"))
from linuxcnc_bench import HEAD, options, scenario

from hardware.bench import Progress, record
from hardware.linuxcnc.plants import IdealPlant
from hardware.linuxcnc.source import LinuxcncSource
from hardware.recording import open_recording
from hardware.simulated.plant import simulated_plant
from twin.formats.signals import write_signals
from twin.scenario import load_scenario

LAP = 2.0  # [s] of one lap at F3000: 100 mm
MS = 1e-3


@dataclass
class Row:
    """One run."""

    what: str
    progress: Progress
    wall: float  # [s] from the first line of the program to its end
    cycles: int  # in that time
    channels: int
    size: int  # [bytes]


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
        assert (np.diff(number) == 1).all() and len(number) == progress.samples
        return Row(
            what,
            progress,
            source.ended - source.began,
            source.cycles,
            len(source.channels),
            progress.recording.stat().st_size,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0.0, help="length of one more run in real time")
    minutes = parser.parse_args().minutes
    job = load_scenario("scenario=freeform_pocket", "controller=linuxcnc")
    simulated = partial(simulated_plant, job, seed=1)
    rows = [
        measured("real time, simulated plant", laps(10), simulated, 1, job),
        measured("10 times, simulated plant", laps(100), simulated, 10, job),
        measured("as fast as it goes, simulated plant", laps(200), simulated, 200, job),
        measured("as fast as it goes, ideal plant", laps(200), IdealPlant, 200),
    ]
    if minutes:
        rows.append(measured(f"real time, {minutes:g} min", laps(round(minutes * 60 / LAP)), simulated, 1, job))
    table = Table("run", "channels", "cycles", "lost", "cycles/s", "latency p50", "p99", "file B/sample")
    for row in rows:
        late = [f"{row.progress.latency.percentile(p) / MS:.1f} ms" for p in (50, 99)]
        counts = [f"{row.cycles:,}", f"{row.progress.lost:,}", f"{row.cycles / row.wall:,.0f}"]
        table.add_row(row.what, str(row.channels), *counts, *late, f"{row.size / row.progress.samples:.0f}")
    console = Console(width=140)
    console.print(table)
    console.print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
