"""From a machined scenario and the limits to the feeds of its program."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.advice.blocks import FeedBlocks, feed_blocks
from twin.advice.demand import KINDS, Cuts, cuts_of, demands
from twin.advice.feeds import Bounds, Feeds, highest_feeds
from twin.advice.limits import Advice, Limits, largest_allowed
from twin.advice.rewrite import written_feeds
from twin.advice.vibration import with_vibration
from twin.cutting import spindle_curve
from twin.cutting.dynamics import Modes, tool_point_modes
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.units import UM

OF_PROGRAM_KINDS = ("force", "deflection", "form_error", "chip_most")


@dataclass(frozen=True)
class FeedPlan:
    """Feeds for the program, and how near its cuts come to the limits."""

    blocks: FeedBlocks
    cuts: Cuts
    of_block: np.ndarray  # (cut,) row of the blocks
    limit: np.ndarray  # (kind, cut) of KINDS
    feeds: Feeds
    written: np.ndarray  # (block,) [m/s] as the program will say it: rounded down, or as programmed
    before: np.ndarray  # (kind, cut) demand at the programmed feed
    after: np.ndarray  # (kind, cut) demand at the written feed, computed anew
    notes: tuple[str, ...]  # what was left as it is, and why


def plan_feeds(scenario: Scenario, machining: Machining, advice: Advice, largest: np.ndarray | None = None) -> FeedPlan:
    """The fastest feeds within the limits.

    Demands count at the feed that is programmed, which the machine may not reach: no limit leans on its acceleration.

    Args:
        scenario: as machined.
        machining: of the program as it is.
        advice: the limits.
        largest: (kind, tool) largest demands that relative limits refer to; not given: those of this program, at the
            speeds that the machine reaches.

    Raises:
        InputError: a limit that no feed in the range keeps.
    """
    path, tools = machining.toolpath, list(scenario.tools.values())
    blocks = feed_blocks(machining.program, path)
    cuts = cuts_of(machining.contact, path.spindle, tools, scenario.material.coefficients, machining.cut)
    cuts = _vibrating(scenario, machining, cuts)
    of_block = blocks.of_segment[cuts.segment]
    before, _ = demands(cuts, path.feed[cuts.segment])
    of_tool = [advice.of_tool(tool.number) for tool in tools]
    if largest is None:
        largest = largest_demands(cuts, reached_demands(cuts, machining), len(tools))
    limit = _limits(cuts, of_tool, largest, scenario)
    bounds = _bounds(scenario, machining, blocks, cuts, of_block, of_tool)
    feeds = highest_feeds(cuts, of_block, limit, blocks, bounds, scenario.program_file)
    written = written_feeds(blocks, feeds.feed)
    after, slope = demands(cuts, written[of_block])
    rubbing = _rubbing(blocks, of_block, after[KINDS.index("chip_most")], cuts, of_tool)
    notes = (*_fixed_notes(blocks), *_beyond_notes(blocks, of_block, after, limit), *rubbing)
    return FeedPlan(blocks, cuts, of_block, limit, feeds, written, before, after, notes)


def _vibrating(scenario: Scenario, machining: Machining, cuts: Cuts) -> Cuts:
    """The cuts with the vibration of the tool, where the run takes it into account."""
    chatter = machining.process.chatter
    if scenario.model.wall_error == "static" or chatter is None:
        return cuts
    fastest = float(np.nanmax(machining.toolpath.feed))
    return with_vibration(cuts, list(scenario.tools.values()), tool_modes(scenario), chatter.margin, fastest)


def tool_modes(scenario: Scenario) -> list[Modes]:
    """Modes of every tool's tip."""
    return [tool_point_modes(tool, scenario.machine.spindle_modes) for tool in scenario.tools.values()]


def reached_demands(cuts: Cuts, run: Machining) -> np.ndarray:
    """Demands (kind, cut) at the speeds that the machine reaches."""
    return demands(cuts, run.speed[cuts.segment])[0]


def largest_demands(cuts: Cuts, demand: np.ndarray, n_tools: int) -> np.ndarray:
    """Largest of each demand (kind, cut) by tool: (kind, tool)."""
    largest = np.zeros((len(demand), n_tools))
    for kind, values in enumerate(demand):
        np.maximum.at(largest[kind], cuts.contact.tool, values)
    return largest


def _limits(cuts: Cuts, of_tool: Sequence[Limits], largest: np.ndarray, scenario: Scenario) -> np.ndarray:
    """(kind, cut); inf where there is no limit."""
    row = cuts.contact.tool
    limit = np.full((len(KINDS), len(row)), np.inf)
    for kind, name in enumerate(KINDS):
        if name in OF_PROGRAM_KINDS:
            allowed = [largest_allowed(mine, name, largest[kind, i]) for i, mine in enumerate(of_tool)]
            limit[kind] = np.array(allowed)[row]
    curve, speed = spindle_curve(scenario.machine.spindle), np.abs(cuts.spindle)
    for name, points in (("torque", curve.torque), ("power", curve.power)):
        share = np.array([np.inf if (value := getattr(mine, name)) is None else value for mine in of_tool])[row]
        # above the curve the spindle gives nothing
        available = np.where(speed <= curve.speed[-1] * (1 + 1e-9), np.interp(speed, curve.speed, points), 0.0)
        limit[KINDS.index(name)] = np.where(np.isfinite(share), share * available, np.inf)
    return np.where(limit > 0, limit, 1e-300)


def _bounds(
    scenario: Scenario,
    machining: Machining,
    blocks: FeedBlocks,
    cuts: Cuts,
    of_block: np.ndarray,
    of_tool: Sequence[Limits],
) -> Bounds:
    """Range of each block's feed: of the limits, and of the machine's axes."""
    path, n = machining.toolpath, len(blocks.line)
    mine = np.flatnonzero(blocks.of_segment >= 0)
    block = blocks.of_segment[mine]
    tool = np.zeros(n, dtype=int)
    number = {t.number: i for i, t in enumerate(scenario.tools.values())}
    tool[block] = [number.get(int(t), -1) for t in path.tool[mine]]
    touches = np.zeros(n, dtype=bool)
    touches[blocks.of_segment[np.asarray(machining.contact.depth) > 0]] = True
    share = np.abs(path.end - path.start)[mine] / np.maximum(path.length[mine], 1e-12)[:, None]
    fastest = np.array([scenario.controller.axis[name].velocity for name in "xyz"])
    axes = np.full(n, np.inf)
    np.minimum.at(axes, block, (fastest / np.maximum(share, 1e-9)).min(axis=1))

    def of(name: str, default: float) -> np.ndarray:
        values = [default if (value := getattr(mine, name)) is None else value for mine in of_tool]
        return np.array([*values, default])[tool]

    ranges = {
        "feed_highest": np.where(touches, of("feed_highest", np.inf) * blocks.feed, np.inf),
        "air_highest": np.where(touches, np.inf, of("air_highest", 1.0) * blocks.feed),
        "feed_most": of("feed_most", np.inf),
        "axes": axes,
    }
    stacked = np.stack(list(ranges.values()))
    highest = stacked.min(axis=0)
    holds = np.array(list(ranges))[stacked.argmin(axis=0)]
    lowest = np.minimum(of("feed_lowest", 1e-3) * blocks.feed, highest)
    return Bounds(lowest, highest, holds)


def _rubbing(
    blocks: FeedBlocks, of_block: np.ndarray, chip: np.ndarray, cuts: Cuts, of_tool: Sequence[Limits]
) -> tuple[str, ...]:
    least = np.array([mine.chip_least or 0.0 for mine in of_tool])[cuts.contact.tool]
    thickest, wanted = np.zeros(len(blocks.line)), np.zeros(len(blocks.line))
    np.maximum.at(thickest, of_block, chip)
    np.maximum.at(wanted, of_block, least)
    thin = np.flatnonzero((thickest > 0) & (thickest < wanted))
    if not thin.size:
        return ()
    worst = thin[np.argmin(thickest[thin])]
    return (
        f"{thin.size} blocks cut chips thinner than {wanted[worst] / UM:.3g} µm (chip_least) at any feed that the "
        f"other limits allow: they rub; the thinnest, {thickest[worst] / UM:.3g} µm, on line {blocks.line[worst]}",
    )


def _fixed_notes(blocks: FeedBlocks) -> tuple[str, ...]:
    notes = []
    for why in sorted({why for why in blocks.fixed if why}):
        lines = blocks.line[[w == why for w in blocks.fixed]]
        notes.append(f"{len(lines)} blocks keep their feed, {why}: first on line {lines[0]}")
    if blocks.uneven.any():
        first = blocks.line[np.argmax(blocks.uneven)]
        notes.append(f"{blocks.uneven.sum()} blocks run at several feeds get one, the least: first on line {first}")
    return tuple(notes)


def _beyond_notes(blocks: FeedBlocks, of_block: np.ndarray, demand: np.ndarray, limit: np.ndarray) -> tuple[str, ...]:
    """Blocks that exceed a limit all the same: those whose feed cannot be changed."""
    over = (demand > limit * (1 + 2e-6)).any(axis=0)
    if not over.any():
        return ()
    found = np.unique(of_block[over])
    return (f"{len(found)} blocks exceed a limit and cannot be changed: first on line {blocks.line[found[0]]}",)
