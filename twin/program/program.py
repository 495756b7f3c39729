"""The Program: the canonical moves that an NC program asks of a machine."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from twin.program.frame import Frame


class Op(IntEnum):
    """What one canonical operation does."""

    RAPID = 0  # G0, straight, every axis at its rapid rate
    FEED = 1  # G1
    ARC = 2  # G2/G3, with helix and whole turns
    DWELL = 3  # G4
    TOOL = 4  # M6
    SPINDLE = 5  # M3, M4, M5, S
    COOLANT = 6  # M7, M8, M9
    STOP = 7  # M0, M1
    PROBE = 8  # G38.n, G31
    TAP = 9  # G33.1, G84 rigid
    END = 10  # M2, M30


class PathMode(IntEnum):
    """How the controller joins one move to the next."""

    EXACT_PATH = 0  # G61: passes through the corner, slows only as needed
    EXACT_STOP = 1  # G61.1: comes to rest
    CONTINUOUS = 2  # G64: may round the corner within the tolerance


@dataclass(frozen=True)
class ProgramWarning:
    """A word that was accepted without effect on the geometry, or is probably not meant."""

    line: int
    word: str
    message: str


@dataclass(frozen=True)
class Program:
    """Canonical operations in execution order, one row each; SI units.

    ``start`` and ``end`` hold X Y Z [m] and A B C [rad] of the tool tip in machine axes: work
    offsets are in, the tool length is taken off, so that with a zero G54 they equal the program's words.
    A row that does not move has ``end == start``. Loops and subroutines are unrolled.
    """

    file: str
    source: tuple[str, ...]  # the lines of the file; line n is source[n-1]
    op: np.ndarray  # (move,) int8, Op
    line: np.ndarray  # (move,) int32, 1-based source line
    start: np.ndarray  # (move, 6) [m, rad]
    end: np.ndarray  # (move, 6) [m, rad]
    centre: np.ndarray  # (move, 3) [m] of an ARC, else NaN
    plane_axis: np.ndarray  # (move,) int8, the axis normal to an ARC: 0 X (G19), 1 Y (G18), 2 Z (G17)
    turns: np.ndarray  # (move,) int16, ARC: signed number of started turns, > 0 counter-clockwise about +plane_axis
    feed: np.ndarray  # (move,) [m/s] along the path (tip); NaN for RAPID; G93 and G95 are already resolved
    path_mode: np.ndarray  # (move,) int8, PathMode
    tolerance: np.ndarray  # (move,) [m] of CONTINUOUS (G64 P), 0 when none is stated
    tool: np.ndarray  # (move,) int32, tool in the spindle; 0 none
    spindle: np.ndarray  # (move,) [rad/s], > 0 clockwise (M3), < 0 counter-clockwise (M4), 0 off
    coolant: np.ndarray  # (move,) int8, bit 0 mist (M7), bit 1 flood (M8)
    dwell: np.ndarray  # (move,) [s], DWELL only, else 0
    warnings: tuple[ProgramWarning, ...] = field(default=())
    messages: tuple[tuple[int, str], ...] = field(default=())  # (line, text) of MSG comments
    frames: tuple[tuple[int, Frame], ...] = field(default=())  # (row, frame of the program's words from there on)

    @property
    def n_moves(self) -> int:
        return len(self.op)


@dataclass(frozen=True)
class Toolpath:
    """Straight pieces of tool-tip motion, in execution order; SI units, part frame.

    Arcs are cut into chords; long moves are split where asked. Rapids are kept (they may collide).
    ``axis_*`` is the unit tool axis, from tip to spindle; (0, 0, 1) on a three-axis machine.
    """

    start: np.ndarray  # (segment, 3) [m]
    end: np.ndarray  # (segment, 3) [m]
    axis_start: np.ndarray  # (segment, 3)
    axis_end: np.ndarray  # (segment, 3)
    rapid: np.ndarray  # (segment,) bool
    feed: np.ndarray  # (segment,) [m/s], NaN where rapid
    tool: np.ndarray  # (segment,) int32
    spindle: np.ndarray  # (segment,) [rad/s]
    coolant: np.ndarray  # (segment,) int8
    line: np.ndarray  # (segment,) int32, 1-based source line
    move: np.ndarray  # (segment,) int32, row of the Program
    fraction: np.ndarray  # (segment, 2) where the piece starts and ends along its move, 0..1 by path length

    @property
    def n_segments(self) -> int:
        return len(self.line)

    @property
    def length(self) -> np.ndarray:
        """Length of each piece [m], (segment,)."""
        return np.linalg.norm(self.end - self.start, axis=1)
