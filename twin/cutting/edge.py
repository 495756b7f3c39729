"""The engaged edge of a segment, cut into elements: one per axial slice, and one for the bottom disk.

All arrays put the segment last, so that a block of segments is one vector.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.profile import profile

TINY = 1e-30
LEAST_SWEEP = 1e-7  # [rad] that the helix of an element covers at least: makes a straight edge's entry continuous


@register_dataclass
@dataclass(frozen=True)
class Edge:
    """Edge elements of a block of segments.

    A tooth that is ``share`` of a revolution behind the last one cuts, at immersion ``phi``, the chip area
    ``share * feed_per_revolution * (side sin(phi) + down) + (runout difference) * height``.
    """

    side: jax.Array  # (element, segment) [m] chip area over feed: advance times height of the element
    down: jax.Array  # (element, segment) [m] chip area over feed: descent times radial extent
    height: jax.Array  # (element, segment) [m]
    width: jax.Array  # (element, segment) [m] length of the edge
    sine: jax.Array  # (element, segment) mean sine of the angle kappa between tool axis and surface normal
    cosine: jax.Array  # (element, segment) mean cosine
    side_arm: jax.Array  # (element, segment) [m] mean radius over the height
    down_arm: jax.Array  # (element, segment) [m] mean radius over the radial extent
    edge_arm: jax.Array  # (element, segment) [m] mean radius along the edge
    lag: jax.Array  # (element, segment) [rad] by which the element's lower end trails the tip
    sweep: jax.Array  # (element, segment) [rad] by which its upper end trails the lower
    arc: jax.Array  # (end, arc, element, segment) [rad] counted as the spindle turns: mirrored for M4
    share: jax.Array  # (tooth, segment)
    position: jax.Array  # (tooth, segment) [rad]
    previous_share: jax.Array  # (back, tooth, segment)
    relief: jax.Array  # (back, tooth, element, segment) [m2] chip area gained by runout over the tooth ``back`` before
    hand: jax.Array  # (1, segment) sign of the axial force
    has_runout: bool = field(metadata={"static": True})
    alike: bool = field(metadata={"static": True})
    fewest_teeth: int = field(metadata={"static": True})

    @property
    def chip_arm(self) -> jax.Array:
        """Mean radius over the chip (element, segment) [m], side and bottom weighted by their areas."""
        side, down = jnp.abs(self.side), jnp.abs(self.down)
        return (side * self.side_arm + down * self.down_arm) / jnp.maximum(side + down, TINY)


def edge_elements(contact: Contact, clockwise: jax.Array, cutters: Cutters) -> Edge:
    """Return the edge elements of a block of segments; ``clockwise``: (segment,) bool, the spindle's sense."""
    tool = jax.tree.map(lambda values: _of_segments(values, contact), cutters)
    level = jnp.linspace(0.0, 1.0, contact.arc.shape[1] + 1)[:, None] * contact.depth[None]
    at = profile(tool, level)
    thickness, full_rise, area, length, moment = (
        jnp.diff(values, axis=0) for values in (level, at.radius, at.area, at.length, at.moment)
    )
    # the lip of a drill starts at the end of its chisel edge
    lip_radius = jnp.maximum(at.radius, tool.web)
    rise = jnp.diff(lip_radius, axis=0)
    lip = jnp.where(full_rise > 0, rise / jnp.where(full_rise > 0, full_rise, 1.0), 1.0)
    on_web = lip < 1.0
    middle = (lip_radius[1:] + lip_radius[:-1]) / 2

    def with_disk(slices: jax.Array, disk: jax.Array) -> jax.Array:
        return jnp.concatenate([slices, jnp.broadcast_to(disk, slices[:1].shape)])

    none = jnp.zeros_like(contact.depth)[None]
    height, rise = with_disk(lip * thickness, none), with_disk(rise, tool.disk)
    width = with_disk(lip * length, tool.disk)
    safe_width = jnp.where(width > 0, width, 1.0)
    lag, sweep = with_disk(level[:-1] * tool.lag, none), with_disk(thickness * tool.lag, none)
    start, stop = jnp.moveaxis(contact.arc.astype(float), (3, 2, 1), (0, 1, 2))
    mirrored = (np.pi - stop) % (2 * np.pi)
    start, stop = jnp.where(clockwise, start, mirrored), jnp.where(clockwise, stop, mirrored + stop - start)
    arc = jnp.stack([start, stop])
    return Edge(
        side=contact.advance[None] * height,
        down=contact.descent[None] * rise,
        height=height,
        width=width,
        sine=height / safe_width,
        cosine=rise / safe_width,
        side_arm=with_disk(jnp.where(on_web, middle, area / jnp.maximum(thickness, TINY)), none),
        down_arm=with_disk(middle, tool.disk / 2),
        edge_arm=with_disk(jnp.where(on_web, middle, moment / jnp.maximum(length, TINY)), tool.disk / 2),
        lag=lag,
        sweep=jnp.where(jnp.abs(sweep) < LEAST_SWEEP, LEAST_SWEEP, sweep),
        arc=jnp.concatenate([arc, arc[:, :, :1]], axis=2),
        share=tool.cut_share,
        position=tool.position,
        previous_share=tool.previous_share,
        relief=_relief(cutters, contact, lag + sweep / 2) * height[None, None],
        hand=tool.hand,
        has_runout=cutters.has_runout,
        alike=cutters.alike,
        fewest_teeth=cutters.fewest_teeth,
    )


def _of_segments(of_tool: jax.Array, contact: Contact) -> jax.Array:
    """(tool, ...) to (..., segment), at least two axes."""
    return jnp.atleast_2d(jnp.moveaxis(of_tool[contact.tool], 0, -1))


def _relief(cutters: Cutters, contact: Contact, lag: jax.Array) -> jax.Array:
    """How much farther out each tooth runs than those before it (back, tooth, element, segment) [m].

    A tooth runs out by runout * cos(runout angle - position - lag).
    """
    angle = cutters.runout_angle[:, None] - cutters.position
    relief = jnp.zeros(())
    for at_tip, of_lag in ((jnp.cos(angle), jnp.cos(lag)), (jnp.sin(angle), jnp.sin(lag))):
        before = jnp.take_along_axis(at_tip[:, None], cutters.previous, axis=2)
        farther = cutters.runout[:, None, None] * (at_tip[:, None] - before)  # (tool, back, tooth)
        relief = relief + _of_segments(farther, contact)[:, :, None] * of_lag[None, None]
    return relief
