"""Mean force and torque over a revolution, in closed form.

The chip that one revolution takes at an immersion angle is the feed per revolution, however runout and pitch
share it out among the teeth; so only the edge terms need the teeth one by one. A tooth cuts where its chip
thickness is positive, sin(phi) > threshold, within the engaged arcs. Serrated teeth differ in slope: what each of them
takes is integrated by Gauss points between those limits.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.edge import Edge

TINY = 1e-30
NEVER = -1.0  # [m2] relief of a tooth that does not exist: more than any chip, yet finite for the gradient
N_GAUSS = 8
Antiderivatives = Callable[[jax.Array], jax.Array]  # (angle, sine, cosine) -> (integrand, ...)
Integral = Callable[[jax.Array, jax.Array], jax.Array]  # from, to -> (integrand, ...)


def mean_force(edge: Edge, feed: jax.Array, coefficients: CuttingCoefficients) -> jax.Array:
    """Mean over a revolution of the force ahead, left, up [N] and the torque [N m] on the tool: (4, segment).

    Args:
        edge: elements of the segments.
        feed: (segment,) [m] per revolution.
        coefficients: of the workpiece material.
    """
    if edge.serrated:
        area, rub = _of_teeth(edge, feed)
        length = edge.width[None] * rub  # (3, tooth, element, segment)
        return _components(edge, coefficients, area, length, edge.side_arm * area[0])
    side, down = feed[None] * edge.side, feed[None] * edge.down
    chip = _arc_integrals(edge.arc, _threshold(edge.side, edge.down), _difference(_of_chip))
    if edge.has_runout:
        rub = jnp.sum(_arc_integrals(edge.arc, _threshold_of_teeth(edge, feed), _difference(_of_edge)), axis=1)
    else:
        n_teeth = jnp.sum(edge.share > 0, axis=0, dtype=side.dtype)
        rub = n_teeth[None] * chip[:3]

    # chip area and edge length, times 1, sin(phi), cos(phi), integrated over the arcs: (3, element, segment)
    area = side[None] * chip[jnp.asarray([1, 3, 4])] + down[None] * chip[:3]
    length = edge.width[None] * rub
    moment = edge.side_arm * side * chip[1] + edge.down_arm * down * chip[0]
    return _components(edge, coefficients, area, length, moment)


def _components(edge: Edge, k: CuttingCoefficients, area: jax.Array, length: jax.Array, moment: jax.Array) -> jax.Array:
    """Mean force and torque (4, segment) from what one revolution takes.

    Args:
        edge: elements of the segments.
        k: of the workpiece material.
        area: (3, [tooth,] element, segment) [m2 rad] chip area, times 1, sin(phi), cos(phi), integrated.
        length: (3, [tooth,] element, segment) [m rad] of the edge in contact, likewise.
        moment: ([tooth,] element, segment) [m3 rad] chip area times radius, integrated.
    """
    hand = edge.hand[None] if edge.serrated else edge.hand

    def moments(per_area: jax.Array | float, per_length: jax.Array | float) -> jax.Array:
        return per_area * area + per_length * length

    tangential, radial = moments(k.ktc, k.kte), moments(k.krc, k.kre)
    axial = hand[None] * moments(k.kac, k.kae)
    inward = edge.sine[None] * radial + edge.cosine[None] * axial
    components = (
        -tangential[2] - inward[1],
        tangential[1] - inward[2],
        edge.cosine * radial[0] - edge.sine * axial[0],
        k.ktc * moment + k.kte * edge.edge_arm * length[0],
    )
    inner = tuple(range(edge.width.ndim - 1))
    return jnp.stack([jnp.sum(component, axis=inner) / (2 * np.pi) for component in components])


def _of_teeth(edge: Edge, feed: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Chip area [m2 rad] and contact [rad] of each tooth, times 1, sin(phi), cos(phi), integrated over a revolution:
    (3, tooth, element, segment)."""
    share = edge.previous_share
    side = share * (feed[None] * edge.side)[None, None]  # (back, tooth, element, segment)
    down = share * (feed[None, None, None] * edge.down) + edge.relief

    def between(enter: jax.Array, leave: jax.Array) -> jax.Array:
        span = jnp.maximum(leave[0] - enter[0], 0.0)

        def add(total: jax.Array, node: jax.Array) -> tuple[jax.Array, None]:
            place, weight = node
            angle = enter[0] + place * span
            sine = jnp.sin(angle)
            chip = jnp.maximum(jnp.min(side * sine[None] + down, axis=0), 0.0)
            chip = jnp.where(share[0] > 0, chip, 0.0) * weight * span
            return total + jnp.stack([chip, chip * sine, chip * jnp.cos(angle)]), None

        points, weights = np.polynomial.legendre.leggauss(N_GAUSS)
        nodes = jnp.asarray(np.stack([(1 + points) / 2, weights / 2], axis=1))
        area = jax.lax.scan(add, jnp.zeros((3, *span.shape)), nodes)[0]
        return jnp.concatenate([area, _of_edge(leave) - _of_edge(enter)])

    both = _arc_integrals(edge.arc, _threshold_of_teeth(edge, feed), between)
    return both[:3], both[3:]


def _threshold_of_teeth(edge: Edge, feed: jax.Array) -> jax.Array:
    """As :func:`_threshold`, of each tooth over all that pass before it (tooth, element, segment).

    It cuts where share * feed * (side sin(phi) + down) + relief > 0 against every tooth before.
    """
    share = edge.previous_share
    if not edge.serrated:
        least = jnp.min(jnp.where(share > 0, edge.relief / jnp.where(share > 0, share, 1.0), NEVER), axis=0)
        return _threshold(edge.side[None], edge.down[None] + least / jnp.where(feed > 0, feed, 1.0)[None, None])
    per_feed = edge.relief / (jnp.where(share > 0, share, 1.0) * jnp.where(feed > 0, feed, 1.0)[None, None, None])
    return _threshold(edge.side[None], jnp.min(jnp.where(share > 0, edge.down + per_feed, NEVER), axis=0))


def _threshold(side: jax.Array, down: jax.Array) -> jax.Array:
    """Sine of the immersion angle above which ``side sin(phi) + down`` is positive, clipped to -1..1.

    Where clipped its derivative is zero, so that no gradient meets the infinite slope of the arc sine.
    """
    ratio = -down / jnp.where(side > TINY, side, 1.0)
    ratio = jnp.where(side > TINY, ratio, jnp.where(down > 0, -1.0, 1.0))
    return jnp.clip(ratio, -1.0, 1.0)


def _difference(antiderivatives: Antiderivatives) -> Integral:
    return lambda enter, leave: antiderivatives(leave) - antiderivatives(enter)


def _arc_integrals(arc: jax.Array, threshold: jax.Array, integral: Integral) -> jax.Array:
    """Integrals over the arcs, where sin(phi) exceeds ``threshold``.

    Args:
        arc: (end, arc, element, segment) [rad], starting within 0 and 2 pi.
        threshold: (..., element, segment).
        integral: of the integrands between two ends, each (angle, sine, cosine) along its first axis.

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
            return integral(_clip(enter, start, stop), _clip(leave, start, stop))

        return total + jax.lax.cond(jnp.any(met), between, lambda: jnp.zeros_like(total)), None

    at = jnp.stack([angle] * 3)
    nothing = jnp.zeros_like(integral(at, at))
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
