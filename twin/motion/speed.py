"""Changes of speed within limited acceleration and jerk: how long, how far, how fast at most.

A change by ``dv`` starts and ends without acceleration. With jerk ``j`` and acceleration ``a`` it takes
``T = dv/a + a/j``, or ``2 sqrt(dv/j)`` where ``a`` is not reached (dv < a2/j); its path is ``(v0 + v1) T / 2``.
Without a jerk limit (``jerk`` None) it takes ``dv/a``. All arguments broadcast; JAX, differentiable.
"""

import jax
import jax.numpy as jnp

Array = jax.Array
TINY = 1e-12  # [m/s], [m]: below this a change is none
N_NEWTON = 8


def ramp_times(change: Array, acceleration: Array, jerk: Array | None) -> tuple[Array, Array]:
    """Times of a speed change [s]: of each jerk phase (two of them) and of constant acceleration."""
    some = change > TINY
    change = jnp.where(some, change, 1.0)
    if jerk is None:
        constant = change / acceleration
        return jnp.zeros_like(constant), jnp.where(some, constant, 0.0)
    saturates = change * jerk > acceleration**2
    growing = jnp.where(saturates, acceleration / jerk, jnp.sqrt(change / jerk))
    constant = jnp.where(saturates, change / acceleration - acceleration / jerk, 0.0)
    return jnp.where(some, growing, 0.0), jnp.where(some, constant, 0.0)


def ramp_length(low: Array, high: Array, acceleration: Array, jerk: Array | None) -> Array:
    """Path of the change between two speeds [m]."""
    growing, constant = ramp_times(high - low, acceleration, jerk)
    return 0.5 * (low + high) * (2.0 * growing + constant)


def reach(speed: Array, length: Array, acceleration: Array, jerk: Array | None) -> Array:
    """Highest speed reached from ``speed`` within ``length`` [m/s]; by symmetry also the highest one to stop from."""
    some = length > TINY
    length = jnp.where(some, length, 1.0)
    if jerk is None:
        return jnp.where(some, jnp.sqrt(speed**2 + 2.0 * acceleration * length), speed)
    # Acceleration reached: v1^2 + v1 a^2/j = v0^2 - v0 a^2/j + 2 a L.
    half = 0.5 * acceleration**2 / jerk
    root = speed**2 - 2.0 * half * speed + 2.0 * acceleration * length + half**2
    saturated = jnp.sqrt(jnp.maximum(root, half**2)) - half
    # Not reached: with q^2 = v1 - v0, q^3 + 2 v0 q = L sqrt(j), which has one real root.
    scale = jnp.sqrt(jnp.maximum(speed, 1e-9) * (2.0 / 3.0))
    q = 2.0 * scale * jnp.sinh(jnp.arcsinh(0.5 * length * jnp.sqrt(jerk) / scale**3) / 3.0)
    reached = jnp.where(q**2 * jerk > acceleration**2, saturated, speed + q**2)
    return jnp.where(some, reached, speed)


def peak(start: Array, end: Array, limit: Array, length: Array, acceleration: Array, jerk: Array | None) -> Array:
    """Highest speed within ``length`` between the speeds ``start`` and ``end``, at most ``limit`` [m/s]."""
    high = jnp.maximum(start, end)
    # Without a jerk limit the ramps meet here; jerk only lowers it.
    bound = jnp.sqrt(jnp.maximum(acceleration * length + 0.5 * (start**2 + end**2), high**2))
    bound = jnp.clip(bound, high, jnp.maximum(limit, high))
    if jerk is None:
        return bound

    def excess(top: Array) -> Array:
        return ramp_length(start, top, acceleration, jerk) + ramp_length(end, top, acceleration, jerk) - length

    # The excess is convex and rising in q = sqrt(top - high): Newton from above never overshoots.
    def slope(top: Array) -> Array:
        return jax.jvp(excess, (top,), (jnp.ones_like(top),))[1]

    fixed = jax.lax.stop_gradient
    top = bound
    for _ in range(N_NEWTON):
        q = jnp.sqrt(jnp.maximum(top - high, 0.0))
        step = jnp.maximum(excess(top), 0.0) / jnp.maximum(slope(top) * 2.0 * q, TINY)
        top = high + jnp.maximum(q - step, 0.0) ** 2
    top = fixed(jnp.clip(top, high, bound))
    limited = fixed(excess(bound)) > 0.0
    open_above = fixed(top - high) > TINY
    # One more step carries the derivative of the root with respect to everything else (implicit function).
    implicit = top - excess(top) / jnp.maximum(fixed(slope(top)), TINY)
    return jnp.where(limited, jnp.where(open_above, implicit, high), bound)
