"""The stock before the first cut: a box, a cylinder, or a closed triangle mesh, seen along rays of the grid."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.stock.raycast import RAY_AXES, mesh_intervals

Faces = tuple[np.ndarray, np.ndarray]  # vertices (vertex, 3) [m], faces (face, 3) int


class Stock(ABC):
    """A solid that axis-parallel rays can be cast through.

    Build one with :meth:`box`, :meth:`cylinder` or :meth:`from_mesh`; :meth:`transformed` turns it over for
    another setup. Rays that just touch see the material on their + side only, so that every ray has one answer.
    """

    @staticmethod
    def box(lower, upper) -> "Stock":
        """Axis-parallel block between two corners (3,) [m]."""
        low, high = np.asarray(lower, float), np.asarray(upper, float)
        if not np.all(high > low):
            raise InputError(
                f"stock box from {_mm(low)} to {_mm(high)} mm has no volume", remedy="upper must exceed lower"
            )
        pose = np.eye(4)
        pose[:3, 3] = low
        return BoxStock(high - low, pose)

    @staticmethod
    def cylinder(base, radius: float, length: float, axis=(0.0, 0.0, 1.0)) -> "Stock":
        """Round bar: centre of one end ``base`` (3,) [m], ``radius`` and ``length`` [m] along ``axis`` (3,)."""
        if not (radius > 0 and length > 0):
            raise InputError(
                f"stock cylinder of radius {radius * 1e3:g} mm, length {length * 1e3:g} mm has no volume",
                remedy="both must be positive",
            )
        pose = np.eye(4)
        pose[:3, 2] = np.asarray(axis, float) / np.linalg.norm(axis)
        pose[:3, 0] = np.cross(np.eye(3)[np.argmin(np.abs(pose[:3, 2]))], pose[:3, 2])
        pose[:3, 0] /= np.linalg.norm(pose[:3, 0])
        pose[:3, 1] = np.cross(pose[:3, 2], pose[:3, 0])
        pose[:3, 3] = base
        return CylinderStock(float(radius), float(length), pose)

    @staticmethod
    def from_mesh(vertices, faces, file: object = None) -> "Stock":
        """Closed triangle mesh: vertices (vertex, 3) [m], faces (face, 3), seen from outside counter-clockwise.

        Equal vertices are merged and degenerate faces dropped; a mesh turned inside out is turned back.

        Raises:
            InputError: the mesh is empty or not closed; names ``file`` and the number of open edges.
        """
        points, index = np.unique(np.asarray(vertices, float), axis=0, return_inverse=True)
        triangles = index.reshape(-1)[np.asarray(faces, int)]
        distinct = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
        triangles = triangles[distinct]
        if not len(triangles) or not np.isfinite(points).all():
            raise InputError("the mesh has no facets, or NaN in them", file=file, remedy="export it again")
        n_open, n_flipped = edge_faults(triangles)
        if n_open or n_flipped:
            raise InputError(
                f"the mesh is not closed: {n_open} open edges, {n_flipped} between facets of opposite sense",
                file=file,
                remedy="repair it, or export it as one closed solid",
            )
        if mesh_volume(points, triangles) < 0:
            triangles = triangles[:, ::-1]
        return MeshStock(points, np.ascontiguousarray(triangles))

    @property
    @abstractmethod
    def volume(self) -> float:
        """Volume [m3]."""

    @property
    @abstractmethod
    def bounds(self) -> np.ndarray:
        """(2, 3) [m] lower and upper corner of the axis-parallel box around it."""

    @property
    def lower(self) -> np.ndarray:
        """(3,) [m]."""
        return self.bounds[0]

    @property
    def upper(self) -> np.ndarray:
        """(3,) [m]."""
        return self.bounds[1]

    @abstractmethod
    def intervals(self, direction: int, u, v) -> np.ndarray:
        """Material along rays parallel to an axis.

        Args:
            direction: axis of the rays: 0 x, 1 y, 2 z.
            u, v: (ray,) [m] where they run: the other two coordinates in ascending order (y rays: x, z).

        Returns:
            (ray, slot, 2) [m] start and end along the ray, ascending, NaN in empty slots; as many slots as the
            ray with most intervals needs, at least one.
        """

    @abstractmethod
    def transformed(self, pose) -> "Stock":
        """The same solid moved by a rigid ``pose`` (4, 4) [m]: another setup of the same workpiece."""

    @abstractmethod
    def mesh(self, tolerance: float = 5e-6) -> Faces:
        """Closed triangle mesh, its chords within ``tolerance`` [m] of the solid."""

    def z_top(self, x, y) -> np.ndarray:
        """Height of the uppermost material over (x, y) [m], of their broadcast shape; -inf beside the stock."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        top = self.intervals(2, x.ravel(), y.ravel())[:, :, 1]
        return np.where(np.isnan(top), -np.inf, top).max(axis=1).reshape(x.shape)


@dataclass(frozen=True)
class BoxStock(Stock):
    """Block of ``size`` (3,) [m] with one corner in the origin of its own frame; ``pose`` (4, 4) places it."""

    size: np.ndarray
    pose: np.ndarray

    @property
    def volume(self) -> float:
        return float(np.prod(self.size))

    @property
    def bounds(self) -> np.ndarray:
        corners = self.mesh()[0]
        return np.stack([corners.min(axis=0), corners.max(axis=0)])

    def intervals(self, direction: int, u, v) -> np.ndarray:
        origin, along = _local_rays(self.pose, direction, u, v)
        return _clip(*_slabs(origin, along, self.size))

    def transformed(self, pose) -> "BoxStock":
        return BoxStock(self.size, _rigid(pose) @ self.pose)

    def mesh(self, tolerance: float = 5e-6) -> Faces:
        corner = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)]) * self.size
        quads = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]])
        return _place(self.pose, corner), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


@dataclass(frozen=True)
class CylinderStock(Stock):
    """Round bar of ``radius`` and ``length`` [m] along z of its own frame, one end at z = 0; ``pose`` places it."""

    radius: float
    length: float
    pose: np.ndarray

    @property
    def volume(self) -> float:
        return float(np.pi * self.radius**2 * self.length)

    @property
    def bounds(self) -> np.ndarray:
        axis = self.pose[:3, 2]
        ends = self.pose[:3, 3] + np.array([[0.0], [self.length]]) * axis
        reach = self.radius * np.sqrt(np.maximum(0.0, 1 - axis**2))
        return np.stack([ends.min(axis=0) - reach, ends.max(axis=0) + reach])

    def intervals(self, direction: int, u, v) -> np.ndarray:
        origin, along = _local_rays(self.pose, direction, u, v)
        start, end = _slabs(origin[:, 2:], along[2:], np.array([self.length]))
        # |origin + t along| = radius in the plane normal to the bar
        a = float(along[:2] @ along[:2])
        b = origin[:, :2] @ along[:2]
        c = (origin[:, :2] ** 2).sum(axis=1) - self.radius**2
        if a < 1e-24:  # ray along the bar
            return _clip(np.where(c < 0, start, np.inf), end)
        root = np.sqrt(np.maximum(0.0, b * b - a * c))
        return _clip(np.maximum(start, (-b - root) / a), np.minimum(end, (-b + root) / a))

    def transformed(self, pose) -> "CylinderStock":
        return CylinderStock(self.radius, self.length, _rigid(pose) @ self.pose)

    def mesh(self, tolerance: float = 5e-6) -> Faces:
        n = int(np.ceil(np.pi / np.arccos(max(0.5, 1 - tolerance / self.radius))))
        angle = 2 * np.pi * np.arange(n) / n
        ring = self.radius * np.stack([np.cos(angle), np.sin(angle), np.zeros(n)], axis=1)
        up = np.array([0.0, 0.0, self.length])
        vertices = np.concatenate([ring, ring + up, [[0, 0, 0], up]])
        i, j = np.arange(n), np.roll(np.arange(n), -1)
        low, high = np.full(n, 2 * n), np.full(n, 2 * n + 1)
        corners = [(i, j, j + n), (i, j + n, i + n), (low, j, i), (high, i + n, j + n)]
        return _place(self.pose, vertices), np.concatenate([np.stack(c, axis=1) for c in corners])


@dataclass(frozen=True)
class MeshStock(Stock):
    """Closed triangle mesh with outward normals: vertices (vertex, 3) [m], faces (face, 3)."""

    vertices: np.ndarray
    faces: np.ndarray

    @property
    def volume(self) -> float:
        return mesh_volume(self.vertices, self.faces)

    @property
    def bounds(self) -> np.ndarray:
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    def intervals(self, direction: int, u, v) -> np.ndarray:
        u, v = np.asarray(u, float), np.asarray(v, float)
        first, bounds = mesh_intervals(self.vertices, self.faces, direction, u, v)
        count = np.diff(first)
        out = np.full((len(u), max(1, int(count.max(initial=0))), 2), np.nan)
        ray = np.repeat(np.arange(len(u)), count)
        out[ray, np.arange(len(bounds)) - first[ray]] = bounds
        return out

    def transformed(self, pose) -> "MeshStock":
        return MeshStock(_place(_rigid(pose), self.vertices), self.faces)

    def mesh(self, tolerance: float = 5e-6) -> Faces:
        return self.vertices, self.faces


def edge_faults(faces: np.ndarray) -> tuple[int, int]:
    """Number of edges of faces (face, 3) that stay open, and of those whose two facets run the same way."""
    a, b = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    key = np.minimum(a, b) * (int(faces.max(initial=0)) + 1) + np.maximum(a, b)
    _, edge, uses = np.unique(key, return_inverse=True, return_counts=True)
    balance = np.bincount(edge.reshape(-1), weights=np.where(a < b, 1.0, -1.0), minlength=len(uses))
    is_open = uses % 2 == 1
    return int(is_open.sum()), int((~is_open & (balance != 0)).sum())


def mesh_volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Signed volume [m3] of a closed mesh: sum of tetrahedra over its faces; > 0 with outward normals."""
    corner = (vertices - vertices.mean(axis=0))[faces]
    return float(np.einsum("ij,ij->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6)


def _local_rays(pose: np.ndarray, direction: int, u, v) -> tuple[np.ndarray, np.ndarray]:
    """Rays in the frame of ``pose``: origins (ray, 3) on the plane through zero, unit direction (3,)."""
    u, v = np.asarray(u, float), np.asarray(v, float)
    axis_u, axis_v, _ = RAY_AXES[direction]
    origin = np.zeros((len(u), 3))
    origin[:, axis_u], origin[:, axis_v] = u, v
    return (origin - pose[:3, 3]) @ pose[:3, :3], pose[direction, :3]


def _slabs(origin: np.ndarray, along: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where rays (ray, k) are inside 0 <= coordinate < size (k,): start and end (ray,), start > end if nowhere."""
    start, end = np.full(len(origin), -np.inf), np.full(len(origin), np.inf)
    for o, d, s in zip(origin.T, along, size, strict=True):
        if abs(d) < 1e-12:
            start = np.where((o >= 0) & (o < s), start, np.inf)
        else:
            near, far = (-o / d, (s - o) / d) if d > 0 else ((s - o) / d, -o / d)
            start, end = np.maximum(start, near), np.minimum(end, far)
    return start, end


def _clip(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """One interval a ray, (ray, 1, 2), NaN where it is empty."""
    pair = np.stack([start, end], axis=1)
    return np.where((start < end)[:, None], pair, np.nan)[:, None, :]


def _place(pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ pose[:3, :3].T + pose[:3, 3]


def _rigid(pose) -> np.ndarray:
    pose = np.asarray(pose, float)
    turn = pose[:3, :3]
    if not (np.allclose(turn @ turn.T, np.eye(3), atol=1e-9) and np.linalg.det(turn) > 0):
        raise InputError("the pose of a setup is not a rigid motion", remedy="give a rotation and a translation")
    return pose


def _mm(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{x * 1e3:g}" for x in point) + ")"
