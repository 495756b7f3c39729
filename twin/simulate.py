"""The chain: scenario in, Result out. The one place where the models meet."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

import twin
from twin.bending import bending_error, bending_of
from twin.cache import cached, content_key, source_key
from twin.compiled import in_blocks, kept, padded_rows
from twin.errors import InputError
from twin.inspection import inspect, plan
from twin.machine import Tool, beyond_travel, geometric_error, machine_kinematics
from twin.motion import segment_times, servo_error, time_law
from twin.override import driven
from twin.prediction import SOURCES, Machining, Prediction
from twin.process import Process, process
from twin.program import Program, ProgramWarning, Toolpath, interpret, linearise
from twin.rehearsal import is_first, rehearsed
from twin.scenario import Scenario
from twin.stock import Cut, cut
from twin.stock.deviation import Candidates, candidate_heights, candidates_of, deviation_by_source, doubtful
from twin.stock.path_check import check_path_in_stock
from twin.thermal import machine_error
from twin.warming import duty, temperatures
from twin.workpiece import along_normal, part_sections, release

if TYPE_CHECKING:
    from twin.result import Result

CODE = Path(__file__).parent
BLOCK = 1 << 14  # samples whose deviation is computed at once
Say = Callable[[str], None]


def simulate(scenario: Scenario, say: Say = lambda stage: None) -> "Result":
    """Machine the scenario in the twin.

    Args:
        scenario: as :func:`twin.scenario.load_scenario` returns it.
        say: is told each stage as it begins.

    Raises:
        InputError: the program or the set-up cannot be machined.
    """
    prediction = predict(scenario, machine(scenario, say), say)
    from twin.labelled import result_of  # loads xarray and pandas

    return result_of(scenario, prediction)


def machine(scenario: Scenario, say: Say) -> Machining:
    """Run the program on the twin's machine."""
    say("reading the program")
    program = read_program(scenario)
    toolpath = linearise(
        program,
        chord_tolerance=scenario.model.chord_tolerance,
        max_length=scenario.model.segment_length,
        part_zero=scenario.part.part_zero,
    )
    warnings = (
        *program.warnings,
        *check_path_in_stock(toolpath, scenario.stock, scenario.tools, scenario.program_file),
        *_beyond_travel(scenario, toolpath),
    )
    first = "; the first run compiles its kernels, about a minute" if is_first(scenario) else ""
    say(f"removing material and timing the motion: {toolpath.n_segments:,} segments{first}")
    as_programmed = toolpath
    program, toolpath = driven(scenario.process, program, toolpath)
    with rehearsed(scenario) as ready, ThreadPoolExecutor(1) as beside:
        timing = beside.submit(time_law, program, scenario.controller)
        removed = _cut(scenario, as_programmed)  # whatever the feed
        motion = timing.result()
        ready()
    time = segment_times(motion, program, toolpath)
    speed = toolpath.length / np.maximum(time[:, 1] - time[:, 0], 1e-9)
    say("forces, chatter and wear")
    worked = process(scenario, toolpath, removed, speed, time[:, 1] - time[:, 0])
    warnings += (*_overloads(scenario, toolpath, worked.torque_margin), *_worn_out(scenario, toolpath, worked))
    say("heat")
    work = duty(scenario, program, toolpath, motion, time, worked.loads.power_mean, worked.heat.workpiece)
    thermal = temperatures(scenario, removed, work, motion.duration)
    return Machining(program, warnings, toolpath, removed, motion, time, speed, worked, work, thermal)


def read_program(scenario: Scenario) -> Program:
    """The scenario's NC program as canonical moves."""
    return interpret(
        scenario.program_text,
        file=scenario.program_file,
        tools=scenario.tools,
        work_offsets={name: (o.x, o.y, o.z, o.a, o.b, o.c) for name, o in scenario.part.work_offsets.items()},
        home=(*scenario.part.home, 0.0, 0.0, 0.0),
    )


def predict(scenario: Scenario, machining: Machining, say: Say, compensation: np.ndarray | None = None) -> Prediction:
    """What the errors of that run make of the part.

    Args:
        compensation: (segment, 2, 3) [m] by which a control moves the tool tip against those errors; it becomes one
            more source, called ``compensation``.
    """
    say("errors of the machine")
    sources: tuple[str, ...] = SOURCES
    error = segment_errors(scenario, machining)
    if compensation is not None:
        error, sources = np.concatenate([error, compensation[None]]), (*SOURCES, "compensation")
    surface, provenance = machining.cut.surface, machining.cut.provenance
    n = len(surface.area)
    say(f"deviation of {n:,} surface samples")
    errors = jnp.asarray(np.moveaxis(padded_rows(np.moveaxis(error, 1, 0)), 0, 1))
    total, contribution, winner, doubt = in_blocks(
        lambda rows: _deviation(candidates_of(provenance, rows), errors), np.arange(n), BLOCK
    )
    contribution = contribution.T
    maker = np.where(surface.machined, provenance.segment[np.arange(n), winner], -1)
    released, shapes = release_shapes(scenario, machining)
    scatter = None if shapes is None else np.sqrt(np.sum(shapes**2, axis=0))
    total += released
    contribution[SOURCES.index("release")] = released
    say("inspection")
    report = inspect(plan(scenario.features, surface), total, contribution, sources)
    return Prediction(machining, error, total, contribution, maker, doubt, scatter, report)


def release_shapes(scenario: Scenario, machining: Machining) -> tuple[np.ndarray | float, np.ndarray | None]:
    """How far unclamping moves each surface sample out (sample,) [m], and one deviation of each independent shape in
    which that scatters (shape, sample) [m]; None without a profile."""
    stress, surface = scenario.residual_stress, machining.cut.surface
    if stress is None:
        return 0.0, None
    sections = part_sections(machining.cut.columns, np.array(stress.depth), scenario.stock.bounds[1][2])
    field, shapes = release(sections, stress, scenario.material.youngs_modulus)
    return (
        along_normal(sections, field, surface.position, surface.normal),
        along_normal(sections, shapes, surface.position, surface.normal),
    )


@kept
def _deviation(candidates: Candidates, errors: jax.Array) -> tuple[jax.Array, ...]:
    """Total (sample,), by source (sample, source), winning candidate and doubt of every sample."""
    error = jnp.sum(errors, axis=0)
    contribution, form = deviation_by_source(candidates, errors)
    winner = jnp.argmin(candidate_heights(candidates, error), axis=-1)
    return form + jnp.sum(contribution, axis=0), contribution.T, winner, doubtful(candidates, error)


def segment_errors(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Error of the tool tip relative to the workpiece by source, (source, segment, 2, 3) [m]."""
    toolpath = machining.toolpath
    tip = np.stack([toolpath.start, toolpath.end], axis=1)
    axis_position, length = axis_positions(scenario, toolpath)
    lower, upper = scenario.stock.bounds
    clamp = np.array([*(lower[:2] + upper[:2]) / 2, lower[2]])
    thermal, power = machining.thermal, np.asarray(machining.loads.power_mean)
    bending = bending_of(scenario, machining)
    by_source: dict[str, ArrayLike] = {
        "thermal": machine_error(thermal, machining.time, axis_position, tip - clamp, length[:, None])
        + np.asarray(bending_error(bending, thermal.model, scenario.environment, thermal.states, power)),
        "geometric": geometric_error(machine_kinematics(scenario.machine), axis_position, length[:, None]),
        "servo": servo_error(machining.program, machining.motion, scenario.controller, toolpath),
        "deflection": machining.process.deflection[:, None],
        "release": np.zeros(3),  # it moves the part once it is free, not the tool
    }
    error = np.stack([np.broadcast_to(np.asarray(by_source[source]), tip.shape) for source in SOURCES])
    error[SOURCES.index("servo"), toolpath.rapid] = 0.0  # the lag of a rapid shapes nothing
    for source, values in zip(SOURCES, error, strict=True):
        if not np.isfinite(values).all():
            line = int(toolpath.line[np.argmax(~np.isfinite(values).all(axis=(1, 2)))])
            raise InputError(f"the {source} error is not a number", file=scenario.program_file, line=line)
    return error


def axis_positions(scenario: Scenario, toolpath: Toolpath) -> tuple[np.ndarray, np.ndarray]:
    """Machine axes at both ends of each segment (segment, 2, 3) [m] and the tool's gauge length (segment,) [m]."""
    (start, length), (end, _) = (places(scenario, toolpath.tool, tip) for tip in (toolpath.start, toolpath.end))
    return np.stack([start, end], axis=1), length


def places(scenario: Scenario, tool: np.ndarray, tip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Machine axes (point, 3) [m] and gauge length (point,) [m] where the tip of ``tool`` (point,) is at ``tip``."""
    used, row = np.unique(tool, return_inverse=True)
    length = np.array([_gauge_length(scenario.tools.get(int(t))) for t in used])[row]
    position = tip + np.asarray(scenario.part.machine_position)
    position[:, 2] += length
    return position, length


def _beyond_travel(scenario: Scenario, toolpath: Toolpath) -> tuple[ProgramWarning, ...]:
    """One warning an axis that would have to leave its travel while cutting; errors are then those of its end."""
    feed = ~toolpath.rapid
    position, _ = axis_positions(scenario, toolpath)
    found = []
    for axis, distance in beyond_travel(scenario.machine, position[feed]).items():
        if distance > 0:
            column = "XYZ".index(axis)
            limits = scenario.machine.axes[axis]
            over = np.maximum(position[..., column] - limits.travel_max, limits.travel_min - position[..., column])
            line = int(toolpath.line[feed][np.argmax(over[feed].max(axis=1))])
            where = f"{distance * 1e3:.0f} mm beyond the travel of {scenario.machine.name}"
            found.append(ProgramWarning(line, axis, f"{where}: check scenario.machine_position_mm"))
    return tuple(found)


def _overloads(scenario: Scenario, toolpath: Toolpath, margin: np.ndarray) -> tuple[ProgramWarning, ...]:
    """One warning for the line that asks most of the spindle beyond its continuous torque."""
    worst = int(np.argmin(margin))
    if margin[worst] >= 0:
        return ()
    asked = f"the cut asks {100 * (1 - margin[worst]):.0f} % of the continuous torque of {scenario.machine.name}"
    return (ProgramWarning(int(toolpath.line[worst]), "S", asked),)


def _worn_out(scenario: Scenario, toolpath: Toolpath, worked: Process) -> tuple[ProgramWarning, ...]:
    """One warning for the line where a tool's life ends within the part."""
    if worked.wear is None:
        return ()
    used = np.asarray(worked.wear.used)
    found = []
    for number in scenario.tools:
        beyond = np.flatnonzero((toolpath.tool == number) & (used > 1))
        if beyond.size:
            lives = used[beyond[-1]]
            what = f"the tool is worn out here; the part would use {lives:,.0f} of them" if lives >= 1.5 else "worn out"
            found.append(ProgramWarning(int(toolpath.line[beyond[0]]), f"T{number}", what))
    return tuple(found)


def _cut(scenario: Scenario, toolpath: Toolpath) -> Cut:
    """Removed material; from disk where the same was cut before by the same code."""
    settings = scenario.model.removal
    key = content_key(
        toolpath,
        scenario.tools,
        scenario.stock,
        scenario.target,
        scenario.fixtures,
        settings,
        source_key(CODE / "stock", CODE / "machine"),
    )
    removed, _ = cached(
        twin.CACHE / "cut",
        key,
        Cut,
        lambda: cut(
            toolpath,
            scenario.tools,
            scenario.stock,
            settings,
            scenario.fixtures,
            scenario.target,
            scenario.program_file,
        ),
    )
    return removed


def _gauge_length(tool: Tool | None) -> float:
    """Spindle nose to tip [m]."""
    return 0.0 if tool is None else tool.stick_out + sum(section.length for section in tool.holder)
