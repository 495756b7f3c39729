"""The part under a touch probe: as machined, at the tool point's true place."""

import numpy as np

from twin.stock.cut import Columns


class SurfaceUnderProbe:
    """Heights of the finished part over its grid; nothing is below or beside it."""

    def __init__(self, columns: Columns):
        self._top, self._lower, self._spacing = columns.top, columns.lower, columns.spacing[:2]
        self._to_grid = np.linalg.inv(columns.pose)

    def touched(self, tip: np.ndarray) -> bool:
        """Whether a stylus whose tip is at ``tip`` (3,) [m], part frame, is at or in the material."""
        x, y, z = (self._to_grid @ np.append(tip, 1.0))[:3]
        column, row = np.floor((np.array([x, y]) - self._lower) / self._spacing).astype(int)
        rows, columns = self._top.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return False
        return bool(z <= self._top[row, column])
