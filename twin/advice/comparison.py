"""A program before and after: what its cuts ask at the speeds that the machine reaches, tool by tool."""

from dataclasses import dataclass, replace

import numpy as np

from twin.advice.demand import KINDS, Cuts
from twin.advice.plan import FeedPlan, largest_demands, reached_demands
from twin.prediction import Machining
from twin.scenario import Scenario


@dataclass(frozen=True)
class ToolUse:
    """What one run of a program asks of each tool; one row a tool."""

    seconds: np.ndarray  # (tool,) in cut
    largest: np.ndarray  # (kind, tool) of KINDS, at the speeds that are reached
    life_used: np.ndarray  # (tool,) part of a tool's life; NaN where no law of wear is known
    chatter_margin: np.ndarray  # (tool,) least; NaN where the machine's vibration is not known


@dataclass(frozen=True)
class Comparison:
    """Before and after."""

    number: tuple[int, ...]  # (tool,) T words
    name: tuple[str, ...]  # (tool,)
    duration: tuple[float, float]  # [s] of the program
    use: tuple[ToolUse, ToolUse]
    demand: tuple[np.ndarray, np.ndarray]  # (kind, cut) along the program
    limit: np.ndarray  # (kind, tool) least of any cut of the tool


def compare(scenario: Scenario, plan: FeedPlan, before: Machining, after: Machining) -> Comparison:
    """Compare two runs of the same path.

    Args:
        scenario: its tools and machine.
        plan: of the feeds in between.
        before: run of the program as it is.
        after: run of the rewritten program.
    """
    tools = list(scenario.tools.values())
    spindles = (run.toolpath.spindle[plan.cuts.segment] for run in (before, after))
    cuts = [replace(plan.cuts, spindle=spindle) for spindle in spindles]  # the speeds may have changed
    demand = tuple(reached_demands(*of_run) for of_run in zip(cuts, (before, after), strict=True))
    limit = np.full((len(KINDS), len(tools)), np.inf)
    for kind in range(len(KINDS)):
        np.minimum.at(limit[kind], plan.cuts.contact.tool, plan.limit[kind])
    first, second = (
        _use(plan.cuts, values, run, len(tools)) for values, run in zip(demand, (before, after), strict=True)
    )
    return Comparison(
        number=tuple(tool.number for tool in tools),
        name=tuple(tool.name for tool in tools),
        duration=(before.motion.duration, after.motion.duration),
        use=(first, second),
        demand=(demand[0], demand[1]),
        limit=limit,
    )


def violations(plan: FeedPlan, comparison: Comparison, tolerance: float = 2e-6) -> np.ndarray:
    """Cuts (cut,) bool that exceed a limit in the run of the rewritten program."""
    return np.any(comparison.demand[1] > plan.limit * (1 + tolerance), axis=0)


def _use(cuts: Cuts, demand: np.ndarray, run: Machining, n_tools: int) -> ToolUse:
    seconds, margin = np.zeros(n_tools), np.full(n_tools, np.nan)
    tool = cuts.contact.tool
    np.add.at(seconds, tool, np.diff(run.time, axis=1)[cuts.segment, 0])
    chatter, wear = run.process.chatter, run.process.wear
    if chatter is not None:
        for row in range(n_tools):
            mine = chatter.margin[cuts.segment[tool == row]]
            margin[row] = np.min(mine[np.isfinite(mine)], initial=np.inf)
    used = np.full(n_tools, np.nan) if wear is None else np.asarray(wear.used_by_part)
    return ToolUse(seconds, largest_demands(cuts, demand, n_tools), used, margin)
