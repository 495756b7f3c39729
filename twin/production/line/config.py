"""The schema of conf/line: stations, parts, orders."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from twin.errors import InputError
from twin.settings import check_amounts
from twin.units import HOUR, CostRate, EnergyPrice, Money, Power, Ratio, Time, Uncertain

DAY = 24 * HOUR
MOMENT = 1e-6  # [s] by which a sum of times may miss the end of a shift
UncertainTime = Annotated[Uncertain, "s"]


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """Failures after an exponential time of work; the part in work is finished after the repair."""

    between: Time
    """Mean working time between failures (MTBF)."""
    repair: UncertainTime
    """Log-normal."""


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """What a machine that stood still does before it may cut."""

    idle: Time
    """A machine that stood longer is cold; at the start all are."""
    time: Time
    """How long it warms up."""


@dataclass(frozen=True, kw_only=True)
class Down:
    """A machine of the station that stands still, as planned or as it broke."""

    start: Time
    """From when on."""
    end: Time
    """Until when."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """When people are there, every day alike; time 0 of the line is midnight."""

    start: Time
    """Since midnight."""
    end: Time
    """Since midnight, later than the start, at most 24 h."""


@dataclass(frozen=True, kw_only=True)
class Station:
    """Like machines with one queue."""

    n_machines: int = 1
    """How many of them."""
    setup: UncertainTime = Uncertain(0.0, 0.0)
    """When a lot of another part comes than the machine made last."""
    attended: bool = True
    """No part is begun without people there; false: the parts of a lot go on by themselves."""
    breakdown: Breakdown | None = None
    warm_up: WarmUp | None = None
    down: tuple[Down, ...] = ()
    """Of the station's first machine."""
    ready_power: Power = 0.0
    """Of each machine, all the time from the first release to the last part."""
    working_power: Power = 0.0
    """More than that while it works; a step that states its energy has that instead."""
    rate: CostRate = 0.0
    """Of the time that a lot occupies the machine, people included."""


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """A tool that a step wears."""

    used: Annotated[Uncertain, "1"]
    """Part of its life that one part uses; the deviation is that of the life from tool to tool."""
    price: Money = 0.0
    """Of a life."""
    replacement: Time = 0.0
    """Time of exchanging it, the machine waiting."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is done to each part at one station."""

    station: str
    """Where it is done."""
    time: UncertainTime = Uncertain(0.0, 0.0)
    """Of a part; left out where a run says it."""
    run: str | None = None
    """A finished run of the twin that says time, energy and wear of tools; ``latest`` is the newest."""
    distribution: Literal["lognormal", "exponential"] = "lognormal"
    energy: Annotated[Uncertain, "J"] | None = None
    """Of a part, above the ready power."""
    tools: dict[str, ToolUse] = field(default_factory=dict)
    share: Ratio = 1.0
    """Of the parts; the others pass by."""
    lost: Ratio = 0.0
    """Of the parts, found bad here."""


@dataclass(frozen=True, kw_only=True)
class LinePart:
    """A kind of part."""

    steps: dict[str, Step]
    """In their order."""
    material: Money = 0.0
    """Of one."""


@dataclass(frozen=True, kw_only=True)
class LineOrder:
    """Parts that are asked for."""

    part: str
    """Name of the kind of part."""
    n_parts: int
    """How many."""
    n_lot: int = 0
    """Parts that go through together; 0: all of them."""
    release: Time = 0.0
    """When its material is there."""
    due: Time | None = None
    """When it is to be ready; none: no date."""
    between: Time | None = None
    """The lots arrive at random (Poisson), so long apart in the mean; none: all at the release."""
    urgent: bool = False
    """Goes before all that wait."""

    @property
    def lots(self) -> tuple[int, ...]:
        """Sizes of its lots."""
        size = self.n_lot or self.n_parts
        whole, rest = divmod(self.n_parts, size)
        return (size,) * whole + ((rest,) if rest else ())


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of machines and what it is to make."""

    name: str
    """What it is called."""
    stations: dict[str, Station]
    parts: dict[str, LinePart]
    orders: dict[str, LineOrder]
    shifts: tuple[Shift, ...] = ()
    """Outside, nobody sets up, changes tools, repairs or loads an attended machine; none: there is always somebody."""
    n_operators: int = 0
    """Who set up, change tools and repair, one machine at a time each; 0: there are always enough."""
    transport: Time = 0.0
    """Of a lot from one station to the next, and its waiting for that."""
    rule: Literal["due", "first_come"] = "first_come"
    """Which of those that wait is next."""
    energy_price: EnergyPrice = 5e-8
    """Of electrical energy."""

    def away(self, now: float) -> float:
        """How long from ``now`` on until somebody is there [s]; 0: somebody is."""
        if not self.shifts:
            return 0.0
        clock = now % DAY
        for shift in self.shifts:
            if clock < shift.end - MOMENT:
                return max(0.0, shift.start - clock)
        return DAY - clock + self.shifts[0].start

    def __post_init__(self) -> None:
        check_amounts(self, "line")
        if not self.orders:
            raise InputError(f"{self.name} has no orders", remedy="add one below orders")
        for before, shift in zip((None, *self.shifts), self.shifts, strict=False):
            if not (before.end if before else 0.0) <= shift.start < shift.end <= DAY:
                raise InputError(
                    f"{self.name}: the shift from {shift.start / HOUR:g} to {shift.end / HOUR:g} h is not one of a day",
                    remedy="shifts in their order within 0 and 24 h, without overlap; one over midnight is two",
                )
        for name, part in self.parts.items():
            if not part.steps:
                raise InputError(f"part {name} has no steps")
            for step_name, step in part.steps.items():
                _known(f"step {step_name} of {name}", "station", step.station, self.stations)
                if step.run is None and step.time.value <= 0:
                    raise InputError(f"step {step_name} of {name} takes no time", remedy="give its time or a run")
                if not (0 <= step.share <= 1 and 0 <= step.lost < 1):
                    raise InputError(f"step {step_name} of {name}: shares lie between 0 and 1")
        for name, order in self.orders.items():
            _known(f"order {name}", "part", order.part, self.parts)
            if order.n_parts < 1:
                raise InputError(f"order {name} asks for {order.n_parts} parts", remedy="at least 1")
            if order.due is not None and order.due < order.release:
                raise InputError(
                    f"order {name} is due at {order.due / HOUR:g} h, before its release at {order.release / HOUR:g} h",
                    remedy="is a clock running backwards?",
                )
        for name, station in self.stations.items():
            if station.n_machines < 1:
                raise InputError(f"station {name} has {station.n_machines} machines", remedy="at least 1")
            if station.breakdown and station.breakdown.between <= 0:
                raise InputError(
                    f"station {name}: no time between failures", remedy="leave breakdown out where it never fails"
                )
            for down in station.down:
                if down.end <= down.start:
                    raise InputError(
                        f"station {name} is down from {down.start / HOUR:g} to {down.end / HOUR:g} h",
                        remedy="the end comes after the start",
                    )


def _known(what: str, kind: str, name: str, known: dict) -> None:
    if name not in known:
        raise InputError(f"{what}: there is no {kind} '{name}'", remedy="one of " + ", ".join(known))
