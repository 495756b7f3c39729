"""From candidate slots to samples: the lowest candidate is the surface, the others keep their gap above it."""

from typing import NamedTuple

import numpy as np

from twin.stock.candidates import Slots
from twin.stock.contact import contact_normal
from twin.stock.kernel import kernel
from twin.stock.provenance import Path

MADE = 1e-7  # [m] a tool that comes this near to the final surface made it; the z-map holds float32
TIE = 1e-4  # components of a normal this near to each other are alike: the rays of two families find it with an error
UPRIGHT = 1e-3  # z of the normal of a candidate that is the flank of a tool on a wall
FACING = 0.2  # candidates whose envelope stands steeper than this cosine to the sample's normal are not of its surface


class Samples(NamedTuple):
    """Rows to be filled with samples and their provenance, as in twin.stock.cut."""

    position: np.ndarray  # (row, 3) [m]
    normal: np.ndarray  # (row, 3)
    area: np.ndarray  # (row,) [m2]
    family: np.ndarray  # (row,) int8
    machined: np.ndarray  # (row,) bool
    segment: np.ndarray  # (row, K) int32
    along: np.ndarray  # (row, K) float32
    gap: np.ndarray  # (row, K) float32 [m]
    facing: np.ndarray  # (row, K, 3) float32
    overflow: np.ndarray  # (row,) bool
    edge: np.ndarray  # (row,) bool


def empty_samples(n_rows: int, n_candidates: int) -> Samples:
    """Rows that cost no memory before they are written; without candidates but for ``segment`` and ``gap``."""
    K = n_candidates
    return Samples(
        np.empty((n_rows, 3)),
        np.empty((n_rows, 3)),
        np.empty(n_rows),
        np.empty(n_rows, np.int8),
        np.empty(n_rows, bool),
        np.empty((n_rows, K), np.int32),
        np.zeros((n_rows, K), np.float32),
        np.empty((n_rows, K), np.float32),
        np.zeros((n_rows, K, 3), np.float32),
        np.empty(n_rows, bool),
        np.empty(n_rows, bool),
    )


def settle(
    samples: Samples, first: int, slots: Slots, chosen, position, axis: int, outward, edge, path: Path, profiles,
    band: float, spacing,
) -> int:  # fmt: skip
    """Fill rows from ``first`` on with those of the ``chosen`` slots whose normal lies nearest to ``axis``.

    Args:
        position: (slot, 3) [m] at the reference level.
        outward: (slot,) int8, +1 or -1, the sense of ``axis`` out of the material.
        edge: (slot,) bool, known to be near an edge of the surface.
        spacing: (3,) [m] of the rays.

    Returns:
        the row after the last.
    """
    cell = spacing[0] * spacing[1] * spacing[2] / spacing[axis]
    return _settle(
        first, *samples, *slots[:4], chosen, position, axis, outward, edge, path.start, path.end, path.tool, profiles,
        band, cell,
    )  # fmt: skip


@kernel
def _settle(
    m, point, normal, area, family, machined, segment, along, gap, facing, overflow, edge,
    segments, alongs, levels, lost, chosen, position, axis, outward, edges, start, end, tool, profiles, band, cell,
):  # fmt: skip
    K = segments.shape[1]
    for n in chosen:
        best, count = 0, 0
        while count < K and segments[n, count] >= 0:
            if levels[n, count] < levels[n, best]:
                best = count
            count += 1
        final, sign = np.float64(levels[n, best]), np.float64(outward[n])
        for c in range(3):
            point[m, c] = position[n, c] + (sign * final if c == axis else 0.0)
        i = segments[n, best]
        nx, ny, nz = contact_normal(
            profiles[tool[i]], start, end, i, alongs[n, best], point[m, 0], point[m, 1], point[m, 2], axis == 2
        )
        normal[m, 0], normal[m, 1], normal[m, 2] = nx, ny, nz
        most = max(abs(nx), max(abs(ny), abs(nz)))
        nearest = abs(normal[m, axis]) > most - TIE and sign * normal[m, axis] > 0.0
        for higher in range(axis + 1, 3):  # on a tie the highest axis has the sample
            nearest = nearest and abs(normal[m, higher]) <= most - TIE
        if not nearest:
            continue
        area[m], family[m], machined[m] = cell / most, axis, True
        overflow[m] = (lost[n] - final) * most <= band
        kept = 0
        standing = False  # some pass touches here with more than its lowest edge
        for k in range(count):
            rise = levels[n, k] - final
            x = point[m, 0] + (sign * rise if axis == 0 else 0.0)
            y = point[m, 1] + (sign * rise if axis == 1 else 0.0)
            z = point[m, 2] + (sign * rise if axis == 2 else 0.0)
            i = segments[n, k]
            p = profiles[tool[i]]
            mx, my, mz = nx, ny, nz
            if k != best:
                mx, my, mz = contact_normal(p, start, end, i, alongs[n, k], x, y, z, axis == 2)
            cosine = mx * nx + my * ny + mz * nz
            above = rise * sign * (mx if axis == 0 else (my if axis == 1 else mz)) / cosine
            if cosine < FACING or above > band:
                continue
            standing |= rise < MADE and not (axis < 2 and _on_foot(p, start, end, i, alongs[n, k], z, band))
            at = kept  # insert by gap
            while at > 0 and gap[m, at - 1] > above:
                segment[m, at], along[m, at], gap[m, at] = segment[m, at - 1], along[m, at - 1], gap[m, at - 1]
                for c in range(3):
                    facing[m, at, c] = facing[m, at - 1, c]
                at -= 1
            segment[m, at], along[m, at], gap[m, at] = i, alongs[n, k], above
            facing[m, at, 0], facing[m, at, 1], facing[m, at, 2] = mx / cosine, my / cosine, mz / cosine
            kept += 1
        edge[m] = edges[n] or not standing
        kept = _without_rims(m, kept, segment, along, gap, facing, point[m, 2], start, end, tool, profiles, band)
        for k in range(kept, K):
            segment[m, k], along[m, k], gap[m, k] = -1, 0.0, np.inf
            facing[m, k, 0] = facing[m, k, 1] = facing[m, k, 2] = 0.0
        m += 1
    return m


@kernel
def _on_foot(p, start, end, i, along, z, band):
    """Whether a contact at the height z [m] lies on the sharp lowest edge of the tool."""
    tip = start[i, 2] + along * (end[i, 2] - start[i, 2])
    return p.corner == 0.0 and p.flat > 0.0 and z - tip < 0.5 * band


@kernel
def _without_rims(m, kept, segment, along, gap, facing, z, start, end, tool, profiles, band):
    """Leave out sharp rims that pass sample ``m`` on their way down (a helix along a wall) where a flank lies as low.

    Swept tools are convex: the tangent at such a rim lies far below them, and the flank is what bounds them.

    Returns:
        how many candidates are left.
    """
    flank = np.inf
    for k in range(kept - 1, -1, -1):
        if abs(facing[m, k, 2]) < UPRIGHT:
            flank = gap[m, k]
    left = 0
    for k in range(kept):
        upright = abs(facing[m, k, 2]) < UPRIGHT
        i = segment[m, k]
        if gap[m, k] >= flank and not upright and _on_foot(profiles[tool[i]], start, end, i, along[m, k], z, band):
            continue
        segment[m, left], along[m, left], gap[m, left] = i, along[m, k], gap[m, k]
        for c in range(3):
            facing[m, left, c] = facing[m, k, c]
        left += 1
    return left
