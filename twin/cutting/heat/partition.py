"""Where the heat of a cut goes: work, chip and tool.

Heat arises in the shear plane, along the rake face and under the flank. Of the shear plane's heat a part flows back
into the work, less of it the faster the cut; the rake face's divides between chip and tool so that both are equally
hot on average (Blok).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import erf, erfc
from jax.typing import ArrayLike

BOOTHROYD_LIMITS = (0.0, 1.0)  # the fit leaves them below R tan(phi) = 0.04 and above 100


def thermal_number(speed: ArrayLike, thickness: ArrayLike, diffusivity: ArrayLike) -> jax.Array:
    """Speed times uncut chip thickness over thermal diffusivity of the work (any shape)."""
    return jnp.asarray(speed, dtype=float) * thickness / diffusivity


def boothroyd_share(number: ArrayLike) -> jax.Array:
    """Part of the shear plane's heat that flows into the work, as Boothroyd (1963) fitted it; any shape.

    0.5 - 0.35 lg(x) up to x = 10, 0.3 - 0.15 lg(x) above, clamped to 0..1; x = ``number``: R tan(shear angle).
    """
    decades = jnp.log10(jnp.clip(jnp.asarray(number, dtype=float), 1e-12))
    fit = jnp.where(decades > 1, 0.3 - 0.15 * decades, 0.5 - 0.35 * decades)
    return jnp.clip(fit, *BOOTHROYD_LIMITS)


def weiner_share(number: ArrayLike) -> jax.Array:
    """As :func:`boothroyd_share`, by Weiner's (1955) solution of an inclined band that moves; always within 0..1.

    erf(sqrt Y) / 4Y + (1 + Y) erfc(sqrt Y) - exp(-Y) (1 / 2 sqrt Y + sqrt Y) / sqrt(pi), Y = R tan(shear angle) / 4.
    """
    y = jnp.clip(jnp.asarray(number, dtype=float) / 4, 1e-8)
    root = jnp.sqrt(y)
    exact = erf(root) / (4 * y) + (1 + y) * erfc(root) - jnp.exp(-y) / np.sqrt(np.pi) * (1 / (2 * root) + root)
    # far out the terms cancel to less than rounding: the limit of no conduction along the band
    return jnp.where(y < 25, exact, 1 / (4 * y))


def rectangle_factor(width: ArrayLike, length: ArrayLike) -> jax.Array:
    """Mean rise over a heated rectangle on a half-space, times conductivity / (flux ``length`` / 2); any shape.

    Of a rectangle of ``width`` by ``length``; Loewen and Shaw (1954) call it the area factor.
    """
    m = jnp.asarray(width, dtype=float) / jnp.asarray(length, dtype=float)
    straight = jnp.arcsinh(m) + m * jnp.arcsinh(1 / m)
    return 2 / np.pi * (straight + (m**2 + 1 / m - (m + 1 / m) * jnp.sqrt(1 + m**2)) / 3)


def chip_rise(flux: ArrayLike, length: ArrayLike, speed: ArrayLike, conductivity: ArrayLike, diffusivity: ArrayLike):
    """Mean rise [K] of a surface that slides under a heated band of ``length`` [m] at ``speed`` [m/s]; any shape.

    A half-space in which heat flows only inwards (Jaeger 1942, speed x length >> diffusivity):
    4 / (3 sqrt pi) flux sqrt(diffusivity length / speed) / conductivity; at its end the rise is 3/2 of the mean.
    """
    return 4 / (3 * np.sqrt(np.pi)) * flux * jnp.sqrt(diffusivity * length / speed) / conductivity
