"""Draws stability.png and stability_error.png: a slot of the benchmark tool of 922 Hz, 2 teeth, two equal modes."""

from pathlib import Path

import numpy as np

from twin.cutting.dynamics.modes import Modes
from twin.cutting.stability import Milling
from twin.cutting.stability.limit import depth_limit
from twin.units import MM, RPM
from twin.view.stability import draw_map_error, draw_stability

HERE = Path(__file__).parent
KTC, KRC = 600e6, 200e6  # [Pa]
SCATTER = 0.15  # standard deviation over value, assumed for the picture


def main() -> None:
    modes = Modes(
        omega=np.full(2, 922 * 2 * np.pi),
        damping=np.full(2, 0.011),
        stiffness=np.full(2, 1_340_049.648),
        direction=np.eye(3)[:2],
    )
    milling = Milling(modes=modes, n_teeth=2, ktc=KTC, krc=KRC, entry=0.0, exit=np.pi)
    limit = depth_limit(
        milling,
        np.array([5000.0, 25000.0]) * RPM,
        deepest=0.9 * MM,
        flute_length=40 * MM,
        scatter=(SCATTER * KTC, SCATTER * KRC),
    )
    title = f"2 teeth, 922 Hz along x and y, slot; coefficients ± {SCATTER:.0%}"
    draw_stability(limit, None, title, HERE / "stability.png")
    draw_map_error(limit.chart, "2 teeth, 922 Hz, slot", HERE / "stability_error.png")


if __name__ == "__main__":
    main()
