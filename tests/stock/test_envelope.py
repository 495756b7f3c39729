"""The closed-form swept envelope against its definition: the minimum over tool positions, by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock.envelope import (
    lag,
    move_frame,
    profile,
    profile_height,
    profile_radius,
    profile_slope,
    profile_table,
    swept_height,
)

COMMON = dict(n_teeth=2, flute_length=0.02, stick_out=0.04)
TOOLS = {
    "flat": Tool(number=1, name="flat", kind="flat", diameter=10e-3, **COMMON),
    "face": Tool(number=2, name="face", kind="face", diameter=50e-3, **COMMON),
    "ball": Tool(number=3, name="ball", kind="ball", diameter=10e-3, **COMMON),
    "bull": Tool(number=4, name="bull", kind="bull", diameter=12e-3, corner_radius=2e-3, **COMMON),
    "full bull": Tool(number=5, name="full", kind="bull", diameter=6e-3, corner_radius=3e-3, **COMMON),
    "ball taper": Tool(
        number=6,
        name="bt",
        kind="taper",
        diameter=8e-3,
        tip_diameter=2e-3,
        corner_radius=1e-3,
        taper_angle=0.2,
        **COMMON,
    ),
    "flat taper": Tool(number=7, name="ft", kind="taper", diameter=8e-3, tip_diameter=2e-3, taper_angle=0.8, **COMMON),
    "drill": Tool(number=8, name="drill", kind="drill", diameter=4e-3, point_angle=np.deg2rad(118), **COMMON),
}


def cutter_height(tool: Tool, r: np.ndarray) -> np.ndarray:
    """Height of the cutter's surface at radius r [m], from the tool's drawing, inf outside."""
    if tool.kind == "ball":
        z = tool.radius - np.sqrt(np.maximum(tool.radius**2 - r**2, 0))
    elif tool.kind == "bull":
        a, c = np.maximum(r - (tool.radius - tool.corner_radius), 0), tool.corner_radius
        z = c - np.sqrt(np.maximum(c * c - a * a, 0))
    elif tool.kind == "taper" and tool.corner_radius:
        c, angle = tool.corner_radius, tool.taper_angle
        # a cone tangent to a sphere: its apex lies c / sin(angle) below the sphere's centre
        cone = c - c / np.sin(angle) + r / np.tan(angle)
        z = np.where(r < c * np.cos(angle), c - np.sqrt(np.maximum(c * c - r * r, 0)), cone)
    elif tool.kind == "taper":
        z = np.maximum(r - tool.tip_diameter / 2, 0) / np.tan(tool.taper_angle)
    elif tool.kind == "drill":
        z = r / np.tan(tool.point_angle / 2)
    else:
        z = np.zeros_like(r)
    return np.where(r <= tool.radius, z, np.inf)


@pytest.mark.parametrize("name", TOOLS)
@settings(max_examples=150, deadline=None)
@given(
    s=st.floats(-1.2, 2.2),
    w=st.floats(-1.05, 1.05),
    length=st.floats(0.01, 2.0),
    slope=st.one_of(st.just(0.0), st.floats(-6, 6)),
)
def test_swept_height_is_the_minimum_over_positions(name, s, w, length, slope):
    """Lengths in tool radii; a dense search with a second, local one is exact to the search step's square."""
    tool = TOOLS[name]
    p, radius = profile(tool), tool.radius
    s, w, length = s * radius, w * radius, length * radius
    z, along = swept_height(p, s, w, length, slope)

    def height(u):
        return slope * u + cutter_height(tool, np.hypot(w, s - u))

    reach = np.sqrt(max(radius**2 - w**2, 0)) * (1 - 1e-12)
    low, high = max(0.0, s - reach), min(length, s + reach)
    if abs(w) > radius or low > high:
        assert abs(w) > radius * (1 - 1e-9) or low > high - 1e-9 or z == np.inf
        return
    for _ in range(4):
        u = np.linspace(low, high, 401)
        best = int(np.argmin(height(u)))
        low, high = u[max(best - 1, 0)], u[min(best + 1, 400)]
    expected = height(u)[best]
    assert z == pytest.approx(expected, abs=2e-9)
    assert 0 <= along <= length
    assert slope * along + cutter_height(tool, np.minimum(np.hypot(w, s - along), radius)) == pytest.approx(z, abs=2e-9)


@pytest.mark.parametrize("name", TOOLS)
def test_profile_functions_agree(name):
    """Height and radius are inverse to each other, the slope is the height's derivative."""
    tool = TOOLS[name]
    p = profile(tool)
    for r in np.linspace(0.02, 0.98, 49) * tool.radius:
        z = profile_height(p, r)
        assert z == pytest.approx(float(cutter_height(tool, np.array(r))), abs=1e-12)
        if z > 1e-9:
            assert profile_radius(p, z) == pytest.approx(r, abs=1e-9)
        step = 1e-7 * tool.radius
        difference = (profile_height(p, r + step) - profile_height(p, r - step)) / (2 * step)
        assert profile_slope(p, r) == pytest.approx(difference, rel=1e-4, abs=1e-6)
    assert profile_radius(p, tool.tip_height) == pytest.approx(tool.radius, abs=1e-12)
    assert profile_radius(p, tool.tip_height + 1e-3) == pytest.approx(tool.radius, abs=1e-9)


@pytest.mark.parametrize("name", TOOLS)
def test_lag_stays_under_the_tool(name):
    p = profile(TOOLS[name])
    for w in np.linspace(-1, 1, 21) * p["radius"]:
        for climb in (0.0, 0.1, 1.0, 10.0, 1e4):
            assert 0 <= lag(p, w, climb) <= np.sqrt(max(p["radius"] ** 2 - w**2, 0)) + 1e-10


def test_frame_of_plunge_and_slope():
    """A plunge is measured from its lower end, whichever way it goes."""
    low, high = np.array([1.0, 2.0, -0.5]), np.array([1.0, 2.0, 0.5])
    for start, end in ((low, high), (high, low)):
        x, y, z, _, _, length, slope = move_frame(start, end)
        assert (x, y, z, length, slope) == (1.0, 2.0, -0.5, 0.0, 0.0)
    *_, ax, ay, length, slope = move_frame(np.zeros(3), np.array([3.0, 4.0, -1.0]))
    assert (ax, ay, length, slope) == pytest.approx((0.6, 0.8, 5.0, -0.2))


def path(tool, rapid):
    """Moves without length, one a line from line 10 on."""
    n, at = len(tool), np.zeros((len(tool), 3))
    up = at + [0.0, 0.0, 1.0]
    feed, fraction = np.full(n, 0.01), np.tile([0.0, 1.0], (n, 1))
    rapid, tool, count = np.array(rapid), np.array(tool, np.int32), np.arange(n, dtype=np.int32)
    return Toolpath(at, at, up, up, rapid, feed, tool, feed, np.zeros(n, np.int8), count + 10, count, fraction)


def test_unknown_tool_names_the_line():
    with pytest.raises(InputError, match="part.nc:11: tool T9 is not in the tool table"):
        profile_table({1: TOOLS["flat"]}, path([1, 9, 1], [False] * 3), "part.nc")


def test_empty_spindle_may_only_move_at_rapid():
    profiles, row = profile_table({1: TOOLS["flat"]}, path([0, 1], [True, False]))
    assert profiles["radius"].tolist() == [0.0, 5e-3] and row.tolist() == [0, 1]
    with pytest.raises(InputError, match="11: feed move without a tool"):
        profile_table({1: TOOLS["flat"]}, path([0, 0, 1], [True, False, False]), "part.nc")
