"""Material removal on a z-map: one height a cell, lowered move by move in the order of the program.

Exact for a tool axis along z, up to the quadrature of the cells: each move lowers the cells under it to
the closed-form envelope of the swept tool. Tiles whose highest cell lies under the envelope are skipped
unseen, so that the cost of a move depends on what it cuts and not on the stock's size.
"""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.program.program import Toolpath
from twin.stock.assembly import SHANK
from twin.stock.clearance import Watch, deepest_contact, nothing_watched
from twin.stock.cut import N_ARCS, N_SLICES, Engagement
from twin.stock.engagement import engaged_arcs, look_space
from twin.stock.grid import Grid
from twin.stock.kernel import kernel
from twin.stock.sweep import (
    ABOVE,
    CELLS,
    HALF,
    LANES,
    ROW,
    ROWS,
    ZERO,
    F,
    sweep_of,
    sweep_tile,
    tile_bounds,
    tile_offsets,
)
from twin.stock.workpiece import Stock

EIGHTH = CELLS // 8
EMPTY = F(-1e30)  # height of a column without material
TRACE = F(1e-7)  # [m] a cell lowered by less than this is rounding, not cutting
RAYS = 1 << 20  # rays cast into the stock at once, to bound memory


@dataclass(frozen=True)
class ZMap:
    """Heights of the material over the cells of a grid, in tiles; a margin of empty tiles surrounds it."""

    grid: Grid
    height: np.ndarray  # (tile row, tile column, cell) float32 [m] top of the material, EMPTY where none
    floor: np.ndarray  # the same, underside of the stock; -EMPTY where none
    top: np.ndarray  # (tile row, tile column) float32 [m] highest cell of the tile
    underside: np.ndarray  # (tile row, tile column) float32 [m] highest floor of the tile

    @staticmethod
    def n_bytes(grid: Grid) -> int:
        """Memory that the z-map over ``grid`` takes [byte]."""
        down, across = _tiles(grid)
        return 8 * down * across * (CELLS + 1)

    @classmethod
    def of(cls, stock: Stock, grid: Grid) -> "ZMap":
        """The stock over ``grid``.

        Raises:
            InputError: a column meets more than one piece of material: an undercut, out of the domain of a z-map.
        """
        x, y = grid.centres(0), grid.centres(1)
        height, floor = np.empty((len(y), len(x)), np.float32), np.empty((len(y), len(x)), np.float32)
        hollow = np.zeros((len(y), len(x)), bool)
        band = max(RAYS // len(x), 1)
        for first in range(0, len(y), band):
            rows = slice(first, first + band)
            n = len(y[rows])
            rays = stock.intervals(2, np.tile(x, n), np.repeat(y[rows], len(x)))
            hollow[rows] = ((~np.isnan(rays[..., 0])).sum(axis=1) > 1).reshape(n, len(x))
            height[rows] = np.where(np.isnan(rays[..., 1]), EMPTY, rays[..., 1]).max(axis=1).reshape(n, len(x))
            floor[rows] = np.where(np.isnan(rays[..., 0]), -EMPTY, rays[..., 0]).min(axis=1).reshape(n, len(x))
        _refuse_undercut(hollow, x, y)
        underside = np.where(height > EMPTY, floor, EMPTY)
        return cls(
            grid,
            to_tiles(grid, height, EMPTY),
            to_tiles(grid, floor, -EMPTY),
            to_tiles(grid, height, EMPTY).max(axis=2),
            to_tiles(grid, underside, EMPTY).max(axis=2),
        )

    @property
    def frame(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest corner of the margin and size of a cell, (2,) [m] each."""
        low, step = np.array(self.grid.lower[:2]), np.array(self.grid.spacing[:2])
        return low - step * [ROW, ROWS], step

    @property
    def surface(self) -> np.ndarray:
        """Top of the material over each cell: (y, x) float32 [m], EMPTY where there is none."""
        return self._from_tiles(self.height)

    @property
    def bottom(self) -> np.ndarray:
        """Underside of the stock over each cell: (y, x) float32 [m], -EMPTY where there was none."""
        return self._from_tiles(self.floor)

    @property
    def volume(self) -> float:
        """Volume of the material [m3]."""
        column = np.where(self.surface > EMPTY, self.surface.astype(float) - self.bottom, 0.0)
        return float(column.sum()) * self.grid.spacing[0] * self.grid.spacing[1]

    def _from_tiles(self, tiles: np.ndarray) -> np.ndarray:
        nx, ny, _ = self.grid.shape
        down, across = tiles.shape[:2]
        cells = tiles.reshape(down, across, ROWS, ROW).transpose(0, 2, 1, 3).reshape(down * ROWS, across * ROW)
        return cells[ROWS : ROWS + ny, ROW : ROW + nx]


def _tiles(grid: Grid) -> tuple[int, int]:
    """Tiles down and across: whole ones over the grid, and a margin of one around."""
    nx, ny, _ = grid.shape
    return -(-ny // ROWS) + 2, -(-nx // ROW) + 2


def _refuse_undercut(hollow: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Raise where columns (y, x) of more than one piece of material lie side by side.

    A single row of them is a ray that grazes the facets of an upright wall; it counts as filled.
    """
    inner = hollow[1:-1, 1:-1] & hollow[:-2, 1:-1] & hollow[2:, 1:-1] & hollow[1:-1, :-2] & hollow[1:-1, 2:]
    if inner.any():
        row, column = np.argwhere(inner)[0] + 1
        raise InputError(
            f"the stock is hollow or undercut along the tool axis, at X{x[column] * 1e3:.2f} Y{y[row] * 1e3:.2f} mm",
            remedy="turn it so that every ray along the tool axis meets one piece of material",
        )


def to_tiles(grid: Grid, cells: np.ndarray, margin: np.float32) -> np.ndarray:
    """Cells (y, x) as tiles (tile row, tile column, cell), ``margin`` outside."""
    down, across = _tiles(grid)
    padded = np.full((down * ROWS, across * ROW), margin, np.float32)
    padded[ROWS : ROWS + cells.shape[0], ROW : ROW + cells.shape[1]] = cells
    return padded.reshape(down, ROWS, across, ROW).transpose(0, 2, 1, 3).reshape(down, across, CELLS)


def remove(
    zmap: ZMap,
    path: Toolpath,
    profiles: np.ndarray,
    tool: np.ndarray,
    engagement: bool = True,
    watched: Watch | None = None,
) -> Engagement:
    """Cut ``path`` into ``zmap``, which is changed in place.

    Rapids remove what they touch, as the machine would; it is for the caller to report them.

    Args:
        zmap: the workpiece.
        path: in the frame of the grid, tool axis +z.
        profiles: (tool,) PROFILE.
        tool: (segment,) int32, row of ``profiles``.
        engagement: measure engaged depth and arcs; else only the volume.
        watched: contacts to look for before each move cuts; its ``contact`` is filled in.

    Returns:
        Removed volume, engaged depth and arcs of each segment.
    """
    n = path.n_segments
    volume, depth = np.zeros(n), np.zeros(n)
    measured = n if engagement else 0
    arc = np.full((measured, N_SLICES, N_ARCS, 2), np.nan, np.float32)
    overflow = np.zeros(measured, bool)
    _cut(
        zmap.height,
        zmap.floor,
        zmap.top,
        zmap.underside,
        zmap.underside.max(),
        *zmap.frame,
        np.ascontiguousarray(path.start),
        np.ascontiguousarray(path.end),
        tool,
        profiles,
        _scratch(zmap, path, profiles, tool),
        volume,
        depth,
        arc,
        overflow,
        watched or nothing_watched(n),
    )
    return Engagement(depth, arc, overflow, volume)


def _scratch(zmap: ZMap, path: Toolpath, profiles: np.ndarray, tool: np.ndarray) -> np.ndarray:
    """Work space for the lowered tiles of the largest move: (tile, CELLS) float32."""
    if not path.n_segments:
        return np.zeros((1, CELLS), np.float32)
    dx, dy = zmap.grid.spacing[:2]
    reach = np.abs(path.end - path.start)[:, :2] + 2 * profiles["radius"][tool][:, None]
    across = np.minimum(reach / (dx * ROW, dy * ROWS) + 2, zmap.top.shape[::-1]).astype(np.int64)
    return np.zeros((int(across.prod(axis=1).max()), CELLS), np.float32)


@kernel
def _cut(
    height,
    floor,
    top,
    underside,
    highest_floor,
    origin,
    spacing,
    start,
    end,
    tool,
    profiles,
    fresh,
    volume,
    depth,
    arc,
    overflow,
    watched,
):  # fmt: skip
    """In-order removal of all segments; arguments as in :func:`remove`, ``fresh`` from :func:`_scratch`."""
    n_tiles_y, n_tiles_x = top.shape
    rows, columns = np.empty(len(fresh), np.int32), np.empty(len(fresh), np.int32)
    work, offset = np.empty((2, CELLS), np.float32), np.empty((2, CELLS), np.float32)
    looks = look_space()
    bound = np.empty(n_tiles_x + LANES, np.float32)
    cells, floors = height.reshape(-1), floor.reshape(-1)
    cell_area = spacing[0] * spacing[1]
    for i in range(len(start)):
        if watched.suspect[i] >= 0:
            deepest_contact(height, top, origin, spacing, watched, SHANK, i, tool[i], start[i], end[i])
        p = profiles[tool[i]]
        sweep, x, y, ax, ay = sweep_of(p, start[i], end[i])
        low_s, high_s = _unseen(sweep, i > 0 and tool[i] == tool[i - 1], start[i], end[i], end[i - 1])
        low_x, high_x = min(start[i, 0], end[i, 0]) - p.radius, max(start[i, 0], end[i, 0]) + p.radius
        low_y, high_y = min(start[i, 1], end[i, 1]) - p.radius, max(start[i, 1], end[i, 1]) + p.radius
        first_x = max(int((low_x - origin[0]) / (spacing[0] * ROW)), 0)
        last_x = min(int(np.floor((high_x - origin[0]) / (spacing[0] * ROW))), n_tiles_x - 1)
        first_y = max(int((low_y - origin[1]) / (spacing[1] * ROWS)), 0)
        last_y = min(int(np.floor((high_y - origin[1]) / (spacing[1] * ROWS))), n_tiles_y - 1)
        half_x, half_y = 0.5 * spacing[0] * (ROW - 1), 0.5 * spacing[1] * (ROWS - 1)
        half_s = abs(ax) * half_x + abs(ay) * half_y
        half_w = abs(ay) * half_x + abs(ax) * half_y
        tile_offsets(ax, ay, spacing, offset)
        n_lowered = np.int64(0)  # a literal 0 would have every kernel below compiled a second time
        lowered = 0.0
        highest = EMPTY
        across = last_x - first_x + 1
        tile_s, tile_w = F(ax * spacing[0] * ROW), F(-ay * spacing[0] * ROW)
        centre_x = origin[0] + (first_x + 0.5) * ROW * spacing[0] - x
        for tile_y in range(first_y, last_y + 1):
            centre_y = origin[1] + (tile_y + 0.5) * ROWS * spacing[1] - y
            s, w = F(centre_x * ax + centre_y * ay), F(centre_y * ax - centre_x * ay)
            tile_bounds(sweep, s, w, tile_s, tile_w, F(half_s), F(half_w), low_s, high_s, across, bound)
            for tile in range(across):
                tile_x = first_x + tile
                if top[tile_y, tile_x] <= bound[tile]:
                    continue
                drop = _lower_tile(
                    sweep, height, floor, tile_y, tile_x, s + F(tile) * tile_s, w + F(tile) * tile_w, offset,
                    fresh, n_lowered, work, sweep.z <= underside[tile_y, tile_x],
                )  # fmt: skip
                if drop > F(0):
                    rows[n_lowered], columns[n_lowered] = tile_y, tile_x
                    if len(arc):
                        highest = max(highest, _highest_cut(height, tile_y, tile_x, fresh, n_lowered, work))
                    n_lowered += 1
                    lowered += drop
        if n_lowered == 0:
            continue
        volume[i] = lowered * cell_area
        if highest > EMPTY:
            depth[i] = max(_engaged_depth(sweep, highest), ZERO)
        if depth[i] > 0.0:
            overflow[i] = engaged_arcs(
                cells, floors, top.shape, highest_floor, origin, spacing,
                p, start[i], end[i], depth[i], highest, arc, i, looks,
            )  # fmt: skip
        for k in range(n_lowered):
            top[rows[k], columns[k]] = _store_tile(height, rows[k], columns[k], fresh, k, work)


@kernel
def _unseen(sweep, same_tool, start, end, before):
    """Range of s that a move can cut: where it takes up the previous one, that has cut all under the common end.

    Cells lie under it alone as long as the contact, at most one radius behind them, is clamped to that end.
    """
    if not same_tool or sweep.length == F(0):
        return -ABOVE, ABOVE
    if start[0] != before[0] or start[1] != before[1] or start[2] != before[2]:
        return -ABOVE, ABOVE
    if end[2] >= start[2]:
        return F(0), ABOVE
    return -ABOVE, sweep.length + sweep.trail


@kernel
def _engaged_depth(sweep, highest):
    """Height of the engaged zone above the tip half-way, or at the lower end where half-way it is clear.

    A plunge, without length, has its lower end everywhere.
    """
    middle = sweep.z + HALF * sweep.rise
    return highest - (middle if highest > middle else sweep.z)


@kernel
def _lower_tile(sweep, height, floor, tile_y, tile_x, s, w, offset, fresh, k, work, through):
    """New heights of one tile into ``fresh[k]``; ``through``: the tool may pass below the stock here.

    Returns:
        Sum of the drops of its cells [m].
    """
    sweep_tile(sweep, s, w, offset, fresh, k, work)
    drop = ZERO
    if through:
        for n in range(CELLS):
            old, new, under = height[tile_y, tile_x, n], fresh[k, n], floor[tile_y, tile_x, n]
            drop += max(old - max(new, under), ZERO)
            fresh[k, n] = min(old, new if new > under else EMPTY)
    else:
        for n in range(CELLS):
            # The fast-math sum of plain differences would cancel 1e30 of the empty cells; of maxima it cannot.
            old, new = height[tile_y, tile_x, n], fresh[k, n]
            drop += max(old - new, ZERO)
            fresh[k, n] = min(old, new)
    return drop


@kernel
def _highest_cut(height, tile_y, tile_x, fresh, k, work):
    """Highest of the cells of a tile that are lowered [m]."""
    for n in range(CELLS):
        old = height[tile_y, tile_x, n]
        work[0, n] = old if old - fresh[k, n] > TRACE else EMPTY
    return _highest(work)


@kernel
def _store_tile(height, tile_y, tile_x, fresh, k, work):
    """Write a tile back; returns its highest cell [m]."""
    for n in range(CELLS):
        height[tile_y, tile_x, n] = fresh[k, n]
        work[0, n] = fresh[k, n]
    return _highest(work)


@kernel
def _highest(work):
    """Maximum of ``work[0]``, which it spoils: a running maximum would not become vector code, a tree does."""
    for n in range(EIGHTH):
        a, b = max(work[0, n], work[0, n + EIGHTH]), max(work[0, n + 2 * EIGHTH], work[0, n + 3 * EIGHTH])
        c, d = (
            max(work[0, n + 4 * EIGHTH], work[0, n + 5 * EIGHTH]),
            max(work[0, n + 6 * EIGHTH], work[0, n + 7 * EIGHTH]),
        )
        work[0, n] = max(max(a, b), max(c, d))
    highest = EMPTY
    for n in range(EIGHTH):
        highest = max(highest, work[0, n])
    return highest
