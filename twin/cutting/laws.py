"""Force per length of edge against chip thickness: linear with edge force, Kienzle, exponential.

Each law gives the tangential, radial and axial force on one metre of edge; their directions are those of
:mod:`twin.cutting.coefficients`.
"""

from dataclasses import dataclass
from functools import singledispatch

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.cutting.coefficients import CuttingCoefficients
from twin.errors import InputError

REFERENCE = 1e-3  # [m] chip thickness at which Kienzle states his main value
RAKE_GAIN = 0.01 / np.radians(1.0)  # 1/rad: one per cent less force a degree of rake


@register_dataclass
@dataclass(frozen=True)
class Kienzle:
    """kc = kc11 (h / 1 mm)^-mc (1 - 1 % for each degree that the rake exceeds that of the table).

    Kienzle, VDI-Z 94 (1952); the correction for rake as in tool makers' handbooks. Radial and axial force have the
    same exponent, in proportion to the tangential one.
    """

    kc11: jax.Array | float
    """[Pa] specific cutting force at a chip of 1 mm x 1 mm and the table's rake."""
    mc: jax.Array | float
    """Exponent, 0..1."""
    rake: jax.Array | float = 0.0
    """[rad] of the tool, above the rake of the table."""
    radial: jax.Array | float = 0.0
    """Radial over tangential force."""
    axial: jax.Array | float = 0.0
    """Axial over tangential force."""


@register_dataclass
@dataclass(frozen=True)
class Exponential:
    """Kt = kt h^-p, Kr = Kt kr h^-q, Ka = Kt ka h^-s; h in mm (Altintas, Manufacturing Automation, ch. 2)."""

    kt: jax.Array | float
    """[Pa] tangential, at a chip of 1 mm."""
    p: jax.Array | float
    kr: jax.Array | float = 0.0
    """Radial over tangential, at a chip of 1 mm."""
    q: jax.Array | float = 0.0
    ka: jax.Array | float = 0.0
    """Axial over tangential, at a chip of 1 mm."""
    s: jax.Array | float = 0.0


ForceLaw = CuttingCoefficients | Kienzle | Exponential
LineForce = tuple[jax.Array, jax.Array, jax.Array]


@singledispatch
def line_force(law: ForceLaw, thickness: jax.Array) -> LineForce:
    """Tangential, radial and axial force on an edge [N/m] at the chip ``thickness`` > 0 [m], any shape."""
    raise TypeError(f"{type(law).__name__} is no force law")


@line_force.register
def _linear(law: CuttingCoefficients, thickness: jax.Array) -> LineForce:
    return law.ktc * thickness + law.kte, law.krc * thickness + law.kre, law.kac * thickness + law.kae


@line_force.register
def _kienzle(law: Kienzle, thickness: jax.Array) -> LineForce:
    pressure = law.kc11 * (thickness / REFERENCE) ** (-law.mc) * (1 - RAKE_GAIN * law.rake)
    tangential = pressure * thickness
    return tangential, law.radial * tangential, law.axial * tangential


@line_force.register
def _exponential(law: Exponential, thickness: jax.Array) -> LineForce:
    in_mm = thickness / REFERENCE
    tangential = law.kt * in_mm ** (-law.p) * thickness
    return tangential, law.kr * in_mm ** (-law.q) * tangential, law.ka * in_mm ** (-law.s) * tangential


def straight_line(law: ForceLaw, thinnest: float, thickest: float) -> tuple[CuttingCoefficients, float]:
    """The linear law nearest to ``law`` between two chip thicknesses [m], and how far it is off there.

    Least squares over even steps of thickness, in each direction. The loads of path segments take linear laws only;
    what that costs is the second value: the largest difference of the tangential force over the force itself.

    Raises:
        InputError: a range that does not ascend from above zero.
    """
    if not 0 < thinnest < thickest:
        raise InputError(
            f"chips from {1e3 * thinnest:g} to {1e3 * thickest:g} mm", remedy="give a range above 0 that ascends"
        )
    thickness = jnp.linspace(thinnest, thickest, 200)
    forces = jnp.stack(line_force(law, thickness))  # (direction, thickness)
    middle = jnp.mean(thickness)
    slope = ((forces - forces.mean(axis=1, keepdims=True)) @ (thickness - middle)) / jnp.sum((thickness - middle) ** 2)
    edge = forces.mean(axis=1) - slope * middle
    off = jnp.max(jnp.abs(slope[0] * thickness + edge[0] - forces[0]) / jnp.abs(forces[0]))
    return CuttingCoefficients(*slope, *edge), float(off)
