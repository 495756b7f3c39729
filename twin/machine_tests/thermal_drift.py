"""Thermal effects, ISO 230-3: environmental temperature variation error, drift by spindle and by linear axes."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.units import HOUR


@dataclass(frozen=True)
class Drift:
    """What one reading did over a test."""

    name: str  # e.g. "X", "Z", "A" (tilt)
    whole: float  # [m or rad] range over the whole test
    first_hour: float  # range within the first 60 min
    any_hour: float  # largest range within any 60 min


@dataclass(frozen=True)
class AxisDrift:
    """Drift of the positioning of a linear axis moved to and fro, ISO 230-3 clause 7."""

    low: Drift  # of the reading at the lower end
    high: Drift  # at the upper end
    elongation: Drift  # of the difference, high minus low
    slope: float  # largest elongation over the distance of both ends [1]


def drift_sheet(time: np.ndarray, reading: dict[str, np.ndarray]) -> list[Drift]:
    """Ranges of every ``reading`` (sample,) [m or rad] over ``time`` (sample,) [s].

    Of a test without heat of its own they are the ETVE of clause 5, of one with a running spindle those of clause 6.

    Raises:
        InputError: times that do not ascend, less than an hour, or values that are no numbers.
    """
    time = np.asarray(time, float)
    if len(time) < 2 or not (np.diff(time) > 0).all():
        raise InputError("times of the thermal test do not ascend", remedy="sort the readings, drop repeated ones")
    if time[-1] - time[0] < HOUR:
        raise InputError(
            f"a thermal test of {(time[-1] - time[0]) / 60:.0f} min", remedy="record at least 60 min (ISO 230-3)"
        )
    sheet = []
    for name, values in reading.items():
        values = np.asarray(values, float)
        if values.shape != time.shape or not np.isfinite(values).all():
            raise InputError(f"reading {name} has gaps or another length than the times", remedy="one number per time")
        after = np.searchsorted(time, time + HOUR * (1 + 1e-12), side="right")
        full = time + HOUR <= time[-1] * (1 + 1e-12)
        hourly = [float(np.ptp(values[i:j])) for i, j in zip(np.flatnonzero(full), after[full], strict=True)]
        sheet.append(Drift(name, float(np.ptp(values)), hourly[0], max(hourly)))
    return sheet


def axis_drift(time: np.ndarray, low: np.ndarray, high: np.ndarray, distance: float) -> AxisDrift:
    """Sheet of one axis from its positioning deviations (sample,) [m] at two positions ``distance`` [m] apart.

    Raises:
        InputError: as :func:`drift_sheet`, or no distance.
    """
    if distance <= 0:
        raise InputError(f"the two positions are {distance:g} m apart", remedy="low position first, then the high one")
    longer = np.asarray(high, float) - np.asarray(low, float)
    lower, upper, change = drift_sheet(time, {"low end": low, "high end": high, "elongation between them": longer})
    return AxisDrift(lower, upper, change, float(np.abs(longer - longer[0]).max() / distance))
