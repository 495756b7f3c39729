"""The bench under load: cycles a second in lock-step, what is lost, how late the live difference is.

    python tests/benchmarks/bench_bench.py            # two minutes
    python tests/benchmarks/bench_bench.py --minutes 10   # and a run of ten minutes in real time

Needs LinuxCNC. A run of its own for each row; nothing else should run beside.
"""

import argparse
import resource
import sys
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parents[1] / "hardware" / "linuxcnc"))
from load_run import LAP, laps, measured

from hardware.linuxcnc.plants import IdealPlant
from hardware.simulated.plant import simulated_plant
from twin.scenario import load_scenario

MS = 1e-3


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
        counts = [f"{row.cycles:,}", f"{row.missing:,}", f"{row.cycles / row.wall:,.0f}"]
        table.add_row(row.what, str(row.channels), *counts, *late, f"{row.size / row.progress.samples:.0f}")
    console = Console(width=140)
    console.print(table)
    console.print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
