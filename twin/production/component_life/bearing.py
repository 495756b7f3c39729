"""Rolling bearings: ISO 281:2007, with the equivalent load of its table 3 and the life modification factor a_ISO.

L_nm = a1 a_ISO (C / P)^3 in 10^6 revolutions. Where conditions change, consumed lives add up (Miner):
1 / L = sum of (share of the revolutions) / (life under those conditions), as in ISO/TS 16281 and ISO 281, 9.3.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import yaml
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.errors import InputError
from twin.units import MM, RPM, Force, KinematicViscosity, Length, Ratio

TABLE = Path(__file__).with_name("iso281.yaml")
MILLION = 1e6
LARGEST_A_ISO = 50.0
SET_EXPONENT = 10 / 9  # Weibull slope of ball bearings in Lundberg and Palmgren: adds up the bearings of a set
LEAST_RATIO, LARGEST_RATIO = 0.1, 4.0  # of viscosities: ISO 281 gives a_ISO between them
CENTISTOKE = 1e-6  # m2/s
WALTHER_OFFSET = 0.7  # mm2/s

Kind = Literal["deep_groove", "angular_15", "angular_25", "angular_40"]
_STATIC = {"static": True}


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Lubricant:
    """Oil, or the base oil of a grease."""

    viscosity_40: KinematicViscosity
    """At 40 degC."""
    viscosity_100: KinematicViscosity
    """At 100 degC."""
    contamination: Ratio
    """e_C of ISO 281, table 13: 1 extremely clean, 0.6 to 0.8 filtered or sealed for life, 0 heavily contaminated."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Ball:
    """One ball bearing, as its catalogue states it."""

    kind: Kind = field(metadata=_STATIC)
    """Deep groove, or angular contact of so many degrees."""
    dynamic_rating: Force
    """C."""
    static_rating: Force
    """C0."""
    fatigue_limit: Force
    """C_u."""
    mean_diameter: Length
    """Pitch diameter D_pw."""
    f0: Ratio = 14.0
    """Factor of the relative axial load, from the catalogue; read for deep groove and 15 degrees."""


def equivalent_load(ball: Ball, radial: ArrayLike, axial: ArrayLike) -> jax.Array:
    """P = X Fr + Y Fa [N], any shape, of ISO 281 table 3; straight lines between its rows.

    Args:
        radial, axial: magnitudes [N].
    """
    relative, limit, x, y = _factors(ball.kind)
    radial, axial = jnp.asarray(radial, float), jnp.asarray(axial, float)
    at = ball.f0 * axial / ball.static_rating
    e, factor = jnp.interp(at, relative, limit), jnp.interp(at, relative, y)
    return jnp.where(axial > e * radial, x * radial + factor * axial, radial)


@cache
def _factors(kind: str) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Relative axial load f0 Fa / C0, e, X and Y of one kind."""
    row = yaml.safe_load(TABLE.read_text())["kinds"][kind]
    columns = (np.asarray(row[name], float) for name in ("relative_axial_load", "e", "y"))
    relative, e, y = columns
    return relative, e, float(row["x"]), y


def viscosity(lubricant: Lubricant, temperature: ArrayLike) -> jax.Array:
    """Kinematic viscosity [m2/s] at ``temperature`` [degC], any shape: a line through two points (ASTM D341)."""

    def loglog(value: ArrayLike) -> jax.Array:
        return jnp.log(jnp.log(jnp.asarray(value) / CENTISTOKE + WALTHER_OFFSET))

    cold, hot = loglog(lubricant.viscosity_40), loglog(lubricant.viscosity_100)
    from_cold = jnp.log((jnp.asarray(temperature, float) + 273.15) / 313.15) / jnp.log(373.15 / 313.15)
    return (jnp.exp(jnp.exp(cold + (hot - cold) * from_cold)) - WALTHER_OFFSET) * CENTISTOKE


def reference_viscosity(ball: Ball, speed: ArrayLike) -> jax.Array:
    """nu_1 [m2/s] that separates the surfaces well enough, at ``speed`` [rad/s] > 0 (ISO 281, 9.3.3.3)."""
    rpm, diameter = jnp.abs(jnp.asarray(speed, float)) / RPM, ball.mean_diameter / MM
    slow = rpm < 1000
    at = jnp.where(slow, 45_000 * jnp.where(slow, rpm, 1000.0) ** -0.83, 4_500 * jnp.where(slow, 1000.0, rpm) ** -0.5)
    return at / jnp.sqrt(diameter) * CENTISTOKE


def life_factor(ratio: ArrayLike, load_ratio: ArrayLike) -> jax.Array:
    """a_ISO of radial ball bearings (ISO 281:2007, equations 31 to 33), any shape.

    Args:
        ratio: kappa, viscosity over reference viscosity; counted within 0.1 and 4.
        load_ratio: e_C C_u / P.
    """
    kappa = jnp.clip(jnp.asarray(ratio, float), LEAST_RATIO, LARGEST_RATIO)
    numerator = jnp.where(kappa < 0.4, 2.2649, 1.9987)
    power = jnp.where(kappa < 0.4, 0.054381, jnp.where(kappa < 1.0, 0.19087, 0.071739))
    clean = (2.5671 - numerator / kappa**power) ** 0.83 * jnp.cbrt(jnp.asarray(load_ratio, float))
    least = (0.1 / LARGEST_A_ISO) ** (1 / 9.3)  # below, the factor would pass its limit
    return 0.1 * jnp.maximum(1 - clean, least) ** -9.3


def rating_life(ball: Ball, load: ArrayLike) -> jax.Array:
    """L10 [revolutions] at the equivalent ``load`` [N], any shape."""
    return (ball.dynamic_rating / jnp.asarray(load, float)) ** 3 * MILLION


def modified_life(
    ball: Ball, lubricant: Lubricant, load: ArrayLike, speed: ArrayLike, temperature: ArrayLike
) -> jax.Array:
    """L10m [revolutions] at 90 %: a_ISO L10, any shape.

    Args:
        load: equivalent [N] > 0.
        speed: [rad/s] not 0.
        temperature: [degC] of the bearing.
    """
    kappa = viscosity(lubricant, temperature) / reference_viscosity(ball, speed)
    factor = life_factor(kappa, lubricant.contamination * ball.fatigue_limit / jnp.asarray(load, float))
    return factor * rating_life(ball, load)


def axial_in_pair(preload: ArrayLike, axial: ArrayLike) -> jax.Array:
    """Axial load [N] of the loaded side of a pair preloaded against each other, any shape.

    Preload + 0.67 external; external alone where that exceeds three times the preload, as the makers of spindle
    bearings state it (SKF, super-precision bearings, load on preloaded pairs).
    """
    preload, axial = jnp.asarray(preload, float), jnp.asarray(axial, float)
    return jnp.where(axial <= 3 * preload, preload + 0.67 * axial, axial)


def check_ball(name: str, ball: Ball) -> None:
    """Refuse a bearing without ratings.

    Raises:
        InputError: as said.
    """
    for what in ("dynamic_rating", "static_rating", "fatigue_limit", "mean_diameter"):
        if not getattr(ball, what) > 0:
            raise InputError(f"bearing {name}: {what} is {getattr(ball, what):g}", remedy="give the catalogue's value")
