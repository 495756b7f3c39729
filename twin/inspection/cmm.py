"""The coordinate measuring machine: its limits of error, how many points it takes, and what both mean for a point.

The limits are of ISO 10360-2 (length, ``A + L / K``) and ISO 10360-5 (probing). They become five independent
error sources, each of standard deviation as stated, rectangular within its limit (GUM 4.3.7) but for the random one:

- ``probe``, every point for itself, along the normal: the limit of probing form is the range of 25 points, which for
  normal errors is 3.93 standard deviations (Tippett 1925);
- ``tip``, all points alike, along the normal: half the limit of probing size, in the radius;
- ``place``, all points of one feature alike, X, Y and Z: the constant A of a length is the error of two places;
- ``scale``, a strain of the machine's axes, three scales and three squarenesses: the slope 1/K each;
- ``temperature``, an even strain: expansion at an unknown temperature (ISO/TR 16015), normal.
"""

from dataclasses import dataclass

import numpy as np

from twin.units import Length, Ratio, Temperature, TemperatureDifference

RANGE_OF_25 = 3.931  # expected range of 25 normal values, in standard deviations (Tippett 1925)
RECTANGULAR = 1 / np.sqrt(3.0)  # standard deviation of a rectangular distribution, in half widths


@dataclass(frozen=True, kw_only=True)
class Cmm:
    """conf/cmm: a measuring machine and its plan."""

    name: str
    """What it is called in reports."""
    length_constant: Length
    """A of the limit of length error ``A + L / K`` (ISO 10360-2)."""
    length_slope: Ratio
    """1 / K of it."""
    probing_form: Length
    """Limit of the probing form error (ISO 10360-5)."""
    probing_size: Length
    """Limit of the probing size error, in diameter (ISO 10360-5)."""
    tip_diameter: Length
    """Of the probe: it must enter the holes."""
    part: Temperature
    """Of the part while it is measured ..."""
    part_scatter: TemperatureDifference
    """... and one standard deviation of it."""
    ambient: Temperature
    """Of the air."""
    expansion_scatter: Ratio
    """One standard deviation of the part's expansion coefficient, over its value."""
    n_circle_sections: int
    """Circles that a hole or boss is probed on ..."""
    n_circle_points: int
    """... and points on each."""
    n_plane_rows: int
    """Grid of points on a plane, and on each face of a wall."""
    n_plane_columns: int
    """... and points along each row."""
    n_profile_points: int
    """Spread over a profile."""

    @property
    def probe(self) -> float:
        """Standard deviation of one point along the normal [m]."""
        return self.probing_form / RANGE_OF_25

    @property
    def tip(self) -> float:
        """Standard deviation of the tip's radius [m]."""
        return self.probing_size / 2 * RECTANGULAR

    @property
    def place(self) -> float:
        """Standard deviation of the place of a feature along an axis [m]."""
        return self.length_constant * RECTANGULAR / np.sqrt(2.0)

    @property
    def scale(self) -> float:
        """Standard deviation of a scale or squareness."""
        return self.length_slope * RECTANGULAR

    def strain(self, expansion: float) -> float:
        """Standard deviation of the strain that is left after correction to 20 degC.

        Args:
            expansion: coefficient of the part [1/K].
        """
        return float(np.hypot(expansion * self.part_scatter, self.expansion_scatter * expansion * (self.part - 20.0)))
