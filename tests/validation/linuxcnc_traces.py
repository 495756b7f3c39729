"""Predicted motion beside what LinuxCNC commanded, with the limits of its ini file and nothing fitted.

    python tests/validation/linuxcnc_traces.py

`apart` is the distance between both positions at the same time. It holds the difference of the two clocks, which
grows with every corner that one of them passes faster. Ours differs from LinuxCNC's planner in that a ramp may end
within a servo step (LinuxCNC's end with one), and in that the slower leg's feed also holds on the arc that rounds a
corner.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "motion"))

from linuxcnc_trace import compare, rms_speed_error

print(f"{'program':10}{'LinuxCNC s':>12}{'twin %':>9}{'path um':>9}{'speed RMS %':>13}{'apart um':>16}{'largest':>9}")
for name in ("minute", "zigzag", "spline", "trochoid"):
    c = compare(name)
    print(
        f"{name:10}{c.duration:12.3f}{100 * (c.motion.duration / c.duration - 1):9.3f}{c.distance.max() * 1e6:9.1f}"
        f"{100 * rms_speed_error(c):13.2f}{np.mean(c.apart) * 1e6:16.0f}{c.apart.max() * 1e6:9.0f}"
    )
