"""Records a bench until Ctrl-C; run as a script by test_linuxcnc_faults.py. Argument: folder."""

import sys
from pathlib import Path

import numpy as np
from linuxcnc_bench import HEAD, options, scenario, source

from hardware.bench import record
from twin.formats.signals import write_signals

folder = Path(sys.argv[1])
still = {f"{axis}_actual_mm": np.zeros(4) for axis in "xyz"}
write_signals(folder / "signals.parquet", [{"time_s": np.arange(4) * 1e-3, **still, "line": np.arange(4)}], 1e-3)
long = HEAD + "o1 repeat [500]\nG1 X40 F3000\nG1 X0\no1 endrepeat\nM2\n"
opened = source(long, chosen=options(time_factor_ratio=2))
progress = record(opened, folder, "linuxcnc", scenario())
print("interrupted", progress.interrupted, "orderly", opened.outcome.orderly)
