"""Static deflection of tool and holder: a stepped cantilever on the stiffness of holder and spindle.

The beam is fluted (diameter times ``core_ratio``) up to the flute length and a shank above it; Euler and Bernoulli
with the shear of Timoshenko (shear coefficient 0.9 of a round section). The holder gives way and tilts at its face.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from twin.cutting.contact import Contact
from twin.cutting.loads import Loads
from twin.errors import InputError
from twin.machine.tool import Tool

SHEAR_COEFFICIENT = 0.9
POISSON = 0.22  # of carbide; enters the small shear term only
SIDE = 0.12  # [rad] an arc that ends this near to a normal of the feed shapes that wall


def compliance(tool: Tool, load: ArrayLike, at: ArrayLike) -> jax.Array:
    """Sideways motion at height ``at`` per sideways force at height ``load``, both above the tip [m]: [m/N].

    Raises:
        InputError: a stiffness or modulus that is not positive.
    """
    if min(tool.holder_stiffness, tool.holder_tilt_stiffness, tool.youngs_modulus) <= 0:
        raise InputError(
            f"tool T{tool.number} '{tool.name}': a stiffness is not positive", remedy="correct the tool list"
        )
    load, at = (jnp.clip(jnp.asarray(height, dtype=float), 0.0, tool.stick_out) for height in (load, at))
    total = 1 / tool.holder_stiffness + (tool.stick_out - load) * (tool.stick_out - at) / tool.holder_tilt_stiffness
    shank = tool.shank_diameter or tool.diameter
    ends = (0.0, tool.flute_length, tool.stick_out)
    for below, above, diameter in zip(ends[:-1], ends[1:], (tool.core_ratio * tool.diameter, shank), strict=True):
        bending = tool.youngs_modulus * np.pi * diameter**4 / 64
        shear = SHEAR_COEFFICIENT * tool.youngs_modulus / (2 * (1 + POISSON)) * np.pi * diameter**2 / 4
        low = jnp.clip(jnp.maximum(load, at), below, above)
        # unit loads: the moments z - load and z - at, z from the tip, act together above the higher of the two
        moments = (above**3 - low**3) / 3 - (load + at) * (above**2 - low**2) / 2 + load * at * (above - low)
        total = total + moments / bending + (above - low) / shear
    return total


def static_deflection(contact: Contact, loads: Loads, tools: Mapping[int, Tool], numbers: tuple[int, ...]) -> jax.Array:
    """Deflection of the tool (segment, 3) [m], part axes: actual minus nominal, one vector a segment.

    A wall is shaped while a tooth passes it, a floor all the time. Where the tool touches material up to the left or
    the right normal of the feed, the force of that instant counts; where it does on both sides or on none (slot,
    floor, plunge), the mean force. The force acts, and the deflection is taken, at half the engaged depth: the middle
    of the wall; its foot gives way more, its top less. Axial stiffness counts as infinite.

    Args:
        contact: engagement and directions.
        loads: forces on the tool.
        tools: tool list.
        numbers: T word of each row of ``contact.tool``.
    """
    middle = contact.depth / 2
    soft = jnp.zeros_like(middle)
    for row, number in enumerate(numbers):
        soft = jnp.where(contact.tool == row, compliance(tools[number], middle, middle), soft)
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
    return jnp.where((contact.depth > 0)[:, None], across * soft[:, None], 0.0)
