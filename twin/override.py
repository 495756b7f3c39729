"""The operator's switches: feed and spindle speed as a share of what the program says, and the coolant."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from twin.errors import InputError
from twin.program import Op, Program, Toolpath
from twin.units import Ratio

FLOOD = 2  # bit of a row's coolant


@dataclass(frozen=True, kw_only=True)
class Override:
    """What the switches are turned to."""

    feed: Ratio = 1.0
    """Share of the programmed feed; rapids keep theirs."""
    speed: Ratio = 1.0
    """Share of the programmed spindle speed."""

    def __post_init__(self) -> None:
        if not (self.feed > 0 and self.speed > 0):
            raise InputError(
                f"an override is not positive: feed {100 * self.feed:g} %, speed {100 * self.speed:g} %",
                remedy="process.feed_pct=100 is the programmed feed",
            )


@dataclass(frozen=True, kw_only=True)
class ProcessConfig(Override):
    """conf ``process``: the operator's switches."""

    tools: dict[int, Override] = field(default_factory=dict)
    """Further factors while one tool cuts, by its number."""
    coolant: Literal["programmed", "off", "flood"] = "programmed"
    """As the program says (M7, M8, M9), never, or flood whenever the spindle turns."""

    def of_tools(self, tool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Factors on feed and speed where the tools ``tool`` (row,) are in the spindle, (row,) each."""
        feed, speed = np.full(len(tool), self.feed), np.full(len(tool), self.speed)
        for number, own in self.tools.items():
            feed[tool == number] *= own.feed
            speed[tool == number] *= own.speed
        return feed, speed


def driven(process: ProcessConfig, program: Program, toolpath: Toolpath) -> tuple[Program, Toolpath]:
    """``program`` and its ``toolpath`` as the switches make the machine run them; tapping is not overridden."""
    if process == ProcessConfig():
        return program, toolpath
    feed, speed = process.of_tools(program.tool)
    tapping = program.op == Op.TAP
    feed[tapping] = speed[tapping] = 1.0
    move, coolant = toolpath.move, program.coolant
    if process.coolant != "programmed":
        coolant = np.where((process.coolant == "flood") & (program.spindle != 0), FLOOD, 0).astype(coolant.dtype)
    return (
        replace(program, feed=program.feed * feed, spindle=program.spindle * speed, coolant=coolant),
        replace(
            toolpath, feed=toolpath.feed * feed[move], spindle=toolpath.spindle * speed[move], coolant=coolant[move]
        ),
    )
