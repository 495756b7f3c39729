"""The coefficients of the mechanistic cutting force: linear in chip area and in edge length.

On one edge element of length ``db`` with uncut chip thickness ``h`` (Altintas, *Manufacturing Automation*, ch. 2):

    tangential = (ktc h + kte) db      against the motion of the tooth
    radial     = (krc h + kre) db      along the inward normal of the surface that the edge sweeps
    axial      = (kac h + kae) db      along the edge, towards the tip on a right-hand helix
"""

from dataclasses import dataclass

import jax
from jax.tree_util import register_dataclass


@register_dataclass
@dataclass(frozen=True)
class CuttingCoefficients:
    """Coefficients of one workpiece material and tool family; scalars, differentiable."""

    ktc: jax.Array | float
    """[Pa] tangential, per chip area."""
    krc: jax.Array | float
    """[Pa] radial (normal to the cut surface), per chip area."""
    kac: jax.Array | float
    """[Pa] axial (along the edge), per chip area."""
    kte: jax.Array | float
    """[N/m] tangential, per edge length."""
    kre: jax.Array | float
    """[N/m] radial, per edge length."""
    kae: jax.Array | float
    """[N/m] axial, per edge length."""
    chisel: jax.Array | float = 0.0
    """[Pa] thrust of a drill's chisel edge per area of its chip."""
