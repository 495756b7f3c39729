"""The schema of ``thermal:`` in conf/machine: a network of lumps, what heats them, and what their growth moves.

Numbers are parameters (leaves of the pytree), so that any of them can be identified; names and sources are not.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from jax.tree_util import register_dataclass

from twin.config import NOT_NEGATIVE, POSITIVE, SHARE
from twin.units import (
    AngularSpeed,
    Conductance,
    Expansion,
    Film,
    Force,
    HeatCapacity,
    KinematicViscosity,
    Length,
    Mass,
    Power,
    Ratio,
    Torque,
    ViscousFriction,
)

WORKPIECE = "workpiece"  # the node whose capacity and surface come from the part
AMBIENT = "ambient"
COOLANT = "coolant"

_STATIC = {"static": True}


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Node:
    """A lump of one temperature."""

    capacity: Annotated[HeatCapacity, POSITIVE]
    """Mass times specific heat."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation."""
    source: str = field(metadata=_STATIC)
    """Where the number comes from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Link:
    """Heat flows between two nodes, or a node and ``ambient`` or ``coolant``."""

    between: tuple[str, str] = field(metadata=_STATIC)
    """The two ends."""
    conductance: Annotated[Conductance, NOT_NEGATIVE] | None = None
    """Of the whole link."""
    film: Annotated[Film, NOT_NEGATIVE] | None = None
    """Instead, on the workpiece: per free surface of the part."""
    when: Literal["always", "dry", "flood"] = field(default="always", metadata=_STATIC)
    """Coolant state in which the link exists."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation."""
    source: str = field(metadata=_STATIC)
    """Where the number comes from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Bearing:
    """Rolling bearings of one kind on the spindle, friction after Palmgren and Harris."""

    node: str = field(metadata=_STATIC)
    """What they heat."""
    n_bearings: int = field(metadata=_STATIC)
    """How many of them."""
    mean_diameter: Annotated[Length, POSITIVE]
    """Pitch diameter."""
    f0: Annotated[Ratio, NOT_NEGATIVE]
    """Factor of the viscous torque: bearing kind and lubrication."""
    viscosity: Annotated[KinematicViscosity, POSITIVE]
    """Of the lubricant at running temperature."""
    load: Force
    """Axial preload of each."""
    static_rating: Annotated[Force, POSITIVE]
    """C0."""
    z: Ratio
    """Load torque: f1 = z (load / static_rating) ** y ..."""
    y: Ratio
    """... and its exponent."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the heat."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Motor:
    """The spindle motor."""

    node: str = field(metadata=_STATIC)
    """What its losses heat."""
    efficiency: Annotated[Ratio, SHARE]
    """Shaft power over electrical power under load."""
    idle_loss: Power
    """Iron and windage loss at ``idle_speed``; it goes with the square of the speed."""
    idle_speed: AngularSpeed
    """Speed at which the idle loss is stated."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the heat."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class FeedDrive:
    """Friction of one axis, and the growth of the screw or scale that it is measured by."""

    screw: str = field(metadata=_STATIC)
    """Node heated by screw, nut and support bearings."""
    lead: Length
    """Travel of one turn."""
    friction_torque: Torque
    """Drag of the preloaded nut and the support bearings."""
    guide: str = field(metadata=_STATIC)
    """Node heated by the guides."""
    friction_force: Force
    """Drag of carriages and wipers."""
    viscous_friction: ViscousFriction = 0.0
    """Drag of the guides' lubricant, per speed."""
    moving_mass: Mass = 0.0
    """What the drive accelerates, screw and motor reduced to the travel; it makes no heat."""
    standard: str = field(metadata=_STATIC)
    """Node whose growth scales the axis: the screw (encoder on the motor) or a linear scale."""
    expansion: Expansion
    """Expansion coefficient of that standard."""
    fixed_end: Length
    """Axis position at which the standard does not move."""
    motor: str | None = field(default=None, metadata=_STATIC)
    """Node heated by the loss of the feed motor; none: it sits outside the structure."""
    motor_efficiency: Ratio = 1.0
    """Of the feed motor: power at the screw over electrical power."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the heat."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class CuttingHeat:
    """Where the heat of the cut goes that does not stay in the part."""

    tool: str = field(metadata=_STATIC)
    """Node that the tool warms."""
    tool_share: Annotated[Ratio, SHARE]
    """Of the cutting power."""
    chips: str = field(metadata=_STATIC)
    """Node that hot chips lie on."""
    chips_dry: Annotated[Ratio, SHARE]
    """Part of the chips' heat that enters there without coolant; the rest leaves with them."""
    chips_flood: Annotated[Ratio, SHARE]
    """The same under flood coolant, which sweeps them away."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the shares."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Member:
    """A piece of the structural loop; it moves the tool against the table by expansion x rise x lever."""

    node: str = field(metadata=_STATIC)
    """Whose temperature it has."""
    lever: tuple[Length, Length, Length]
    """From its fixed end towards the tool; with opposite sign for a piece between bed and table top."""
    expansion: Expansion
    """Expansion coefficient."""
    scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the lever."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class ThermalNetwork:
    """Everything thermal about one machine; heat share and expansion of the part come from its material."""

    nodes: dict[str, Node]
    """All lumps but the workpiece."""
    links: tuple[Link, ...]
    """Conduction, contact and films."""
    bearings: tuple[Bearing, ...]
    """Of the spindle."""
    motor: Motor
    """Of the spindle."""
    feed_drives: dict[str, FeedDrive]
    """X, Y, Z."""
    members: tuple[Member, ...]
    """The structural loop, the axes' own standards aside."""
    cutting: CuttingHeat | None = None
    """Heat of the cut to tool and chips; none: all that does not stay in the part leaves the machine."""
