"""Which samples of the machined surface belong to a feature."""

from dataclasses import dataclass

import numpy as np

from twin.inspection.features import Circle, Feature, Plane, Profile, frame, outset
from twin.stock.cut import Surface

FACING = np.cos(np.radians(30.0))  # a sample belongs to a face when its normal is within 30 degrees of it


@dataclass(frozen=True)
class Sorted:
    """A surface with its samples in the order of X, so that a feature looks only at those near it."""

    surface: Surface
    row: np.ndarray  # (sample,) rows of the surface by rising X
    x: np.ndarray  # (sample,) [m] their X

    @classmethod
    def of(cls, surface: Surface) -> "Sorted":
        row = np.flatnonzero(surface.machined)
        row = row[np.argsort(surface.position[row, 0], kind="stable")]
        return cls(surface, row, surface.position[row, 0])

    def box(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Rows of machined samples between two corners (3,) [m]."""
        first, last = np.searchsorted(self.x, [lower[0], upper[0]])
        row = np.sort(self.row[first:last])
        for axis in (1, 2):
            along = self.surface.position[row, axis]
            row = row[(along >= lower[axis]) & (along <= upper[axis])]
        return row


def samples(feature: Feature, ordered: Sorted) -> np.ndarray:
    """Rows of the surface that belong to ``feature``: (belonging,) int."""
    axes = frame(feature)
    half = np.abs(axes.T) @ _half_size(feature)
    row = ordered.box(np.asarray(feature.centre) - half, np.asarray(feature.centre) + half)
    local = (ordered.surface.position[row] - np.asarray(feature.centre)) @ axes.T
    normal = ordered.surface.normal[row] @ axes.T
    return row[_belongs(feature, local, normal)]


def _half_size(feature: Feature) -> np.ndarray:
    """Half the edges of a box around the feature, along its own axes [m]."""
    if isinstance(feature, Circle):
        radius = feature.diameter / 2 + feature.margin
        return np.array([radius, radius, feature.length / 2])
    if isinstance(feature, Profile):
        return np.asarray(feature.size) / 2
    return np.array([*feature.size, 0.0]) / 2 + [0.0, 0.0, abs(outset(feature)) + feature.margin]


def _belongs(feature: Feature, local: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Whether samples with these positions and normals in the feature's frame are of it: (sample,) bool."""
    if isinstance(feature, Circle):
        radial = np.hypot(local[:, 0], local[:, 1])
        outward = np.sum(normal[:, :2] * local[:, :2], axis=1) / np.maximum(radial, 1e-12)
        angle = np.mod(np.arctan2(local[:, 1], local[:, 0]) - feature.first, 2 * np.pi)
        return (
            (np.abs(radial - feature.diameter / 2) <= feature.margin)
            & ((-outward if feature.inner else outward) >= FACING)
            & (np.abs(local[:, 2]) <= feature.length / 2)
            & (angle <= feature.last - feature.first)
        )
    if isinstance(feature, Profile):
        inside = np.all(np.abs(local) <= np.asarray(feature.size) / 2, axis=1)
        if feature.normal is not None:
            direction = np.asarray(feature.normal) / np.linalg.norm(feature.normal)
            inside &= normal @ direction >= np.cos(feature.spread)
        return inside
    inside = np.all(np.abs(local[:, :2]) <= np.asarray(feature.size) / 2, axis=1)
    if isinstance(feature, Plane):
        return inside & (np.abs(local[:, 2]) <= feature.margin) & (normal[:, 2] >= FACING)
    face = np.sign(normal[:, 2]) * outset(feature)
    return inside & (np.abs(local[:, 2] - face) <= feature.margin) & (np.abs(normal[:, 2]) >= FACING)
