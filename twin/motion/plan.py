"""The look-ahead: Blocks and Controller -> speeds and times of every block. Pure JAX.

Speed limits come from feed, axes, curvature and block rate; corner limits from the cornering model.
A backward pass makes every block able to slow down for what follows within the look-ahead, a forward
pass makes it reachable from what came before, and each block then runs the fastest ramp - constant
speed - ramp between its two ends.
"""

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from twin.motion.blocks import Blocks
from twin.motion.controller import Controller
from twin.motion.speed import peak, ramp_length, ramp_times, reach
from twin.program.program import Op

Array = jax.Array
N_PHASES = 7  # jerk up, constant, jerk down to the peak speed; cruise; jerk, constant, jerk down to the end


@dataclass(frozen=True)
class Plan:
    """Speeds and phases of every block; leading batch axes where it was batched."""

    entry: Array  # (block,) [m/s]
    exit: Array  # (block,) [m/s]
    peak: Array  # (block,) [m/s]
    wait: Array  # (block,) [s] at rest: dwell, tool change, spindle
    phase: Array  # (block, phase) [s] durations
    acceleration: Array  # (block, phase) [m/s2] at the start of each phase
    jerk: Array  # (block, phase) [m/s3]

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
    limit = speed_limit(blocks, controller, acceleration, feed_override, rapid_override)
    acceleration = _left_by_curvature(acceleration, limit, blocks.curvature)
    corner = corner_limit(blocks, controller, limit, acceleration)
    entry, exit_ = look_ahead(blocks.length, corner, acceleration, jerk, controller.look_ahead)
    top = peak(entry, exit_, limit, blocks.length, acceleration, jerk)
    phase, start, slope = _phases(entry, exit_, top, blocks.length, acceleration, jerk)
    return Plan(entry, exit_, top, wait_times(blocks, controller), phase, start, slope)


def path_limits(blocks: Blocks, controller: Controller) -> tuple[Array, Array | None]:
    """Acceleration [m/s2] and jerk [m/s3] (None: unlimited) along each block that no axis exceeds."""
    axes = [controller.axis.get(name) for name in "xyz"]
    rotary = [controller.rotary.get(name) for name in "abc"]
    acceleration = _along([a and a.acceleration for a in (*axes, *rotary)], blocks.share)
    if controller.path_acceleration is not None:
        acceleration = jnp.minimum(acceleration, controller.path_acceleration)
    jerks = [a and a.jerk for a in axes]
    if controller.path_jerk is None and not any(j is not None for j in jerks):
        return acceleration, None
    jerk = _along(jerks, blocks.share)
    if controller.path_jerk is not None:
        jerk = jnp.minimum(jerk, controller.path_jerk)
    return acceleration, jerk


def speed_limit(
    blocks: Blocks, controller: Controller, acceleration: Array, feed_override: Array, rapid_override: Array
) -> Array:
    """Highest speed within each block [m/s]: feed, axes, curvature, block rate; 0 where nothing moves."""
    moves = blocks.length > 0.0
    limits = [controller.axis[name].velocity if name in controller.axis else None for name in "xyz"]
    limits += [controller.rotary[name].velocity if name in controller.rotary else None for name in "abc"]
    axes = _along(limits, blocks.share)
    limit = jnp.where(blocks.rapid, axes * rapid_override, jnp.minimum(blocks.feed * feed_override, axes))
    bend = jnp.where(blocks.curvature > 0.0, blocks.curvature, 1.0)
    bent = jnp.sqrt(controller.centripetal_ratio * acceleration / bend)
    limit = jnp.where(blocks.curvature > 0.0, jnp.minimum(limit, bent), limit)
    block_time = jnp.asarray(controller.block_time, limit.dtype)
    served = blocks.length / jnp.where(block_time > 0.0, block_time, 1.0)
    limit = jnp.where(block_time > 0.0, jnp.minimum(limit, served), limit)
    return jnp.where(moves, limit, jnp.inf)


def corner_limit(blocks: Blocks, controller: Controller, limit: Array, acceleration: Array) -> Array:
    """Highest speed at the end of each block [m/s]."""
    following = jnp.roll(limit, -1).at[-1].set(0.0)
    straight = jnp.minimum(limit, following)
    next_rapid = jnp.roll(blocks.rapid, -1)
    stop = blocks.stop
    if controller.rapid_stop:
        stop = stop | (blocks.rapid | next_rapid)
    if controller.cornering == "exact_stop":
        turn = jnp.zeros_like(limit)
    else:
        gentler = jnp.minimum(acceleration, jnp.roll(acceleration, -1))
        turn = _junction_speed(blocks, controller.junction_deviation, gentler)
    return jnp.where(stop, 0.0, jnp.minimum(straight, turn))


def look_ahead(
    length: Array, corner: Array, acceleration: Array, jerk: Array | None, depth: int
) -> tuple[Array, Array]:
    """Speeds at the start and end of each block [m/s] within the corner limits and the ramps."""

    def back(after: Array, row: tuple) -> tuple[Array, Array]:
        cap, span, a, j = row
        end = jnp.minimum(cap, after)
        return reach(end, span, a, j), end

    def forth(before: Array, row: tuple) -> tuple[Array, tuple[Array, Array]]:
        cap, span, a, j = row
        end = jnp.minimum(cap, reach(before, span, a, j))
        return end, (before, end)

    rest = jnp.zeros_like(length[0])
    rows = (corner, length, acceleration, jerk)
    _, safe = jax.lax.scan(back, rest, rows, reverse=True, unroll=8)
    _, (entry, exit_) = jax.lax.scan(forth, rest, (safe, *rows[1:]), unroll=8)
    return entry, exit_


def wait_times(blocks: Blocks, controller: Controller) -> Array:
    """Time at rest that each operation takes besides motion [s]."""
    zero = jnp.zeros_like(blocks.length)
    change = jnp.where(blocks.op == Op.TOOL, controller.tool_change, zero)
    helper = jnp.where(blocks.op == Op.COOLANT, controller.auxiliary, zero)
    return blocks.wait + change + helper + blocks.spindle_step / controller.spindle_acceleration


def _along(limits: list, share: Array) -> Array:
    """What limits of single axes (None: free) allow along a path with these axis shares; 1 where nothing moves."""
    allowed = [
        jnp.where(share[:, k] > 1e-9, limit / jnp.where(share[:, k] > 1e-9, share[:, k], 1.0), jnp.inf)
        for k, limit in enumerate(limits)
        if limit is not None
    ]
    least = jnp.min(jnp.stack(allowed), axis=0)
    return jnp.where(jnp.isfinite(least), least, 1.0)


def _left_by_curvature(acceleration: Array, limit: Array, curvature: Array) -> Array:
    """Acceleration left for changing the speed where part of it bends the path (the vector sum is limited)."""
    curved = curvature > 0.0
    used = jnp.where(curved, jnp.where(curved, limit, 0.0) ** 2 * curvature / acceleration, 0.0)
    return acceleration * jnp.sqrt(jnp.maximum(1.0 - used**2, 0.01))


def _junction_speed(blocks: Blocks, deviation: Array, acceleration: Array) -> Array:
    """Corner speed from the junction deviation (a circle through the corner's neighbourhood) [m/s]."""
    cosine = jnp.sum(blocks.arrive * jnp.roll(blocks.leave, -1, axis=0), axis=1)
    # Half the angle between the legs: 90 deg for a straight path, 0 for a reversal.
    sine_half = jnp.sqrt(jnp.clip(0.5 * (1.0 + cosine), 0.0, 1.0 - 1e-12))
    return jnp.sqrt(acceleration * deviation * sine_half / (1.0 - sine_half))


def _phases(
    entry: Array, exit_: Array, top: Array, length: Array, acceleration: Array, jerk: Array | None
) -> tuple[Array, Array, Array]:
    """Durations, accelerations at the start and jerks of the seven phases of each block."""
    up, constant_up = ramp_times(top - entry, acceleration, jerk)
    down, constant_down = ramp_times(top - exit_, acceleration, jerk)
    ramps = ramp_length(entry, top, acceleration, jerk) + ramp_length(exit_, top, acceleration, jerk)
    cruise = jnp.maximum(length - ramps, 0.0) / jnp.where(top > 0.0, top, 1.0)
    zero = jnp.zeros_like(top)
    duration = jnp.stack([up, constant_up, up, cruise, down, constant_down, down], axis=-1)
    if jerk is None:
        high, low, j = acceleration, -acceleration, zero
    else:
        high, low, j = jerk * up, -jerk * down, jerk
    start = jnp.stack([zero, high, high, zero, zero, low, low], axis=-1)
    slope = jnp.stack([j, zero, -j, zero, -j, zero, j], axis=-1)
    return duration, start, slope
