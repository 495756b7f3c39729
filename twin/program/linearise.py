"""Program to Toolpath: arcs to chords, long moves split, machine axes to the part frame."""

from collections.abc import Callable
from math import inf, pi

import numpy as np

from twin.errors import InputError
from twin.program.program import Op, Program, Toolpath

# Kinematics of a machine with rotary axes: (n, 6) tip in machine axes -> tip (n, 3) [m] and unit tool axis (n, 3)
# in the frame of the table.
Pose = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

_STRAIGHT = (Op.RAPID, Op.FEED, Op.TAP)


def linearise(
    program: Program,
    *,
    chord_tolerance: float,
    max_length: float = inf,
    part_zero: tuple[float, float, float] = (0.0, 0.0, 0.0),
    pose: Pose | None = None,
    max_turn: float = pi / 2,
) -> Toolpath:
    """Straight pieces of the tool-tip's motion; probing moves are left out.

    A chord of angle d on radius r lies r (1 - cos(d/2)) off the arc at most. Arcs whose start and end radius
    differ within the interpreter's tolerance change their radius evenly over the angle.

    Args:
        program: canonical moves.
        chord_tolerance: greatest distance of a chord from its arc [m].
        max_length: longest piece [m].
        part_zero: origin of the part frame in machine axes [m].
        pose: tip and tool axis from the six axes, for machines with rotary axes; None: three axes.
        max_turn: largest angle of one chord [rad].

    Raises:
        InputError: where the tolerance is not positive, or rotary axes move without ``pose``.
    """
    if not chord_tolerance > 0 or not max_length > 0:
        raise InputError(
            f"chord tolerance {chord_tolerance:g} m and longest piece {max_length:g} m must be positive",
            remedy="set both above zero",
        )
    arc = program.op == Op.ARC
    moved = np.any(program.end != program.start, axis=1)
    # where a probe touches is not known: its move, and the rapid that takes it back from there, shape nothing
    back = np.append(False, program.op[:-1] == Op.PROBE) & (program.op == Op.RAPID)
    rows = np.flatnonzero((np.isin(program.op, _STRAIGHT) & moved & ~back) | arc)
    start, end, is_arc = program.start[rows], program.end[rows], arc[rows]
    if pose is None and np.any(start[:, 3:] != end[:, 3:]):
        row = rows[np.argmax(np.any(start[:, 3:] != end[:, 3:], axis=1))]
        raise InputError(
            "a rotary axis moves, and the machine's kinematics are not given",
            file=program.file,
            line=int(program.line[row]),
            remedy="choose a machine with rotary axes",
        )
    geometry = _arc_geometry(program, rows[is_arc])
    length = np.linalg.norm(end[:, :3] - start[:, :3], axis=1)
    radius, angle = geometry["radius"].max(axis=1), np.abs(geometry["angle"])
    length[is_arc] = np.hypot(radius * angle, geometry["rise"])
    count = np.ceil(length / max_length)
    step = 2 * np.arccos(np.clip(1 - chord_tolerance / np.maximum(radius, chord_tolerance / 2), -1, 1))
    count[is_arc] = np.maximum(count[is_arc], np.ceil(angle / np.minimum(step, max_turn)))
    if pose is not None:  # a turn of the rotary axes bends the path
        turn = np.abs(end[:, 3:] - start[:, 3:]).max(axis=1)
        count = np.maximum(count, np.ceil(turn / (2 * pi / 180)))
    count = np.maximum(count, 1).astype(np.int64)
    of = np.repeat(np.arange(len(rows)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    index = np.arange(len(of)) - first
    fraction = np.column_stack([index, index + 1]) / count[of][:, None]
    points = [_points(start, end, is_arc, geometry, of, fraction[:, side]) for side in (0, 1)]
    tips, axes = zip(*[_tip_and_axis(p, pose) for p in points], strict=True)
    zero = np.asarray(part_zero, dtype=float)
    move = rows[of]
    return Toolpath(
        start=tips[0] - zero,
        end=tips[1] - zero,
        axis_start=axes[0],
        axis_end=axes[1],
        rapid=program.op[move] == Op.RAPID,
        feed=program.feed[move],
        tool=program.tool[move],
        spindle=program.spindle[move],
        coolant=program.coolant[move],
        line=program.line[move],
        move=move.astype(np.int32),
        fraction=fraction,
    )


def points_along(program: Program, rows: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Axis positions (point, 6) [m, rad] at each ``fraction`` (point,) of the moves ``rows`` (point,)."""
    arc = program.op[rows] == Op.ARC
    geometry = _arc_geometry(program, rows[arc])
    return _points(program.start[rows], program.end[rows], arc, geometry, np.arange(len(rows)), fraction)


def swept_angles(program: Program, rows: np.ndarray) -> np.ndarray:
    """Signed angle (arc,) [rad] that the arcs in ``rows`` turn, whole turns included."""
    return _arc_geometry(program, rows)["angle"]


def _arc_geometry(program: Program, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Of each arc: axes of its plane, start and end radius [m], start angle, signed swept angle [rad], rise [m]."""
    normal = program.plane_axis[rows].astype(int)
    u, v, i = (normal + 1) % 3, (normal + 2) % 3, np.arange(len(rows))
    centre, start, end = program.centre[rows], program.start[rows], program.end[rows]
    du = np.column_stack([start[i, u] - centre[i, u], end[i, u] - centre[i, u]])
    dv = np.column_stack([start[i, v] - centre[i, v], end[i, v] - centre[i, v]])
    polar = np.arctan2(dv, du)
    turns = program.turns[rows].astype(float)
    sign = np.sign(turns)
    angle = np.mod(sign * (polar[:, 1] - polar[:, 0]), 2 * pi)
    # A whole turn ends at its start but for rounding.
    angle = np.where((angle < 1e-9) | (angle > 2 * pi - 1e-9), 2 * pi, angle)
    angle = sign * (angle + 2 * pi * (np.abs(turns) - 1))
    return {
        "normal": normal,
        "u": u,
        "v": v,
        "centre": centre,
        "radius": np.hypot(du, dv),
        "polar": polar[:, 0],
        "angle": angle,
        "rise": end[i, normal] - start[i, normal],
    }


def _points(
    start: np.ndarray,
    end: np.ndarray,
    is_arc: np.ndarray,
    geometry: dict[str, np.ndarray],
    of: np.ndarray,
    f: np.ndarray,
) -> np.ndarray:
    """Axis positions (n, 6) at the fraction ``f`` of the moves ``of``; ends are met exactly."""
    points = start[of] + f[:, None] * (end - start)[of]
    inside = np.flatnonzero(is_arc[of] & (f > 0) & (f < 1))
    a, t = (np.cumsum(is_arc) - 1)[of[inside]], f[inside]
    radius = geometry["radius"][a, 0] + t * (geometry["radius"][a, 1] - geometry["radius"][a, 0])
    polar = geometry["polar"][a] + t * geometry["angle"][a]
    points[inside, geometry["u"][a]] = geometry["centre"][a, geometry["u"][a]] + radius * np.cos(polar)
    points[inside, geometry["v"][a]] = geometry["centre"][a, geometry["v"][a]] + radius * np.sin(polar)
    exact = f == 1
    points[exact] = end[of[exact]]
    return points


def _tip_and_axis(points: np.ndarray, pose: Pose | None) -> tuple[np.ndarray, np.ndarray]:
    if pose is not None:
        return pose(points)
    axis = np.zeros((len(points), 3))
    axis[:, 2] = 1.0
    return points[:, :3], axis
