"""What can be shown on the part, with which colours and limits."""

from dataclasses import dataclass

import numpy as np

NOT_KNOWN = "#d9d9d9"  # colour of a place without a value
LABEL_ERROR = 0.002  # of the length of a scalar bar


@dataclass(frozen=True)
class Quantity:
    """How one field of part.vtp is shown."""

    field: str  # name of the point data array
    title: str  # what the colour bar says, with the unit
    colour_map: str  # perceptually even and safe for the colour-blind
    symmetric: bool = False  # limits around zero
    limits: tuple[float, float] | None = None  # fixed ones, whatever the values


DIVERGING, RISING, HEAT = "RdBu_r", "viridis", "inferno"

QUANTITIES = {
    q.field: q
    for q in (
        Quantity("deviation_um", "deviation [µm]", DIVERGING, True),
        Quantity("deviation_thermal_um", "thermal deviation [µm]", DIVERGING, True),
        Quantity("deviation_geometric_um", "geometric deviation [µm]", DIVERGING, True),
        Quantity("deviation_servo_um", "servo deviation [µm]", DIVERGING, True),
        Quantity("deviation_deflection_um", "deflection deviation [µm]", DIVERGING, True),
        Quantity("deviation_release_um", "release deviation [µm]", DIVERGING, True),
        Quantity("excess_um", "excess over target [µm]", DIVERGING, True),
        Quantity("force_n", "peak force [N]", RISING),
        Quantity("power_w", "spindle power [W]", RISING),
        Quantity("depth_mm", "engaged depth [mm]", RISING),
        Quantity("engagement_deg", "engaged angle [°]", RISING),
        Quantity("chatter_margin", "stable depth over depth [1]", "RdBu", limits=(0.0, 2.0)),
        Quantity("wear_um", "flank wear of the tool [µm]", RISING),
        Quantity("interface_degc", "chip temperature [°C]", HEAT),
        Quantity("time_s", "time of cut [s]", RISING),
        Quantity("line", "NC line [1]", RISING),
    )
}


def colour_limits(values: np.ndarray, symmetric: bool, limit: float | None) -> tuple[float, float]:
    """Round limits that hold 98 % of the values, around zero where ``symmetric``."""
    finite = values[np.isfinite(values)]
    if limit is not None:
        return (-limit if symmetric else 0.0), limit
    if finite.size == 0:
        return -1.0, 1.0
    if symmetric:
        top = _round_up(float(np.percentile(np.abs(finite), 98)))
        return -top, top
    return 0.0, _round_up(float(np.percentile(finite, 98)))


def limits_of(quantity: Quantity, values: np.ndarray, limit: float | None = None) -> tuple[float, float]:
    """Ends of the colour range of ``quantity`` where it has ``values``; ``limit``: end that is asked for."""
    if quantity.limits is not None and limit is None:
        return quantity.limits
    return colour_limits(values, quantity.symmetric, limit)


def bar_format(limits: tuple[float, float]) -> str:
    """How the numbers of a scalar bar with five labels are written: true to :data:`LABEL_ERROR` of the bar."""
    labels = np.linspace(*limits, 5)
    fits = (d for d in range(9) if np.abs(labels - labels.round(d)).max() <= LABEL_ERROR * np.ptp(labels))
    return f"%.{next(fits, 9)}f"


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 x 10^n at or above ``value``."""
    if value <= 0:
        return 1.0
    decade = 10.0 ** np.floor(np.log10(value))
    return float(next(step * decade for step in (1, 2, 5, 10) if step * decade >= value * (1 - 1e-9)))
