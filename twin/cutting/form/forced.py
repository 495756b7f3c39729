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
    n_passages: int,
) -> jax.Array:
    """Coordinate of each mode at the time when a tooth stands at ``instant``.

    The integral of pulse times periodic impulse response

        G(t) = Im( omega^2 / (stiffness omega_d) exp(lambda t) / (1 - exp(lambda T)) ),   0 <= t < T,

    lambda = -damping omega + i omega_d: its antiderivative at both ends of the pulse, and where the response starts
    anew with the passage of a tooth.

    Args:
        modes: each driven by its own pulse.
        pulse: (mode, order) [N/m] complex, force per edge length; its real part acts.
        arc: (..., 2) [rad] immersion at which the pulse starts and ends; empty where end <= start.
        instant: (...) [rad].
        speed: [rad/s] of the spindle, > 0.
        pitch: [rad] from tooth to tooth, all alike.
        n_passages: at least 1 + length of any arc / pitch.

    Returns:
        (mode, ...) [m per m of edge].
    """
    start, end = arc[..., 0], jnp.maximum(arc[..., 1], arc[..., 0])
    # whole pitches that the ends of the pulse lie back; the response starts anew at those after the end's
    first, last = (jnp.floor((instant - bound) / pitch) for bound in (end, start))
    harmonics_end, harmonics_start = _harmonics(end), _harmonics(start)
    anew = jnp.zeros_like(harmonics_end)
    for passage in range(1, n_passages + 1):
        harmonics = _harmonics(instant - (first + passage) * pitch)
        anew = anew + jnp.where((first + passage <= last)[..., None], harmonics, 0.0)

    def of_mode(omega: jax.Array, damping: jax.Array, stiffness: jax.Array, pulse: jax.Array) -> jax.Array:
        root = jnp.sqrt(1 - damping**2)
        rate = jax.lax.complex(-damping, root) * (omega / speed).astype(complex)  # lambda / spindle speed
        series = pulse / (1j * ORDERS - rate)  # of the antiderivative
        decay_end, decay_start = (
            jnp.exp(rate * (instant - bound - whole * pitch).astype(complex))
            for bound, whole in ((end, first), (start, last))
        )
        edges = decay_end * (harmonics_end @ series) - decay_start * (harmonics_start @ series)
        rest = 1 - jnp.exp(rate * jnp.asarray(pitch, complex))
        return omega / (stiffness * root * speed) * jnp.imag(edges / rest + anew @ series)

    return jax.vmap(of_mode)(modes.omega, modes.damping, modes.stiffness, pulse)


def _harmonics(phi: jax.Array) -> jax.Array:
    """exp(i order phi) for each order (..., order)."""
    turn = jax.lax.complex(jnp.cos(phi), jnp.sin(phi))
    back = jnp.conj(turn)
    return jnp.stack([back**2, back, jnp.ones_like(turn), turn, turn**2], axis=-1)
