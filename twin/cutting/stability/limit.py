"""The stability chart of one tool as a user wants it: limit, its scatter, best speeds."""

from dataclasses import dataclass, replace

import numpy as np

from twin.cutting.stability.chart import Chart, CriticalDepths, critical_depths, islands, refined, stability_chart
from twin.cutting.stability.milling import Milling, check_modes
from twin.errors import InputError

N_SPEEDS, N_DEPTHS = 240, 100
N_BAND_DEPTHS = 50  # of the band of the coefficients
N_ROUGH, N_ROUGH_DEPTHS = 30, 40  # of the search for the depth of the chart
LEAST_GAIN = 1.05  # of a best speed over the limits beside it


@dataclass(frozen=True)
class DepthLimit:
    """Stable depths over spindle speed."""

    chart: Chart
    crossings: CriticalDepths  # of every speed of the chart
    island: np.ndarray  # (speed, depth) number of the island, 0 outside
    first: np.ndarray  # (speed,) [m] lowest critical depth, inf above the chart
    band: np.ndarray  # (2, speed) [m] with coefficients one standard deviation higher, lower; at most 2 charts
    best: np.ndarray  # (pocket,) rows of the speeds where the limit is highest between two lobes
    lobe: np.ndarray  # (pocket,) whole waves of the softest mode between two teeth there


def depth_limit(
    milling: Milling,
    speed: np.ndarray,
    *,
    deepest: float | None,
    flute_length: float,
    scatter: tuple[float, float] = (0.0, 0.0),
) -> DepthLimit:
    """Chart of ``milling`` between two speeds.

    Args:
        milling: the engagement.
        speed: (2,) [rad/s] lowest and highest.
        deepest: [m] of the chart; None: about four times the lowest limit, within the flutes.
        flute_length: [m].
        scatter: [Pa] standard deviation of ktc and of krc; they rise and fall together.

    Raises:
        InputError: numbers that cannot be.
    """
    if deepest is not None and not deepest > 0:
        raise InputError(f"a chart of {deepest * 1e3:g} mm depth", remedy="give a positive depth")
    if deepest is None:
        rough = critical_depths(milling, np.linspace(speed[0], speed[1], N_ROUGH), flute_length, N_ROUGH_DEPTHS).first(
            N_ROUGH
        )
        limited = rough[np.isfinite(rough)]
        deepest = min(flute_length, 4 * float(limited.min())) if limited.size else flute_length
    speeds, depths = np.linspace(speed[0], speed[1], N_SPEEDS), np.linspace(0, deepest, N_DEPTHS)
    chart = stability_chart(milling, speeds, depths)
    crossings = refined(milling, chart)
    first = crossings.first(N_SPEEDS)
    band = [first, first]
    if any(scatter):
        band = [_changed(milling, scatter, sign, speeds, 2 * deepest) for sign in (1, -1)]
    best = _pockets(np.minimum(first, deepest))
    modes = check_modes(milling.modes)
    softest = np.argmin(np.asarray(modes.stiffness) * np.asarray(modes.damping))
    lobe = np.round(float(np.asarray(modes.omega)[softest]) / (milling.n_teeth * speeds[best])).astype(int)
    return DepthLimit(chart, crossings, islands(chart), first, np.array(band), best, lobe)


def _changed(
    milling: Milling, scatter: tuple[float, float], sign: int, speed: np.ndarray, deepest: float
) -> np.ndarray:
    """Lowest critical depth (speed,) [m] with coefficients one standard deviation away, but not below a twentieth."""
    ktc, krc = (max(k + sign * s, 0.05 * k) for k, s in zip((milling.ktc, milling.krc), scatter, strict=True))
    changed = replace(milling, ktc=ktc, krc=krc)
    return np.minimum(critical_depths(changed, speed, deepest, N_BAND_DEPTHS).first(len(speed)), deepest)


def _pockets(limit: np.ndarray) -> np.ndarray:
    """Rows where ``limit`` is highest between two valleys that are LEAST_GAIN lower, the highest first."""
    rows = []
    top = valley = 0
    rising = True
    for i, value in enumerate(limit):
        if rising:
            if value > limit[top]:
                top = i
            elif value * LEAST_GAIN < limit[top]:
                rows.append(_middle(limit, top))
                rising, valley = False, i
        elif value < limit[valley]:
            valley = i
        elif value > limit[valley] * LEAST_GAIN:
            rising, top = True, i
    if rising and top > 0:
        rows.append(_middle(limit, top))
    return np.array(sorted(set(rows), key=lambda row: -limit[row]), dtype=int)


def _middle(limit: np.ndarray, top: int) -> int:
    """Middle of the run of equal limits that starts at ``top``."""
    end = top
    while end + 1 < len(limit) and limit[end + 1] == limit[top]:
        end += 1
    return (top + end) // 2
