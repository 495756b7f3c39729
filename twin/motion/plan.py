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
from twin.motion.speed import Phases, peak, profile, reach, time_along

Array = jax.Array
RUN = 256  # blocks
Map = tuple[Array, Array]  # limit and total of u -> min(limit, u + total)


@dataclass(frozen=True)
class Plan:
    """Speeds and phases of every block; leading batch axes where it was batched.

    The phases are: rounded corner, three of the ramp up, constant speed, three of the ramp down, rounded corner.
    """

    entry: Array  # (block,) [m/s]
    exit: Array  # (block,) [m/s]
    peak: Array  # (block,) [m/s]
    time: Array  # (block,) [s]: the phases, then at rest: settling, dwell, tool change, spindle
    phase: Array  # (block, phase) [s] durations
    acceleration: Array  # (block, phase) [m/s2] at the start of each phase
    jerk: Array  # (block, phase) [m/s3]
    trim: Array  # (block,) [m] of programmed path on either side of its end that a rounding arc replaces
    arc: Array  # (block,) [m] length of that arc


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
    stretches = _stretches(ends, body, cap, limit, up, down, jerk)
    entry, exit_, top, run, phases = _run_stretches(stretches)
    half = 0.5 * corner.arc
    before = _duration(jnp.roll(half, 1).at[0].set(0.0), entry)
    after = _duration(half, exit_)
    zero = jnp.zeros_like(body)
    moves = blocks.length > 0.0
    settling = jnp.where(moves & (exit_ <= 0.0), controller.settling, 0.0)
    return Plan(
        entry=jnp.where(moves, entry, 0.0),
        exit=jnp.where(moves, exit_, 0.0),
        peak=jnp.where(moves, top, 0.0),
        time=before + run + after + settling + wait_times(blocks, controller),
        phase=jnp.stack([before, *phases.duration, after], axis=1),
        acceleration=jnp.stack([zero, *phases.acceleration, zero], axis=1),
        jerk=jnp.stack([zero, *phases.jerk, zero], axis=1),
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
    """u[i] = min(cap[i], u[i-1] + rise[i]) from u = 0; from the end where ``reverse``.

    All runs of ``RUN`` blocks are followed side by side, as the map that each has become: u -> min(limit, u + total).
    Those maps are then applied one after the other. An associative scan does the same, but compiles for seconds.
    """
    n = cap.shape[0]
    if reverse:
        cap, rise = cap[::-1], rise[::-1]
    runs = -(-n // RUN)
    pad = (0, runs * RUN - n)
    by_step = jnp.pad(cap, pad).reshape(runs, RUN).T, jnp.pad(rise, pad).reshape(runs, RUN).T

    def follow(so_far: Map, block: Map) -> tuple[Map, Map]:
        both = jnp.minimum(block[0], so_far[0] + block[1]), so_far[1] + block[1]
        return both, both

    unmoved = jnp.full(runs, jnp.inf, cap.dtype), jnp.zeros(runs, cap.dtype)
    ends, (limit, total) = jax.lax.scan(follow, unmoved, by_step)
    _, before = jax.lax.scan(lambda u, end: (jnp.minimum(end[0], u + end[1]), u), jnp.zeros((), cap.dtype), ends)
    u = jnp.minimum(limit, before[None] + total).T.reshape(-1)[:n]
    return u[::-1] if reverse else u


def _stretch_ends(length: Array, cap: Array, limit: Array, up: Array, down: Array, jerk: Array) -> Array:
    """Whether a stretch ends with the block: the corner binds, or the speed limit changes.

    A corner that does not bind without a jerk limit never does with one. Of the others those are dropped that
    a first run does not reach, and taken back where a second run then exceeds their speed.
    """
    length, cap, limit, up, down, jerk = jax.lax.stop_gradient((length, cap, limit, up, down, jerk))
    following = jnp.roll(limit, -1)
    changes = jnp.abs(limit - following) > 1e-9 * jnp.minimum(limit, following)
    fixed = (changes | (cap <= 0.0)).at[-1].set(True)
    candidates = fixed | (_ramps_between(length, cap, up, down)[1] >= cap * (1.0 - 1e-9))

    def run(ends: Array, again: Array) -> tuple[Array, None]:
        stretches = _stretches(ends, length, cap, limit, up, down, jerk)

        def reached() -> Array:
            return fixed | (candidates & (stretches.exit >= cap * (1.0 - 1e-9)))

        def exceeded() -> Array:
            return ends | (_speed_after(stretches) > cap * (1.0 + 1e-9))

        return jax.lax.cond(again, exceeded, reached), None

    return jax.lax.scan(run, candidates, jnp.array([False, True]))[0]


@dataclass(frozen=True)
class _Stretches:
    """Of each block the stretch it belongs to, (block,) each."""

    begins: Array  # bool: the block opens its stretch
    ends: Array  # bool: the block closes it
    path: Array  # [m] from the start of the stretch to the end of the block
    length: Array  # [m]
    entry: Array  # [m/s]
    exit: Array  # [m/s]
    limit: Array  # [m/s]
    up: Array  # [m/s2]
    down: Array  # [m/s2]
    jerk: Array | None  # [m/s3]


def _stretches(
    ends: Array, length: Array, cap: Array, limit: Array, up: Array, down: Array, jerk: Array | None
) -> _Stretches:
    """Join the blocks up to each of ``ends`` and find the speeds between the stretches."""
    begins = jnp.roll(ends, 1).at[0].set(True)
    if jerk is None:
        # Acceleration may step at every corner: each block is a stretch of its own.
        entry, exit_ = _ramps_between(length, cap, up, down)
        return _Stretches(begins, ends, length, length, entry, exit_, limit, up, down, None)
    rows = jnp.stack([up, down, jerk])

    def gather(carry: tuple[Array, Array], row: tuple) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        opens, step, own = row
        path = jnp.where(opens, step, carry[0] + step)
        least = jnp.where(opens, own, jnp.minimum(carry[1], own))
        return (path, least), (path, least)

    def spread(carry: tuple, row: tuple) -> tuple[tuple, tuple]:
        after, *held = carry
        closes, corner, *own = row
        span, least = (jnp.where(closes, new, old) for new, old in zip(own, held[:2], strict=True))
        end = jnp.where(closes, jnp.minimum(corner, after), held[2])
        start = reach(end, span, least[1], least[2])
        return (start, span, least, end), (span, least, end)

    def forth(before: Array, row: tuple) -> tuple[Array, tuple[Array, Array]]:
        closes, safe, span, least = row
        end = jnp.minimum(safe, reach(before, span, least[0], least[2]))
        return jnp.where(closes, end, before), (before, end)

    zero, none = jnp.zeros_like(length[0]), jnp.zeros_like(rows[:, 0])
    _, (path, least) = jax.lax.scan(gather, (zero, none), (begins, length, rows.T))
    start = (zero, zero, none + 1.0, zero)
    _, (span, least, safe) = jax.lax.scan(spread, start, (ends, cap, path, least), reverse=True)
    _, (entry, exit_) = jax.lax.scan(forth, zero, (ends, safe, span, least))
    up, down, jerk = least.T
    return _Stretches(begins, ends, path, span, entry, exit_, limit, up, down, jerk)


def _profile(s: _Stretches) -> tuple[Array, Phases]:
    top = peak(s.entry, s.exit, s.limit, s.length, s.up, s.down, s.jerk)
    return top, profile(s.entry, s.exit, top, s.length, s.up, s.down, s.jerk)


def _speed_after(s: _Stretches) -> Array:
    """Speed at the end of each block [m/s]."""
    top, phases = _profile(s)
    time, speed = time_along(s.path, s.entry, phases), s.entry
    for duration, a, j in zip(*phases, strict=True):
        run = jnp.clip(time, 0.0, duration)
        speed, time = speed + (a + 0.5 * j * run) * run, time - duration
    return jnp.where(s.ends, s.exit, speed)


def _run_stretches(s: _Stretches) -> tuple[Array, Array, Array, Array, Phases]:
    """Entry, exit and peak speed of each block, its time, and its seven phases.

    Each block runs the part of its stretch's phases between the times at which it starts and ends.
    """
    top, phases = _profile(s)
    total = sum(phases.duration[1:], phases.duration[0])
    until = jnp.where(s.ends, total, time_along(s.path, s.entry, phases))
    since = jnp.where(s.begins, 0.0, jnp.roll(until, 1))
    leaving, origin = s.entry, jnp.zeros_like(until)
    own = []
    for duration, a, j in zip(*phases, strict=True):
        skipped, reached = jnp.clip(since - origin, 0.0, duration), jnp.clip(until - origin, 0.0, duration)
        own.append((reached - skipped, a + j * skipped, j))
        leaving, origin = leaving + (a + 0.5 * j * reached) * reached, origin + duration
    leaving = jnp.where(s.ends, s.exit, leaving)
    entering = jnp.where(s.begins, s.entry, jnp.roll(leaving, 1))
    ramp_up = sum(phases.duration[1:3], phases.duration[0])
    highest = jnp.where(until <= ramp_up, leaving, jnp.where(since >= ramp_up + phases.duration[3], entering, top))
    return entering, leaving, highest, until - since, Phases(*zip(*own, strict=True))
