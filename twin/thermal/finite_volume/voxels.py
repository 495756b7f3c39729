"""Cells of a regular grid, filled from declared boxes, cylinders and closed meshes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from twin.errors import InputError
from twin.thermal.finite_volume.structure import VOID, Structure

Mesh = tuple[np.ndarray, np.ndarray]  # vertices (vertex, 3) [m], faces (face, 3) int


@dataclass(frozen=True)
class Voxels:
    """A regular grid whose cells belong to bodies."""

    origin: np.ndarray  # (3,) [m] lower corner of cell 0, 0, 0
    spacing: np.ndarray  # (3,) [m]
    body: np.ndarray  # (x, y, z) int, -1 empty

    @property
    def cells(self) -> np.ndarray:
        """(cell, 3) int indices of the filled cells, in the order of every array over cells."""
        return np.argwhere(self.body >= 0)

    @property
    def centres(self) -> np.ndarray:
        """(cell, 3) [m]."""
        return self.origin + (self.cells + 0.5) * self.spacing

    @property
    def cell_body(self) -> np.ndarray:
        """(cell,) body of each filled cell."""
        return self.body[self.body >= 0]

    @property
    def cell_index(self) -> np.ndarray:
        """(x, y, z) row of each filled cell, -1 elsewhere."""
        index = np.full(self.body.shape, -1)
        index[self.body >= 0] = np.arange(np.count_nonzero(self.body >= 0))
        return index


def voxelise(structure: Structure, meshes: Mapping[str, Mesh] | None = None) -> Voxels:
    """Fill cells whose centre lies in a body; later bodies replace earlier ones.

    Args:
        structure: bodies of shape ``mesh`` are those of ``meshes`` within their box.
        meshes: body -> vertices (vertex, 3) [m] and faces (face, 3), closed.

    Raises:
        InputError: a mesh is missing or open; a body is thinner than a cell, so that none of it is left.
    """
    bodies = list(structure.bodies.values())
    spacing = np.full(3, structure.cell)
    low = np.min([body.low for body in bodies], axis=0)
    high = np.max([body.high for body in bodies], axis=0)
    shape = np.ceil((high - low) / spacing - 1e-6).astype(int)
    axes = [low[a] + (np.arange(shape[a]) + 0.5) * spacing[a] for a in range(3)]
    filled = np.full(shape, -1)
    for row, (name, body) in enumerate(structure.bodies.items()):
        inside = _inside(body.shape, body.low, body.high, axes)
        if body.shape == "mesh":
            if not meshes or name not in meshes:
                raise InputError(f"body {name} has no mesh", remedy="name its file")
            vertices, faces = meshes[name]
            inside &= inside_mesh(vertices, faces, axes, name)
        if body.wall is not None:
            inner_low, inner_high = np.add(body.low, body.wall), np.subtract(body.high, body.wall)
            inside &= ~_inside(body.shape, inner_low, inner_high, axes)
        filled[inside] = -1 if body.material == VOID else row
    for row, (name, body) in enumerate(structure.bodies.items()):
        if body.material != VOID and not (filled == row).any():
            raise InputError(f"body {name} fills no cell of {structure.cell * 1e3:g} mm", remedy="a smaller cell")
    return Voxels(low, spacing, filled)


def inside_mesh(vertices: np.ndarray, faces: np.ndarray, axes: list[np.ndarray], name: str) -> np.ndarray:
    """(x, y, z) bool: which points of a grid lie inside a closed triangle mesh.

    Args:
        vertices: (vertex, 3) [m]; facets need not share them.
        faces: (face, 3) int, outward.
        axes: coordinates of the points along x, y, z, evenly spaced, ascending.
        name: of the body, for messages.

    Raises:
        InputError: the mesh is open, or no point lies inside.
    """
    joined, number = np.unique(np.round(vertices, 9), axis=0, return_inverse=True)
    faces = number.reshape(-1)[faces]
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    if (counts % 2 != 0).any():
        raise InputError(
            f"voxel model {name} is open: {np.count_nonzero(counts % 2)} edges do not join two faces",
            remedy="close the mesh",
        )
    x, y, z = axes
    crossings = np.zeros((len(x), len(y), len(z) + 1), int)
    shift = 1e-7 * np.ptp(joined, axis=0).max() * np.array([1.0, 0.618])  # no ray meets an edge of the mesh
    for a, b, c in joined[faces]:
        i = _between(x, min(a[0], b[0], c[0]), max(a[0], b[0], c[0]))
        j = _between(y, min(a[1], b[1], c[1]), max(a[1], b[1], c[1]))
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0 or not len(i) or not len(j):
            continue
        px, py = (x[i] + shift[0])[:, None], (y[j] + shift[1])[None, :]
        v = ((px - a[0]) * (c[1] - a[1]) - (py - a[1]) * (c[0] - a[0])) / area
        w = ((b[0] - a[0]) * (py - a[1]) - (b[1] - a[1]) * (px - a[0])) / area
        height = a[2] + v * (b[2] - a[2]) + w * (c[2] - a[2])
        hit = (v >= 0) & (w >= 0) & (v + w <= 1)
        above = np.searchsorted(z, height)
        rows, columns = np.nonzero(hit)
        np.add.at(crossings, (i[rows], j[columns], above[rows, columns]), 1)
    filled = np.cumsum(crossings, axis=2)[:, :, :-1] % 2 == 1
    if not filled.any():
        raise InputError(f"no cell lies inside the mesh of {name}", remedy="a smaller cell, lengths in mm")
    return filled


def outside(voxels: Voxels) -> np.ndarray:
    """(x + 2, y + 2, z + 2) bool: empty cells, and a layer around the grid, open to the surroundings."""
    empty = np.pad(voxels.body < 0, 1, constant_values=True)
    labels = ndimage.label(empty)[0]
    return labels == labels[0, 0, 0]


def _between(centres: np.ndarray, low: float, high: float) -> np.ndarray:
    step = centres[1] - centres[0] if len(centres) > 1 else np.inf
    margin = 0.0 if np.isinf(step) else step
    return np.flatnonzero((centres >= low - margin) & (centres <= high + margin))


def _inside(shape: str, low: ArrayLike, high: ArrayLike, axes: list[np.ndarray]) -> np.ndarray:
    low, high = np.asarray(low), np.asarray(high)
    spans = [(axis > lo) & (axis < hi) for axis, lo, hi in zip(axes, low, high, strict=True)]
    box = spans[0][:, None, None] & spans[1][None, :, None] & spans[2][None, None, :]
    if shape in ("box", "mesh"):
        return box
    along = "xyz".index(shape[-1])
    radius = np.zeros((1, 1, 1))
    for a in range(3):
        if a != along:
            relative = (axes[a] - (low[a] + high[a]) / 2) / max((high[a] - low[a]) / 2, 1e-12)
            radius = radius + np.expand_dims(relative**2, [b for b in range(3) if b != a])
    return box & (radius <= 1)
