"""One machined part, prepared for many scenarios: the arrays that the batched evaluator reads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.config import build
from twin.cutting import cutters
from twin.cutting.deflection import Beams, beams
from twin.cutting.wear import program_wear
from twin.errors import InputError
from twin.inspection import Plan, plan
from twin.machine import Machine, Tool, geometric_error, machine_kinematics
from twin.prediction import SOURCES, Machining, Prediction
from twin.production.cost.economics import Economics
from twin.scenario import Scenario
from twin.simulate import axis_positions, machine, predict
from twin.stock.deviation import Candidates
from twin.sweep.costs import Prices, prices_of
from twin.sweep.forces import Cuts, chip_nodes, compliances, cuts_of
from twin.sweep.parameters import GEOMETRY, STICK_OUT, Parameter, base_value, changed, switch_range
from twin.sweep.samples import Looked, looked_at
from twin.sweep.schedule import Bins, Lines, Timing, bins_of, feed_nodes, timing, tool_rows
from twin.sweep.stability import Stability, stability_of
from twin.sweep.stretches import Stretches, stretches_of
from twin.sweep.validity import batchable
from twin.thermal import ThermalModel

N_FEED = 9  # nodes of the feed


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Pieces:
    """The pieces of path that shape the samples looked at."""

    tool: Array  # (used,) row of the tool list
    stretch: Array  # (used, 2) of both ends
    within: Array  # (used, 2) part of the stretch's time
    seconds: Array  # (feed, used) [s]
    own_seconds: Array  # (used,) [s] in the run
    axis_position: Array  # (used, 2, 3) [m]
    part_position: Array  # (used, 2, 3) [m]
    servo: Array  # (feed, used, 2, 3) [m]
    standing: Array  # (used, 2, 3) [m] what the run found and no parameter changes
    geometric: Array  # (moving parameter, used, 2, 3) [m per unit of the key]
    bending: Array  # (chip, coefficient, used, 3) [m per unit] at the compliance of the run
    yielding: Array  # (chip, coefficient, used, 3) [m per unit]
    middle: Array  # (used,) [m] half the engaged depth
    compliance: Array  # (used,) [m/N] of the run


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Peaks:
    """Pieces among which the largest loads are."""

    tool: Array  # (peak,)
    seconds: Array  # (feed, peak) [s]
    own_seconds: Array  # (peak,) [s]
    spindle: Array  # (peak,) [rad/s]
    force: Array  # (chip, coefficient, peak) [N per unit]
    torque: Array  # (chip, coefficient, peak) [N m per unit]
    mean_torque: Array  # (chip, coefficient, peak) [N m per unit]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Arrays:
    """What the compiled function reads."""

    slowness: Lines  # nodes of 1 / feed factor
    quickness: Lines  # nodes of 1 / speed factor
    chip: Lines  # nodes of the factor on the chip thickness
    stretches: Stretches
    pieces: Pieces
    peaks: Peaks
    beams: Beams
    thermal: ThermalModel
    life_used: Array  # (feed, speed, tool) of one part; no tools where no law of wear is known
    candidates: tuple[Candidates, ...]
    summary: Array  # (sample,) places of the summary among the samples
    released: Array  # (place,) [m] what unclamping adds
    groups: tuple[Any, ...]  # samples of the features, by kind
    prices: Prices | None  # None: no price of the material or of a tool is known
    stability: Stability | None  # None: the machine states no modes of its spindle, or nobody asks


@dataclass(frozen=True)
class Tables:
    """A machined part and what is varied of it."""

    scenario: Scenario
    parameters: tuple[Parameter, ...]
    arrays: Arrays
    features: Plan  # its groups stand in the arrays
    n_steps: int  # of the heat model
    position: np.ndarray  # (sample, 3) [m] of the summary's samples
    normal: np.ndarray  # (sample, 3)

    @property
    def base(self) -> np.ndarray:
        """Values of the parameters in the scenario, in their units (parameter,)."""
        return np.array([base_value(self.scenario, p.key) for p in self.parameters])


def tables_of(
    scenario: Scenario,
    parameters: tuple[Parameter, ...],
    say: Callable[[str], None],
    n_summary: int,
    n_feature: int,
    economics: Economics,
    with_chatter: bool,
) -> Tables:
    """Machine ``scenario`` and prepare it; ``standing`` is still without what the parameters change.

    Raises:
        InputError: bad input; a machine with a structure, or worn tools: they are not varied in batches.
    """
    if not batchable(scenario):
        raise InputError(
            "a batch takes neither a structure of the machine nor worn tools",
            remedy="leave them out, or say sweep.evaluate=run",
        )
    machining = machine(scenario, say)
    prediction = predict(scenario, machining, say)
    say("preparing the sweep: samples")
    there = {
        n
        for n, known in zip(prediction.inspection.name, prediction.inspection.predicted, strict=True)
        if known == known
    }
    inspected = plan([f for f in scenario.features if f.name in there], machining.cut.surface)
    looked = looked_at(machining.cut, inspected, n_summary, n_feature)
    low_feed, high_feed, low_speed, high_speed = switch_range(scenario, parameters)
    factors = feed_nodes(low_feed, high_feed, N_FEED)
    say(f"preparing the sweep: time and servo at {len(factors)} feeds")
    clock = timing(scenario, machining, factors, looked.segment)
    say("preparing the sweep: forces")
    cuts = cuts_of(scenario, machining, chip_nodes(low_feed / high_speed, high_feed / low_speed), looked.segment)
    stability = None
    if with_chatter:
        say("preparing the sweep: chatter")
        shown = looked.sample[looked.summary]
        reach = (low_speed, high_speed)
        stability = stability_of(scenario, machining, parameters, reach, prediction.maker[shown])
    bins = bins_of(scenario, machining)
    speeds = np.unique([min(low_speed, 1.0), 1.0, max(high_speed, 1.0)])[::-1]
    arrays = Arrays(
        slowness=clock.slowness,
        quickness=Lines(1 / speeds),
        chip=Lines(cuts.chip),
        stretches=stretches_of(machining, bins, clock, cuts, speeds),
        pieces=_pieces(scenario, parameters, prediction, looked, bins, clock, cuts),
        peaks=_peaks(scenario, machining, clock, cuts),
        beams=beams(list(scenario.tools.values())),
        thermal=machining.thermal.model,
        life_used=_life_used(scenario, machining, clock, speeds),
        candidates=looked.candidates,
        summary=looked.summary,
        released=_released(prediction, looked),
        groups=tuple(looked.features.groups.values()),
        prices=prices_of(scenario, economics, machining.cut.stock_volume),
        stability=stability,
    )
    longest = max(float(clock.seconds.sum(axis=1).max()), machining.motion.duration) + float(bins.waiting.sum())
    surface, shown = machining.cut.surface, looked.sample[looked.summary]
    return Tables(
        scenario=scenario,
        parameters=parameters,
        arrays=jax.tree.map(jnp.asarray, arrays),
        features=looked.features,
        n_steps=1 << max(6, int(np.ceil(longest / scenario.model.thermal_step)).bit_length()),
        position=surface.position[shown],
        normal=surface.normal[shown],
    )


def _pieces(
    scenario: Scenario,
    parameters: tuple[Parameter, ...],
    prediction: Prediction,
    looked: Looked,
    bins: Bins,
    clock: Timing,
    cuts: Cuts,
) -> Pieces:
    machining, used = prediction.machining, looked.segment
    toolpath, time = machining.toolpath, machining.time
    lower, upper = scenario.stock.bounds
    clamp = np.array([*(lower[:2] + upper[:2]) / 2, lower[2]])
    tip = np.stack([toolpath.start, toolpath.end], axis=1)[used]
    axis_position = axis_positions(scenario, toolpath)[0][used]
    stretch = np.repeat(bins.of_segment[used][:, None], 2, axis=1)
    within = (time[used] - bins.edges[stretch]) / np.diff(bins.edges)[stretch]
    return Pieces(
        tool=tool_rows(scenario, toolpath.tool[used]),
        stretch=stretch,
        within=np.clip(within, 0.0, 1.0),
        seconds=clock.seconds[:, used],
        own_seconds=np.diff(time[used], axis=1)[:, 0],
        axis_position=axis_position,
        part_position=tip - clamp,
        servo=clock.servo,
        standing=np.sum(prediction.error, axis=0)[used],
        geometric=_geometric_slopes(scenario, parameters, machining, used),
        bending=cuts.bending,
        yielding=cuts.yielding,
        middle=np.asarray(machining.contact.depth)[used] / 2,
        compliance=compliances(scenario, machining, used),
    )


def moves_axes(parameter: Parameter) -> bool:
    """Whether the geometric error depends on ``parameter``."""
    geometric = parameter.key.startswith(GEOMETRY) or STICK_OUT.fullmatch(parameter.key) is not None
    return parameter.high > parameter.low and geometric


def _geometric_slopes(
    scenario: Scenario, parameters: tuple[Parameter, ...], machining: Machining, used: np.ndarray
) -> np.ndarray:
    """Change of the geometric error per unit of each parameter that :func:`moves_axes`, (moving, used, 2, 3).

    Straight over its bounds. Only the machine or the tool is read anew: a whole scenario takes much longer.
    """

    def error(value: float, key: str) -> np.ndarray:
        config = changed(scenario.config, {key: value})
        if key.startswith(GEOMETRY):
            other = replace(scenario, machine=build(Machine, config["machine"], "machine"))
        else:
            number = int(key.split(".")[1])
            entry = {str(n): values for n, values in config["tools"].items()}[str(number)]
            tool = build(Tool, {"number": number, **entry}, f"tools.{number}")
            other = replace(scenario, tools={**scenario.tools, number: tool})
        position, length = axis_positions(other, machining.toolpath)
        return np.asarray(geometric_error(machine_kinematics(other.machine), position[used], length[used, None]))

    slopes = [(error(p.high, p.key) - error(p.low, p.key)) / (p.high - p.low) for p in parameters if moves_axes(p)]
    return np.stack(slopes) if slopes else np.zeros((0, len(used), 2, 3))


def _peaks(scenario: Scenario, machining: Machining, clock: Timing, cuts: Cuts) -> Peaks:
    rows = cuts.peak
    return Peaks(
        tool=tool_rows(scenario, machining.toolpath.tool[rows]),
        seconds=clock.seconds[:, rows],
        own_seconds=np.diff(machining.time[rows], axis=1)[:, 0],
        spindle=np.abs(machining.toolpath.spindle[rows]),
        force=cuts.peak_force,
        torque=cuts.peak_torque,
        mean_torque=cuts.torque[:, :, rows],
    )


def _life_used(scenario: Scenario, machining: Machining, clock: Timing, speeds: np.ndarray) -> np.ndarray:
    """Part of each tool's life that one part uses up, (feed, speed, tool)."""
    if scenario.wear is None:
        return np.zeros((len(clock.seconds), len(speeds), 0))
    law = scenario.wear.law
    mills, own = cutters(list(scenario.tools.values())), np.diff(machining.time, axis=1)[:, 0]

    def used(seconds: np.ndarray, speed: float) -> np.ndarray:
        faster = np.divide(own, seconds, out=np.ones_like(own), where=seconds > 0)
        spindle = machining.toolpath.spindle * speed
        wear = program_wear(machining.contact, machining.speed * faster, spindle, seconds, mills, law)
        return np.asarray(wear.used_by_part)

    return np.stack([np.stack([used(seconds, speed) for speed in speeds]) for seconds in clock.seconds])


def _released(prediction: Prediction, looked: Looked) -> np.ndarray:
    moved = prediction.contribution[SOURCES.index("release")]
    return np.where(looked.sample >= 0, moved[looked.sample], 0.0)


def with_standing(tables: Tables, error: np.ndarray) -> Tables:
    """``tables`` whose standing errors are what the run found less ``error`` (used, 2, 3), of its own parameters."""
    pieces = tables.arrays.pieces
    standing = pieces.standing - jnp.asarray(error)
    return replace(tables, arrays=replace(tables.arrays, pieces=replace(pieces, standing=standing)))
