"""Clearance of cutter, shank and holder to the material of a z-map, move by move: kernels.

Three sieves keep it cheap: moves that stay above the uncut stock are never watched; tiles whose highest cell
lies under the body are skipped; so are cells that cannot be deeper than the deepest one found so far.
"""

from typing import NamedTuple

import numpy as np

from twin.stock.assembly import Bodies, bodies_of
from twin.stock.envelope import move_frame, swept_height
from twin.stock.kernel import kernel
from twin.stock.sweep import ROW, ROWS

N_PARTS = 3  # cutter, shank, holder


class Watch(NamedTuple):
    """What to look for while material is removed."""

    bodies: Bodies
    rapid: np.ndarray  # (segment,) bool
    suspect: np.ndarray  # (segment,) int32, row of ``contact``; -1: cannot touch
    contact: np.ndarray  # (suspect, part, 2) depth [m] and place along the segment 0..1; filled by the removal


def nothing_watched(n_segments: int) -> Watch:
    """A Watch over ``n_segments`` without suspects."""
    nobody = np.full(n_segments, -1, np.int32)
    return Watch(bodies_of((), 0.0), np.zeros(n_segments, bool), nobody, np.zeros((0, N_PARTS, 2)))


@kernel
def find_suspects(top, highest, origin, spacing, bodies, tool, rapid, feeding, start, end, suspect):
    """Segments that could touch material, into ``suspect`` (segment,): a running number or -1.

    Args:
        top: (tile row, tile column) [m] highest material, ``highest`` of it; ``origin``, ``spacing`` (2,) [m]: the
            z-map's frame.
        bodies: of the tools; ``tool`` (segment,): row in them.
        rapid: (segment,) bool; on rapids every part matters, else the parts from ``feeding`` on.
        start, end: (segment, 3) [m].

    Returns:
        How many.
    """
    number = 0
    for i in range(len(start)):
        suspect[i] = -1
        lower_end = min(start[i, 2], end[i, 2])
        for b in range(bodies.first[tool[i]], bodies.first[tool[i] + 1]):
            low = lower_end + bodies.base[b]
            if low >= highest or (bodies.part[b] < feeding and not rapid[i]):
                continue
            first_y, end_y, first_x, end_x = _window(
                origin, spacing, top.shape, start[i], end[i], bodies.profile[b].radius
            )
            if _any_above(top, first_y, end_y, first_x, end_x, low):
                suspect[i] = number
                number += 1
                break
    return number


@kernel
def deepest_contact(height, top, origin, spacing, watch, feeding, i, tool, start, end):
    """Raise ``watch.contact`` of suspect segment ``i`` to its deepest contact with the material.

    Args:
        height, top, origin, spacing: of the z-map.
        feeding: the first part that matters on feed moves.
        i, tool: the segment, and the row of its tool in ``watch.bodies``.
        start, end: (3,) [m].
    """
    x, y, z, ax, ay, length, slope = move_frame(start, end)
    bodies, contact = watch.bodies, watch.contact[watch.suspect[i]]
    for b in range(bodies.first[tool], bodies.first[tool + 1]):
        part = bodies.part[b]
        if part < feeding and not watch.rapid[i]:
            continue
        p, base, shrink = bodies.profile[b], bodies.base[b], bodies.shrink[b]
        low = min(start[2], end[2]) + base
        deepest, at = max(contact[part, 0] - shrink, 0.0), -1.0
        first_y, end_y, first_x, end_x = _window(origin, spacing, top.shape, start, end, p.radius)
        for tile_y in range(first_y, end_y):
            for tile_x in range(first_x, end_x):
                if top[tile_y, tile_x] <= low + deepest:
                    continue
                for j in range(ROWS):
                    dy = origin[1] + (tile_y * ROWS + j + 0.5) * spacing[1] - y
                    for n in range(ROW):
                        material = height[tile_y, tile_x, j * ROW + n]
                        if material <= low + deepest:
                            continue
                        dx = origin[0] + (tile_x * ROW + n + 0.5) * spacing[0] - x
                        above, u = swept_height(p, dx * ax + dy * ay, dy * ax - dx * ay, length, slope)
                        depth = material - (z + base + above)
                        if depth > deepest:
                            deepest, at = depth, u
        if at >= 0.0:
            contact[part, 0] = deepest + shrink
            contact[part, 1] = at / length if length > 0.0 else (1.0 if end[2] < start[2] else 0.0)


@kernel
def deepest_contacts(height, top, origin, spacing, watch, feeding, tool, start, end):
    """:func:`deepest_contact` of every suspect with material that stays as it is; (segment,) arguments."""
    for i in range(len(start)):
        if watch.suspect[i] >= 0:
            deepest_contact(height, top, origin, spacing, watch, feeding, i, tool[i], start[i], end[i])


@kernel
def _window(origin, spacing, shape, start, end, radius):
    """Tiles (first row, end row, first column, end column) that a body of ``radius`` [m] passes over."""
    step_x, step_y = spacing[0] * ROW, spacing[1] * ROWS
    first_x = max(int((min(start[0], end[0]) - radius - origin[0]) / step_x), 0)
    first_y = max(int((min(start[1], end[1]) - radius - origin[1]) / step_y), 0)
    end_x = min(int(np.floor((max(start[0], end[0]) + radius - origin[0]) / step_x)) + 1, shape[1])
    end_y = min(int(np.floor((max(start[1], end[1]) + radius - origin[1]) / step_y)) + 1, shape[0])
    return first_y, end_y, first_x, end_x


@kernel
def _any_above(top, first_y, end_y, first_x, end_x, low):
    for tile_y in range(first_y, end_y):
        for tile_x in range(first_x, end_x):
            if top[tile_y, tile_x] > low:
                return True
    return False
