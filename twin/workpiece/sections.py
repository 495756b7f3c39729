"""Cross-sections of the machined part along x and along y, from its own columns: ribs, pockets and holes as they are.

What a section holds of a plate's stress is linear in that stress: here are the weights of each depth's stress, found
once from the geometry.
"""

from dataclasses import dataclass

import jax
import numpy as np

from twin.errors import InputError
from twin.stock.cut import Columns

ON_DATUM = 50e-6  # [m] an underside this near to the lowest one lies on the datum


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Sections:
    """Sections at right angles to one axis; heights count from the underside of the plate."""

    place: np.ndarray  # (station,) [m] along the axis
    area: np.ndarray  # (station,) [m2]; 0 where nothing is left
    centre: np.ndarray  # (station,) [m] height of the centroid
    inertia: np.ndarray  # (station,) [m4] about the centroid
    force: np.ndarray  # (station, depth) [N/Pa] of the stress at each depth
    moment: np.ndarray  # (station, depth) [N m/Pa] about the centroid
    datum: np.ndarray  # (3, station) sums of 1, x, y over the underside, for fits of a plane


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PartSections:
    """Both rows of sections of a part, and its underside."""

    along_x: Sections
    along_y: Sections
    datum: np.ndarray  # (3, 3) sums over the underside of products of 1, x, y
    bottom: np.ndarray  # () [m] z of the underside


def part_sections(columns: Columns, depth: np.ndarray, top: float) -> PartSections:
    """Sections of the part that ``columns`` are.

    Args:
        columns: what is left; upright ones.
        depth: (depth,) [m] below the plate's top face where its stress is given, linear in between.
        top: [m] z of that face.

    Raises:
        InputError: nothing is left, or the part was cut tilted.
    """
    if not np.allclose(columns.pose, np.eye(4)):
        raise InputError(
            "release of residual stress holds for plates that are cut from above", remedy="residual_stress=null"
        )
    there = np.isfinite(columns.top) & np.isfinite(columns.floor) & (columns.top > columns.floor)
    if not there.any():
        raise InputError("no material is left", remedy="check the stock's position and the path's depth")
    bottom = top - depth[-1]
    low = np.where(there, columns.floor.astype(float) - bottom, 0.0)
    high = np.where(there, columns.top.astype(float) - bottom, 0.0)
    dx, dy = columns.spacing[:2]
    ny, nx = there.shape
    x = columns.lower[0] + (np.arange(nx) + 0.5) * dx
    y = columns.lower[1] + (np.arange(ny) + 0.5) * dy
    geometry = [(high**n - low**n) / n for n in (1, 2, 3)]
    knots = np.sort(depth[-1] - depth)
    held = [_held(knots, k, low, high) for k in range(len(knots))][::-1]  # by depth, as the stress is
    lying = (there & (low < low[there].min() + ON_DATUM)).astype(float)
    basis = np.stack([lying, lying * x, lying * y[:, None]])

    def sections(place: np.ndarray, axis: int, width: float) -> Sections:
        area, first, second = (width * g.sum(axis=axis) for g in geometry)
        safe = np.where(area > 0, area, 1.0)
        centre = first / safe
        force, moment = (width * np.stack([part[n].sum(axis=axis) for part in held], axis=-1) for n in (0, 1))
        return Sections(
            place,
            area,
            centre,
            np.where(area > 0, second - first * centre, 1.0),
            force,
            moment - centre[:, None] * force,
            basis.sum(axis=axis + 1),
        )

    products = np.array(
        [[(lying * a * b).sum() for b in (1.0, x[None], y[:, None])] for a in (1.0, x[None], y[:, None])]
    )
    return PartSections(sections(x, 0, dy), sections(y, 1, dx), products, np.array(bottom))


def _held(knots: np.ndarray, k: int, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Force and moment about height 0 of columns from ``low`` to ``high``, by 1 Pa at knot ``k``, 0 at the others."""
    force, moment = np.zeros(low.shape), np.zeros(low.shape)
    near = knots[k]
    for far in (knots[i] for i in (k - 1, k + 1) if 0 <= i < len(knots)):
        a, b = (np.clip(z, min(near, far), max(near, far)) for z in (low, high))
        slope = 1 / (near - far)  # stress = slope (z - far)
        force += slope * ((b**2 - a**2) / 2 - far * (b - a))
        moment += slope * ((b**3 - a**3) / 3 - far * (b**2 - a**2) / 2)
    return force, moment
