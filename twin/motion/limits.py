"""Limits of every block: acceleration, jerk and speed along its path, and its time at rest. Pure JAX."""

import jax
import jax.numpy as jnp

from twin.motion.blocks import Blocks
from twin.motion.controller import Controller
from twin.program.program import Op

Array = jax.Array
LEAST_TANGENTIAL = 0.1  # share of the acceleration that is always left for the speed on a curve


def path_limits(blocks: Blocks, controller: Controller) -> tuple[Array, Array | None]:
    """Acceleration [m/s2] and jerk [m/s3] (None: unlimited) along each block that no axis exceeds."""
    axes = [controller.axis.get(name) for name in "xyz"]
    rotary = [controller.rotary.get(name) for name in "abc"]
    acceleration = _along([a and a.acceleration for a in (*axes, *rotary)], blocks.share)
    if controller.path_acceleration is not None:
        acceleration = jnp.minimum(acceleration, controller.path_acceleration)
    jerks = [a and a.jerk for a in axes]
    if controller.path_jerk is None and all(j is None for j in jerks):
        return acceleration, None
    jerk = jnp.full_like(acceleration, jnp.inf)
    if any(j is not None for j in jerks):
        jerk = _along(jerks, blocks.share)
    if controller.path_jerk is not None:
        rapid_jerk = controller.path_jerk if controller.rapid_jerk is None else controller.rapid_jerk
        jerk = jnp.minimum(jerk, jnp.where(blocks.rapid, rapid_jerk, controller.path_jerk))
    return acceleration, jerk


def speed_limit(blocks: Blocks, controller: Controller, feed_override: Array, rapid_override: Array) -> Array:
    """Highest speed within each block [m/s]: feed, axes, curvature, block rate; infinite where nothing moves."""
    axes = [controller.axis.get(name) for name in "xyz"]
    rotary = [controller.rotary.get(name) for name in "abc"]
    machine = _along([a and a.velocity for a in (*axes, *rotary)], blocks.share)
    moves = blocks.length > 0.0
    feed = jnp.where(moves & ~blocks.rapid, blocks.feed, 1.0)  # elsewhere infinite: its gradient were no number
    limit = jnp.where(blocks.rapid, machine * rapid_override, jnp.minimum(feed * feed_override, machine))
    curved = blocks.curvature > 0.0
    bent = jnp.sqrt(controller.centripetal_acceleration / jnp.where(curved, blocks.curvature, 1.0))
    limit = jnp.where(curved, jnp.minimum(limit, bent), limit)
    block_time = jnp.asarray(controller.block_time, limit.dtype)
    served = blocks.length / jnp.where(block_time > 0.0, block_time, 1.0)
    limit = jnp.where(block_time > 0.0, jnp.minimum(limit, served), limit)
    return jnp.where(moves, limit, jnp.inf)


def left_by_curvature(acceleration: Array, centripetal: Array | float, curvature: Array) -> Array:
    """Acceleration left for the speed on a curve, where ``centripetal`` is kept for bending: by vector sum [m/s2]."""
    share = jnp.minimum(centripetal / acceleration, 1.0)
    left = acceleration * jnp.sqrt(jnp.maximum(1.0 - share**2, LEAST_TANGENTIAL**2))
    return jnp.where(curvature > 0.0, left, acceleration)


def wait_times(blocks: Blocks, controller: Controller) -> Array:
    """Time at rest that each operation takes besides motion: dwell, tool change, spindle [s]."""
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
    least: Array = jnp.min(jnp.stack(allowed), axis=0)
    return jnp.where(jnp.isfinite(least), least, 1.0)
