"""The picture of a simulated cut says what the chatter detection says."""

import matplotlib.pyplot as plt
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.time_domain import Milling, simulate
from twin.machine.tool import Tool
from twin.view import time_domain


def test_a_row_a_case_with_its_verdict(tmp_path, monkeypatch):
    tool = Tool(number=1, name="t", kind="flat", diameter=19e-3, n_teeth=4, flute_length=40e-3, stick_out=60e-3)
    modes = Modes(
        omega=np.full(2, 2 * np.pi * 500), damping=np.full(2, 0.02), stiffness=np.full(2, 8e6), direction=np.eye(3)[:2]
    )
    coefficients = CuttingCoefficients(ktc=695e6, krc=281e6, kac=0, kte=0, kre=0, kae=0)
    milling = Milling(spindle=785.4, feed_per_tooth=0.15e-3, depth=[3e-3, 5e-3], start=0.0, stop=np.pi)
    signals = simulate(tool, milling, coefficients, modes, n_revolutions=40, steps_per_revolution=400)
    drawn = []
    monkeypatch.setattr(plt, "close", drawn.append)
    time_domain.draw_time_domain(tmp_path / "cut.png", signals, ["3 mm", "5 mm"])
    titles = [axis.get_title(loc="left") for axis in drawn[0].axes[::4]]
    assert titles[0] == "3 mm: stable"
    assert titles[1].startswith("5 mm: chatter (Hopf) at ")
    assert (tmp_path / "cut.png").stat().st_size > 20_000
