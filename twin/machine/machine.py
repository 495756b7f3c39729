"""The schema of conf/machine: what describes one machine."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation

from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors, DisplacementTerm, Offset, RotationTerm, Squareness, axis_errors
from twin.machine.kinematics import AXES, ROTARY, Kinematics, kinematics
from twin.machine.spindle import Spindle, SpindleMode
from twin.thermal.network import ThermalNetwork
from twin.units import DEG, MM, Angle, Length


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
    error_period: Length | None = None
    """Length over which the Fourier series of the errors repeat, e.g. the lead of the screw."""

    def __post_init__(self) -> None:
        if self.travel_max <= self.travel_min:
            raise InputError("axis travel is empty", remedy="travel_max must exceed travel_min")


@dataclass(frozen=True, kw_only=True)
class RotaryAxis:
    """One rotary axis; its error motions as in ISO 230-7, those missing are zero."""

    travel_min: Angle
    """Lower end of the axis position."""
    travel_max: Angle
    """Upper end of the axis position."""
    line: tuple[Length, Length, Length] = (0.0, 0.0, 0.0)
    """A point of its line at zero axis positions, in machine axes."""
    displacement_error: dict[str, DisplacementTerm] = field(default_factory=dict)
    """EXC, EYC (radial), EZC (axial) …"""
    rotation_error: dict[str, RotationTerm] = field(default_factory=dict)
    """EAC, EBC (tilt), ECC (angular position) …"""

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
    """A0Z, B0Z, C0Y: how far the axes are from square; A0C, B0C …: tilt of a rotary axis from its carrier."""
    rotary_axes: dict[str, RotaryAxis] = field(default_factory=dict)
    """Those of A, B and C that there are."""
    axis_offset: dict[str, Offset] = field(default_factory=dict)
    """X0C, Y0C, Y0A …: displacement of a rotary axis's line from its nominal place, seen from its carrier."""
    spindle_modes: tuple[SpindleMode, ...] = ()
    """Vibration of the spindle nose; empty: unknown."""

    def __post_init__(self) -> None:
        for what, given, allowed, remedy in (
            ("axis", self.axes, tuple(AXES), "axes are called X, Y, Z"),
            ("rotary axis", self.rotary_axes, tuple(ROTARY), "rotary axes are called A, B, C"),
            (
                "squareness",
                self.squareness,
                self._angles(),
                "A0Z, B0Z, C0Y; of rotary axes e.g. A0C, B0C",
            ),
            ("axis offset", self.axis_offset, self._offsets(), "X0C, Y0C, Y0A, Z0A … of rotary axes that there are"),
        ):
            for key in given:
                if key not in allowed:
                    raise InputError(f"{what} {key!r} is not understood", remedy=remedy)

    def _angles(self) -> tuple[str, ...]:
        return ("A0Z", "B0Z", "C0Y", *(f"{d}0{a}" for a in self.rotary_axes for d in ROTARY))

    def _offsets(self) -> tuple[str, ...]:
        return tuple(f"{d}0{a}" for a in self.rotary_axes for d in AXES)


def machine_kinematics(machine: Machine) -> Kinematics:
    """Return the chain and error functions of ``machine``, ready for :func:`geometric_error`.

    Squareness is an angle between lines, whichever axis carries the other: X is the reference, Y is turned by C0Y and
    Z by A0Z, B0Z, and a carriage stands along its own line. ISO 230-1, 3.5 and annex A.
    """
    errors = {
        name: axis_errors(
            name,
            (axis.travel_min, axis.travel_max),
            axis.displacement_error,
            axis.rotation_error,
            {},
            period=axis.error_period,
        )
        for name, axis in machine.axes.items()
    }
    errors |= {
        name: axis_errors(
            name,
            (axis.travel_min, axis.travel_max),
            axis.displacement_error,
            axis.rotation_error,
            machine.squareness,
            offset=machine.axis_offset,
            line=axis.line,
        )
        for name, axis in machine.rotary_axes.items()
    }
    chain = kinematics(machine.chain, errors)
    return replace(
        chain,
        work=_square(chain.work, chain.work_axes, machine.squareness),
        tool=_square(chain.tool, chain.tool_axes, machine.squareness),
    )


def _square(axes: tuple[AxisErrors, ...], letters: str, squareness: dict[str, Squareness]) -> tuple[AxisErrors, ...]:
    """The carriages of one side, from the bed, each linear one turned against its carrier to lie along its line."""
    placed, carrier = [], Rotation.identity()
    for letter, axis in zip(letters, axes, strict=True):
        if letter in AXES:
            named = [squareness.get(f"{d}0{letter}") for d in ROTARY]
            line = Rotation.from_rotvec([0.0 if term is None else term.value for term in named])
            turn = (carrier.inv() * line).as_rotvec()
            axis, carrier = replace(axis, location=np.concatenate([axis.location[:3], turn])), line
        placed.append(axis)
    return tuple(placed)


def beyond_travel(machine: Machine, axis_position: np.ndarray) -> dict[str, float]:
    """Axes that ``axis_position`` (..., 3) [m] takes out of their travel, and how far at most [m]."""
    excess = {}
    for column, name in enumerate("XYZ"):
        axis, position = machine.axes[name], axis_position[..., column]
        most = max(axis.travel_min - position.min(), position.max() - axis.travel_max)
        if most > 0:
            excess[name] = float(most)
    return excess


def check_travel(machine: Machine, axis_position: np.ndarray, letters: str) -> None:
    """Refuse positions (..., axis) [m, rad], columns as ``letters``, that the axes cannot reach.

    Raises:
        InputError: names the first axis out of its travel, the position and the travel.
    """
    for column, name in enumerate(letters):
        axis: Axis | RotaryAxis = machine.axes[name] if name in AXES else machine.rotary_axes[name]
        position, (scale, unit) = axis_position[..., column], (MM, "mm") if name in AXES else (DEG, "deg")
        slack = 1e-9 * (axis.travel_max - axis.travel_min)
        for worst in (position.min(), position.max()):
            if not axis.travel_min - slack <= worst <= axis.travel_max + slack:
                raise InputError(
                    f"axis {name} is asked for {worst / scale:g} {unit}, outside its travel "
                    f"{axis.travel_min / scale:g} to {axis.travel_max / scale:g} {unit}",
                    remedy="change the test or the travel",
                )
