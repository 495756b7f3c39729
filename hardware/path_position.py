"""Where on a toolpath a controller is: the segment that belongs to a tool tip and the NC line that runs.

The search only goes forward, segment by segment, so that a path that crosses or repeats itself is followed. A line
that is not ahead (a program that is started again) is sought from the beginning.
"""

from dataclasses import dataclass

import numba
import numpy as np

from twin.program import Toolpath

END = 2e-6  # [m] before its end a segment counts as run


@dataclass(frozen=True)
class Path:
    """The toolpath as the search needs it."""

    start: np.ndarray  # (segment, 3) [m] part frame
    end: np.ndarray  # (segment, 3) [m]
    line: np.ndarray  # (segment,) int64


def path_of(toolpath: Toolpath) -> Path:
    """``toolpath`` for :func:`follow`."""
    return Path(
        np.ascontiguousarray(toolpath.start), np.ascontiguousarray(toolpath.end), toolpath.line.astype(np.int64)
    )


def segments_at(path: Path, tip: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Segment of each sample of a run from its first, (sample,); -1 where no line of the path runs.

    Args:
        path: of the program that ran.
        tip: (sample, 3) [m] commanded tool tip, part frame.
        line: (sample,) NC line that the controller runs, 0 none.
    """
    return _segments_at(path.start, path.end, path.line, np.ascontiguousarray(tip), line.astype(np.int64))


@numba.njit(cache=True)
def _segments_at(start, end, lines, tip, line):  # type: ignore[no-untyped-def]
    found = np.empty(len(tip), np.int64)
    place = np.zeros(2, np.int64)
    for k in range(len(tip)):
        found[k] = follow(start, end, lines, tip[k], line[k], place)
    return found


@numba.njit(cache=True)
def follow(start, end, lines, tip, line, place):  # type: ignore[no-untyped-def]
    """Segment at ``tip`` (3,) [m] while ``line`` runs, -1 none; ``place`` (2,) keeps segment and line between calls."""
    n = len(lines)
    if line <= 0 or n == 0:
        return -1
    k = place[0]
    if line != place[1]:
        place[1] = line
        k = _line_from(lines, line, k)
        if k < 0:
            k = _line_from(lines, line, 0)
        if k < 0:
            return -1
        place[0] = k
    elif lines[k] != line:
        return -1
    while k + 1 < n and lines[k + 1] == line and _passed(start, end, tip, k):
        k += 1
    place[0] = k
    return k


@numba.njit(cache=True)
def _line_from(lines, line, first):  # type: ignore[no-untyped-def]
    for k in range(first, len(lines)):
        if lines[k] == line:
            return k
    return -1


@numba.njit(cache=True)
def _passed(start, end, tip, k):  # type: ignore[no-untyped-def]
    """Whether ``tip`` is at or beyond the end of segment ``k``, or nearer to the next."""
    along, length2 = 0.0, 0.0
    for a in range(3):
        step = end[k, a] - start[k, a]
        along += step * (tip[a] - start[k, a])
        length2 += step * step
    if along >= length2 - END * np.sqrt(length2):
        return True
    return _distance2(start[k + 1], end[k + 1], tip) < _distance2(start[k], end[k], tip)


@numba.njit(cache=True)
def _distance2(start, end, tip):  # type: ignore[no-untyped-def]
    """Squared distance of ``tip`` from the piece between ``start`` and ``end``."""
    along, length2 = 0.0, 0.0
    for a in range(3):
        step = end[a] - start[a]
        along += step * (tip[a] - start[a])
        length2 += step * step
    share = min(max(along / length2, 0.0), 1.0) if length2 > 0 else 0.0
    total = 0.0
    for a in range(3):
        total += (start[a] + share * (end[a] - start[a]) - tip[a]) ** 2
    return total
