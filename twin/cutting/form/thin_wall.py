"""Static deflection of a thin wall under the tool: a plate clamped along its foot, its top free.

Kirchhoff plate by the method of Ritz: the deflection is a sum of ``z^2 P_i(2 z / height - 1) P_j(2 x / length - 1)``,
P Legendre polynomials, so that every compliance is approached from below; where the ends are built in, times
``x^2 (length - x)^2``. Lengths enter as ratios: one set of coefficients serves every thickness, and the compliance is
a product of bending stiffness and shape.
"""

from dataclasses import dataclass, field
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike
from numpy.polynomial import legendre

from twin.errors import InputError
from twin.units import Length, Pressure, Ratio

N_UP, N_ALONG = 8, 32  # polynomials up and along the wall: 1 % of the compliance at a load, lengths to 6 heights


@register_dataclass
@dataclass(frozen=True)
class ThinWall:
    """A wall of even thickness."""

    height: Length
    """Clamped foot to free top."""
    length: Length
    """Between the ends."""
    thickness: Length
    """While it is cut: between the thickness before and after."""
    youngs_modulus: Pressure
    """Of the workpiece material."""
    poisson: Ratio
    """Poisson's ratio of the workpiece material."""
    built_in_ends: bool = field(default=False, metadata={"static": True})
    """Whether the ends are clamped, as where a rib runs into a frame, rather than free."""


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
    basis = _shapes(wall, along, height)
    bent = jnp.linalg.solve(_stiffness(wall.length / wall.height, wall.poisson, wall.built_in_ends), basis.T)
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


def _shapes(wall: ThinWall, along: jax.Array, height: jax.Array) -> jax.Array:
    """Every shape of the sum at contacts: (contact, shape)."""
    z, x = height / wall.height, along / wall.length
    up = z[:, None] ** 2 * _legendre(z, N_UP)
    beside = _legendre(x, N_ALONG)
    if wall.built_in_ends:
        beside = (x * (1 - x))[:, None] ** 2 * beside
    return jnp.reshape(up[:, :, None] * beside[:, None, :], (len(along), -1))


def _legendre(place: jax.Array, n: int) -> jax.Array:
    """Legendre polynomials at ``place`` (point,) in 0..1: (point, n)."""
    x = 2 * place - 1
    terms = [jnp.ones_like(x), x]
    for order in range(2, n):
        terms.append(((2 * order - 1) * x * terms[-1] - (order - 1) * terms[-2]) / order)
    return jnp.stack(terms, axis=1)


@cache
def _integrals(built_in_ends: bool) -> tuple[np.ndarray, ...]:
    """Integrals over 0..1 of products of the shapes and their derivatives, by Gauss's rule, which is exact for them.

    Up the wall: values, slopes, curvatures, curvature times value, each (up, up); along it the same.
    """
    nodes, weights = legendre.leggauss(N_UP + N_ALONG + 4)
    z = ((nodes + 1) / 2)[:, None]

    def derivative(n: int, order: int) -> np.ndarray:
        return 2**order * legendre.legval(nodes, legendre.legder(np.eye(n), order, axis=0)).T

    p, p1, p2 = (derivative(N_UP, order) for order in range(3))
    clamped = z**2 * p, 2 * z * p + z**2 * p1, 2 * p + 4 * z * p1 + z**2 * p2
    q, q1, q2 = (derivative(N_ALONG, order) for order in range(3))
    if built_in_ends:
        b, b1, b2 = (z * (1 - z)) ** 2, 2 * z * (1 - z) * (1 - 2 * z), 2 - 12 * z + 12 * z**2
        q, q1, q2 = b * q, b1 * q + b * q1, b2 * q + 2 * b1 * q1 + b * q2

    def products(w: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> tuple[np.ndarray, ...]:
        half = weights[:, None] / 2
        return (half * w).T @ w, (half * w1).T @ w1, (half * w2).T @ w2, (half * w2).T @ w

    return (*products(*clamped), *products(q, q1, q2))


def _stiffness(aspect: jax.Array | float, poisson: jax.Array | float, built_in_ends: bool) -> jax.Array:
    """Bending energy of unit rigidity and unit height (function, function), wall of length ``aspect``."""
    value_z, slope_z, curve_z, mixed_z, value_x, slope_x, curve_x, mixed_x = _integrals(built_in_ends)
    mixed = np.kron(mixed_z, mixed_x.T)
    return (
        jnp.asarray(np.kron(curve_z, value_x)) * aspect
        + jnp.asarray(np.kron(value_z, curve_x)) / aspect**3
        + jnp.asarray(mixed + mixed.T) * (poisson / aspect)
        + jnp.asarray(np.kron(slope_z, slope_x)) * (2 * (1 - poisson) / aspect)
    )
