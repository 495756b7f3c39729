"""Shares of the cutting power that end as heat in the work, the chip and the tool, per path segment.

The force model's chip forces are those of an orthogonal cut at the mean chip thickness of the segment, square to the
edge, along the length of edge that is engaged, at the mean radius of that edge, with the shear angle of least work; its
edge forces are rubbing under the flank, whose heat the work takes but for a given part. Milling is taken as steady at
that mean: what a tooth loses between its cuts is not counted, nor is coolant.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.compiled import first_rows, kept, padded_rows
from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.heat.orthogonal import OrthogonalCut, merchant_angle
from twin.cutting.heat.temperature import HeatProperties, cut_temperature
from twin.cutting.profile import profile

LEAST_CHIP = 1e-7  # [m] below it the chip is taken as this thick
LEAST_SHEAR_ANGLE = 0.05  # [rad] friction beyond this is not orthogonal cutting


@register_dataclass
@dataclass(frozen=True)
class HeatShare:
    """Parts of the cutting power (segment,), which add up to one where something is cut, and temperatures."""

    workpiece: jax.Array  # (segment,)
    chip: jax.Array  # (segment,)
    tool: jax.Array  # (segment,)
    shear_plane: jax.Array  # (segment,) [degC] mean; of the work far away where nothing is cut
    interface: jax.Array  # (segment,) [degC] mean of tool and chip


def workpiece_share(
    contact: Contact,
    feed: ArrayLike,
    spindle: ArrayLike,
    cutters: Cutters,
    coefficients: CuttingCoefficients,
    heat: HeatProperties,
    rake: ArrayLike,
    flank_share: ArrayLike,
) -> HeatShare:
    """Where the heat of each segment goes.

    Args:
        contact: where the tools touch stock.
        feed: (segment,) [m/s] along the path.
        spindle: (segment,) [rad/s].
        cutters: the program's tools.
        coefficients: of the workpiece material; scalars.
        heat: properties of work and tool.
        rake: (tool,) [rad].
        flank_share: part of the flank's heat that the work takes; the tool takes the rest.
    """
    n = len(contact.depth)
    feed, spindle = (v if isinstance(v, jax.core.Tracer) else np.asarray(v, dtype=float) for v in (feed, spindle))
    rows = jax.tree.map(padded_rows, (contact, feed, spindle))
    rake, flank_share = (jnp.asarray(v, dtype=float) for v in (rake, flank_share))
    out = _share(*rows, cutters, coefficients, heat, rake, flank_share)
    return jax.tree.map(lambda values: first_rows(values, n), out)


@kept
def _share(
    contact: Contact,
    feed: jax.Array,
    spindle: jax.Array,
    cutters: Cutters,
    k: CuttingCoefficients,
    heat: HeatProperties,
    rake: jax.Array,
    flank_share: jax.Array,
) -> HeatShare:
    cutting = (contact.depth > 0) & (spindle != 0)
    speed = jnp.where(cutting, jnp.abs(spindle), 1.0)
    tool = contact.tool
    n_teeth = jnp.sum(jnp.asarray(cutters.cut_share) > 0, axis=1, dtype=float)[tool]
    per_tooth = 2 * np.pi * jnp.where(cutting, feed, 0.0) / (speed * n_teeth)
    area, length, arm = engaged_edge(contact, cutters)
    width = jnp.where(cutting, length, 1.0)
    chip = jnp.maximum(per_tooth * area / width, LEAST_CHIP)
    cutting_force, thrust = k.ktc * chip * width, k.krc * chip * width
    rake = rake[tool]
    friction_angle = jnp.arctan2(thrust, cutting_force) + rake
    cut = OrthogonalCut(
        speed=speed * jnp.where(cutting, arm, 1.0),
        thickness=chip,
        width=width,
        rake=rake,
        shear_angle=jnp.maximum(merchant_angle(friction_angle, rake), LEAST_SHEAR_ANGLE),
        cutting_force=cutting_force,
        thrust_force=thrust,
    )
    warm = cut_temperature(cut, heat)
    flank = k.kte * width * cut.speed
    total = cutting_force * cut.speed + flank
    workpiece = (warm.work_part * cut.shear_power + flank_share * flank) / total
    to_tool = (warm.tool_part * cut.friction_power + (1 - flank_share) * flank) / total

    def where_cut(values: jax.Array, otherwise: jax.Array | float = 0.0) -> jax.Array:
        return jnp.where(cutting, values, otherwise)

    return HeatShare(
        workpiece=where_cut(workpiece),
        chip=where_cut(1 - workpiece - to_tool),
        tool=where_cut(to_tool),
        shear_plane=where_cut(warm.shear_plane, heat.initial_temperature),
        interface=where_cut(warm.interface, heat.initial_temperature),
    )


def engaged_edge(contact: Contact, cutters: Cutters) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Edge of a tooth that cuts, each (segment,): chip area over the feed of a tooth [m], length [m], mean radius [m].

    The area is the mean over the engaged arcs. The flat bottom cuts where the feed goes down the axis.
    """
    start, end = (jnp.clip(contact.arc[..., i].astype(float), 0.0, np.pi) for i in (0, 1))
    swept = jnp.sum(end - start, axis=(1, 2))
    sine = jnp.sum(jnp.cos(start) - jnp.cos(end), axis=(1, 2)) / jnp.where(swept > 0, swept, 1.0)
    tool = jax.tree.map(lambda values: jnp.asarray(values)[contact.tool], cutters)
    at = profile(tool, contact.depth)
    down = jnp.clip(contact.descent, 0.0, None)
    bottom = jnp.where(down > 0, tool.disk, 0.0)
    area = contact.advance * sine * contact.depth + down * (at.radius - tool.disk + bottom)
    length = at.length + bottom
    some = jnp.where(length > 0, length, 1.0)
    return area, length, (at.moment + bottom * tool.disk / 2) / some
