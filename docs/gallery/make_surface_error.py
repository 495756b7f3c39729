"""Draws surface_error.png: down milling with the benchmark tool of 922 Hz, over speed and depth."""

from pathlib import Path

import numpy as np
from gallery_cases import window_contact

from twin.cutting import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.form import surface_error
from twin.cutting.stability import Milling, stability_chart
from twin.machine.tool import Tool
from twin.units import MM, RPM
from twin.view.maps import draw_surface_error_map

HERE = Path(__file__).parent


def main() -> None:
    """A tenth of the diameter wide, 0.1 mm a tooth, straight teeth: the error grows in proportion to the depth."""
    modes = Modes(
        omega=np.array([922 * 2 * np.pi]),
        damping=np.array([0.011]),
        stiffness=np.array([1_340_049.648]),
        direction=np.array([[0.0, 1.0, 0.0]]),
    )
    coefficients = CuttingCoefficients(ktc=6e8, krc=2e8, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
    tool = Tool(
        number=1, name="20 mm, 2 teeth", kind="flat", diameter=20 * MM, n_teeth=2, flute_length=50 * MM,
        stick_out=60 * MM,
    )  # fmt: skip
    entry = np.pi - np.arccos(0.8)
    speeds, depths = np.linspace(5000, 30000, 256) * RPM, np.linspace(0.05, 4, 80) * MM
    touch, mills = window_contact(tool, 1 * MM, entry, np.pi, len(speeds))
    feed = 0.1 * MM * tool.n_teeth * speeds / (2 * np.pi)
    per_depth = surface_error(touch, feed, speeds, mills, coefficients, modes).deviation[:, 1, 0] / (1 * MM)
    milling = Milling(
        modes=modes, n_teeth=2, ktc=coefficients.ktc, krc=coefficients.krc, entry=entry, exit=np.pi
    )  # fmt: skip
    stable = stability_chart(milling, speeds, depths).stable.T
    figure = draw_surface_error_map(speeds, depths, depths[:, None] * per_depth[None], stable)
    figure.savefig(HERE / "surface_error.png", dpi=100)


if __name__ == "__main__":
    main()
