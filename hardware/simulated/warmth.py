"""The slow part of the simulated machine: temperatures and what they do to the tool point, one step at a time.

The thermal network of the twin with hidden parameters, stepped exactly; the drift cannot be seen by the scales.
"""

import jax
import jax.numpy as jnp
import numpy as np

from hardware.simulated.cycles import AXIS_SPEED, FLOOD, N_SUMS, POWER, SPINDLE
from hardware.thermal_part import part_on_table, step_matrices
from twin.scenario import Scenario
from twin.stock import Cut
from twin.thermal import (
    ambient_temperature,
    axis_scale,
    coolant_temperature,
    heat_inputs,
    tool_point_drift,
    warm_up_state,
)


class Warmth:
    """Temperatures of a machine that runs; the part's lump is what the cut leaves halfway.

    Args:
        scenario: with the parameters of the machine that is simulated.
        removed: of its program.
        step: [s] between updates.
    """

    def __init__(self, scenario: Scenario, removed: Cut, step: float):
        self.model, self.environment, self.step = part_on_table(scenario, removed), scenario.environment, step
        self.workpiece_share = scenario.material.workpiece_share
        self.nodes = self.model.nodes
        start = ambient_temperature(self.environment, jnp.zeros(()))
        speed, long = self.environment.warm_up_spindle_speed, self.environment.warm_up
        self.datum = np.asarray(warm_up_state(self.model, start, speed, long))
        self._outside = float(start), float(coolant_temperature(self.environment, jnp.zeros(())))
        self.begin()
        self._steps = [step_matrices(self.model, flood, step) for flood in (False, True)]
        unit = np.eye(len(self.nodes))
        self._drift = np.asarray(tool_point_drift(self.model, unit, np.zeros(len(unit))))
        self._scale = np.asarray(axis_scale(self.model, jnp.asarray(unit), jnp.zeros(len(unit))))
        drives = self.model.network.feed_drives
        self._heat(np.zeros(N_SUMS))  # compiled now, while no controller waits
        self._fixed = np.array([float(drives[axis].fixed_end) for axis in "XYZ"])

    def begin(self, heat: float = 1.0) -> None:
        """From the start; the spindle gives ``heat`` times what the model says."""
        self.states, self.time, self._factor = self.datum.copy(), 0.0, heat
        self.air, self.coolant = self._outside

    def advance(self, sums: np.ndarray) -> None:
        """One step; ``sums`` (N_SUMS,) of it, as :func:`hardware.simulated.cycles.run_cycles` adds them up."""
        mean = sums / self.step
        heat = self._heat(mean)
        self.air, self.coolant = float(heat[-2]), float(heat[-1])
        transition, drive = self._steps[int(mean[FLOOD] > 0.5)]
        self.states = transition @ self.states + drive @ heat
        self.time += self.step

    def _heat(self, mean: np.ndarray) -> np.ndarray:
        """Inputs (node + 2,) of the step that begins now."""
        middle = np.asarray(
            self.time + self.step / 2
        )  # a NumPy scalar: less work for the dispatch than an array of JAX
        return np.asarray(_heat(self.model, self.environment, mean, self.workpiece_share, middle, self._factor))

    def drift(self, axis_position: np.ndarray) -> np.ndarray:
        """Displacement of the tool point against the table since the start, (3,) [m], at ``axis_position`` (3,) [m]."""
        rise = self.states - self.datum
        return rise @ self._drift + (rise @ self._scale) * (axis_position - self._fixed)


@jax.jit
def _heat(model, environment, mean, share, middle, factor):  # type: ignore[no-untyped-def]
    """Inputs (node + 2,) of one step whose middle is at ``middle`` [s], from the means of what warms the machine.

    What the spindle gives is taken ``factor`` times.
    """
    turning, still = heat_inputs(
        model,
        spindle_speed=jnp.stack([mean[SPINDLE], jnp.zeros(())]),
        axis_speed=jnp.tile(mean[AXIS_SPEED], (2, 1)),
        cutting_power=jnp.tile(mean[POWER], 2),
        workpiece_share=share,
        ambient=jnp.tile(ambient_temperature(environment, middle), 2),
        coolant=jnp.tile(coolant_temperature(environment, middle), 2),
        flood=jnp.tile(mean[FLOOD], 2),
    )
    return still + factor * (turning - still)
