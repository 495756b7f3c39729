"""Temperatures around the machine: conf/environment."""

from dataclasses import dataclass
from math import pi
from typing import Annotated

import jax
import jax.numpy as jnp

from twin.config import NOT_NEGATIVE, SHARE, Range
from twin.units import AngularSpeed, Ratio, Temperature, TemperatureDifference, Time

DAY = 86400.0  # s
ROOM = Range(0.0, 60.0)  # degC within which the coefficients of expansion and the films hold


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Environment:
    """The shop, its coolant, and how the machine was run before the program."""

    ambient_mean: Annotated[Temperature, ROOM]
    """Air around the machine, mean of the day."""
    ambient_swing: TemperatureDifference
    """Amplitude of the daily cycle (half of top to bottom)."""
    warmest: Time
    """Time of day of its maximum."""
    start: Time
    """Time of day at which the program starts."""
    step: TemperatureDifference
    """Sudden change of the air, e.g. a gate opened; added from ``step_time`` on."""
    step_time: Time
    """Time of the step, from the start of the program."""
    coolant: Annotated[Temperature, ROOM]
    """Coolant at the mean ambient temperature."""
    coolant_follow: Annotated[Ratio, SHARE]
    """How far it goes with the ambient: 0 chilled, 1 wholly."""
    coolant_rise: TemperatureDifference = 0.0
    """How much warmer it reaches the part than it left the tank: what a pump of high pressure adds."""
    warm_up_spindle_speed: AngularSpeed
    """Spindle speed of the warm-up before the program."""
    warm_up: Annotated[Time, NOT_NEGATIVE]
    """How long it took; 0: cold start."""


def ambient_temperature(environment: Environment, time: jax.Array) -> jax.Array:
    """Air temperature [degC] at ``time`` [s] from the start of the program, any shape."""
    phase = 2 * pi / DAY * (time + environment.start - environment.warmest)
    cycle = environment.ambient_mean + environment.ambient_swing * jnp.cos(phase)
    return cycle + jnp.where(time >= environment.step_time, environment.step, 0.0)


def coolant_temperature(environment: Environment, time: jax.Array) -> jax.Array:
    """Coolant temperature [degC] at ``time`` [s] from the start of the program, any shape."""
    tank = environment.coolant + environment.coolant_follow * (
        ambient_temperature(environment, time) - environment.ambient_mean
    )
    return tank + environment.coolant_rise
