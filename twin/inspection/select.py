"""Which samples of the machined surface belong to a feature."""

import numpy as np

from twin.inspection.features import Circle, Feature, Plane, Profile, frame
from twin.stock.cut import Surface

FACING = np.cos(np.radians(30.0))  # a sample belongs to a face when its normal is within 30 degrees of it


def samples(feature: Feature, surface: Surface) -> np.ndarray:
    """Rows of ``surface`` that belong to ``feature``: (belonging,) int."""
    axes = frame(feature)
    local = (surface.position - np.asarray(feature.centre)) @ axes.T
    normal = surface.normal @ axes.T
    inside = surface.machined.copy()
    if isinstance(feature, Circle):
        radial = np.hypot(local[:, 0], local[:, 1])
        outward = np.sum(normal[:, :2] * local[:, :2], axis=1) / np.maximum(radial, 1e-12)
        inside &= np.abs(radial - feature.diameter / 2) <= feature.margin
        inside &= (-outward if feature.inner else outward) >= FACING
        inside &= np.abs(local[:, 2]) <= feature.length / 2
        angle = np.mod(np.arctan2(local[:, 1], local[:, 0]) - feature.first, 2 * np.pi)
        inside &= angle <= feature.last - feature.first
    elif isinstance(feature, Profile):
        inside &= np.all(np.abs(local) <= np.asarray(feature.size) / 2, axis=1)
        if feature.normal is not None:
            direction = np.asarray(feature.normal) / np.linalg.norm(feature.normal)
            inside &= surface.normal @ direction >= np.cos(feature.spread)
    else:
        inside &= np.all(np.abs(local[:, :2]) <= np.asarray(feature.size) / 2, axis=1)
        if isinstance(feature, Plane):
            inside &= (np.abs(local[:, 2]) <= feature.margin) & (normal[:, 2] >= FACING)
        else:
            face = np.sign(normal[:, 2]) * feature.thickness / 2
            inside &= (np.abs(local[:, 2] - face) <= feature.margin) & (np.abs(normal[:, 2]) >= FACING)
    return np.flatnonzero(inside)
