"""Draws time_domain.png: down milling that is stable and that chatters, in time."""

from pathlib import Path

import numpy as np

from twin.cutting import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.time_domain import Milling, simulate
from twin.machine.tool import Tool
from twin.units import MM, RPM
from twin.view.time_domain import draw_time_domain

HERE = Path(__file__).parent


def main() -> None:
    tool = Tool(
        number=1, name="19 mm, 4 teeth", kind="flat", diameter=19 * MM, n_teeth=4, flute_length=40 * MM,
        stick_out=60 * MM,
    )  # fmt: skip
    modes = Modes(
        omega=np.full(2, 2 * np.pi * 500), damping=np.full(2, 0.02), stiffness=np.full(2, 8e6), direction=np.eye(3)[:2]
    )
    coefficients = CuttingCoefficients(ktc=695e6, krc=281e6, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
    depths = np.array([1.0, 2.5])
    cut = Milling(spindle=6000 * RPM, feed_per_tooth=0.15 * MM, depth=depths * MM, start=np.pi / 2, stop=np.pi)
    signals = simulate(tool, cut, coefficients, modes, n_revolutions=80, steps_per_revolution=800)
    draw_time_domain(HERE / "time_domain.png", signals, [f"half immersion, {depth:g} mm" for depth in depths])


if __name__ == "__main__":
    main()
