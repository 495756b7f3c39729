"""Collects canonical operations as the interpreter makes them and turns them into a Program."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from twin.program.frame import Frame, Six
from twin.program.program import Op, Program, ProgramWarning

_MOVING = (Op.FEED, Op.ARC, Op.PROBE, Op.TAP)


T = TypeVar("T")


def _spans(changes: list[tuple[int, T]], n: int) -> Iterator[tuple[slice, T]]:
    """Rows over which each value holds, of ``n``."""
    stops = [row for row, _ in changes[1:]] + [n]
    for (row, value), stop in zip(changes, stops, strict=False):
        yield slice(row, stop), value


class Recorder:
    """Rows in program coordinates; what seldom changes is kept as (row, new value).

    The lists ``op``, ``line``, ``x``, ``y``, ``z`` have one entry a row and are open to the fast loop.
    """

    def __init__(self, home: Six) -> None:
        self.home = home
        self.op: list[int] = []
        self.line: list[int] = []
        self.x: list[float] = []
        self.y: list[float] = []
        self.z: list[float] = []
        self._changes: dict[str, list[tuple[int, float | tuple[float, float, float]]]] = {}
        self._last: dict[str, float | tuple[float, float, float]] = {}
        self._frames: list[tuple[int, Frame]] = []
        self._jumps: list[tuple[int, tuple[float, float, float]]] = []
        self._arcs: list[tuple[int, float, float, float, int, int]] = []
        self._dwells: list[tuple[int, float]] = []
        self.warnings: list[ProgramWarning] = []
        self.messages: list[tuple[int, str]] = []

    def set(self, column: str, value: float | tuple[float, float, float]) -> None:
        """From the next row on, ``column`` (feed, tool, spindle, coolant, path_mode, tolerance, abc) is ``value``."""
        if self._last.get(column) != value:
            self._last[column] = value
            self._changes.setdefault(column, []).append((len(self.op), value))

    def frame(self, frame: Frame) -> None:
        """From the next row on, program coordinates lie in ``frame``."""
        self._frames.append((len(self.op), frame))

    def tip_jump(self, delta: tuple[float, float, float]) -> None:
        """The tip is another point of the machine (tool length): the next row starts ``delta`` away [m]."""
        self._jumps.append((len(self.op), delta))

    def row(self, op: Op, line: int, end: Six) -> None:
        """Adds one operation that ends at ``end`` in program coordinates [m, rad]."""
        self.set("abc", end[3:])
        self.op.append(op)
        self.line.append(line)
        self.x.append(end[0])
        self.y.append(end[1])
        self.z.append(end[2])

    def arc(self, line: int, end: Six, centre: tuple[float, float, float], axis: int, turns: int) -> None:
        """Adds an arc about ``axis`` (0 X, 1 Y, 2 Z) through ``centre`` in program coordinates [m]."""
        self._arcs.append((len(self.op), *centre, axis, turns))
        self.row(Op.ARC, line, end)

    def dwell(self, line: int, seconds: float, at: Six) -> None:
        self._dwells.append((len(self.op), seconds))
        self.row(Op.DWELL, line, at)

    def warn(self, line: int, word: str, message: str) -> None:
        warning = ProgramWarning(line, word, message)
        if warning not in self.warnings[-20:]:  # a loop warns once
            self.warnings.append(warning)

    def _column(self, name: str, default: float) -> np.ndarray:
        n = len(self.op)
        changes = self._changes.get(name, [])
        rows = [0] + [row for row, _ in changes]
        values = np.array([default] + [value for _, value in changes], dtype=float)
        return np.repeat(values, np.diff([*rows, n]))

    def program(self, file: str, source: tuple[str, ...]) -> Program:
        """What was collected, in machine axes."""
        n = len(self.op)
        op = np.array(self.op, dtype=np.int8)
        end = np.empty((n, 6))
        centre = np.full((n, 3), np.nan)
        end[:, 0], end[:, 1], end[:, 2] = self.x, self.y, self.z
        for rows, value in _spans(self._changes.get("abc", []), n):
            end[rows, 3:] = value
        plane_axis = np.full(n, 2, dtype=np.int8)
        turns = np.zeros(n, dtype=np.int16)
        if self._arcs:
            arcs = np.array(self._arcs)
            of = arcs[:, 0].astype(int)
            centre[of] = arcs[:, 1:4]
            plane_axis[of], turns[of] = arcs[:, 4], arcs[:, 5]
        for rows, frame in _spans(self._frames, n):
            end[rows, :3] = frame.apply(end[rows, :3])
            end[rows, 3:] += frame.shift[3:]
            centre[rows] = frame.apply(centre[rows])
        start = np.empty_like(end)
        start[:1] = self.home
        start[1:] = end[:-1]
        for row, delta in self._jumps:
            if row < n:
                start[row, :3] += delta
        dwell = np.zeros(n)
        for row, seconds in self._dwells:
            dwell[row] = seconds
        feed = np.where(np.isin(op, _MOVING), self._column("feed", np.nan), np.nan)
        return Program(
            file=file,
            source=source,
            op=op,
            line=np.array(self.line, dtype=np.int32),
            start=start,
            end=end,
            centre=centre,
            plane_axis=plane_axis,
            turns=turns,
            feed=feed,
            path_mode=self._column("path_mode", 0).astype(np.int8),
            tolerance=self._column("tolerance", 0.0),
            tool=self._column("tool", 0).astype(np.int32),
            spindle=self._column("spindle", 0.0),
            coolant=self._column("coolant", 0).astype(np.int8),
            dwell=dwell,
            warnings=tuple(self.warnings),
            messages=tuple(self.messages),
            frames=tuple(self._frames),
        )
