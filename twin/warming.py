"""What the program makes machine and part do thermally, and how warm they become."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.motion import Motion
from twin.program import Program, Toolpath
from twin.scenario import Scenario
from twin.stock import Cut
from twin.structure import structure_model
from twin.thermal import (
    Temperatures,
    ThermalModel,
    Workpiece,
    mean_over_steps,
    run_thermal,
    structure_temperatures,
    thermal_model,
)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Duty:
    """Means over the thermal steps of a program; a power of two of them, at rest after its end."""

    moved: Array  # (step, 4) speeds of X, Y, Z [m/s], cutting power [W]
    switched: Array  # (step, 2) spindle speed [rad/s], share of the time with flood coolant
    workpiece_share: Array  # (step,) part of the cutting power that stays in the part
    step: Array | float  # [s]


def duty(
    scenario: Scenario,
    program: Program,
    toolpath: Toolpath,
    motion: Motion,
    time: np.ndarray,
    power: Array,
    computed_share: Array,
) -> Duty:
    """What the program makes the machine do.

    Args:
        time: (segment, 2) [s].
        power: (segment,) [W] of cutting.
        computed_share: (segment,) part of it that stays in the workpiece by the model of the chip's heat; read where
            ``heat_partition`` is computed.
    """
    step = scenario.model.thermal_step
    n_steps = 1 << max(6, int(np.ceil(motion.duration / step) - 1).bit_length())
    distance = np.abs(toolpath.end - toolpath.start) / np.maximum(np.diff(time, axis=1), 1e-9)
    computed = scenario.model.heat_partition == "computed"
    into_part = power * (computed_share if computed else scenario.material.workpiece_share)
    during = [*distance.T, power, into_part]
    # the machine moves during segments; between them there is no time, or a dwell
    traced = any(isinstance(row, jax.core.Tracer) for row in during)
    namespace = jnp if traced else np
    still = namespace.zeros(len(time) - 1)
    held = [namespace.stack([row, namespace.append(still, 0.0)], axis=1).ravel()[:-1] for row in during]
    moved = mean_over_steps(time.ravel(), namespace.stack(held, axis=1), step, n_steps)
    per_move = np.stack([np.abs(program.spindle), (program.coolant & 2) > 0], axis=1).astype(float)
    switched = mean_over_steps(motion.time, per_move, step, n_steps)
    share = moved[:, 4] / jnp.maximum(moved[:, 3], 1e-9)
    return Duty(moved[:, :4], switched, share, step)


def model_of(scenario: Scenario, removed: Cut) -> ThermalModel:
    """The machine with the part on its table, half machined."""
    return thermal_model(scenario.machine.thermal, part_lump(scenario, removed.stock_volume, removed.removed_volume))


def part_lump(scenario: Scenario, stock: float, removed: float) -> Workpiece:
    """The part, half of what is ``removed`` of the ``stock`` [m3] gone."""
    material = scenario.material
    mass = material.density * (stock - removed / 2)
    dx, dy, dz = np.ptp(scenario.stock.bounds, axis=0)
    return Workpiece(
        capacity=mass * material.specific_heat, area=2 * (dx * dy + dy * dz + dz * dx), expansion=material.expansion
    )


def temperatures(scenario: Scenario, removed: Cut, work: Duty, duration: float) -> Temperatures:
    """Temperatures of machine and part over the program."""
    model = model_of(scenario, removed)
    done = (model, scenario.environment, work.moved, work.switched, work.workpiece_share, work.step)
    states = np.asarray(run_thermal(*done))
    shown = int(np.ceil(duration / work.step)) + 1
    time = np.arange(len(states))[:shown] * work.step
    if scenario.structure is None:
        return Temperatures(model, time, states[:shown])
    structure = structure_model(scenario.structure)
    return Temperatures(
        model, time, states[:shown], structure, structure_temperatures(structure, *done, states)[:shown]
    )
