"""Provenance: the path is replayed against the final surface, and each sample keeps the passes that came near it.

Columns of the z-map carry floors, horizontal rays carry walls (twin.stock.dexel). Within a pass the contact
with a column is found where the tool touches it freely; clamped to a joint of two segments the neighbour
touches lower, but for the fan that the joint itself sweeps, as wide as the path bends there.
"""

from typing import NamedTuple

import numpy as np

from twin.program.program import Toolpath
from twin.stock.candidates import Slots, empty_slots, offer
from twin.stock.dexel import Walls, reach
from twin.stock.envelope import PLUNGE_LENGTH, lag, profile_height
from twin.stock.kernel import kernel
from twin.stock.passes import find_passes
from twin.stock.sweep import ARC, CELLS, LANES, ROW, ROWS, F, sweep_of, sweep_tile, tile_bounds, tile_offsets
from twin.stock.zmap import ZMap

OBLIQUE = np.sqrt(3.0)  # a ray is at most this much longer than the way along the normal of a sample of its family
FAR = 1e3  # [m] stands for infinity in float32
BUCKET = 16  # wall stacks are looked up in squares of this many cells


class Path(NamedTuple):
    """A tool path as the replay needs it."""

    start: np.ndarray  # (segment, 3) [m]
    end: np.ndarray  # (segment, 3) [m]
    tool: np.ndarray  # (segment,) int32 row of the profiles
    number: np.ndarray  # (segment,) int32 pass
    station: np.ndarray  # (segment,) [m] path length before it
    length: np.ndarray  # (segment,) [m]
    fan: np.ndarray  # (segment + 1,) [m] how far past a joint the contact may wander; inf where a pass starts


def replay_path(path: Toolpath, profiles: np.ndarray, tool: np.ndarray) -> Path:
    """The path with its passes; ``profiles`` (tool,) PROFILE, ``tool`` (segment,) row of them."""
    passes = find_passes(path)
    ball = profiles["corner"] == profiles["radius"]
    radius = profiles["radius"][tool]
    # Where the slope changes, the contact of an edge jumps across the tool; that of a ball rolls by the turn.
    jumps = passes.climb[:-1] & ~ball[tool]
    fan = np.append(radius * (2 * passes.turn[:-1] + 2 * jumps), np.inf) + 1e-9
    return Path(
        np.ascontiguousarray(path.start),
        np.ascontiguousarray(path.end),
        tool.astype(np.int32),
        passes.number,
        passes.station,
        path.length,
        fan,
    )


def replay_columns(zmap: ZMap, path: Path, profiles: np.ndarray, band: float, n_candidates: int) -> Slots:
    """Candidates of every cell of the tiles of ``zmap``, after the last cut.

    Samples are numbered as the cells of ``zmap.height`` lie in memory; the reference level is the height itself.
    """
    slots = empty_slots(zmap.height.size, n_candidates)
    _replay_columns(zmap.height, zmap.top, *zmap.frame, *path, profiles, F(band * OBLIQUE), *slots)
    return slots


@kernel
def _replay_columns(
    height, top, origin, spacing, start, end, tool, number, station, travel, fan, profiles, band,
    segments, alongs, levels, lost,
):  # fmt: skip
    n_tiles_y, n_tiles_x = top.shape
    bound = np.empty(n_tiles_x + LANES, np.float32)
    fresh, near = np.empty((1, CELLS), np.float32), np.empty(CELLS, np.bool_)
    work, offset = np.empty((2, CELLS), np.float32), np.empty((2, CELLS), np.float32)
    half_x, half_y = 0.5 * spacing[0] * (ROW - 1), 0.5 * spacing[1] * (ROWS - 1)
    for i in range(len(tool)):
        p = profiles[tool[i]]
        sweep, x, y, ax, ay = sweep_of(p, start[i], end[i])
        falling = end[i, 2] < start[i, 2]  # the sweep climbs: it then runs from the end to the start
        low_s, high_s = F(-FAR), F(FAR)
        if sweep.length > F(0):
            low_s = F(-min(fan[i + 1] if falling else fan[i], FAR))
            high_s = sweep.length + F(min(fan[i] if falling else fan[i + 1], FAR))
        behind = sweep.flat if sweep.slope == F(0) else F(0)
        ahead = sweep.flat if sweep.slope == F(0) else sweep.trail
        low_x, high_x = min(start[i, 0], end[i, 0]) - p.radius, max(start[i, 0], end[i, 0]) + p.radius
        low_y, high_y = min(start[i, 1], end[i, 1]) - p.radius, max(start[i, 1], end[i, 1]) + p.radius
        first_x = max(int((low_x - origin[0]) / (spacing[0] * ROW)), 0)
        last_x = min(int(np.floor((high_x - origin[0]) / (spacing[0] * ROW))), n_tiles_x - 1)
        first_y = max(int((low_y - origin[1]) / (spacing[1] * ROWS)), 0)
        last_y = min(int(np.floor((high_y - origin[1]) / (spacing[1] * ROWS))), n_tiles_y - 1)
        half_s = F(abs(ax) * half_x + abs(ay) * half_y)
        half_w = F(abs(ay) * half_x + abs(ax) * half_y)
        tile_offsets(ax, ay, spacing, offset)
        tile_s, tile_w = F(ax * spacing[0] * ROW), F(-ay * spacing[0] * ROW)
        across = last_x - first_x + 1
        centre_x = origin[0] + (first_x + 0.5) * ROW * spacing[0] - x
        for tile_y in range(first_y, last_y + 1):
            centre_y = origin[1] + (tile_y + 0.5) * ROWS * spacing[1] - y
            s, w = F(centre_x * ax + centre_y * ay), F(centre_y * ax - centre_x * ay)
            tile_bounds(
                sweep, s, w, tile_s, tile_w, half_s, half_w, low_s - behind, high_s + ahead, across, bound
            )  # fmt: skip
            for tile in range(across):
                tile_x = first_x + tile
                if top[tile_y, tile_x] + band <= bound[tile]:
                    continue
                at_s, at_w = s + F(tile) * tile_s, w + F(tile) * tile_w
                sweep_tile(sweep, at_s, at_w, offset, fresh, 0, work)
                if not _near(sweep, at_s, at_w, offset, low_s, high_s, height, tile_y, tile_x, band, fresh, near):
                    continue
                corner_x = origin[0] + (tile_x * ROW + 0.5) * spacing[0]
                corner_y = origin[1] + (tile_y * ROWS + 0.5) * spacing[1]
                sample = (tile_y * n_tiles_x + tile_x) * CELLS
                for c in range(CELLS):
                    if near[c]:
                        cell_x, cell_y = corner_x + (c % ROW) * spacing[0], corner_y + (c // ROW) * spacing[1]
                        final = height[tile_y, tile_x, c]
                        for side in range(2):
                            along, level = _contact(p, start, end, fan, i, cell_x, cell_y, final, side)
                            if level <= band:
                                offer(
                                    segments, alongs, levels, lost, sample + c, i, along, level,
                                    number, station, travel, 0.25 * p.radius,
                                )  # fmt: skip


@kernel
def _near(sweep, s0, w0, offset, low_s, high_s, height, tile_y, tile_x, band, fresh, near):
    """Mark the cells of a tile that the sweep comes near, and touches freely; returns whether there are any."""
    any_near = False
    for c in range(CELLS):
        s, w = s0 + offset[0, c], w0 + offset[1, c]
        if sweep.kind == ARC:
            behind = ahead = np.sqrt(max(sweep.sine2 * (sweep.radius2 - w * w), F(0)))
        elif sweep.slope == F(0):
            ahead = np.sqrt(max(sweep.flat * sweep.flat - w * w, F(0)))
            behind = -ahead
        else:
            behind, ahead = F(0), sweep.trail
        free = (s - behind >= low_s) & (s - ahead <= high_s)
        near[c] = free & (fresh[0, c] <= height[tile_y, tile_x, c] + band)
        any_near |= near[c]
    return any_near


@kernel
def _contact(p, start, end, fan, i, x, y, final, side):
    """Contact of segment ``i`` with the column at (x, y); a level disk touches it on two sides.

    Returns:
        (along, level): place on the segment, 0..1, and height above ``final`` [m], inf where there is none, or
        a neighbour in the path touches lower for sure.
    """
    dx, dy, dz = end[i, 0] - start[i, 0], end[i, 1] - start[i, 1], end[i, 2] - start[i, 2]
    length = np.sqrt(dx * dx + dy * dy)
    x, y = x - start[i, 0], y - start[i, 1]
    if length < PLUNGE_LENGTH:
        r = np.sqrt(x * x + y * y)
        if side == 1 or r > p.radius:
            return 0.0, np.inf
        return (1.0 if dz < 0.0 else 0.0), min(start[i, 2], end[i, 2]) + profile_height(p, r) - final
    s, w = (x * dx + y * dy) / length, (y * dx - x * dy) / length
    if dz == 0.0:
        half = np.sqrt(max(p.flat * p.flat - w * w, 0.0))
        if side == 1 and half == 0.0:
            return 0.0, np.inf
        u = s + half if side == 1 else s - half
    elif side == 1:
        return 0.0, np.inf
    else:
        climb = abs(dz) / length
        if p.corner == p.radius:
            v = climb * np.sqrt(max(p.radius * p.radius - w * w, 0.0) / (1.0 + climb * climb))
        else:
            v = lag(p, w, climb)
        u = s - v if dz > 0.0 else s + v
    if u < -fan[i] or u > length + fan[i + 1]:
        return 0.0, np.inf
    u = min(max(u, 0.0), length)
    r = np.sqrt(w * w + (s - u) * (s - u))
    if r > p.radius * (1.0 + 1e-9):
        return 0.0, np.inf
    along = u / length
    return along, start[i, 2] + along * dz + profile_height(p, min(r, p.radius)) - final


def replay_walls(walls: Walls, path: Path, profiles: np.ndarray, spacing, band: float, n_candidates: int) -> Slots:
    """Candidates of the rays of ``walls``; levels count from the centre of the open cell, out of the material."""
    slots = empty_slots(int(walls.first[-1]), n_candidates)
    if not len(walls.axis):
        return slots
    x, y = (np.where(walls.axis == axis, walls.open, walls.across) for axis in (0, 1))
    size = np.array([BUCKET * spacing[0], BUCKET * spacing[1]])
    origin = np.array([x.min(), y.min()])
    column, row = ((x - origin[0]) / size[0]).astype(np.int64), ((y - origin[1]) / size[1]).astype(np.int64)
    shape = int(row.max()) + 1, int(column.max()) + 1
    bucket = row * shape[1] + column
    order = np.argsort(bucket, kind="stable")
    first = np.searchsorted(bucket[order], np.arange(shape[0] * shape[1] + 1))
    _replay_walls(
        *walls[:-1], order, first, shape[1], shape[0], origin, size, np.asarray(spacing, float),
        *path, profiles, F(band * OBLIQUE), np.zeros(len(slots.lost), np.float32), *slots,
    )  # fmt: skip
    return slots


@kernel
def _replay_walls(
    axis, side, across, opening, first_ray, z0, order, first, n_x, n_y, origin, size, spacing,
    start, end, tool, number, station, travel, fan, profiles, band, best, segments, alongs, levels, lost,
):  # fmt: skip
    for i in range(len(tool)):
        p = profiles[tool[i]]
        tip = p.tangent_height + (p.radius - p.tangent) * p.cone if p.radius > p.tangent else p.tangent_height
        low_z, cylinder_z = min(start[i, 2], end[i, 2]), max(start[i, 2], end[i, 2]) + tip
        margin = p.radius + band + max(spacing[0], spacing[1])
        first_x = max(int(np.floor((min(start[i, 0], end[i, 0]) - margin - origin[0]) / size[0])), 0)
        last_x = min(int(np.floor((max(start[i, 0], end[i, 0]) + margin - origin[0]) / size[0])), n_x - 1)
        first_y = max(int(np.floor((min(start[i, 1], end[i, 1]) - margin - origin[1]) / size[1])), 0)
        last_y = min(int(np.floor((max(start[i, 1], end[i, 1]) + margin - origin[1]) / size[1])), n_y - 1)
        for bucket_y in range(first_y, last_y + 1):
            if last_x < first_x:
                break
            for k in range(first[bucket_y * n_x + first_x], first[bucket_y * n_x + last_x + 1]):
                n = order[k]
                a, o = axis[n], side[n]
                t0, dt = o * start[i, a], o * (end[i, a] - start[i, a])
                c0, dc = start[i, 1 - a], end[i, 1 - a] - start[i, 1 - a]
                beside = max(min(c0, c0 + dc) - across[n], across[n] - max(c0, c0 + dc), 0.0)
                base = o * opening[n]
                if (
                    beside >= p.radius
                    or base - max(t0, t0 + dt) - np.sqrt(p.radius * p.radius - beside * beside) > band
                    or base - min(t0, t0 + dt) < -spacing[a]  # the tool stands beyond the solid cell
                ):
                    continue
                skipped = int(max(np.ceil((low_z - z0[n]) / spacing[2]), 0.0))
                known = False
                t, u, v = 0.0, 0.0, 0.0
                for ray in range(first_ray[n] + skipped, first_ray[n + 1]):
                    z = z0[n] + (ray - first_ray[n]) * spacing[2]
                    if not known:
                        t, u, v = reach(p, t0, dt, c0, dc, start[i, 2], end[i, 2] - start[i, 2], across[n], z)
                        known = z >= cylinder_z and (dt != 0.0 or dc != 0.0)  # the same cylinder from here on
                    level = base - t
                    if level > best[ray] + band or level < -spacing[a] * 1.000001:
                        continue
                    best[ray] = min(best[ray], F(level))
                    for contact in range(1 if u == v else 2):
                        offer(
                            segments, alongs, levels, lost, ray, i, u if contact == 0 else v, level,
                            number, station, travel, 0.25 * p.radius,
                        )  # fmt: skip
