"""The frequency response that a solution in the frequency domain works on: of modes, or measured."""

import numpy as np
from numpy.typing import ArrayLike

from twin.cutting.dynamics.modes import receptance
from twin.cutting.stability.directional import force_matrices
from twin.cutting.stability.milling import Milling, check_modes
from twin.errors import InputError

Measured = tuple[ArrayLike, ArrayLike]  # omega (frequency,) [rad/s], displacement per force [m/N]


def checked(measured: Measured) -> tuple[np.ndarray, np.ndarray]:
    """Axis (frequency,) and response (frequency, d, d) of a measurement.

    A response (frequency,) is that of the tool along the feed.

    Raises:
        InputError: other shapes, an axis that does not increase, values that are not numbers.
    """
    omega, response = np.asarray(measured[0], dtype=float), np.asarray(measured[1], dtype=complex)
    response = response[:, None, None] if response.ndim == 1 else response
    d = response.shape[-1]
    if omega.ndim != 1 or response.shape != (len(omega), d, d) or d not in (1, 2, 3):
        raise InputError(
            f"a frequency response of shape {np.shape(measured[1])} on {np.shape(measured[0])} frequencies",
            remedy="one complex number, or a 2 x 2 or 3 x 3 matrix, a frequency",
        )
    if not (np.isfinite(omega).all() and np.isfinite(response).all()):
        raise InputError("the frequency response is not a number somewhere", remedy="leave those frequencies out")
    if len(omega) < 2 or omega[0] < 0 or np.any(np.diff(omega) <= 0):
        raise InputError("the frequencies do not increase from 0 upwards", remedy="sort them and drop repetitions")
    return omega, response


def at(milling: Milling, omega: np.ndarray, measured: Measured | None) -> np.ndarray:
    """Response (..., d, d) [m/N] at angular frequencies of either sign; of the modes where nothing is measured.

    Between measured frequencies it is linear; below the first it is that of the first, above the last it is none.
    """
    size = np.abs(omega).ravel()
    if measured is None:
        values = np.asarray(receptance(check_modes(milling.modes), size))
    else:
        axis, response = checked(measured)
        flat = response.reshape(len(axis), -1)
        values = np.stack([np.interp(size, axis, column, right=0.0) for column in flat.T], axis=1)
        values = values.reshape(len(size), *response.shape[1:])
    values = np.where((omega.ravel() < 0)[:, None, None], values.conj(), values)
    return values.reshape(*np.shape(omega), *values.shape[1:])


def matrices(milling: Milling, d: int) -> np.ndarray:
    """Force matrices by harmonic (5, d, d) [Pa] in the d axes of a response."""
    return np.asarray(force_matrices(milling.ktc, milling.krc, milling.kac, milling.kappa))[:, :d, :d]
