"""Energy: mean torque times spindle speed is the cutting energy rate, whatever the tool's shape.

ktc times the volume removed a second, from the cross-section of the cut, plus kte times the edge length that rubs,
times its speed; the geometry is computed here by quadrature over the profile, apart from the code under test.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, OMEGA, make_engagement, make_path, make_tool
from scipy.integrate import quad

from twin.cutting import contact, cutters, loads

DEPTH, FEED = 4e-3, 0.02
BALL = make_tool(number=2, kind="ball", diameter=12e-3)
BULL = make_tool(number=3, kind="bull", diameter=16e-3, corner_radius=3e-3)
TAPER = make_tool(
    number=4, kind="taper", diameter=12e-3, tip_diameter=4e-3, corner_radius=2e-3, taper_angle=np.radians(10)
)
DRILL = make_tool(number=5, kind="drill", diameter=12e-3, n_teeth=2, point_angle=np.radians(118))
UNEVEN = make_tool(number=6, pitch=tuple(np.radians([80, 100, 85, 95])))
PLAIN = [
    make_tool(),
    BALL,
    BULL,
    TAPER,
    DRILL,
    *(make_tool(number=k, helix=np.radians(angle)) for k, angle in enumerate((0, 15, 45, -30), start=10)),
]
UNLIKE = [make_tool(), UNEVEN, make_tool(number=7, runout=15e-6, runout_angle=0.3)]


def radius_at(tool, z):
    """Cutting radius at height z, from the definition of each kind."""
    if tool.kind == "ball":
        return np.sqrt(max(2 * tool.radius * z - z * z, 0.0)) if z < tool.radius else tool.radius
    if tool.kind == "bull":
        corner = tool.corner_radius
        return tool.radius - corner + (np.sqrt(2 * corner * z - z * z) if z < corner else corner)
    if tool.kind == "taper":
        corner, angle = tool.corner_radius, tool.taper_angle
        tangent = corner * (1 - np.sin(angle))
        if z < tangent:
            return np.sqrt(2 * corner * z - z * z)
        return min(corner * np.cos(angle) + (z - tangent) * np.tan(angle), tool.radius)
    return tool.radius


def straight(tools, arcs, direction=(1.0, 0.0, 0.0), coefficients=ALUMINIUM, depth=DEPTH):
    """Loads of one segment for each tool, all in one call."""
    mills = cutters(tools)
    path = make_path([direction] * len(tools), tool=[tool.number for tool in tools])
    touch = contact(make_engagement(depth, arcs, len(tools)), path, mills)
    return loads(touch, jnp.full(len(tools), FEED), jnp.full(len(tools), OMEGA), mills, coefficients)


def radius_integral(tool, depth, along):
    """Integral of the radius up to ``depth`` over height or along the edge: over the corner's angle, then above it."""
    corner = {"ball": tool.radius, "flat": 0.0}.get(tool.kind, tool.corner_radius)
    end = np.pi / 2 - tool.taper_angle if corner < depth else np.arccos(1 - depth / corner)
    top = corner * (1 - np.cos(end))

    def on_corner(angle):
        rate = corner if along == "edge" else corner * np.sin(angle)
        return radius_at(tool, corner * (1 - np.cos(angle))) * rate

    rest = quad(lambda z: radius_at(tool, z), top, depth, epsabs=0)[0] if depth > top else 0.0
    stretch = 1 / np.cos(tool.taper_angle) if along == "edge" else 1.0
    return (quad(on_corner, 0, end, epsabs=0)[0] if corner else 0.0) + stretch * rest


@pytest.mark.parametrize("arc", [(0.0, np.pi), (0.0, 1.0), (2.3, np.pi), (0.7, 1.9)])
def test_torque_of_side_milling(arc):
    """Removal rate: feed times the integral of radius over depth, times (cos start - cos end)."""
    result = straight(PLAIN, [arc])
    for row, tool in enumerate(PLAIN[:4]):
        removal = FEED * radius_integral(tool, DEPTH, "height") * (np.cos(arc[0]) - np.cos(arc[1]))
        rubbing = tool.n_teeth * radius_integral(tool, DEPTH, "edge") * (arc[1] - arc[0]) / (2 * np.pi) * OMEGA
        expected = ALUMINIUM.ktc * removal + ALUMINIUM.kte * rubbing
        assert result.power_mean[row] == pytest.approx(expected, rel=1e-9), tool.kind
        assert result.torque_mean[row] * OMEGA == pytest.approx(expected, rel=1e-9), tool.kind


def test_plunge_of_an_end_mill_removes_its_disk():
    coefficients = ALUMINIUM
    result = straight(PLAIN, [(0.0, 2 * np.pi)], (0.0, 0.0, -1.0))
    tool = PLAIN[0]
    area = np.pi * tool.radius**2
    rubbing = tool.n_teeth * tool.radius**2 / 2 * OMEGA
    assert result.power_mean[0] == pytest.approx(coefficients.ktc * area * FEED + coefficients.kte * rubbing, rel=1e-12)
    thrust = (coefficients.krc * FEED * 2 * np.pi / OMEGA + coefficients.kre * tool.n_teeth) * tool.radius
    assert result.force_mean[0] == pytest.approx([0, 0, thrust], rel=1e-12, abs=1e-9)
    # the ball's tip removes the disk that it has reached
    reached = radius_at(BALL, DEPTH)
    only_chip = straight(PLAIN, [(0.0, 2 * np.pi)], (0.0, 0.0, -1.0), CHIP_ONLY)
    assert only_chip.power_mean[1] == pytest.approx(CHIP_ONLY.ktc * np.pi * reached**2 * FEED, rel=1e-12)


CHIP_ONLY = ALUMINIUM.__class__(ktc=750e6, krc=0.0, kac=0.0, kte=0.0, kre=0.0, kae=0.0)


def test_ramp_removes_what_side_and_bottom_sweep():
    """Down a slope of 30 degrees all round: side (half a cylinder's front) and bottom (the whole disk)."""
    slope = np.radians(30)
    result = straight(PLAIN, [(0.0, 2 * np.pi)], (np.cos(slope), 0, -np.sin(slope)), CHIP_ONLY)
    tool = PLAIN[0]
    removal = FEED * (np.cos(slope) * 2 * tool.radius * DEPTH + np.sin(slope) * np.pi * tool.radius**2)
    assert result.power_mean[0] == pytest.approx(CHIP_ONLY.ktc * removal, rel=1e-12)


def test_ball_pulled_up_a_slope_cuts_only_where_it_advances_into_material():
    """The same volume as the projection of the wetted sphere onto the feed, where that is positive."""
    slope = np.radians(40)
    result = straight(PLAIN, [(0.0, 2 * np.pi)], (np.cos(slope), 0, np.sin(slope)), CHIP_ONLY, depth=BALL.radius)

    def rate(kappa):
        """Integral over phi of the positive part of the feed's normal component, times the ring's radius."""
        side, down = np.cos(slope) * np.sin(kappa), -np.sin(slope) * np.cos(kappa)
        if side <= -down:
            return 0.0
        start = np.arcsin(-down / side)
        return (2 * side * np.cos(start) + down * (np.pi - 2 * start)) * BALL.radius**2 * np.sin(kappa)

    removal = FEED * quad(rate, slope, np.pi / 2)[0]
    assert result.power_mean[1] == pytest.approx(CHIP_ONLY.ktc * removal, rel=5e-3)


def test_drill():
    """Torque from the ring outside the chisel edge; thrust from lips and chisel edge."""
    coefficients = ALUMINIUM.__class__(ktc=750e6, krc=250e6, kac=200e6, kte=15e3, kre=20e3, kae=2e3, chisel=2.3e9)
    depth = DRILL.tip_height + 2e-3  # lips fully in, margins cut nothing
    slices = 16
    level = np.linspace(0, depth, slices + 1)
    result = straight(PLAIN, [(0.0, 2 * np.pi)], (0.0, 0.0, -1.0), coefficients, depth=depth)
    web, outer = DRILL.web_ratio * DRILL.radius, DRILL.radius
    per_revolution = FEED * 2 * np.pi / OMEGA
    half_point = DRILL.point_angle / 2
    lip = (outer - web) / np.sin(half_point)
    ring = np.pi * (outer**2 - web**2)
    power = 750e6 * ring * FEED + 15e3 * DRILL.n_teeth * lip * (outer + web) / 2 * OMEGA
    assert np.any(level > DRILL.tip_height)
    assert result.power_mean[4] == pytest.approx(power, rel=2e-2)  # one slice straddles the end of the lip
    normal = (250e6 * per_revolution * np.sin(half_point) + 20e3 * DRILL.n_teeth) * lip
    thrust = normal * np.sin(half_point) + 2.3e9 * web * per_revolution
    assert result.force_mean[4, 2] == pytest.approx(thrust, rel=3e-2)
    assert result.force_mean[4, :2] == pytest.approx(0.0, abs=1e-9)
    # with the point exactly in, no slice straddles
    exact = straight(PLAIN, [(0.0, 2 * np.pi)], (0.0, 0.0, -1.0), coefficients, depth=DRILL.tip_height)
    assert exact.force_mean[4, 2] == pytest.approx(thrust, rel=1e-6)


def test_mean_torque_does_not_depend_on_helix():
    result = straight(PLAIN, [(0.4, 1.7)])
    torque, force = np.asarray(result.torque_mean), np.asarray(result.force_mean)
    right, straight_edge, left = [0, 6, 7], 5, 8  # helix 30, 15, 45; 0; -30 degrees
    assert torque[[*right, straight_edge, left]] == pytest.approx(torque[0], rel=1e-13)
    for row in right:
        assert force[row] == pytest.approx(force[0], rel=1e-12)
    assert force[left] == pytest.approx(force[0] * [1, 1, -1], rel=1e-12)
    assert force[straight_edge] == pytest.approx(force[0] * [1, 1, 0], rel=1e-12)


def test_pitch_does_not_change_the_mean():
    result = straight(UNLIKE, [(0.4, 1.7)])
    assert result.force_mean[1] == pytest.approx(np.asarray(result.force_mean[0]), rel=1e-12)


def test_runout_changes_the_mean_only_through_the_edge():
    """One revolution removes the same chip; with 15 um of runout on 63 um a tooth, some teeth rub less of it."""
    chip = straight(UNLIKE, [(0.0, 0.5)], coefficients=CHIP_ONLY)
    assert chip.torque_mean[2] == pytest.approx(float(chip.torque_mean[0]), rel=1e-13)
    whole = straight(UNLIKE, [(0.0, 0.5)])
    assert whole.torque_mean[2] < whole.torque_mean[0] * 0.99
