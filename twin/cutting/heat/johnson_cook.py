"""Flow stress of metals after Johnson and Cook (1983)."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.units import Pressure, Rate, Ratio, Temperature


@register_dataclass
@dataclass(frozen=True)
class JohnsonCook:
    """Flow stress (A + B strain^n) (1 + C ln(strain rate / reference)) (1 - homologous temperature^m)."""

    yield_stress: Pressure
    """A, at the reference rate and temperature."""
    hardening: Pressure
    """B."""
    hardening_exponent: Ratio
    """n."""
    rate_factor: Ratio
    """C."""
    softening_exponent: Ratio
    """m."""
    reference_rate: Rate
    """Strain rate at which the rate term is 1."""
    reference_temperature: Temperature
    """At and below which nothing softens."""
    melting_temperature: Temperature
    """Where nothing holds."""


def flow_stress(material: JohnsonCook, strain: ArrayLike, rate: ArrayLike, temperature: ArrayLike) -> jax.Array:
    """Equivalent flow stress [Pa], any shape.

    Args:
        material: its constants.
        strain: equivalent plastic strain, > 0.
        rate: [1/s] > 0.
        temperature: [degC].
    """
    k = material
    strain, rate, temperature = (jnp.asarray(v, dtype=float) for v in (strain, rate, temperature))
    hardened = k.yield_stress + k.hardening * strain**k.hardening_exponent
    hurried = 1 + k.rate_factor * jnp.log(rate / k.reference_rate)
    homologous = (temperature - k.reference_temperature) / (k.melting_temperature - k.reference_temperature)
    homologous = jnp.clip(homologous, 0.0, 1.0)
    safe = jnp.where(homologous > 0, homologous, 1.0)
    return hardened * hurried * (1 - jnp.where(homologous > 0, safe**k.softening_exponent, 0.0))
