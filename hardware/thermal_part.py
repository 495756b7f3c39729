"""The thermal model of a scenario: its machine with the part on the table, and one exact step of it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.scenario import Scenario
from twin.stock import Cut
from twin.thermal import ThermalModel, Workpiece, thermal_model
from twin.thermal.model import state_space
from twin.thermal.state_space import discretise


def part_on_table(scenario: Scenario, removed: Cut) -> ThermalModel:
    """Thermal model of the scenario's machine, with the part as it is halfway through the program."""
    material = scenario.material
    mass = material.density * (removed.stock_volume - removed.removed_volume / 2)
    dx, dy, dz = np.ptp(scenario.stock.bounds, axis=0)
    part = Workpiece(
        capacity=mass * material.specific_heat, area=2 * (dx * dy + dy * dz + dz * dx), expansion=material.expansion
    )
    return thermal_model(scenario.machine.thermal, part)


@partial(jax.jit, static_argnums=1)
def _transition(model: ThermalModel, flood: bool, step: float) -> tuple[jax.Array, jax.Array]:
    modes = discretise(state_space(model, flood), step)
    carried = modes.to_states @ (jnp.diag(modes.decay) + modes.coupling)
    return carried @ modes.to_modes, modes.to_states @ modes.drive


def step_matrices(model: ThermalModel, flood: bool, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Matrices of one exact step: states to states, inputs to states."""
    carried, driven = _transition(model, flood, step)
    return np.asarray(carried), np.asarray(driven)
