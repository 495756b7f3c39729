"""The schema of conf/batch: a batch, what is believed of its process before the first part, and what things cost."""

from dataclasses import dataclass

from twin.errors import InputError
from twin.settings import check_amounts
from twin.units import CostRate, Length, Money, Ratio, Time


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What is paid for what happens."""

    rate: CostRate
    """Machine and people, while the machine is occupied."""
    scrap: Money
    """Of a part out of tolerance: material and work in it, or what it does where it goes unnoticed."""
    tool: Money
    """Of a life."""
    tool_change: Time
    """Time of exchanging a tool."""
    failure: Money
    """Of a tool that fails in the cut, beside the part and the tool."""
    failure_time: Time
    """Time lost by a tool that fails."""
    measurement: Time
    """Of one part, the machine waiting."""
    warm_up: Time
    """Time of warming up after a break."""
    stop: Time
    """The machine is looked at, and put right if something is wrong."""


@dataclass(frozen=True, kw_only=True)
class ToolBelief:
    """Life of the tool that limits the batch, in parts at full feed."""

    n_life: float
    """Median by the twin's law of wear."""
    law_scatter: Ratio
    """One deviation of ln(life) that all tools share: the law may be wrong."""
    tool_scatter: Ratio
    """One deviation of ln(life) from tool to tool."""
    signal: Ratio
    """Rise of the spindle power at the end of life."""
    signal_scatter: Ratio
    """One deviation of ln(that rise): it is the same for all tools of the batch, but may be another one."""
    signal_noise: Ratio
    """One deviation of the power of a part about that."""

    wear_gauge: Ratio
    """One deviation of the wear of a tool that is changed, measured outside of the machine; 1 is the end of life."""


@dataclass(frozen=True, kw_only=True)
class SizeBelief:
    """The characteristic that decides whether a part is good; deviations are one standard deviation."""

    tolerance: Length
    """Plus or minus."""
    wear: Length
    """By which a tool at the end of its life is off."""
    offset: Length
    """Unknown at the start: the twin's prediction is corrected, but may be wrong by this."""
    drift: Length
    """Random walk from part to part."""
    repeatability: Length
    """From part to part, of what nobody can correct."""
    tool_setting: Length
    """Of a new tool."""
    gauge: Length
    """Of a measurement."""
    cold: Length
    """Of a cold machine about what the thermal model corrects ..."""
    warming: Time
    """... fading with this time constant while it works."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong without a word: coolant lost, an edge chipped, a part badly clamped."""

    onset: Ratio
    """Probability a part."""
    signal: Ratio
    """Rise of the spindle power."""
    shift: Length
    """Of the characteristic."""
    wear: Ratio
    """Tools wear so many times as fast."""


@dataclass(frozen=True, kw_only=True)
class SlowDown:
    """The other feed that may be chosen."""

    feed: Ratio
    """Of the full feed."""
    time: Ratio
    """Time of a part over that at full feed."""
    wear: Ratio
    """Wear of a part over that at full feed."""


@dataclass(frozen=True, kw_only=True)
class FixedRule:
    """What is done without the twin."""

    n_change: int
    """Parts of a tool."""
    n_measure: int
    """Every so many parts, and after a tool change."""
    slow: bool = False
    """Whether it runs at the other feed."""
    warm_up: bool = True
    """After every break."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch of like parts on one machine."""

    name: str
    """What it is called."""
    n_parts: int
    """How many."""
    part_time: Time = 0.0
    """At full feed, loading included; left out where a run says it."""
    run: str | None = None
    """A finished run of the twin that says time and tool life; ``latest`` the newest."""
    n_between_breaks: float
    """Mean number of parts between pauses in which the machine cools down."""
    costs: Costs
    tool: ToolBelief
    size: SizeBelief
    fault: Fault
    slow: SlowDown
    rules: dict[str, FixedRule]

    def __post_init__(self) -> None:
        def demand(ok: bool, what: str) -> None:
            if not ok:
                raise InputError(f"batch {self.name}: {what}")

        check_amounts(self, "batch")
        demand(self.n_parts >= 1, f"{self.n_parts} parts")
        demand(self.tool.n_life > 0, "the life of a tool must be positive")
        demand(self.tool.law_scatter >= 0 and self.tool.tool_scatter > 0, "lives must scatter")
        demand(self.tool.signal_scatter >= 0 and self.tool.wear_gauge > 0, "the gauge of the wear must have an error")
        demand(self.tool.signal_noise > 0, "the noise of the signal must be positive")
        demand(self.size.tolerance > 0 and self.size.repeatability > 0, "tolerance and repeatability must be positive")
        demand(0 <= self.fault.onset < 1, "the probability of a fault lies between 0 and 1")
        demand(self.n_between_breaks >= 1, "breaks come at most after every part")
        demand(self.run is not None or self.part_time > 0, "a part takes no time: give part_time or a run")
        for name, rule in self.rules.items():
            demand(rule.n_change >= 1 and rule.n_measure >= 1, f"rule {name}: every so many parts, at least 1")
