"""A coarser mesh of the part for pictures that must come quickly: turning, playing.

Vertices of one cell of a grid are merged where they face the same way, so that thin walls keep both faces and edges
stay sharp; each group is drawn at one of its own vertices, whose values it shows.
"""

import numpy as np

FACETS = 90_000  # drawn in about 30 ms without a graphics card
_STEPS = 2  # directions told apart: those of the faces, edges and corners of a cube


def coarse_mesh(points: np.ndarray, faces: np.ndarray, n_facets: int = FACETS) -> tuple[np.ndarray, np.ndarray]:
    """Which vertices are kept, and the facets between them.

    Args:
        points: (vertex, 3).
        faces: (face, 3).
        n_facets: about as many are left, where the mesh has more.

    Returns:
        Rows of ``points`` that are kept (kept,), and facets (facet, 3) as rows of those.
    """
    if len(faces) <= n_facets:
        return np.arange(len(points)), faces
    a, b, c = (points[faces[:, k]].astype(np.float32) for k in range(3))
    across = np.cross(b - a, c - a)
    area = 0.5 * float(np.linalg.norm(across, axis=1).sum())
    cell = np.sqrt(2 * area / n_facets)
    group = _groups(points, _normals(across, faces, len(points)), cell)
    kept, belongs = _nearest_to_mean(points, group)
    facets = belongs[faces]
    whole = (facets[:, 0] != facets[:, 1]) & (facets[:, 1] != facets[:, 2]) & (facets[:, 2] != facets[:, 0])
    return kept, facets[whole]


def _normals(across: np.ndarray, faces: np.ndarray, n_points: int) -> np.ndarray:
    """Unit normal of each vertex (vertex, 3), the mean of its facets by area."""
    normal = np.empty((n_points, 3), np.float32)
    for axis in range(3):
        weight = np.repeat(across[:, axis], 3)
        normal[:, axis] = np.bincount(faces.ravel(), weight, minlength=n_points)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)


def _groups(points: np.ndarray, normal: np.ndarray, cell: float) -> np.ndarray:
    """Number (vertex,) of the group of each vertex: its cell and the direction it faces."""
    place = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
    facing = np.rint(normal * (_STEPS / 2 + 0.3)).astype(np.int64) + _STEPS
    width, turn = place.max(axis=0) + 1, 2 * _STEPS + 1
    key = ((place[:, 2] * width[1] + place[:, 1]) * width[0] + place[:, 0]) * turn**3
    return key + (facing[:, 2] * turn + facing[:, 1]) * turn + facing[:, 0]


def _nearest_to_mean(points: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One vertex of each group (group,), and which group each vertex is of (vertex,)."""
    _, belongs, count = np.unique(group, return_inverse=True, return_counts=True)
    mean = np.stack([np.bincount(belongs, points[:, axis]) for axis in range(3)], axis=1) / count[:, None]
    distance = np.sum((points - mean[belongs]) ** 2, axis=1)
    order = np.lexsort((distance, belongs))
    return order[np.concatenate([[0], np.cumsum(count)[:-1]])], belongs
