"""Schmitz and Smith, Machining Dynamics, chapter 4, and Ghosh and Mallik, example 4.15.

Their forces act on the workpiece in x = feed, y = right of the feed; ours act on the tool: Fx = -ahead, Fy = left.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import loads_of, make_contact, make_tool

from twin.cutting import CuttingCoefficients
from twin.cutting.edge import edge_elements
from twin.cutting.instant import instant_force

STRAIGHT = make_tool(diameter=19e-3, helix=0.0)
UP, DOWN = (0.0, np.pi / 3), (2 * np.pi / 3, np.pi)  # 25 % radial immersion
EXAMPLE_4_2 = CuttingCoefficients(ktc=750e6, krc=250e6, kac=0.0, kte=0.0, kre=0.0, kae=0.0)


def test_example_4_2_up():
    loads = loads_of(STRAIGHT, 5e-3, [UP], 0.1e-3, EXAMPLE_4_2)
    assert loads.force_peak[0, 0] == pytest.approx(-260.1424, rel=1e-6)
    assert loads.force_peak[0, 1] == pytest.approx(227.1234, rel=1e-6)
    assert loads.resultant_peak[0] == pytest.approx(342.3266, rel=1e-6)
    assert loads.force_mean[0] == pytest.approx([-113.9622, 43.4714, 0.0], abs=1e-4)
    assert loads.torque_mean[0] == pytest.approx(1.13398, abs=1e-5)


def test_example_4_2_down():
    loads = loads_of(STRAIGHT, 5e-3, [DOWN], 0.1e-3, EXAMPLE_4_2)
    assert loads.force_peak[0, 0] == pytest.approx(135.1424, rel=1e-6)
    assert loads.force_peak[0, 1] == pytest.approx(335.3766, rel=1e-6)
    assert loads.resultant_peak[0] == pytest.approx(342.3266, rel=1e-6)
    # x by hand, the integral from 120 to 180 degrees: 0.1 * 5 * 4 / 2 pi * (750 * 3/8 - 250 * (pi/6 - sqrt(3)/8))
    assert loads.force_mean[0, 0] == pytest.approx((281.25 - 250 * (np.pi / 6 - 3**0.5 / 8)) / np.pi, rel=1e-9)
    assert loads.force_mean[0, 1] == pytest.approx(103.1545, abs=1e-4)
    assert loads.torque_mean[0] == pytest.approx(1.13398, abs=1e-5)


def test_example_4_2_smallest_force_across():
    """Fy of the up-milling case goes down to -10.1424 N within the revolution."""
    touch, mills = make_contact(STRAIGHT, 5e-3, [UP])
    edge = edge_elements(touch, jnp.ones(1, dtype=bool), mills)
    rotation = jnp.linspace(0.0, np.pi / 3, 20001)[:, None]
    force = instant_force(edge, jnp.asarray([4 * 0.1e-3]), EXAMPLE_4_2, rotation)
    assert jnp.min(force[1]) == pytest.approx(-10.1424, abs=1e-4)


EXAMPLE_4_16 = {
    "feed": np.array([0.05, 0.1, 0.15, 0.2, 0.25]) * 1e-3,
    "fx": [39.6655, 63.4155, 87.1655, 110.9155, 134.6655],
    "fy": [101.4824, 190.2324, 278.9824, 367.7324, 456.4824],
    "fz": [-25.1197, -40.2394, -55.3592, -70.4789, -85.5986],
    "coefficients": CuttingCoefficients(ktc=710e6, krc=190e6, kac=95e6, kte=4e3, kre=5e3, kae=2e3),
}


def slot_means() -> np.ndarray:
    tool = make_tool(n_teeth=2)
    case = EXAMPLE_4_16
    means = [loads_of(tool, 5e-3, [(0.0, np.pi)], ft, case["coefficients"]).force_mean[0] for ft in case["feed"]]
    return np.array(means) * [-1, 1, 1]


def test_example_4_16_means():
    printed = np.array([EXAMPLE_4_16[name] for name in ("fx", "fy", "fz")]).T
    assert slot_means() == pytest.approx(printed, abs=6e-5)  # four digits are printed


def test_example_4_16_regression_returns_the_coefficients():
    """A straight line through the mean forces over feed, solved for the six coefficients."""
    n_teeth, depth = 2, 5e-3
    slope, intercept = np.polyfit(EXAMPLE_4_16["feed"], slot_means(), 1)
    found = [
        4 * slope[1] / (n_teeth * depth),
        4 * slope[0] / (n_teeth * depth),
        -np.pi * slope[2] / (n_teeth * depth),
        np.pi * intercept[1] / (n_teeth * depth),
        np.pi * intercept[0] / (n_teeth * depth),
        -2 * intercept[2] / (n_teeth * depth),
    ]
    assert found == pytest.approx([710e6, 190e6, 95e6, 4e3, 5e3, 2e3], rel=1e-10)


def test_slab_mill_power():
    """Ghosh and Mallik, example 4.15: 15 mm/min, 60 rpm, 1 mm deep, 20 mm wide, 17.54 J/mm3: 87.7 W."""
    tool = make_tool(diameter=50e-3, n_teeth=20, helix=0.0)
    spindle = 2 * np.pi
    immersion = np.arccos(1 - 1.0 / 25)
    coefficients = CuttingCoefficients(ktc=17.54e9, krc=0.0, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
    loads = loads_of(tool, 20e-3, [(0.0, immersion)], 15e-3 / 60 / 20, coefficients, spindle=spindle)
    assert loads.power_mean[0] == pytest.approx(87.7, rel=1e-3)
