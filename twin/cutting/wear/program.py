"""Flank wear of each tool along a program: what every segment uses up of the tool's life."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.compiled import first_rows, kept, padded_rows
from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.wear.law import TaylorLaw, taylor_wear, tool_life
from twin.cutting.wear.path import life_used


@register_dataclass
@dataclass(frozen=True)
class ProgramWear:
    """Wear that one part causes."""

    used: jax.Array  # (segment,) part of its tool's life used up at the end of the segment, parts before included
    wear: jax.Array  # (segment,) [m] flank wear VB of its tool there
    used_by_part: jax.Array  # (tool,) part of the life that one part uses up


def program_wear(
    contact: Contact,
    feed: ArrayLike,
    spindle: ArrayLike,
    seconds: ArrayLike,
    cutters: Cutters,
    law: TaylorLaw,
    used_before: ArrayLike = 0.0,
) -> ProgramWear:
    """Wear along a path, every tool of the same law.

    Args:
        contact: where the tools touch stock.
        feed: (segment,) [m/s] along the path.
        spindle: (segment,) [rad/s].
        seconds: (segment,) [s] that the segment takes.
        cutters: the program's tools.
        law: of the material and the tools; its feed is per tooth, its life counts the time that the tool is in cut.
        used_before: (tool,) part of the life used up before this part.
    """
    n = len(contact.depth)
    series = [v if isinstance(v, jax.core.Tracer) else np.asarray(v, dtype=float) for v in (feed, spindle, seconds)]
    rows = jax.tree.map(padded_rows, (contact, *series))
    before = jnp.broadcast_to(jnp.asarray(used_before, dtype=float), jnp.shape(jnp.asarray(cutters.radius)))
    used, wear, by_part = _program_wear(*rows, cutters, law, before)
    return ProgramWear(first_rows(used, n), first_rows(wear, n), by_part)


@kept
def _program_wear(
    contact: Contact,
    feed: jax.Array,
    spindle: jax.Array,
    seconds: jax.Array,
    cutters: Cutters,
    law: TaylorLaw,
    before: jax.Array,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    tool = jnp.asarray(contact.tool)
    cutting = (contact.depth > 0) & (spindle != 0) & (feed > 0)
    speed = jnp.where(cutting, jnp.abs(spindle), 1.0)
    n_teeth = jnp.sum(jnp.asarray(cutters.cut_share) > 0, axis=1, dtype=float)[tool]
    immersion = jnp.where(cutting, radial_immersion(contact), 1.0)
    life = tool_life(
        law,
        speed * jnp.asarray(cutters.radius)[tool],
        jnp.where(cutting, 2 * np.pi * feed / (speed * n_teeth), 1.0),
        jnp.where(cutting, contact.depth, 1.0),
        jnp.maximum(immersion, 1e-3),
    )
    so_far, by_part = life_used(jnp.where(cutting, seconds, 0.0), life, tool, len(before))
    used = so_far + before[tool]
    return used, taylor_wear(law, used), by_part


def radial_immersion(contact: Contact) -> jax.Array:
    """Widest radial immersion ae / D over the height of the cut (segment,), 0..1."""
    start, end = (jnp.clip(jnp.asarray(contact.arc[..., i], dtype=float), 0.0, np.pi) for i in (0, 1))
    return jnp.max(jnp.sum(jnp.cos(start) - jnp.cos(end), axis=2), axis=1) / 2
