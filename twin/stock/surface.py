"""The machined surface as samples, each with its provenance; every region is sampled by one family of rays.

A sample belongs to the family whose axis lies nearest to its normal, so that its ray stands within 55 degrees
of the surface, and stands for the area of a cell of that family over the cosine in between.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from twin.program.program import Toolpath
from twin.stock.candidates import lowest_levels
from twin.stock.cut import Provenance, Surface
from twin.stock.dexel import Walls, find_walls, wall_rays
from twin.stock.provenance import replay_columns, replay_path, replay_walls, surface_slope
from twin.stock.settle import MADE, Samples, empty_samples, settle
from twin.stock.sweep import ROW, ROWS
from twin.stock.workpiece import Stock
from twin.stock.zmap import EMPTY, ZMap, to_tiles

BAND = 120e-6  # [m] errors of up to half of this are followed faithfully
CANDIDATES = 8


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
    slope = surface_slope(zmap)
    with ThreadPoolExecutor(2) as pool:
        floors = pool.submit(replay_columns, zmap, moves, profiles, slope, band, n_candidates)
        walls = find_walls(zmap)
        rays = replay_walls(walls, moves, profiles, grid.spacing, band, n_candidates, pool)
        columns, rim = floors.result()
    ray_level = lowest_levels(rays.level)

    position, solid = _columns(zmap)
    made = lowest_levels(columns.level) < MADE
    edge = rim | (to_tiles(grid, _near_walls(zmap, walls, ray_level, band / 2), np.float32(0)).ravel() > 0)
    outward = np.ones(len(made), np.int8)
    samples = empty_samples(int(solid.sum()) + len(ray_level), n_candidates)
    rest = moves, profiles, band, grid.spacing
    n = settle(samples, 0, columns, np.flatnonzero(made & solid), position, 2, outward, edge, *rest)
    n = _untouched(samples, n, zmap, slope, np.flatnonzero(~made & solid), position, edge)

    stack, position = wall_rays(walls, grid.spacing[2])
    made = ray_level < _stock_level(stock, walls, stack, position) + MADE
    edge = np.minimum(position[:, 2] - walls.low[stack], walls.high[stack] - position[:, 2]) < band / 2
    for axis in (0, 1):
        chosen = np.flatnonzero(made & (walls.axis[stack] == axis))
        n = settle(samples, n, rays, chosen, position, axis, -walls.side[stack], edge, *rest)

    filled = Samples(*(column[:n] for column in samples))
    return (
        Surface(filled.position, filled.normal, filled.area, filled.family, filled.machined),
        Provenance(filled.segment, filled.along, filled.gap, filled.facing, filled.overflow, filled.edge, band),
    )


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


def _untouched(
    samples: Samples,
    first: int,
    zmap: ZMap,
    slope: np.ndarray,
    cells: np.ndarray,
    position: np.ndarray,
    edge: np.ndarray,
) -> int:
    """Rows from ``first`` on for the ``cells`` that are still the top of the stock, where that faces upwards."""
    dx, dy = zmap.grid.spacing[:2]
    gradient = np.stack([to_tiles(zmap.grid, along, np.float32(0)).ravel()[cells] for along in slope], axis=1)
    upwards = np.abs(gradient).max(axis=1, initial=0.0) <= 1.0
    gradient, cells = gradient[upwards].astype(float), cells[upwards]
    rows = slice(first, first + len(cells))
    secant = np.sqrt(1 + (gradient**2).sum(axis=1))
    samples.position[rows] = position[cells]
    samples.normal[rows, :2] = -gradient / secant[:, None]
    samples.normal[rows, 2] = 1 / secant
    samples.area[rows] = dx * dy * secant
    samples.family[rows], samples.machined[rows], samples.overflow[rows] = 2, False, False
    samples.edge[rows] = edge[cells]
    samples.segment[rows], samples.gap[rows] = -1, np.inf
    return rows.stop
