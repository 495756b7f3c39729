"""Changes of speed within limited acceleration and jerk: how long, how far, how fast at most.

A change by ``dv`` starts and ends without acceleration. With jerk ``j`` and acceleration ``a`` it takes
``T = dv/a + a/j``, or ``2 sqrt(dv/j)`` where ``a`` is not reached (dv < a2/j); its path is ``(v0 + v1) T / 2``.
Without a jerk limit (``jerk`` None) it takes ``dv/a``. All arguments broadcast; JAX, differentiable.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array
TINY = 1e-12  # [m/s], [m]: below this a change is none
SLOWEST = 1e-14  # [m/s] from rest the cubic of a ramp has no linear term
N_NEWTON = 5
N_BISECT = 12  # then two Newton steps


class Phases(NamedTuple):
    """Phases of constant jerk, one after the other; a tuple of one array per phase each."""

    duration: tuple[Array, ...]  # [s]
    acceleration: tuple[Array, ...]  # [m/s2] at the start
    jerk: tuple[Array, ...]  # [m/s3]


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
    scale = jnp.sqrt(jnp.maximum(speed, SLOWEST) * (2.0 / 3.0))
    q = 2.0 * scale * jnp.sinh(jnp.arcsinh(0.5 * length * jnp.sqrt(jerk) / scale**3) / 3.0)
    reached = jnp.where(q**2 * jerk > acceleration**2, saturated, speed + q**2)
    return jnp.where(some, reached, speed)


def peak(start: Array, end: Array, limit: Array, length: Array, up: Array, down: Array, jerk: Array | None) -> Array:
    """Highest speed within ``length`` between the speeds ``start`` and ``end``, at most ``limit`` [m/s].

    ``up`` and ``down`` are the accelerations of the two ramps [m/s2].
    """
    high = jnp.maximum(start, end)
    # Without a jerk limit the ramps meet here; jerk only lowers it.
    meeting = (2.0 * up * down * length + down * start**2 + up * end**2) / (up + down)
    above = meeting > jnp.maximum(high**2, TINY**2)
    bound = jnp.where(above, jnp.sqrt(jnp.where(above, meeting, 1.0)), high)
    bound = jnp.clip(bound, high, jnp.maximum(limit, high))
    if jerk is None:
        return bound

    def excess(top: Array) -> Array:
        return ramp_length(start, top, up, jerk) + ramp_length(end, top, down, jerk) - length

    fixed = jax.lax.stop_gradient
    high_, drive = fixed(high), fixed(length * jnp.sqrt(jerk))
    # Two ramps from the higher end, as far as jerk allows; the lower end shortens a ramp by at most 8 %.
    q = jnp.minimum(jnp.cbrt(0.55 * drive), 0.28 * drive / jnp.maximum(high_, SLOWEST))
    q = jnp.minimum(q, jnp.sqrt(fixed(bound) - high_))

    def slope(top: Array) -> Array:
        return jax.jvp(excess, (top,), (jnp.ones_like(top),))[1]

    # The excess is convex and rising in q = sqrt(top - high): Newton from above never overshoots.
    def newton(_: int, q: Array) -> Array:
        top = high_ + q * q
        step = jnp.maximum(fixed(excess(top)), 0.0) / jnp.maximum(fixed(slope(top)) * 2.0 * q, TINY)
        return jnp.maximum(q - step, 0.0)

    q = jax.lax.fori_loop(0, N_NEWTON, newton, q)
    top = high_ + q * q
    limited = fixed(excess(bound)) > 0.0
    open_above = fixed(top - high) > TINY
    # One more step carries the derivative of the root with respect to everything else (implicit function).
    implicit = top - excess(top) / jnp.maximum(fixed(slope(top)), TINY)
    return jnp.where(limited, jnp.where(open_above, implicit, high), bound)


def profile(start: Array, end: Array, top: Array, length: Array, up: Array, down: Array, jerk: Array | None) -> Phases:
    """The seven phases of a run: jerk, constant acceleration, jerk back to none at the speed ``top``; constant
    speed; the same down to ``end``."""
    rising, constant_up = ramp_times(top - start, up, jerk)
    falling, constant_down = ramp_times(top - end, down, jerk)
    ramps = ramp_length(start, top, up, jerk) + ramp_length(end, top, down, jerk)
    cruise = jnp.maximum(length - ramps, 0.0) / jnp.where(top > 0.0, top, 1.0)
    none = jnp.zeros_like(top)
    high, low, slope = (up, -down, none) if jerk is None else (jerk * rising, -jerk * falling, jerk)
    return Phases(
        duration=(rising, constant_up, rising, cruise, falling, constant_down, falling),
        acceleration=(none, high, high, none, none, low, low),
        jerk=(slope, none, -slope, none, -slope, none, slope),
    )


def time_along(path: Array, start: Array, phases: Phases) -> Array:
    """Time at which a run that begins at the speed ``start`` has covered ``path`` [s]."""
    begin, covered, speed = jnp.zeros_like(path), jnp.zeros_like(path), start
    found = (begin, path, speed, *(column[0] for column in phases))
    for duration, a, j in zip(*phases, strict=True):
        within = path >= covered
        here = (begin, path - covered, speed, duration, a, j)
        found = tuple(jnp.where(within, new, old) for new, old in zip(here, found, strict=True))
        begin = begin + duration
        covered = covered + (speed + (0.5 * a + j * duration / 6.0) * duration) * duration
        speed = speed + (a + 0.5 * j * duration) * duration
    begin, left, speed, duration, a, j = found

    def position(time: Array) -> Array:
        return (speed + (0.5 * a + j * time / 6.0) * time) * time

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = 0.5 * (low + high)
        short = position(middle) < left
        return jnp.where(short, middle, low), jnp.where(short, high, middle)

    fixed = jax.lax.stop_gradient
    low, high = jax.lax.fori_loop(0, N_BISECT, halve, (jnp.zeros_like(left), fixed(duration)))
    time = fixed(0.5 * (low + high))
    for _ in range(2):
        # Newton's steps sharpen the root; the last one carries its derivative (implicit function).
        rate = fixed(speed + (a + 0.5 * j * time) * time)
        step = (position(fixed(time)) - left) / jnp.where(rate > TINY, rate, 1.0)
        time = jnp.where(rate > TINY, fixed(time) - step, time)
    return begin + jnp.clip(time, 0.0, duration)
