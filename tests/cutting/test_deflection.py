"""Tool deflection against the textbook cantilever and against a direct integration of the beam."""

from dataclasses import replace

import numpy as np
import pytest
from cutting_cases import loads_of, make_contact, make_tool
from scipy.integrate import quad

from twin.cutting import static_deflection
from twin.cutting.deflection import POISSON, SHEAR_COEFFICIENT, beams, compliance
from twin.errors import InputError
from twin.machine.tool import Tool

RIGID = 1e30
MILL = make_tool(runout=8e-6, runout_angle=0.4)
TOOL = Tool(
    number=1,
    name="D10",
    kind="flat",
    diameter=10e-3,
    n_teeth=3,
    flute_length=30e-3,
    stick_out=30e-3,
    core_ratio=1.0,
    holder_stiffness=RIGID,
    holder_tilt_stiffness=RIGID,
)


def test_slender_cantilever():
    """F L^3 / 3 E I; a carbide bar of 10 mm, 200 mm long, where shear is 0.2 %."""
    tool = replace(TOOL, flute_length=0.2, stick_out=0.2)
    exact = 0.2**3 / (3 * 600e9 * np.pi * 0.01**4 / 64)
    assert compliance(beams([tool]), 0, 0.0, 0.0) == pytest.approx(exact, rel=2e-3)
    assert compliance(beams([tool]), 0, 0.0, 0.0) > exact


def test_load_above_the_tip():
    """A load at distance a from the clamp moves the tip by F a^2 (3 L - a) / 6 E I."""
    tool = replace(TOOL, flute_length=0.2, stick_out=0.2)
    a, length = 0.15, 0.2
    exact = a**2 * (3 * length - a) / (6 * 600e9 * np.pi * 0.01**4 / 64)
    assert compliance(beams([tool]), 0, length - a, 0.0) == pytest.approx(exact, rel=3e-3)


def test_stepped_beam_equals_direct_integration():
    tool = replace(TOOL, flute_length=22e-3, stick_out=45e-3, core_ratio=0.8, shank_diameter=12e-3)
    height = 6e-3

    def diameter(z):
        return 8e-3 if z < 22e-3 else 12e-3

    def rate(z):
        inertia = np.pi * diameter(z) ** 4 / 64
        shear = SHEAR_COEFFICIENT * 600e9 / (2 * (1 + POISSON)) * np.pi * diameter(z) ** 2 / 4
        return z * (z - height) / (600e9 * inertia) + 1 / shear

    exact = quad(rate, height, 22e-3)[0] + quad(rate, 22e-3, 45e-3)[0]
    assert compliance(beams([tool]), 0, height, 0.0) == pytest.approx(exact, rel=1e-10)


def test_holder_gives_way_and_tilts():
    tool = replace(TOOL, youngs_modulus=1e30, holder_stiffness=2e7, holder_tilt_stiffness=1e6)
    assert compliance(beams([tool]), 0, 0.0, 0.0) == pytest.approx(1 / 2e7 + 0.03**2 / 1e6)
    assert compliance(beams([tool]), 0, 0.01, 0.0) == pytest.approx(1 / 2e7 + 0.03 * 0.02 / 1e6)


def test_negative_stiffness_is_refused():
    with pytest.raises(InputError, match="T1 'D10': a stiffness is not positive"):
        compliance(beams([replace(TOOL, holder_stiffness=-1.0)]), 0, 0.0, 0.0)


def test_deflection_is_reciprocal_and_falls_towards_the_holder():
    tool = replace(
        TOOL, flute_length=22e-3, stick_out=45e-3, core_ratio=0.8, shank_diameter=12e-3, holder_stiffness=2e7
    )
    assert compliance(beams([tool]), 0, 3e-3, 11e-3) == pytest.approx(
        float(compliance(beams([tool]), 0, 11e-3, 3e-3)), rel=1e-13
    )
    heights = np.linspace(0, 45e-3, 10)
    assert np.all(np.diff(np.asarray(compliance(beams([tool]), 0, heights, heights))) < 0)
    assert compliance(beams([tool]), 0, 45e-3, 45e-3) == pytest.approx(1 / 2e7)


def test_the_wall_gets_the_force_of_the_instant_that_shapes_it():
    """Down-milling with the wall on the right: its force; in a slot: the mean; nothing along the axis."""
    right = [(np.pi - 0.5, np.pi)], loads_of(MILL, 8e-3, [(np.pi - 0.5, np.pi)], 50e-6).force_right
    slot = [(0.0, np.pi)], loads_of(MILL, 8e-3, [(0.0, np.pi)], 50e-6).force_mean
    for arcs, force in (right, slot):
        touch, mills = make_contact(MILL, 8e-3, arcs)
        found = static_deflection(touch, loads_of(MILL, 8e-3, arcs, 50e-6), beams([MILL]))
        expected = np.asarray(force[0]) * [1, 1, 0] * float(compliance(beams([MILL]), 0, 4e-3, 4e-3))
        assert found[0] == pytest.approx(expected, rel=1e-12)
    touch, mills = make_contact(MILL, 0.0, [])
    assert np.all(static_deflection(touch, loads_of(MILL, 0.0, [], 50e-6), beams([MILL])) == 0)
