"""The plan of a batch, part by part and with reasons: what was read so far taken in, what is ahead as it is expected.

Ahead, every tool lives as long as its median and says so, every size is the expected one, nothing goes wrong: the plan
is made anew as readings come in.
"""

import csv
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.production.batch.belief import Belief, first_belief, outside
from twin.production.batch.policy import Adaptive
from twin.production.batch.process import ACTIONS, Situation
from twin.production.batch.settings import Batch
from twin.units import UM

ORDER = ("re-measure", "stop", "change tool", "warm up", "slow down")  # in which actions are taken
WORN = "tool_wear_pct"  # may be left out
COLUMNS = ("part", "power_rise_pct", "deviation_um", "did")


@dataclass(frozen=True)
class Reading:
    """What the machine and the gauge said of a part that was made."""

    power: float
    """Rise of the spindle power over that of a new tool."""
    deviation: float | None
    """As measured, the correction in force [m]; None: it was not measured."""
    did: tuple[str, ...]
    """Of ACTIONS, before the part."""
    worn: float | None = None
    """Wear of the tool that was taken out before the part, 1 at the end of its life; None: not measured."""


@dataclass(frozen=True)
class PlannedPart:
    """What is proposed for one part."""

    number: int
    """From 1."""
    actions: tuple[str, ...]
    """Of ACTIONS, in the order in which they are taken; then the part is run, slower or not."""
    reasons: tuple[str, ...]
    """One an action; of a part that is simply run, why."""
    out: float
    """Probability to be out of tolerance."""
    failing: float
    """Probability that the tool fails in it."""
    faulty: float
    """Probability that something is wrong."""


def read_readings(file: Path, batch: Batch) -> tuple[Reading, ...]:
    """Readings of the parts made so far, in their order.

    Raises:
        InputError: no such file, a missing column, parts out of order, no number, an unknown action.
    """
    try:
        with file.open(newline="") as stream:
            table = csv.DictReader(stream)
            if missing := [name for name in COLUMNS if name not in (table.fieldnames or ())]:
                raise InputError(f"has no column {', '.join(missing)}", file=file, remedy=",".join(COLUMNS))
            found = tuple(_reading(row, line, file) for line, row in enumerate(table, 2))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    if len(found) >= batch.n_parts:
        raise InputError(f"{len(found)} readings of a batch of {batch.n_parts} parts: it is over", file=file)
    return found


def plan(batch: Batch, readings: tuple[Reading, ...] = ()) -> tuple[PlannedPart, ...]:
    """What to do with each part that is left, and why."""
    belief, policy = first_belief(batch, 1), Adaptive(batch)
    one, none = np.ones(1, dtype=bool), np.zeros(1, dtype=bool)
    since_tool, since_measured = np.zeros(1, dtype=int), np.zeros(1, dtype=int)
    last_cold, planned = np.ones(1), []
    life: float | None = None  # parts that the tool is expected to make
    for k in range(batch.n_parts):
        past = readings[k] if k < len(readings) else None
        now = Situation(k, batch.n_parts - k, belief, one if k == 0 else none, since_tool, since_measured, none)
        reasons: list[str] = []
        measures = bool(policy.measures(now)[0]) and k > 0
        if past is not None:
            taken = {action: np.array([action in past.did]) for action in ACTIONS}
        else:
            if measures:  # as expected
                reasons.append(_why_measure(policy))
                belief.measured(one, _expected(belief, last_cold), last_cold)
                since_measured[:] = 0
            taken = {**policy.acts(now), "re-measure": np.array([measures])}
        actions = tuple(action for action in ORDER if taken[action][0])
        if past is None:
            reasons += [_why(action, policy, belief, batch) for action in actions if action != "re-measure"]
        worn = past.worn if past is not None else None if life is None else float(min(belief.age[0] / life, 1.0))
        _apply(taken, belief, batch, since_tool, None if worn is None else np.array([worn]))
        slow = bool(taken["slow down"][0])
        aged = np.array([batch.slow.wear if slow else 1.0])
        mean, variance = belief.predicted()
        failing = _failing(belief, aged)
        if past is None:
            out = float(outside(np.zeros(1), variance, batch.size.tolerance)[0])
            if not actions:
                reasons.append(
                    f"{int(policy.said['plan'][0])} more parts are planned with this tool; "
                    f"{100 * out:.1f} % to be out of tolerance, {100 * failing:.1f} % that the tool fails"
                )
            planned.append(PlannedPart(k + 1, actions, tuple(reasons), out, failing, float(belief.faulty[0])))
        last_cold = belief.cold.copy()
        if past is not None:
            power = np.array([past.power])
        else:
            if life is None or since_tool[0] == 0:
                life = _median_life(belief)
            gain = np.sum(belief.joint.sum(axis=2) * belief.gain, axis=1)
            power = batch.tool.signal * gain * np.minimum((belief.age + aged) / life, 1.0)
        belief.made(aged, power, none)
        belief.warmed(one, batch.part_time * (batch.slow.time if slow else 1.0))
        since_tool += 1
        since_measured += 1
        if past is not None and past.deviation is not None:
            belief.measured(one, mean + past.deviation, last_cold)
            since_measured[:] = 0
    return tuple(planned)


def _apply(
    taken: Mapping[str, np.ndarray], belief: Belief, batch: Batch, since_tool: np.ndarray, worn: np.ndarray | None
) -> None:
    one = np.ones(1, dtype=bool)
    if taken["stop"][0]:
        belief.faulty[:] = 0.0
    if taken["change tool"][0]:
        belief.new_tool(one, worn)
        since_tool[:] = 0
    if taken["warm up"][0]:
        belief.warmed(one, batch.costs.warm_up)


def _expected(belief: Belief, cold: np.ndarray) -> np.ndarray:
    """(1,) the size of the last part that is expected [m]."""
    worn, _ = belief.worn()
    return belief.size[:, 0] + cold * belief.size[:, 1] + belief.batch.size.wear * worn


def _median_life(belief: Belief) -> float:
    """Parts at full feed that the tool makes, as likely more as fewer."""
    below = np.cumsum(belief.weight[0]) - belief.weight[0] / 2
    return float(np.exp(np.interp(0.5, below, belief.life[0])))


def _failing(belief: Belief, aged: np.ndarray) -> float:
    """Probability that the tool fails in the next part."""
    older = copy(belief)
    older.age = belief.age + aged
    kept = np.exp(np.minimum(older.whole() - belief.whole(), 0.0))
    return float(1 - np.sum(belief.weight * kept))


def _why_measure(policy: Adaptive) -> str:
    said = policy.said
    return (
        f"expected scrap of the next part {said['scrap of the next part'][0]:.2f} EUR; "
        f"measuring gains {said['gain of measuring'][0]:.2f} EUR over its price"
    )


def _why(action: str, policy: Adaptive, belief: Belief, batch: Batch) -> str:
    said = policy.said
    if action == "change tool":
        used, variance = belief.worn()
        return (
            f"the tool has used {100 * used[0]:.0f} ± {100 * np.sqrt(max(variance[0], 0.0)):.0f} % of its life; "
            "no later change costs less"
        )
    if action == "slow down":
        return f"{int(said['plan'][0])} parts with this tool at {100 * batch.slow.feed:.0f} % feed cost least"
    if action == "warm up":
        return f"less scrap while it is cold: gains {said['gain of warming up'][0]:.2f} EUR over its price"
    return f"something is wrong with {100 * said['suspicion'][0]:.0f} %; looking costs less than going on"


def _reading(row: Mapping[str, str], line: int, file: Path) -> Reading:
    try:
        number, power = int(row["part"]), float(row["power_rise_pct"])
        deviation = float(row["deviation_um"]) * UM if (row["deviation_um"] or "").strip() else None
        worn = float(row[WORN]) / 100 if (row.get(WORN) or "").strip() else None
        if not all(isfinite(value) for value in (power, deviation or 0.0, worn or 0.0)):
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(f"{dict(row)} is no reading", file=file, line=line, remedy=",".join(COLUMNS)) from None
    if number != line - 1:
        raise InputError(f"part {number} where part {line - 1} is due", file=file, line=line, remedy="one row a part")
    did = tuple(word.strip() for word in (row["did"] or "").split("+") if word.strip())
    if unknown := [word for word in did if word not in ACTIONS]:
        raise InputError(f"'{unknown[0]}' is no action", file=file, line=line, remedy="one of " + ", ".join(ACTIONS))
    return Reading(power / 100, deviation, did, worn)
