"""The NC program with other feeds: F words change, nothing else does, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.advice.blocks import FeedBlocks
from twin.advice.words import find_word, rounded_down, with_word
from twin.errors import InputError
from twin.program import Op, Program
from twin.program.words import WordError
from twin.units import MINUTE, MM

SAME = 1e-6  # relative: feeds nearer than this are not changed
FEED_ERROR = 1e-9  # relative, of a feed that is read back
REMEDY = "its feeds cannot be changed line by line: leave this program as it is, and report it"


@dataclass(frozen=True)
class Rewritten:
    """A program with other feeds."""

    text: str
    feed: np.ndarray  # (block,) [m/s] as written
    changed: np.ndarray  # (block,) bool: another feed than programmed
    lines: np.ndarray  # source lines whose text differs


def written_feeds(blocks: FeedBlocks, wanted: np.ndarray) -> np.ndarray:
    """The feeds (block,) [m/s] that can be written: ``wanted`` rounded down; as programmed where hardly another."""
    feed = blocks.feed.copy()
    for b in np.flatnonzero(blocks.free & (np.abs(wanted / blocks.feed - 1) > SAME)):
        feed[b] = float(rounded_down(wanted[b] / blocks.unit[b])) * blocks.unit[b]
    return feed


def changed_blocks(blocks: FeedBlocks, feed: np.ndarray) -> np.ndarray:
    """Blocks (block,) bool that get another feed; with any other, those of uneven passes too: the least of them."""
    changed = np.abs(feed / blocks.feed - 1) > FEED_ERROR
    return changed | blocks.uneven if changed.any() else changed


def rewrite(program: Program, blocks: FeedBlocks, text: str, feed: np.ndarray) -> Rewritten:
    """Write ``feed`` (block,) [m/s], as :func:`written_feeds` rounds it, into the program.

    A block that has no F word and needs one gets it; a block that keeps its feed gets its old F back where the one
    before it changed. A program that runs lines twice gets an F in every block, so that no jump brings a wrong one.
    """
    lines = text.splitlines(keepends=True)
    changed = changed_blocks(blocks, feed)
    jumps = bool(np.any(np.diff(program.line) < 0))
    jumps = jumps or len(np.unique(program.line[blocks.of_move >= 0])) < _passes(program, blocks)
    row_of_line = {int(line): b for b, line in enumerate(blocks.line)}
    old = new = ""  # the F word in force, as text, in the program and in what is written
    touched = []
    for i, whole in enumerate(lines):
        block = whole.rstrip("\r\n")
        span = _find_feed(block)
        if span is not None:
            old = new = block[span[0] + 1 : span[1]]
        b = row_of_line.get(i + 1)
        if b is None or not changed.any():
            continue
        if changed[b]:
            number = _as_written(feed[b] / blocks.unit[b])
        elif blocks.free[b] and span is None and (jumps or not _means(old, blocks.feed[b] / blocks.unit[b])):
            number = f"{blocks.feed[b] / blocks.unit[b]:.12g}"
        else:
            number = old
        if number and number != new:
            lines[i] = _with_feed(block, number, program.file, i + 1) + whole[len(block) :]
            touched.append(i + 1)
            new = number
    return Rewritten("".join(lines), feed, changed, np.array(touched, dtype=int))


def with_speeds(program: Program, text: str, advised: Mapping[tuple[int, float], float]) -> tuple[str, list[int]]:
    """The program with other S words, and the lines that changed.

    Args:
        program: as interpreted from ``text``.
        text: of the program.
        advised: (tool, programmed speed [rad/s] without its sense) -> speed [rev/min].

    Raises:
        InputError: one S word serves two tools that want different speeds.
    """
    lines = text.splitlines(keepends=True)
    wanted: dict[int, float] = {}
    for row in np.flatnonzero((program.op == Op.SPINDLE) & (program.spindle != 0)):
        speed = advised.get((int(program.tool[row]), round(abs(float(program.spindle[row])), 6)))
        line = next((n for n in range(int(program.line[row]), 0, -1) if _find(lines[n - 1], "s")), None)
        if line is None or speed is None:
            continue
        if wanted.setdefault(line, speed) != speed:
            raise InputError(
                f"the S word serves tools that want {wanted[line]:.0f} and {speed:.0f} rpm",
                file=program.file,
                line=line,
                remedy="program S for each tool, or leave the speeds as they are",
            )
    for line, speed in wanted.items():
        lines[line - 1] = with_word(lines[line - 1], "s", f"{speed:.0f}")
    return "".join(lines), sorted(wanted)


def check_same_moves(old: Program, new: Program) -> None:
    """Raise InputError unless ``new`` makes the moves of ``old``, at whatever feed and speed."""
    if new.n_moves != old.n_moves or not np.array_equal(new.op, old.op):
        raise InputError("the rewritten program makes other moves", file=old.file, remedy=REMEDY)
    for name in ("line", "start", "end", "centre", "turns", "tool", "coolant", "dwell", "path_mode"):
        if not np.array_equal(getattr(new, name), getattr(old, name), equal_nan=name == "centre"):
            raise InputError(f"the rewritten program has another {name}", file=old.file, remedy=REMEDY)


def check_feeds(old: Program, new: Program, blocks: FeedBlocks, feed: np.ndarray) -> None:
    """Raise InputError unless ``new`` makes the moves of ``old`` at the feeds (block,) that were written."""
    check_same_moves(old, new)
    changed = changed_blocks(blocks, feed)
    moves = np.flatnonzero(blocks.of_move >= 0)
    row = blocks.of_move[moves]
    asked = np.where(changed[row], feed[row], old.feed[moves])
    wrong = np.flatnonzero(np.abs(new.feed[moves] / asked - 1) > 10 * FEED_ERROR)
    if wrong.size:
        got, want = (values * MINUTE / MM for values in (new.feed[moves][wrong[0]], asked[wrong[0]]))
        raise InputError(
            f"the rewritten program feeds {got:g} instead of {want:g} mm/min",
            file=old.file,
            line=int(old.line[moves][wrong[0]]),
            remedy=REMEDY,
        )


def _as_written(number: float) -> str:
    """A number that is rounded already, or that of the program."""
    text = rounded_down(number * (1 + FEED_ERROR))
    return text if abs(float(text) / number - 1) < FEED_ERROR else f"{number:.12g}"


def _means(word: str, number: float) -> bool:
    """Whether the F word in force says ``number``; not after a change of units, nor of an expression."""
    try:
        return abs(float(word) / number - 1) < FEED_ERROR
    except ValueError:
        return False


def _passes(program: Program, blocks: FeedBlocks) -> int:
    """How often lines that feed are begun."""
    line = program.line[blocks.of_move >= 0]
    return int(np.count_nonzero(np.diff(line)) + 1) if len(line) else 0


def _find(text: str, letter: str) -> tuple[int, int] | None:
    try:
        return find_word(text.rstrip("\r\n"), letter)
    except (WordError, ValueError, IndexError):
        return None  # a line that is no block: it is never run


def _find_feed(block: str) -> tuple[int, int] | None:
    return _find(block, "f") if "f" in block.lower() else None


def _with_feed(block: str, number: str, file: str, line: int) -> str:
    try:
        return with_word(block, "f", number)
    except WordError as error:
        raise InputError(f"no F word can be written here: {error.message}", file=file, line=line) from None
