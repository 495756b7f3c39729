"""The schemas of conf/flow_stress and conf/tool_material: constants for the heat of the cut, with their sources."""

from dataclasses import dataclass
from typing import Literal

from twin.cutting.heat.johnson_cook import JohnsonCook
from twin.errors import InputError
from twin.units import Conductivity, Density, Ratio, SpecificHeat

Sureness = Literal["read", "remembered", "assumed"]


@dataclass(frozen=True, kw_only=True)
class FlowStressRow:
    """Johnson-Cook constants of one source."""

    name: str
    """What ``chosen`` refers to."""
    constants: JohnsonCook
    """Of the Johnson-Cook law."""
    source: str
    """Publication and state of the material."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""


@dataclass(frozen=True, kw_only=True)
class FlowStressTable:
    """A material's flow stress by source; where there are several, their spread is the scatter."""

    material: str
    """Alloy and temper."""
    rows: tuple[FlowStressRow, ...]
    """One a source."""
    chosen: str
    """Name of the row in force."""
    reason: str
    """Why that one."""
    scatter: str
    """How far the sources are apart, or why nothing is known of it."""

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        if self.chosen not in names:
            raise InputError(f"{self.material} has no flow stress '{self.chosen}'", remedy="one of " + ", ".join(names))

    @property
    def constants(self) -> JohnsonCook:
        """Those in force."""
        return next(row.constants for row in self.rows if row.name == self.chosen)


@dataclass(frozen=True, kw_only=True)
class ToolMaterial:
    """A cutting material."""

    name: str
    """What it is called."""
    density: Density
    """Mass per volume."""
    specific_heat: SpecificHeat
    """Heat per mass and kelvin."""
    conductivity: Conductivity
    """Thermal conductivity."""
    conductivity_scatter: Conductivity
    """One standard deviation between grades."""
    flank_share: Ratio
    """Part of the flank's heat that the work takes."""
    flank_share_scatter: Ratio
    """One standard deviation."""
    source: str
    """Where the numbers come from."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""
