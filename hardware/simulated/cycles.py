"""The fast part of the simulated machine, servo cycle by servo cycle: position loops, cutting loads, drive forces.

The loops are those of :mod:`twin.motion.servo`, one sample at a time, with one thing more: a force on the tool pushes
the axis by ``compliance`` times the force, through the same loop. The loads are those of the segment at which the
controller is, at the feed and spindle speed that it really runs.
"""

import numba
import numpy as np

from hardware.path_position import follow

REST = 1e-5  # [m/s] slower counts as standing: the drive then gives no friction
STILL = 1e-12  # [m] in one cycle, as in the twin's servo
GAIN, LAG_SHARE, PLAY, SPIKE, DECAY, COMPLIANCE = range(6)  # rows of the servo's parameters
COULOMB, VISCOUS, MASS = range(3)  # rows of the drives' parameters
COMMANDED, LAG, LOAD, DIRECTION, TRAVELLED, SPEED, PUSHED = range(7)  # rows of the axes' state
N_AXES, N_LOADS = 3, 5
ACTUAL, FORCE, DRIVE = slice(0, 3), slice(3, 8), slice(8, 11)  # columns of what comes out
N_OUT = 11
AXIS_SPEED, POWER, SPINDLE, FLOOD = slice(0, 3), 3, 4, 5  # columns of what the slow part takes up
N_SUMS = 6


def state_at_rest(position: np.ndarray) -> np.ndarray:
    """State of the axes (row, axis), at rest at ``position`` (axis,) [m]."""
    state = np.zeros((7, N_AXES))
    state[COMMANDED] = state[LOAD] = position
    state[TRAVELLED] = 1e3
    return state


@numba.njit(cache=True)
def run_cycles(  # type: ignore[no-untyped-def]
    position, tip, line, spindle, path_speed, period, servo, drives, state, path, loads, place, out, sums
):
    """Advance by as many cycles as there are commands.

    Args:
        position: (cycle, axis) [m] commanded, joints.
        tip: (cycle, 3) [m] commanded, part frame.
        line, spindle, path_speed: (cycle,) NC line, [rad/s], [m/s].
        period: [s].
        servo: (parameter, axis) SI.
        drives: (parameter, axis) SI.
        state: (row, axis), changed.
        path: start, end (segment, 3) [m], line (segment,), flood (segment,) 0 or 1.
        loads: of the chip, of the edge (segment, quantity) and the speed and spindle (segment,) that they are for.
        place: (2,), changed: where the search is.
        out: (cycle, N_OUT) written: actual position [m], loads [N, W], drive forces [N].
        sums: (N_SUMS,) added to: what warms the machine, times the period.
    """
    start, end, lines, flood = path
    of_chip, of_edge, speed, turning = loads
    force = np.zeros(N_LOADS)
    for k in range(len(position)):
        segment = follow(start, end, lines, tip[k], line[k], place)
        force[:] = 0.0
        now = abs(spindle[k])
        if segment >= 0 and turning[segment] > 0 and now > 0 and path_speed[k] > 0:
            faster = now / turning[segment]
            thicker = path_speed[k] / speed[segment] / faster
            for q in range(N_LOADS):
                force[q] = of_chip[segment, q] * thicker + of_edge[segment, q]
            force[POWER] *= faster
        out[k, FORCE] = force
        for axis in range(N_AXES):
            step = position[k, axis] - state[COMMANDED, axis]
            out[k, axis] = _servo(servo[:, axis], state[:, axis], position[k, axis], step, force[axis], period)
            rate = step / period
            rubbing = np.sign(rate) * drives[COULOMB, axis] if abs(rate) > REST else 0.0
            inertia = drives[MASS, axis] * (rate - state[SPEED, axis]) / period
            out[k, 8 + axis] = rubbing + drives[VISCOUS, axis] * rate + inertia - force[axis]
            state[SPEED, axis] = rate
            sums[axis] += abs(rate) * period
        sums[POWER] += force[POWER] * period
        sums[SPINDLE] += now * period
        if segment >= 0:
            sums[FLOOD] += flood[segment] * period


@numba.njit(cache=True)
def _servo(p, s, commanded, step, force, period):  # type: ignore[no-untyped-def]
    """Actual position [m] of one axis after one cycle."""
    decay = np.exp(-p[GAIN] * period)
    before = s[COMMANDED] - s[LAG]
    s[LAG] = decay * s[LAG] + p[LAG_SHARE] * (1.0 - decay) / (p[GAIN] * period) * step
    s[PUSHED] = decay * s[PUSHED] + (1.0 - decay) * p[COMPLIANCE] * force
    s[COMMANDED] = commanded
    motor = commanded - s[LAG]
    s[LOAD] = min(max(s[LOAD], motor - p[PLAY]), motor + p[PLAY])
    moved = motor - before
    if abs(moved) > STILL:
        direction = np.sign(moved)
        if s[DIRECTION] != 0.0 and direction != s[DIRECTION]:
            s[TRAVELLED] = 0.0
        s[DIRECTION] = direction
    s[TRAVELLED] += abs(moved)
    return s[LOAD] + s[PUSHED] - s[DIRECTION] * p[SPIKE] * np.exp(-s[TRAVELLED] / p[DECAY])
