"""What axis-parallel rays see of a closed triangle mesh: sorted intervals of material, watertight by construction.

Seen along the rays every triangle is a flat one in (u, v). A line v = const crosses its boundary in one edge
that rises in v and one that falls; the triangle covers the rays between the two. The crossing of an edge is
computed from its two end points alone, lower end first, so both of its triangles get the same number, and the
half-open tests ``v0 <= v < v1`` and ``u0 <= u < u1`` give a ray through an edge or a vertex to exactly one of
the triangles around it. A closed mesh therefore never leaks, whatever the rounding: every ray enters as often
as it leaves, as if it had been shifted by an infinitesimal amount towards +u, and by less towards +v.
"""

import numba as nb
import numpy as np

# (u, v, w) of a ray along w: the other two axes in ascending order.
RAY_AXES = ((1, 2, 0), (0, 2, 1), (0, 1, 2))


def mesh_intervals(
    vertices: np.ndarray, faces: np.ndarray, direction: int, u: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of material along rays parallel to an axis.

    Args:
        vertices: (vertex, 3) [m] of a closed mesh whose normals point out.
        faces: (face, 3) rows of vertices.
        direction: axis of the rays: 0 x, 1 y, 2 z.
        u, v: (ray,) [m] where the rays run: the coordinates along the other two axes, in ascending order.

    Returns:
        first: (ray + 1,) int64: ray ``i`` owns the rows ``first[i]:first[i + 1]`` of
        bounds: (interval, 2) [m] start and end along the ray, ascending; material where the mesh winds around
        the ray more often forwards than backwards, so overlapping bodies are one.
    """
    axis_u, axis_v, axis_w = RAY_AXES[direction]
    order = np.lexsort((u, v))
    u_sorted, v_sorted = u[order], v[order]
    row_v, row_first = np.unique(v_sorted, return_index=True)
    row_first = np.append(row_first, len(v)).astype(np.int64)
    points = np.ascontiguousarray(vertices[:, [axis_u, axis_v, axis_w]], dtype=np.float64)
    triangles = np.ascontiguousarray(faces, dtype=np.int64)
    outward = -1 if direction == 1 else 1  # (x, z, y) is left-handed
    count = np.zeros(len(u), dtype=np.int64)
    nothing = np.empty(0)
    _cast(points, triangles, u_sorted, row_v, row_first, outward, count, nothing, nothing.astype(np.int8))
    hit_first = np.concatenate([[0], np.cumsum(count)])
    w, sign = np.empty(hit_first[-1]), np.empty(hit_first[-1], dtype=np.int8)
    cursor = hit_first[:-1].copy()
    _cast(points, triangles, u_sorted, row_v, row_first, outward, cursor, w, sign)
    bounds, n_intervals = _pair(hit_first, w, sign)
    rank = np.empty(len(u), dtype=np.int64)
    rank[order] = np.arange(len(u))
    first = np.concatenate([[0], np.cumsum(n_intervals[rank])])
    own = (
        np.repeat(hit_first[rank] // 2, n_intervals[rank])
        + np.arange(first[-1])
        - np.repeat(first[:-1], n_intervals[rank])
    )
    return first, bounds[own]


@nb.njit(cache=True)
def _cast(points, triangles, u, row_v, row_first, outward, cursor, w, sign):
    """Count the crossings of every ray in ``cursor``; or, where ``w`` has room, write them at ``cursor``."""
    write = len(w) > 0
    for f in range(len(triangles)):
        v_low = v_high = points[triangles[f, 0], 1]
        for k in range(1, 3):
            v_corner = points[triangles[f, k], 1]
            v_low, v_high = min(v_low, v_corner), max(v_high, v_corner)
        row = np.searchsorted(row_v, v_low)
        while row < len(row_v) and row_v[row] < v_high:
            v = row_v[row]
            u_rise = w_rise = u_fall = w_fall = 0.0
            for k in range(3):
                a, b = triangles[f, k], triangles[f, (k + 1) % 3]
                rising = points[a, 1] <= v < points[b, 1]
                if not rising and not (points[b, 1] <= v < points[a, 1]):
                    continue
                low, high = (a, b) if rising else (b, a)
                t = (v - points[low, 1]) / (points[high, 1] - points[low, 1])
                u_edge = points[low, 0] + t * (points[high, 0] - points[low, 0])
                w_edge = points[low, 2] + t * (points[high, 2] - points[low, 2])
                if rising:
                    u_rise, w_rise = u_edge, w_edge
                else:
                    u_fall, w_fall = u_edge, w_edge
            u_low, u_high = min(u_rise, u_fall), max(u_rise, u_fall)
            ray, end = row_first[row], row_first[row + 1]
            ray += np.searchsorted(u[ray:end], u_low)
            while ray < end and u[ray] < u_high:
                if write:
                    t = (u[ray] - u_fall) / (u_rise - u_fall)
                    w[cursor[ray]] = w_fall + t * (w_rise - w_fall)
                    sign[cursor[ray]] = outward if u_fall < u_rise else -outward
                cursor[ray] += 1
                ray += 1
            row += 1


@nb.njit(cache=True)
def _pair(hit_first, w, sign):
    """Join the crossings of every ray to intervals; those of ray ``i`` start at row ``hit_first[i] // 2``."""
    bounds = np.empty((len(w) // 2, 2))
    n_intervals = np.zeros(len(hit_first) - 1, dtype=np.int64)
    for ray in range(len(hit_first) - 1):
        first, end = hit_first[ray], hit_first[ray + 1]
        order = np.argsort(w[first:end])
        winding, start, slot = 0, 0.0, first // 2
        for k in order:
            before = winding
            winding -= sign[first + k]
            if before == 0 and winding == 1:
                start = w[first + k]
            elif before == 1 and winding == 0 and w[first + k] > start:
                if slot > first // 2 and start <= bounds[slot - 1, 1]:
                    bounds[slot - 1, 1] = w[first + k]
                else:
                    bounds[slot, 0], bounds[slot, 1] = start, w[first + k]
                    slot += 1
        n_intervals[ray] = slot - first // 2
    return bounds, n_intervals
