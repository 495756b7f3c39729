"""Where the control sends the tool tip: positions on the moves and on the arcs that round corners, at any time."""

from dataclasses import dataclass

import numpy as np

from twin.motion.blocks import arc_sweep, blocks_of, plane_axes
from twin.motion.motion import Motion
from twin.program.program import Program


@dataclass(frozen=True)
class Track:
    """A Program laid out in time; SI units. Phases are those of the Motion and a last one at rest."""

    start: np.ndarray  # (move, 3) [m]
    delta: np.ndarray  # (move, 3) [m]
    length: np.ndarray  # (move,) [m]
    arc: np.ndarray  # (move,) bool
    centre: np.ndarray  # (move, 3) [m], 0 without an arc
    plane: np.ndarray  # (move, 3) int: the two axes of the arc's plane and its normal
    angle: np.ndarray  # (move, 2) [rad] where the arc starts, and what it sweeps
    radius: np.ndarray  # (move, 2) [m] at its start and end
    trim: np.ndarray  # (move, 2) [m]
    half_arc: np.ndarray  # (move, 2) [m]
    travel: np.ndarray  # (move,) [m]
    corner: np.ndarray  # (move, 2) row whose end is the corner at the start and at the end of the move
    tangent: np.ndarray  # (move, 2, 3) at the end of each move, and where the next one starts
    time: np.ndarray  # (move * phase,) [s] at which each phase starts
    law: np.ndarray  # (move * phase, 4): path [m], speed [m/s], acceleration [m/s2] at the start, jerk [m/s3]
    n_phases: int


def track_of(program: Program, motion: Motion) -> Track:
    """Return the Track of ``program`` under ``motion``."""
    blocks = blocks_of(program)
    moves = np.flatnonzero(blocks.length > 0)
    sweep = arc_sweep(program)
    arc = sweep != 0
    first, second = plane_axes(program.plane_axis.astype(int))
    plane = np.stack([first, second, program.plane_axis.astype(int)], axis=1)
    rows = np.arange(program.n_moves)
    centre = np.where(arc[:, None], program.centre, 0.0)
    arms = [point[:, :3] - centre for point in (program.start, program.end)]
    radius = np.stack([np.hypot(arm[rows, first], arm[rows, second]) for arm in arms], axis=1)
    begin = np.arctan2(arms[0][rows, second], arms[0][rows, first])
    previous, following = rows.copy(), rows.copy()
    previous[moves[1:]], following[moves[:-1]] = moves[:-1], moves[1:]
    phases = motion.phase_time()
    law = np.stack(
        [
            motion.phase_path(),
            np.concatenate([motion.phase_speed()[:, :-1], np.zeros((len(phases), 1))], axis=1),
            np.concatenate([motion.acceleration, np.zeros((len(phases), 1))], axis=1),
            np.concatenate([motion.jerk, np.zeros((len(phases), 1))], axis=1),
        ],
        axis=-1,
    )
    return Track(
        start=program.start[:, :3],
        delta=np.where((blocks.length > 0)[:, None], (program.end - program.start)[:, :3], 0.0),
        length=blocks.length,
        arc=arc,
        centre=centre,
        plane=plane,
        angle=np.stack([begin, sweep], axis=1),
        radius=radius,
        trim=motion.trim,
        half_arc=motion.half_arc,
        travel=motion.travel,
        corner=np.stack([previous, rows], axis=1),
        tangent=np.stack([blocks.arrive[:, :3], blocks.leave[following][:, :3]], axis=1),
        time=np.maximum.accumulate((motion.time[:-1, None] + phases).ravel()),
        law=law.reshape(-1, 4),
        n_phases=phases.shape[1],
    )


def sample(track: Track, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Commanded position (point, 3) [m] and row of the Program (point,) at each ``time`` [s]."""
    k = np.clip(np.searchsorted(track.time, time, side="right") - 1, 0, len(track.time) - 1)
    t = time - track.time[k]
    path, speed, acceleration, jerk = track.law[k].T
    move = k // track.n_phases
    return _on_track(track, move, path + (speed + (0.5 * acceleration + jerk * t / 6.0) * t) * t), move


def programmed_point(track: Track, move: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Point (point, 3) [m] of each ``move`` after ``path`` [m] of its programmed length."""
    share = np.divide(path, track.length[move], out=np.zeros_like(path), where=track.length[move] > 0)[:, None]
    points = track.start[move] + track.delta[move] * share
    on_arc = np.flatnonzero(track.arc[move])
    if on_arc.size:
        rows, share = move[on_arc], share[on_arc, 0]
        angle = track.angle[rows, 0] + track.angle[rows, 1] * share
        radius = track.radius[rows, 0] * (1 - share) + track.radius[rows, 1] * share
        for axis, unit in ((0, np.cos(angle)), (1, np.sin(angle))):
            column = track.plane[rows, axis]
            points[on_arc, column] = track.centre[rows, column] + radius * unit
    return points


def _on_track(track: Track, move: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Point after ``path`` [m] really run within ``move``."""
    path = np.clip(path, 0.0, track.travel[move])
    to_end = track.travel[move] - path
    entering, leaving = track.half_arc[move, 0] - path, track.half_arc[move, 1] - to_end
    points = programmed_point(track, move, path - track.half_arc[move, 0] + track.trim[move, 0])
    for end, beyond in ((0, entering), (1, leaving)):
        rounded = np.flatnonzero(beyond > 0)
        if rounded.size:
            points[rounded] = _on_corner(track, move[rounded], end, beyond[rounded])
    return points


def _on_corner(track: Track, move: np.ndarray, end: int, beyond: np.ndarray) -> np.ndarray:
    """Point on the arc that rounds the corner at this ``end`` of ``move``, ``beyond`` [m] into the move's half."""
    row = track.corner[move, end]
    incoming, outgoing = track.tangent[row, 0], track.tangent[row, 1]
    turn = 2 * np.arcsin(np.clip(0.5 * np.linalg.norm(outgoing - incoming, axis=1), 0.0, 1.0))
    half = track.half_arc[move, end]
    # Measured from the start of the rounding arc: the second half belongs to the move that follows the corner.
    run = half + (half - beyond) if end == 0 else beyond
    trim = track.trim[row, 1]
    radius = trim / np.tan(turn / 2)
    angle = turn * run / (2 * half)
    normal = (outgoing - np.cos(turn)[:, None] * incoming) / np.sin(turn)[:, None]
    corner = track.start[row] + track.delta[row]
    along = radius * np.sin(angle) - trim
    return corner + along[:, None] * incoming + (radius * (1 - np.cos(angle)))[:, None] * normal
