"""Passes: stretches of a tool path that sweep a surface once, without turning back on themselves."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.program.program import Toolpath

TURN = np.deg2rad(20.0)  # a sharper turn starts a new pass, so that neighbouring rows never merge at their ends
HEADING = np.deg2rad(120.0)  # so does this much in all, so that a circle does not merge its start with its end


@dataclass(frozen=True)
class Passes:
    """Which pass each segment of a path belongs to, and how the path bends inside it."""

    number: np.ndarray  # (segment,) int32, counts up along the path
    station: np.ndarray  # (segment,) [m] path length before the segment
    turn: np.ndarray  # (segment + 1,) [rad] between a segment and the one before it; inf where a pass starts
    climb: np.ndarray  # (segment + 1,) bool: the slope changes there


def find_passes(path: Toolpath) -> Passes:
    """Split a path into passes.

    A new pass starts where the path turns by more than TURN, has turned by more than HEADING since the pass
    began, jumps, changes the tool, or goes from rapid to feed or back.
    """
    step = path.end - path.start
    length = np.linalg.norm(step, axis=1)
    n = len(length)
    moving = length > 1e-12
    # A segment without length keeps the direction of the last one that moved.
    last = np.maximum.accumulate(np.where(moving, np.arange(n), -1))
    direction = np.where(last[:, None] >= 0, step[last] / np.maximum(length[last], 1e-12)[:, None], 0.0)
    turn = np.full(n + 1, np.inf)
    chord = np.linalg.norm(np.diff(direction, axis=0), axis=1)
    turn[1:-1] = 2 * np.arcsin(np.minimum(chord / 2, 1.0))
    joined = (
        (np.abs(path.start[1:] - path.end[:-1]).max(axis=1, initial=0.0) < 1e-9)
        & (path.tool[1:] == path.tool[:-1])
        & (path.rapid[1:] == path.rapid[:-1])
        & (turn[1:-1] <= TURN)
    )
    turn[1:-1][~joined] = np.inf
    number = np.cumsum(np.concatenate([np.zeros(min(n, 1), int), ~joined]))
    number = number + _reversals(number, direction)
    turn[1:-1][np.diff(number) > 0] = np.inf
    level = np.hypot(step[:, 0], step[:, 1])
    slope = np.where(level > 1e-12, step[:, 2] / np.maximum(level, 1e-12), np.inf)
    climb = np.ones(n + 1, bool)
    climb[1:-1] = np.abs(np.diff(np.arctan(slope))) > 1e-9
    station = np.concatenate([[0.0], np.cumsum(length)[:-1]])[:n]
    return Passes(number.astype(np.int32), station, turn, climb)


def _reversals(number: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Extra pass breaks so far (segment,) int.

    A pass breaks where the heading has left that at its start by HEADING, or by TURN and an axis reverses,
    since axes err differently before and after they reverse.
    """
    extra = np.zeros(len(number), int)
    sign = np.sign(np.where(np.abs(direction[:, :2]) > 1e-6, direction[:, :2], 0.0))
    reverses = np.zeros(len(number), bool)
    reverses[1:] = (sign[1:] * sign[:-1] < 0).any(axis=1) | ((sign[1:] == 0) & (sign[:-1] != 0)).any(axis=1)
    broken = 0
    for begin, end in _stretches(np.concatenate([[True], np.diff(number) > 0])[: len(number)]):
        extra[begin:end] = broken
        at = begin
        while at < end:
            aligned = direction[at:end] @ direction[at]
            leaves = (aligned < np.cos(HEADING)) | (reverses[at:end] & (aligned < np.cos(TURN)))
            if not leaves.any():
                break
            at += int(np.argmax(leaves))
            broken += 1
            extra[at:end] = broken
    return extra


def _stretches(first: np.ndarray) -> Iterable[tuple[int, int]]:
    """Begin and end of each run that starts where ``first`` is True."""
    begin = np.flatnonzero(first)
    return zip(begin, np.append(begin[1:], len(first)), strict=True)
