"""The schema of conf/material: what is known of a workpiece material, from where, and how well."""

from dataclasses import dataclass
from typing import Literal

from twin.cutting.coefficients import CuttingCoefficients
from twin.errors import InputError
from twin.units import Conductivity, Density, Expansion, LineForce, Pressure, Ratio, SpecificHeat

Sureness = Literal["read", "remembered", "assumed"]


@dataclass(frozen=True, kw_only=True)
class CoefficientScatter:
    """One standard deviation of each coefficient."""

    ktc: Pressure
    krc: Pressure
    kac: Pressure
    kte: LineForce
    kre: LineForce
    kae: LineForce
    chisel: Pressure
    basis: str
    """Where the scatter comes from."""


@dataclass(frozen=True, kw_only=True)
class CoefficientSet:
    """Cutting coefficients of one source."""

    name: str
    """What ``chosen`` refers to."""
    ktc: Pressure
    """Tangential, per chip area."""
    krc: Pressure
    """Radial, per chip area."""
    kac: Pressure
    """Axial, per chip area."""
    kte: LineForce
    """Tangential, per edge length."""
    kre: LineForce
    """Radial, per edge length."""
    kae: LineForce
    """Axial, per edge length."""
    chisel: Pressure
    """Thrust of a drill's chisel edge per area of its chip."""
    scatter: CoefficientScatter
    """How far a repetition on another tool, heat or machine may lie."""
    source: str
    """Publication, tool, and what is assumed."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""


@dataclass(frozen=True, kw_only=True)
class PropertyScatter:
    """One standard deviation of each physical property."""

    density: Density
    specific_heat: SpecificHeat
    conductivity: Conductivity
    expansion: Expansion
    youngs_modulus: Pressure


@dataclass(frozen=True, kw_only=True)
class OtherProperties:
    """What another source says of the physical properties; None where it is silent."""

    density: Density | None = None
    specific_heat: SpecificHeat | None = None
    conductivity: Conductivity | None = None
    expansion: Expansion | None = None
    youngs_modulus: Pressure | None = None
    source: str
    """Publication, temper and temperature."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """A workpiece material. Sources that disagree stand side by side; ``chosen`` is the one in force."""

    name: str
    """Alloy and temper."""
    density: Density
    specific_heat: SpecificHeat
    conductivity: Conductivity
    expansion: Expansion
    youngs_modulus: Pressure
    properties_scatter: PropertyScatter
    properties_source: str
    """Where the physical properties in force come from, and why where sources disagree."""
    properties_sureness: Sureness
    other_properties: tuple[OtherProperties, ...]
    """Sources that are not in force."""
    workpiece_share: Ratio
    """Part of the cutting power that stays in the part as heat."""
    workpiece_share_source: str
    cutting: tuple[CoefficientSet, ...]
    """Every source."""
    chosen: str
    """Name of the set in force."""
    reason: str
    """Why that one."""

    def __post_init__(self) -> None:
        names = [entry.name for entry in self.cutting]
        if self.chosen not in names:
            raise InputError(
                f"{self.name} has no cutting coefficients '{self.chosen}'", remedy="one of " + ", ".join(names)
            )
        if min(self.density, self.specific_heat, self.conductivity, self.youngs_modulus) <= 0:
            raise InputError(f"{self.name}: a physical property is not positive", remedy="correct conf/material")

    @property
    def chosen_set(self) -> CoefficientSet:
        """The set in force, with its scatter."""
        return next(entry for entry in self.cutting if entry.name == self.chosen)

    @property
    def coefficients(self) -> CuttingCoefficients:
        """Parameters of the force model."""
        entry = self.chosen_set
        return CuttingCoefficients(
            ktc=entry.ktc,
            krc=entry.krc,
            kac=entry.kac,
            kte=entry.kte,
            kre=entry.kre,
            kae=entry.kae,
            chisel=entry.chisel,
        )
