"""Mean force and torque over a revolution, in closed form.

The chip that one revolution takes at an immersion angle is the feed per revolution, however runout and pitch
share it out among the teeth; so only the edge terms need the teeth one by one. A tooth cuts where its chip
thickness is positive, sin(phi) > threshold, within the engaged arcs.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.edge import Edge

TINY = 1e-30
NEVER = -1.0  # [m2] relief of a tooth that does not exist: more than any chip, yet finite for the gradient
Antiderivatives = Callable[[jax.Array], jax.Array]  # (angle, sine, cosine) -> (integrand, ...)


def mean_force(edge: Edge, feed: jax.Array, coefficients: CuttingCoefficients) -> jax.Array:
    """Mean over a revolution of the force ahead, left, up [N] and the torque [N m] on the tool: (4, segment).

    Args:
        edge: elements of the segments.
        feed: (segment,) [m] per revolution.
        coefficients: of the workpiece material.
    """
    side, down = feed[None] * edge.side, feed[None] * edge.down
    chip = _arc_integrals(edge.arc, _threshold(edge.side, edge.down), _of_chip)
    if edge.has_runout:
        # a tooth cuts where share * feed * (side sin(phi) + down) + relief > 0 against every tooth before it
        share = edge.previous_share
        least = jnp.min(jnp.where(share > 0, edge.relief / jnp.where(share > 0, share, 1.0), NEVER), axis=0)
        threshold = _threshold(edge.side[None], edge.down[None] + least / jnp.where(feed > 0, feed, 1.0)[None, None])
        rub = jnp.sum(_arc_integrals(edge.arc, threshold, _of_edge), axis=1)
    else:
        n_teeth = jnp.sum(edge.share > 0, axis=0, dtype=side.dtype)
        rub = n_teeth[None] * chip[:3]

    # chip area and edge length, times 1, sin(phi), cos(phi), integrated over the arcs: (3, element, segment)
    area = side[None] * chip[jnp.asarray([1, 3, 4])] + down[None] * chip[:3]
    length = edge.width[None] * rub

    def moments(per_area: jax.Array | float, per_length: jax.Array | float) -> jax.Array:
        return per_area * area + per_length * length

    k = coefficients
    tangential, radial = moments(k.ktc, k.kte), moments(k.krc, k.kre)
    axial = edge.hand[None] * moments(k.kac, k.kae)
    inward = edge.sine[None] * radial + edge.cosine[None] * axial
    chip_torque = k.ktc * (edge.side_arm * side * chip[1] + edge.down_arm * down * chip[0])
    components = (
        -tangential[2] - inward[1],
        tangential[1] - inward[2],
        edge.cosine * radial[0] - edge.sine * axial[0],
        chip_torque + k.kte * edge.edge_arm * length[0],
    )
    return jnp.stack([jnp.sum(component, axis=0) / (2 * np.pi) for component in components])


def _threshold(side: jax.Array, down: jax.Array) -> jax.Array:
    """Sine of the immersion angle above which ``side sin(phi) + down`` is positive, clipped to -1..1.

    Where clipped its derivative is zero, so that no gradient meets the infinite slope of the arc sine.
    """
    ratio = -down / jnp.where(side > TINY, side, 1.0)
    ratio = jnp.where(side > TINY, ratio, jnp.where(down > 0, -1.0, 1.0))
    return jnp.clip(ratio, -1.0, 1.0)


def _arc_integrals(arc: jax.Array, threshold: jax.Array, antiderivatives: Antiderivatives) -> jax.Array:
    """Integrals over the arcs, where sin(phi) exceeds ``threshold``.

    Args:
        arc: (end, arc, element, segment) [rad], starting within 0 and 2 pi.
        threshold: (..., element, segment).
        antiderivatives: of the integrands.

    Returns:
        (integrand, ..., element, segment).
    """
    inside = jnp.abs(threshold) < 1.0
    safe = jnp.where(inside, threshold, 0.0)
    angle = jnp.where(inside, jnp.arcsin(safe), threshold * np.pi / 2)
    cosine = jnp.where(inside, jnp.sqrt(1.0 - safe**2), 0.0)
    lead = (1,) * (threshold.ndim - 2)
    ends = jnp.stack([arc, jnp.sin(arc), jnp.cos(arc)])  # (3, end, arc, element, segment)
    ends = jnp.moveaxis(ends, 2, 0).reshape(arc.shape[1], 3, 2, *lead, *arc.shape[2:])

    def add(total: jax.Array, piece: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        (start, stop), turn = jnp.moveaxis(piece[0], 1, 0), piece[1]
        enter = jnp.stack([angle + turn, threshold, cosine])
        leave = jnp.stack([np.pi - angle + turn, threshold, -cosine])
        met = (stop[0] > start[0]) & (stop[0] > enter[0]) & (start[0] < leave[0])

        def between() -> jax.Array:
            return antiderivatives(_clip(leave, start, stop)) - antiderivatives(_clip(enter, start, stop))

        return total + jax.lax.cond(jnp.any(met), between, lambda: jnp.zeros_like(total)), None

    nothing = jnp.zeros_like(antiderivatives(jnp.stack([angle] * 3)))
    pieces = (jnp.concatenate([ends, ends]), jnp.repeat(jnp.asarray([0.0, 2 * np.pi]), len(ends)))
    return jax.lax.scan(add, nothing, pieces)[0]


def _clip(limit: jax.Array, start: jax.Array, stop: jax.Array) -> jax.Array:
    """``limit`` moved between the ends of an arc; (angle, sine, cosine) along the first axis of each."""
    return jnp.where((limit[0] < start[0])[None], start, jnp.where((limit[0] > stop[0])[None], stop, limit))


def _of_edge(end: jax.Array) -> jax.Array:
    """Antiderivatives of 1, sin, cos at (angle, sine, cosine): (3, ...)."""
    angle, sine, cosine = end
    return jnp.stack([angle, -cosine, sine])


def _of_chip(end: jax.Array) -> jax.Array:
    """Antiderivatives of 1, sin, cos, sin^2, sin cos at (angle, sine, cosine): (5, ...)."""
    angle, sine, cosine = end
    return jnp.stack([angle, -cosine, sine, (angle - sine * cosine) / 2, sine**2 / 2])
