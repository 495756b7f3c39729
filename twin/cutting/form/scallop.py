"""Scallops between neighbouring passes of ball and bull-nose tools over a flat face, level or inclined: exact."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from twin.errors import InputError


def scallop_height(radius: ArrayLike, corner_radius: ArrayLike, step: ArrayLike, slope: ArrayLike = 0.0) -> jax.Array:
    """Height of the cusps above the face (any shape) [m], of straight parallel passes with a vertical tool.

    Seen along the feed the tool is a flat of half width ``radius - corner_radius`` between two arcs of
    ``corner_radius``, tangent to the face. The cusp lies where the profiles of two neighbours cross: on the two arcs,
    else on the arc of the lower and the flat of the upper pass, or beyond that flat on its far arc.

    Args:
        radius: [m] of the tool.
        corner_radius: [m]; a ball has ``radius``.
        step: [m] between passes, measured along the face.
        slope: [rad] of the face across the feed, 0..pi/2.

    Raises:
        InputError: a step so wide that the cusp lies above the corner arc, a radius that is not positive.
    """
    big, r, step, slope = jnp.broadcast_arrays(
        *(jnp.asarray(v, dtype=float) for v in (radius, corner_radius, step, slope))
    )
    flat = 2 * (big - r)
    sine, cosine = jnp.sin(slope), jnp.cos(slope)
    on_arcs = step <= 2 * r * sine
    arcs = r - jnp.sqrt(jnp.where(on_arcs, r**2 - (step / 2) ** 2, r**2))
    # along the upper pass's flat, rising from the face by its slope, to where the lower pass's arc meets it
    chord = step * sine * (2 * r - step * sine)
    met = ~on_arcs & (chord > 0)
    along = step * cosine - jnp.where(met, jnp.sqrt(jnp.where(met, chord, 1.0)), 0.0)
    on_flat = along <= flat
    flats = r * (1 - cosine) + along * sine
    # equal circles about the lower pass's tangent arc and the upper pass's far arc
    apart_x, apart_z = step - flat * cosine, flat * sine
    apart = jnp.sqrt(jnp.where(on_arcs | on_flat, 1.0, apart_x**2 + apart_z**2))
    half_chord = jnp.sqrt(jnp.clip(jnp.where(on_arcs | on_flat, 1.0, r**2 - apart**2 / 4), 1e-300))
    far = r + apart_z / 2 - half_chord * apart_x / apart
    height = jnp.where(on_arcs, arcs, jnp.where(on_flat, flats, far))
    _check(big, r, step, slope, height)
    return height


def step_for_scallop(radius: ArrayLike, corner_radius: ArrayLike, height: ArrayLike) -> jax.Array:
    """Step [m] along a level face that leaves scallops of ``height`` [m]; of a ball at any slope up to contact."""
    big, r, h = jnp.broadcast_arrays(*(jnp.asarray(v, dtype=float) for v in (radius, corner_radius, height)))
    if not isinstance(h, jax.core.Tracer) and not ((np.asarray(h) >= 0) & (np.asarray(h) <= np.asarray(r))).all():
        raise InputError("a scallop height is negative or above the corner radius")
    return 2 * (big - r) + 2 * jnp.sqrt(h * (2 * r - h))


def _check(radius: jax.Array, corner: jax.Array, step: jax.Array, slope: jax.Array, height: jax.Array) -> None:
    if any(isinstance(values, jax.core.Tracer) for values in (radius, corner, step, slope)):
        return
    if not ((corner > 0) & (corner <= radius * (1 + 1e-12))).all():
        raise InputError("a corner radius is not within 0 and the tool's radius", remedy="a ball has its own radius")
    if not ((slope >= 0) & (slope <= np.pi / 2)).all():
        raise InputError("a slope is outside 0..90 degrees")
    if not (step >= 0).all():
        raise InputError("a step between passes is negative or not a number")
    # above this the side of the tool cuts, or nothing does
    above = ~((height <= corner * (1 - jnp.sin(slope))) & (step < 2 * radius))
    if above.any():
        worst = float(jnp.max(jnp.where(above, step, 0.0)))
        raise InputError(
            f"passes {worst * 1e3:g} mm apart leave cusps above the corner of the tool", remedy="choose a smaller step"
        )
