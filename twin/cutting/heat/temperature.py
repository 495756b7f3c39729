"""Temperatures of shear plane and tool-chip interface, and the division of the heat, in closed form.

Loewen and Shaw (1954): heat that arises in the shear plane warms the chip and, in part, the work; heat of the rake
face divides so that chip and tool are equally hot on average (Blok). Steady orthogonal cutting, constant properties.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.tree_util import register_dataclass

from twin.cutting.heat.orthogonal import OrthogonalCut
from twin.cutting.heat.partition import chip_rise, rectangle_factor, thermal_number, weiner_share


@register_dataclass
@dataclass(frozen=True)
class HeatProperties:
    """What heat needs to know of work and tool; scalars."""

    density: jax.Array | float  # [kg/m3] of the work
    specific_heat: jax.Array | float  # [J/(kg K)] of the work
    conductivity: jax.Array | float  # [W/(m K)] of the work
    tool_conductivity: jax.Array | float  # [W/(m K)]
    initial_temperature: jax.Array | float  # [degC] of work and tool far away


@register_dataclass
@dataclass(frozen=True)
class CutTemperature:
    """Temperatures and heat of a cut, of the shape of its entries."""

    shear_plane: jax.Array  # [degC] mean
    interface: jax.Array  # [degC] mean of tool and chip
    interface_peak: jax.Array  # [degC] where the chip leaves the tool
    work_part: jax.Array  # of the shear plane's heat that flows into the work
    tool_part: jax.Array  # of the rake face's heat that flows into the tool


def cut_temperature(cut: OrthogonalCut, heat: HeatProperties) -> CutTemperature:
    """Mean temperatures of shear plane and interface.

    Args:
        cut: forces, angles and speed.
        heat: properties of work and tool.
    """
    capacity = heat.density * heat.specific_heat
    diffusivity = heat.conductivity / capacity
    work = weiner_share(thermal_number(cut.speed, cut.thickness, diffusivity) * jnp.tan(cut.shear_angle))
    flow = capacity * cut.speed * cut.thickness * cut.width
    shear_rise = (1 - work) * cut.shear_power / flow
    length = cut.contact_length
    flux = cut.friction_power / (length * cut.width)
    if_all_chip = chip_rise(flux, length, cut.chip_speed, heat.conductivity, diffusivity)
    # the edge of the tool is a quarter of space: by symmetry half a source of twice the length on half a space
    if_all_tool = flux * length * rectangle_factor(cut.width, 2 * length) / heat.tool_conductivity
    # shear rise + (1 - part) chip rise = part x tool rise
    both = if_all_chip + if_all_tool
    tool = jnp.clip((shear_rise + if_all_chip) / jnp.where(both > 0, both, 1.0), 0.0, 1.0)
    chip = (1 - tool) * if_all_chip
    base = heat.initial_temperature + shear_rise
    return CutTemperature(base, base + chip, base + 1.5 * chip, work, tool)
