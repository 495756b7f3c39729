"""The machined part as a closed triangle mesh, on demand: dual contouring of what the cut leaves.

The cell centres of the grid are nodes, inside the material or not; the rays of the three families run along
the edges between them. Each edge that ends inside and outside becomes a quadrilateral between the four cubes
of nodes around it; each such cube holds one vertex, where the planes of its crossings meet best (Ju et al.,
Dual contouring of Hermite data, 2002, 10.1145/566654.566586). So walls lie where the wall rays found them,
whatever their angle to the grid, edges stay sharp, and the mesh is closed whatever the rounding. Material
thinner than a cell may be lost.
"""

from dataclasses import dataclass, replace

import numpy as np

from twin.errors import InputError
from twin.stock.cut import Columns, Surface
from twin.stock.kernel import kernel
from twin.stock.workpiece import Stock

NO_SAMPLE = -1
ON_NODE = 1e-3  # cells: a sample this near to a node may be on either side of it
STIFFNESS = 1e-3  # weight of the mean crossing against that of one plane
PROBE = 1e-7  # [m] step to the neighbouring ray that tells the slope of the stock's face
STEEPEST = 1e3  # slope beyond which that ray has met another face
SAME_FACE = 1e-6  # [m]


@dataclass(frozen=True)
class PartMesh:
    """A closed mesh whose vertices know the surface sample that stands for them."""

    vertices: np.ndarray  # (vertex, 3) [m]
    faces: np.ndarray  # (face, 3), seen from outside counter-clockwise
    sample: np.ndarray  # (vertex,) row of the Surface, -1 where none is near (sides of the stock)


@dataclass(frozen=True)
class _Edges:
    """Edges along one axis between a node inside and one outside the material."""

    axis: int
    node: np.ndarray  # (edge, 3) lower node; nodes outside the grid have -1 or the number of cells
    rising: np.ndarray  # (edge,) bool: the upper node is the inside one
    position: np.ndarray  # (edge,) coordinate of the crossing along the axis [m], NaN: unknown
    normal: np.ndarray  # (edge, 3), 0: unknown
    sample: np.ndarray  # (edge,) row of the Surface, -1 none


def part_mesh(columns: Columns, surface: Surface, stock: Stock, spacing: float = 0.0) -> PartMesh:
    """Mesh of the part.

    Args:
        columns: what is left over each cell.
        surface: samples of it on the rays of the same grid, part frame.
        stock: before the first cut, part frame; gives the faces that no tool reached.
        spacing: [m] of the mesh: every so many rays are taken that it is not exceeded; 0: all.

    Raises:
        InputError: nothing is left.
    """
    turn, shift = columns.pose[:3, :3], columns.pose[:3, 3]
    stock = stock.transformed(np.linalg.inv(columns.pose))
    surface = replace(surface, position=(surface.position - shift) @ turn, normal=surface.normal @ turn)
    stride = max(1, int(spacing / columns.spacing.max() + ON_NODE))
    grid = _Lattice.of(columns, stock, stride)
    picked = slice(stride // 2, None, stride)
    columns = replace(columns, top=columns.top[picked, picked], floor=columns.floor[picked, picked])
    edges = [_crossings(grid, *found, surface, stock) for found in grid.boundary(columns)]
    if not len(edges[0].node):
        raise InputError("no material is left", remedy="check the stock's position and the path's depth")
    cube, corners = _quadrilaterals(grid, edges)
    vertices, sample = _vertices(grid, edges, cube, corners)
    faces = _triangles(vertices, np.concatenate(corners))
    return PartMesh(vertices @ turn.T + shift, faces, sample)


@dataclass(frozen=True)
class _Lattice:
    """Nodes in cell centres of the grid."""

    origin: np.ndarray  # (3,) [m] node 0, 0, 0
    step: np.ndarray  # (3,) [m]
    shape: np.ndarray  # (3,) nodes along x, y, z

    @classmethod
    def of(cls, columns: Columns, stock: Stock, stride: int) -> "_Lattice":
        """Every ``stride``-th node of the grid along each axis, from the ``stride // 2``-th on."""
        step = np.asarray(columns.spacing, float)
        lower = np.array([*columns.lower, stock.lower[2]])
        ny, nx = columns.top.shape
        cells = np.array([nx, ny, int(np.rint((stock.upper[2] - stock.lower[2]) / step[2]))])
        first = stride // 2
        return cls(lower + step * (first + 0.5), step * stride, -(-(cells - first) // stride))

    def boundary(self, columns: Columns) -> list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """Edges (axis, lower node (edge, 3), rising, position) between inside and outside, for each axis."""
        # Nodes first <= k < end of a column are inside; a margin of empty columns surrounds the grid.
        first, end = (self._nodes_below(np.pad(z, 1, constant_values=np.inf)) for z in (columns.floor, columns.top))
        empty = np.pad(~np.isfinite(columns.top), 1, constant_values=True) | (end <= first)
        first[empty] = end[empty] = 0
        j, i = np.nonzero(~empty)
        below = np.stack([i - 1, j - 1, first[j, i] - 1], axis=1)
        above = np.stack([i - 1, j - 1, end[j, i] - 1], axis=1)
        ends = np.concatenate([columns.floor[j - 1, i - 1], columns.top[j - 1, i - 1]]).astype(float)
        found = [(2, np.concatenate([below, above]), np.arange(2 * len(i)) < len(i), ends)]
        for axis in (0, 1):
            low = (slice(None), slice(None, -1)) if axis == 0 else (slice(None, -1), slice(None))
            high = (slice(None), slice(1, None)) if axis == 0 else (slice(1, None), slice(None))
            for a, b, rising in ((low, high, True), (high, low, False)):
                # Nodes of column b that are not in column a: below it, and above it.
                under = np.minimum(end[b], np.where(end[a] > first[a], first[a], end[b])) - first[b]
                over_from = np.maximum(first[b], end[a])
                over = np.where(end[a] > first[a], end[b] - over_from, 0)
                for start, count in ((first[b], under), (over_from, over)):
                    j, i = np.nonzero(count > 0)
                    n = count[j, i]
                    k = np.repeat(start[j, i] - np.concatenate([[0], np.cumsum(n)[:-1]]), n) + np.arange(n.sum())
                    node = np.stack([np.repeat(i - 1, n), np.repeat(j - 1, n), k], axis=1)
                    found.append((axis, node, np.full(len(k), rising), np.full(len(k), np.nan)))
        return found

    def _nodes_below(self, z: np.ndarray) -> np.ndarray:
        """How many nodes of a column lie below the heights ``z`` [m]."""
        count = np.ceil((z.astype(float) - self.origin[2]) / self.step[2])
        return np.clip(np.nan_to_num(count, posinf=0, neginf=0), 0, self.shape[2]).astype(np.int64)

    def key(self, node: np.ndarray) -> np.ndarray:
        """One number for each node or cube (…, 3) from -1 to the number of nodes."""
        i, j, k = np.moveaxis(node + 1, -1, 0)
        return (k * (self.shape[1] + 2) + j) * (self.shape[0] + 2) + i

    def node(self, key: np.ndarray) -> np.ndarray:
        """Inverse of :meth:`key`: (…, 3)."""
        rest, i = np.divmod(key, self.shape[0] + 2)
        k, j = np.divmod(rest, self.shape[1] + 2)
        return np.stack([i, j, k], axis=-1) - 1


def _crossings(
    grid: _Lattice,
    axis: int,
    node: np.ndarray,
    rising: np.ndarray,
    position: np.ndarray,
    surface: Surface,
    stock: Stock,
) -> _Edges:
    """Where the edges cross the surface: by its samples, else by the stock's own face."""
    sample = _match(grid, axis, node, surface)
    normal = np.zeros((len(node), 3))
    known = sample != NO_SAMPLE
    position[known] = surface.position[sample[known], axis]
    normal[known] = surface.normal[sample[known]]
    left = np.flatnonzero(~known)
    u_axis, v_axis = (a for a in range(3) if a != axis)
    u, v = (grid.origin[a] + grid.step[a] * node[left, a] for a in (u_axis, v_axis))
    low = grid.origin[axis] + grid.step[axis] * node[left, axis]
    face = _stock_face(stock, axis, u, v, low, grid.step[axis], rising[left])
    # Where the height of a column is known, the stock's face must be that.
    found = ~np.isnan(face) & ~(np.abs(face - position[left]) > SAME_FACE)
    left, u, v, low, face = left[found], u[found], v[found], low[found], face[found]
    position[left] = face
    outward = np.zeros((len(left), 3))
    outward[:, axis] = 1.0
    for a, step_u, step_v in ((u_axis, PROBE, 0.0), (v_axis, 0.0, PROBE)):
        beside = _stock_face(stock, axis, u + step_u, v + step_v, low, grid.step[axis], rising[left])
        slope = (beside - face) / PROBE
        outward[:, a] = -np.where(np.isnan(slope) | (np.abs(slope) > STEEPEST), 0.0, slope)
    outward *= np.where(rising[left], -1.0, 1.0)[:, None] / np.linalg.norm(outward, axis=1, keepdims=True)
    normal[left] = outward
    return _Edges(axis, node, rising, position, normal, sample)


def _match(grid: _Lattice, axis: int, node: np.ndarray, surface: Surface) -> np.ndarray:
    """Sample of the family of ``axis`` on each edge (edge,), -1 none."""
    key = grid.key(node)
    order = np.argsort(key)
    sample = np.full(len(node), NO_SAMPLE)
    rows = np.flatnonzero(surface.family == axis)
    place = (surface.position[rows] - grid.origin) / grid.step
    at = np.rint(place).astype(np.int64)
    on_ray = (np.delete(np.abs(place - at), axis, axis=1) < ON_NODE).all(axis=1)
    rows, place, at = rows[on_ray], place[on_ray], at[on_ray]
    for shift in (ON_NODE, -ON_NODE, 0.0):  # the sample's own edge last, so that it has the last word
        at[:, axis] = np.floor(place[:, axis] + shift)
        wanted = grid.key(np.clip(at, -1, grid.shape))
        slot = np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)
        hit = key[order[slot]] == wanted if len(key) else np.zeros(len(rows), bool)
        sample[order[slot[hit]]] = rows[hit]
    return sample


def _stock_face(
    stock: Stock, axis: int, u: np.ndarray, v: np.ndarray, low: np.ndarray, step: float, rising: np.ndarray
) -> np.ndarray:
    """Coordinate [m] along ``axis`` of the stock's face on edges from ``low`` to ``low + step``, NaN without one."""
    bounds = stock.intervals(axis, u, v)
    face = np.where(rising[:, None], bounds[:, :, 0], bounds[:, :, 1])
    slack = ON_NODE * step
    on_edge = (face >= low[:, None] - slack) & (face <= low[:, None] + step + slack)
    first = face[np.arange(len(face)), on_edge.argmax(axis=1)]
    return np.where(on_edge.any(axis=1), first, np.nan)


def _quadrilaterals(grid: _Lattice, edges: list[_Edges]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Keys of the cubes with a vertex (vertex,), and the vertices (edge, 4) around each edge of ``edges``."""
    keys = []
    for e in edges:
        # Around the axis, counter-clockwise seen from its + side.
        side, up = (1, 2) if e.axis == 0 else ((2, 0) if e.axis == 1 else (0, 1))
        cubes = np.repeat(e.node[:, None, :], 4, axis=1)
        cubes[:, [0, 3], side] -= 1
        cubes[:, [0, 1], up] -= 1
        cubes[e.rising] = cubes[e.rising][:, ::-1]
        keys.append(grid.key(cubes))
    cube, vertex = np.unique(np.concatenate(keys), return_inverse=True)
    return cube, np.split(vertex.reshape(-1, 4), np.cumsum([len(k) for k in keys])[:-1])


def _vertices(
    grid: _Lattice, edges: list[_Edges], cube: np.ndarray, corners: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Vertex of each cube (vertex, 3) [m], nearest to all planes of its crossings, and its sample (vertex,)."""
    n = len(cube)
    weight, mean = np.zeros(n), np.zeros((n, 3))
    matrix, right = np.zeros((n, 3, 3)), np.zeros((n, 3))
    sample = np.full(n, NO_SAMPLE)
    low = grid.origin + grid.step * grid.node(cube)
    for e, quads in zip(edges, corners, strict=True):
        point = grid.origin + grid.step * e.node
        known = ~np.isnan(e.position)
        point[:, e.axis] = np.where(known, e.position, point[:, e.axis] + grid.step[e.axis] / 2)
        trust = np.where(known, 1.0, 1e-6)
        _add_planes(point, e.normal, trust, e.sample, quads, low, weight, mean, matrix, right, sample)
    mean /= weight[:, None]
    matrix[:, [0, 1, 2], [0, 1, 2]] += STIFFNESS
    offset = np.linalg.solve(matrix, (right + STIFFNESS * mean)[:, :, None])[:, :, 0]
    return low + np.clip(offset, 0.0, grid.step), sample


@kernel
def _add_planes(point, normal, trust, of_edge, quads, low, weight, mean, matrix, right, sample):
    """Add the crossings (edge, …) to the sums of the four vertices around each edge, relative to ``low``."""
    for e in range(len(quads)):
        for corner in quads[e]:
            weight[corner] += trust[e]
            reach = 0.0
            for a in range(3):
                offset = point[e, a] - low[corner, a]
                mean[corner, a] += trust[e] * offset
                reach += normal[e, a] * offset
            for a in range(3):
                right[corner, a] += reach * normal[e, a]
                for b in range(3):
                    matrix[corner, a, b] += normal[e, a] * normal[e, b]
            if of_edge[e] >= 0:
                sample[corner] = of_edge[e]


def _triangles(vertices: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """Two triangles for each quadrilateral, cut along its shorter diagonal."""
    a, b, c, d = (vertices[quads[:, k]] for k in range(4))
    other = np.linalg.norm(b - d, axis=1) < np.linalg.norm(a - c, axis=1)
    turned = np.where(other[:, None], np.roll(quads, -1, axis=1), quads)
    return np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
