"""What a cut may ask at most: the schema of conf/advice, and its numbers for the tools of one program."""

from dataclasses import dataclass, field, fields, replace

import numpy as np

from twin.errors import InputError
from twin.units import Force, Length, Ratio, Speed

OF_PROGRAM = "_of_program"
NEGLIGIBLE = 1e-7  # [m] a program whose cuts bend a tool by less sets no limit to it


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of the cuts of one tool; None: no such limit."""

    force: Force | None = None
    """Largest force on the tool within a revolution."""
    force_of_program: Ratio | None = None
    """The same, over the largest one that this tool sees in the program as it is; a limit in newtons goes before it."""
    deflection: Length | None = None
    """Static deflection of the tool, at the instant that shapes the surface."""
    deflection_of_program: Ratio | None = None
    """The same, over the largest one in the program."""
    form_error: Length | None = None
    """Deflection along the normal of the part's surface, where a cut makes it."""
    form_error_of_program: Ratio | None = None
    """The same, over the largest one in the program."""
    chip_most: Length | None = None
    """Thickest chip of a tooth, without runout."""
    chip_most_of_program: Ratio | None = None
    """The same, over the thickest one in the program."""
    chip_least: Length | None = None
    """What the thickest chip of a block reaches at least: thinner ones rub. Other limits go first."""
    power: Ratio | None = None
    """Mean cutting power over the spindle's continuous power."""
    torque: Ratio | None = None
    """Mean cutting torque over the spindle's continuous torque."""
    life_used: Ratio | None = None
    """Part of a tool's life that one part uses up."""
    chatter_margin: Ratio | None = None
    """Least chatter margin; the feed does not change it, speed and depth do."""
    feed_most: Speed | None = None
    """Highest feed."""
    feed_lowest: Ratio | None = None
    """Lowest feed, over the programmed one."""
    feed_highest: Ratio | None = None
    """Highest feed, over the programmed one."""
    air_highest: Ratio | None = None
    """Highest feed of a block that touches nothing, over the programmed one."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is not None and not (value > 0 and np.isfinite(value)):
                raise InputError(
                    f"advice limit {entry.name} is {value:g}", remedy="give a positive number, or null for no limit"
                )
        lowest, highest = self.feed_lowest, self.feed_highest
        if lowest is not None and highest is not None and lowest > highest:
            raise InputError(
                f"advice limit feed_lowest {lowest:g} exceeds feed_highest {highest:g}", remedy="widen the range"
            )


@dataclass(frozen=True, kw_only=True)
class Advice:
    """conf/advice: the limits of every tool."""

    limits: Limits
    """Of every tool ..."""
    tools: dict[int, Limits] = field(default_factory=dict)
    """... and what differs for one, by its T number."""

    def of_tool(self, number: int) -> Limits:
        """Limits of one tool."""
        mine = self.tools.get(number, Limits())
        own = {entry.name: getattr(mine, entry.name) for entry in fields(mine)}
        stated = {name: value for name, value in own.items() if value is not None}
        kinds = {name.removesuffix(OF_PROGRAM) for name in stated}
        pairs = {name: None for kind in kinds for name in (kind, kind + OF_PROGRAM) if kind + OF_PROGRAM in own}
        return replace(self.limits, **(pairs | stated))


def largest_allowed(limits: Limits, kind: str, in_program: float) -> float:
    """The limit ``kind`` in SI units, inf without one; ``in_program``: the largest value in the program as it is."""
    absolute, relative = getattr(limits, kind), getattr(limits, f"{kind}{OF_PROGRAM}")
    if absolute is not None:
        return absolute
    if relative is None:
        return np.inf
    return relative * max(in_program, NEGLIGIBLE if kind in ("deflection", "form_error") else 0.0)
