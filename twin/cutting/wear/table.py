"""The schema of conf/wear: what is known of the wear of tools in a material, from where, and how well."""

from dataclasses import dataclass
from typing import Literal

from twin.cutting.wear.law import TaylorLaw, UsuiLaw
from twin.cutting.wear.path import WearGrowth
from twin.errors import InputError
from twin.units import Ratio

Sureness = Literal["read", "remembered", "assumed"]


@dataclass(frozen=True, kw_only=True)
class WearScatter:
    """One standard deviation."""

    life: Ratio
    """Of the logarithm of the life, from tool to tool."""
    speed_exponent: Ratio
    """Of the exponent k."""
    growth: Ratio
    """Of the exponent of the wear curve."""


@dataclass(frozen=True, kw_only=True)
class WearRow:
    """Wear of one tool."""

    name: str
    """What ``chosen`` refers to."""
    tool: str
    """Tool material, coating, coolant, operation."""
    law: TaylorLaw
    """Extended Taylor law of the flank."""
    scatter: WearScatter
    """How far another tool of the kind may lie."""
    scatter_basis: str
    """Where the scatter comes from."""
    source: str
    """Publication, and what is assumed."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""


@dataclass(frozen=True, kw_only=True)
class UsuiRow:
    """Usui's constants of one tool material."""

    name: str
    """What it is called."""
    tool: str
    """Tool material and the temperatures that the constants hold for."""
    law: UsuiLaw
    """Constants of Usui's law."""
    source: str
    """Publication."""
    scatter: str
    """What is known of it."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""


@dataclass(frozen=True, kw_only=True)
class ForceGrowth(WearGrowth):
    """Growth of the edge coefficients with VB, with its source."""

    scatter: WearGrowth
    """One standard deviation."""
    source: str
    """Publication, or why it is assumed."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""


@dataclass(frozen=True, kw_only=True)
class WearTable:
    """A material's rows; ``chosen`` is the one in force."""

    material: str
    """Workpiece material."""
    rows: tuple[WearRow, ...]
    """One a tool and source."""
    chosen: str
    """Name of the row in force."""
    reason: str
    """Why that one."""
    force_growth: ForceGrowth
    """How forces grow as the flank wears."""
    usui: tuple[UsuiRow, ...] = ()
    """Laws from pressure and temperature, where there are any."""

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        if self.chosen not in names:
            raise InputError(f"{self.material} has no wear row '{self.chosen}'", remedy="one of " + ", ".join(names))
        for row in self.rows:
            if min(row.law.reference_life, row.law.limit, row.law.growth, row.law.reference_speed) <= 0:
                raise InputError(f"{self.material}, {row.name}: life, limit, growth and speed must be positive")

    @property
    def law(self) -> TaylorLaw:
        """The law in force."""
        return next(row.law for row in self.rows if row.name == self.chosen)
