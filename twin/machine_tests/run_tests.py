"""Positioning, thermal and R-tests run on the machine of the twin."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from twin.errors import InputError
from twin.machine import Kinematics, Machine, check_travel, geometric_error
from twin.machine.kinematics import perfect
from twin.machine_tests.r_test import Identification, bench_poses, follow, identify, parameters_of, readings
from twin.machine_tests.r_test_setup import Setup, systematic_effects
from twin.thermal.expansion import scale_error, tool_point_drift
from twin.thermal.heat import heat_inputs
from twin.thermal.model import Workpiece, thermal_model
from twin.thermal.transient import simulate_thermal
from twin.units import MINUTE, UM

N_TARGETS = 11
UNLOADED = Workpiece(capacity=1e3, area=1e-2, expansion=0.0)  # a probe instead of a part; moves nothing in these tests


@dataclass(frozen=True)
class DriftHistory:
    """A thermal test of the machine without cutting."""

    time: np.ndarray  # (sample,) [s]
    drift: np.ndarray  # (sample, 3) [m] of the tool tip
    ends: np.ndarray  # (2, sample, 3) [m] growth of the standards at both ends of each travel
    temperature: dict[str, np.ndarray]  # (sample,) [degC] of the nodes, and of the air


def run_positioning(
    kinematics: Kinematics,
    machine: Machine,
    axis: str,
    *,
    lost_motion: float,
    scatter: float,
    n_cycles: int,
    tool_length: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Targets (target,) [m] over the travel of a linear axis and deviations (cycle, 2, target) [m] along it.

    Targets are spread unevenly, as ISO 230-2 asks, so that periodic errors are met at all phases; the other axes stand
    at the middle of their travels.

    Args:
        lost_motion: of the axis at reversal [m]: half of it is missing in each direction.
        scatter: standard deviation of one approach [m].
    """
    if axis not in machine.axes:
        raise InputError(f"there is no linear axis {axis!r}", remedy="one of " + ", ".join(machine.axes))
    if n_cycles < 2 or scatter < 0:
        raise InputError(f"{n_cycles} cycles with scatter {scatter:g} m", remedy="two cycles at least, scatter from 0")
    draw = np.random.default_rng(seed)
    chosen = machine.axes[axis]
    length = chosen.travel_max - chosen.travel_min
    share = (np.arange(N_TARGETS) + draw.uniform(-0.3, 0.3, N_TARGETS)) / (N_TARGETS - 1)
    target = chosen.travel_min + length * np.clip(share, 0.005, 0.995)
    position = np.zeros((N_TARGETS, len(kinematics.letters)))
    position[:, :3] = [(machine.axes[a].travel_min + machine.axes[a].travel_max) / 2 for a in "XYZ"]
    column = "XYZ".index(axis)
    position[:, column] = target
    check_travel(machine, position, kinematics.letters)
    error = np.asarray(geometric_error(kinematics, position, tool_length))[:, column]
    error = error - error[0]  # the interferometer is zeroed at the first target
    sides = np.array([-0.5, 0.5])[:, None] * lost_motion
    return target, error + sides + scatter * draw.normal(size=(n_cycles, 2, N_TARGETS))


def run_thermal(
    machine: Machine,
    *,
    duration: float,
    spindle_speed: float,
    axis_speed: tuple[float, float, float],
    ambient: float,
    ambient_swing: float,
    ambient_period: float,
    step: float = MINUTE,
) -> DriftHistory:
    """Drift of the machine, even at ``ambient`` [degC] at the start, with spindle and axes running and no cut.

    The air swings by ± ``ambient_swing`` [K] with ``ambient_period`` [s].

    Raises:
        InputError: a duration or a step that is not positive.
    """
    if duration <= 0 or ambient_period <= 0:
        raise InputError("duration and period of the air must be above zero", remedy="e.g. duration_h=8")
    model = thermal_model(machine.thermal, UNLOADED)
    n = max(1, round(duration / step))
    middle = (np.arange(n) + 0.5) * step
    air = ambient + ambient_swing * np.sin(2 * np.pi * middle / ambient_period)
    one = jnp.ones(n)
    inputs = heat_inputs(
        model,
        spindle_speed=one * spindle_speed,
        axis_speed=jnp.broadcast_to(jnp.asarray(axis_speed)[None], (n, 3)),
        cutting_power=0.0 * one,
        workpiece_share=0.0,
        ambient=jnp.asarray(air),
        coolant=jnp.asarray(air),
    )
    datum = jnp.full(len(model.nodes), float(ambient))
    states = simulate_thermal(model, inputs, step, datum, jnp.zeros(n, bool))
    ends = [[getattr(machine.axes[a], end) for a in "XYZ"] for end in ("travel_min", "travel_max")]
    growth = [scale_error(model, states, jnp.broadcast_to(jnp.asarray(e)[None], (n + 1, 3)), datum) for e in ends]
    shown = np.asarray(states)
    temperature = {name: shown[:, model.index(name)] for name in machine.thermal.nodes}
    temperature["air"] = np.concatenate([[ambient], air])
    return DriftHistory(
        np.arange(n + 1) * step, np.asarray(tool_point_drift(model, states, datum)), np.asarray(growth), temperature
    )


def run_r_test(
    kinematics: Kinematics,
    machine: Machine,
    tests: tuple[str, ...],
    ball: np.ndarray,
    *,
    tool_length: float,
    noise: float,
    prior: float | None,
    setup: Setup,
    seed: int,
) -> tuple[Identification, np.ndarray]:
    """Identify the location errors from simulated readings; also the true parameters (parameter,) [m, rad].

    The motion errors of the axes and how the test is set up are in the readings and unknown to the identification, as
    on a real machine; its uncertainty allows for them as they are declared to scatter.

    Raises:
        InputError: poses outside the travel, an unknown test, a machine without two rotary axes.
    """
    rotary = np.concatenate([bench_poses(kinematics.letters, test) for test in tests])
    position = follow(kinematics, ball, rotary, tool_length)
    check_travel(machine, position, kinematics.letters)
    draw = np.random.default_rng(seed)
    offset = draw.normal(size=3) * 3 * UM
    reading = readings(kinematics, position, ball, offset, tool_length)
    reading = reading + draw.normal(size=reading.shape) * noise
    effects = systematic_effects(kinematics, machine, position, ball, reading, tool_length, setup)
    for group, changes in effects.items():
        if group != "error motions of the axes":  # these are in the machine
            reading = reading + np.tensordot(draw.normal(size=len(changes)), changes, axes=1)
    names = parameters_of(kinematics)
    declared = machine.squareness | machine.axis_offset
    true = np.array([declared[n].value if n in declared else 0.0 for n in names])
    found = identify(
        perfect(kinematics), position, ball, reading, tool_length, noise=noise, prior=prior, systematic=effects
    )
    return found, np.concatenate([true, offset])
