"""The swept envelope over tiles of cells, written so that the compiler uses whole vector registers.

The same mathematics as ``twin.stock.envelope``, in float32, relative to one end of the move (heights keep
about 2 nm), without branches inside a tile. A falling move is taken backwards, so that it always climbs.
"""

from typing import NamedTuple

import numpy as np

from twin.stock.envelope import move_frame
from twin.stock.kernel import kernel

ROWS, ROW = 8, 16  # rows of a tile, cells of a row
CELLS = ROWS * ROW  # one constant trip count, which the compiler turns into vector code

LEVEL_DISK, CLIMBING_DISK, ARC, LEVEL, CLIMBING = range(5)  # which kernel a sweep needs
LANES = 8  # tiles bounded at once
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
    secant2: np.float32  # 1 + slope^2
    sine2: np.float32  # slope^2 / (1 + slope^2)
    trail: np.float32  # largest lag of any cell
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
    trail = p.radius * np.sqrt(square / (1.0 + square)) if kind == ARC else p.radius
    sweep = Sweep(
        kind,
        F(z),
        F(length),
        F(slope),
        F(slope * length),
        F(1.0 + square),
        F(square / (1.0 + square)),
        F(trail),
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
def _profile(sweep, r):
    """Height above the tip at radius r, without branches."""
    across = min(max(r - sweep.flat, ZERO), sweep.corner)
    on_arc = sweep.corner - np.sqrt(max(sweep.corner * sweep.corner - across * across, ZERO))
    on_cone = sweep.tangent_height + (r - sweep.tangent) * sweep.cone
    return on_cone if r > sweep.tangent else on_arc


@kernel
def tile_bounds(sweep, s0, w0, ds, dw, half_s, half_w, low_s, high_s, n_tiles, out):
    """Lower bound of the swept height [m] over each of a row of tiles, float32, into ``out``; ABOVE where not swept.

    Args:
        s0, w0, ds, dw: centre of the first tile and step to the next [m].
        half_s, half_w: half the extent of a tile along and beside the sweep [m].
        low_s, high_s: tiles wholly before or after these are left out [m].
        n_tiles: how many; ``out`` has room for the next multiple of LANES.
    """
    for block in range(0, n_tiles, LANES):
        for n in range(LANES):
            s = s0 + F(block + n) * ds
            w = w0 + F(block + n) * dw
            first, last = s - half_s, s + half_s
            off_s = max(-last, first - sweep.length, ZERO)
            off_w = max(abs(w) - half_w, ZERO)
            r2 = off_s * off_s + off_w * off_w
            climb = sweep.slope * min(max(first - sweep.trail, ZERO), sweep.length)
            z = sweep.z + climb + _profile(sweep, np.sqrt(r2))
            reached = (r2 <= sweep.radius2) & (last > low_s) & (first < high_s)
            out[block + n] = z if reached else ABOVE


@kernel
def tile_offsets(ax, ay, spacing, out):
    """Place of the cells of a tile about its centre, along and beside direction (ax, ay): ``out`` (2, CELLS) [m]."""
    for j in range(ROWS):
        for n in range(ROW):
            x, y = (n - 0.5 * (ROW - 1)) * spacing[0], (j - 0.5 * (ROWS - 1)) * spacing[1]
            out[0, j * ROW + n] = x * ax + y * ay
            out[1, j * ROW + n] = y * ax - x * ay


@kernel
def sweep_tile(sweep, s, w, offset, out, k, work):
    """Swept height over one tile of cells, float32, into ``out[k]`` (CELLS,); ABOVE where not swept.

    Args:
        s, w: its centre [m]: along and beside the sweep.
        offset: from :func:`tile_offsets`.
        out, k: (tile, CELLS) and the tile to fill. Views would be counted references: too slow here.
        work: (2, CELLS) float32 work space.
    """
    if sweep.kind == ARC:
        _arc_tile(sweep, s, w, offset, out, k)
    elif sweep.kind == LEVEL_DISK:
        _level_disk_tile(sweep, s, w, offset, out, k)
    elif sweep.kind == CLIMBING_DISK:
        _climbing_disk_tile(sweep, s, w, offset, out, k)
    elif sweep.kind == LEVEL:
        _level_tile(sweep, s, w, offset, out, k)
    else:
        _climbing_tile(sweep, s, w, offset, out, k, work)


@kernel
def _arc_tile(sweep, s0, w0, offset, out, k):
    """Ball: one square root a cell. Past either end of the free contact the sphere stands there, else it is a tube."""
    top = sweep.z + sweep.radius
    for n in range(CELLS):
        s, w = s0 + offset[0, n], w0 + offset[1, n]
        across = sweep.radius2 - w * w
        lag2 = sweep.sine2 * across
        beyond = s - sweep.length
        first = s * abs(s) < lag2
        last = beyond * abs(beyond) > lag2
        u = ZERO if first else (sweep.length if last else s)
        root = across - (s - u) * (s - u)
        drop = np.sqrt(max(root if first or last else root * sweep.secant2, ZERO))
        out[k, n] = top + sweep.slope * u - drop if root >= ZERO else ABOVE


@kernel
def _level_disk_tile(sweep, s0, w0, offset, out, k):
    for n in range(CELLS):
        s, w = s0 + offset[0, n], w0 + offset[1, n]
        off = s - min(max(s, ZERO), sweep.length)
        out[k, n] = sweep.z if w * w + off * off <= sweep.radius2 else ABOVE


@kernel
def _climbing_disk_tile(sweep, s0, w0, offset, out, k):
    for n in range(CELLS):
        s, w = s0 + offset[0, n], w0 + offset[1, n]
        off = s - min(max(s, ZERO), sweep.length)
        lag = np.sqrt(max(sweep.radius2 - w * w, ZERO))
        u = min(max(s - lag, ZERO), sweep.length)
        out[k, n] = sweep.z + sweep.slope * u if w * w + off * off <= sweep.radius2 else ABOVE


@kernel
def _level_tile(sweep, s0, w0, offset, out, k):
    for n in range(CELLS):
        s, w = s0 + offset[0, n], w0 + offset[1, n]
        off = s - min(max(s, ZERO), sweep.length)
        r2 = w * w + off * off
        z = sweep.z + _profile(sweep, min(np.sqrt(r2), sweep.radius))
        out[k, n] = z if r2 <= sweep.radius2 else ABOVE


@kernel
def _climbing_tile(sweep, s0, w0, offset, out, k, work):
    """Bull-nose, taper and drill on a slope: contact on the arc by bisection in all cells at once."""
    for n in range(CELLS):
        w = w0 + offset[1, n]
        work[0, n] = np.sqrt(max(sweep.flat * sweep.flat - w * w, ZERO))
        work[1, n] = np.sqrt(max(sweep.tangent * sweep.tangent - w * w, ZERO))
    if sweep.corner > ZERO:
        for _ in range(BISECTIONS):
            for n in range(CELLS):
                w = w0 + offset[1, n]
                low, high = work[0, n], work[1, n]
                v = HALF * (low + high)
                r = np.sqrt(w * w + v * v)
                across = r - sweep.flat
                depth = np.sqrt(max(sweep.corner * sweep.corner - across * across, ZERO))
                steep = across * v > sweep.slope * r * depth
                work[0, n] = low if steep else v
                work[1, n] = v if steep else high
    for n in range(CELLS):
        s, w = s0 + offset[0, n], w0 + offset[1, n]
        reach = np.sqrt(max(sweep.radius2 - w * w, ZERO))
        on_cone = sweep.cone_lag * abs(w) if sweep.cone > sweep.slope else reach
        lag = min(max(HALF * (work[0, n] + work[1, n]), on_cone), reach)
        u = min(max(s - lag, ZERO), sweep.length)
        off = s - min(max(s, ZERO), sweep.length)
        r = min(np.sqrt(w * w + (s - u) * (s - u)), sweep.radius)
        z = sweep.z + sweep.slope * u + _profile(sweep, r)
        out[k, n] = z if w * w + off * off <= sweep.radius2 else ABOVE
