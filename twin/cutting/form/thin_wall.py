"""Static deflection of a thin wall under the tool: a plate clamped along its foot, free along its other edges.

Kirchhoff plate by the method of Ritz: the deflection is a sum of ``z^2 P_i(2 z / height - 1) P_j(2 x / length - 1)``,
P Legendre polynomials, so that every compliance is approached from below. Lengths enter as ratios: one set of
coefficients serves every thickness, and the compliance is a product of bending stiffness and shape.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike
from numpy.polynomial import legendre

from twin.errors import InputError
from twin.units import Length, Pressure, Ratio

N_UP, N_ALONG = 8, 24  # polynomials up and along the wall


@register_dataclass
@dataclass(frozen=True)
class ThinWall:
    """A wall of even thickness."""

    height: Length
    """Clamped foot to free top."""
    length: Length
    """Between the free ends."""
    thickness: Length
    """While it is cut: between the thickness before and after."""
    youngs_modulus: Pressure
    """Of the workpiece material."""
    poisson: Ratio
    """Poisson's ratio of the workpiece material."""


def wall_compliance(
    wall: ThinWall, along: ArrayLike, height: ArrayLike, thickness: ArrayLike | None = None
) -> jax.Array:
    """Deflection at the contact point per force there, across the wall (contact,) [m/N].

    Args:
        wall: the wall.
        along: (contact,) [m] from one end of the wall.
        height: (contact,) [m] above the foot.
        thickness: (contact,) [m] of the whole wall at that time; ``wall.thickness`` where not given.

    Raises:
        InputError: a contact outside the wall, a length or modulus that is not positive, Poisson's ratio not in 0..0.5.
    """
    along, height = (jnp.atleast_1d(jnp.asarray(v, dtype=float)) for v in (along, height))
    thick = jnp.broadcast_to(jnp.asarray(wall.thickness if thickness is None else thickness, dtype=float), along.shape)
    _check(wall, along, height, thick)
    shape = _shapes(height / wall.height, N_UP, clamped=True)[0], _shapes(along / wall.length, N_ALONG)[0]
    basis = jnp.reshape(shape[0][:, :, None] * shape[1][:, None, :], (len(along), -1))
    bent = jnp.linalg.solve(_stiffness(wall.length / wall.height, wall.poisson), basis.T)
    rigidity = wall.youngs_modulus * thick**3 / (12 * (1 - wall.poisson**2))
    return jnp.sum(basis * bent.T, axis=1) * wall.height**2 / rigidity


def wall_deviation(
    wall: ThinWall, along: ArrayLike, height: ArrayLike, force: ArrayLike, thickness: ArrayLike | None = None
) -> jax.Array:
    """Material that a yielding wall leaves (contact,) [m]: > 0 where the cut pushes the wall away.

    Args:
        wall: the wall.
        along: (contact,) [m] from one end of the wall.
        height: (contact,) [m] above the foot.
        force: (contact,) [N] of the tool on the wall, > 0 into the wall.
        thickness: (contact,) [m] as in :func:`wall_compliance`.
    """
    return wall_compliance(wall, along, height, thickness) * jnp.asarray(force, dtype=float)


def _check(wall: ThinWall, along: jax.Array, height: jax.Array, thickness: jax.Array) -> None:
    if any(isinstance(value, jax.core.Tracer) for value in jax.tree.leaves((wall, along, height, thickness))):
        return
    for name in ("height", "length", "youngs_modulus"):
        if not getattr(wall, name) > 0:
            raise InputError(f"the wall's {name} {getattr(wall, name):g} is not positive")
    if not 0 <= wall.poisson < 0.5:
        raise InputError(f"the wall's Poisson ratio {wall.poisson:g} is not within 0 and 0.5")
    if not (np.asarray(thickness) > 0).all():
        raise InputError(f"the wall's thickness {np.min(thickness) * 1e3:g} mm is not positive")
    for name, values, limit in (("along", along, wall.length), ("height", height, wall.height)):
        outside = ~((np.asarray(values) >= 0) & (np.asarray(values) <= limit))
        if outside.any():
            worst = np.asarray(values)[outside][0] * 1e3
            raise InputError(
                f"a contact at {name} {worst:g} mm is outside the wall of {limit * 1e3:g} mm",
                remedy="give places on the wall, from its end and its foot",
            )


def _shapes(place: jax.Array, n: int, clamped: bool = False) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Values, first and second derivatives of the polynomials at ``place`` (point,) in 0..1: (point, n) each."""

    def values(at: jax.Array) -> jax.Array:
        x = 2 * at - 1
        terms = [jnp.ones_like(x), x]
        for order in range(2, n):
            terms.append(((2 * order - 1) * x * terms[-1] - (order - 1) * terms[-2]) / order)
        return jnp.stack(terms) * (at**2 if clamped else 1.0)

    slope = jax.jacfwd(values)
    return jax.vmap(values)(place), jax.vmap(slope)(place), jax.vmap(jax.jacfwd(slope))(place)


def _stiffness(aspect: jax.Array | float, poisson: jax.Array | float) -> jax.Array:
    """Bending energy of unit rigidity and unit height (function, function), wall of length ``aspect``."""
    nodes, weights = legendre.leggauss(N_UP + N_ALONG)
    place, weight = jnp.asarray((nodes + 1) / 2), jnp.asarray(weights / 2)
    w, w1, w2 = _shapes(place, N_UP, clamped=True)
    v, v1, v2 = _shapes(place, N_ALONG)

    def product(a: jax.Array, b: jax.Array) -> jax.Array:
        return jnp.einsum("p,pi,pj->ij", weight, a, b)

    def both(up: jax.Array, along: jax.Array) -> jax.Array:
        return jnp.reshape(up[:, None, :, None] * along[None, :, None, :], (N_UP * N_ALONG,) * 2)

    mixed = both(product(w2, w), product(v, v2))
    return (
        both(product(w2, w2), product(v, v)) * aspect
        + both(product(w, w), product(v2, v2)) / aspect**3
        + poisson * (mixed + mixed.T) / aspect
        + 2 * (1 - poisson) * both(product(w1, w1), product(v1, v1)) / aspect
    )
