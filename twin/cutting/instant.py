"""The force at one angle of rotation: all teeth, all elements of the edge."""

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.edge import WHOLE_TURN, Edge


def instant_force(
    edge: Edge,
    feed_per_revolution: jax.Array,
    sense: jax.Array,
    coefficients: CuttingCoefficients,
    has_runout: bool,
    rotation: jax.Array,
) -> jax.Array:
    """Feed, left and axial force [N] and torque [N m] on the tool at ``rotation``: (4, angle, segment).

    The tip of tooth 0 stands at immersion ``rotation`` (clockwise spindle; mirrored for the other sense).
    An element counts by the part of its helix within the arc, with the chip thickness at that part's middle.
    With runout the chip is the least over the teeth before, each with the feed since it passed.

    Args:
        rotation: (angle, segment) [rad]; the others as in :func:`twin.cutting.mean.mean_force`.
    """
    start, stop = edge.arc
    mirrored = sense[None, None] < 0
    start, stop = jnp.where(mirrored, np.pi - stop, start), jnp.where(mirrored, np.pi - start, stop)
    endless = stop - start > WHOLE_TURN
    start, stop = jnp.where(endless, start - np.pi, start), jnp.where(endless, stop + np.pi, stop)
    middle = (start + stop) / 2

    side, down = feed_per_revolution[None] * edge.side, feed_per_revolution[None] * edge.down
    hand = edge.hand[None]
    first, last = jnp.minimum(edge.sweep, 0.0), jnp.maximum(edge.sweep, 0.0)
    total = jnp.zeros((4, *rotation.shape))
    for tooth in range(edge.share.shape[0]):
        lead = (rotation - edge.position[tooth][None])[:, None] - edge.lag[None]  # (angle, element, segment)
        for k in range(start.shape[0]):
            turn = 2 * np.pi * jnp.round((lead - edge.sweep[None] / 2 - middle[k][None]) / (2 * np.pi))
            a = jnp.clip(lead - last[None] - turn, start[k][None], stop[k][None])
            b = jnp.clip(lead - first[None] - turn, start[k][None], stop[k][None])
            engaged = (b - a) / jnp.abs(edge.sweep)[None]
            sine, cosine = jnp.sin((a + b) / 2), jnp.cos((a + b) / 2)
            thrown = (side[None] * sine + down[None])[None]  # chip area of a whole revolution's feed
            if has_runout:
                gain = edge.previous_share[:, tooth, None, None] * thrown + edge.relief[:, tooth, None]
                chip = jnp.min(gain, axis=0)
            else:
                chip = edge.share[tooth][None, None] * thrown[0]
            cuts = jnp.where((chip > 0) & (edge.share[tooth] > 0)[None, None], engaged, 0.0)
            rub = edge.width[None]
            tangential = cuts * (coefficients.ktc * chip + coefficients.kte * rub)
            radial = cuts * (coefficients.krc * chip + coefficients.kre * rub)
            axial = cuts * hand * (coefficients.kac * chip + coefficients.kae * rub)
            inward = edge.sine[None] * radial + edge.cosine[None] * axial
            parts = (
                -tangential * cosine - inward * sine,
                tangential * sine - inward * cosine,
                edge.cosine[None] * radial - edge.sine[None] * axial,
                edge.arm[None] * tangential,
            )
            total += jnp.stack([jnp.sum(part, axis=1) for part in parts])
    return total.at[1].multiply(sense[None])
