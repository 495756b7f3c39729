"""The profile of an APT cutter, integrated in closed form from the tip up to a height."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from twin.cutting.cutter import Cutters


class Profile(NamedTuple):
    """At a height above the tip; the integrals start there."""

    radius: jax.Array  # [m] of the cutting edge
    area: jax.Array  # [m2] integral of the radius over the height
    length: jax.Array  # [m] of the profile
    moment: jax.Array  # [m2] integral of the radius along the profile


def profile(cutter: Cutters, height: jax.Array) -> Profile:
    """Profile of ``cutter`` at ``height`` [m]; fields and heights broadcast. The flat bottom is no part of it."""
    corner, above = _corner(cutter, height), _above(cutter, height)
    return Profile(*(first + second for first, second in zip(corner, above, strict=True)))


def _corner(cutter: Cutters, height: jax.Array) -> Profile:
    """Part along the corner arc; a sharp corner leaves the radius of the disk alone."""
    corner = jnp.where(cutter.corner > 0, cutter.corner, 1.0)
    top = jnp.minimum(height, cutter.tangent_height)
    below = jnp.clip(corner - top, 0.0, corner)  # of the arc's centre
    reach = jnp.sqrt(jnp.clip(corner**2 - below**2, 0.0, None))  # beyond the arc's centre
    angle = jnp.arctan2(reach, below)
    area = cutter.disk * top + (corner**2 * angle - reach * below) / 2
    return Profile(cutter.disk + reach, area, corner * angle, corner * (cutter.disk * angle + top))


def _above(cutter: Cutters, height: jax.Array) -> Profile:
    """Part along the cone and the cylinder."""
    slope = jnp.where(cutter.cone > 0, cutter.cone, 1.0)
    above = jnp.clip(height - cutter.tangent_height, 0.0, None)
    on_cone = jnp.minimum(above, (cutter.radius - cutter.tangent_radius) / slope)
    on_cylinder = above - on_cone
    stretch = jnp.sqrt(1 + slope**2)
    cone_area = (cutter.tangent_radius + slope * on_cone / 2) * on_cone
    return Profile(
        slope * on_cone,
        cone_area + cutter.radius * on_cylinder,
        stretch * on_cone + on_cylinder,
        stretch * cone_area + cutter.radius * on_cylinder,
    )
