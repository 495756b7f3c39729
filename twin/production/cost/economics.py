"""The schema of conf/economics: what time, energy, tools and material cost, from where, and how well it is known."""

from dataclasses import dataclass
from typing import Annotated, Literal

from twin.errors import InputError
from twin.settings import check_amounts
from twin.units import AngularSpeed, Uncertain

Sureness = Literal["read", "remembered", "assumed"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """Where a number comes from."""

    source: str
    """What was read, or the ground of the assumption."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""


@dataclass(frozen=True, kw_only=True)
class PowerRow(Row):
    """Electrical power of a part of the machine."""

    power: Annotated[Uncertain, "W"]
    """Electrical, while that part runs."""


@dataclass(frozen=True, kw_only=True)
class SpindleRow(PowerRow):
    """The spindle turning without a cut; the power is proportional to the speed."""

    speed: AngularSpeed
    """At which it takes ``power``."""


@dataclass(frozen=True, kw_only=True)
class RatioRow(Row):
    value: Annotated[Uncertain, "1"]
    """The ratio."""


@dataclass(frozen=True, kw_only=True)
class RateRow(Row):
    rate: Annotated[Uncertain, "EUR/s"]
    """Per time."""


@dataclass(frozen=True, kw_only=True)
class EnergyPriceRow(Row):
    price: Annotated[Uncertain, "EUR/J"]
    """Per energy."""


@dataclass(frozen=True, kw_only=True)
class TimeRow(Row):
    time: Annotated[Uncertain, "s"]
    """How long it takes."""


@dataclass(frozen=True, kw_only=True)
class LengthRow(Row):
    accuracy: Annotated[Uncertain, "m"]
    """One standard deviation."""


@dataclass(frozen=True, kw_only=True)
class ToolRow(Row):
    """Tools of one kind."""

    price: Annotated[Uncertain, "EUR"]
    """Of a new tool of ``diameter`` 10 mm; proportional to the diameter."""
    regrinds: Annotated[Uncertain, "1"]
    """Lives that the price pays for, regrinding included."""
    life: Annotated[Uncertain, "s"]
    """Time in cut; read only where the twin knows no law of wear for the material."""


@dataclass(frozen=True, kw_only=True)
class MaterialRow(Row):
    price: Annotated[Uncertain, "EUR/kg"]
    """Of stock, per mass."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """Electrical power in the operating states of ISO 14955-1 and of what runs beside the cut."""

    standby: PowerRow
    """Control on, drives off."""
    ready: PowerRow
    """Drives, hydraulics and fans on, nothing moves: also while it is set up, loaded or repaired."""
    axes: PowerRow
    """Above ready, while a program runs."""
    flood_coolant: PowerRow
    """Above ready, while flood coolant runs."""
    spindle: SpindleRow
    """Above ready, while the spindle turns without a cut."""
    efficiency: RatioRow
    """Of the spindle drive: cutting power over the electrical power that it takes more."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    machine: RateRow
    """Of a machine hour that is planned: depreciation, space, maintenance; without energy, tools and people."""
    operator: RateRow
    """Of an operator's hour."""
    inspector: RateRow
    """Of an inspector's hour, the measuring machine included."""
    coolant: RateRow
    """While flood coolant runs: losses, care and disposal."""
    electricity: EnergyPriceRow
    """Of electrical energy."""
    attendance: RatioRow
    """Part of the running time that an operator spends at this machine."""


@dataclass(frozen=True, kw_only=True)
class Times:
    setup: TimeRow
    """Of a lot: fixture, tools, program, first part."""
    loading: TimeRow
    """Of a part, the machine waiting."""
    inspection: TimeRow
    """Of a part that is inspected, beside the machine."""
    tool_replacement: TimeRow
    """Of a worn tool: exchange and measuring, the machine waiting."""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """How far the twin's own numbers scatter about the truth."""

    time: RatioRow
    """Real over predicted machining time."""
    tool_life: RatioRow
    """Real over predicted life of a tool."""
    accuracy: LengthRow
    """One standard deviation of a measured size about the predicted one, the same for all parts of an order until the
    first one is measured (its own ± is not read)."""
    repeatability: LengthRow
    """One standard deviation of a size from part to part, once the first one is measured and corrected (its own ± is
    not read)."""
    other_scrap: RatioRow
    """Parts lost to causes that the twin does not see."""


@dataclass(frozen=True, kw_only=True)
class Economics:
    """What a shop pays."""

    name: str
    """What it is called."""
    price_basis: str
    """Currency, year, place, taxes."""
    power: Power
    """Electrical power of the machine's states."""
    rates: Rates
    """What an hour and a kilowatt-hour cost."""
    times: Times
    """Times beside the cut."""
    trust: Trust
    """How far the twin's own numbers scatter."""
    tools: dict[str, ToolRow]
    """By the tool's kind."""
    materials: dict[str, MaterialRow]
    """By the material's name."""

    def __post_init__(self) -> None:
        check_amounts(self, "economics")
        if not 0 < self.power.efficiency.value.value <= 1:
            raise InputError(
                f"{self.name}: the efficiency of the spindle drive is {self.power.efficiency.value.value}",
                remedy="above 0, at most 1",
            )
        if self.power.spindle.speed <= 0:
            raise InputError(f"{self.name}: the speed of the spindle's row must be positive")

    def tool(self, kind: str) -> ToolRow:
        """Tools of one kind.

        Raises:
            InputError: no such row.
        """
        if kind not in self.tools:
            raise InputError(f"{self.name} has no price of a tool of kind {kind}", remedy=f"add economics.tools.{kind}")
        return self.tools[kind]

    def material(self, name: str) -> MaterialRow:
        """The stock's material.

        Raises:
            InputError: no such row.
        """
        if name not in self.materials:
            raise InputError(f"{self.name} has no price of {name}", remedy=f"add economics.materials.{name}")
        return self.materials[name]
