"""The whole of it: machine the program, find its feeds, write it, machine it again, compare."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twin.advice.comparison import Comparison, compare, violations
from twin.advice.limits import Advice
from twin.advice.plan import FeedPlan, largest_demands, plan_feeds, reached_demands, tool_modes
from twin.advice.rewrite import Rewritten, check_feeds, check_same_moves, rewrite, with_speeds
from twin.advice.speeds import SpeedAdvice, advise_speed, speed_words
from twin.errors import InputError
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.simulate import machine, read_program

Say = Callable[[str], None]


@dataclass(frozen=True)
class Optimised:
    """A program with the feeds that its limits allow."""

    before: Machining
    after: Machining
    plan: FeedPlan
    program: Rewritten
    comparison: Comparison
    speeds: tuple[SpeedAdvice, ...]  # of the program as it is
    notes: tuple[str, ...]  # what does not hold, was not looked at, or was left as it is


def optimise(
    scenario: Scenario, advice: Advice, say: Say = lambda stage: None, *, write_speeds: bool = False
) -> Optimised:
    """Change the feeds of the scenario's program to the fastest that the limits allow.

    The rewritten program is read and machined anew: its path must be the same to the last digit, and its cuts within
    the limits.

    Args:
        scenario: with the program.
        advice: the limits.
        say: is told each stage as it begins.
        write_speeds: also write the advised spindle speeds; the feeds are then those of the new speeds.

    Raises:
        InputError: the program cannot be machined; no feed in the range keeps a limit.
    """
    _check_tools(scenario, advice)
    before = machine(scenario, say)
    say("feeds within the limits")
    plan = plan_feeds(scenario, before, advice)
    say("speeds and depths")
    speeds = _speeds(scenario, advice, before, plan)
    old, base = before, scenario
    lines: list[int] = []
    if write_speeds and speed_words(speeds):
        text, lines = with_speeds(before.program, scenario.program_text, speed_words(speeds))
        base = replace(scenario, program_text=text)
        old = machine(base, lambda stage: None)
        check_same_moves(before.program, old.program)
        say("feeds at the new speeds")
        largest = largest_demands(plan.cuts, reached_demands(plan.cuts, before), len(scenario.tools))
        plan = plan_feeds(base, old, advice, largest)
    program = rewrite(old.program, plan.blocks, base.program_text, plan.written)
    program = replace(program, lines=np.union1d(program.lines, np.array(lines, dtype=int)))
    again = replace(scenario, program_text=program.text)
    check_feeds(old.program, read_program(again), plan.blocks, plan.written)
    say("machining the rewritten program")
    after = machine(again, lambda stage: None)
    comparison = compare(scenario, plan, before, after)
    _check_wear(scenario, advice, comparison)
    notes = (
        *plan.notes,
        *_violations(plan, comparison),
        *_unknown(scenario, advice, after),
        *_chatter(scenario, advice, after),
    )
    return Optimised(before, after, plan, program, comparison, speeds, notes)


def _speeds(scenario: Scenario, advice: Advice, machining: Machining, plan: FeedPlan) -> tuple[SpeedAdvice, ...]:
    """Advice on speed and depth of every tool; none where the machine's vibration is not known."""
    chatter, wear = machining.process.chatter, machining.process.wear
    if chatter is None:
        return ()
    found: list[SpeedAdvice] = []
    for row, (tool, modes) in enumerate(zip(scenario.tools.values(), tool_modes(scenario), strict=True)):
        life = None
        if wear is not None and scenario.wear is not None:
            life = float(np.asarray(wear.used_by_part)[row]), float(scenario.wear.law.speed_exponent)
        limits, spindle = advice.of_tool(tool.number), scenario.machine.spindle
        margin = chatter.margin[plan.cuts.segment]
        found += advise_speed(tool, row, modes, plan.cuts, margin, plan.before, limits, spindle, life)
    return tuple(found)


def _check_tools(scenario: Scenario, advice: Advice) -> None:
    unknown = [number for number in advice.tools if number not in scenario.tools]
    if unknown:
        raise InputError(
            f"advice.tools.{unknown[0]}: the program has no tool T{unknown[0]}",
            remedy="one of " + ", ".join(str(number) for number in scenario.tools),
        )


def _check_wear(scenario: Scenario, advice: Advice, comparison: Comparison) -> None:
    """The life that one part uses up is within the limit of every tool."""
    for row, number in enumerate(comparison.number):
        limit, used = advice.of_tool(number).life_used, comparison.use[1].life_used[row]
        if limit is not None and used > limit:
            was = comparison.use[0].life_used[row]
            raise InputError(
                f"one part uses up {used:.3g} of the life of T{number} at the advised feeds ({was:.3g} at those "
                f"programmed); the limit is {limit:g}",
                file=scenario.program_file,
                remedy="lower its spindle speed, or raise advice.limits.life_used_ratio",
            )


def _violations(plan: FeedPlan, comparison: Comparison) -> tuple[str, ...]:
    over = violations(plan, comparison)
    if not over.any():
        return ()
    lines = plan.blocks.line[plan.of_block[over]]
    return (f"{over.sum()} cuts of the rewritten program exceed a limit: first on line {lines.min()}",)


def _unknown(scenario: Scenario, advice: Advice, after: Machining) -> tuple[str, ...]:
    notes = []
    limits = [advice.of_tool(number) for number in scenario.tools]
    if after.process.wear is None and any(mine.life_used is not None for mine in limits):
        notes.append(f"wear is not limited: no law of tool wear is known for {scenario.material.name}")
    if after.process.chatter is None and any(mine.chatter_margin is not None for mine in limits):
        notes.append(f"chatter is not looked at: {scenario.machine.name} states no spindle modes")
    return tuple(notes)


def _chatter(scenario: Scenario, advice: Advice, after: Machining) -> tuple[str, ...]:
    """Which cuts are nearer to chatter than allowed: no feed helps them."""
    if after.process.chatter is None:
        return ()
    notes = []
    margin, path = after.process.chatter.margin, after.toolpath
    for number in scenario.tools:
        limit = advice.of_tool(number).chatter_margin
        near = (path.tool == number) & (margin < (limit or 0.0))
        if limit is not None and near.any():
            worst = int(np.argmin(np.where(near, margin, np.inf)))
            notes.append(
                f"T{number}: {len(np.unique(path.line[near]))} blocks have a chatter margin below {limit:g}, at worst "
                f"{margin[worst]:.2f} on line {path.line[worst]}; feeds do not change it, speed and depth do"
            )
    return tuple(notes)
