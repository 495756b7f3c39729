"""Orthogonal cutting with a thin shear plane: angles, forces and powers (Merchant; Lee and Shaffer)."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike


@register_dataclass
@dataclass(frozen=True)
class OrthogonalCut:
    """A cut of which forces and shear angle are known; entries of any one shape."""

    speed: jax.Array  # [m/s]
    thickness: jax.Array  # [m] uncut
    width: jax.Array  # [m]
    rake: jax.Array  # [rad]
    shear_angle: jax.Array  # [rad]
    cutting_force: jax.Array  # [N] along the cutting speed
    thrust_force: jax.Array  # [N] across it

    @property
    def chip_speed(self) -> jax.Array:
        """Along the rake face [m/s]."""
        return self.speed * jnp.sin(self.shear_angle) / jnp.cos(self.shear_angle - self.rake)

    @property
    def chip_thickness(self) -> jax.Array:
        """[m]."""
        return self.thickness * jnp.cos(self.shear_angle - self.rake) / jnp.sin(self.shear_angle)

    @property
    def contact_length(self) -> jax.Array:
        """Of tool and chip [m]: the chip's thickness (1 + tan(shear angle - rake)), from slip lines (Lee, Shaffer)."""
        return self.chip_thickness * (1 + jnp.tan(self.shear_angle - self.rake))

    @property
    def friction_power(self) -> jax.Array:
        """Heat of the rake face [W]."""
        friction = self.cutting_force * jnp.sin(self.rake) + self.thrust_force * jnp.cos(self.rake)
        return friction * self.chip_speed

    @property
    def shear_power(self) -> jax.Array:
        """Heat of the shear plane [W]."""
        return self.cutting_force * self.speed - self.friction_power


def merchant_angle(friction_angle: ArrayLike, rake: ArrayLike) -> jax.Array:
    """Shear angle [rad] of least work: pi/4 - (friction angle - rake) / 2."""
    return np.pi / 4 - (jnp.asarray(friction_angle) - rake) / 2


def lee_shaffer_angle(friction_angle: ArrayLike, rake: ArrayLike) -> jax.Array:
    """Shear angle [rad] of Lee and Shaffer's slip lines: pi/4 - (friction angle - rake)."""
    return np.pi / 4 - (jnp.asarray(friction_angle) - rake)


def shear_plane_cut(
    speed: ArrayLike,
    thickness: ArrayLike,
    width: ArrayLike,
    rake: ArrayLike,
    shear_angle: ArrayLike,
    friction_angle: ArrayLike,
    shear_stress: ArrayLike,
) -> OrthogonalCut:
    """The cut of a material of constant ``shear_stress`` [Pa] in the shear plane; arguments of one shape, SI."""
    values = (speed, thickness, width, rake, shear_angle, friction_angle, shear_stress)
    speed, thickness, width, rake, phi, beta, stress = jnp.broadcast_arrays(
        *(jnp.asarray(value, dtype=float) for value in values)
    )
    resultant = stress * thickness * width / (jnp.sin(phi) * jnp.cos(phi + beta - rake))
    cutting, thrust = resultant * jnp.cos(beta - rake), resultant * jnp.sin(beta - rake)
    return OrthogonalCut(speed, thickness, width, rake, phi, cutting, thrust)
