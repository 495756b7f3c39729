"""The engaged edge of a segment, cut into elements: one per axial slice, and one for the bottom disk.

A serrated edge has several elements a slice, and its teeth differ in radius and slope. All arrays put the segment
last, so that a block of segments is one vector.
"""

from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.profile import profile

TINY = 1e-30
A_SLICE = 3  # elements of a serrated edge in an axial slice
GOLDEN = (5**0.5 - 1) / 2
SPREAD = 0.8  # of the ends of elements within a slice, over the element
LEAST_SWEEP = 1e-7  # [rad] that the helix of an element covers at least: makes a straight edge's entry continuous


@register_dataclass
@dataclass(frozen=True)
class Edge:
    """Edge elements of a block of segments.

    A tooth that is ``share`` of a revolution behind the last one cuts, at immersion ``phi``, the chip area
    ``share * feed_per_revolution * (side sin(phi) + down) + (runout difference) * height``.
    Fields that say "by tooth" have the axis of the teeth in front where edges are serrated.
    """

    side: jax.Array  # (element, segment) [m] chip area over feed: advance times height of the element
    down: jax.Array  # (element, segment) [m] chip area over feed: descent times radial extent; where edges are
    # serrated (back, tooth, element, segment): times that of the tooth before
    height: jax.Array  # (element, segment) [m]
    width: jax.Array  # (element, segment), by tooth: [m] length of the edge
    sine: jax.Array  # (element, segment), by tooth: mean sine of the angle kappa between tool axis and surface normal
    cosine: jax.Array  # (element, segment), by tooth: mean cosine
    side_arm: jax.Array  # (element, segment), by tooth: [m] mean radius over the height
    down_arm: jax.Array  # (element, segment), by tooth: [m] mean radius over the radial extent
    edge_arm: jax.Array  # (element, segment), by tooth: [m] mean radius along the edge
    trail: jax.Array  # (tooth, element, segment) [rad] by which the element's middle trails the tip of tooth 0
    sweep: jax.Array  # (tooth or 1, element, segment) [rad] by which its upper end trails the lower
    arc: jax.Array  # (end, arc, element, segment) [rad] counted as the spindle turns: mirrored for M4
    share: jax.Array  # (tooth, element or 1, segment)
    previous_share: jax.Array  # (back, tooth, element or 1, segment)
    relief: jax.Array  # (back, tooth, element, segment) [m2] chip area gained over the tooth ``back`` before
    hand: jax.Array  # (1, segment) sign of the axial force
    has_runout: bool = field(metadata={"static": True})
    alike: bool = field(metadata={"static": True})
    fewest_teeth: int = field(metadata={"static": True})

    @property
    def serrated(self) -> bool:
        """Whether the teeth differ in radius and slope."""
        return self.width.ndim == 3

    @property
    def chip_arm(self) -> jax.Array:
        """Mean radius over the chip (element, segment) [m], by tooth; side and bottom weighted by their areas."""
        if self.serrated:
            return self.side_arm
        side, down = jnp.abs(self.side), jnp.abs(self.down)
        return (side * self.side_arm + down * self.down_arm) / jnp.maximum(side + down, TINY)


def edge_elements(contact: Contact, clockwise: jax.Array, cutters: Cutters, serrated: bool = False) -> Edge:
    """Return the edge elements of a block of segments.

    Args:
        contact: of the block.
        clockwise: (segment,) bool, the spindle's sense.
        cutters: the program's tools.
        serrated: whether to resolve serrations; without, serrated edges count as smooth.
    """
    tool = jax.tree.map(lambda values: _of_segments(values, contact), cutters)
    a_slice = A_SLICE if serrated else 1
    level = _levels(contact.arc.shape[1], a_slice)[:, None] * contact.depth[None]
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
    arc = jnp.concatenate([jnp.repeat(arc, a_slice, axis=2), arc[:, :, :1]], axis=2)
    edge = Edge(
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
        arc=arc,
        share=share,
        previous_share=previous_share,
        relief=_relief(tool, trail, height, z * height + radius * rise) if cutters.has_runout else none[None, None],
        hand=tool.hand,
        has_runout=cutters.has_runout,
        alike=cutters.alike,
        fewest_teeth=cutters.fewest_teeth,
    )
    return _waved(edge, tool, contact.descent, z, thickness, rise, radius) if serrated else edge


def _of_segments(of_tool: jax.Array, contact: Contact) -> jax.Array:
    """(tool, ...) to (..., segment), at least two axes."""
    return jnp.atleast_2d(jnp.moveaxis(of_tool[contact.tool], 0, -1))


def _levels(n_slices: int, a_slice: int) -> jax.Array:
    """Ends of the elements, as parts of the depth (element + 1,).

    Several in a slice are unlike from slice to slice, so that no wavelength is met at the same phases again and again.
    """
    inner = np.arange(a_slice) / a_slice
    shift = (np.arange(n_slices) * GOLDEN % 1.0 - 0.5) * SPREAD / a_slice
    ends = np.arange(n_slices)[:, None] + inner[None] + np.where(inner > 0, shift[:, None], 0.0)
    return jnp.asarray(np.append(ends.ravel(), n_slices) / n_slices)


def _waved(
    edge: Edge,
    tool: Cutters,
    descent: jax.Array,
    z: jax.Array,
    thickness: jax.Array,
    rise: jax.Array,
    radius: jax.Array,
) -> Edge:
    """``edge`` with the serrations of its teeth: radius R(z) - A + A cos(2 pi z / wavelength - phase).

    Args:
        edge: as if smooth.
        tool: (..., segment) of each segment.
        descent: (segment,) of the feed.
        z, thickness, rise, radius: (element, segment) [m] of the smooth elements: middle, extents, middle radius.
    """
    angle = tool.wave_number[None] * z[None] - tool.wave_phase[:, None]  # (tooth, element, segment)
    half = tool.wave_number * thickness / 2
    deep = tool.wave_height[None] * jnp.where(thickness > 0, 1.0, 0.0)[None]  # the flat bottom has no wave
    wave = deep * (jnp.cos(angle) * jnp.sinc(half / np.pi)[None] - 1)  # mean over the element
    rise = rise[None] - 2 * deep * jnp.sin(angle) * jnp.sin(half)[None]
    radius = radius[None] + wave
    square = thickness[None] ** 2 + rise**2
    width = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
    safe_width = jnp.where(width > 0, width, 1.0)
    # a tooth stands out by its wave, and a leaning tool lowers the face of one side by as much as its slope tells
    lean = tool.tilt[None] * jnp.cos(tool.tilt_angle[None] - edge.trail)
    out = wave + tool.runout[None] * jnp.cos(tool.runout_angle[None] - edge.trail) + lean * z[None]
    lower = lean * radius
    rise_before, left = (
        jnp.take_along_axis(values[None], tool.previous[:, :, None], axis=1)
        for values in (rise, out * thickness[None] + lower * rise)
    )
    relief = (out * thickness[None])[None] - left + lower[None] * rise_before
    others = (tool.previous_share > 0) & (tool.previous_share < 1)  # no tooth gains over itself, none that is missing
    return replace(
        edge,
        down=descent[None, None, None] * rise_before,
        width=width,
        sine=thickness[None] / safe_width,
        cosine=rise / safe_width,
        side_arm=radius,
        down_arm=radius,
        edge_arm=radius,
        relief=jnp.where(others[:, :, None], relief, 0.0),
    )


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
