"""Modes from a measured frequency response: rational fraction, then least squares, with standard errors.

    response(s) = sum_m  r_m / (s - p_m) + conj(r_m) / (s - conj(p_m))  [+ constant + 1 / (mass s^2)]

with poles p = omega (-damping + i sqrt(1 - damping^2)). A real mode (of proportional damping) has an imaginary
residue, r = -i omega^2 / (2 stiffness omega_d); a complex mode a residue of any phase (Altintas, *Manufacturing
Automation*, ch. 3). Poles start from vector fitting (Gustavsen and Semlyen 1999, IEEE Trans. Power Delivery 14) and
all parameters are then refined together.
"""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares

from twin.cutting.dynamics.modes import Modes
from twin.errors import InputError

RELOCATIONS = 30  # of the poles; a dozen are usual
LEAST_DAMPING = 1e-5
START_DAMPING = 0.02


@dataclass(frozen=True)
class ModalFit:
    """Modes in ascending frequency, each with its standard error (68 %), from the scatter about the fit."""

    omega: np.ndarray  # (mode,) [rad/s]
    damping: np.ndarray  # (mode,)
    residue: np.ndarray  # (mode,) complex [m/(N s)]
    stiffness: np.ndarray  # (mode,) [N/m] omega^2 / (-2 omega_d Im residue)
    omega_error: np.ndarray
    damping_error: np.ndarray
    stiffness_error: np.ndarray
    beyond: np.ndarray  # (2,) [m/N], [1/kg]: constant of the modes above the band, 1 / mass of those below; or zeros
    scatter: float  # [m/N] rms of measured minus fitted, real and imaginary parts together

    def response(self, omega: np.ndarray) -> np.ndarray:
        """Fitted displacement per force (frequency,) [m/N] at ``omega`` [rad/s]."""
        s = 1j * omega[:, None]
        pole = _pole(self.omega, self.damping)
        both = self.residue / (s - pole) + self.residue.conj() / (s - pole.conj())
        return both.sum(axis=1) + self.beyond[0] - self.beyond[1] / omega**2

    def modes(self, direction: tuple[float, float, float]) -> Modes:
        """As modes that move along ``direction`` (machine axes); of a complex residue only its imaginary part counts.

        Raises:
            InputError: a mode that gives way against the force (negative stiffness).
        """
        if np.any(self.stiffness <= 0):
            number = int(np.argmax(self.stiffness <= 0))
            raise InputError(
                f"mode {number} at {self.omega[number] / 2 / np.pi:.5g} Hz has a stiffness of "
                f"{self.stiffness[number] * 1e-6:.3g} N/um",
                remedy="check the sign of the response, fit another number of modes, or fit a narrower band",
            )
        line = np.asarray(direction, dtype=float)
        rows = np.tile(line / np.linalg.norm(line), (len(self.omega), 1))
        omega, damping, stiffness, lines = map(jnp.asarray, (self.omega, self.damping, self.stiffness, rows))
        return Modes(omega, damping, stiffness, lines)


def check_response(omega: np.ndarray, response: np.ndarray, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return both as arrays.

    Raises:
        InputError: NaN, an axis of frequency that does not ascend from above zero, fewer than ``least`` points.
    """
    omega, response = np.asarray(omega, dtype=float), np.asarray(response, dtype=complex)
    if omega.ndim != 1 or omega.shape != response.shape:
        raise InputError(f"{omega.shape} frequencies for a response {response.shape}", remedy="give one value for each")
    bad = ~(np.isfinite(omega) & np.isfinite(response))
    if bad.any():
        number = int(np.argmax(bad))
        raise InputError(
            f"the frequency response is not finite at point {number + 1} ({omega[number] / 2 / np.pi:g} Hz)",
            remedy="leave the point out or measure again",
        )
    falls = np.flatnonzero(np.diff(omega) <= 0)
    if len(falls) or (len(omega) and omega[0] <= 0):
        number = int(falls[0]) + 1 if len(falls) else 0
        raise InputError(
            f"the frequencies do not ascend from above zero: point {number + 1} is at {omega[number] / 2 / np.pi:g} Hz",
            remedy="sort the points, leave 0 Hz out",
        )
    if len(omega) < least:
        raise InputError(f"{len(omega)} points are too few, {least} are needed", remedy="measure more frequencies")
    return omega, response


def fit_modes(
    omega: np.ndarray,
    response: np.ndarray,
    n_modes: int,
    *,
    residues: Literal["real", "complex"] = "real",
    out_of_band: bool = False,
    noise: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> ModalFit:
    """Fit ``n_modes`` modes to a driving-point frequency response.

    Args:
        omega: (frequency,) [rad/s], ascending.
        response: (frequency,) complex [m/N].
        n_modes: to find within the band.
        residues: "real" for modes of proportional damping, as :class:`Modes` hold; "complex" for any phase.
        out_of_band: add a constant for the modes above the band and a mass for those below.
        noise: (frequency,) [m/N] standard deviation of real and of imaginary part at each point, up to a common
            factor, as coherence tells it; default: equal at all.
        start: (mode,) [rad/s] natural frequencies to start from; default: evenly over the band.

    Raises:
        InputError: see :func:`check_response`; no mode; not enough points.
    """
    if n_modes < 1:
        raise InputError(f"{n_modes} modes cannot be fitted", remedy="ask for at least one")
    n_extra = 2 if out_of_band else 0
    n_parameters = n_modes * (4 if residues == "complex" else 3) + n_extra
    omega, response = check_response(omega, response, least=n_parameters)
    noise = np.ones_like(omega) if noise is None else np.asarray(noise, dtype=float)
    if noise.shape != omega.shape or not (np.isfinite(noise).all() and (noise > 0).all()):
        raise InputError("the noise is not one positive number a frequency", remedy="leave points without power out")
    weight = np.median(noise) / noise
    scale = omega[-1], np.abs(response).max()
    axis, value = omega / scale[0], response / scale[1]
    first = np.linspace(axis[0], axis[-1], n_modes + 2)[1:-1] if start is None else np.asarray(start) / scale[0]
    pole = _relocated(first * (-START_DAMPING + 1j), axis, value, weight, out_of_band)

    def of_shape(shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frequencies and dampings; bounded, so that a bad step of the solver stays finite."""
        return np.exp(np.clip(shape[:n_modes], -20, 5)), np.exp(np.clip(shape[n_modes:], -20, 5))

    def model(shape: np.ndarray) -> np.ndarray:
        """Columns (frequency, linear parameter) that the frequencies and dampings in ``shape`` give."""
        w, z = of_shape(shape)
        s = 1j * axis[:, None]
        below = s**2 + 2 * z * w * s + w**2
        columns = [w**2 / below] + ([s * w / below] if residues == "complex" else [])
        if out_of_band:
            columns += [np.ones_like(s), 1 / s**2]
        return np.concatenate(columns, axis=1)

    def split(values: np.ndarray) -> np.ndarray:
        weighed = values * (weight if values.ndim == 1 else weight[:, None])
        return np.concatenate([weighed.real, weighed.imag])

    def misfit(all_of_them: np.ndarray) -> np.ndarray:
        return split(model(all_of_them[: 2 * n_modes]) @ all_of_them[2 * n_modes :] - value)

    def slope(all_of_them: np.ndarray) -> np.ndarray:
        shape, linear = all_of_them[: 2 * n_modes], all_of_them[2 * n_modes :]
        w, z = of_shape(shape)
        s = 1j * axis[:, None]
        below = s**2 + 2 * z * w * s + w**2
        alpha, beta = linear[:n_modes], linear[n_modes : 2 * n_modes] if residues == "complex" else 0.0
        top = alpha * w**2 + beta * s * w
        by_w = (2 * alpha * w**2 + beta * s * w) / below - top * (2 * z * w * s + 2 * w**2) / below**2
        by_z = -top * 2 * z * w * s / below**2
        return split(np.concatenate([by_w, by_z, model(shape)], axis=1))

    shape = np.log(np.concatenate([np.abs(pole), np.maximum(-pole.real / np.abs(pole), LEAST_DAMPING)]))
    linear = np.linalg.lstsq(split(model(shape)), split(value), rcond=None)[0]
    found = least_squares(misfit, np.concatenate([shape, linear]), slope, method="lm", x_scale="jac")
    return _result(found.x, slope(found.x), misfit(found.x), n_modes, residues == "complex", n_extra, scale)


def _result(
    x: np.ndarray,
    slope: np.ndarray,
    misfit: np.ndarray,
    n_modes: int,
    complex_residues: bool,
    n_extra: int,
    scale: tuple[float, float],
) -> ModalFit:
    """Bring the parameters back to their units, sort them, and propagate their covariance."""
    freedom = max(len(misfit) - len(x), 1)
    covariance = np.linalg.pinv(slope.T @ slope) * (misfit @ misfit / freedom)
    order = np.argsort(x[:n_modes])
    w, z = np.exp(x[:n_modes])[order], np.exp(x[n_modes : 2 * n_modes])[order]
    alpha = x[2 * n_modes : 3 * n_modes][order]
    beta = x[3 * n_modes : 4 * n_modes][order] if complex_residues else np.zeros(n_modes)
    with np.errstate(divide="ignore", invalid="ignore"):  # an overdamped mode has no residue
        root = np.sqrt(np.maximum(1 - z**2, 0))
        # (alpha w^2 + beta w s) / (s^2 + 2 z w s + w^2): r = beta w / 2 - i (alpha w^2 - beta z w^2) / (2 w_d)
        stiff = alpha - beta * z
        residue = beta * w / 2 - 1j * stiff * w / (2 * root)
        scaled = residue * scale[1] * scale[0]
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))  # rounding of an exact fit
    of_alpha, of_z = 2 * n_modes + order, n_modes + order
    gradient = np.zeros((n_modes, len(x)))
    row = np.arange(n_modes)
    gradient[row, of_alpha] = 1.0
    if complex_residues:
        gradient[row, 3 * n_modes + order] = -z
        gradient[row, of_z] = -beta * z
    stiff_error = np.sqrt(np.einsum("mi,ij,mj->m", gradient, covariance, gradient))
    beyond = np.array([x[-2] * scale[1], x[-1] * scale[1] * scale[0] ** 2]) if n_extra else np.zeros(2)
    return ModalFit(
        omega=w * scale[0],
        damping=z,
        residue=scaled,
        stiffness=1 / (stiff * scale[1]),
        omega_error=w * scale[0] * error[order],
        damping_error=z * error[of_z],
        stiffness_error=stiff_error / (stiff**2 * scale[1]),
        beyond=beyond,
        scatter=float(np.sqrt(2 * np.mean(misfit**2)) * scale[1]),
    )


def _pole(omega: np.ndarray, damping: np.ndarray) -> np.ndarray:
    return omega * (-damping + 1j * np.sqrt(1 - damping**2))


def _relocated(
    pole: np.ndarray, axis: np.ndarray, value: np.ndarray, weight: np.ndarray, out_of_band: bool
) -> np.ndarray:
    """Poles (mode,) with positive imaginary part by vector fitting on ``axis`` (frequency,), from ``pole`` on."""
    s, n_modes = 1j * axis[:, None], len(pole)
    extra = [np.ones_like(s), 1 / s**2] if out_of_band else []
    for _ in range(RELOCATIONS):
        basis = np.concatenate(
            [1 / (s - pole) + 1 / (s - pole.conj()), 1j / (s - pole) - 1j / (s - pole.conj())], axis=1
        )
        rows = np.concatenate([basis, *extra, -value[:, None] * basis], axis=1) * weight[:, None]
        target = value * weight
        rows, target = np.concatenate([rows.real, rows.imag]), np.concatenate([target.real, target.imag])
        size = np.linalg.norm(rows, axis=0)
        of_sigma = (np.linalg.lstsq(rows / size, target, rcond=None)[0] / size)[-2 * n_modes :]
        zeros = _zeros(pole, of_sigma)
        moved = np.abs(np.sort_complex(zeros) - np.sort_complex(pole)).max()
        pole = zeros
        if moved < 1e-10:
            break
    return pole


def _zeros(pole: np.ndarray, residue: np.ndarray) -> np.ndarray:
    """Zeros of 1 + sum residue / (s - pole), made stable and oscillating, one of each pair."""
    n = len(pole)
    block = np.block([[np.diag(pole.real), np.diag(pole.imag)], [np.diag(-pole.imag), np.diag(pole.real)]])
    column = np.concatenate([2 * np.ones(n), np.zeros(n)])
    values = np.linalg.eigvals(block - np.outer(column, residue))
    upper = values[np.argsort(-values.imag)][:n]
    oscillating = np.where(np.abs(upper.imag) > 1e-3 * np.abs(upper), upper, 1j * np.abs(upper))
    return -np.maximum(np.abs(oscillating.real), LEAST_DAMPING * np.abs(oscillating)) + 1j * np.abs(oscillating.imag)
