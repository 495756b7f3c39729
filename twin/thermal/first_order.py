"""Temperature of one place by a few first-order modes: driven by one heat input, warming up since switched on.

T(t) = level + sum of modes + warm-up exp(-t / its time), each mode x' = (gain u - x) / its time constant. The level and
the warm-up differ from day to day; readings tell them (Kalman filter, exact zero-order hold of u over each step).
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class FirstOrderModel:
    """Parameters of one place, and how well each is known before a day begins (one standard deviation)."""

    time_constant: jax.Array  # (mode,) [s]
    gain: jax.Array  # (mode,) [K] per unit of the input
    level: jax.Array  # () [degC] warm, without input
    warm_up: jax.Array  # () [K] above the level when the day begins
    warm_up_time: jax.Array  # () [s]
    level_deviation: jax.Array  # () [K] from day to day
    warm_up_deviation: jax.Array  # () [K]
    model_deviation: jax.Array  # () [K] of each mode, by what the model leaves out
    reading_deviation: jax.Array  # () [K]


def temperature(model: FirstOrderModel, heat: jax.Array, step: float) -> jax.Array:
    """Temperature (time + 1,) [degC] at every step without any reading.

    Args:
        heat: (time,) input of each step of ``step`` [s]; the modes begin at zero.
    """
    return followed(model, heat, step, jnp.zeros(len(heat) + 1), jnp.zeros(len(heat) + 1, dtype=bool))


@jax.jit
def followed(
    model: FirstOrderModel, heat: jax.Array, step: jax.Array | float, reading: jax.Array, probed: jax.Array
) -> jax.Array:
    """Temperature (time + 1,) [degC] at every step, corrected by the readings that are used.

    Args:
        heat: (time,) input of each step of ``step`` [s].
        reading: (time + 1,) [degC].
        probed: (time + 1,) bool, where the reading is used; the others are not looked at.
    """
    n_modes = len(model.gain)
    decay = jnp.exp(-step / jnp.concatenate([model.time_constant, model.warm_up_time[None], jnp.array([jnp.inf])]))
    drive = (1 - decay[:n_modes]) * model.gain
    noise = jnp.zeros(n_modes + 2).at[:n_modes].set(model.model_deviation**2 * (1 - decay[:n_modes] ** 2))
    seen = jnp.ones(n_modes + 2)

    def corrected(state: tuple[jax.Array, jax.Array], value: jax.Array, used: jax.Array):
        mean, covariance = state
        gain = covariance @ seen / (seen @ covariance @ seen + model.reading_deviation**2)
        gain = jnp.where(used, gain, 0.0)
        mean = mean + gain * (value - jnp.sum(mean))
        return mean, covariance - jnp.outer(gain, seen @ covariance)

    def advance(state, inputs):
        heat_now, value, used = inputs
        mean, covariance = state
        mean = decay * mean + jnp.concatenate([drive * heat_now, jnp.zeros(2)])
        covariance = decay[:, None] * covariance * decay[None, :] + jnp.diag(noise)
        state = corrected((mean, covariance), value, used)
        return state, jnp.sum(state[0])

    start = jnp.concatenate([jnp.zeros(n_modes), model.warm_up[None], model.level[None]])
    spread = jnp.concatenate(
        [jnp.full(n_modes, model.model_deviation), jnp.stack([model.warm_up_deviation, model.level_deviation])]
    )
    first = corrected((start, jnp.diag(spread**2)), reading[0], probed[0])
    _, later = jax.lax.scan(advance, first, (heat, reading[1:], probed[1:]))
    return jnp.concatenate([jnp.sum(first[0])[None], later])
