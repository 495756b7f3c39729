"""The factors at the borders, nothing else.

Inside the twin every number is SI and carries no suffix. A key, column or channel outside
ends in the suffix of its unit (``feed_mm_min``); :data:`SUFFIX` says what that is in SI.
"""

from math import pi
from typing import Annotated, NamedTuple

MM = 1e-3
UM = 1e-6
INCH = 25.4e-3
MINUTE = 60.0
HOUR = 3600.0
DEG = pi / 180.0
RPM = 2 * pi / 60.0
MPA = 1e6
GPA = 1e9

# A dataclass field of one of these types is read from a key with a suffix of that unit.
Length = Annotated[float, "m"]
Angle = Annotated[float, "rad"]
Time = Annotated[float, "s"]
Speed = Annotated[float, "m/s"]
Acceleration = Annotated[float, "m/s2"]
Jerk = Annotated[float, "m/s3"]
AngularSpeed = Annotated[float, "rad/s"]
AngularAcceleration = Annotated[float, "rad/s2"]
Rate = Annotated[float, "1/s"]
Force = Annotated[float, "N"]
Torque = Annotated[float, "N m"]
Power = Annotated[float, "W"]
Stiffness = Annotated[float, "N/m"]
AngularStiffness = Annotated[float, "N m/rad"]
Pressure = Annotated[float, "Pa"]
LineForce = Annotated[float, "N/m (edge)"]
Mass = Annotated[float, "kg"]
Density = Annotated[float, "kg/m3"]
LineDensity = Annotated[float, "kg/m"]
Temperature = Annotated[float, "degC"]
TemperatureDifference = Annotated[float, "K"]
Expansion = Annotated[float, "1/K"]
HeatCapacity = Annotated[float, "J/K"]
SpecificHeat = Annotated[float, "J/(kg K)"]
Conductance = Annotated[float, "W/K"]
Conductivity = Annotated[float, "W/(m K)"]
PerPressure = Annotated[float, "1/Pa"]
Film = Annotated[float, "W/(m2 K)"]
Ratio = Annotated[float, "1"]
AnglePerLength = Annotated[float, "rad/m"]
KinematicViscosity = Annotated[float, "m2/s"]
ViscousFriction = Annotated[float, "N s/m"]
Compliance = Annotated[float, "m/N"]
Energy = Annotated[float, "J"]
Money = Annotated[float, "EUR"]
CostRate = Annotated[float, "EUR/s"]
EnergyPrice = Annotated[float, "EUR/J"]
MaterialPrice = Annotated[float, "EUR/kg"]


class Uncertain(NamedTuple):
    """A value and one standard deviation; ``2810 ± 10`` in YAML, a bare number where nothing is known of the second."""

    value: float
    deviation: float


# suffix -> (factor to SI, SI unit). Longest suffix wins.
SUFFIX: dict[str, tuple[float, str]] = {
    "m": (1.0, "m"),
    "mm": (MM, "m"),
    "um": (UM, "m"),
    "in": (INCH, "m"),
    "rad": (1.0, "rad"),
    "urad": (1e-6, "rad"),
    "deg": (DEG, "rad"),
    "s": (1.0, "s"),
    "ms": (1e-3, "s"),
    "min": (MINUTE, "s"),
    "h": (HOUR, "s"),
    "mm3": (1e-9, "m3"),
    "cm3": (1e-6, "m3"),
    "m_s": (1.0, "m/s"),
    "mm_s": (MM, "m/s"),
    "um_s": (UM, "m/s"),
    "mm_min": (MM / MINUTE, "m/s"),
    "in_min": (INCH / MINUTE, "m/s"),
    "m_min": (1.0 / MINUTE, "m/s"),
    "m_s2": (1.0, "m/s2"),
    "mm_s2": (MM, "m/s2"),
    "m_s3": (1.0, "m/s3"),
    "mm_s3": (MM, "m/s3"),
    "rpm": (RPM, "rad/s"),
    "rad_s": (1.0, "rad/s"),
    "rad_s2": (1.0, "rad/s2"),
    "rpm_s": (RPM, "rad/s2"),
    "per_s": (1.0, "1/s"),
    "hz": (1.0, "1/s"),
    "n": (1.0, "N"),
    "nm": (1.0, "N m"),
    "w": (1.0, "W"),
    "kw": (1e3, "W"),
    "n_m": (1.0, "N/m"),
    "n_um": (1e6, "N/m"),
    "nm_rad": (1.0, "N m/rad"),
    "pa": (1.0, "Pa"),
    "mpa": (MPA, "Pa"),
    "gpa": (GPA, "Pa"),
    "per_mpa": (1 / MPA, "1/Pa"),
    "n_mm2": (MPA, "Pa"),
    "n_mm": (1e3, "N/m (edge)"),
    "kg": (1.0, "kg"),
    "kg_m3": (1.0, "kg/m3"),
    "kg_m": (1.0, "kg/m"),
    "degc": (1.0, "degC"),
    "k": (1.0, "K"),
    "per_k": (1.0, "1/K"),
    "um_m_k": (1e-6, "1/K"),
    "mpa_deg": (MPA / DEG, "Pa/rad"),
    "deg_mm": (DEG / MM, "rad/m"),
    "deg_min_m": (DEG * MINUTE, "rad s/m"),
    "per_deg": (1.0 / DEG, "1/rad"),
    "j_k": (1.0, "J/K"),
    "j_kg_k": (1.0, "J/(kg K)"),
    "w_k": (1.0, "W/K"),
    "w_m_k": (1.0, "W/(m K)"),
    "w_m2_k": (1.0, "W/(m2 K)"),
    "ratio": (1.0, "1"),
    "pct": (0.01, "1"),
    "urad_m": (1e-6, "rad/m"),
    "mm2_s": (1e-6, "m2/s"),
    "n_s_m": (1.0, "N s/m"),
    "um_n": (1e-6, "m/N"),
    "kwh": (3.6e6, "J"),
    "eur": (1.0, "EUR"),
    "eur_h": (1.0 / HOUR, "EUR/s"),
    "eur_kwh": (1.0 / 3.6e6, "EUR/J"),
    "eur_kg": (1.0, "EUR/kg"),
}


def split_suffix(key: str) -> tuple[str, float, str] | None:
    """Return (name without suffix, factor to SI, SI unit) of ``key``, or None without a known suffix."""
    words = key.split("_")
    for first in range(1, len(words)):
        suffix = "_".join(words[first:])
        if suffix in SUFFIX:
            factor, unit = SUFFIX[suffix]
            return "_".join(words[:first]), factor, unit
    return None
