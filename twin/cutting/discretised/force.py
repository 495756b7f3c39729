"""The force on discretised edges at every instant, with the chip thickness that the teeth before left.

The reference that the loads of path segments are checked against: few assumptions, no speed. Teeth move on circles
(the feed per tooth is small against the radius); the chip is measured along the radius.
"""

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.discretised.edge import DiscretisedEdge
from twin.cutting.laws import ForceLaw, line_force

TURN = 2 * np.pi
LEAST_SWEEP = 1e-7  # [rad] that an element covers at least, so that the entry of a straight edge has a width
ANGLES_AT_ONCE = 64  # bounds the memory


def chip_area(edge: DiscretisedEdge, feed: jax.Array, sine: jax.Array) -> jax.Array:
    """Uncut chip area of every element (tooth, element) [m2]: not positive where it touches nothing.

    A tooth takes what stands out over the surface that each of the teeth before it, and itself one revolution ago,
    has left: the feed since then, and the difference of their radii and heights from serration, runout and tilt.
    The least of these counts, so that a tooth may cut what several others have missed.

    Args:
        edge: of the tool.
        feed: (2,) [m] a revolution, across and down the tool axis.
        sine: (tooth, element) of the immersion angle.
    """
    lean = edge.tilt * jnp.cos(edge.tilt_angle - edge.trail)
    outward = edge.radius + edge.runout * jnp.cos(edge.runout_angle - edge.trail) + lean * edge.z
    lower = lean * edge.radius  # a leaning tool lowers one side of its face
    standing = outward * edge.thickness + lower * edge.rise
    least = feed[0] * edge.thickness * sine + feed[1] * edge.rise  # over itself, one revolution ago
    for back in range(1, edge.n_teeth):
        trail, rise, left = (jnp.roll(values, back, axis=0) for values in (edge.trail, edge.rise, standing))
        share = ((edge.trail - trail) % TURN) / TURN
        left_by_rise = left + lower * (edge.rise - rise)
        taken = share * (feed[0] * edge.thickness * sine + feed[1] * rise) + standing - left_by_rise
        least = jnp.minimum(least, taken)
    return least


@jax.jit
def force_history(
    edge: DiscretisedEdge, feed: jax.Array, arc: jax.Array, law: ForceLaw, rotation: jax.Array
) -> jax.Array:
    """Force ahead, left, up [N] and torque [N m] on the tool: (angle, 4). The spindle turns clockwise (M3).

    An element counts by the part of its helix within the arc, at the middle of that part. Derivatives hold for the
    elements in contact: they do not see the edge force of those that a change would bring into contact or out of it.

    Args:
        edge: of the tool.
        feed: (2,) [m] a revolution, across and down the tool axis.
        arc: (element, arc, 2) [rad] immersion angles at which each element meets material; empty: start = end.
        law: force per edge length against chip thickness.
        rotation: (angle,) [rad]; at 0 the tip of tooth 0 stands at immersion 0.
    """
    start, stop = jnp.moveaxis(arc.astype(float), (2, 1), (0, 1))  # (arc, element)
    whole = stop - start >= TURN - 1e-9  # has no ends
    start, stop = jnp.where(whole, start - np.pi, start), jnp.where(whole, stop + np.pi, stop)
    width = edge.width
    safe = jnp.where(width > 0, width, 1.0)
    sine_kappa, cosine_kappa = edge.thickness / safe, edge.rise / safe
    half = jnp.maximum(jnp.abs(edge.sweep), LEAST_SWEEP) / 2

    def of_arc(start: jax.Array, stop: jax.Array, angle: jax.Array) -> jax.Array:
        phi = angle - edge.trail  # (tooth, element)
        near = phi - TURN * jnp.round((phi - (start + stop) / 2) / TURN)
        before = jnp.clip(start - near + half, 0.0, 2 * half)  # of the element, not yet in the arc
        beyond = jnp.clip(near + half - stop, 0.0, 2 * half)
        part = jnp.clip(1 - (before + beyond) / (2 * half), 0.0, 1.0)
        middle = near + (before - beyond) / 2
        sine, cosine = jnp.sin(middle), jnp.cos(middle)
        area = chip_area(edge, feed, sine)
        touches = (area > 0) & (width > 0)
        length = jnp.where(touches, part * width, 0.0)
        forces = line_force(law, jnp.where(touches, area, 1.0) / safe)
        tangential, radial, axial = (length * force for force in forces)
        axial = axial * edge.hand[:, None]
        inward = sine_kappa * radial + cosine_kappa * axial
        up = cosine_kappa * radial - sine_kappa * axial
        ahead, left = -tangential * cosine - inward * sine, tangential * sine - inward * cosine
        return jnp.stack([jnp.sum(values) for values in (ahead, left, up, tangential * edge.radius)])

    def at(angle: jax.Array) -> jax.Array:
        forces = jax.vmap(lambda start, stop: of_arc(start[None], stop[None], angle))(start, stop)
        return jnp.sum(forces, axis=0)

    return jax.lax.map(at, rotation, batch_size=ANGLES_AT_ONCE)
