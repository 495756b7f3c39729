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
    trail: jax.Array  # (tooth, element, segment) [rad] by which the element's middle trails the tip of tooth 0
    sweep: jax.Array  # (tooth or 1, element, segment) [rad] by which its upper end trails the lower
    arc: jax.Array  # (end, arc, element, segment) [rad] counted as the spindle turns: mirrored for M4
    share: jax.Array  # (tooth, element or 1, segment)
    previous_share: jax.Array  # (back, tooth, element or 1, segment)
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
    radius = with_disk(middle, tool.disk / 2)
    z, thickness = with_disk((level[1:] + level[:-1]) / 2, none), with_disk(thickness, none)
    lag = tool.lag[None]  # (1 or tooth, 1, segment)
    share, previous_share = tool.cut_share[:, None], tool.previous_share[:, :, None]
    if not cutters.like_helix:
        lag = lag + tool.more_lag[:, None]
        before = jnp.take_along_axis(tool.more_lag[None], tool.previous, axis=1)
        widening = ((tool.more_lag[None] - before) / (2 * np.pi))[:, :, None] * z[None, None]
        share = jnp.where(share > 0, share + widening[0], 0.0)
        previous_share = jnp.where(previous_share > 0, previous_share + widening, 0.0)
    sweep = lag * thickness[None]
    # a straight edge begins where its tip is
    begin = lag * (z - thickness / 2)[None]
    sweep = jnp.where(jnp.abs(sweep) < LEAST_SWEEP, LEAST_SWEEP, sweep)
    trail = tool.position[:, None] + begin + sweep / 2
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
        side_arm=with_disk(jnp.where(on_web, middle, area / jnp.maximum(thickness[:-1], TINY)), none),
        down_arm=radius,
        edge_arm=with_disk(jnp.where(on_web, middle, moment / jnp.maximum(length, TINY)), tool.disk / 2),
        trail=trail,
        sweep=sweep,
        arc=jnp.concatenate([arc, arc[:, :, :1]], axis=2),
        share=share,
        previous_share=previous_share,
        relief=_relief(tool, trail, height, z * height + radius * rise) if cutters.has_runout else none[None, None],
        hand=tool.hand,
        has_runout=cutters.has_runout,
        alike=cutters.alike,
        fewest_teeth=cutters.fewest_teeth,
    )


def _of_segments(of_tool: jax.Array, contact: Contact) -> jax.Array:
    """(tool, ...) to (..., segment), at least two axes."""
    return jnp.atleast_2d(jnp.moveaxis(of_tool[contact.tool], 0, -1))


def _relief(tool: Cutters, trail: jax.Array, height: jax.Array, lever: jax.Array) -> jax.Array:
    """Chip area that each tooth gains over those before it, as it runs farther out or lower (back, tooth, element,
    segment) [m2].

    A tooth runs out by runout * cos(runout angle - trail), and by tilt * cos(tilt angle - trail) times its height; the
    tilt lowers it by as much times its radius. ``lever``: height and radius times their extents (element, segment).
    """
    reach = tool.runout[None] * jnp.cos(tool.runout_angle[None] - trail) * height[None]
    reach = reach + tool.tilt[None] * jnp.cos(tool.tilt_angle[None] - trail) * lever[None]
    before = jnp.take_along_axis(reach[None], tool.previous[:, :, None], axis=1)
    return reach[None] - before
