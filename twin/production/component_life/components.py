"""The schema of conf/component: the parts of a machine that fail by fatigue, as their catalogues state them."""

from dataclasses import dataclass, field
from pathlib import Path

from jax.tree_util import register_dataclass

from twin.config import build
from twin.errors import InputError
from twin.production.component_life.bearing import Ball, Lubricant, check_ball
from twin.production.component_life.belt import Belt
from twin.resources import shared_folder
from twin.settings import read_yaml
from twin.units import Force, Length, Mass, Ratio, TemperatureDifference

_STATIC = {"static": True}


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class BearingSet:
    """Bearings of one place on the spindle, alike; those that face the axial load share it."""

    node: str = field(metadata=_STATIC)
    """Thermal node whose temperature they have."""
    n_bearings: int = field(metadata=_STATIC)
    """That share the radial load."""
    n_axial: int = field(metadata=_STATIC)
    """Of them, in tandem against the axial load of the cut; 0: it floats."""
    ball: Ball
    """One of them."""
    lubricant: Lubricant
    """In the bearings."""
    preload: Force
    """Axial, of each bearing."""
    preload_scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the preload."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class SpindleBearings:
    """A shaft on two sets of bearings, statically determinate."""

    front: BearingSet
    """At the nose."""
    rear: BearingSet
    """At the far end of the shaft."""
    overhang: Length
    """From the middle of the front set to the spindle nose."""
    span: Length
    """Between the middles of both sets."""
    temperature_scatter: TemperatureDifference = field(metadata=_STATIC)
    """Standard deviation of the temperatures that the twin predicts."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Screw:
    """A ball screw with a preloaded double nut; the support bearings are not counted."""

    dynamic_rating: Force
    """C_a."""
    preload: Force
    """Between the halves of the nut."""
    lead: Length
    """Travel of one turn."""
    preload_scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the preload."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Guide:
    """Four carriages on two rails. Places are counted from the middle of the carriages: along the travel, across it,
    away from the rails."""

    dynamic_rating: Force
    """C of one carriage for 100 km."""
    preload: Force
    """Of one carriage."""
    spacing: tuple[Length, Length]
    """Of the carriages along and across."""
    moving_mass: Mass
    """Of what slides on them, part or tool included."""
    mass_point: tuple[Length, Length, Length]
    """Its centre of mass."""
    cut_point: tuple[Length, Length, Length]
    """Where the cut acts, in the middle of the working space."""
    drive_point: tuple[Length, Length, Length]
    """Where the nut holds."""
    counterbalance: Ratio = 0.0
    """Part of the weight of a vertical axis that something else carries."""
    preload_scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the preload."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class SpindleBelt(Belt):
    """The belts between motor and spindle."""

    tension_scatter: Ratio = field(metadata=_STATIC)
    """Relative standard deviation of the tension."""
    source: str = field(metadata=_STATIC)
    """Where the numbers come from; 'assumed' if nowhere."""


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Components:
    """What of one machine wears by its loads."""

    machines: tuple[str, ...] = field(metadata=_STATIC)
    """Names of the machines in conf/machine that have these parts."""
    spindle: SpindleBearings
    """What holds the shaft."""
    screws: dict[str, Screw]
    """Of X, Y, Z."""
    guides: dict[str, Guide]
    """Of X, Y, Z."""
    belt: SpindleBelt | None = None
    """None: the motor drives the spindle directly."""

    def __post_init__(self) -> None:
        if not isinstance(self.spindle, SpindleBearings) or not isinstance(self.spindle.front.preload, float):
            return  # derivatives, not a machine
        for name, some in (("front", self.spindle.front), ("rear", self.spindle.rear)):
            check_ball(name, some.ball)
        for what, given in (("screws", self.screws), ("guides", self.guides)):
            if sorted(given) != ["X", "Y", "Z"]:
                raise InputError(f"{what} of {', '.join(given) or 'no axis'}", remedy="give those of X, Y and Z")


def read_components(file: Path) -> Components:
    """The components in ``file``.

    Raises:
        InputError: no such file, an unknown key, a missing unit or rating.
    """
    if not file.is_file():
        raise InputError("there are no such components", file=file, remedy="see conf/component")
    return build(Components, read_yaml(file), "component", file=file)


def components_of(machine: str, conf: Path | None = None) -> tuple[Components, Path]:
    """The components of the machine of that name, and their file; searched in ``conf`` first.

    Raises:
        InputError: nobody has declared them.
    """
    for folder in [*([conf] if conf else []), shared_folder("conf")]:
        for file in sorted((folder / "component").glob("*.yaml")):
            found = read_components(file)
            if machine in found.machines:
                return found, file
    raise InputError(
        f"no file in conf/component declares the bearings, screws and guides of '{machine}'",
        remedy="copy one of them, give your machine's name and numbers, name it with --components FILE",
    )
