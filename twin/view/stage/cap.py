"""The inside of the stock where a section cuts it open."""

import numpy as np

from twin.units import MM
from twin.view.stage.remaining import RemainingStock

ALONG = 1 - 1e-6  # cosine: the section lies across an axis of the heights


def stock_cap(
    stock: RemainingStock,
    sheet: np.ndarray,
    going: np.ndarray,
    quads: np.ndarray,
    origin: np.ndarray,
    normal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Points (point, 3) [mm] and quadrilaterals (quad, 4) in the frame of the heights; None: nothing to be seen.

    Args:
        stock: whose heights they are.
        sheet: (y + 2, x + 2) [m] top, and ``going`` where material stands that is still to be removed.
        quads: (quad, 4) of the flat sheet.
        origin: (3,) [mm] on the section, part frame.
        normal: (3,) of the section.
    """
    turn = stock.pose[:3, :3]
    across = turn.T @ normal
    axis = int(np.argmax(np.abs(across)))
    if abs(across[axis]) < ALONG:
        return None  # a tool axis aslant to the section
    at = float((turn.T @ origin)[axis]) * MM
    lower, upper = stock.grid.lower, stock.grid.upper
    x, y = (np.pad(np.linspace(lower[k], upper[k], sheet.shape[1 - k] - 2), 1, mode="edge") for k in (0, 1))
    if not lower[axis] <= at <= upper[axis]:
        return None
    bottom = stock.bottom
    if axis == 2:
        seen = going & (sheet > at) & (bottom < at)
        flat = np.stack([*np.meshgrid(x, y), np.full_like(sheet, at)], axis=-1).reshape(-1, 3)
        facets = quads[seen.ravel()[quads].all(axis=1)]
        return (flat / MM, facets) if len(facets) else None
    mine, other = (x, y) if axis == 0 else (y, x)
    nearest = int(np.argmin(np.abs(mine - at)))
    cut = (slice(None), nearest) if axis == 0 else (nearest, slice(None))
    rows = [np.stack([other, ends[cut]], axis=1) for ends in (bottom, np.maximum(sheet, bottom))]
    places = np.insert(np.concatenate(rows), axis, at, axis=1)
    n, k = len(other), np.flatnonzero(going[cut][:-1] & going[cut][1:])
    return (places / MM, np.stack([k, k + 1, n + k + 1, n + k], axis=1)) if len(k) else None
