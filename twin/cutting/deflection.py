"""Static deflection of tool and holder: a stepped cantilever on the stiffness of holder and spindle.

The beam is fluted (diameter times ``core_ratio``) up to the flute length and a shank above it; Euler and Bernoulli
with the shear of Timoshenko (shear coefficient 0.9 of a round section). The holder gives way and tilts at its face.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.cutting.contact import Contact
from twin.cutting.loads import Loads
from twin.errors import InputError
from twin.machine.tool import Tool

SHEAR_COEFFICIENT = 0.9
POISSON = 0.22  # of carbide; enters the small shear term only
SIDE = 0.12  # [rad] an arc that ends this near to a normal of the feed shapes that wall


@register_dataclass
@dataclass(frozen=True)
class Beams:
    """Tools as stepped cantilevers, one row a tool; ends and diameters of the fluted part, then of the shank."""

    holder_stiffness: Array  # (tool,) [N/m]
    tilt_stiffness: Array  # (tool,) [N m/rad]
    youngs_modulus: Array  # (tool,) [Pa]
    end: Array  # (tool, 2) [m] above the tip
    diameter: Array  # (tool, 2) [m]


def beams(tools: Sequence[Tool]) -> Beams:
    """Return the beams of ``tools``.

    Raises:
        InputError: a stiffness or modulus that is not positive.
    """
    for tool in tools:
        if min(tool.holder_stiffness, tool.holder_tilt_stiffness, tool.youngs_modulus) <= 0:
            raise InputError(
                f"tool T{tool.number} '{tool.name}': a stiffness is not positive", remedy="correct the tool list"
            )
    return Beams(
        holder_stiffness=np.array([tool.holder_stiffness for tool in tools]),
        tilt_stiffness=np.array([tool.holder_tilt_stiffness for tool in tools]),
        youngs_modulus=np.array([tool.youngs_modulus for tool in tools]),
        end=np.array([[tool.flute_length, tool.stick_out] for tool in tools]),
        diameter=np.array([[tool.core_ratio * tool.diameter, tool.shank_diameter or tool.diameter] for tool in tools]),
    )


def compliance(tools: Beams, row: ArrayLike, load: ArrayLike, at: ArrayLike) -> jax.Array:
    """Sideways motion at height ``at`` per sideways force at height ``load``, both above the tip [m]: [m/N].

    Args:
        tools: the beams.
        row: int row of the tool, shape of the heights.
        load: [m] any shape.
        at: [m] the same shape.
    """
    beam: Beams = jax.tree.map(lambda values: jnp.asarray(values)[row], tools)
    stick_out = beam.end[..., 1]
    load, at = (jnp.clip(jnp.asarray(height, dtype=float), 0.0, stick_out) for height in (load, at))
    total = 1 / beam.holder_stiffness + (stick_out - load) * (stick_out - at) / beam.tilt_stiffness
    below = jnp.zeros_like(stick_out)
    for part in range(2):
        above, diameter = beam.end[..., part], beam.diameter[..., part]
        bending = beam.youngs_modulus * np.pi * diameter**4 / 64
        shear = SHEAR_COEFFICIENT * beam.youngs_modulus / (2 * (1 + POISSON)) * np.pi * diameter**2 / 4
        low = jnp.clip(jnp.maximum(load, at), below, above)
        # unit loads: the moments z - load and z - at, z from the tip, act together above the higher of the two
        moments = (above**3 - low**3) / 3 - (load + at) * (above**2 - low**2) / 2 + load * at * (above - low)
        total = total + moments / bending + (above - low) / shear
        below = above
    return total


def static_deflection(contact: Contact, loads: Loads, tools: Beams) -> jax.Array:
    """Deflection of the tool (segment, 3) [m], part axes: actual minus nominal, one vector a segment.

    A wall is shaped while a tooth passes it, a floor all the time. Where the tool touches material up to the left or
    the right normal of the feed, the force of that instant counts; where it does on both sides or on none (slot,
    floor, plunge), the mean force. The force acts, and the deflection is taken, at half the engaged depth: the middle
    of the wall; its foot gives way more, its top less. Axial stiffness counts as infinite.

    Args:
        contact: engagement and directions.
        loads: forces on the tool.
        tools: rows as in ``contact.tool``.
    """
    n = len(contact.depth)
    contact, loads = jax.tree.map(padded_rows, (contact, loads))
    return first_rows(_deflection(contact, loads, tools), n)


@kept
def _deflection(contact: Contact, loads: Loads, tools: Beams) -> jax.Array:
    middle = contact.depth / 2
    soft = compliance(tools, contact.tool, middle, middle)
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
