"""Multi-frequency stability limit: the directional factor with its harmonics of the tooth passing frequency.

Budak and Altintas, *Analytical prediction of chatter stability in milling, part I*, ASME J. Dyn. Syst. 120 (1998);
Merdol and Altintas (2004). At chatter frequency w the forces at w + r w_T obey
F_r = -b (1 - exp(-i w T)) sum_s A_(r - s) G(w + s w_T) F_s: the depth is real where an eigenvalue of that matrix is.
Frequencies w and w + w_T are the same, so w runs from 0 to w_T / 2, where the flip lies. With enough harmonics it gives
the limit of Floquet's theory, from a measured response as well.
"""

import numpy as np
from numpy.typing import ArrayLike

from twin.cutting.stability import response
from twin.cutting.stability.directional import fourier
from twin.cutting.stability.floquet import FLIP, HOPF
from twin.cutting.stability.milling import Milling, check, check_points
from twin.cutting.stability.response import Measured
from twin.cutting.stability.zero_order import demand_even_pitch
from twin.errors import InputError

REFINEMENTS = 40  # of a bracketed chatter frequency
REAL = 1e-9  # imaginary over real part that counts as none


def multi_frequency_depth(
    milling: Milling,
    speed: ArrayLike,
    *,
    harmonics: int = 5,
    n_frequencies: int = 400,
    measured: Measured | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """First critical depth (speed,) [m], inf where there is none, and its kind (speed,) HOPF or FLIP.

    Args:
        milling: the engagement, even pitch; its modes are not read where ``measured`` is given.
        speed: (speed,) [rad/s].
        harmonics: of the tooth passing frequency on either side; more at low immersion.
        n_frequencies: looked at between 0 and half the tooth passing frequency; a resonance narrower than their
            distance may be missed.
        measured: as of :func:`twin.cutting.stability.zero_order.zero_order_lobes`.

    Raises:
        InputError: numbers that cannot be, uneven pitch, too coarse a search.
    """
    check(milling)
    demand_even_pitch(milling)
    speed = np.atleast_1d(np.asarray(speed, dtype=float))
    check_points(speed, np.zeros(1))
    if harmonics < 0 or n_frequencies < 50:
        raise InputError(
            f"{harmonics} harmonics and {n_frequencies} frequencies are too coarse", remedy="take 0 and 50 at least"
        )
    found = [_at_speed(milling, value, harmonics, n_frequencies, measured) for value in speed]
    return np.array([depth for depth, _ in found]), np.array([kind for _, kind in found])


def _at_speed(
    milling: Milling, speed: float, harmonics: int, n_frequencies: int, measured: Measured | None
) -> tuple[float, int]:
    passing = milling.n_teeth * speed
    order = np.arange(-harmonics - 1, harmonics + 1)  # symmetric about 0 at half the passing frequency: flips are real

    def inverse_depth(omega: np.ndarray) -> np.ndarray:
        """Eigenvalues (frequency, ...) that are 1 / depth where they are real [1/m]."""
        g = response.at(milling, omega[:, None] + order * passing, measured)
        d = g.shape[-1]
        factors = response.matrices(milling, d)
        waves = fourier(factors, float(milling.entry), float(milling.exit), milling.n_teeth, len(order))
        a = waves[order[:, None] - order[None] + len(order)]
        product = np.einsum("rsij,fsjk->frisk", a, g).reshape(len(omega), len(order) * d, len(order) * d)
        return -(1 - np.exp(-2j * np.pi * omega / passing))[:, None] * np.linalg.eigvals(product)

    omega = np.linspace(0, passing / 2, n_frequencies + 1)[1:]
    values = inverse_depth(omega)
    last = values[-1]
    flips = last[(last.real > 0) & (np.abs(last.imag) <= REAL * np.abs(last))].real
    best, kind = (float(flips.max()), FLIP) if flips.size else (0.0, HOPF)
    here = np.arange(values.shape[1])
    for i in range(len(omega) - 1):
        nearest = np.argmin(np.abs(values[i][:, None] - values[i + 1][None]), axis=1)
        after = values[i + 1][nearest]
        flip_end = (i + 1 == len(omega) - 1) & (np.abs(after.imag) <= REAL * np.abs(after))
        crossed = (values[i].imag * after.imag < 0) & ~flip_end
        promising = crossed & (np.maximum(values[i].real, after.real) > best)
        for branch in here[promising]:
            size = _refined(inverse_depth, omega[i], omega[i + 1], values[i][branch], after[branch])
            if size > best:
                best, kind = size, HOPF
    return (1 / best if best > 0 else np.inf), kind


def _refined(inverse_depth, low: float, high: float, at_low: complex, at_high: complex) -> float:
    """Real part where the branch between two frequencies is real: regula falsi, Illinois."""
    weight_low, weight_high = at_low.imag, at_high.imag
    value = at_low
    for _ in range(REFINEMENTS):
        share = weight_low / (weight_low - weight_high)
        middle = low + share * (high - low)
        expected = at_low + (at_high - at_low) * share
        values = inverse_depth(np.array([middle]))[0]
        value = values[np.argmin(np.abs(values - expected))]
        if abs(value.imag) <= 1e-12 * abs(value) or high - low < 1e-13 * high:
            break
        if (value.imag > 0) == (at_high.imag > 0):
            high, at_high, weight_high = middle, value, value.imag
            weight_low /= 2
        else:
            low, at_low, weight_low = middle, value, value.imag
            weight_high /= 2
    return float(value.real)
