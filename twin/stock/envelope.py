"""The lower envelope of a rotating tool swept along a straight three-axis move, in closed form.

Every tool is one convex profile, height above the tip as a function of the distance r from the axis:
a flat disk up to ``flat``, a circular arc of radius ``corner`` up to ``tangent``, a cone of slope
``cone`` up to ``radius``, and a cylinder above. That covers flat and face (disk only), ball (arc only),
bull-nose (disk and arc), taper (arc or disk, and cone) and drill (cone only), as the APT cutter does.

A move runs along s from 0 to ``length`` in the XY plane and climbs ``slope * s``; a point of the plane
lies at s along and w beside it. The swept height over the point is

    z(s, w) = min over u in [0, length] of  slope * u + profile(sqrt(w^2 + (s - u)^2)),

a convex problem, so that its free minimiser, clamped to the move, is the solution. The free minimiser
trails the point by the ``lag`` v = s - u, where profile'(r) v / r = slope.
A swept convex tool is a convex body: every straight line meets it in one interval at most.
"""

from collections.abc import Mapping

import numpy as np

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock.kernel import kernel

PROFILE = np.dtype(
    [
        ("radius", np.float64),  # [m] largest cutting radius
        ("flat", np.float64),  # [m] radius of the flat disk at the tip
        ("corner", np.float64),  # [m] radius of the arc
        ("tangent", np.float64),  # [m] radius at which the cone takes over
        ("tangent_height", np.float64),  # [m] height there
        ("cone", np.float64),  # slope dz/dr of the cone
    ],
    align=True,
)
VERTICAL = 1e9  # slope that stands for a vertical wall
PLUNGE_LENGTH = 1e-9  # [m] XY length below which a move has no direction
BISECTIONS = 24  # of the torus contact; halves the interval to 6e-8 of its width


def profile(tool: Tool) -> np.void:
    """The PROFILE record of ``tool``. A face mill is the body that its teeth sweep."""
    shape = tool.profile
    cone = 1 / np.tan(shape.half_angle) if shape.half_angle else VERTICAL
    row = (tool.radius, shape.disk, shape.corner, shape.tangent_radius, shape.tangent_height, cone)
    return np.array([row], PROFILE)[0]


def profile_table(tools: Mapping[int, Tool], path: Toolpath, file: object = None) -> tuple[np.ndarray, np.ndarray]:
    """Profiles (tool,) PROFILE of the tools that ``path`` uses, and the row in it of each segment (segment,) int32.

    T0, no tool in the spindle, may move at rapid; it removes nothing.

    Raises:
        InputError: a tool is not in the table, or a feed move has none; names its first source line.
    """
    used, row = np.unique(path.tool, return_inverse=True)
    profiles = np.zeros(len(used), PROFILE)
    for index, number in enumerate(used):
        mine = row == index
        if number == 0 and path.rapid[mine].all():
            continue
        if int(number) not in tools:
            fault = mine & ~path.rapid if number == 0 else mine
            what = "feed move without a tool (T0)" if number == 0 else f"tool T{number} is not in the tool table"
            raise InputError(
                what,
                file=file,
                line=int(path.line[np.argmax(fault)]),
                remedy="add the tool to the tool list" if number else "call a tool with T and M6 first",
            )
        profiles[index] = profile(tools[int(number)])
    return profiles, row.astype(np.int32)


@kernel
def profile_height(p, r):
    """Height above the tip [m] of profile ``p`` at the distance r [m] from the axis, r <= radius."""
    if r <= p.flat:
        return 0.0
    if r <= p.tangent:
        across = r - p.flat
        return p.corner - np.sqrt(max(p.corner * p.corner - across * across, 0.0))
    return p.tangent_height + (r - p.tangent) * p.cone


@kernel
def profile_slope(p, r):
    """Slope dz/dr of profile ``p`` at the distance r [m] from the axis; VERTICAL on the cylinder."""
    if r < p.flat:
        return 0.0
    if r < p.tangent:
        across = r - p.flat
        return min(across / np.sqrt(max(p.corner * p.corner - across * across, 1e-30)), VERTICAL)
    if r < p.radius:
        return p.cone
    return VERTICAL


@kernel
def profile_radius(p, z):
    """Radius [m] of profile ``p`` at the height z >= 0 [m] above the tip."""
    if z < p.tangent_height:
        below = p.corner - z
        return p.flat + np.sqrt(max(p.corner * p.corner - below * below, 0.0))
    return min(p.tangent + (z - p.tangent_height) / p.cone, p.radius)


@kernel
def lag(p, w, climb):
    """How far the contact trails a point at the lateral distance w [m], v >= 0 [m], for climb = abs(slope)."""
    if climb == 0.0:
        return 0.0
    across = w * w
    reach = np.sqrt(max(p.radius * p.radius - across, 0.0))
    kink = np.sqrt(max(p.tangent * p.tangent - across, 0.0))
    on_cone = reach
    if p.cone > climb:
        on_cone = abs(w) * climb / np.sqrt(p.cone * p.cone - climb * climb)
    if p.corner == 0.0:
        on_tip = kink
    elif p.flat == 0.0:
        on_tip = climb * np.sqrt(max(p.corner * p.corner - across, 0.0) / (1.0 + climb * climb))
    else:
        on_tip = _torus_lag(p, across, climb, kink)
    return min(reach, max(on_cone, min(on_tip, kink)))


@kernel
def _torus_lag(p, across, climb, upper):
    """Lag on the corner arc of a bull-nose: the root of profile'(r) v / r = climb, by bisection."""
    lower = np.sqrt(max(p.flat * p.flat - across, 0.0))
    for _ in range(BISECTIONS):
        v = 0.5 * (lower + upper)
        r = np.sqrt(across + v * v)
        depth = np.sqrt(max(p.corner * p.corner - (r - p.flat) ** 2, 0.0))
        if (r - p.flat) * v > climb * r * depth:
            upper = v
        else:
            lower = v
    return 0.5 * (lower + upper)


@kernel
def swept_height(p, s, w, length, slope):
    """Swept height of profile ``p`` over one point.

    Args:
        p: PROFILE record.
        s, w: the point, along and beside the move [m].
        length: XY length of the move [m], 0 for a plunge (then measured from its lower end, slope 0).
        slope: climb of the tip over s.

    Returns:
        Height above the tip at the start of the move [m], and the place u of contact along the move [m];
        (inf, 0) where the tool does not pass over the point.
    """
    beyond = max(-s, s - length, 0.0)
    if w * w + beyond * beyond > p.radius * p.radius:
        return np.inf, 0.0
    v = lag(p, w, abs(slope))
    u = min(max(s - (v if slope > 0.0 else -v), 0.0), length)
    r = min(np.sqrt(w * w + (s - u) * (s - u)), p.radius)
    return slope * u + profile_height(p, r), u


@kernel
def move_frame(start, end):
    """Frame of the move from ``start`` to ``end``, (3,) [m] each.

    Returns:
        (x, y, z, along_x, along_y, length, slope): origin at the start, unit direction in XY, XY length [m].
        A plunge has length 0, slope 0, direction +x and the lower end's z.
    """
    dx, dy, dz = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    length = np.sqrt(dx * dx + dy * dy)
    if length < PLUNGE_LENGTH:
        return start[0], start[1], min(start[2], end[2]), 1.0, 0.0, 0.0, 0.0
    return start[0], start[1], start[2], dx / length, dy / length, length, dz / length
