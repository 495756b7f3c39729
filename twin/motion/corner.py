"""Corners: the highest speed from one block to the next, and the arc that rounds a corner. Pure JAX."""

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from twin.motion.blocks import Blocks
from twin.motion.controller import Controller

Array = jax.Array
TANGENT = 1e-6  # [rad] a smaller turn is no corner


@dataclass(frozen=True)
class Corners:
    """The end of each block, where the next one starts."""

    speed: Array  # (block,) [m/s] highest speed there
    trim: Array  # (block,) [m] of programmed path that the rounding replaces, on either side
    arc: Array  # (block,) [m] length of the rounding arc
    up: Array  # (block,) share of its acceleration that the block may gain speed with
    down: Array  # (block,) and lose speed with


jax.tree_util.register_dataclass(Corners, [f.name for f in dataclasses.fields(Corners)], [])


def corners(blocks: Blocks, controller: Controller, limit: Array, acceleration: Array) -> Corners:
    """Return the Corners of ``blocks`` by the controller's cornering model.

    Args:
        limit: (block,) [m/s] highest speed within each block.
        acceleration: (block,) [m/s2] along each block.
    """
    stop = blocks.stop
    if controller.rapid_stop:
        stop = stop | blocks.rapid | _next(blocks.rapid)
    zero, one = jnp.zeros_like(limit), jnp.ones_like(limit)
    trim, arc, up, down = zero, zero, one, one
    if controller.cornering == "exact_stop":
        turn = jnp.where(_deflection(blocks) > TANGENT, 0.0, jnp.inf)
    elif controller.cornering == "junction_deviation":
        turn = _junction_speed(blocks, controller.junction_deviation, jnp.minimum(acceleration, _next(acceleration)))
    elif controller.cornering == "speed_step":
        step = jnp.max(jnp.abs(_next(blocks.leave) - blocks.arrive)[:, :3], axis=1)
        turn = jnp.where(step > TANGENT, controller.corner_step / jnp.where(step > TANGENT, step, 1.0), jnp.inf)
    else:
        turn, trim, arc = _rounded(blocks, controller, limit)
        if controller.overlap_ratio is not None:
            overlaps = blocks.blend & blocks.stop
            up = down = jnp.where(overlaps, controller.overlap_ratio, 1.0)
        trim, arc = jnp.where(stop, 0.0, trim), jnp.where(stop, 0.0, arc)
    straight = jnp.minimum(limit, _next(limit))
    return Corners(jnp.where(stop, 0.0, jnp.minimum(straight, turn)), trim, arc, up, down)


def _next(values: Array) -> Array:
    """The value of the following block; that of the first block after the last, which always ends at rest."""
    return jnp.roll(values, -1, axis=0)


def _root(square: Array) -> Array:
    """Square root, with derivative 0 at 0."""
    some = square > 0.0
    return jnp.where(some, jnp.sqrt(jnp.where(some, square, 1.0)), 0.0)


def _cosine(blocks: Blocks) -> Array:
    return jnp.clip(jnp.sum(blocks.arrive * _next(blocks.leave), axis=1), -1.0, 1.0)


def _deflection(blocks: Blocks) -> Array:
    """Angle by which the path turns at the end of each block [rad]."""
    chord = jnp.sum((_next(blocks.leave) - blocks.arrive) ** 2, axis=1)
    half = jnp.where(chord > TANGENT**2, 0.5 * jnp.sqrt(jnp.where(chord > TANGENT**2, chord, 1.0)), 0.0)
    return 2.0 * jnp.arcsin(jnp.minimum(half, 1.0 - 1e-12))


def _junction_speed(blocks: Blocks, deviation: Array | float, acceleration: Array) -> Array:
    """v2 = a d s / (1 - s): the circle that touches both legs and misses the corner by d."""
    sine_half = _root(jnp.clip(0.5 * (1.0 + _cosine(blocks)), 0.0, 1.0 - 1e-12))
    return _root(acceleration * deviation * sine_half / (1.0 - sine_half))


def _tolerance(blocks: Blocks, controller: Controller) -> Array:
    return jnp.where(blocks.tolerance > 0.0, blocks.tolerance, controller.tolerance)


def _rounded(blocks: Blocks, controller: Controller, limit: Array) -> tuple[Array, Array, Array]:
    """Speed, trim and length of the circular arc that rounds each corner.

    The arc touches both legs. It is as large as the tolerance and the legs allow, but no larger than the programmed
    speed needs within the centripetal acceleration and, where ramps overlap, as the path on which they would.
    """
    turn = _deflection(blocks)
    rounds = (turn > TANGENT) & blocks.blend & (blocks.length > 0.0) & (_next(blocks.length) > 0.0)
    half = jnp.where(rounds, 0.5 * turn, 0.5)
    sharper, reach = _legs(blocks, half)
    # The arc of radius R leaves the legs R tan(half) before the corner and misses it by R (1/cos(half) - 1).
    by_tolerance = _tolerance(blocks, controller) * jnp.cos(sharper) / (1.0 - jnp.cos(sharper))
    largest = jnp.minimum(by_tolerance, reach / jnp.tan(sharper))
    goal = jnp.minimum(limit, _next(limit))
    goal = jnp.where(jnp.isfinite(goal), goal, 0.0)
    speed = jnp.minimum(goal, _root(controller.centripetal_acceleration * largest))
    radius = speed**2 / controller.centripetal_acceleration
    if controller.overlap_ratio is not None:
        share = controller.overlap_ratio
        ramp = share * controller.centripetal_acceleration / jnp.sqrt(1.0 - share**2)
        from_rest = _root(2.0 * ramp * largest * jnp.tan(sharper))
        overlap = jnp.minimum(from_rest, speed) * speed / ramp
        radius = jnp.maximum(radius, jnp.minimum(overlap / (2.0 * sharper), largest))
    length = 2.0 * half * radius
    if controller.shortest_rounding is not None:
        speed = jnp.minimum(speed, length / controller.shortest_rounding)
    sharp = jnp.where(turn > TANGENT, 0.0, jnp.inf)
    return (
        jnp.where(rounds, speed, sharp),
        jnp.where(rounds, radius * jnp.tan(half), 0.0),
        jnp.where(rounds, length, 0.0),
    )


def _legs(blocks: Blocks, half: Array) -> tuple[Array, Array]:
    """Half deflection [rad] that counts for the rounding of each corner, and how far it may reach into the legs [m].

    A straight leg is available up to its middle. An arc is replaced by a secant: it is available for two thirds of
    its angle before the corner and one third after it; where it bends the way the corner turns, for no more than the
    angle between leg and bisector, and its secant makes the corner sharper by a quarter of that.
    """
    following: Blocks = jax.tree.map(_next, blocks)
    beside = 0.5 * jnp.pi - half  # between a leg and the bisector
    sharper, reaches = [], []
    for leg, inward, other, share in (
        (blocks, blocks.inward_arrive, following.leave, 2 / 3),
        (following, following.inward_leave, -blocks.arrive, 1 / 3),
    ):
        is_arc = leg.curvature > 0.0
        curvature = jnp.where(is_arc, leg.curvature, 1.0)
        with_corner = is_arc & (jnp.sum(inward * other, axis=1) > 0.0)
        angle = jnp.minimum(share * leg.length * curvature, jnp.where(with_corner, beside, 0.5 * jnp.pi))
        secant = jnp.where(with_corner, jnp.sin(0.25 * angle), angle) / curvature
        sharper.append(jnp.where(with_corner, 0.25 * angle, 0.0))
        reaches.append(jnp.where(is_arc, secant, 0.5 * leg.length))
    return half + jnp.maximum(*sharper), jnp.minimum(*reaches)
