"""The blocks of an NC program whose feed can be changed: one row a source line, all its passes together."""

from dataclasses import dataclass

import numpy as np

from twin.program import Op, Program, Toolpath
from twin.program.lexer import read_block
from twin.program.words import WordError
from twin.units import INCH, MINUTE, MM

FEED_MOVES = (Op.FEED, Op.ARC, Op.PROBE, Op.TAP)
UNITS = {20.0: INCH, 21.0: MM}
MODES = {93.0: "G93", 94.0: "G94", 95.0: "G95"}


@dataclass(frozen=True)
class FeedBlocks:
    """Source lines that feed."""

    line: np.ndarray  # (block,) ascending
    feed: np.ndarray  # (block,) [m/s] programmed; the least of its passes
    unit: np.ndarray  # (block,) [m/s] of the number 1 behind its F; NaN where the feed cannot be changed
    uneven: np.ndarray  # (block,) bool: its passes are programmed at several feeds
    fixed: tuple[str, ...]  # (block,) why the feed cannot be changed; empty where it can
    of_move: np.ndarray  # (move,) row of each move of the program, -1 where it does not feed
    of_segment: np.ndarray  # (segment,) row of each piece of the path, -1 where it does not feed

    @property
    def free(self) -> np.ndarray:
        """(block,) bool: the feed can be changed."""
        return np.array([not why for why in self.fixed], dtype=bool)


def feed_blocks(program: Program, toolpath: Toolpath) -> FeedBlocks:
    """Blocks of ``program`` that feed."""
    feeds = np.isin(program.op, FEED_MOVES) & np.any(program.end != program.start, axis=1)
    feeds |= program.op == Op.ARC
    line, member = np.unique(program.line[feeds], return_inverse=True)
    of_move = np.full(program.n_moves, -1)
    of_move[feeds] = member
    moves = np.flatnonzero(feeds)
    n = len(line)
    least, highest, most = np.full(n, np.inf), np.zeros(n), np.zeros(n)
    np.minimum.at(least, member, program.feed[moves])
    np.maximum.at(highest, member, program.feed[moves])
    slow, fast = np.full(n, np.inf), np.zeros(n)
    spindle = np.abs(program.spindle[moves])
    np.minimum.at(slow, member, spindle)
    np.maximum.at(fast, member, spindle)
    np.maximum.at(most, member, np.isin(program.op[moves], (Op.PROBE, Op.TAP)))
    turning = np.zeros(n)
    np.maximum.at(
        turning,
        member,
        ~np.any(program.end[moves, :3] != program.start[moves, :3], axis=1) & (program.op[moves] != Op.ARC),
    )
    scale, mode = _modes(program.source)
    scale, mode = scale[line - 1], mode[line - 1]
    fixed = []
    for b in range(n):
        why = ""
        if mode[b] == "G93":
            why = "inverse-time feed (G93)"
        elif most[b]:
            why = "probing or tapping"
        elif turning[b]:
            why = "only rotary axes move"
        elif mode[b] == "G95" and slow[b] != fast[b]:
            why = "feed per revolution (G95) at several speeds"
        fixed.append(why)
    unit = np.where(mode == "G95", scale * slow / (2 * np.pi), scale / MINUTE)
    uneven = ~np.array([bool(why) for why in fixed]) & (highest > least * (1 + 1e-9))
    unit = np.where([bool(why) for why in fixed], np.nan, unit)
    return FeedBlocks(line, least, unit, uneven, tuple(fixed), of_move, of_move[toolpath.move])


def _modes(source: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Length unit (line,) [m] and feed mode (line,) of the F word of each line, in the order of the text.

    In the order of execution of RS274/NGC the feed mode of a block comes before its F, its units after.
    """
    scale, mode = np.empty(len(source)), np.empty(len(source), dtype="<U3")
    now_scale, now_mode = MM, "G94"
    for i, text in enumerate(source):
        scale[i] = now_scale
        if "g" in text.lower():
            for value in _g_words(text):
                now_scale, now_mode = UNITS.get(value, now_scale), MODES.get(value, now_mode)
        mode[i] = now_mode
    return scale, mode


def _g_words(text: str) -> list[float]:
    try:
        words = read_block(text).words
    except WordError:  # a line that is never run
        return []
    return [value for letter, value in words if letter == "g" and isinstance(value, float)]
