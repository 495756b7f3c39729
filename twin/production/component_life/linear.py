"""Ball screws (ISO 3408-5) and profiled rail guides (ISO 14728-1): loads under preload, lives that they consume."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

MILLION = 1e6  # revolutions for which the rating of a screw stands
HUNDRED_KM = 1e5  # [m] for which the rating of a guide stands
LIFTS = 2**1.5  # an axial load of so many preloads leaves the second half of the nut without load
SYSTEM = 10 / 9  # Weibull slope by which parts that fail independently add up (ISO 3408-5; balls)


def preloaded(preload: ArrayLike, load: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """Loads [N] of two halves preloaded against each other, for balls in Hertzian contact, any shape.

    The half that a positive ``load`` presses carries preload (1 + load / (2.83 preload))^1.5, the other what is left;
    from 2.83 preloads on the first carries all (ISO 3408-5, 5.4).
    """
    preload, load = jnp.asarray(preload, float), jnp.asarray(load, float)
    size = jnp.abs(load)
    safe = jnp.maximum(preload, 1e-9)
    inside = size < LIFTS * preload
    pressed = jnp.where(inside, preload * (1 + jnp.where(inside, size, 0.0) / (LIFTS * safe)) ** 1.5, size)
    relieved = pressed - size
    return jnp.where(load >= 0, pressed, relieved), jnp.where(load >= 0, relieved, pressed)


def mean_load(load: ArrayLike, amount: ArrayLike) -> jax.Array:
    """Load [N] that consumes as much life as ``load`` (part,) over ``amount`` (part,) of revolutions or travel."""
    load, amount = jnp.asarray(load, float), jnp.asarray(amount, float)
    return jnp.cbrt(jnp.sum(jnp.abs(load) ** 3 * amount) / jnp.sum(amount))


def consumed(load: ArrayLike, rating: ArrayLike, amount: ArrayLike, rated: float) -> jax.Array:
    """Lives L10 that ``load`` (part,) [N] consumes over ``amount`` (part,), 1 being ``rated`` of it at the rating."""
    return jnp.sum((jnp.asarray(load, float) / rating) ** 3 * jnp.asarray(amount, float)) / rated


def together(parts: ArrayLike) -> jax.Array:
    """Lives L10 consumed of a whole, from those of its ``parts`` (..., part) that fail independently."""
    total = jnp.sum(jnp.asarray(parts, float) ** SYSTEM, axis=-1)
    some = total > 0
    return jnp.where(some, jnp.where(some, total, 1.0) ** (1 / SYSTEM), 0.0)


def carriage_loads(
    force: ArrayLike, point: ArrayLike, drive: ArrayLike, spacing: tuple[ArrayLike, ArrayLike]
) -> tuple[jax.Array, jax.Array]:
    """Normal and lateral load on each of four carriages (..., 4) [N]: statics of a rigid body.

    Coordinates along the travel, across it, and away from the rails, from the middle of the carriages. A positive
    normal load presses a carriage onto its rail.

    Args:
        force: (..., k, 3) [N] on the body: weights, inertia, cut.
        point: (..., k, 3) [m] where they act.
        drive: (3,) [m] where the screw holds against the sum along the travel.
        spacing: (2,) [m] between carriages along and across.
    """
    force = jnp.asarray(force, float)
    point = jnp.broadcast_to(jnp.asarray(point, float), force.shape)
    total = jnp.sum(force, axis=-2)
    held = jnp.zeros_like(total).at[..., 0].set(-total[..., 0])
    at_nut = jnp.broadcast_to(jnp.asarray(drive, float), total.shape)
    roll, pitch, yaw = jnp.moveaxis(jnp.sum(jnp.cross(point, force), axis=-2) + jnp.cross(at_nut, held), -1, 0)
    along, across = (jnp.asarray(length, float) for length in spacing)
    x = jnp.array([0.5, 0.5, -0.5, -0.5]) / along  # place over the sum of squares of all places
    y = jnp.array([0.5, -0.5, -0.5, 0.5]) / across
    normal = jnp.multiply.outer(pitch, x) - jnp.multiply.outer(roll, y) - total[..., 2, None] / 4
    lateral = -jnp.multiply.outer(yaw, x) - total[..., 1, None] / 4
    return normal, lateral
