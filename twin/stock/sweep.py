"""The swept envelope over tiles of cells, written so that the compiler uses whole vector registers.

The same mathematics as ``twin.stock.envelope``, in float32, relative to one end of the move (heights keep
about 2 nm), without branches inside a tile. A falling move is taken backwards, so that it always climbs.
"""

from typing import NamedTuple

import numpy as np

from twin.stock.envelope import move_frame
from twin.stock.kernel import kernel

ROWS, ROW = 8, 16  # cells of a tile; constant trip counts let the compiler unroll and vectorise

LEVEL_DISK, CLIMBING_DISK, ARC, LEVEL, CLIMBING = range(5)  # which kernel a sweep needs
F = np.float32
ZERO, HALF, ONE, ABOVE = F(0), F(0.5), F(1), F(1e30)
BISECTIONS = 16  # of the contact of a climbing torus: height is exact to the square of 2^-16 radii


class Sweep(NamedTuple):
    """One move of one tool; all but ``kind`` float32, SI."""

    kind: int
    z: np.float32  # tip height at the lower end
    length: np.float32
    slope: np.float32  # >= 0
    rise: np.float32  # slope * length
    secant: np.float32  # sqrt(1 + slope^2)
    sine2: np.float32  # slope^2 / (1 + slope^2)
    cone_lag: np.float32  # lag on the cone over |w|, where the cone is steeper than the move
    radius: np.float32
    radius2: np.float32
    flat: np.float32
    corner: np.float32
    tangent: np.float32
    tangent_height: np.float32
    cone: np.float32


@kernel
def sweep_of(p, start, end):
    """The Sweep of profile ``p`` from ``start`` to ``end`` (3,) [m], and its frame.

    Returns:
        (sweep, x, y, along_x, along_y): origin [m] at the lower end and unit direction towards the higher one.
    """
    x, y, z, ax, ay, length, slope = move_frame(start, end)
    if slope < 0.0:
        x, y, z, ax, ay, slope = end[0], end[1], end[2], -ax, -ay, -slope
    level = slope == 0.0
    if p.flat == p.radius:
        kind = LEVEL_DISK if level else CLIMBING_DISK
    elif p.flat == 0.0 and p.corner == p.radius:
        kind = ARC
    else:
        kind = LEVEL if level else CLIMBING
    cone_lag = 0.0
    if p.cone > slope:
        cone_lag = slope / np.sqrt(p.cone * p.cone - slope * slope)
    square = slope * slope
    sweep = Sweep(
        kind,
        F(z),
        F(length),
        F(slope),
        F(slope * length),
        F(np.sqrt(1.0 + square)),
        F(square / (1.0 + square)),
        F(cone_lag),
        F(p.radius),
        F(p.radius * p.radius),
        F(p.flat),
        F(p.corner),
        F(p.tangent),
        F(p.tangent_height),
        F(p.cone),
    )
    return sweep, x, y, ax, ay


@kernel
def sweep_tile(sweep, s, w, step, out, k, work):
    """Swept height over one tile of cells, float32, into ``out[k]`` (ROWS, ROW); ABOVE where not swept.

    Args:
        s, w: its first cell [m]: along and beside the sweep.
        step: (ds, dw) from cell to cell in a row and (ds, dw) from row to row [m].
        out, k: (tile, ROWS, ROW) and the tile to fill. Views would be counted references: too slow here.
        work: (2, ROW) float32 work space.
    """
    if sweep.kind == ARC:
        _arc_tile(sweep, s, w, step, out, k)
    elif sweep.kind == LEVEL_DISK:
        _level_disk_tile(sweep, s, w, step, out, k)
    elif sweep.kind == CLIMBING_DISK:
        _climbing_disk_tile(sweep, s, w, step, out, k)
    elif sweep.kind == LEVEL:
        _level_tile(sweep, s, w, step, out, k)
    else:
        _climbing_tile(sweep, s, w, step, out, k, work)


@kernel
def _arc_tile(sweep, s0, w0, step, out, k):
    """Ball: one square root a cell. Past either end of the free contact the sphere stands there, else it is a tube."""
    for j in range(ROWS):
        for n in range(ROW):
            s = s0 + F(j) * step[2] + F(n) * step[0]
            w = w0 + F(j) * step[3] + F(n) * step[1]
            across = sweep.radius2 - w * w
            lag2 = sweep.sine2 * across
            beyond = s - sweep.length
            first = s * abs(s) < lag2
            last = beyond * abs(beyond) > lag2
            off = s if first else (beyond if last else ZERO)
            base = ZERO if first else (sweep.rise if last else sweep.slope * s)
            stretch = ONE if first or last else sweep.secant
            root = across - off * off
            z = sweep.z + base + sweep.radius - stretch * np.sqrt(max(root, ZERO))
            out[k, j, n] = z if root >= ZERO else ABOVE


@kernel
def _level_disk_tile(sweep, s0, w0, step, out, k):
    for j in range(ROWS):
        for n in range(ROW):
            s = s0 + F(j) * step[2] + F(n) * step[0]
            w = w0 + F(j) * step[3] + F(n) * step[1]
            off = s - min(max(s, ZERO), sweep.length)
            out[k, j, n] = sweep.z if w * w + off * off <= sweep.radius2 else ABOVE


@kernel
def _climbing_disk_tile(sweep, s0, w0, step, out, k):
    for j in range(ROWS):
        for n in range(ROW):
            s = s0 + F(j) * step[2] + F(n) * step[0]
            w = w0 + F(j) * step[3] + F(n) * step[1]
            off = s - min(max(s, ZERO), sweep.length)
            lag = np.sqrt(max(sweep.radius2 - w * w, ZERO))
            u = min(max(s - lag, ZERO), sweep.length)
            out[k, j, n] = sweep.z + sweep.slope * u if w * w + off * off <= sweep.radius2 else ABOVE


@kernel
def _profile(sweep, r):
    """Height above the tip at radius r, without branches."""
    across = min(max(r - sweep.flat, ZERO), sweep.corner)
    on_arc = sweep.corner - np.sqrt(max(sweep.corner * sweep.corner - across * across, ZERO))
    on_cone = sweep.tangent_height + (r - sweep.tangent) * sweep.cone
    return on_cone if r > sweep.tangent else on_arc


@kernel
def _level_tile(sweep, s0, w0, step, out, k):
    for j in range(ROWS):
        for n in range(ROW):
            s = s0 + F(j) * step[2] + F(n) * step[0]
            w = w0 + F(j) * step[3] + F(n) * step[1]
            off = s - min(max(s, ZERO), sweep.length)
            r2 = w * w + off * off
            z = sweep.z + _profile(sweep, min(np.sqrt(r2), sweep.radius))
            out[k, j, n] = z if r2 <= sweep.radius2 else ABOVE


@kernel
def _climbing_tile(sweep, s0, w0, step, out, k, work):
    """Bull-nose, taper and drill on a slope: contact on the arc by bisection in a row of cells at once."""
    for j in range(ROWS):
        row_s, row_w = s0 + F(j) * step[2], w0 + F(j) * step[3]
        for n in range(ROW):
            w = row_w + F(n) * step[1]
            work[0, n] = np.sqrt(max(sweep.flat * sweep.flat - w * w, ZERO))
            work[1, n] = np.sqrt(max(sweep.tangent * sweep.tangent - w * w, ZERO))
        if sweep.corner > ZERO:
            for _ in range(BISECTIONS):
                for n in range(ROW):
                    w = row_w + F(n) * step[1]
                    v = HALF * (work[0, n] + work[1, n])
                    r = np.sqrt(w * w + v * v)
                    across = r - sweep.flat
                    depth = np.sqrt(max(sweep.corner * sweep.corner - across * across, ZERO))
                    steep = across * v > sweep.slope * r * depth
                    work[0, n] = work[0, n] if steep else v
                    work[1, n] = v if steep else work[1, n]
        for n in range(ROW):
            s = row_s + F(n) * step[0]
            w = row_w + F(n) * step[1]
            reach = np.sqrt(max(sweep.radius2 - w * w, ZERO))
            on_cone = sweep.cone_lag * abs(w) if sweep.cone > sweep.slope else reach
            lag = min(max(HALF * (work[0, n] + work[1, n]), on_cone), reach)
            u = min(max(s - lag, ZERO), sweep.length)
            off = s - min(max(s, ZERO), sweep.length)
            r = min(np.sqrt(w * w + (s - u) * (s - u)), sweep.radius)
            z = sweep.z + sweep.slope * u + _profile(sweep, r)
            out[k, j, n] = z if w * w + off * off <= sweep.radius2 else ABOVE
