"""Receptances of round beam sections after Timoshenko, exact at every frequency, and their coupling (RCSA).

A section along z obeys, for amplitudes of deflection w, slope a, moment M and shear force V (M = E I a',
V = k G A (w' - a)), the linear equations d/dz (w, a, M, V) = matrix (w, a, M, V). Their transfer over a length is a
polynomial of third degree in the matrix (Cayley and Hamilton), with coefficients from its roots +-r1, +-r2.
Coupling: Schmitz and Donaldson 2000, CIRP Annals 49; Schmitz and Smith, *Mechanical Vibrations*, ch. 9.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.tree_util import register_dataclass

SHEAR_COEFFICIENT = 0.9  # of a round section, as in twin.cutting.deflection; Cowper 1966 gives 0.89 for Poisson 0.3


@register_dataclass
@dataclass(frozen=True)
class Section:
    """One cylinder; scalars, differentiable."""

    length: jax.Array | float  # [m]
    diameter: jax.Array | float  # [m]
    youngs_modulus: jax.Array | float  # [Pa]
    density: jax.Array | float  # [kg/m3]
    poisson: jax.Array | float = 0.3
    loss_factor: jax.Array | float = 0.0  # of the material: imaginary part of the modulus over the real part


@register_dataclass
@dataclass(frozen=True)
class Ends:
    """Receptances of a free body between two of its points, 1 and 2: (frequency, 2, 2), complex.

    Rows: deflection [m] and slope [rad]; columns: force [N] and moment [N m], all in the same senses at both points.
    """

    r11: jax.Array
    r12: jax.Array
    r21: jax.Array
    r22: jax.Array


def free_section(section: Section, omega: jax.Array) -> Ends:
    """Receptances of a section with free ends; 1: the end at z = 0, 2: the end at z = length.

    Args:
        section: cylinder.
        omega: (frequency,) [rad/s], above 0: a free body has no static receptance.
    """
    transfer = _transfer(section, omega)
    # state (u, p) with u = (w, a), p = (M, V): u2 = A u1 + B p1, p2 = C u1 + D p1; loads on the body at end 2 are
    # (force, moment) = (V, M), at end 1 their opposites
    a, b = transfer[:, :2, :2], transfer[:, :2, 2:]
    c, d = transfer[:, 2:, :2], transfer[:, 2:, 2:]
    swap = jnp.asarray([[0.0, 1.0], [1.0, 0.0]]).astype(complex)[None]
    inverse = _inverse(c)
    # p2 = 0 -> u1 = -C^-1 D p1 with p1 = -swap f1; p1 = 0 -> u1 = C^-1 p2 with p2 = swap f2
    r11 = inverse @ d @ swap
    r12 = inverse @ swap
    r21 = a @ r11 - b @ swap
    r22 = a @ r12
    return Ends(r11, r12, r21, r22)


def couple(body: Ends, base: jax.Array) -> jax.Array:
    """Receptance at point 1 of ``body`` whose point 2 is rigidly joined to a structure of receptance ``base``.

    Args:
        body: free.
        base: (frequency, 2, 2) of the structure at the joint; zeros: a rigid wall.
    """
    return body.r11 - body.r12 @ _inverse(body.r22 + base) @ body.r21


def stack(sections: list[Section], omega: jax.Array, base: jax.Array) -> jax.Array:
    """Receptance (frequency, 2, 2) at the outer end of sections on ``base``; the first section is the outermost."""
    rows = jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf, dtype=float) for leaf in leaves]), *sections)
    return _stacked(rows, omega, base)


@jax.jit
def _stacked(rows: Section, omega: jax.Array, base: jax.Array) -> jax.Array:
    """As :func:`stack`, of sections whose leaves are (section,)."""
    tip, _ = jax.lax.scan(lambda below, s: (couple(free_section(s, omega), below), None), base, rows, reverse=True)
    return tip


def _inverse(matrix: jax.Array) -> jax.Array:
    """Of 2 by 2 matrices (..., 2, 2)."""
    (a, b), (c, d) = (matrix[..., 0, 0], matrix[..., 0, 1]), (matrix[..., 1, 0], matrix[..., 1, 1])
    adjugate = jnp.stack([jnp.stack([d, -b], axis=-1), jnp.stack([-c, a], axis=-1)], axis=-2)
    return adjugate / (a * d - b * c)[..., None, None]


def _transfer(section: Section, omega: jax.Array) -> jax.Array:
    """State at z = length over the state at z = 0: (frequency, 4, 4)."""
    s = section
    area = jnp.pi * jnp.asarray(s.diameter) ** 2 / 4
    inertia = jnp.pi * jnp.asarray(s.diameter) ** 4 / 64
    elastic = jnp.asarray(s.youngs_modulus, dtype=float)
    modulus = jax.lax.complex(elastic, elastic * s.loss_factor)
    bending = modulus * inertia.astype(complex)
    shear = modulus * (SHEAR_COEFFICIENT * area / (2 * (1 + jnp.asarray(s.poisson)))).astype(complex)
    inertial = (omega**2 * s.density).astype(complex)  # rho omega^2
    by_mass, by_rotation = inertial * area.astype(complex), inertial * inertia.astype(complex)
    zero, one = jnp.zeros_like(inertial), jnp.ones_like(inertial)
    matrix = jnp.stack(
        [
            jnp.stack([zero, one, zero, one / shear], axis=-1),
            jnp.stack([zero, zero, one / bending, zero], axis=-1),
            jnp.stack([zero, -by_rotation, zero, -one], axis=-1),
            jnp.stack([-by_mass, zero, zero, zero], axis=-1),
        ],
        axis=-2,
    )
    # roots: r^4 + p r^2 + q = 0
    p = by_mass / shear + by_rotation / bending
    q = (by_rotation / shear - one) * by_mass / bending
    root = jnp.sqrt(p**2 / 4 - q)
    first, second = -p / 2 + root, -p / 2 - root  # r^2
    r1, r2, length = jnp.sqrt(first), jnp.sqrt(second), jnp.asarray(s.length).astype(complex)
    ch1, ch2 = jnp.cosh(r1 * length), jnp.cosh(r2 * length)
    sh1, sh2 = jnp.sinh(r1 * length) / r1, jnp.sinh(r2 * length) / r2
    apart = first - second
    coefficients = (
        (first * ch2 - second * ch1) / apart,
        (first * sh2 - second * sh1) / apart,
        (ch1 - ch2) / apart,
        (sh1 - sh2) / apart,
    )
    power, total = jnp.broadcast_to(jnp.eye(4, dtype=complex), matrix.shape), jnp.zeros_like(matrix)
    for coefficient in coefficients:
        total = total + coefficient[:, None, None] * power
        power = power @ matrix
    return total
