"""Roughness that feed marks leave: every tooth draws an arc, the highest points between the arcs stay.

The arcs are those of the tool's radius on a wall and of the corner radius on a floor, turned on by the feed of each
tooth; runout makes some teeth reach farther than others, and those that do not reach leave no mark. Kinematic
roughness only: tearing, built-up edges and vibration come on top.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.errors import InputError

N_SAMPLES = 256  # along the feed of one tooth


@register_dataclass
@dataclass(frozen=True)
class Roughness:
    """Of the profile along the feed, over one revolution."""

    mean: jax.Array  # (...) [m] arithmetic mean deviation Ra
    total: jax.Array  # (...) [m] height of the profile Rt


def feed_mark_roughness(radius: ArrayLike, feed_per_tooth: ArrayLike, reach: ArrayLike) -> Roughness:
    """Roughness of a wall or floor along the feed.

    Args:
        radius: (...) [m] of the arcs: the tool's on a wall, the corner's on a floor.
        feed_per_tooth: (...) [m] mean over a revolution; teeth evenly spaced.
        reach: (tooth,) [m] by which each tooth reaches farther than the nominal tool, from :func:`runout_reach`.

    Raises:
        InputError: a radius or feed that is not positive, marks that do not overlap.
    """
    radius, feed = jnp.broadcast_arrays(*(jnp.asarray(v, dtype=float) for v in (radius, feed_per_tooth)))
    reach = jnp.atleast_1d(jnp.asarray(reach, dtype=float))
    n = len(reach)
    _check(radius, feed, n)
    teeth = np.arange(-n, 2 * n)  # marks of the revolutions before and after reach into this one
    place = jnp.asarray((np.arange(n * N_SAMPLES) + 0.5) / N_SAMPLES - 0.5)  # in feeds per tooth
    shape = (*feed.shape, len(place), len(teeth))
    pitches = place[:, None] - jnp.asarray(teeth, dtype=float)[None]
    away = jnp.broadcast_to(pitches.reshape((1,) * feed.ndim + shape[-2:]), shape) * feed[..., None, None]
    big = radius[..., None, None]
    # beyond its radius a tooth leaves nothing
    arc = jnp.where(jnp.abs(away) < big, big - jnp.sqrt(jnp.clip(big**2 - away**2, 1e-300)), jnp.inf)
    profile = jnp.min(arc - reach[teeth % n].reshape((1,) * (arc.ndim - 1) + (-1,)), axis=-1)
    # highest points lie where two arcs cross, between samples: half a sample of the steepest slope is not seen
    middle = jnp.mean(profile, axis=-1, keepdims=True)
    return Roughness(
        mean=jnp.mean(jnp.abs(profile - middle), axis=-1),
        total=jnp.max(profile, axis=-1) - jnp.min(profile, axis=-1),
    )


def runout_reach(runout: ArrayLike, runout_angle: ArrayLike, position: ArrayLike) -> jax.Array:
    """How much farther each tooth reaches for a tool axis that is off by ``runout`` (tooth,) [m].

    Args:
        runout: [m].
        runout_angle: [rad] its direction from tooth 0 towards the teeth that follow.
        position: (tooth,) [rad] by which each tooth trails tooth 0.
    """
    return jnp.asarray(runout) * jnp.cos(runout_angle - jnp.asarray(position, dtype=float))


def _check(radius: jax.Array, feed: jax.Array, n_teeth: int) -> None:
    if isinstance(radius, jax.core.Tracer) or isinstance(feed, jax.core.Tracer):
        return
    if not ((radius > 0) & (feed > 0)).all():
        raise InputError("a radius or a feed per tooth is not positive")
    if not (n_teeth * feed < 2 * radius).all():
        raise InputError(
            f"feed marks {float(jnp.max(feed)) * 1e3:g} mm apart may not overlap",
            remedy="keep the feed per revolution below twice the radius of the arc",
        )
