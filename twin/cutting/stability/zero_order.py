"""Zero-order stability limit: the directional factor is its mean over a tooth period.

Altintas and Budak, *Analytical prediction of stability lobes in milling*, CIRP Annals 44 (1995). With the mean A of
the directional factor and the response G, F = -b (1 - exp(-i psi)) A G F has a solution at the chatter frequency w
where b (1 - exp(-i psi)) = g = -1 / eigenvalue(A G): depth b = |g|^2 / (2 Re g), phase psi from g / b, and spindle
speeds 2 pi w / (n_teeth (psi + 2 pi lobe)). Exact where the factor is constant (a slot with 4, 6, 8 ... even teeth);
it knows no flip and is not on the safe side at low immersion.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from twin.cutting.stability import response
from twin.cutting.stability.directional import fourier
from twin.cutting.stability.milling import Milling, check, check_points
from twin.cutting.stability.response import Measured
from twin.errors import InputError


@dataclass(frozen=True)
class Lobes:
    """The limit by chatter frequency; each eigenvalue is a branch."""

    omega: np.ndarray  # (frequency,) [rad/s] of chatter
    depth: np.ndarray  # (branch, frequency) [m] inf where there is no limit
    phase: np.ndarray  # (branch, frequency) [rad] between successive waves, 0..2 pi
    n_teeth: int

    def speed(self, lobe: int) -> np.ndarray:
        """Spindle speed (branch, frequency) [rad/s] of the limit with ``lobe`` whole waves between teeth."""
        with np.errstate(divide="ignore"):
            return 2 * np.pi * self.omega / (self.n_teeth * (self.phase + 2 * np.pi * lobe))

    @property
    def absolute(self) -> tuple[float, float]:
        """Depth [m] below which no speed chatters, and its chatter frequency [rad/s]."""
        branch, at = np.unravel_index(np.argmin(self.depth), self.depth.shape)
        return float(self.depth[branch, at]), float(self.omega[at])


def zero_order_lobes(milling: Milling, omega: ArrayLike, measured: Measured | None = None) -> Lobes:
    """Zero-order limit at each chatter frequency.

    Args:
        milling: the engagement, even pitch; its modes are not read where ``measured`` is given.
        omega: (frequency,) [rad/s] increasing, above 0.
        measured: (omega, response): complex displacement per force (frequency,) or (frequency, 2 or 3, 2 or 3) [m/N]
            in the frame of the feed.

    Raises:
        InputError: numbers that cannot be, uneven pitch.
    """
    check(milling)
    demand_even_pitch(milling)
    omega = np.asarray(omega, dtype=float)
    if omega.ndim != 1 or len(omega) < 2 or not np.all(np.diff(omega, prepend=0.0) > 0):
        raise InputError("chatter frequencies do not increase from above 0", remedy="sort them")
    g = response.at(milling, omega, measured)
    factors = response.matrices(milling, g.shape[-1])
    mean = fourier(factors, float(milling.entry), float(milling.exit), milling.n_teeth, 0)[0]
    plane = min(g.shape[-1], 2)  # the chip thickness does not see z: two eigenvalues at most
    product = g[:, :plane] @ mean[:, :plane]
    value = _traced(np.linalg.eigvals(product)).T
    limited = value.real < 0
    inverse = -1 / np.where(limited, value, -1)
    depth = np.where(limited, np.abs(inverse) ** 2 / (2 * inverse.real), np.inf)
    phase = np.angle(1 / np.where(limited, 1 - inverse / np.where(limited, depth, 1.0), 1.0)) % (2 * np.pi)
    return Lobes(omega, depth, phase, milling.n_teeth)


def zero_order_depth(lobes: Lobes, speed: ArrayLike) -> np.ndarray:
    """Lowest limit (speed,) [m] at spindle speeds [rad/s], linear between the frequencies of ``lobes``."""
    speed = np.atleast_1d(np.asarray(speed, dtype=float))
    check_points(speed, np.zeros(1))
    lowest = np.full(len(speed), np.inf)
    for i, tooth_time in enumerate(2 * np.pi / (lobes.n_teeth * speed)):
        apart = np.where(np.isfinite(lobes.depth), lobes.omega * tooth_time - lobes.phase, np.nan)
        apart = (apart + np.pi) % (2 * np.pi) - np.pi
        low, high = apart[:, :-1], apart[:, 1:]
        crossed = (low * high <= 0) & (np.abs(high - low) < np.pi)
        if crossed.any():
            share = low[crossed] / np.where(high == low, 1, low - high)[crossed]
            depth = lobes.depth[:, :-1][crossed] * (1 - share) + lobes.depth[:, 1:][crossed] * share
            lowest[i] = depth.min()
    return lowest


def demand_even_pitch(milling: Milling) -> None:
    """Raise InputError unless the teeth are evenly spaced."""
    if milling.pitch and np.ptp(milling.pitch) > 1e-9:
        raise InputError("the frequency-domain solutions know even pitch only", remedy="use floquet_multipliers")


def _traced(values: np.ndarray) -> np.ndarray:
    """Two eigenvalues (frequency, 2), or one, in an order that makes each column continuous."""
    if values.shape[1] == 2:
        first, second = values[:, 0], values[:, 1]
        stay = np.abs(np.diff(first)) + np.abs(np.diff(second))
        swap = np.abs(first[1:] - second[:-1]) + np.abs(second[1:] - first[:-1])
        swapped = np.concatenate([[0], np.cumsum(swap < stay) % 2]).astype(bool)
        values = np.where(swapped[:, None], values[:, ::-1], values)
    return values
