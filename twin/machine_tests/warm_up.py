"""The temperature field of a machine structure while its spindle idles, every cell of it."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.machine import Machine
from twin.machine_tests.run_tests import UNLOADED
from twin.thermal import thermal_model
from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.heat_model import heat_model
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.transient import implicit
from twin.thermal.finite_volume.voxels import Voxels
from twin.thermal.transient import warm_up_heat

N_STEPS = 48


@dataclass(frozen=True)
class WarmUp:
    """A machine that warms up."""

    time: np.ndarray  # (time,) [s], from 0
    rise: np.ndarray  # (time, cell) [K] above an even start
    elastic: ElasticStructure
    heat: dict[str, float]  # [W] into each place


def warm_up(
    machine: Machine, structure: Structure, voxels: Voxels, *, duration: float, spindle_speed: float, ambient: float
) -> WarmUp:
    """Idle at ``spindle_speed`` [rad/s] for ``duration`` [s], even at ``ambient`` [degC] before.

    Raises:
        InputError: no duration or no speed, or heat that the structure has no place for.
    """
    if duration <= 0 or spindle_speed <= 0:
        raise InputError("a warm-up needs a duration and a speed", remedy="duration_h=4 spindle_speed_rpm=8000")
    model = thermal_model(machine.thermal, UNLOADED)
    idle = np.asarray(warm_up_heat(model, ambient, spindle_speed))[0]
    heat = {node: float(power) for node, power in zip(model.nodes, idle, strict=False) if power}
    for node in heat:
        if node not in structure.heats:
            raise InputError(
                f"the machine heats {node}, for which the structure has no place",
                remedy=f"structure={machine.name} is another machine; places: {', '.join(structure.heats)}",
            )
    block = heat_model(structure, voxels)
    push = np.array([heat.get(name, 0.0) for name in block.inputs])  # fluids stay at 0 K above the start
    step = duration / N_STEPS
    rise = implicit(block, np.tile(push, (N_STEPS, 1)), step, np.zeros(len(voxels.cells)))
    return WarmUp(np.arange(N_STEPS + 1) * step, rise, ElasticStructure(structure, voxels), heat)
