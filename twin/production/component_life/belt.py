"""V-belts: peak tensions at both pulleys and the passes that they leave, after Shigley and the Gates Rubber Company.

A belt is bent at each pulley, which adds K_b / d to its tension; the two peaks T1, T2 wear it independently:
1 / passes = (K / T1)^-b + (K / T2)^-b. No standard states a life for the belts of spindles: this law was measured on
industrial V-belts (10^8 to 10^9 passes), and its L10 is taken for what it states.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.units import Force, Length, LineDensity, Ratio, Torque


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Belt:
    """Belts side by side between motor and spindle."""

    n_belts: int = field(metadata={"static": True})
    """Side by side."""
    length: Length
    """Pitch length."""
    driving_diameter: Length
    """Pitch diameter of the motor's pulley."""
    driven_diameter: Length
    """Pitch diameter of the spindle's pulley."""
    mass_per_length: LineDensity
    """Of one belt."""
    tension: Force
    """Of one belt at rest."""
    bending: Torque
    """K_b: tension that bending adds, times the diameter."""
    strength: Force
    """K of the law of durability."""
    exponent: Ratio
    """b of the law of durability."""


def peak_tensions(belt: Belt, speed: ArrayLike, torque: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """Peaks [N] at the motor's and the spindle's pulley, at ``speed`` [rad/s] and ``torque`` [N m] of the spindle."""
    run = jnp.abs(jnp.asarray(speed, float)) * belt.driven_diameter / 2
    pull = jnp.abs(jnp.asarray(torque, float)) / (belt.driven_diameter / 2) / belt.n_belts
    tight = belt.tension + belt.mass_per_length * run**2 + pull / 2
    return tight + belt.bending / belt.driving_diameter, tight + belt.bending / belt.driven_diameter


def passes(belt: Belt, first: ArrayLike, second: ArrayLike) -> jax.Array:
    """Passes of the belt under two peak tensions [N], any shape."""
    first, second = jnp.asarray(first, float), jnp.asarray(second, float)
    return 1 / ((first / belt.strength) ** belt.exponent + (second / belt.strength) ** belt.exponent)


def belt_consumed(belt: Belt, speed: ArrayLike, torque: ArrayLike, seconds: ArrayLike) -> jax.Array:
    """Lives consumed in ``seconds`` (part,) [s] at ``speed`` (part,) [rad/s] under ``torque`` (part,) [N m]."""
    run = jnp.abs(jnp.asarray(speed, float)) * belt.driven_diameter / 2
    made = run * jnp.asarray(seconds, float) / belt.length
    return jnp.sum(made / passes(belt, *peak_tensions(belt, speed, torque)))
