"""Thin walls of the part while they are cut: what stands when a tool comes by, and how far it gives way.

Which metal stands is followed through the program on a grid over the wall: the material left on each face, from the
gap of every pass. Where both faces are open the wall is free from there up; it bends as the plate of
:mod:`twin.cutting.form.thin_wall` about the highest level at which a face still has its solid backing. Deflection
takes the wall out of the cut, and the force falls with the width that is left: d = c F / (1 + c F / width).

Not modelled: what the flank does to the wall above the cut, chatter of the wall, and a wall that bends beside the
contact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from twin.compiled import first_rows, kept, padded_rows
from twin.cutting.form.thin_wall import ThinWall, wall_compliance
from twin.errors import InputError
from twin.program.program import Toolpath
from twin.units import Length, Ratio

SPACING = 2e-3  # [m] of the stations along a wall, at most
LEVEL = 0.5e-3  # [m] of the levels up a wall, at most
SHAPES = 50e-6  # [m] a pass that comes nearer to the nominal face shapes it; others leave stock
PLACES = 256  # contacts computed at once, at least: one compiled shape for most walls
BACKED = np.inf  # [m] material on a face that nothing has opened


@dataclass(frozen=True, kw_only=True)
class DeclaredWall:
    """A wall of the finished part between two upright faces."""

    name: str
    """For messages."""
    start: tuple[Length, Length]
    """One end of its middle plane, part frame."""
    end: tuple[Length, Length]
    """The other end."""
    thickness: Length
    """Finished."""
    top: Length
    """Z of its free edge."""
    foot: Length
    """Z of the finished floor beside it."""
    built_in_ends: bool
    """Whether it runs into frames or other ribs at both ends, rather than ending free."""
    poisson: Ratio
    """Poisson's ratio of the material."""

    def __post_init__(self) -> None:
        if self.start == self.end or self.thickness <= 0 or self.top <= self.foot:
            raise InputError(
                f"thin wall {self.name!r} has no length, thickness or height",
                remedy="start and end must differ, thickness be positive, top above foot",
            )


@dataclass(frozen=True)
class Standing:
    """The wall as a pass that shapes it finds it; one row a pass (segment of the path)."""

    segment: np.ndarray  # (pass,) row of the toolpath
    side: np.ndarray  # (pass,) +1 where the tool is to the left of start to end, else -1
    along: np.ndarray  # (pass,) [m] contact, from the wall's start
    contact: np.ndarray  # (pass,) [m] height of the contact above the level that holds the wall
    height: np.ndarray  # (pass,) [m] of the free wall above that level
    thickness: np.ndarray  # (pass,) [m] that bends alike, foot to contact
    width: np.ndarray  # (pass,) [m] that the pass takes off


def standing(
    wall: DeclaredWall, toolpath: Toolpath, radius: np.ndarray, depth: np.ndarray, volume: np.ndarray
) -> Standing:
    """What stands of ``wall`` at every pass that shapes one of its faces.

    Args:
        wall: the wall.
        toolpath: part frame.
        radius: (segment,) [m] of the tool.
        depth: (segment,) [m] height of the engaged zone above the tip, 0 in air.
        volume: (segment,) [m3] removed.
    """
    low, direction, length = _frame(wall)
    normal = np.array([-direction[1], direction[0]])
    middle = (toolpath.start + toolpath.end) / 2
    along = np.stack([(end[:, :2] - low) @ direction for end in (toolpath.start, toolpath.end)])
    across = (middle[:, :2] - low) @ normal
    gap = np.abs(across) - radius - wall.thickness / 2  # material that the pass leaves on the face
    idle = toolpath.rapid | (depth <= 0) | (middle[:, 2] >= wall.top)
    near = ~idle & (gap < radius) & (gap > -wall.thickness) & (along.max(axis=0) > 0) & (along.min(axis=0) < length)
    n_stations, n_levels = int(np.ceil(length / SPACING)), int(np.ceil((wall.top - wall.foot) / LEVEL))
    levels = wall.foot + (np.arange(n_levels) + 0.5) * (wall.top - wall.foot) / n_levels
    left = np.full((2, n_stations, n_levels), BACKED)
    path_length = np.maximum(toolpath.length, 1e-9)
    rows = []
    for i in np.flatnonzero(near):
        side = int(across[i] > 0)
        ends = np.clip(along[:, i] / length * n_stations, 0, n_stations - 1e-9).astype(int)
        stations = slice(ends.min(), ends.max() + 1)
        at = int(np.clip((along[:, i].mean() / length) * n_stations, 0, n_stations - 1e-9))
        tip, width = middle[i, 2], volume[i] / (path_length[i] * depth[i])
        opened = np.where(levels >= tip, max(gap[i], 0.0), BACKED)
        left[side, stations] = np.minimum(left[side, stations], opened)
        if abs(gap[i]) > SHAPES or not 0 < along[:, i].mean() < length:
            continue
        contact = min(tip + depth[i] / 2, wall.top)
        # half of what the pass takes off still stands
        engaged = np.where((levels > tip) & (levels < tip + depth[i]), width / 2, 0.0)
        thick = wall.thickness + left[side, at] + engaged + left[1 - side, at]
        foot, bends_alike = _held(levels, thick, contact, wall)
        if contact <= foot:
            continue
        rows.append((i, 2 * side - 1, along[:, i].mean(), contact - foot, wall.top - foot, bends_alike, width))
    columns = np.array(rows, dtype=float).reshape(-1, 7).T
    return Standing(columns[0].astype(int), *columns[1:])


def wall_yields(
    walls: Sequence[DeclaredWall],
    toolpath: Toolpath,
    radius: np.ndarray,
    depth: np.ndarray,
    volume: np.ndarray,
    force_left: np.ndarray,
    force_right: np.ndarray,
    youngs_modulus: float,
) -> np.ndarray:
    """Displacement of the tool relative to the wall it shapes (segment, 3) [m]; zero elsewhere.

    Args:
        walls: of the part.
        toolpath: part frame.
        radius: (segment,) [m] of the tool.
        depth: (segment,) [m] height of the engaged zone, 0 in air.
        volume: (segment,) [m3] removed.
        force_left: (segment, 3) [N] of the part on the tool while teeth pass the left normal of the feed.
        force_right: (segment, 3) [N] the same at the right normal.
        youngs_modulus: [Pa] of the part.
    """
    found = np.zeros((toolpath.n_segments, 3))
    for wall in walls:
        here = standing(wall, toolpath, radius, depth, volume)
        if not len(here.segment):
            continue
        _, direction, length = _frame(wall)
        away = here.side[:, None] * np.array([-direction[1], direction[0]])  # from the wall to the tool
        feed = (toolpath.end - toolpath.start)[here.segment, :2]
        wall_is_left = feed[:, 0] * -away[:, 1] - feed[:, 1] * -away[:, 0] > 0
        force = np.where(wall_is_left[:, None], force_left[here.segment], force_right[here.segment])[:, :2]
        push = np.sum(force * away, axis=1)
        compliance = _compliances(here, wall, length, youngs_modulus)
        free = compliance * push
        # a wall that is pulled in is cut deeper: no width is lost
        d = free / (1 + np.maximum(free, 0.0) / np.maximum(here.width, 1e-9))
        found[here.segment, :2] = d[:, None] * away
    return found


def _compliances(here: Standing, wall: DeclaredWall, length: float, youngs_modulus: float) -> np.ndarray:
    """At the contact of each pass (pass,) [m/N]: one solution a height of the free wall."""
    compliance = np.empty(len(here.segment))
    for height in np.unique(here.height):
        rows = np.flatnonzero(here.height == height)
        plate = ThinWall(height, length, 1.0, youngs_modulus, wall.poisson, wall.built_in_ends)
        n_rows = max(PLACES, 1 << (len(rows) - 1).bit_length())
        places = (here.along[rows], here.contact[rows], here.thickness[rows])
        compliance[rows] = first_rows(_plate(plate, *(padded_rows(p, n_rows, mode="edge") for p in places)), len(rows))
    return compliance


@kept
def _plate(wall: ThinWall, along: jax.Array, height: jax.Array, thickness: jax.Array) -> jax.Array:
    return wall_compliance(wall, along, height, thickness)


def _frame(wall: DeclaredWall) -> tuple[np.ndarray, np.ndarray, float]:
    """One end (2,) [m], unit direction to the other (2,), and length [m]."""
    start, end = np.array(wall.start), np.array(wall.end)
    length = float(np.linalg.norm(end - start))
    return start, (end - start) / length, length


def _held(levels: np.ndarray, thick: np.ndarray, contact: float, wall: DeclaredWall) -> tuple[float, float]:
    """Z of the level that holds the wall under ``contact``, and the thickness that bends alike from there to it [m]."""
    half = (levels[1] - levels[0]) / 2 if len(levels) > 1 else (wall.top - wall.foot) / 2
    backed = np.flatnonzero(~np.isfinite(thick))
    foot = levels[backed[-1]] + half if backed.size else wall.foot
    bending = thick[(levels > foot) & (levels < max(contact, foot + 2 * half))]
    return float(foot), float(np.mean(bending**-3.0) ** (-1 / 3)) if bending.size else wall.thickness
