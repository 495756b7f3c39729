"""The look-ahead: Blocks and Controller -> speeds and times of every block. Pure JAX.

First every block gets its limits of speed, acceleration and jerk, and every corner its speed.
A backward pass makes each block able to slow down for what follows within the look-ahead, a forward
pass makes it reachable from what came before. With limited jerk, blocks between two corners that
bind are then run as one stretch: ramp - constant speed - ramp, without a break in between.
"""

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from twin.motion.blocks import Blocks
from twin.motion.controller import Controller
from twin.motion.corner import corners
from twin.motion.limits import left_by_curvature, path_limits, speed_limit, wait_times
from twin.motion.speed import peak, profile, reach, time_along

Array = jax.Array
N_TRIALS = 3


@dataclass(frozen=True)
class Plan:
    """Speeds and phases of every block; leading batch axes where it was batched.

    The phases are: rounded corner, three of the ramp up, constant speed, three of the ramp down, rounded corner.
    """

    entry: Array  # (block,) [m/s]
    exit: Array  # (block,) [m/s]
    peak: Array  # (block,) [m/s]
    wait: Array  # (block,) [s] at rest after the motion: settling, dwell, tool change, spindle
    phase: Array  # (block, phase) [s] durations
    acceleration: Array  # (block, phase) [m/s2] at the start of each phase
    jerk: Array  # (block, phase) [m/s3]
    trim: Array  # (block,) [m] of programmed path on either side of its end that a rounding arc replaces
    arc: Array  # (block,) [m] length of that arc

    @property
    def time(self) -> Array:
        """Time of each block [s], (block,)."""
        return self.phase.sum(-1) + self.wait


jax.tree_util.register_dataclass(Plan, [f.name for f in dataclasses.fields(Plan)], [])


def plan(blocks: Blocks, controller: Controller, feed_override: Array, rapid_override: Array) -> Plan:
    """Time every block.

    Args:
        blocks: padded blocks (leaves (block,) or (block, axis)).
        controller: limits; leaves are scalars (``vmap`` over a batch of controllers works).
        feed_override: (block,) or scalar factor on the feed.
        rapid_override: (block,) or scalar factor on the rapid rate.
    """
    acceleration, jerk = path_limits(blocks, controller)
    limit = speed_limit(blocks, controller, feed_override, rapid_override)
    acceleration = left_by_curvature(acceleration, controller.centripetal_acceleration, blocks.curvature)
    corner = corners(blocks, controller, limit, acceleration)
    up, down = acceleration * corner.up, acceleration * corner.down
    body = jnp.maximum(blocks.length - corner.trim - jnp.roll(corner.trim, 1).at[0].set(0.0), 0.0)
    cap = jnp.minimum(corner.speed, _stopping_speed(body, down, jerk, controller.look_ahead))
    ends = jnp.ones_like(blocks.stop) if jerk is None else _stretch_ends(body, cap, limit, up, down, jerk)
    entry, exit_, top, phase, start, slope = _run_stretches(ends, body, cap, limit, up, down, jerk)
    half = 0.5 * corner.arc
    before = _duration(jnp.roll(half, 1).at[0].set(0.0), entry)
    after = _duration(half, exit_)
    zero = jnp.zeros_like(body)[:, None]
    moves = blocks.length > 0.0
    settling = jnp.where(moves & (exit_ <= 0.0), controller.settling, 0.0)
    return Plan(
        entry=jnp.where(moves, entry, 0.0),
        exit=jnp.where(moves, exit_, 0.0),
        peak=jnp.where(moves, top, 0.0),
        wait=wait_times(blocks, controller) + settling,
        phase=jnp.concatenate([before[:, None], phase, after[:, None]], axis=1),
        acceleration=jnp.concatenate([zero, start, zero], axis=1),
        jerk=jnp.concatenate([zero, slope, zero], axis=1),
        trim=corner.trim,
        arc=corner.arc,
    )


def _duration(path: Array, speed: Array) -> Array:
    return jnp.where(path > 0.0, path / jnp.where(speed > 0.0, speed, 1.0), 0.0)


def _stopping_speed(length: Array, acceleration: Array, jerk: Array | None, depth: int) -> Array:
    """Highest speed at the end of each block from which the next ``depth`` blocks are enough to stop [m/s]."""
    n = length.shape[0]
    covered = jnp.cumsum(length)
    horizon = covered[jnp.minimum(jnp.arange(n) + depth, n - 1)]
    stopping = reach(jnp.zeros_like(covered), horizon - covered, acceleration, jerk)
    return jnp.where(horizon < covered[-1], stopping, jnp.inf)


def _ramps_between(length: Array, cap: Array, up: Array, down: Array) -> tuple[Array, Array]:
    """Speeds at the start and end of each block under limited acceleration alone.

    With u = v2 each block maps the u before it to min(cap2, u + 2 a L). Such maps compose to one of the
    same kind, so that both passes are associative scans.
    """
    rest = jnp.zeros(1)
    # Backwards: what may follow a block is what the block after it can slow down from.
    loss = jnp.concatenate([(2.0 * down * length)[1:], rest])
    safe = _least_rise(cap**2, loss, reverse=True)
    square = _least_rise(safe, 2.0 * up * length, reverse=False)
    some = square > 0.0
    exit_ = jnp.where(some, jnp.sqrt(jnp.where(some, square, 1.0)), 0.0)
    return jnp.roll(exit_, 1).at[0].set(0.0), exit_


def _least_rise(cap: Array, rise: Array, *, reverse: bool) -> Array:
    """u[i] = min(cap[i], u[i-1] + rise[i]) from u = 0; from the end where ``reverse``."""

    def after(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
        return jnp.minimum(second[0], first[0] + second[1]), first[1] + second[1]

    limit, total = jax.lax.associative_scan(after, (cap, rise), reverse=reverse)
    return jnp.minimum(limit, total)


def _stretch_ends(length: Array, cap: Array, limit: Array, up: Array, down: Array, jerk: Array) -> Array:
    """Whether a stretch ends with the block: the corner binds, or the speed limit changes.

    A corner that does not bind without a jerk limit never does with one. Of the others those are dropped that a
    trial run does not reach, and taken back for good where another run then exceeds their speed.
    """
    following = jnp.roll(limit, -1)
    changes = jnp.abs(limit - following) > 1e-9 * jnp.minimum(limit, following)
    fixed = (changes | (cap <= 0.0)).at[-1].set(True)
    candidates = fixed | (_ramps_between(length, cap, up, down)[1] >= cap * (1.0 - 1e-9))

    def trial(k: int, state: tuple[Array, Array]) -> tuple[Array, Array]:
        ends, taken_back = state
        speed = _run_stretches(ends, length, cap, limit, up, down, jerk)[1]
        taken_back = taken_back | (speed > cap * (1.0 + 1e-9))
        kept = ends & ((speed >= cap * (1.0 - 1e-9)) | (k == N_TRIALS - 1))
        return fixed | kept | taken_back, taken_back

    return jax.lax.fori_loop(0, N_TRIALS, trial, (candidates, jnp.zeros_like(fixed)))[0]


def _run_stretches(
    ends: Array, length: Array, cap: Array, limit: Array, up: Array, down: Array, jerk: Array | None
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Entry, exit and peak speed of each block, and durations, accelerations and jerks of its seven phases."""
    n = length.shape[0]
    begins = jnp.roll(ends, 1).at[0].set(True)
    stretch = jnp.cumsum(begins) - 1

    def total(values: Array) -> Array:
        return jax.ops.segment_sum(values, stretch, n, indices_are_sorted=True)

    def least(values: Array) -> Array:
        return jax.ops.segment_min(values, stretch, n, indices_are_sorted=True)

    span = total(length)
    cap = jnp.where(jnp.arange(n) <= stretch[-1], least(jnp.where(ends, cap, jnp.inf)), 0.0)
    limit = least(limit)
    up, down = jnp.minimum(least(up), 1e9), jnp.minimum(least(down), 1e9)
    if jerk is None:
        entry, exit_ = _ramps_between(span, cap, up, down)
    else:
        jerk = jnp.minimum(least(jerk), 1e12)
        entry, exit_ = _jerk_limited_passes(span, cap, up, down, jerk)
    top = peak(entry, exit_, limit, span, up, down, jerk)
    phase, start, slope = profile(entry, exit_, top, span, up, down, jerk)
    # Each block runs the part of its stretch's phases between the times at which it starts and ends.
    path = jnp.cumsum(length)
    path = path - (path - length)[jnp.searchsorted(stretch, stretch, side="left")]
    phase, start, slope = phase[stretch], start[stretch], slope[stretch]
    entry, exit_ = entry[stretch], exit_[stretch]
    until = jnp.where(ends, phase.sum(-1), time_along(path, entry, phase, start, slope))
    since = jnp.where(begins, 0.0, jnp.roll(until, 1))
    origin = jnp.cumsum(phase, axis=1) - phase
    skipped = jnp.clip(since[:, None] - origin, 0.0, phase)
    reached = jnp.clip(until[:, None] - origin, 0.0, phase)
    speed = entry + jnp.sum((start + 0.5 * slope * reached) * reached, axis=1)
    leaving = jnp.where(ends, exit_, speed)
    entering = jnp.where(begins, entry, jnp.roll(speed, 1))
    cruise = entry + jnp.sum(((start + 0.5 * slope * phase) * phase)[:, :3], axis=1)
    ramps_up, ramps_down = until <= origin[:, 3], since >= origin[:, 4]
    highest = jnp.where(ramps_up, leaving, jnp.where(ramps_down, entering, cruise))
    return entering, leaving, highest, reached - skipped, start + slope * skipped, slope


def _jerk_limited_passes(length: Array, cap: Array, up: Array, down: Array, jerk: Array) -> tuple[Array, Array]:
    """Speeds at the start and end of each stretch that ramps of limited jerk can reach."""

    def back(after: Array, row: tuple) -> tuple[Array, Array]:
        corner, span, a, j = row
        end = jnp.minimum(corner, after)
        return reach(end, span, a, j), end

    def forth(before: Array, row: tuple) -> tuple[Array, tuple[Array, Array]]:
        corner, span, a, j = row
        end = jnp.minimum(corner, reach(before, span, a, j))
        return end, (before, end)

    rest = jnp.zeros_like(length[0])
    _, safe = jax.lax.scan(back, rest, (cap, length, down, jerk), reverse=True, unroll=4)
    _, (entry, exit_) = jax.lax.scan(forth, rest, (safe, length, up, jerk), unroll=4)
    return entry, exit_
