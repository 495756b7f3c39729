"""Characteristics of one feature from its measured points: sizes, places and zones, in the order of CHARACTERISTICS.

Every function returns values minus nominal (characteristic,) [m], differentiable in the points.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from twin.compiled import Array
from twin.inspection import fit


class Points(NamedTuple):
    """Measured points of one feature, in its own frame, and what is known of it."""

    place: Array  # (point, 3) [m] as measured, in the datum system
    nominal: Array  # (point, 3) [m]
    normal: Array  # (point, 3) out of the material
    weight: Array  # (point,) 1, or 0 of padding
    section: Array  # (section, point) bool: circles of a hole
    size: Array  # () [m] radius, or half the extent
    half: Array  # () [m] half the length of an axis
    free: Array  # (2,) direction in its plane along which the zone may tilt; zero where it may not


def _circle(p: Points) -> Array:
    axis, radius, residual = fit.cylinder(p.place, p.weight, p.size)
    ends = [axis[:2] + sign * p.half * axis[2:] for sign in (-1.0, 1.0)]
    off = jnp.stack([jnp.sqrt(jnp.maximum(jnp.sum(end**2), 1e-30)) for end in ends])
    lean = jnp.sqrt(jnp.maximum(jnp.sum(axis[2:] ** 2), 1e-30))

    def one(mine: Array) -> Array:
        mine = jnp.where(mine, p.weight, 0.0)
        spread = fit.spread(fit.circle(p.place[:, :2], jnp.maximum(mine, 1e-12 * p.weight), p.size)[2], mine)
        return jnp.where(jnp.sum(mine) > 0, spread, 0.0)

    round_ = jnp.max(jax.vmap(one)(p.section))
    return jnp.stack(
        [
            2 * (radius - p.size),
            axis[0],
            axis[1],
            2 * jnp.max(off),
            round_,
            fit.spread(residual, p.weight),
            2 * p.half * lean,
            _profile_width(p),
        ]
    )


def _plane(p: Points) -> Array:
    found, residual = fit.tilted_plane(p.place, p.weight, p.size)
    level = p.place[:, 2]
    along = p.place[:, :2] @ p.free
    # the zone may tilt along ``free``: the slope of the least-squares line in that direction is taken out
    mean = jnp.sum(p.weight * along) / jnp.sum(p.weight)
    lean = jnp.sum(p.weight * (along - mean) * level) / (jnp.sum(p.weight * (along - mean) ** 2) + 1e-12)
    square = fit.spread(level - lean * along, p.weight)
    return jnp.stack(
        [
            found[0],
            fit.spread(residual, p.weight),
            fit.spread(level, p.weight),
            square,
            _profile_width(p),
        ]
    )


def _wall(p: Points) -> Array:
    face = jnp.sign(p.normal[:, 2])
    level = p.place.at[:, 2].add(-p.nominal[:, 2])
    upper, _ = fit.tilted_plane(level, jnp.where(face > 0, p.weight, 0.0), p.size)
    lower, _ = fit.tilted_plane(level, jnp.where(face < 0, p.weight, 0.0), p.size)
    from_lower = level[:, 2] - p.place[:, :2] @ lower[1:]
    return jnp.stack([upper[0] - lower[0], fit.spread(from_lower, jnp.where(face > 0, p.weight, 0.0))])


def _slot(p: Points) -> Array:
    return -_wall(p)[:1]  # the face that looks up is the lower one


def _profile(p: Points) -> Array:
    off = jnp.sum((p.place - p.nominal) * p.normal, axis=1)
    return jnp.stack([_profile_width(p), jnp.sum(p.weight * off) / jnp.sum(p.weight)])


def _profile_width(p: Points) -> Array:
    off = jnp.sum((p.place - p.nominal) * p.normal, axis=1)
    return 2 * jnp.max(jnp.where(p.weight > 0, jnp.abs(off), 0.0))


EVALUATE = {"Circle": _circle, "Plane": _plane, "Wall": _wall, "Slot": _slot, "Profile": _profile}
