"""Mean force and torque over a revolution, in closed form.

The chip that one revolution takes at an immersion angle is the feed per revolution, however runout and pitch
share it out among the teeth; so only the edge terms need the teeth one by one. A tooth cuts where its chip
thickness is positive, sin(phi) > threshold, within the engaged arcs.
"""

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.edge import Edge

TINY = 1e-30


def mean_force(
    edge: Edge, feed_per_revolution: jax.Array, sense: jax.Array, coefficients: CuttingCoefficients, has_runout: bool
) -> jax.Array:
    """Mean over a revolution of feed, left and axial force [N] and torque [N m] on the tool: (4, segment).

    Args:
        edge: elements of the segments.
        feed_per_revolution: (segment,) [m].
        sense: (segment,) 1 for a clockwise spindle, -1 for a counter-clockwise one.
        coefficients: of the workpiece material.
        has_runout: False when no tooth runs farther out than another.
    """
    chip = _arc_integrals(edge.arc, _threshold(edge.side, edge.down))
    if has_runout:
        side = edge.previous_share[:, :, None] * (feed_per_revolution[None] * edge.side)[None, None]
        down = edge.previous_share[:, :, None] * (feed_per_revolution[None] * edge.down)[None, None] + edge.relief
        threshold = jnp.max(_threshold(side, down), axis=0)  # of the tooth before that cut deepest
        cuts = (edge.share > 0)[:, None]
        rub = tuple(
            jnp.sum(jnp.where(cuts, integral, 0.0), axis=0) for integral in _arc_integrals(edge.arc, threshold)[:3]
        )
    else:
        n_teeth = jnp.sum(edge.share > 0, axis=0)[None].astype(chip[0].dtype)
        rub = tuple(n_teeth * integral for integral in chip[:3])

    side, down = feed_per_revolution[None] * edge.side, feed_per_revolution[None] * edge.down

    def moments(per_area: jax.Array, per_length: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Integrals over the arcs of one force component times 1, sin(phi), cos(phi): (element, segment) each."""
        one, sine, cosine, sine_sine, sine_cosine = chip
        return tuple(
            per_area * (side * with_sine + down * plain) + per_length * edge.width * rubbing
            for plain, with_sine, rubbing in zip(
                (one, sine, cosine), (sine, sine_sine, sine_cosine), rub, strict=True
            )
        )

    tangential = moments(coefficients.ktc, coefficients.kte)
    radial = moments(coefficients.krc, coefficients.kre)
    axial = [edge.hand * moment for moment in moments(coefficients.kac, coefficients.kae)]
    inward = [edge.sine * r + edge.cosine * a for r, a in zip(radial, axial, strict=True)]
    up = edge.cosine * radial[0] - edge.sine * axial[0]
    ahead = -sense[None] * tangential[2] - inward[1]
    left = sense[None] * tangential[1] - inward[2]
    components = jnp.stack([ahead, left, up, edge.arm * tangential[0]])
    return jnp.sum(components, axis=1) / (2 * np.pi)


def _threshold(side: jax.Array, down: jax.Array) -> jax.Array:
    """Sine of the immersion angle above which ``side sin(phi) + down`` is positive, clipped to -1..1.

    The slope of the clipped ends is zero, so that a gradient never meets an infinite one.
    """
    ratio = -down / jnp.where(side > TINY, side, 1.0)
    ratio = jnp.where(side > TINY, ratio, jnp.where(down > 0, -1.0, 1.0))
    return jnp.clip(ratio, -1.0, 1.0)


def _arc_integrals(arc: jax.Array, threshold: jax.Array) -> tuple[jax.Array, ...]:
    """Integrals of 1, sin, cos, sin^2 and sin cos over the arcs, where sin(phi) exceeds ``threshold``.

    Args:
        arc: (end, arc, element, segment) [rad] within 0 and 2 pi.
        threshold: (..., element, segment).

    Returns:
        Five arrays shaped as ``threshold``.
    """
    inside = jnp.abs(threshold) < 1.0
    safe = jnp.where(inside, threshold, 0.0)
    angle = jnp.where(inside, jnp.arcsin(safe), threshold * np.pi / 2)
    cosine = jnp.where(inside, jnp.sqrt(1.0 - safe**2), 0.0)
    start, stop = arc
    ends = [(a, jnp.sin(a), jnp.cos(a)) for a in (start, stop)]
    total = [jnp.zeros(threshold.shape)] * 5
    for turn in (0.0, 2 * np.pi):
        enter = (angle + turn, threshold, cosine)
        leave = (np.pi - angle + turn, threshold, -cosine)
        for k in range(start.shape[0]):
            (lo, lo_s, lo_c), (hi, hi_s, hi_c) = (
                _clip(limit, [tuple(x[k] for x in end) for end in ends]) for limit in (enter, leave)
            )
            length, products = hi - lo, hi_s * hi_c - lo_s * lo_c
            parts = (length, lo_c - hi_c, hi_s - lo_s, (length - products) / 2, (hi_s**2 - lo_s**2) / 2)
            total = [old + part for old, part in zip(total, parts, strict=True)]
    return tuple(total)


def _clip(limit: tuple[jax.Array, ...], ends: list[tuple[jax.Array, ...]]) -> tuple[jax.Array, ...]:
    """``limit`` (angle, sine, cosine) moved between the ``ends`` of an arc."""
    shape = limit[0].shape
    start, stop = ([jnp.broadcast_to(x, shape) for x in end] for end in ends)
    below, above = limit[0] < start[0], limit[0] > stop[0]
    return tuple(jnp.where(below, a, jnp.where(above, b, x)) for x, a, b in zip(limit, start, stop, strict=True))
