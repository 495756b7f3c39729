"""Forces that are linear in the coefficients, computed once and rescaled; and what the coefficients' scatter does.

A cutting force is the sum over the coefficients of (coefficient) x (force of that coefficient at 1). The unit forces
are found once, as the derivative of the force in its coefficients; another material then costs a dot product.

Mean forces, torque, power and every instant of a force history are linear: rescaling them is exact. A peak is the
largest of many linear functions: it grows in proportion when all coefficients do (exact), and is followed at the
rotation where it lay (never more than the true peak, in magnitude) when they change unlike. The magnitude of a force
is followed to first order.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import TypeVar

import jax
import jax.numpy as jnp

from twin.cutting.coefficients import CuttingCoefficients

Forces = TypeVar("Forces")
COEFFICIENTS = tuple(field.name for field in fields(CuttingCoefficients))


def force_basis(forces: Callable[[CuttingCoefficients], Forces], at: CuttingCoefficients) -> Forces:
    """Force per unit of each coefficient, for any function of coefficients that is homogeneous in them.

    Args:
        forces: coefficients -> pytree of forces, ``lambda k: loads(contact, feed, spindle, cutters, k)``.
        at: coefficients of the material at hand: peaks are followed where they lie for these.

    Returns:
        The pytree of ``forces`` with one more axis in front (coefficient, ...), in the order of the fields of
        :class:`CuttingCoefficients`; unit: the force's over the coefficient's.
    """
    slopes = jax.jacfwd(lambda vector: forces(CuttingCoefficients(*vector)))(_vector(at))
    return jax.tree.map(lambda slope: jnp.moveaxis(slope, -1, 0), slopes)


def rescaled(basis: Forces, coefficients: CuttingCoefficients) -> Forces:
    """The forces of other ``coefficients`` from their ``basis``: a dot product."""
    vector = _vector(coefficients)
    return jax.tree.map(lambda unit: jnp.tensordot(vector, unit, axes=1), basis)


def force_deviation(basis: Forces, deviations: CuttingCoefficients) -> Forces:
    """One standard deviation of every force, from those of the coefficients.

    Linear propagation of independent, normally distributed coefficients: two of three machines, heats and tool makers
    are expected within the force plus or minus this, 95 % within twice this. It says how well the material is known
    and nothing of what the model leaves out (wear, chatter, deflection, temperature) or of errors in feed and
    engagement. For a peak it is that of the force at the peak's rotation.

    Args:
        basis: from :func:`force_basis`.
        deviations: one standard deviation of each coefficient, ``material.coefficient_deviations``.
    """
    variances = _vector(deviations) ** 2
    return jax.tree.map(lambda unit: jnp.sqrt(jnp.tensordot(variances, unit**2, axes=1)), basis)


def _vector(coefficients: CuttingCoefficients) -> jax.Array:
    return jnp.stack([jnp.asarray(getattr(coefficients, name), dtype=float) for name in COEFFICIENTS])
