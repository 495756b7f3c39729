"""The machined surface as samples, each with its provenance; every region is sampled by one family of rays.

A sample belongs to the family whose axis lies nearest to its normal, so that its ray stands within 55 degrees
of the surface, and stands for the area of a cell of that family over the cosine in between.
"""

import numpy as np

from twin.program.program import Toolpath
from twin.stock.candidates import Slots
from twin.stock.contact import contact_normal
from twin.stock.cut import Provenance, Surface
from twin.stock.dexel import Walls, find_walls, wall_rays
from twin.stock.kernel import kernel
from twin.stock.provenance import Path, replay_columns, replay_path, replay_walls, surface_slope
from twin.stock.sweep import ROW, ROWS
from twin.stock.workpiece import Stock
from twin.stock.zmap import EMPTY, ZMap
from twin.stock.zmap import _to_tiles as to_tiles

BAND = 120e-6  # [m] errors of up to half of this are followed faithfully
CANDIDATES = 8
MADE = 1e-7  # [m] a tool that comes this near to the final surface made it; the z-map holds float32
FACING = 0.2  # candidates whose envelope stands steeper than this cosine to the sample's normal are not of its surface


def trace_surface(
    zmap: ZMap,
    stock: Stock,
    path: Toolpath,
    profiles: np.ndarray,
    tool: np.ndarray,
    band: float = BAND,
    n_candidates: int = CANDIDATES,
) -> tuple[Surface, Provenance]:
    """Samples of the surface that ``path`` has left in ``zmap``, and the passes that could have made each.

    Sides of the stock that no tool has reached are not sampled; its top is, as not machined.

    Args:
        zmap: after the last cut.
        stock: before the first.
        path: that was cut, tool axis +z; rapids count, since they cut too.
        profiles: (tool,) PROFILE.
        tool: (segment,) int32, row of ``profiles``.
        band: [m] passes whose envelope lies farther above the final surface are not recorded.
        n_candidates: kept for each sample.
    """
    moves = replay_path(path, profiles, tool)
    grid = zmap.grid
    columns, rim = replay_columns(zmap, moves, profiles, band, n_candidates)
    walls = find_walls(zmap)
    rays = replay_walls(walls, moves, profiles, grid.spacing, band, n_candidates)
    ray_level = rays.level.min(axis=1, initial=np.inf)
    stack, ray_position = wall_rays(walls, grid.spacing[2])

    position, solid = _columns(zmap)
    made = columns.level.min(axis=1) < MADE
    cells = np.flatnonzero(made & solid)
    edge = rim | (to_tiles(grid, _near_walls(zmap, walls, ray_level, band / 2), np.float32(0)).ravel() > 0)
    outward = np.ones(len(cells))
    parts = [_settle(columns, cells, position, 2, outward, edge, moves, profiles, band, grid.spacing)]
    parts.append(_untouched(zmap, np.flatnonzero(~made & solid), position, edge, n_candidates))

    z = ray_position[:, 2]
    edge = np.minimum(z - walls.low[stack], walls.high[stack] - z) < band / 2
    made = ray_level < _stock_level(stock, walls, stack, ray_position) + MADE
    for axis in (0, 1):
        samples = np.flatnonzero(made & (walls.axis[stack] == axis))
        outward = -walls.side[stack[samples]].astype(float)
        parts.append(_settle(rays, samples, ray_position, axis, outward, edge, moves, profiles, band, grid.spacing))
    return _join(parts, band)


def _near_walls(zmap: ZMap, walls: Walls, ray_level: np.ndarray, near: float) -> np.ndarray:
    """Cells (y, x) float32, 1 where a wall passes within ``near`` [m] of the centre: at its foot, or at its top."""
    edge = np.zeros(zmap.surface.shape, np.float32)
    spacing = np.where(walls.axis == 0, zmap.grid.spacing[0], zmap.grid.spacing[1])
    foot, top = -ray_level[walls.first[:-1]], spacing + ray_level[walls.first[1:] - 1]
    edge.flat[walls.open_cell[foot < near]] = 1
    edge.flat[walls.solid_cell[top < near]] = 1
    return edge


def _columns(zmap: ZMap) -> tuple[np.ndarray, np.ndarray]:
    """Position (cell, 3) [m] of the top of every column, as ``zmap.height`` lies, and whether it is solid."""
    (down, across), grid = zmap.height.shape[:2], zmap.grid
    y = grid.lower[1] + grid.spacing[1] * (np.arange(down * ROWS) - ROWS + 0.5)
    x = grid.lower[0] + grid.spacing[0] * (np.arange(across * ROW) - ROW + 0.5)
    position = np.empty((down, across, ROWS, ROW, 3))
    position[..., 0] = x.reshape(1, across, 1, ROW)
    position[..., 1] = y.reshape(down, 1, ROWS, 1)
    position[..., 2] = zmap.height.reshape(down, across, ROWS, ROW)
    return position.reshape(-1, 3), zmap.height.ravel() > EMPTY


def _stock_level(stock: Stock, walls: Walls, stack: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Level (ray,) [m] of the stock's own face on the rays that come from beside it; 0 on the others."""
    level = np.zeros(len(stack))
    for axis in (0, 1):
        rays = np.flatnonzero((walls.axis[stack] == axis) & walls.beside[stack])
        if len(rays):
            faces = stock.intervals(axis, position[rays, 1 - axis], position[rays, 2]).reshape(len(rays), -1)
            side = walls.side[stack[rays]][:, None]
            depth = side * (faces - position[rays, axis][:, None])
            level[rays] = -np.nanmin(np.where(depth >= 0, depth, np.inf), axis=1)
    return level


def _settle(
    slots: Slots, samples, position, axis: int, outward, edges, path: Path, profiles, band: float, spacing
) -> tuple:
    """Surface and provenance of those ``samples`` whose normal lies nearest to ``axis``, as columns of arrays.

    Args:
        position: (sample, 3) [m] at the reference level.
        outward: (samples,) +1 or -1, the sense of ``axis`` out of the material.
        edges: (sample,) bool, known to be near an edge of the surface.
    """
    n, n_candidates = len(samples), slots.segment.shape[1]
    point, normal, keep = np.empty((n, 3)), np.empty((n, 3)), np.zeros(n, bool)
    segment = np.full((n, n_candidates), -1, np.int32)
    along = np.zeros((n, n_candidates), np.float32)
    gap = np.full((n, n_candidates), np.inf)
    facing = np.zeros((n, n_candidates, 3), np.float32)
    overflow, edge = np.zeros(n, bool), edges[samples]
    _settle_samples(
        slots, samples, position[samples], axis, outward, path, profiles, band,
        point, normal, keep, segment, along, gap, facing, overflow, edge,
    )  # fmt: skip
    area = spacing[0] * spacing[1] * spacing[2] / spacing[axis] / np.abs(normal[keep, axis])
    family, machined = np.full(len(area), axis, np.int8), np.ones(len(area), bool)
    columns = point, normal, segment, along, gap, facing, overflow, edge
    return area, family, machined, *(column[keep] for column in columns)


@kernel
def _settle_samples(
    slots, samples, position, axis, outward, path, profiles, band,
    point, normal, keep, segment, along, gap, facing, overflow, edge,
):  # fmt: skip
    K = slots.segment.shape[1]
    for m in range(len(samples)):
        n = samples[m]
        best, count = 0, 0
        while count < K and slots.segment[n, count] >= 0:
            if slots.level[n, count] < slots.level[n, best]:
                best = count
            count += 1
        final = np.float64(slots.level[n, best])
        sign = outward[m]
        for c in range(3):
            point[m, c] = position[m, c] + (sign * final if c == axis else 0.0)
        nx, ny, nz = _normal_of(slots, n, best, path, profiles, point[m], axis)
        normal[m, 0], normal[m, 1], normal[m, 2] = nx, ny, nz
        most = max(abs(nx), max(abs(ny), abs(nz)))
        # On a tie the higher axis has it.
        keep[m] = abs(normal[m, axis]) > most - 1e-9 and sign * normal[m, axis] > 0.0
        for higher in range(axis + 1, 3):
            keep[m] = keep[m] and abs(normal[m, higher]) <= most - 1e-9
        if not keep[m]:
            continue
        overflow[m] = (slots.lost[n] - final) * abs(normal[m, axis]) <= band
        kept = 0
        standing = False  # some pass touches here with more than its lowest edge
        for k in range(count):
            rise = slots.level[n, k] - final
            place = point[m, axis]
            point[m, axis] = place + sign * rise
            mx, my, mz = _normal_of(slots, n, k, path, profiles, point[m], axis)
            point[m, axis] = place
            cosine = mx * nx + my * ny + mz * nz
            own = mx if axis == 0 else (my if axis == 1 else mz)
            above = rise * sign * own / cosine
            if cosine < FACING or above > band:
                continue
            standing |= rise < MADE and not _on_foot(slots, n, k, path, profiles, point[m, 2], axis, 0.5 * band)
            at = kept  # insert by gap
            while at > 0 and gap[m, at - 1] > above:
                segment[m, at], along[m, at], gap[m, at] = segment[m, at - 1], along[m, at - 1], gap[m, at - 1]
                for c in range(3):
                    facing[m, at, c] = facing[m, at - 1, c]
                at -= 1
            segment[m, at], along[m, at], gap[m, at] = slots.segment[n, k], slots.along[n, k], above
            facing[m, at, 0], facing[m, at, 1], facing[m, at, 2] = mx / cosine, my / cosine, mz / cosine
            kept += 1
        edge[m] |= not standing


@kernel
def _on_foot(slots, n, k, path, profiles, z, axis, near):
    """Whether a wall is touched within ``near`` [m] above the sharp lower edge of a tool."""
    i = slots.segment[n, k]
    p = profiles[path.tool[i]]
    tip = path.start[i, 2] + slots.along[n, k] * (path.end[i, 2] - path.start[i, 2])
    return axis < 2 and p.corner == 0.0 and p.flat > 0.0 and z - tip < near


@kernel
def _normal_of(slots, n, k, path, profiles, point, axis):
    i = slots.segment[n, k]
    return contact_normal(
        profiles[path.tool[i]], path.start[i], path.end[i], np.float64(slots.along[n, k]),
        point[0], point[1], point[2], axis == 2,
    )  # fmt: skip


def _untouched(zmap: ZMap, cells: np.ndarray, position: np.ndarray, edges: np.ndarray, n_candidates: int) -> tuple:
    """As :func:`_settle` for the ``cells`` that are still the top of the stock, where that faces upwards."""
    slope = np.stack([surface_slope(zmap, 0), surface_slope(zmap, 1)], axis=-1).astype(float)
    dx, dy = zmap.grid.spacing[:2]
    column = np.rint((position[cells, 0] - zmap.grid.lower[0]) / dx - 0.5).astype(int)
    row = np.rint((position[cells, 1] - zmap.grid.lower[1]) / dy - 0.5).astype(int)
    gradient = slope[row, column]
    normal = np.concatenate([-gradient, np.ones((len(cells), 1))], axis=1)
    keep = np.abs(gradient).max(axis=1, initial=0.0) <= 1.0
    normal = normal[keep] / np.linalg.norm(normal[keep], axis=1, keepdims=True)
    n = len(normal)
    return (
        dx * dy / normal[:, 2],
        np.full(n, 2, np.int8),
        np.zeros(n, bool),
        position[cells[keep]],
        normal,
        np.full((n, n_candidates), -1, np.int32),
        np.zeros((n, n_candidates), np.float32),
        np.full((n, n_candidates), np.inf),
        np.zeros((n, n_candidates, 3), np.float32),
        np.zeros(n, bool),
        edges[cells[keep]],
    )


def _join(parts: list[tuple], band: float) -> tuple[Surface, Provenance]:
    area, family, machined, position, normal, segment, along, gap, facing, overflow, edge = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return (
        Surface(position, normal, area, family, machined),
        Provenance(segment, along, gap, facing, overflow, edge, band),
    )
