"""Flank wear: Taylor's tool life with feed, depth and immersion; Usui's rate from pressure, sliding and temperature."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.errors import InputError
from twin.units import Angle, Length, PerPressure, Ratio, Speed, TemperatureDifference, Time

ABSOLUTE_ZERO = 273.15  # [K] of 0 degC


@register_dataclass
@dataclass(frozen=True)
class TaylorLaw:
    """Extended Taylor law: time in cut until the flank is worn by ``limit``, and the shape of the wear curve.

    life = reference_life (speed / reference_speed)^-k (feed / reference_feed)^-a (depth / reference_depth)^-b
    (immersion)^-c, wear = limit (time / life)^growth; Taylor's n is 1 / k.
    """

    reference_life: Time
    """At the reference speed, feed and depth and an immersion of 1."""
    reference_speed: Speed
    """Cutting speed at which the reference life holds."""
    reference_feed: Length
    """Per tooth, or per revolution of a turning tool."""
    reference_depth: Length
    """Axial depth at which it holds."""
    speed_exponent: Ratio
    """k."""
    feed_exponent: Ratio
    """a."""
    depth_exponent: Ratio
    """b."""
    immersion_exponent: Ratio
    """c, of the radial immersion ae / D."""
    limit: Length
    """Flank wear VB that ends the life."""
    growth: Ratio
    """Exponent of the wear curve."""


@register_dataclass
@dataclass(frozen=True)
class UsuiLaw:
    """Usui's law: depth worn off the flank per time = factor pressure sliding-speed exp(-activation / temperature).

    The land that this depth leaves grows by its cotangent of the clearance, less the rake (Usui, Shirakashi and
    Kitagawa 1984).
    """

    factor: PerPressure
    """Depth worn off per pressure and length slid, at an infinite temperature."""
    activation: TemperatureDifference
    """Absolute temperature."""
    clearance: Angle
    """Of the flank."""


def tool_life(
    law: TaylorLaw, speed: ArrayLike, feed: ArrayLike, depth: ArrayLike, immersion: ArrayLike = 1.0
) -> jax.Array:
    """Time in cut until the wear limit [s], any shape.

    Args:
        law: of a material and tool.
        speed: [m/s] cutting speed.
        feed: [m] per tooth.
        depth: [m] axial.
        immersion: radial, ae / D.
    """
    for name, values in (("cutting speed", speed), ("feed", feed), ("depth", depth), ("immersion", immersion)):
        if not isinstance(values, jax.core.Tracer) and not (np.asarray(values) > 0).all():
            raise InputError(f"a {name} of {np.min(np.asarray(values)):g} wears no tool", remedy="leave out air cuts")
    ratios = (
        (jnp.asarray(speed, dtype=float) / law.reference_speed, law.speed_exponent),
        (jnp.asarray(feed, dtype=float) / law.reference_feed, law.feed_exponent),
        (jnp.asarray(depth, dtype=float) / law.reference_depth, law.depth_exponent),
        (jnp.asarray(immersion, dtype=float), law.immersion_exponent),
    )
    life = jnp.asarray(law.reference_life, dtype=float)
    for ratio, exponent in ratios:
        life = life * ratio**-exponent
    return life


def taylor_wear(law: TaylorLaw, used: ArrayLike) -> jax.Array:
    """Flank wear [m] when the part ``used`` of the life is used up, any shape; beyond the limit it goes on growing."""
    used = jnp.asarray(used, dtype=float)
    safe = jnp.where(used > 0, used, 1.0)
    return jnp.where(used > 0, law.limit * safe**law.growth, 0.0)


def usui_rate(
    law: UsuiLaw, pressure: ArrayLike, speed: ArrayLike, temperature: ArrayLike, rake: ArrayLike = 0.0
) -> jax.Array:
    """Growth of the flank land VB [m/s], any shape.

    Args:
        law: of a material and tool.
        pressure: [Pa] on the flank.
        speed: [m/s] of sliding.
        temperature: [degC] of the flank.
        rake: [rad].
    """
    absolute = jnp.asarray(temperature, dtype=float) + ABSOLUTE_ZERO
    worn = law.factor * jnp.asarray(pressure, dtype=float) * speed * jnp.exp(-law.activation / absolute)
    return worn * (1 / jnp.tan(law.clearance) - jnp.tan(rake))


def life_at(time: ArrayLike, wear: ArrayLike, limit: float) -> float:
    """When measured ``wear`` first passes ``limit``, interpolated between readings [time's unit].

    Args:
        time: (reading,) ascending.
        wear: (reading,) in the unit of ``limit``.

    Raises:
        InputError: times that do not ascend; readings that never pass the limit.
    """
    time, wear = np.asarray(time, dtype=float), np.asarray(wear, dtype=float)
    if not (np.diff(time) > 0).all():
        raise InputError("the times of the wear readings do not ascend")
    passed = np.flatnonzero(wear >= limit)
    if not passed.size or passed[0] == 0:
        raise InputError(
            f"wear readings of {wear.min():g} to {wear.max():g} do not pass {limit:g}", remedy="choose another limit"
        )
    last = passed[0]
    return float(np.interp(limit, wear[last - 1 : last + 1], time[last - 1 : last + 1]))


def fit_taylor(speed: ArrayLike, life: ArrayLike) -> tuple[float, float]:
    """Taylor's n and C of speed life^n = C, by least squares of ln(life) on ln(speed); C is the speed of unit life.

    Args:
        speed: (test,) in the unit wanted of C.
        life: (test,) in the unit wanted of C's life.
    """
    slope, offset = np.polyfit(np.log(np.asarray(speed, dtype=float)), np.log(np.asarray(life, dtype=float)), 1)
    return float(-1 / slope), float(np.exp(-offset / slope))
