"""What a spindle can give: torque and power over speed, as in its data sheet."""

from dataclasses import dataclass
from typing import Literal

from twin.errors import InputError
from twin.units import AngularSpeed, Length, Power, Rate, Ratio, Stiffness, Torque


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


@dataclass(frozen=True, kw_only=True)
class SpindleMode:
    """A mode of spindle, bearings and structure, as felt at the spindle nose without tool and holder."""

    direction: Literal["x", "y"]
    """Axis along which the nose moves."""
    frequency: Rate
    """Undamped natural frequency."""
    damping: Ratio
    """Damping ratio."""
    stiffness: Stiffness
    """Modal stiffness at the nose."""
    pivot: Length
    """How far above the nose the point lies about which the mode tilts the shaft."""
    scatter: Ratio = 0.0
    """Standard deviation of stiffness and of damping, relative; the frequency has half of it."""
    source: str
    """Where the mode comes from; 'assumed' if nowhere."""

    def __post_init__(self) -> None:
        for name, ok in (
            ("frequency", self.frequency > 0),
            ("stiffness", self.stiffness > 0),
            ("damping", 0 < self.damping < 1),
            ("pivot", self.pivot > 0),
        ):
            if not ok:
                raise InputError(
                    f"spindle mode at {self.frequency:g} Hz along {self.direction}: {name} {getattr(self, name):g} "
                    "is impossible",
                    remedy="give positive values and a damping ratio below 1",
                )
