"""Forced vibration under a train of like force pulses, one a tooth: the periodic solution, exact."""

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.dynamics.modes import Modes

ORDERS = np.arange(-2.0, 3.0)  # a pulse is a series of exp(i order phi) over these


def periodic_response(
    modes: Modes,
    pulse: jax.Array,
    arc: jax.Array,
    instant: jax.Array,
    speed: jax.Array,
    pitch: jax.Array,
    n_pieces: int,
) -> jax.Array:
    """Coordinate of each mode at the time when a tooth stands at ``instant``.

    The integral of pulse times periodic impulse response

        G(t) = Im( omega^2 / (stiffness omega_d) exp(lambda t) / (1 - exp(lambda T)) ),   0 <= t < T,

    lambda = -damping omega + i omega_d, piece by piece between the passages of the teeth.

    Args:
        modes: each driven by its own pulse.
        pulse: (mode, order) [N/m] complex, force per edge length; its real part acts.
        arc: (..., 2) [rad] immersion at which the pulse starts and ends; empty where end <= start.
        instant: (...) [rad].
        speed: [rad/s] of the spindle, > 0.
        pitch: [rad] from tooth to tooth, all alike.
        n_pieces: at least 2 + length of any arc / pitch.

    Returns:
        (mode, ...) [m per m of edge].
    """
    start, end = arc[..., 0], jnp.maximum(arc[..., 1], arc[..., 0])
    # the pulse lies instant - phi back; the response to it starts anew with each whole pitch
    first = jnp.floor((instant - end) / pitch)

    def of_mode(omega: jax.Array, damping: jax.Array, stiffness: jax.Array, pulse: jax.Array) -> jax.Array:
        root = jnp.sqrt(1 - damping**2)
        rate = jax.lax.complex(-damping, root) * (omega / speed).astype(complex)  # lambda / spindle speed
        series = pulse / (1j * ORDERS - rate)  # of the antiderivative
        total = jnp.zeros(instant.shape, complex)
        for piece in range(n_pieces):
            newest = instant - (first + piece) * pitch
            low = jnp.minimum(jnp.maximum(newest - pitch, start), newest)
            high = jnp.maximum(jnp.minimum(newest, end), low)
            for sign, phi in ((1, high), (-1, low)):
                total = total + sign * _sum_series(series, phi) * jnp.exp(rate * (newest - phi).astype(complex))
        gain = (omega / (stiffness * root * speed)).astype(complex) / (1 - jnp.exp(rate * jnp.asarray(pitch, complex)))
        return jnp.imag(gain * total)

    return jax.vmap(of_mode)(modes.omega, modes.damping, modes.stiffness, pulse)


def _sum_series(series: jax.Array, phi: jax.Array) -> jax.Array:
    """Sum of series (order,) times exp(i order phi), by Horner's rule."""
    turn = jax.lax.complex(jnp.cos(phi), jnp.sin(phi))
    total = jnp.zeros_like(turn)
    for factor in series[::-1]:
        total = total * turn + factor
    return total * jnp.conj(turn) ** 2
