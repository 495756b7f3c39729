"""From orthogonal cutting tests to the coefficients of an oblique edge.

An orthogonal database knows the shear stress, the friction angle and the chip thickness ratio of a material over rake,
chip thickness and speed. An edge of obliquity i cuts with the same shear stress and friction in the plane normal to
the edge (Armarego and Brown, The Machining of Metals, 1969; Budak, Altintas and Armarego, J. Eng. Ind. 118, 1996).
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.cutting.coefficients import CuttingCoefficients
from twin.errors import InputError

Scalar = jax.Array | float
REFERENCE = 1e-3  # [m] chip thickness at which the chip ratio is stated
ITERATIONS = 60  # of the chip flow angle; each gains a factor of two or more
# (obliquity, normal rake, normal shear angle, friction angle) -> chip flow angle on the rake face [rad]
ChipFlow = Callable[[Scalar, Scalar, Scalar, Scalar], jax.Array]


@register_dataclass
@dataclass(frozen=True)
class OrthogonalDatabase:
    """Results of orthogonal cutting tests, linear in rake [rad], chip thickness h [m] and cutting speed [m/s].

    The shear angle comes from the chip ratio
    r = (chip_ratio + chip_ratio_rake rake) (h / 1 mm)^(power + power_rake rake),
    tan(phi) = r cos(rake) / (1 - r sin(rake)); where ``chip_ratio`` is 0, from the line of ``shear_angle``.
    """

    shear_stress: Scalar
    """[Pa] in the shear plane."""
    shear_stress_rake: Scalar = 0.0
    """[Pa/rad]"""
    friction: Scalar = 0.0
    """[rad] friction angle on the rake face."""
    friction_rake: Scalar = 0.0
    """[rad/rad]"""
    friction_chip: Scalar = 0.0
    """[rad/m]"""
    friction_speed: Scalar = 0.0
    """[rad s/m]"""
    chip_ratio: Scalar = 0.0
    """Chip thickness ratio, uncut over cut, at a chip of 1 mm."""
    chip_ratio_rake: Scalar = 0.0
    """[1/rad]"""
    power: Scalar = 0.0
    """Its exponent in the chip thickness."""
    power_rake: Scalar = 0.0
    """[1/rad]"""
    shear_angle: Scalar = 0.0
    """[rad]"""
    shear_angle_rake: Scalar = 0.0
    """[rad/rad]"""
    shear_angle_chip: Scalar = 0.0
    """[rad/m]"""
    shear_angle_speed: Scalar = 0.0
    """[rad s/m]"""
    kte: Scalar = 0.0
    """[N/m] tangential edge force."""
    kre: Scalar = 0.0
    """[N/m] edge force normal to the cut surface."""


def chip_formation(
    database: OrthogonalDatabase, thickness: Scalar, rake: Scalar, speed: Scalar = 0.0
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Shear stress [Pa], friction angle [rad] and shear angle [rad] at a chip [m], a rake [rad] and a speed [m/s].

    Raises:
        InputError: a chip that is not positive, or a shear angle outside 0 to 90 degrees: out of the tests' range.
    """
    d = database
    _demand(thickness, lambda h: h > 0, "a chip of {:g} m", "give a positive thickness")
    stress = jnp.asarray(d.shear_stress + d.shear_stress_rake * rake, dtype=float)
    friction = d.friction + d.friction_rake * rake + d.friction_chip * thickness + d.friction_speed * speed
    ratio = (d.chip_ratio + d.chip_ratio_rake * rake) * (thickness / REFERENCE) ** (d.power + d.power_rake * rake)
    by_ratio = jnp.arctan2(ratio * jnp.cos(rake), 1 - ratio * jnp.sin(rake))
    by_line = d.shear_angle + d.shear_angle_rake * rake + d.shear_angle_chip * thickness + d.shear_angle_speed * speed
    shear = jnp.where(jnp.asarray(d.chip_ratio) != 0, by_ratio, by_line)
    _demand(
        shear,
        lambda angle: (angle > 0) & (angle < np.pi / 2),
        "a shear angle of {:.3g} rad",
        "stay within the rakes and chips that were tested",
    )
    return stress, jnp.asarray(friction, dtype=float), shear


def stabler(obliquity: Scalar, rake: Scalar, shear: Scalar, friction: Scalar) -> jax.Array:
    """Stabler (1951): the chip flows at the angle of obliquity."""
    return jnp.asarray(obliquity, dtype=float)


def collinear(obliquity: Scalar, rake: Scalar, shear: Scalar, friction: Scalar) -> jax.Array:
    """The shear force lies along the shear velocity (Armarego and Brown 1969): solved for the chip flow angle.

    tan(phi + beta_n) = cos(rake) tan(i) / (tan(eta) - sin(rake) tan(i)), tan(beta_n) = tan(beta) cos(eta).
    """

    def flow(_: int, eta: jax.Array) -> jax.Array:
        normal = jnp.arctan(jnp.tan(friction) * jnp.cos(eta))
        wanted = jnp.tan(obliquity) * (jnp.sin(rake) + jnp.cos(rake) / jnp.tan(shear + normal))
        return (eta + jnp.arctan(wanted)) / 2

    return jax.lax.fori_loop(0, ITERATIONS, flow, jnp.asarray(obliquity, dtype=float))


def oblique_coefficients(
    database: OrthogonalDatabase,
    thickness: Scalar,
    rake: Scalar,
    obliquity: Scalar,
    speed: Scalar = 0.0,
    chip_flow: ChipFlow = stabler,
) -> CuttingCoefficients:
    """Coefficients of an edge of ``obliquity`` [rad] (the helix angle of an end mill) at the normal ``rake`` [rad].

    Args:
        database: of the material.
        thickness: uncut chip [m] at which the database is read.
        rake, obliquity: angles [rad].
        speed: cutting speed [m/s].
        chip_flow: :func:`stabler` or :func:`collinear`.

    Raises:
        InputError: out of the range of the database, or an obliquity of 90 degrees.
    """
    _demand(obliquity, lambda i: abs(i) < np.pi / 2, "an obliquity of {:.3g} rad", "stay below 90 degrees")
    stress, friction, shear = chip_formation(database, thickness, rake, speed)
    eta = chip_flow(obliquity, rake, shear, friction)
    normal = jnp.arctan(jnp.tan(friction) * jnp.cos(eta))
    sideways = jnp.tan(eta) * jnp.sin(normal)
    pressure = stress / jnp.sin(shear) / jnp.sqrt(jnp.cos(shear + normal - rake) ** 2 + sideways**2)
    along = jnp.cos(normal - rake)
    return CuttingCoefficients(
        ktc=pressure * (along + jnp.tan(obliquity) * sideways),
        krc=pressure * jnp.sin(normal - rake) / jnp.cos(obliquity),
        kac=pressure * (along * jnp.tan(obliquity) - sideways),
        kte=database.kte,
        kre=database.kre,
        kae=0.0,
    )


def _demand(value: Scalar, ok: Callable[[np.ndarray], np.ndarray], what: str, remedy: str) -> None:
    """Raise InputError where a concrete ``value`` is not ``ok``; values under a transformation pass."""
    if isinstance(value, jax.core.Tracer):
        return
    values = np.atleast_1d(np.asarray(value, dtype=float))
    good = ok(values)
    if not np.all(good):
        raise InputError(what.format(values[np.argmin(good)]), remedy=remedy)
