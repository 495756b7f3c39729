"""Modes of vibration between tool tip and workpiece."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.tree_util import register_dataclass

from twin.compiled import array_module


@register_dataclass
@dataclass(frozen=True)
class Modes:
    """Real modes; the displacement of the tool tip is ``sum(direction * q)`` over the modes.

    Each obeys q'' + 2 damping omega q' + omega^2 q = omega^2 / stiffness (direction . force).
    """

    omega: jax.Array  # (mode,) [rad/s] undamped natural frequency
    damping: jax.Array  # (mode,) damping ratio
    stiffness: jax.Array  # (mode,) [N/m] modal stiffness
    direction: jax.Array  # (mode, 3) in machine axes; a unit vector for a mode that moves along one line

    @property
    def mass(self) -> jax.Array:
        """Modal mass (mode,) [kg]."""
        return self.stiffness / self.omega**2


def receptance(modes: Modes, omega: jax.Array) -> jax.Array:
    """Displacement per force at the tool tip, (frequency, 3, 3) [m/N], complex.

    Args:
        modes: of the tool tip; of any precision, computed in double.
        omega: (frequency,) [rad/s].
    """
    xp = array_module(modes, omega)
    natural, damping, stiffness, direction = (
        xp.asarray(values, dtype=float) for values in (modes.omega, modes.damping, modes.stiffness, modes.direction)
    )
    ratio = xp.asarray(omega, dtype=float)[:, None] / natural[None]
    amplitude = 1 / (stiffness[None] * (1 - ratio**2) + 2j * (stiffness * damping)[None] * ratio)
    return xp.einsum("fm,mi,mj->fij", amplitude, direction.astype(complex), direction.astype(complex))


def join(*of_bodies: Modes) -> Modes:
    """Modes between tool and workpiece of several bodies or directions together."""
    return jax.tree.map(lambda *leaves: jnp.concatenate([jnp.asarray(leaf) for leaf in leaves]), *of_bodies)
