"""At which rotation the force peaks."""

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.edge import Edge
from twin.cutting.instant import SEARCH_RAMP

N_ANGLES = 72  # rotations searched in a revolution


def search_rotations(edge: Edge) -> tuple[jax.Array, jax.Array]:
    """Rotations to evaluate and, moved off the ends of arcs as the search needs it, to search: (angle, segment) [rad].

    First an even grid over the period of the force, then where it has its upward kinks: the upper end of a tooth's
    edge has just entered an arc, its tip is about to leave one, or its bottom edge has just entered or left.
    """
    n_segments = edge.trail.shape[-1]
    grid = np.arange(_n_grid(edge), dtype=float)[:, None] * _step(edge)[None]
    start, stop = edge.arc[:, :, None]  # (arc, 1, element, segment); the last element is the flat bottom
    trail = edge.trail[:1] if edge.alike else edge.trail
    half = jnp.abs(edge.sweep) / 2
    lower, upper = (trail - half)[None], (trail + half)[None]  # (1, tooth, element, segment)

    def rotations(margin: float) -> jax.Array:
        entered = start[:, :, -2] + upper[:, :, -2] + margin  # (arc, tooth, segment)
        leaving = stop[:, :, 0] + lower[:, :, 0] - margin
        bottom = [end[:1, :, -1] + upper[:, :, -1] + margin for end in (start, stop)]
        kinks = jnp.concatenate([entered, leaving, *bottom])
        return jnp.concatenate([grid, kinks.reshape(-1, n_segments)])

    return rotations(0.0), rotations(SEARCH_RAMP)


def peak_rotations(edge: Edge, rotation: jax.Array, magnitude: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Where each quantity is largest on the grid, and where a parabola through grid points has its vertex.

    Args:
        edge: elements of the segments.
        rotation: (angle, segment) [rad] to evaluate, from :func:`search_rotations`.
        magnitude: (quantity, angle, segment).

    Returns:
        Largest magnitude, its rotation [rad], rotation of the vertex [rad], each (quantity, segment). A largest
        that is not on the even grid is its own vertex.
    """
    n_grid = _n_grid(edge)
    best = jnp.argmax(magnitude, axis=1)  # (quantity, segment)

    def neighbour(by: int) -> jax.Array:
        on_grid = jnp.where(best < n_grid, (best + by) % n_grid, best)
        return jnp.take_along_axis(magnitude, on_grid[:, None], axis=1)[:, 0]

    # of the three parabolas through neighbours that hold the best, the middle one, unless a jump spoils it
    around = jnp.stack([neighbour(by) for by in range(-2, 3)])
    curvature = 2 * around[1:4] - around[:3] - around[2:]
    bend = jnp.where(curvature > 0, curvature, jnp.inf) * jnp.asarray([[[2.0]], [[1.0]], [[2.0]]], magnitude.dtype)
    middle = jnp.asarray([[[-1.0]], [[0.0]], [[1.0]]], magnitude.dtype)
    vertex = middle + jnp.where(curvature > 0, (around[2:] - around[:3]) / (2 * curvature), 0.0)
    shift = jnp.take_along_axis(vertex, jnp.argmin(bend, axis=0)[None], axis=0)[0]
    angle = jnp.take_along_axis(rotation, best, axis=0)
    step = jnp.clip(shift, -1.0, 1.0).astype(angle.dtype) * _step(edge)[None]
    return around[2], angle, angle + jnp.where(best < n_grid, step, 0.0)


def _n_grid(edge: Edge) -> int:
    """Points of the even grid over the period of the force."""
    return -(-N_ANGLES // edge.fewest_teeth) if edge.alike else N_ANGLES


def _step(edge: Edge) -> jax.Array:
    """Distance of the grid's points (segment,) [rad]."""
    period = edge.share[0, 0] if edge.alike else jnp.ones_like(edge.share[0, 0])
    return period * (2 * np.pi / _n_grid(edge))
