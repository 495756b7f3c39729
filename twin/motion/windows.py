"""Windows of uninterrupted cutting in the log of a run: what the time law is measured against."""

from dataclasses import dataclass

import numpy as np

from twin.motion.identify import Windows
from twin.program.program import Op, Program


@dataclass(frozen=True)
class RunLog:
    """Events of one run of a program on a machine; each holds until the next."""

    block_time: np.ndarray  # (event,) [s]
    block_line: np.ndarray  # (event,) line of the program that has become active; 0 unknown
    override_time: np.ndarray  # (event,) [s]
    override: np.ndarray  # (event,) feed override, 1 as programmed
    status_time: np.ndarray  # (event,) [s]
    active: np.ndarray  # (event,) bool: the program runs


def cutting_windows(
    program: Program,
    log: RunLog,
    *,
    shortest: float = 3.0,
    longest: float = 10.0,
    override_band: float = 0.02,
    after_tool_change: int = 0,
) -> Windows:
    """Windows between logged block events with nothing but cutting moves in them.

    A window grows event by event until it lasts ``longest`` [s] or something interrupts: a rapid, a tool change, a
    hold, a line that comes before its predecessor, an override more than ``override_band`` off. It counts
    if it lasts more than ``shortest`` [s] and does not start within ``after_tool_change`` lines of a tool change.
    """
    first, cuts = _rows_of_lines(program)
    follows = _uninterrupted(log, first, cuts, override_band)
    changes = program.line[program.op == Op.TOOL]
    found = []
    opening, n = 0, len(log.block_time)
    while opening < n - 1:
        closing = opening
        while closing < n - 1 and follows[closing] and log.block_time[closing] - log.block_time[opening] < longest:
            closing += 1
        duration = log.block_time[closing] - log.block_time[opening]
        since_change = log.block_line[opening] - changes
        late = np.any((since_change >= 0) & (since_change <= after_tool_change)) if after_tool_change else False
        if duration > shortest and not late:
            found.append((first[log.block_line[opening]], first[log.block_line[closing]], duration))
        opening = max(closing, opening + 1)
    rows = np.array(found).reshape(-1, 3)
    return Windows(rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2])


def _rows_of_lines(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """First row of each source line (-1 none), and whether the line does nothing but cut."""
    n = len(program.source) + 1
    first, cuts = np.full(n, -1), np.ones(n, bool)
    for row in range(program.n_moves - 1, -1, -1):
        first[program.line[row]] = row
    cuts[program.line[~np.isin(program.op, (Op.FEED, Op.ARC))]] = False
    return first, cuts


def _uninterrupted(log: RunLog, first: np.ndarray, cuts: np.ndarray, band: float) -> np.ndarray:
    """Whether nothing but cutting happens from each block event to the next, (event - 1,) bool."""
    line, following = log.block_line[:-1], log.block_line[1:]
    other = np.concatenate([[0], np.cumsum(~cuts)])
    known = (line > 0) & (following > line) & (first[line] >= 0) & (first[following] >= 0)
    cutting = known & (other[np.maximum(following, 0)] == other[np.maximum(line, 0)])
    steady = _holds(log.override_time, np.abs(log.override - 1.0) <= band, log.block_time)
    return cutting & steady & _holds(log.status_time, log.active, log.block_time)


def _holds(event_time: np.ndarray, good: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Whether ``good`` holds from each time to the next; taken as good before the first event."""
    before, until = (np.searchsorted(event_time, t, side="right") for t in (time[:-1], time[1:]))
    bad = np.concatenate([[0], np.cumsum(~good)])
    return bad[until] == bad[np.maximum(before - 1, 0)]
