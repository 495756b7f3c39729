"""The stock while it is being machined: heights on a coarse grid at any time, from the removal of the twin itself."""

from dataclasses import dataclass, fields, replace

import numpy as np

from twin.errors import InputError
from twin.program.program import Toolpath
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.setup import setup_frame
from twin.stock.zmap import EMPTY, ZMap, remove
from twin.view.stage.loaded import LoadedRun

N_CELLS = 30_000  # of the grid
N_KEPT = 96  # states that are kept on the way
TOUCHES = 5e-6  # [m] above what the program leaves in the end: no material to be removed


@dataclass
class _Kept:
    """State of the z-map after some segments."""

    n_done: int
    height: np.ndarray
    top: np.ndarray


class RemainingStock:
    """Heights of the material after any part of the path.

    Args:
        run: has a stock of its own and one tool axis throughout.

    Raises:
        InputError: the stock cannot be had, is undercut, or the tool axis turns.
    """

    def __init__(self, run: LoadedRun):
        stock = run.solid("stock")
        if stock is None:
            raise InputError("the stock of the run is not to be had", file=run.folder)
        frame = setup_frame(run.toolpath)
        self._path = frame.path_in(run.toolpath)
        stock = stock.transformed(frame.pose)
        self.pose = np.linalg.inv(frame.pose)  # (4, 4) from the frame of the heights into the part frame
        size = np.ptp(stock.bounds, axis=0)
        self.grid = Grid.over(stock.lower, stock.upper, float(np.sqrt(size[0] * size[1] / N_CELLS)))
        self._profiles, self._tool = profile_table(run.tools, run.toolpath)
        self._zmap = ZMap.of(stock, self.grid)
        self.floor = self._zmap.bottom  # (y, x) [m] -EMPTY where there was no stock
        self._kept = [self._state(0)]
        step = max(1, -(-run.toolpath.n_segments // N_KEPT))
        for first in range(0, run.toolpath.n_segments, step):
            self._remove(first, first + step)
            self._kept.append(self._state(min(first + step, run.toolpath.n_segments)))
        self.final = self._zmap.surface  # (y, x) [m] EMPTY where nothing is left
        self._n_done = self._kept[-1].n_done

    def heights(self, segment: int) -> np.ndarray:
        """Top of the material (y, x) float32 [m] after ``segment`` segments, EMPTY where there is none."""
        before = max((k for k in self._kept if k.n_done <= segment), key=lambda k: k.n_done)
        if not before.n_done <= self._n_done <= segment:
            self._zmap.height[:], self._zmap.top[:] = before.height, before.top
            self._n_done = before.n_done
        self._remove(self._n_done, segment)
        self._n_done = segment
        return self._zmap.surface

    @property
    def steps(self) -> list[int]:
        """Segments after which the state is kept, from none to all; :meth:`heights` has them at once."""
        return [kept.n_done for kept in self._kept]

    def sheet(self, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A sheet over the grid with a skirt around it: heights (y + 2, x + 2) [m], and where it is to be drawn."""
        going = np.pad(self.to_be_removed(height), 1, mode="edge")
        floor = np.where(np.abs(self.floor) < -EMPTY, self.floor, self.grid.lower[2])
        sheet = np.pad(floor, 1, mode="edge")
        sheet[1:-1, 1:-1] = np.where(height > EMPTY, height, floor)
        return sheet, going

    @property
    def bottom(self) -> np.ndarray:
        """Where the sheet ends in the end (y + 2, x + 2) [m]: what the program leaves, or the floor of the stock."""
        floor = np.where(np.abs(self.floor) < -EMPTY, self.floor, self.grid.lower[2])
        return np.pad(np.where(self.final > EMPTY, self.final, floor), 1, mode="edge")

    def to_be_removed(self, height: np.ndarray) -> np.ndarray:
        """Where material stands that the program still removes: (y, x) bool."""
        return (height > EMPTY) & (height > np.where(self.final > EMPTY, self.final, self.floor) + TOUCHES)

    def _state(self, n_done: int) -> _Kept:
        return _Kept(n_done, self._zmap.height.copy(), self._zmap.top.copy())

    def _remove(self, first: int, last: int) -> None:
        """Cut the segments from ``first`` up to ``last``."""
        rows = slice(first, last)
        path = _part_of(self._path, rows)
        if path.n_segments:
            remove(self._zmap, path, self._profiles, self._tool[rows], engagement=False)


def _part_of(path: Toolpath, rows: slice) -> Toolpath:
    """The segments ``rows`` of a path."""
    return replace(path, **{f.name: getattr(path, f.name)[rows] for f in fields(path)})
