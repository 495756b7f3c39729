"""Compensated programs in LinuxCNC's own interpreter: it accepts them and makes the same moves."""

import sys
from pathlib import Path

import numpy as np
import pytest

from twin.compensation.rewrite import compensate, path_shift
from twin.program import interpret, linearise

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "program"))
from program_oracle import TOOLS, assert_same, live_oracle_or_skip  # noqa: E402

pytestmark = pytest.mark.linuxcnc
HEAD = "G21 G90 G17 G94 G54\nT1 M6\nS8000 M3\n"
PROGRAMS = {
    "arcs": HEAD
    + "G0 X0 Y0 Z0\nG3 X20 Y20 I0 J20 F900\nG2 X60 Y20 R20\nG2 X60 Y20 I-15 J0\nG3 X60 Y20 Z-4 I-10 P2\nM30\n",
    "planes": HEAD + "G0 X0 Y0 Z0\nG18 G2 X20 Z0 I10 K0 F500\nG19 G3 Y30 Z0 J15 K0\nM30\n",
    "incremental": HEAD + "G0 X0 Y0 Z5\nG91\nG1 Z-6 F300\nX40\nG2 X10 Y-10 I0 J-10\nG1 Y-30\nG90 X0 Y0\nM30\n",
    "cutter": HEAD + "G0 X-20 Y-20 Z0\nG41 D1\nG1 X0 Y0 F500\nY30\nX30\nY0\nX0\nG40 G0 X-20 Y-20\nM30\n",
    "cycle": HEAD + "G0 X0 Y0 Z10\nG98 G83 X6 Y6 Z-12 R2 Q5 F200\nX60 Y6\nG80\nM30\n",
    "panel": (ROOT / "scenarios/rib_panel_7075/rib_panel_7075.nc").read_text(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_linuxcnc_makes_the_same_moves(name):
    """And those lie off the old ones by the correction, cutter compensation and the whole panel included."""
    oracle = live_oracle_or_skip()

    def read(text):
        return interpret(text, file="part.nc", tools=TOOLS)

    def against(move, fraction, tip):
        x, y, z = tip.T / 0.06
        return 2e-5 * np.stack([np.sin(x + y), np.cos(x - z), np.sin(y) * np.cos(z)], axis=-1)

    program = read(PROGRAMS[name])
    made = compensate(program, against, read, tolerance=2e-6, shortest=1e-3, resolution=1e-7)
    try:
        answer = oracle.ask(made.text)
    finally:
        oracle.close()
    assert answer["error"] is None
    assert_same(made.text, answer)
    path = linearise(program, chord_tolerance=1e-6, max_length=2e-3)
    cutting = ~path.rapid
    shift = path_shift(program, made, path.move, path.fraction[:, 0], later=True)[cutting]
    assert np.linalg.norm(shift - against(0, 0, path.start[cutting]), axis=1).max() < 1.3 * 2e-6 + 1e-7
