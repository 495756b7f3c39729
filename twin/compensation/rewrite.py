"""The NC program with its points moved against the error, line by line; what cannot be moved stays as it is."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil, log10

import numpy as np

from twin.compensation.blocks import CUTTER, REMEDY, TO_THE_MACHINE, Line, lines_of, remainder
from twin.compensation.split import Correction, Pieces, split
from twin.errors import InputError
from twin.program import Op, Program
from twin.program.frame import Frame
from twin.program.linearise import points_along

MOVES = (Op.RAPID, Op.FEED, Op.ARC)
_CODES = {Op.RAPID: "G0", Op.FEED: "G1"}
OUT_OF_ROUND = 1e-6  # [m]: arcs whose radii differ by more keep doing so

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Compensated:
    """A program with moved points."""

    text: str
    program: Program  # as interpreted again
    pieces: Pieces  # of the original moves
    row: np.ndarray  # (piece,) row of ``program`` that makes each piece
    of_line: np.ndarray  # (line of the text,) source line each line stands for
    notes: tuple[str, ...]  # lines that stay as they are


@dataclass
class _Writer:
    """Lines as they are written, and where the tool then stands."""

    program: Program
    ends: np.ndarray  # (piece, 3) [m] where each piece shall end, machine axes
    resolution: float
    lines: list[str] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    placed: list[int] = field(default_factory=list)  # written line (1-based) of each piece
    tip: Point = (0.0, 0.0, 0.0)  # machine axes [m]

    def __post_init__(self) -> None:
        self.op = self.program.op.tolist()

    def put(self, text: str, line: int) -> None:
        self.lines.append(text)
        self.source.append(line)

    def block(self, frame: Frame, line: Line, piece: int, pieces: Pieces) -> str:
        """The words of one piece; the tool moves to its rounded end."""
        move, unit = int(pieces.move[piece]), line.scale
        digits = max(0, ceil(-log10(self.resolution / unit) - 1e-9))
        wanted = frame.to_program((*self.ends[piece], 0.0, 0.0, 0.0))[:3]
        numbers = [_number(value / unit, digits) for value in wanted]
        x, y, z = (float(number) * unit for number in numbers)
        code, centre = _CODES.get(self.op[move], ""), ""
        if not code:
            code, centre = self._arc(frame, line, piece, pieces, (x, y, z), digits)
        self.tip = frame.to_machine((x, y, z, 0.0, 0.0, 0.0))[:3]
        return f"{code} X{numbers[0]} Y{numbers[1]} Z{numbers[2]}{centre}"

    def _arc(self, frame: Frame, line: Line, piece: int, pieces: Pieces, goal: Point, digits: int) -> tuple[str, str]:
        """G word and centre words of a piece of an arc; a straight line where it would close to a whole turn."""
        move = int(pieces.move[piece])
        normal = int(self.program.plane_axis[move])
        plane = [axis for axis in range(3) if axis != normal]
        start: np.ndarray = np.array(frame.to_program((*self.tip, 0.0, 0.0, 0.0))[:3])
        end = np.array(goal)
        if np.abs(end - start)[plane].max() <= self.resolution:
            return "G1", ""
        moved = self.program.centre[move] + pieces.shift[piece].mean(axis=0)
        centre = np.array(frame.to_program((*moved, 0.0, 0.0, 0.0))[:3])
        if self._is_round(move):
            centre = _centre(start, end, centre, plane)
        offset = centre - (0.0 if line.centre_absolute else start)
        words = "".join(f" {'IJK'[axis]}{_number(offset[axis] / line.scale, digits + 2)}" for axis in plane)
        return "G3" if self.program.turns[move] > 0 else "G2", words

    def _is_round(self, move: int) -> bool:
        """Whether both ends of an arc are equally far from its centre, as nearly as most programs write them."""
        plane = np.arange(3) != self.program.plane_axis[move]
        ends = (self.program.start[move, :3], self.program.end[move, :3])
        first, last = (np.linalg.norm((p - self.program.centre[move])[plane]) for p in ends)
        return bool(abs(first - last) <= OUT_OF_ROUND)


def compensate(
    program: Program,
    correct: Correction,
    again: Callable[[str], Program],
    *,
    tolerance: float,
    shortest: float,
    resolution: float,
) -> Compensated:
    """Move every point of ``program`` by ``correct``; cut blocks where that bends by more than ``tolerance`` [m].

    Canned cycles and cutter compensation are written out as the moves they make. Moves to machine positions (G28,
    G30, G53), probing and tapping stay as they are. Arcs stay arcs, of 120 degrees at most.

    Args:
        again: interprets a text as ``program`` was interpreted.
        shortest: no block is cut into pieces shorter than this [m].
        resolution: of the points as written [m].

    Raises:
        InputError: flow control, rotary axes, inverse-time feed, words that depend on where the tool stands.
    """
    if np.any(np.diff(program.line) < 0):
        row = int(np.argmax(np.diff(program.line) < 0))
        raise InputError("lines run twice from here", file=program.file, line=int(program.line[row]), remedy=REMEDY)
    if np.any(program.end[:, 3:] != program.start[:, 3:]):
        row = int(np.argmax(np.any(program.end[:, 3:] != program.start[:, 3:], axis=1)))
        raise InputError("a rotary axis moves", file=program.file, line=int(program.line[row]), remedy=REMEDY)
    lines = list(lines_of(program.source, program.file))
    first = np.searchsorted(program.line, np.arange(1, len(lines) + 2)).tolist()
    free, notes = _free_moves(program, lines, first)
    pieces = split(program, np.flatnonzero(free), correct, tolerance, shortest)
    ends = points_along(program, pieces.move, pieces.fraction[:, 1])[:, :3] + pieces.shift[:, 1]
    writer, is_free = _Writer(program, ends, resolution), free.tolist()
    starts = [row for row, _ in program.frames]
    piece_of_move = np.searchsorted(pieces.move, np.arange(program.n_moves + 1)).tolist()
    for n, line in enumerate(lines, 1):
        rows = range(first[n - 1], first[n])
        if not any(is_free[rows.start : rows.stop]):
            text = line.text
            if line.cutter and not len(rows) and (line.has_points() or line.g() & CUTTER):
                text = " ".join(remainder(line)[0])  # its move came with another line, or comes already offset
            writer.put(text, n)
            if len(rows):
                writer.tip = (*program.end[rows[-1], :3].tolist(),)
            continue
        blocks = list(_blocks(writer, line, rows, pieces, piece_of_move, starts))
        _put_blocks(writer, line, n, blocks)
    text = "\n".join(writer.lines) + "\n"
    program_again = again(text)
    return Compensated(
        text, program_again, pieces, _rows(program_again, writer.placed), np.array(writer.source), tuple(notes)
    )


def _blocks(
    writer: _Writer, line: Line, rows: range, pieces: Pieces, of_move: list[int], starts: list[int]
) -> Iterator[tuple[str, int | None]]:
    """Words of each block of a line, and the piece it makes; a dwell of a cycle makes none."""
    program = writer.program
    for row in rows:
        frame = program.frames[bisect_right(starts, row) - 1][1] if starts else Frame()
        if writer.op[row] == Op.DWELL:
            yield f"G4 P{program.dwell[row]:g}", None
        for piece in range(of_move[row], of_move[row + 1]):
            yield writer.block(frame, line, piece, pieces), piece


def _put_blocks(writer: _Writer, line: Line, n: int, blocks: list[tuple[str, int | None]]) -> None:
    """Write the blocks in the place of line ``n``."""
    kept, stops, comments = remainder(line)
    for k, (words, piece) in enumerate(blocks):
        ahead = [*kept, *([] if line.absolute else ["G90"])] if k == 0 else []
        behind = [*(stops if k == len(blocks) - 1 else []), *(comments if k == 0 else [])]
        writer.put(" ".join([*ahead, words, *behind]), n)
        if piece is not None:
            writer.placed.append(len(writer.lines))
    if not line.absolute:
        writer.put("G91", n)


def _free_moves(program: Program, lines: list[Line], first: list[int]) -> tuple[np.ndarray, list[str]]:
    """Moves (move,) bool whose points can be moved, and what is said of the lines that stay.

    Lines stay that go to machine positions, probe or tap, or whose spindle stops or turns back between their moves:
    a cycle that only the control can make.
    """
    moving, by_control, spindle = (
        np.isin(program.op, kinds).tolist() for kinds in (MOVES, (Op.PROBE, Op.TAP), (Op.SPINDLE,))
    )
    free = np.array(moving)
    notes = []
    for n, line in enumerate(lines, 1):
        rows = slice(first[n - 1], first[n])
        if not any(moving[rows]) and not any(by_control[rows]):
            continue
        on_the_way = any(moving[rows]) and any(spindle[rows][moving[rows].index(True) :])
        if on_the_way or any(by_control[rows]) or line.g() & TO_THE_MACHINE:
            free[rows] = False
            notes.append(f"line {n} stays as it is: {line.text.strip()}")
    return free, notes


def _centre(start: np.ndarray, end: np.ndarray, centre: np.ndarray, plane: list[int]) -> np.ndarray:
    """The centre nearest to ``centre`` (3,) from which both ends are equally far in the plane."""
    a, b, c = start[plane], end[plane], centre[plane]
    chord = (b - a) / np.linalg.norm(b - a)
    found = centre.copy()
    found[plane] = c - chord * np.dot(chord, c - (a + b) / 2)
    return found


def _rows(program: Program, placed: list[int]) -> np.ndarray:
    """Row of each piece: the one move of its written line."""
    moves = np.flatnonzero(np.isin(program.op, MOVES))
    place = np.searchsorted(program.line[moves], placed)
    found = moves[np.minimum(place, len(moves) - 1)] if len(moves) else np.zeros(0, dtype=int)
    wrong = np.flatnonzero(program.line[found] != np.array(placed))
    if wrong.size:
        raise InputError(
            "a moved block makes no move", file=program.file, line=int(placed[wrong[0]]), remedy="report this program"
        )
    return found


def path_shift(
    program: Program, compensated: Compensated, move: np.ndarray, fraction: np.ndarray, later: bool
) -> np.ndarray:
    """How far the new program takes the tip from the place that the old one reaches (point, 3) [m].

    Args:
        move, fraction: (point,) place on the old path.
        later: at the joint of two pieces, take the later one.
    """
    pieces = compensated.pieces
    place = np.searchsorted(pieces.move + pieces.fraction[:, 0], move + fraction, side="right" if later else "left")
    piece = np.clip(place - 1, 0, len(pieces.move) - 1)
    low, high = pieces.fraction[piece].T
    inside = np.clip((fraction - low) / (high - low), 0.0, 1.0)
    old = points_along(program, move, fraction)[:, :3]
    new = points_along(compensated.program, compensated.row[piece], inside)[:, :3]
    return np.where((pieces.move[piece] == move)[:, None], new - old, 0.0)


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text and float(text) else "0" if not float(text) else text
