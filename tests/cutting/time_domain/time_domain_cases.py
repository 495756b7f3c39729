"""Tools, modes and cuts of the tests in time."""

import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.time_domain import Milling
from twin.machine.tool import Tool

RPM = 2 * np.pi / 60
SLOT = (0.0, np.pi)


def make_tool(**changes) -> Tool:
    """A flat end mill of 19 mm with 4 straight teeth."""
    values = dict(number=1, name="test", kind="flat", diameter=19e-3, n_teeth=4, flute_length=40e-3, stick_out=60e-3)
    return Tool(**(values | changes))


def make_coefficients(specific: float, angle: float, **changes) -> CuttingCoefficients:
    """From the specific force [Pa] and the angle [deg] of Schmitz and Smith, without edge forces."""
    values = dict(
        ktc=specific * np.sin(np.radians(angle)), krc=specific * np.cos(np.radians(angle)), kac=0, kte=0, kre=0, kae=0
    )
    return CuttingCoefficients(**(values | changes))


def make_modes(*rows) -> Modes:
    """Each row: frequency [Hz], damping ratio, stiffness [N/m], "x" (against the feed) or "y" (left)."""
    axis = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0)}
    return Modes(
        omega=np.array([2 * np.pi * row[0] for row in rows]),
        damping=np.array([row[1] for row in rows]),
        stiffness=np.array([row[2] for row in rows]),
        direction=np.array([axis[row[3]] for row in rows]).reshape(-1, 3),
    )


def make_milling(rpm, depth, arc=SLOT, feed_per_tooth=0.15e-3, **more) -> Milling:
    return Milling(
        spindle=np.asarray(rpm) * RPM, depth=depth, start=arc[0], stop=arc[1], feed_per_tooth=feed_per_tooth, **more
    )


def up(immersion: float) -> tuple[float, float]:
    """Arc of up milling at a radial immersion a/D."""
    return 0.0, float(np.arccos(1 - 2 * immersion))


def down(immersion: float) -> tuple[float, float]:
    return float(np.arccos(2 * immersion - 1)), np.pi


# Insperger and Stepan: 2 teeth, 922 Hz; the multipliers were found by spectral collocation, good to 8 digits
BENCHMARK_TOOL = make_tool(n_teeth=2)
BENCHMARK_COEFFICIENTS = CuttingCoefficients(ktc=6e8, krc=2e8, kac=0, kte=0, kre=0, kae=0)


def benchmark_modes(axes: str) -> Modes:
    return make_modes(*((922.0, 0.011, 1340049.648, axis) for axis in axes))
