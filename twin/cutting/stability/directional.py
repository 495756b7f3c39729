"""Directional factors: harmonics, means and Fourier coefficients in closed form.

Force per depth and per chip thickness over the displacement: H(phi) = (ktc t + krc N + kac A) N^T / sin kappa, with
the normal N = n sin kappa - z cos kappa of the cut surface and the direction A = n cos kappa + z sin kappa along the
edge: on a cylinder (kappa = pi/2) N = n and A = z. It is a sum of 1, sin phi, cos phi, sin 2 phi, cos 2 phi, each times
a constant matrix. The viscous process damping is a like sum.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from twin.cutting.stability.kernel import kernel

N_HARMONICS = 5  # 1, sin, cos, sin 2, cos 2


def harmonics(phi: ArrayLike) -> jax.Array:
    """1, sin phi, cos phi, sin 2 phi, cos 2 phi (5, ...)."""
    phi = jnp.asarray(phi)
    return jnp.stack([jnp.ones_like(phi), jnp.sin(phi), jnp.cos(phi), jnp.sin(2 * phi), jnp.cos(2 * phi)])


def force_matrices(ktc: ArrayLike, krc: ArrayLike, kac: ArrayLike, kappa: ArrayLike = np.pi / 2) -> jax.Array:
    """H by harmonic (5, 3, 3) [Pa], rows force on the tool with its sign turned, columns displacement.

    Args:
        ktc, krc, kac: [Pa] coefficients; kac with the sign of the helix.
        kappa: [rad] between tool axis and normal of the cut surface.
    """
    nn, tn, zn, zz = _products()
    nz, tz = jnp.swapaxes(zn, 1, 2), _along_z()
    k, r, a = jnp.asarray(ktc), jnp.asarray(krc), jnp.asarray(kac)
    s, c = jnp.sin(jnp.asarray(kappa)), jnp.cos(jnp.asarray(kappa))
    tangential = tn - c / s * tz
    radial = s * nn - c * (nz + zn) + c**2 / s * zz
    axial = c * nn - c**2 / s * nz + s * zn - c * zz
    return k * tangential + r * radial + a * axial


def damping_matrices() -> jax.Array:
    """n n^T by harmonic (5, 3, 3): direction of the process damping."""
    return _products()[0]


def _products() -> tuple[jax.Array, ...]:
    """n n^T, t n^T, z n^T and z z^T by harmonic, each (5, 3, 3)."""
    nn, tn, zn, zz = np.zeros((4, N_HARMONICS, 3, 3))
    nn[0, 0, 0] = nn[0, 1, 1] = 0.5
    nn[3, 0, 1] = nn[3, 1, 0] = 0.5
    nn[4, 0, 0], nn[4, 1, 1] = -0.5, 0.5
    tn[0, 0, 1], tn[0, 1, 0] = 0.5, -0.5
    tn[3, 0, 0], tn[3, 1, 1] = 0.5, -0.5
    tn[4, 0, 1] = tn[4, 1, 0] = 0.5
    zn[1, 2, 0] = zn[2, 2, 1] = 1.0
    zz[0, 2, 2] = 1.0
    return jnp.asarray(nn), jnp.asarray(tn), jnp.asarray(zn), jnp.asarray(zz)


def _along_z() -> jax.Array:
    """t z^T by harmonic (5, 3, 3)."""
    tz = np.zeros((N_HARMONICS, 3, 3))
    tz[2, 0, 2], tz[1, 1, 2] = 1.0, -1.0
    return jnp.asarray(tz)


def fourier(matrices: np.ndarray, entry: float, leave: float, n_teeth: int, order: int) -> np.ndarray:
    """Fourier coefficients over a tooth period of the sum over even teeth, orders -order..order (2 order + 1, d, d).

    Coefficient r is n_teeth / (2 pi) times the integral of H(phi) exp(-i r n_teeth phi) from ``entry`` to ``leave``.
    """
    r = np.arange(-order, order + 1)[:, None] * n_teeth

    def integral(frequency: np.ndarray) -> np.ndarray:
        """Of exp(i frequency phi) over the window."""
        safe = np.where(frequency == 0, 1, frequency)
        turn = (np.exp(1j * safe * leave) - np.exp(1j * safe * entry)) / (1j * safe)
        return np.where(frequency == 0, leave - entry, turn)

    shifted = {k: integral(k - r)[:, 0] for k in (-2, -1, 0, 1, 2)}
    waves = [
        shifted[0],
        (shifted[1] - shifted[-1]) / 2j,
        (shifted[1] + shifted[-1]) / 2,
        (shifted[2] - shifted[-2]) / 2j,
        (shifted[2] + shifted[-2]) / 2,
    ]
    return n_teeth / (2 * np.pi) * np.einsum("hr,hij->rij", np.array(waves), matrices)


@kernel
def add_factor(matrices: np.ndarray, phi: float, total: np.ndarray) -> None:
    """Add the matrix at ``phi`` to ``total`` (d, d)."""
    wave = (1.0, np.sin(phi), np.cos(phi), np.sin(2 * phi), np.cos(2 * phi))
    for i in range(total.shape[0]):
        for j in range(total.shape[1]):
            for h in range(5):
                total[i, j] += wave[h] * matrices[h, i, j]


@kernel
def add_integral(matrices: np.ndarray, low: float, high: float, total: np.ndarray) -> None:
    """Add the exact integral from ``low`` to ``high`` to ``total`` (d, d)."""
    wave = (
        high - low,
        np.cos(low) - np.cos(high),
        np.sin(high) - np.sin(low),
        (np.cos(2 * low) - np.cos(2 * high)) / 2,
        (np.sin(2 * high) - np.sin(2 * low)) / 2,
    )
    for i in range(total.shape[0]):
        for j in range(total.shape[1]):
            for h in range(5):
                total[i, j] += wave[h] * matrices[h, i, j]
