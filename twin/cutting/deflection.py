"""Static deflection of tool and holder: a stepped cantilever on the stiffness of holder and spindle.

The beam is fluted (diameter times ``core_ratio``) up to the flute length and a shank above it; Euler and Bernoulli
with the shear of Timoshenko (shear coefficient 0.9 of a round section). The holder gives way and tilts at its face.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.contact import Contact
from twin.cutting.loads import Loads
from twin.errors import InputError
from twin.machine.tool import Tool

SHEAR_COEFFICIENT = 0.9
POISSON = 0.22  # of carbide; enters the small shear term only
SIDE = 0.12  # [rad] an arc that ends this near to a normal of the feed shapes that wall; arcs are measured to 0.1 rad


def tip_compliance(tool: Tool, height: float = 0.0) -> float:
    """Sideways motion of the tip per force at ``height`` [m] above it, both across the axis [m/N].

    Raises:
        InputError: a stiffness or modulus that is not positive.
    """
    if min(tool.holder_stiffness, tool.holder_tilt_stiffness, tool.youngs_modulus) <= 0:
        raise InputError(
            f"tool T{tool.number} '{tool.name}': a stiffness is not positive", remedy="correct the tool list"
        )
    shank = tool.shank_diameter or tool.diameter
    ends = (0.0, tool.flute_length, tool.stick_out)
    compliance = 1 / tool.holder_stiffness + tool.stick_out * (tool.stick_out - height) / tool.holder_tilt_stiffness
    for low, high, diameter in zip(ends[:-1], ends[1:], (tool.core_ratio * tool.diameter, shank), strict=True):
        low = max(low, height)
        if high <= low:
            continue
        bending = tool.youngs_modulus * np.pi * diameter**4 / 64
        shear = SHEAR_COEFFICIENT * tool.youngs_modulus / (2 * (1 + POISSON)) * np.pi * diameter**2 / 4
        # unit load: moment z at the tip's dummy load times moment (z - height) of the force, z from the tip
        compliance += ((high**3 - low**3) / 3 - height * (high**2 - low**2) / 2) / bending + (high - low) / shear
    return float(compliance)


def static_deflection(contact: Contact, loads: Loads, tools: Mapping[int, Tool], numbers: tuple[int, ...]) -> jax.Array:
    """Deflection of the tip (segment, 3) [m], part axes: actual minus nominal, one vector a segment.

    A wall is shaped while a tooth passes it, a floor all the time. Where the tool touches material up to the left or
    the right normal of the feed, the force of that instant counts; where it does on both sides or on none (slot,
    floor, plunge), the mean force. Forces act at half the engaged depth. Axial stiffness counts as infinite.

    Args:
        contact: engagement and directions.
        loads: forces on the tool.
        tools: tool list.
        numbers: T word of each row of ``contact.tool``.
    """
    base = jnp.asarray([tip_compliance(tools[number]) for number in numbers])
    flute = jnp.asarray([tip_compliance(tools[number], tools[number].flute_length / 2) for number in numbers])
    half = jnp.asarray([tools[number].flute_length / 2 for number in numbers])
    share = jnp.clip(contact.depth / 2 / half[contact.tool], 0.0, 1.0)
    compliance = base[contact.tool] * (1 - share) + flute[contact.tool] * share
    start, end = contact.arc[..., 0], contact.arc[..., 1]
    engaged = end > start
    left = jnp.any(engaged & (start < SIDE), axis=(1, 2))
    right = jnp.any(engaged & (end > np.pi - SIDE) & (start < np.pi), axis=(1, 2))
    force = jnp.where(
        (left & ~right)[:, None],
        loads.force_left,
        jnp.where((right & ~left)[:, None], loads.force_right, loads.force_mean),
    )
    across = force - jnp.sum(force * contact.axis, axis=1, keepdims=True) * contact.axis
    return jnp.where((contact.depth > 0)[:, None], across * compliance[:, None], 0.0)
