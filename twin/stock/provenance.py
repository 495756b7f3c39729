"""Provenance: the path is replayed against the final surface, and each sample keeps the passes that came near it.

Columns of the z-map carry floors, horizontal rays carry walls (twin.stock.dexel). Within a pass the contact
with a column is found where the tool touches it freely; clamped to a joint of two segments the neighbour
touches lower, but for the fan that the joint itself sweeps, as wide as the path bends there.
"""

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from twin.program.program import Toolpath
from twin.stock.candidates import Slots, empty_slots, inlined, offer
from twin.stock.dexel import Walls, reach
from twin.stock.envelope import lag, profile_radius
from twin.stock.kernel import kernel
from twin.stock.passes import find_passes
from twin.stock.sweep import ARC, CELLS, LANES, ROW, ROWS, F, sweep_of, sweep_tile, tile_bounds, tile_offsets
from twin.stock.zmap import EMPTY, ZMap, to_tiles

OBLIQUE = np.sqrt(3.0)  # a ray is at most this much longer than the way along the normal of a sample of its family
FAR = 1e3  # [m] stands for infinity in float32
BUCKET = 16  # wall stacks are looked up in squares of this many cells
STRIPS = 8  # of the field, with as many rays each: enough for two cores to end together


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


def replay_columns(
    zmap: ZMap, path: Path, profiles: np.ndarray, slope: np.ndarray, band: float, n_candidates: int
) -> tuple[Slots, np.ndarray]:
    """Candidates of every cell of the tiles of ``zmap``, after the last cut.

    Samples are numbered as the cells of ``zmap.height`` lie in memory; the reference level is the height itself.

    Args:
        zmap: after the last cut.
        path: replayed.
        profiles: (tool,) PROFILE.
        slope: of the z-map, from :func:`surface_slope`.
        band: [m] above the surface.
        n_candidates: kept.

    Returns:
        the candidates, and whether a cell lies within half the band of the rim of a level track (cell,) bool:
        displaced, a flat tool may reach it no more, or reach it too.
    """
    slots = empty_slots(zmap.height.size, n_candidates)
    gradient = np.clip(slope, -1.0, 1.0)
    secant = np.sqrt(1 + gradient[0] ** 2 + gradient[1] ** 2)  # of the ray to the way along the normal
    limit = to_tiles(zmap.grid, zmap.surface + F(band) * secant, EMPTY)
    rim = np.zeros(zmap.height.size, bool)
    wide = profiles.copy()
    sharp = profiles["flat"] == profiles["radius"]
    for name in ("radius", "flat", "tangent"):
        wide[name][sharp] += band / 2
    _replay_columns(zmap.height, limit, limit.max(axis=2), *zmap.frame, *path, profiles, wide, band / 2, *slots, rim)
    return slots, rim


@kernel
def _replay_columns(
    height, limit, highest, origin, spacing, start, end, tool, number, station, travel, fan, profiles, wide, near_rim,
    segments, alongs, levels, lost, newest, cursor, rim,
):  # fmt: skip
    n_tiles_y, n_tiles_x = highest.shape
    bound = np.empty(n_tiles_x + LANES, np.float32)
    fresh, near, free = np.empty((1, CELLS), np.float32), np.empty(CELLS, np.bool_), np.empty((2, CELLS), np.float32)
    work, offset = np.empty((2, CELLS), np.float32), np.empty((2, CELLS), np.float32)
    half_x, half_y = 0.5 * spacing[0] * (ROW - 1), 0.5 * spacing[1] * (ROWS - 1)
    for i in range(len(tool)):
        p = profiles[tool[i]]
        sharp = p.flat == p.radius and start[i, 2] == end[i, 2]
        if sharp:
            p = wide[tool[i]]
        sweep, x, y, ax, ay = sweep_of(p, start[i], end[i])
        falling = end[i, 2] < start[i, 2]  # the sweep climbs: it then runs from the end to the start
        low_s, high_s, scale = F(-FAR), F(FAR), 0.0
        if sweep.length > F(0):
            low_s = F(-min(fan[i + 1] if falling else fan[i], FAR))
            high_s = sweep.length + F(min(fan[i] if falling else fan[i + 1], FAR))
            scale = 1.0 / sweep.length
        p = profiles[tool[i]]
        level_flat = F(p.flat) if sweep.slope == F(0) and sweep.length > F(0) else F(0)
        low_x, high_x = min(start[i, 0], end[i, 0]) - sweep.radius, max(start[i, 0], end[i, 0]) + sweep.radius
        low_y, high_y = min(start[i, 1], end[i, 1]) - sweep.radius, max(start[i, 1], end[i, 1]) + sweep.radius
        first_x = max(int((low_x - origin[0]) / (spacing[0] * ROW)), 0)
        last_x = min(int(np.floor((high_x - origin[0]) / (spacing[0] * ROW))), n_tiles_x - 1)
        first_y = max(int((low_y - origin[1]) / (spacing[1] * ROWS)), 0)
        last_y = min(int(np.floor((high_y - origin[1]) / (spacing[1] * ROWS))), n_tiles_y - 1)
        half_s = F(abs(ax) * half_x + abs(ay) * half_y)
        half_w = F(abs(ay) * half_x + abs(ax) * half_y)
        tile_offsets(ax, ay, spacing, offset)
        tile_s, tile_w = F(ax * spacing[0] * ROW), F(-ay * spacing[0] * ROW)
        first_s, last_s = low_s - level_flat, high_s + (sweep.trail if sweep.slope > F(0) else level_flat)
        across = last_x - first_x + 1
        centre_x = origin[0] + (first_x + 0.5) * ROW * spacing[0] - x
        for tile_y in range(first_y, last_y + 1):
            centre_y = origin[1] + (tile_y + 0.5) * ROWS * spacing[1] - y
            s, w = F(centre_x * ax + centre_y * ay), F(centre_y * ax - centre_x * ay)
            tile_bounds(sweep, s, w, tile_s, tile_w, half_s, half_w, first_s, last_s, across, bound)
            for tile in range(across):
                tile_x = first_x + tile
                if highest[tile_y, tile_x] <= bound[tile]:
                    continue
                at_s, at_w = s + F(tile) * tile_s, w + F(tile) * tile_w
                sweep_tile(sweep, at_s, at_w, offset, fresh, np.int64(0), work)  # of a plain 0 numba makes a type
                if not _touched(p, sweep, at_s, at_w, offset, low_s, high_s, limit, tile_y, tile_x, fresh, near, free):
                    continue
                sample = (tile_y * n_tiles_x + tile_x) * CELLS
                for c in range(CELLS):
                    if not near[c]:
                        continue
                    if sharp:
                        cell_s, cell_w = at_s + offset[0, c], at_w + offset[1, c]
                        off = cell_s - min(max(cell_s, F(0)), sweep.length)
                        inside = p.radius - np.sqrt(off * off + cell_w * cell_w)
                        if inside < near_rim:
                            rim[sample + c] = True
                            if inside < 0.0:
                                continue
                    level = fresh[0, c] - height[tile_y, tile_x, c]
                    for side in range(2 if level_flat > F(0) else 1):
                        place = free[side, c]
                        if low_s <= place and place <= high_s:
                            along = min(max(place * scale, 0.0), 1.0)
                            offer(
                                segments, alongs, levels, lost, newest, cursor, sample + c, i,
                                1.0 - along if falling else along,
                                level, number, station, travel, 0.25 * p.radius,
                            )  # fmt: skip


@inlined
def _touched(p, sweep, s0, w0, offset, low_s, high_s, limit, tile_y, tile_x, fresh, near, free):
    """Where along the sweep each cell of a tile is touched freely, into ``free`` (2, CELLS) [m].

    A level disk touches a cell as it comes and as it goes; else both are the same.

    Returns:
        whether any cell is, within low_s..high_s, and no higher than its ``limit``; ``near`` (CELLS,) says which.
    """
    if sweep.length == F(0):
        for c in range(CELLS):
            free[0, c] = free[1, c] = F(0)
    elif sweep.slope == F(0):
        flat = F(p.flat)
        for c in range(CELLS):
            s, w = s0 + offset[0, c], w0 + offset[1, c]
            half = np.sqrt(max(flat * flat - w * w, F(0)))
            free[0, c], free[1, c] = s - half, s + half
    elif sweep.kind == ARC:
        for c in range(CELLS):
            s, w = s0 + offset[0, c], w0 + offset[1, c]
            free[0, c] = free[1, c] = s - np.sqrt(max(sweep.sine2 * (sweep.radius2 - w * w), F(0)))
    else:
        for c in range(CELLS):
            s, w = s0 + offset[0, c], w0 + offset[1, c]
            free[0, c] = free[1, c] = s - F(lag(p, np.float64(w), np.float64(sweep.slope)))
    any_near = False
    for c in range(CELLS):
        touched = (free[1, c] >= low_s) & (free[0, c] <= high_s)
        near[c] = touched & (fresh[0, c] <= limit[tile_y, tile_x, c])
        any_near |= near[c]
    return any_near


def surface_slope(zmap: ZMap) -> np.ndarray:
    """Slopes (axis, y, x) float32 of the z-map along x and y: the smaller of those to the two neighbours.

    So the foot and the edge of a step count as level.
    """
    return np.stack([_slope(zmap, axis) for axis in (0, 1)])


def _slope(zmap: ZMap, axis: int) -> np.ndarray:
    height = zmap.surface
    rise = np.diff(height, axis=1 - axis) / np.float32(zmap.grid.spacing[axis])
    steep = np.full_like(height, np.inf)
    ahead, behind = steep.copy(), steep
    if axis == 0:
        ahead[:, :-1], behind[:, 1:] = rise, rise
    else:
        ahead[:-1], behind[1:] = rise, rise
    slope = np.where(np.abs(ahead) < np.abs(behind), ahead, behind)
    return np.where(np.isfinite(slope), slope, 0.0)


def replay_walls(
    walls: Walls, path: Path, profiles: np.ndarray, spacing, band: float, n_candidates: int, pool: Executor
) -> Slots:
    """Candidates of the rays of ``walls``; levels count from the centre of the open cell, out of the material.

    The rays share the work of ``pool`` in strips of the field.
    """
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
    stacks = [column[order] for column in (*walls[:4], walls.first[:-1], walls.first[1:], walls.z0)]
    best = np.zeros(len(slots.lost), np.float32)

    def replay_strip(low: int, high: int) -> None:
        _replay_walls(
            *stacks, first, shape[1], low, high, origin, size, np.asarray(spacing, float),
            *path, profiles, F(band * OBLIQUE), best, *slots,
        )  # fmt: skip

    n_rays = np.bincount(row, np.diff(walls.first), shape[0]).cumsum()  # up to each row of squares
    bounds = np.searchsorted(n_rays, n_rays[-1] * np.arange(1, STRIPS) / STRIPS)
    bounds = np.concatenate([[0], bounds, [shape[0]]])
    list(pool.map(replay_strip, bounds[:-1], bounds[1:]))
    return slots


@kernel
def _replay_walls(
    axis, side, across, opening, first_ray, last_ray, z0, first, n_x, low_y, high_y, origin, size, spacing,
    start, end, tool, number, station, travel, fan, profiles, band, best,
    segments, alongs, levels, lost, newest, cursor,
):  # fmt: skip
    for i in range(len(tool)):
        p = profiles[tool[i]]
        low_z, cylinder_z = min(start[i, 2], end[i, 2]), max(start[i, 2], end[i, 2]) + _cylinder_height(p)
        margin = p.radius + band + max(spacing[0], spacing[1])
        first_x = max(int(np.floor((min(start[i, 0], end[i, 0]) - margin - origin[0]) / size[0])), 0)
        last_x = min(int(np.floor((max(start[i, 0], end[i, 0]) + margin - origin[0]) / size[0])), n_x - 1)
        first_y = max(int(np.floor((min(start[i, 1], end[i, 1]) - margin - origin[1]) / size[1])), low_y)
        last_y = min(int(np.floor((max(start[i, 1], end[i, 1]) + margin - origin[1]) / size[1])), high_y - 1)
        for bucket_y in range(first_y, last_y + 1):
            if last_x < first_x:
                break
            for n in range(first[bucket_y * n_x + first_x], first[bucket_y * n_x + last_x + 1]):
                a, o = axis[n], side[n]
                t0, dt = o * start[i, a], o * (end[i, a] - start[i, a])
                c0, dc = start[i, 1 - a], end[i, 1 - a] - start[i, 1 - a]
                beside = max(min(c0, c0 + dc) - across[n], across[n] - max(c0, c0 + dc), 0.0)
                base = o * opening[n]
                nearest, farthest = base - max(t0, t0 + dt), base - min(t0, t0 + dt)
                if beside >= p.radius or nearest > p.radius + band or farthest < -spacing[a]:
                    continue  # the tool stays clear, or stands beyond the solid cell
                top = z0[n] + (last_ray[n] - first_ray[n] - 1) * spacing[2]
                if top < low_z:
                    continue
                widest = profile_radius(p, top - low_z)
                if beside >= widest or nearest - np.sqrt(widest * widest - beside * beside) > band:
                    continue
                known = False
                t, u, v = 0.0, 0.0, 0.0
                skipped = int(max(np.ceil((low_z - z0[n]) / spacing[2]), 0.0))
                for ray in range(first_ray[n] + skipped, last_ray[n]):
                    z = z0[n] + (ray - first_ray[n]) * spacing[2]
                    if not known:
                        t, u, v = reach(p, t0, dt, c0, dc, start[i, 2], end[i, 2] - start[i, 2], across[n], z)
                        known = z >= cylinder_z and (dt != 0.0 or dc != 0.0)  # the same cylinder from here on
                        if (
                            t > -np.inf
                            and u == v
                            and _neighbour_is_deeper(
                                p, start, end, fan, i, a, o, t - t0 - dt * u, across[n] - c0 - dc * u, z, u
                            )
                        ):
                            if known:
                                break
                            continue
                    level = base - t
                    if level > best[ray] + band or level < -spacing[a] * 1.000001:
                        continue
                    best[ray] = min(best[ray], F(level))
                    for contact in range(1 if u == v else 2):
                        offer(
                            segments, alongs, levels, lost, newest, cursor, ray, i, u if contact == 0 else v, level,
                            number, station, travel, 0.25 * p.radius,
                        )  # fmt: skip


@inlined
def _neighbour_is_deeper(p, start, end, fan, i, a, o, ahead, beside, z, u):
    """Whether a contact clamped to a joint is bettered by the segment on the other side of the joint for sure.

    Args:
        ahead, beside: of the contact from the tool axis, along and across the ray [m].
        u: place on segment ``i``, 0..1.
    """
    if u == 0.0:
        joint, k = i, i - 1
    elif u == 1.0:
        joint, k = i + 1, i + 1
    else:
        return False
    if fan[joint] > FAR:
        return False
    rise = z - start[i, 2] - u * (end[i, 2] - start[i, 2])
    up = p.corner - rise
    if p.corner != p.radius and rise < _cylinder_height(p):
        if start[i, 2] != end[i, 2] or start[k, 2] != end[k, 2]:
            return False
    elif rise >= _cylinder_height(p):
        up = 0.0
    # Away from the joint along the neighbour, into the material if against the normal (-ahead, -beside, up).
    sign = -1.0 if k < i else 1.0
    dt, dc = o * (end[k, a] - start[k, a]), end[k, 1 - a] - start[k, 1 - a]
    out = -ahead * dt - beside * dc + up * (end[k, 2] - start[k, 2])
    size = abs(dt) + abs(dc) + abs(end[k, 2] - start[k, 2])
    return sign * out < -1e-9 * p.radius * size


@kernel
def _cylinder_height(p):
    """Height above the tip at which the full radius is reached [m]."""
    return p.tangent_height + (p.radius - p.tangent) * p.cone if p.radius > p.tangent else p.tangent_height
