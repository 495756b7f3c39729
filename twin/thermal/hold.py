"""Exponential and zero-order hold of a symmetric matrix in its own eigenvectors, with cheap and exact derivatives.

In coordinates in which A is diagonal, f(A) is f of the diagonal, and its derivative in the direction E is E times the
divided differences (f(a_i) - f(a_j)) / (a_i - a_j) entry by entry, f'(a_i) where two meet (J. L. Daleckii and
S. G. Krein, 1965; N. J. Higham, Functions of Matrices, 2008, ch. 3). No eigenvector is differentiated. Derivatives of
second and higher order come from the matrix exponential.
"""

import jax
import jax.numpy as jnp


@jax.custom_jvp
def step_and_hold(diagonal: jax.Array, dt: jax.Array) -> tuple[jax.Array, jax.Array]:
    """exp(-A dt), and the integral of exp(-A s) over s from 0 to dt, each (mode, mode).

    Args:
        diagonal: (mode, mode) A, positive semi-definite; off its diagonal it is zero and only carries derivatives.
        dt: [s].
    """
    rate = jnp.diagonal(diagonal)
    return jnp.diag(jnp.exp(-rate * dt)), jnp.diag(_held(rate, dt))


@step_and_hold.defjvp
def _step_and_hold_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    (diagonal, dt), (change, dt_change) = primals, tangents
    step, hold = step_and_hold(diagonal, dt)
    first, second = _slopes(diagonal, dt, change)
    return (step, hold), (first - diagonal @ step * dt_change, second + step * dt_change)


@jax.custom_jvp
def _slopes(diagonal: jax.Array, dt: jax.Array, change: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Derivatives of both by A in the direction ``change``."""
    rate = jnp.maximum(jnp.diagonal(diagonal), 0.0)
    low, high = jnp.minimum(rate[:, None], rate[None, :]), jnp.maximum(rate[:, None], rate[None, :])
    between = -jnp.exp(-low * dt) * _held(high - low, dt)
    # of the hold: the second divided difference of the exponential at 0, low and high; its series where all are small
    small = high * dt < 1e-4
    series = dt**2 / 2 * (1 - (low + high) * dt / 3 + (low**2 + low * high + high**2) * dt**2 / 12)
    exact = (between + _held(low, dt)) / jnp.where(small, 1.0, high)
    return between * change, -jnp.where(small, series, exact) * change


@_slopes.defjvp
def _slopes_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    def by_exponential(diagonal, dt, change):  # type: ignore[no-untyped-def]
        return jax.jvp(lambda a: _exponential(a, dt), (diagonal,), (change,))[1]

    return jax.jvp(by_exponential, primals, tangents)


def _exponential(matrix: jax.Array, dt: jax.Array) -> tuple[jax.Array, jax.Array]:
    n = len(matrix)
    whole = jnp.block([[-matrix, jnp.eye(n)], [jnp.zeros((n, 2 * n))]])
    exponential = jax.scipy.linalg.expm(whole * dt)
    return exponential[:n, :n], exponential[:n, n:]


def _held(rate: jax.Array, dt: jax.Array) -> jax.Array:
    """(1 - exp(-rate dt)) / rate, dt at zero."""
    zero = rate == 0
    return jnp.where(zero, dt, -jnp.expm1(-rate * dt) / jnp.where(zero, 1.0, rate))
