"""First-order temperature models from days of readings: maximum a posteriori, Gauss-Newton with exact derivatives."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares

from twin.errors import InputError
from twin.thermal.first_order import FirstOrderModel, temperature


@dataclass(frozen=True)
class TemperatureDay:
    """One day of a place: its input, and its readings at the ends of the steps."""

    heat: np.ndarray  # (time,)
    reading: np.ndarray  # (time + 1,) [degC]


@dataclass(frozen=True)
class FirstOrderPrior:
    """What is held of a place before it is measured; factors are one standard deviation of the logarithm."""

    time_constant: tuple[float, ...]  # (mode,) [s] medians
    time_factor: float
    gain: float  # [K] per unit of the input, of each mode
    gain_factor: float
    warm_up_time: float  # [s]
    warm_up_factor: float
    level: float  # [degC]
    level_deviation: float  # [K]
    warm_up_deviation: float  # [K] of the mean warm-up from zero
    day_deviation: float  # [K] of level and warm-up from day to day
    reading_deviation: float  # [K]
    error_deviation: float  # [K] of what the model leaves out ...
    error_time: float  # [s] ... over which it stays alike: so many readings count as one


def fit_first_order(days: Sequence[TemperatureDay], step: float, prior: FirstOrderPrior) -> FirstOrderModel:
    """The most probable model of ``days``, read every ``step`` [s]; each day has its own level and warm-up.

    Raises:
        InputError: no day, or readings that do not fit the input.
    """
    for day in days:
        if (
            len(day.reading) != len(day.heat) + 1
            or not np.isfinite(day.reading).all()
            or not np.isfinite(day.heat).all()
        ):
            raise InputError(
                f"a day of {len(day.heat)} inputs and {len(day.reading)} readings, or gaps in it",
                remedy="give one reading more than inputs, all of them numbers",
            )
    if not days:
        raise InputError("no day to fit", remedy="give at least one")
    n_modes = len(prior.time_constant)
    # logarithms of times and gains, level and warm-up of all days, and of each day its difference from them
    middle = np.concatenate(
        [
            np.log(prior.time_constant),
            np.full(n_modes, np.log(prior.gain)),
            [np.log(prior.warm_up_time), prior.level, 0.0],
            np.zeros(2 * len(days)),
        ]
    )
    deviation = np.concatenate(
        [
            np.full(n_modes, np.log(prior.time_factor)),
            np.full(n_modes, np.log(prior.gain_factor)),
            [np.log(prior.warm_up_factor), prior.level_deviation, prior.warm_up_deviation],
            np.full(2 * len(days), prior.day_deviation),
        ]
    )
    longest = max(len(day.heat) for day in days)  # one compiled shape; what lies behind a day's end is not weighed
    heat = jnp.stack([jnp.pad(jnp.asarray(day.heat), (0, longest - len(day.heat))) for day in days])
    weight = np.sqrt(min(1.0, step / prior.error_time)) / np.hypot(prior.error_deviation, prior.reading_deviation)

    def model_of(values: jax.Array, day: int | None = None) -> FirstOrderModel:
        own = jnp.zeros(2) if day is None else values[2 * n_modes + 3 + 2 * day :][:2]
        return FirstOrderModel(
            time_constant=jnp.exp(values[:n_modes]),
            gain=jnp.exp(values[n_modes : 2 * n_modes]),
            warm_up_time=jnp.exp(values[2 * n_modes]),
            level=values[2 * n_modes + 1] + own[0],
            warm_up=values[2 * n_modes + 2] + own[1],
            level_deviation=jnp.asarray(prior.day_deviation),
            warm_up_deviation=jnp.asarray(prior.day_deviation),
            model_deviation=jnp.asarray(prior.error_deviation),
            reading_deviation=jnp.asarray(prior.reading_deviation),
        )

    @jax.jit
    def residual(values: jax.Array) -> jax.Array:
        parts = [(values - middle) / deviation]
        for k, day in enumerate(days):
            predicted = temperature(model_of(values, k), heat[k], step)[: len(day.reading)]
            parts.append((predicted - day.reading) * weight)
        return jnp.concatenate(parts)

    jacobian = jax.jit(jax.jacfwd(residual))
    found = least_squares(
        lambda v: np.asarray(residual(jnp.asarray(v))), middle, lambda v: np.asarray(jacobian(jnp.asarray(v)))
    )
    return model_of(jnp.asarray(found.x))
