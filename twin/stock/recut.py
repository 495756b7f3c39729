"""Cutting again with every tool pose displaced: the slow truth that the deviation from provenance is held against.

The error is linear along a segment, so a displaced segment is a straight move again, and the kernels are the
same. Each sample looks along its nominal normal for the surface that the displaced tools leave.
"""

from dataclasses import replace

import numpy as np

from twin.program.program import Toolpath
from twin.stock.cut import Surface
from twin.stock.envelope import PLUNGE_LENGTH, profile_height, swept_height
from twin.stock.kernel import kernel

STEPS = 26  # bisections of the search range: 250 um to 4 nm


def displaced(path: Toolpath, error: np.ndarray) -> Toolpath:
    """The path with ``error`` (segment, 2, 3) [m] added to the start and end of each segment."""
    return replace(path, start=path.start + error[:, 0], end=path.end + error[:, 1])


def recut_deviation(
    surface: Surface, path: Toolpath, profiles: np.ndarray, tool: np.ndarray, error: np.ndarray, reach: float
) -> np.ndarray:
    """Where a full re-cut with displaced poses leaves the surface.

    Args:
        surface: of the nominal cut.
        path, profiles, tool: that made it, as for :func:`twin.stock.surface.trace_surface`.
        error: (segment, 2, 3) [m] at the start and end of each segment.
        reach: [m] how far from the nominal surface it is looked for, on either side.

    Returns:
        (sample,) [m] along the nominal normal, > 0 material left; ``reach`` where no tool came nearer.
    """
    moved = displaced(path, error)
    found = np.full(len(surface.position), reach)
    size = 2e-3
    low = surface.position[:, :2].min(axis=0, initial=np.inf)
    cell = ((surface.position[:, :2] - low) / size).astype(np.int64)
    n_x, n_y = (int(n) + 1 for n in cell.max(axis=0, initial=0))
    bucket = cell[:, 1] * n_x + cell[:, 0]
    order = np.argsort(bucket, kind="stable")
    first = np.searchsorted(bucket[order], np.arange(n_x * n_y + 1))
    lowest = np.full(n_x * n_y, np.inf)
    highest = np.full(n_x * n_y, -np.inf)
    np.minimum.at(lowest, bucket, surface.position[:, 2])
    np.maximum.at(highest, bucket, surface.position[:, 2])
    _recut(
        np.ascontiguousarray(surface.position), np.ascontiguousarray(surface.normal), order, first, highest, low, size,
        n_x, n_y, np.ascontiguousarray(moved.start), np.ascontiguousarray(moved.end), profiles, tool, reach, found,
    )  # fmt: skip
    return found


@kernel
def _recut(position, normal, order, first, highest, low, size, n_x, n_y, start, end, profiles, tool, reach, found):
    for i in range(len(tool)):
        p = profiles[tool[i]]
        margin = p.radius + reach
        first_x = max(int(np.floor((min(start[i, 0], end[i, 0]) - margin - low[0]) / size)), 0)
        last_x = min(int(np.floor((max(start[i, 0], end[i, 0]) + margin - low[0]) / size)), n_x - 1)
        first_y = max(int(np.floor((min(start[i, 1], end[i, 1]) - margin - low[1]) / size)), 0)
        last_y = min(int(np.floor((max(start[i, 1], end[i, 1]) + margin - low[1]) / size)), n_y - 1)
        for y in range(first_y, last_y + 1):
            for x in range(first_x, last_x + 1):
                if highest[y * n_x + x] < min(start[i, 2], end[i, 2]) - reach:
                    continue
                for k in range(first[y * n_x + x], first[y * n_x + x + 1]):
                    n = order[k]
                    # The tool meets the normal in one interval; only what ends below the present find matters.
                    if _covers(p, start, end, i, position, normal, n, found[n]):
                        found[n] = _enter(p, start, end, i, position, normal, n, reach, found[n])


@kernel
def _enter(p, start, end, i, position, normal, n, reach, inside):
    """Lowest place on the normal of sample ``n`` that segment ``i`` clears [m], ``inside`` being one that it does."""
    low, high = -reach, inside
    if _covers(p, start, end, i, position, normal, n, low):
        return low
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        if _covers(p, start, end, i, position, normal, n, middle):
            high = middle
        else:
            low = middle
    return high


@kernel
def _covers(p, start, end, i, position, normal, n, t):
    """Whether the tool of segment ``i`` clears the point at ``t`` [m] along the normal of sample ``n``."""
    x = position[n, 0] + t * normal[n, 0] - start[i, 0]
    y = position[n, 1] + t * normal[n, 1] - start[i, 1]
    z = position[n, 2] + t * normal[n, 2] - start[i, 2]
    dx, dy, dz = end[i, 0] - start[i, 0], end[i, 1] - start[i, 1], end[i, 2] - start[i, 2]
    length = np.sqrt(dx * dx + dy * dy)
    if length < PLUNGE_LENGTH:
        r = np.sqrt(x * x + y * y)
        return r <= p.radius and z > min(dz, 0.0) + profile_height(p, r)
    height, _ = swept_height(p, (x * dx + y * dy) / length, (y * dx - x * dy) / length, length, dz / length)
    return z > height
