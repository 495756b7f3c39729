"""What a spindle can give: torque and power over speed, as in its data sheet."""

from dataclasses import dataclass

from twin.errors import InputError
from twin.units import AngularSpeed, Power, Torque


@dataclass(frozen=True, kw_only=True)
class Spindle:
    """Continuous (S1) torque and power at ascending speeds; straight lines between the points."""

    speed: tuple[AngularSpeed, ...]
    """Speeds of the points; the last is the highest allowed."""
    torque: tuple[Torque, ...]
    """Continuous torque at these speeds."""
    power: tuple[Power, ...]
    """Continuous power at these speeds."""
    source: str
    """Where the curve comes from; 'assumed' if nowhere."""

    def __post_init__(self) -> None:
        if not 2 <= len(self.speed) == len(self.torque) == len(self.power):
            raise InputError(
                "spindle: speed, torque and power need the same number of points, at least two",
                remedy="give one torque and one power for each speed",
            )
        if self.speed[0] < 0 or any(b <= a for a, b in zip(self.speed, self.speed[1:], strict=False)):
            raise InputError("spindle: speeds do not ascend from zero or above", remedy="sort the points by speed")
        if min(self.torque) < 0 or min(self.power) < 0:
            raise InputError("spindle: a torque or power is negative", remedy="give magnitudes")
