"""Weighted least-squares fits, differentiable in the points. A point of weight 0 is not there.

Lengths in m. Reference elements and residuals as in ISO 12181-1 (roundness, least-squares circle) and
ISO 12781-1 (flatness, least-squares plane), ISO 12180-1 (cylindricity, least-squares cylinder).
"""

import jax
import jax.numpy as jnp
from jax import Array

STEPS = 8  # Gauss-Newton from the algebraic circle or nominal cylinder: the error shrinks by form error / radius each


@jax.jit
def circle(points: Array, weight: Array, radius: Array) -> tuple[Array, Array, Array]:
    """Geometric least-squares circle: minimises ``sum weight (|p - centre| - radius)^2``.

    Args:
        points: (point, 2) about the nominal centre.
        weight: (point,).
        radius: () about the size of the circle; scales the unknowns.

    Returns:
        centre (2,), radius (), residual (point,) outwards.
    """
    scaled = points / radius
    one = jnp.ones_like(weight)
    # start: algebraic circle x^2 + y^2 = 2 a x + 2 b y + c
    start = _solve(jnp.stack([2 * scaled[:, 0], 2 * scaled[:, 1], one], axis=1), jnp.sum(scaled**2, axis=1), weight)
    unknowns = start.at[2].set(jnp.sqrt(jnp.maximum(start[2] + start[0] ** 2 + start[1] ** 2, 1e-12)))

    def distances(unknowns: Array) -> tuple[Array, Array]:
        offset = scaled - unknowns[None, :2]
        distance = jnp.sqrt(jnp.maximum(jnp.sum(offset**2, axis=1), 1e-24))
        return distance, offset / distance[:, None]

    def improve(unknowns: Array, _: None) -> tuple[Array, None]:
        distance, direction = distances(unknowns)
        columns = jnp.concatenate([direction, one[:, None]], axis=1)
        return unknowns + _solve(columns, distance - unknowns[2], weight), None

    unknowns, _ = jax.lax.scan(improve, unknowns, length=STEPS)
    residual = distances(unknowns)[0] - unknowns[2]
    return unknowns[:2] * radius, unknowns[2] * radius, residual * radius


@jax.jit
def cylinder(points: Array, weight: Array, radius: Array) -> tuple[Array, Array, Array]:
    """Geometric least-squares cylinder whose axis is nearly w: minimises ``sum weight (distance to axis - radius)^2``.

    Args:
        points: (point, 3) about the middle of the nominal axis, w along it.
        weight: (point,).
        radius: () about its size; scales the unknowns.

    Returns:
        axis (4,): where it crosses w = 0, and its slopes in u and v; radius (); residual (point,) outwards.
    """
    scaled = points / radius

    def distances(unknowns: Array) -> tuple[Array, Array]:
        """Distance from the axis and its slopes by place and slope, those of second order in the slope left out."""
        direction = jnp.concatenate([unknowns[2:4], jnp.ones(1)])
        direction = direction / jnp.sqrt(jnp.sum(direction**2))
        offset = scaled - jnp.concatenate([unknowns[:2], jnp.zeros(1)])[None, :]
        along = offset @ direction
        across = offset - along[:, None] * direction[None, :]
        distance = jnp.sqrt(jnp.maximum(jnp.sum(across**2, axis=1), 1e-24))
        outward = across[:, :2] / distance[:, None]
        return distance, jnp.concatenate([outward, outward * along[:, None]], axis=1)

    def improve(unknowns: Array, _: None) -> tuple[Array, None]:
        distance, columns = distances(unknowns)
        return unknowns + _solve_place_and_slope(columns, distance - unknowns[4], weight), None

    unknowns, _ = jax.lax.scan(improve, jnp.zeros(5).at[4].set(1.0), length=STEPS)
    scale = jnp.stack([radius, radius, jnp.ones_like(radius), jnp.ones_like(radius)])
    return unknowns[:4] * scale, unknowns[4] * radius, (distances(unknowns)[0] - unknowns[4]) * radius


@jax.jit
def tilted_plane(points: Array, weight: Array, extent: Array) -> tuple[Array, Array]:
    """Least-squares plane ``w = height + a u + b v`` through points (u, v, w).

    Args:
        points: (point, 3) about the middle of the face, w along its nominal normal.
        weight: (point,).
        extent: () about the size of the face; scales the unknowns.

    Returns:
        (height, a, b) (3,), residual (point,) at right angles to the fitted plane.
    """
    uv = points[:, :2] / extent
    unknowns = _solve(jnp.concatenate([jnp.ones_like(uv[:, :1]), uv], axis=1), points[:, 2], weight)
    slope = unknowns[1:] / extent
    residual = points[:, 2] - unknowns[0] - uv @ unknowns[1:]
    return jnp.concatenate([unknowns[:1], slope]), residual / jnp.sqrt(1.0 + jnp.sum(slope**2))


def plane(points: Array, weight: Array, extent: Array) -> tuple[Array, Array]:
    """Height () at u = v = 0 of :func:`tilted_plane`, and its residual (point,)."""
    found, residual = tilted_plane(points, weight, extent)
    return found[0], residual


def spread(values: Array, weight: Array) -> Array:
    """Largest minus smallest value among those with weight."""
    there = weight > 0
    return jnp.max(jnp.where(there, values, -jnp.inf)) - jnp.min(jnp.where(there, values, jnp.inf))


def _solve(matrix: Array, right: Array, weight: Array) -> Array:
    """Weighted linear least squares for three unknowns by the normal equations; NaN where no point is there.

    The inverse by cross products compiles in a tenth of the time of a factorisation.
    """
    weighted = matrix * (weight / jnp.sum(weight))[:, None]
    a, b, c = weighted.T @ matrix
    p, q, r = weighted.T @ right
    bc = jnp.cross(b, c)
    return (p * bc + q * jnp.cross(c, a) + r * jnp.cross(a, b)) / jnp.dot(a, bc)


def _solve_place_and_slope(columns: Array, right: Array, weight: Array) -> Array:
    """Weighted linear least squares for four unknowns (columns (point, 4)) and a constant, (5,).

    The constant is taken out by the means, the rest solved in two blocks of two by two: for short compilation again.
    """
    weight = weight / jnp.sum(weight)
    mean, level = weight @ columns, weight @ right
    columns = columns - mean[None]
    weighted = columns * weight[:, None]
    normal, target = weighted.T @ columns, weighted.T @ (right - level)
    first = _inverse_of_two(normal[:2, :2])
    coupling = normal[2:, :2] @ first
    slope = _inverse_of_two(normal[2:, 2:] - coupling @ normal[:2, 2:]) @ (target[2:] - coupling @ target[:2])
    place = first @ (target[:2] - normal[:2, 2:] @ slope)
    found = jnp.concatenate([place, slope])
    return jnp.concatenate([found, (level - mean @ found)[None]])


def _inverse_of_two(matrix: Array) -> Array:
    (a, b), (c, d) = matrix
    return jnp.stack([jnp.stack([d, -b]), jnp.stack([-c, a])]) / (a * d - b * c)
