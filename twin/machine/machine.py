"""The schema of conf/machine: what describes one machine."""

from dataclasses import dataclass, field

import numpy as np

from twin.errors import InputError
from twin.machine.axis_errors import DisplacementTerm, RotationTerm, Squareness, axis_errors
from twin.machine.kinematics import Kinematics, kinematics
from twin.machine.spindle import Spindle, SpindleMode
from twin.thermal.network import ThermalNetwork
from twin.units import Length


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One linear axis."""

    travel_min: Length
    """Lower end of the axis position."""
    travel_max: Length
    """Upper end of the axis position."""
    displacement_error: dict[str, DisplacementTerm] = field(default_factory=dict)
    """E-X, E-Y, E-Z of the axis's carriage (ISO 230-1), those missing are zero."""
    rotation_error: dict[str, RotationTerm] = field(default_factory=dict)
    """E-A, E-B, E-C of the axis's carriage."""

    def __post_init__(self) -> None:
        if self.travel_max <= self.travel_min:
            raise InputError("axis travel is empty", remedy="travel_max must exceed travel_min")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine tool."""

    name: str
    """What people call it."""
    chain: str
    """Axes from workpiece to tool with b for the bed: 'w X Y b Z t'."""
    axes: dict[str, Axis]
    """X, Y and Z."""
    spindle: Spindle
    """Torque and power over speed."""
    thermal: ThermalNetwork
    """Lumps, heat sources and growth of the structure."""
    squareness: dict[str, Squareness] = field(default_factory=dict)
    """A0Z, B0Z, C0Y: how far the axes are from square."""
    spindle_modes: tuple[SpindleMode, ...] = ()
    """Vibration of the spindle nose; empty: unknown."""

    def __post_init__(self) -> None:
        for key in self.squareness:
            if len(key) != 3 or key[0] not in "ABC" or key[1] != "0" or key[2] not in self.axes:
                raise InputError(f"squareness {key!r} is not understood", remedy="A0Z, B0Z, C0Y")


def machine_kinematics(machine: Machine) -> Kinematics:
    """Return the chain and error functions of ``machine``, ready for :func:`geometric_error`."""
    errors = {
        name: axis_errors(
            name, (axis.travel_min, axis.travel_max), axis.displacement_error, axis.rotation_error, machine.squareness
        )
        for name, axis in machine.axes.items()
    }
    return kinematics(machine.chain, errors)


def beyond_travel(machine: Machine, axis_position: np.ndarray) -> dict[str, float]:
    """Axes that ``axis_position`` (..., 3) [m] takes out of their travel, and how far at most [m]."""
    excess = {}
    for column, name in enumerate("XYZ"):
        axis, position = machine.axes[name], axis_position[..., column]
        most = max(axis.travel_min - position.min(), position.max() - axis.travel_max)
        if most > 0:
            excess[name] = float(most)
    return excess
