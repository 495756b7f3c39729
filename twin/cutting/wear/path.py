"""Wear along a program, over parts, and what it does to the forces."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.wear.law import TaylorLaw, taylor_wear
from twin.errors import InputError
from twin.units import Pressure


@register_dataclass
@dataclass(frozen=True)
class WearGrowth:
    """How a worn flank adds to the edge coefficients: in proportion to its land, as a pressure that rubs."""

    tangential: Pressure
    """Growth of kte per length of the land VB: friction on it."""
    radial: Pressure
    """Growth of kre per length of the land VB: mean pressure on it."""


def life_used(seconds: ArrayLike, life: ArrayLike, tool: ArrayLike, n_tools: int) -> tuple[jax.Array, jax.Array]:
    """Part of each tool's life that is used up by the end of each segment, and by one part (Miner's sum).

    Args:
        seconds: (segment,) [s] that a tooth is in the work: time of the segment times the part of a turn in cut.
        life: (segment,) [s] at the conditions of the segment, from :func:`tool_life`; not read where seconds is 0.
        tool: (segment,) int row of the tool.
        n_tools: rows.

    Returns:
        (segment,) used so far by the segment's tool in this part, and (tool,) used by the whole part.
    """
    seconds, life = jnp.asarray(seconds, dtype=float), jnp.asarray(life, dtype=float)
    used = jnp.where(seconds > 0, seconds / jnp.where(seconds > 0, life, 1.0), 0.0)
    mine = jax.nn.one_hot(jnp.asarray(tool), n_tools, dtype=float)
    so_far = jnp.cumsum(used[:, None] * mine, axis=0)
    return jnp.sum(so_far * mine, axis=1), so_far[-1]


def wear_over_parts(law: TaylorLaw, used_by_part: ArrayLike, n_parts: int) -> jax.Array:
    """Flank wear after 1, 2 ... ``n_parts`` like parts (part, ...) [m]; ``used_by_part`` (...) from life_used."""
    used = jnp.asarray(used_by_part, dtype=float)
    count = jnp.arange(1.0, n_parts + 1).reshape((-1,) + (1,) * used.ndim)
    return taylor_wear(law, count * used[None])


def parts_per_tool(used_by_part: ArrayLike, limit_share: float = 1.0) -> np.ndarray:
    """Whole parts that each tool makes before ``limit_share`` of its life is used up (tool,); inf where none wears."""
    used = np.asarray(used_by_part, dtype=float)
    if not 0 < limit_share <= 1 or not (used >= 0).all():
        raise InputError("a used life is negative, or the share of the life to use is not within 0 and 1")
    with np.errstate(divide="ignore"):
        return np.floor(limit_share / used + 1e-9)


def worn_coefficients(coefficients: CuttingCoefficients, wear: ArrayLike, growth: WearGrowth) -> CuttingCoefficients:
    """Coefficients of a worn edge: kte and kre grow linearly with the land VB, the chip's do not.

    The pressure and friction on a worn flank are near constant while the material under it flows plastically
    (Waldorf, Kapoor and DeVor 1992; Smithey, Kapoor and DeVor 2000).

    Args:
        coefficients: of the sharp tool.
        wear: [m] any shape; the grown coefficients have it.
        growth: of a material and tool.
    """
    wear = jnp.asarray(wear, dtype=float)
    return replace(
        coefficients, kte=coefficients.kte + growth.tangential * wear, kre=coefficients.kre + growth.radial * wear
    )


def usui_wear(rate: ArrayLike, seconds: ArrayLike, start: ArrayLike = 0.0) -> jax.Array:
    """Flank wear at the end of each segment (segment,) [m] of one tool, from rates of growth that do not know it.

    Args:
        rate: (segment,) [m/s] from :func:`usui_rate`.
        seconds: (segment,) [s] in the work.
        start: [m] before the first.
    """
    return jnp.asarray(start) + jnp.cumsum(jnp.asarray(rate, dtype=float) * jnp.asarray(seconds, dtype=float))
