"""A tool tip that was measured: modes fitted to its frequency responses, and how well they tell them.

The responses along X and Y of the machine are fitted one by one; the number of modes is the one of the least
Bayesian information criterion, N ln(misfit^2) + parameters ln(N) (Schwarz 1978).
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from twin.cutting.dynamics.fit import ModalFit, check_response, fit_modes
from twin.cutting.dynamics.modes import Modes, join, receptance
from twin.errors import InputError

MOST_MODES = 8  # in one direction
PATIENCE = 2  # modes more without a better fit
POINTS_A_MODE = 4  # lines of the measurement within a resonance's half-power width, at least
MUCH_LESS = 0.5  # a misfit of that much less by a narrow mode: the mode is real, and measured too coarsely
NEGLIGIBLE = 1e-9  # misfit over the largest response below which no mode is added
AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0)}


@dataclass(frozen=True)
class MeasuredTip:
    """Response of a tool tip in machine axes and its modes."""

    omega: np.ndarray  # (frequency,) [rad/s]
    response: np.ndarray  # (frequency, 2, 2) [m/N], complex; none across directions
    fits: tuple[ModalFit, ModalFit]  # along X and along Y
    modes: Modes
    misfit: np.ndarray  # (2,) rms of measured minus fitted over the largest response, along X and Y

    @property
    def fitted(self) -> np.ndarray:
        """Response of the modes (frequency, 2, 2) [m/N]."""
        return np.asarray(receptance(self.modes, jnp.asarray(self.omega)))[:, :2, :2]


def measured_tip(
    x: tuple[np.ndarray, np.ndarray],
    y: tuple[np.ndarray, np.ndarray],
    noise: tuple[np.ndarray | None, np.ndarray | None] = (None, None),
) -> MeasuredTip:
    """Fit the responses of a tool tip.

    Args:
        x: frequencies (frequency,) [rad/s] and displacement per force (frequency,) [m/N] along X.
        y: along Y, on frequencies of their own.
        noise: (frequency,) [m/N] standard deviation of each, as of :func:`twin.cutting.dynamics.tap_response`.

    Raises:
        InputError: NaN, frequencies that do not ascend from above zero or too coarse for a resonance, bands that do
            not overlap, no modes of positive stiffness.
    """
    fits, misfit = [], []
    for axis, (omega, response), spread in zip("xy", (x, y), noise, strict=True):
        omega, response = check_response(omega, response, least=8)
        fit = _best_fit(omega, response, axis, spread)
        fits.append(fit)
        misfit.append(np.sqrt(np.mean(np.abs(fit.response(omega) - response) ** 2)) / np.abs(response).max())
    low, high = max(x[0][0], y[0][0]), min(x[0][-1], y[0][-1])
    omega = np.unique(np.concatenate([x[0], y[0]]))
    omega = omega[(omega >= low) & (omega <= high)]
    if len(omega) < 2:
        raise InputError("the responses along x and y have no frequencies in common", remedy="measure the same band")
    both = np.zeros((len(omega), 2, 2), complex)
    for i, (its_omega, value) in enumerate((x, y)):
        both[:, i, i] = np.interp(omega, its_omega, np.asarray(value, dtype=complex))
    modes = join(*(fit.modes(AXES[axis]) for axis, fit in zip("xy", fits, strict=True)))
    return MeasuredTip(omega, both, (fits[0], fits[1]), modes, np.array(misfit))


def _best_fit(omega: np.ndarray, response: np.ndarray, axis: str, noise: np.ndarray | None) -> ModalFit:
    """The fit of the least criterion; modes narrower than the lines of the measurement are spikes of the noise.

    Raises:
        InputError: none fits; such a narrow mode tells most of the response.
    """
    resolved: tuple[float, ModalFit | None] = (np.inf, None)
    narrow: ModalFit | None = None
    in_vain = 0
    for n_modes in range(1, min(MOST_MODES, len(omega) // 4) + 1):
        in_vain += 1
        if in_vain > PATIENCE and resolved[1]:
            break
        fit = fit_modes(omega, response, n_modes, noise=noise)
        inside = (fit.omega >= omega[0]) & (fit.omega <= omega[-1])
        if not (np.all(fit.stiffness > 0) and np.all(fit.damping < 1) and inside.any()):
            continue
        if _too_narrow(omega, fit).any():
            narrow = fit if narrow is None or fit.scatter < narrow.scatter else narrow
            continue
        criterion = 2 * len(omega) * np.log(fit.scatter**2) + 3 * n_modes * np.log(2 * len(omega))
        if criterion < resolved[0]:
            resolved, in_vain = (criterion, fit), 0
        if fit.scatter < NEGLIGIBLE * np.abs(response).max():
            break
    best = resolved[1]
    if narrow is not None and (best is None or narrow.scatter < MUCH_LESS * best.scatter):
        raise _coarse(omega, narrow, axis)
    if best is None:
        raise InputError(
            f"no modes of positive stiffness fit the response along {axis}",
            remedy="check the sign of the response, and that force and motion are along the same axis",
        )
    return best


def _too_narrow(omega: np.ndarray, fit: ModalFit) -> np.ndarray:
    """Modes (mode,) within the band that fall between the lines of the measurement."""
    inside = (fit.omega > omega[0]) & (fit.omega < omega[-1])
    return inside & (POINTS_A_MODE * _spacing(omega, fit) > 2 * fit.damping * fit.omega)


def _spacing(omega: np.ndarray, fit: ModalFit) -> np.ndarray:
    """Distance of the lines at each mode (mode,) [rad/s]."""
    return np.interp(fit.omega, (omega[1:] + omega[:-1]) / 2, np.diff(omega))


def _coarse(omega: np.ndarray, fit: ModalFit, axis: str) -> InputError:
    at = int(np.argmax(_too_narrow(omega, fit)))
    spacing, width = _spacing(omega, fit)[at], 2 * fit.damping[at] * fit.omega[at]
    return InputError(
        f"frequencies {spacing / 2 / np.pi:.3g} Hz apart are too coarse for the resonance along {axis} at "
        f"{fit.omega[at] / 2 / np.pi:.5g} Hz, {width / 2 / np.pi:.3g} Hz wide",
        remedy=f"measure every {width / POINTS_A_MODE / 2 / np.pi:.2g} Hz or finer: record longer",
    )
