"""Where the moves of a program are cut, so that what lies between shifted ends follows the correction."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.program import Op, Program
from twin.program.linearise import points_along, swept_angles

# (point,) move, (point,) fraction of it, (point, 3) tip in machine axes [m] -> motion against the error (point, 3) [m]
Correction = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

N_INSIDE = 15  # points within a piece where the correction is compared with the straight line
LARGEST_TURN = 2 * np.pi / 3  # of one piece of an arc: no piece may close to a whole turn


@dataclass(frozen=True)
class Pieces:
    """Parts of moves, in the order of the program."""

    move: np.ndarray  # (piece,) row of the program
    fraction: np.ndarray  # (piece, 2) where it begins and ends along its move
    shift: np.ndarray  # (piece, 2, 3) [m] of its ends


def split(program: Program, moves: np.ndarray, correct: Correction, tolerance: float, shortest: float) -> Pieces:
    """Cut ``moves`` (move,) until the correction bends by no more than ``tolerance`` [m] within a piece.

    Rapids stay whole; a piece of less than twice ``shortest`` [m] is not cut.
    """
    turn = _turns(program, moves)
    count = np.maximum(np.ceil(turn / LARGEST_TURN - 1e-9), 1).astype(int)
    move = np.repeat(moves, count)
    place = np.arange(len(move)) - np.repeat(np.cumsum(count) - count, count)
    fraction = np.column_stack([place, place + 1]) / np.repeat(count, count)[:, None]
    length = np.repeat(_lengths(program, moves, turn) / count, count)
    turn = np.repeat(turn / count, count)
    done: list[tuple[np.ndarray, np.ndarray]] = []
    while len(move):
        bend = _bend(program, move, fraction, turn, correct)
        cut = (bend > tolerance) & (length >= 2 * shortest) & (program.op[move] != Op.RAPID)
        done.append((move[~cut], fraction[~cut]))
        middle = fraction[cut].mean(axis=1)
        halves = [np.column_stack([fraction[cut, 0], middle]), np.column_stack([middle, fraction[cut, 1]])]
        move, fraction = np.concatenate([move[cut]] * 2), np.concatenate(halves)
        length, turn = (np.concatenate([values[cut] / 2] * 2) for values in (length, turn))
    move, fraction = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.lexsort((fraction[:, 0], move))
    move, fraction = move[order], fraction[order]
    shift = np.stack([correct(move, f, _tips(program, move, f)) for f in fraction.T], axis=1)
    return Pieces(move, fraction, shift)


def _bend(
    program: Program, move: np.ndarray, fraction: np.ndarray, turn: np.ndarray, correct: Correction
) -> np.ndarray:
    """Largest distance (piece,) [m] of the correction from what shifted ends make of the piece.

    Of a straight piece that is the straight line between the ends; an arc of angle a whose ends are moved apart by d
    along its chord bulges by d/2 sin(a/2) in its middle.
    """
    weights = np.linspace(0.0, 1.0, N_INSIDE + 2)
    where = fraction[:, :1] + weights * np.diff(fraction, axis=1)
    of = np.repeat(move, len(weights))
    shift = correct(of, where.ravel(), _tips(program, of, where.ravel())).reshape(len(move), len(weights), 3)
    straight = shift[:, :1] + weights[:, None] * (shift[:, -1:] - shift[:, :1])
    apart = np.linalg.norm(shift[:, -1] - shift[:, 0], axis=1)
    return np.linalg.norm(shift - straight, axis=-1).max(axis=1) + apart * np.sin(turn / 2) / 2


def _tips(program: Program, move: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    return points_along(program, move, fraction)[:, :3]


def _turns(program: Program, moves: np.ndarray) -> np.ndarray:
    """Angle (move,) [rad] that arcs turn; 0 of straight moves."""
    arc = program.op[moves] == Op.ARC
    turn = np.zeros(len(moves))
    turn[arc] = np.abs(swept_angles(program, moves[arc]))
    return turn


def _lengths(program: Program, moves: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Length (move,) [m]; of a helix that of its circle."""
    straight = np.linalg.norm(program.end[moves, :3] - program.start[moves, :3], axis=1)
    from_centre = np.nan_to_num(program.start[moves, :3] - program.centre[moves])
    from_centre[np.arange(len(moves)), program.plane_axis[moves]] = 0.0
    return np.where(turn > 0, np.linalg.norm(from_centre, axis=1) * turn, straight)
