"""The grid that the dexels of a workpiece stand on."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Grid:
    """A box of cells that fills the stock's bounding box exactly; SI units, tool-axis frame.

    Cell ``(i, j, k)`` spans ``lower + spacing * (i, j, k)`` to ``lower + spacing * (i + 1, j + 1, k + 1)``.
    Rays of every family pass through cell centres: z rays at ``(x_i, y_j)``, x rays at ``(y_j, z_k)``,
    y rays at ``(x_i, z_k)``. Maps are stored with the slower axis first: the z-map is ``(y, x)``,
    the x dexels ``(z, y)``, the y dexels ``(z, x)``.
    """

    lower: Vector  # [m] lowest corner
    spacing: Vector  # [m] cell size along x, y, z
    shape: tuple[int, int, int]  # cells along x, y, z

    @classmethod
    def over(cls, lower: np.ndarray, upper: np.ndarray, resolution: float) -> "Grid":
        """The grid over the box ``lower`` to ``upper`` (3,) [m] with cells no larger than ``resolution`` [m].

        Raises:
            InputError: the box is empty or the resolution is not positive.
        """
        size = np.asarray(upper, float) - np.asarray(lower, float)
        if not resolution > 0:
            raise InputError(f"resolution {resolution * 1e3:g} mm is not positive", remedy="set model.resolution_mm")
        if not np.all(size > 0):
            raise InputError(f"the stock is empty: its size is {size * 1e3} mm", remedy="correct the stock")
        cells = np.maximum(np.ceil(size / resolution - 1e-6), 1).astype(int)
        low, step = (tuple(float(value) for value in row) for row in (np.asarray(lower, float), size / cells))
        return cls(lower=low, spacing=step, shape=(int(cells[0]), int(cells[1]), int(cells[2])))  # type: ignore[arg-type]

    @property
    def upper(self) -> Vector:
        """Highest corner [m]."""
        x, y, z = (low + step * n for low, step, n in zip(self.lower, self.spacing, self.shape, strict=True))
        return x, y, z

    def centres(self, axis: int) -> np.ndarray:
        """Coordinates of the cell centres along ``axis`` (0 x, 1 y, 2 z): (cell,) [m]."""
        return self.lower[axis] + self.spacing[axis] * (np.arange(self.shape[axis]) + 0.5)
