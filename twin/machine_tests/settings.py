"""Settings of a test that is run on the machine of the twin, as they stand on the command line."""

from dataclasses import dataclass
from typing import Literal

from twin.units import (
    HOUR,
    MINUTE,
    MM,
    UM,
    Angle,
    AngularSpeed,
    Length,
    Speed,
    Temperature,
    TemperatureDifference,
    Time,
)  # fmt: skip

Test = Literal["circular", "positioning", "thermal", "warmup", "rtest", "volume"]


@dataclass(frozen=True, kw_only=True)
class MachineTest:
    """What is tested, and how."""

    machine: str = "vmc_3axis"
    """A machine of conf/machine."""
    controller: str = "generic_jerk_limited"
    """Whose servo loops run the circle, a controller of conf/controller."""
    test: Test = "circular"
    """circular (ISO 230-4), positioning (ISO 230-2), thermal (ISO 230-3), warmup (film of the warm machine),
    rtest (ISO 10791-6), volume (error field)."""
    structure: str = "vmc_c_frame"
    """Whose temperature field is filmed in the warm-up, a structure of conf/structure."""
    tool_length: Length = 150 * MM
    """From the nose to the point that is measured."""
    seed: int = 0
    """Of what is drawn: targets, scatter, set-up of the ball."""
    plane: str = "XY"
    """Of the circle."""
    radius: Length = 100 * MM
    """Of the circle."""
    feed: Speed = 1.0 / MINUTE
    """Along the circle."""
    axis: str = "X"
    """Whose positioning is tested."""
    scatter: Length = 0.5 * UM
    """Standard deviation of one approach, of the positioning test."""
    n_cycles: int = 5
    """Of the positioning test."""
    duration: Time = 8 * HOUR
    """Of the thermal test."""
    spindle_speed: AngularSpeed = 0.0
    """Of the thermal test; 0 with axes at rest: ETVE."""
    axis_speed: Speed = 0.0
    """Mean speed of ``axis`` in the thermal test."""
    ambient: Temperature = 20.0
    """Of the thermal test."""
    ambient_swing: TemperatureDifference = 1.0
    """The air swings by plus and minus this."""
    ambient_period: Time = 24 * HOUR
    """Of the swing."""
    ball: tuple[Length, Length, Length] = (100 * MM, 30 * MM, 60 * MM)
    """Place of the ball of the R-test from the point where the rotary lines meet."""
    poses: tuple[str, ...] = ("BK1", "BK2", "BK4")
    """Parts of the R-test that are run."""
    noise: Length = 0.5 * UM
    """Standard deviation of a reading of the R-test."""
    nest_tilt: Angle = 1e-3
    """Of the nest's axes against the machine's, one standard deviation (R-test)."""
    nest_length: Length = 20 * UM
    """One standard deviation of the length to the middle of the nest (R-test)."""
    drift: Length = 1.0 * UM
    """One standard deviation of what the machine drifts along each axis during the R-test."""
    prior: Length | None = None
    """Standard deviation of location errors that is known beforehand [µm and µrad]; none: nothing is."""
