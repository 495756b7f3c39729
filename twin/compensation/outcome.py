"""A scenario compensated: files for its control, and the part before and after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from twin.compensation.controls import MachineCase, write_tables
from twin.compensation.rewrite import Compensated, compensate, path_shift
from twin.compensation.settings import CompensationSettings
from twin.errors import InputError
from twin.machine import machine_kinematics
from twin.motion import time_law
from twin.prediction import SOURCES, Machining, Prediction
from twin.scenario import Scenario
from twin.simulate import axis_positions, machine, predict, read_program
from twin.thermal import axis_scale

MACHINE_SOURCES = ("thermal", "geometric")  # what is compensated
ROWS = [SOURCES.index(source) for source in MACHINE_SOURCES]


@dataclass(frozen=True)
class Residual:
    """Errors of the machine at the ends of the cutting segments, X Y Z (segment, 2, 3) [m]."""

    before: np.ndarray
    after: np.ndarray
    rounding: np.ndarray  # share of ``after`` from rounding, interpolation and delay
    weight: np.ndarray  # (segment,) [m] length: of root mean squares

    def rms(self, error: np.ndarray) -> np.ndarray:
        """Root mean square (3,) [m] over the path."""
        return np.sqrt(np.average((error**2).mean(axis=1), axis=0, weights=self.weight))


@dataclass(frozen=True)
class Outcome:
    """What compensation changes."""

    files: Mapping[str, str]  # name -> text
    before: Prediction
    after: Prediction
    residual: Residual
    duration: tuple[float, float]  # [s] of the program before and after
    notes: tuple[str, ...]

    def machine_share(self, prediction: Prediction) -> np.ndarray:
        """Deviation (sample,) [m] by the errors of the machine and what is done against them."""
        share = prediction.contribution[ROWS].sum(axis=0)
        return share + prediction.contribution[len(SOURCES) :].sum(axis=0)


def compensated(scenario: Scenario, settings: CompensationSettings, say: Callable[[str], None]) -> Outcome:
    """Machine the scenario with and without compensation.

    Raises:
        InputError: what cannot be machined, or cannot be compensated in this way.
    """
    if scenario.machine.rotary_axes:
        raise InputError(
            f"the machine has the rotary axes {', '.join(scenario.machine.rotary_axes)}",
            remedy="only machines of three linear axes are compensated",
        )
    machining = machine(scenario, say)
    if not np.any(machining.cut.engagement.volume > 0):
        raise InputError("the program cuts nothing", file=scenario.program_file, remedy="check part zero and stock")
    before = predict(scenario, machining, say)
    say("compensation")
    if settings.format == "program":
        made = _program(scenario, machining, before, settings)
        files: Mapping[str, str] = _program_files(scenario, made)
        path, ends = machining.toolpath, enumerate(machining.toolpath.fraction.T)
        shift = [path_shift(machining.program, made, path.move, f, later=side == 0) for side, f in ends]
        motion, rounding = np.stack(shift, axis=1), np.stack(shift, axis=1) + before.error[ROWS].sum(axis=0)
        after_duration = time_law(made.program, scenario.controller).duration
        notes = made.notes
    else:
        written = write_tables(machine_case(scenario, machining), settings)
        position, length = axis_positions(scenario, machining.toolpath)
        places = position.reshape(-1, 3), np.repeat(length, 2), machining.time.ravel()
        motion = written.applied(*places).reshape(position.shape)
        rounding = motion - written.intended(*places).reshape(position.shape)
        files, after_duration, notes = written.files, machining.motion.duration, ()
    after = predict(scenario, machining, say, motion)
    cutting = machining.cut.engagement.volume > 0
    error = before.error[ROWS].sum(axis=0)
    residual = Residual(
        error[cutting], (error + motion)[cutting], rounding[cutting], machining.toolpath.length[cutting]
    )
    return Outcome(files, before, after, residual, (machining.motion.duration, after_duration), notes)


def machine_case(scenario: Scenario, machining: Machining) -> MachineCase:
    """The errors of the scenario's machine over its program, and where it cuts."""
    thermal = machining.thermal
    states = jnp.asarray(thermal.states)
    growth = np.asarray(axis_scale(thermal.model, states, states[0]))
    drives = scenario.machine.thermal.feed_drives
    position, length = axis_positions(scenario, machining.toolpath)
    cutting = machining.cut.engagement.volume > 0
    inside = position[cutting].reshape(-1, 3)

    def over_time(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        return lambda time: np.stack([np.interp(time, thermal.time, column) for column in values.T], axis=-1)

    return MachineCase(
        kinematics=machine_kinematics(scenario.machine),
        drift=over_time(thermal.drift),
        growth=over_time(growth),
        fixed_end=np.array([float(drives[axis].fixed_end) for axis in "XYZ"]),
        duration=machining.motion.duration,
        travel={name: (axis.travel_min, axis.travel_max) for name, axis in scenario.machine.axes.items()},
        reference=(inside.min(axis=0) + inside.max(axis=0)) / 2,
        tool_length=float(np.average(length[cutting], weights=machining.toolpath.length[cutting])),
    )


def _program(
    scenario: Scenario, machining: Machining, before: Prediction, settings: CompensationSettings
) -> Compensated:
    """The program moved against the predicted error, which is known at the ends of the short pieces of its path."""
    path = machining.toolpath
    place = (2 * path.move[:, None] + path.fraction).ravel()  # two apart: the ends of two moves never coincide
    error = before.error[ROWS].sum(axis=0).reshape(-1, 3)

    def correct(move: np.ndarray, fraction: np.ndarray, tip: np.ndarray) -> np.ndarray:
        return np.stack([-np.interp(2 * move + fraction, place, column) for column in error.T], axis=-1)

    return compensate(
        machining.program,
        correct,
        lambda text: read_program(replace(scenario, program_text=text)),
        tolerance=settings.tolerance,
        shortest=settings.shortest,
        resolution=settings.resolution,
    )


def _program_files(scenario: Scenario, made: Compensated) -> dict[str, str]:
    """The original, the program with moved points, and which source line each of its lines stands for."""
    name = Path(scenario.program_file.removesuffix(".gz"))
    rows = [f"{n},{line}" for n, line in enumerate(made.of_line, 1)]
    return {
        name.name: scenario.program_text,
        f"{name.stem}_compensated{name.suffix}": made.text,
        "lines.csv": "\n".join(["compensated_line,original_line", *rows]) + "\n",
    }
