"""The stability chart: multipliers over speed and depth, critical depths, islands.

Stability is not monotone in depth: islands of chatter lie in the stable region. So every depth is looked at, on a
scan, and a critical depth is refined only inside the cell of the scan that brackets it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from twin.cutting.stability.floquet import Multipliers, floquet_multipliers
from twin.cutting.stability.milling import Milling, check_points
from twin.errors import InputError

REFINEMENTS = 40
NODES = 14  # of a panel at a critical depth
TOLERANCE = 1e-9  # of |mu| - 1 at a critical depth, and of the depth, relative


@dataclass(frozen=True)
class Chart:
    """Multipliers on a grid."""

    speed: np.ndarray  # (speed,) [rad/s]
    depth: np.ndarray  # (depth,) [m]
    multipliers: Multipliers  # (speed, depth)

    @property
    def stable(self) -> np.ndarray:
        """(speed, depth) bool."""
        return self.multipliers.modulus < 1

    @property
    def uncertain(self) -> np.ndarray:
        """(speed, depth) bool: the numerical error could turn the verdict."""
        return np.abs(self.multipliers.modulus - 1) <= self.multipliers.error


@dataclass(frozen=True)
class CriticalDepths:
    """Where |mu| passes 1 as the depth grows, sorted by speed and depth."""

    row: np.ndarray  # (crossing,) index of the speed
    speed: np.ndarray  # (crossing,) [rad/s]
    depth: np.ndarray  # (crossing,) [m]
    kind: np.ndarray  # (crossing,) HOPF, FLIP or REAL
    onset: np.ndarray  # (crossing,) bool: the cut becomes unstable; else it becomes stable again

    def first(self, n_speeds: int) -> np.ndarray:
        """Lowest critical depth of each speed (speed,) [m], inf where the scan found none."""
        lowest = np.full(n_speeds, np.inf)
        np.minimum.at(lowest, self.row, self.depth)
        return lowest


def stability_chart(milling: Milling, speed: ArrayLike, depth: ArrayLike) -> Chart:
    """Multipliers at every pair of ``speed`` (speed,) [rad/s] and ``depth`` (depth,) [m]."""
    speed, depth = np.asarray(speed, dtype=float), np.asarray(depth, dtype=float)
    return Chart(speed, depth, floquet_multipliers(milling, speed[:, None], depth[None]))


def critical_depths(milling: Milling, speed: ArrayLike, deepest: float, n_scan: int = 200) -> CriticalDepths:
    """Every depth up to ``deepest`` at which the cut turns unstable or stable.

    Args:
        milling: the engagement.
        speed: (speed,) [rad/s].
        deepest: [m] end of the scan.
        n_scan: depths of the scan; an island thinner than ``deepest / n_scan`` may be missed.

    Raises:
        InputError: numbers that cannot be, too coarse a scan.
    """
    speed = np.atleast_1d(np.asarray(speed, dtype=float))
    check_points(speed, np.array([deepest]))
    if n_scan < 20 or deepest == 0:
        raise InputError(f"{n_scan} depths up to {deepest * 1e3:g} mm are too coarse a scan", remedy="take 20 at least")
    # from depth 0 on, where every cut is stable: a limit below the first step is bracketed too
    chart = stability_chart(milling, speed, np.linspace(0, deepest, n_scan + 1))
    return refined(milling, chart)


def refined(milling: Milling, chart: Chart) -> CriticalDepths:
    """The crossings that ``chart`` brackets, along its depths: regula falsi (Illinois), all at once."""
    rise = chart.multipliers.modulus - 1
    row, cell = np.nonzero((rise[:, :-1] < 0) != (rise[:, 1:] < 0))
    speed = chart.speed[row]
    low, high = chart.depth[cell], chart.depth[cell + 1]
    at_low, at_high = rise[row, cell], rise[row, cell + 1]
    depth, value = high.copy(), chart.multipliers.value[row, cell + 1]
    onset = at_low < 0
    open_ = np.arange(len(row))
    for _ in range(REFINEMENTS):
        if not open_.size:
            break
        i = open_
        share = at_low[i] / (at_low[i] - at_high[i])
        depth[i] = low[i] + np.clip(share, 0.01, 0.99) * (high[i] - low[i])
        found = floquet_multipliers(milling, speed[i], depth[i], resolution=NODES)
        value[i] = found.value
        here = found.modulus - 1
        above = (here < 0) != (at_low[i] < 0)
        high[i], low[i] = np.where(above, depth[i], high[i]), np.where(above, low[i], depth[i])
        at_low[i] = np.where(above, at_low[i] / 2, here)
        at_high[i] = np.where(above, here, at_high[i] / 2)
        open_ = i[(np.abs(here) > TOLERANCE) & (high[i] - low[i] > TOLERANCE * high[i])]
    return CriticalDepths(row, speed, depth, Multipliers(value, np.zeros(len(row))).kind, onset)


def islands(chart: Chart) -> np.ndarray:
    """Number of the island each cell lies in (speed, depth), 0 outside.

    An island is a connected region of chatter, or of stability, that touches no edge of the chart.
    """
    found = np.zeros(chart.stable.shape, dtype=int)
    count = 0
    for region in (~chart.stable, chart.stable):
        label, n = ndimage.label(region)
        rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
        for number in np.setdiff1d(np.arange(1, n + 1), rim):
            count += 1
            found[label == number] = count
    return found


def chatter_frequencies(multipliers: Multipliers, speed: np.ndarray, n_teeth: int, near: float) -> np.ndarray:
    """The two frequencies (..., 2) [rad/s] of the growing vibration nearest to ``near``, ascending.

    A multiplier of argument a allows all frequencies (k +- a / 2 pi) times the tooth passing frequency: k whole. The
    sound of the cut has them all; the strongest is the one that the frequency response favours.

    Args:
        multipliers: (...) of even pitch.
        speed: (...) [rad/s].
        n_teeth: of the tool.
        near: [rad/s] natural frequency of the mode that may chatter.
    """
    passing = n_teeth * np.asarray(speed, dtype=float)
    base = np.angle(multipliers.value) / (2 * np.pi) * passing
    sides = [sign * base + np.round((near - sign * base) / passing) * passing for sign in (1, -1)]
    return np.sort(np.stack(sides, axis=-1), axis=-1)
