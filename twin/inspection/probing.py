"""Where a plan probes the part, and what is there: points on the features, and the predicted surface's height there.

A point is planned on the nominal feature, away from its edges, or stands where a given plan has it, and moves to the
nearest place with surface where the face has a gap. Its height is that of the machined and predicted surface over the
nominal feature, along the normal; positions and normals are in the feature's own frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from scipy.spatial import cKDTree

from twin.compiled import Array
from twin.errors import InputError
from twin.inspection.cmm import Cmm
from twin.inspection.features import Circle, Feature, Plane, Profile, Slot, Wall, frame, outset
from twin.inspection.select import Sorted, samples
from twin.stock.cut import Surface
from twin.units import MM

INSIDE = 0.8  # of a feature's extent that is probed: a plan keeps off the edges
NEIGHBOURS = 4  # samples whose heights make that of a point
FEWEST = 8  # samples of a feature that can be probed
ONE_CIRCLE = 0.1e-3  # [m] heights of a given plan that are nearer are of one circle
Plan = Mapping[str, np.ndarray]  # hole -> (point, 3) [m] in its own frame, about its middle


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Probed:
    """Points of all features, padded to one length; weight 0 is padding. Frames are those of the features."""

    position: Array  # (feature, point, 3) [m] on the nominal feature
    normal: Array  # (feature, point, 3) out of the material
    height: Array  # (feature, point) [m] of the surface over the nominal feature, along the normal
    weight: Array  # (feature, point) 1 or 0
    section: Array  # (feature, point) int circle of a hole, face of a wall or slot
    sections: Array  # (section,) int 0, 1 ... of a hole
    axes: Array  # (feature, 3, 3) rows u, v, w in the part frame
    centre: Array  # (feature, 3) [m] part frame
    size: Array  # (feature,) [m] radius, or half the extent
    half: Array  # (feature,) [m] half the length of an axis, of the nominal feature
    there: Array  # (feature,) bool: the surface has the feature; else its points are those of the nominal one
    sample: Array  # (feature, point, neighbour) int samples of the surface whose heights make that of a point ...
    share: Array  # (feature, point, neighbour) ... and the part of each; zero of a feature that is not there

    def lifts(self, field: np.ndarray, sample: np.ndarray) -> np.ndarray:
        """What ``field`` (..., sample), of ascending ``sample`` (sample,), is at the points: (..., feature, point)."""
        return np.sum(field[..., np.searchsorted(sample, self.sample)] * self.share, axis=-1)


@dataclass(frozen=True)
class _Points:
    """Points of one feature; fields as of :class:`Probed`."""

    position: np.ndarray
    normal: np.ndarray
    height: np.ndarray
    section: np.ndarray
    sample: np.ndarray
    share: np.ndarray


def probe(
    features: Sequence[Feature], surface: Surface, deviation: np.ndarray, cmm: Cmm, plan: Plan | None = None
) -> Probed:
    """Probe every feature of a predicted part.

    Args:
        features: what is inspected.
        surface: samples of the machined part.
        deviation: (sample,) [m] predicted, along the normals.
        cmm: how many points.
        plan: points of holes that are not to be generated.

    Raises:
        InputError: the probe does not enter a hole.
    """
    for feature in features:
        if isinstance(feature, Circle) and feature.inner and feature.diameter <= cmm.tip_diameter:
            raise InputError(
                f"the probe of {cmm.tip_diameter / MM:g} mm does not enter '{feature.name}' "
                f"of {feature.diameter / MM:g} mm",
                remedy="choose a smaller tip_diameter_mm",
            )
    ordered = Sorted.of(surface)
    given = plan or {}
    found = [
        _probe_one(feature, surface, deviation, samples(feature, ordered), cmm, given.get(feature.name))
        for feature in features
    ]
    n_sections = max((one.section.max() + 1 for one in found), default=0)
    n = 1 << (max((len(one.height) for one in found), default=1) - 1).bit_length()

    def padded(arrays: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(a, [(0, n - len(a))] + [(0, 0)] * (a.ndim - 1)) for a in arrays])

    return Probed(
        position=padded([one.position for one in found]),
        normal=padded([one.normal for one in found]),
        height=padded([one.height for one in found]),
        weight=padded([np.ones(len(one.height)) for one in found]),
        section=padded([one.section for one in found]),
        sections=np.arange(max(cmm.n_circle_sections, n_sections)),
        axes=np.stack([frame(feature) for feature in features]),
        centre=np.array([feature.centre for feature in features], dtype=float),
        size=np.array([_size(feature) for feature in features]),
        half=np.array([f.length / 2 if isinstance(f, Circle) else 0.0 for f in features]),
        there=np.array([bool(one.share.any()) for one in found]),
        sample=padded([one.sample for one in found]),
        share=padded([one.share for one in found]),
    )


def planned(feature: Feature, cmm: Cmm, given: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (point, 3) [m] on a nominal feature, normals (point, 3) and sections (point,), in its own frame."""
    if isinstance(feature, Circle) and given is not None:
        outward = np.column_stack([given[:, :2], np.zeros(len(given))])
        outward /= np.linalg.norm(outward, axis=1)[:, None]
        height = np.clip(given[:, 2], -feature.length / 2, feature.length / 2)
        section = np.unique(np.round(height / ONE_CIRCLE), return_inverse=True)[1].ravel()
        points = feature.diameter / 2 * outward + height[:, None] * np.array([0.0, 0.0, 1.0])
        return points, -outward if feature.inner else outward, section
    if isinstance(feature, Circle):
        n_sections, n = cmm.n_circle_sections, cmm.n_circle_points
        heights = feature.length / 2 * INSIDE * np.linspace(-1, 1, n_sections) if n_sections > 1 else np.zeros(1)
        # each circle begins a little later, so that the same lobe is not met at the same phase
        place = (np.arange(n)[None, :] + (np.arange(n_sections)[:, None] + 0.5) / n_sections) / n
        angle = feature.first + (feature.last - feature.first) * place
        outward = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=-1)
        points = feature.diameter / 2 * outward + heights[:, None, None] * np.array([0.0, 0.0, 1.0])
        section = np.broadcast_to(np.arange(n_sections)[:, None], angle.shape)
        return points.reshape(-1, 3), (-outward if feature.inner else outward).reshape(-1, 3), section.ravel()
    assert isinstance(feature, (Plane, Wall, Slot))
    u, v = (
        extent / 2 * INSIDE * (np.linspace(-1, 1, n) if n > 1 else np.zeros(1))
        for extent, n in zip(feature.size, (cmm.n_plane_rows, cmm.n_plane_columns), strict=True)
    )
    grid = np.stack([*(g.ravel() for g in np.meshgrid(u, v, indexing="ij")), np.zeros(len(u) * len(v))], axis=-1)
    up = np.array([0.0, 0.0, 1.0])
    if isinstance(feature, Plane):
        return grid, np.broadcast_to(up, grid.shape), np.zeros(len(grid), dtype=int)
    half = outset(feature)
    return (
        np.concatenate([grid + half * up, grid - half * up]),
        np.repeat([up, -up], len(grid), axis=0),
        np.repeat([0, 1], len(grid)),
    )


def _probe_one(
    feature: Feature, surface: Surface, deviation: np.ndarray, row: np.ndarray, cmm: Cmm, given: np.ndarray | None
) -> _Points:
    if len(row) < FEWEST:
        return _nominal(feature, cmm, given)
    axes = frame(feature)
    local = (surface.position[row] - np.asarray(feature.centre)) @ axes.T
    normal = surface.normal[row] @ axes.T
    if isinstance(feature, Profile):  # its own nominal surface: the deviation is all there is
        some = _spread_out(local, cmm.n_profile_points)
        none, only = np.zeros(len(some), dtype=int), np.eye(1, NEIGHBOURS).repeat(len(some), axis=0)
        itself = np.repeat(row[some][:, None], NEIGHBOURS, axis=1)
        return _Points(local[some], normal[some], deviation[row][some], none, itself, only)
    nominal, height = _over_nominal(feature, local, normal)
    height = height + deviation[row]
    points, out, section = planned(feature, cmm, given)
    sample, share = np.zeros((len(points), NEIGHBOURS), dtype=int), np.zeros((len(points), NEIGHBOURS))
    for face in np.unique(np.sign(out[:, 2])):  # the two faces of a wall lie apart: each has its own samples
        of_face = np.sign(out[:, 2]) == face
        mine = np.ones(len(row), dtype=bool) if isinstance(feature, Circle) else np.sign(normal[:, 2]) == face
        if mine.sum() < FEWEST:
            return _nominal(feature, cmm, given)
        points[of_face], near, share[of_face] = _nearest(points[of_face], nominal[mine])
        sample[of_face] = np.flatnonzero(mine)[near]
    return _Points(points, out, np.sum(share * height[sample], axis=1), section, row[sample], share)


def _nominal(feature: Feature, cmm: Cmm, given: np.ndarray | None) -> _Points:
    """The feature as drawn, in place of one that the surface does not have."""
    if isinstance(feature, Profile):
        points, normal, section = np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]), np.zeros(1, dtype=int)
    else:
        points, normal, section = planned(feature, cmm, given)
    n = len(points)
    return _Points(points, normal, np.zeros(n), section, np.zeros((n, NEIGHBOURS), int), np.zeros((n, NEIGHBOURS)))


def _over_nominal(feature: Feature, local: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Foot of each sample on the nominal feature (sample, 3) and its height over it along the normal (sample,) [m]."""
    foot = local.copy()
    if isinstance(feature, Circle):
        radial = np.linalg.norm(local[:, :2], axis=1)
        foot[:, :2] *= (feature.diameter / 2 / radial)[:, None]
        return foot, (radial - feature.diameter / 2) * (-1.0 if feature.inner else 1.0)
    assert isinstance(feature, (Plane, Wall, Slot))
    face = np.sign(normal[:, 2])
    level = face * outset(feature)
    foot[:, 2] = level
    return foot, (local[:, 2] - level) * face


def _nearest(points: np.ndarray, foot: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, moved where the face has a gap; the nearest samples and their shares by inverse distance."""
    tree = cKDTree(foot)
    spacing = 2 * float(np.median(tree.query(foot[:: max(1, len(foot) // 500)], k=2)[0][:, 1]))
    distance, near = tree.query(points, k=NEIGHBOURS)
    gap = (distance[:, 0] > spacing)[:, None]
    share = np.where(gap, np.eye(1, NEIGHBOURS), 1.0 / np.maximum(distance, 1e-9))
    return np.where(gap, foot[near[:, 0]], points), near, share / share.sum(axis=1, keepdims=True)


def _spread_out(points: np.ndarray, n: int) -> np.ndarray:
    """Rows of ``n`` points that lie far from one another: each next one is the farthest from all before."""
    chosen = [int(np.argmin(np.sum(points, axis=1)))]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(n, len(points)):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)


def _size(feature: Feature) -> float:
    return feature.diameter / 2 if isinstance(feature, Circle) else max(feature.size) / 2
