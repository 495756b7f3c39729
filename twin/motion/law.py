"""Program and Controller -> Motion, and the times at which the pieces of a Toolpath are cut."""

import jax
import numpy as np
from numpy.typing import ArrayLike

from twin.compiled import kept
from twin.errors import InputError
from twin.motion.blocks import blocks_of, planned_rows, select
from twin.motion.controller import Controller
from twin.motion.motion import Motion
from twin.motion.plan import plan
from twin.program.program import Program, Toolpath

_plan = kept(plan, quick=True)


def time_law(
    program: Program,
    controller: Controller,
    *,
    feed_override: ArrayLike = 1.0,
    rapid_override: ArrayLike = 1.0,
) -> Motion:
    """Return when ``controller`` runs each operation of ``program``.

    Args:
        program: canonical moves.
        controller: limits and waiting times.
        feed_override: factor on the feed, one or (move,).
        rapid_override: factor on the rapid rate, one or (move,).

    Raises:
        InputError: a move without a positive feed, an override that is not positive.
    """
    n = program.n_moves
    blocks = blocks_of(program, controller.arc_fit)
    slow = np.flatnonzero((blocks.length > 0) & ~(blocks.feed > 0))
    if slow.size:
        raise InputError(
            f"feed {program.feed[slow[0]] * 60e3:g} mm/min cannot move the tool",
            file=program.file,
            line=int(program.line[slow[0]]),
            remedy="program a positive F word before the move",
        )
    rows = planned_rows(program, blocks)
    padded = select(blocks, rows)
    ones = np.ones(padded.n_blocks - rows.size)
    feeds, rapids = (np.concatenate([_override(value, n)[rows], ones]) for value in (feed_override, rapid_override))
    result = _plan(padded, controller, feeds, rapids)

    def of_rows(values: jax.Array, *, both_ends: bool = False) -> np.ndarray:
        planned = np.asarray(values)[: rows.size]
        if both_ends:
            planned = np.stack([np.roll(planned, 1), planned], axis=1)
        out = np.zeros((n, *planned.shape[1:]))
        out[rows] = planned
        return out

    return Motion(
        time=np.concatenate([[0.0], np.cumsum(of_rows(result.time))]),
        entry_speed=of_rows(result.entry),
        exit_speed=of_rows(result.exit),
        peak_speed=of_rows(result.peak),
        length=blocks.length,
        phase=of_rows(result.phase),
        acceleration=of_rows(result.acceleration),
        jerk=of_rows(result.jerk),
        trim=of_rows(result.trim, both_ends=True),
        half_arc=0.5 * of_rows(result.arc, both_ends=True),
    )


def segment_times(motion: Motion, program: Program, toolpath: Toolpath) -> np.ndarray:
    """Return when each piece of ``toolpath`` starts and ends, (segment, 2) [s].

    The speed within a move follows its phases, so that pieces near a corner take longer.
    """
    if len(motion.length) != program.n_moves:
        raise InputError(f"motion of {len(motion.length)} moves does not belong to a program of {program.n_moves}")
    move = np.repeat(toolpath.move, 2)
    path = motion.run_path(move, toolpath.fraction.ravel() * motion.length[move])
    return (motion.time[move] + time_at(motion, move, path)).reshape(-1, 2)


def time_at(motion: Motion, move: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Time from the start of ``move`` until it has run ``path`` [m]; (point,) each, returns (point,) [s]."""
    starts, speeds, begin = motion.phase_path(), motion.phase_speed(), motion.phase_time()
    last = motion.phase.shape[1] - 1
    k = np.minimum((path[:, None] >= starts[move][:, 1:]).sum(axis=1), last)
    duration = motion.phase[move, k]
    s, v, a, j = path - starts[move, k], speeds[move, k], motion.acceleration[move, k], motion.jerk[move, k]
    low, high = np.zeros_like(s), duration.copy()
    t = high.copy()
    for _ in range(60):
        excess = (v + (0.5 * a + j * t / 6.0) * t) * t - s
        low, high = np.where(excess < 0, t, low), np.where(excess >= 0, t, high)
        slope = v + (a + 0.5 * j * t) * t
        newton = t - excess / np.where(slope > 0, slope, np.inf)
        new = np.where((newton > low) & (newton < high), newton, 0.5 * (low + high))
        if np.all(np.abs(new - t) < 1e-13):
            break
        t = new
    return begin[move, k] + np.clip(t, 0.0, duration)


def _override(value: ArrayLike, n: int) -> np.ndarray:
    """Checked override of each row."""
    factor = np.broadcast_to(np.asarray(value, float), n)
    if not np.all(factor > 0):
        raise InputError("an override is not positive", remedy="use a factor above 0; 1 is the programmed speed")
    return factor
