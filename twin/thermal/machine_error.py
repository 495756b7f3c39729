"""The error of the tool against the part by all temperatures of a program, of either model of the machine.

The lumped network of conf/machine always runs: it says what heats what, and how warm the part is. A structure
(conf/structure), where there is one, takes the same heat and gives the drift of the tool against the table at every
axis position; the growth of the axes' screws or scales is then part of it. Heat that the part gives to the table of
the network enters the table of the structure.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.errors import InputError
from twin.thermal.environment import Environment, ambient_temperature
from twin.thermal.expansion import thermal_error, tool_point_drift, workpiece_expansion
from twin.thermal.finite_volume.drift import nominal, structure_drift, structure_state_space
from twin.thermal.finite_volume.reduction import ReducedStructure
from twin.thermal.model import ThermalModel, heat_from_workpiece
from twin.thermal.network import AMBIENT, COOLANT, WORKPIECE
from twin.thermal.state_space import StateSpace, simulate, simulate_switched
from twin.thermal.transient import program_heat, warm_up_heat


@dataclass(frozen=True)
class Temperatures:
    """Temperatures of machine and part over a program."""

    model: ThermalModel
    time: np.ndarray  # (time,) [s], from 0, in equal steps
    states: np.ndarray  # (time, node) [degC] of the network; row 0 is the start
    structure: ReducedStructure | None = None
    structure_states: np.ndarray | None = None  # (time, state) [K] above an even start before the warm-up

    @property
    def drift(self) -> np.ndarray:
        """Drift of the tool against the table since the start, (time, 3) [m]; of a structure at its reference position.

        Of a structure it is that of the spindle nose.
        """
        if self.structure is None or self.structure_states is None:
            return np.asarray(tool_point_drift(self.model, self.states, self.states[0]))
        place = np.broadcast_to(self.structure.reference_position, (len(self.time), 3))
        return machine_drift(self, self.time, place, np.zeros(len(self.time)))


def structure_temperatures(
    structure: ReducedStructure,
    model: ThermalModel,
    environment: Environment,
    moved: Array,
    switched: Array,
    workpiece_share: Array,
    dt: float,
    states: Array,
) -> np.ndarray:
    """States of ``structure`` over a program, (time + 1, state) [K] above an even start before the warm-up.

    Args:
        model: the network, whose heat goes to the sources of the structure that are named as its nodes.
        environment: as for :func:`twin.thermal.transient.run_thermal`, and the next four.
        states: (time + 1, node) [degC] what that returned.

    Raises:
        InputError: the network heats a node that no source of the structure is named after, or a film meets a fluid
            that is neither the air nor the coolant.
    """
    for node in heated_nodes(model):
        if node not in structure.sources:
            raise InputError(
                f"the machine heats {node}, for which the structure has no place",
                remedy=f"name it in heats of conf/structure; there are {', '.join(structure.sources)}",
            )
    for fluid in structure.fluids:
        if fluid not in (AMBIENT, COOLANT):
            raise InputError(f"the structure has a film to {fluid!r}", remedy=f"{AMBIENT} or {COOLANT}")
    enters = np.array([[source == node for node in model.nodes] for source in structure.sources], float)
    meets = np.array([[fluid == known for known in (AMBIENT, COOLANT)] for fluid in structure.fluids], float)
    both = [structure_state_space(structure, nominal(structure), flood) for flood in (False, True)]
    systems = jax.tree.map(lambda *leaves: np.stack(leaves), *both)
    return np.asarray(
        _structure_states(
            systems, enters, meets, model, environment, moved, switched, workpiece_share, dt, np.asarray(states)
        )
    )


def heated_nodes(model: ThermalModel) -> list[str]:
    """Nodes of the machine that the program, or the part, heats."""
    network = model.network
    nodes = [bearing.node for bearing in network.bearings] + [network.motor.node]
    nodes += [
        node for drive in network.feed_drives.values() for node in (drive.screw, drive.guide, drive.motor) if node
    ]
    nodes += [network.cutting.tool, network.cutting.chips] if network.cutting else []
    nodes += [end for link in network.links if WORKPIECE in link.between for end in link.between]
    return [node for node in dict.fromkeys(nodes) if node in model.nodes and node != WORKPIECE]


def machine_drift(temperatures: Temperatures, time: np.ndarray, axis_position: np.ndarray, length: np.ndarray) -> Array:
    """Displacement of the tool tip against the table since the start, (point, 3) [m], by the structure.

    Args:
        time: (point,) [s].
        axis_position: (point, 3) [m].
        length: (point,) [m] of the tool from the nose.
    """
    assert temperatures.structure is not None and temperatures.structure_states is not None
    states = temperatures.structure_states - temperatures.structure_states[0]
    step = temperatures.time[1] - temperatures.time[0] if len(temperatures.time) > 1 else 1.0
    rows = (padded_rows(a) for a in (time / step, axis_position, length))
    drift = _structure_drift(temperatures.structure, padded_rows(states, mode="edge"), *rows)
    return first_rows(drift, len(time))


def machine_error(
    temperatures: Temperatures,
    time: np.ndarray,
    axis_position: np.ndarray,
    part_position: np.ndarray,
    length: np.ndarray,
) -> np.ndarray:
    """Error of the tool tip relative to the workpiece by all temperatures since the start, (..., 3) [m].

    Args:
        time: (...) [s] from the start of the program.
        axis_position: (..., 3) [m].
        part_position: (..., 3) [m] of the tool tip from the point where the clamping holds the part.
        length: [m] of the tool from the spindle nose, broadcast to ``time``.
    """
    model = temperatures.model
    states = np.stack([np.interp(time, temperatures.time, node) for node in temperatures.states.T], axis=-1)
    if temperatures.structure is None:
        return np.asarray(thermal_error(model, states, axis_position, part_position, temperatures.states[0]))
    drift = machine_drift(
        temperatures, np.ravel(time), axis_position.reshape(-1, 3), np.broadcast_to(length, time.shape).ravel()
    )
    return drift.reshape(axis_position.shape) - np.asarray(
        workpiece_expansion(model, jnp.asarray(states), jnp.asarray(part_position))
    )


@kept
def _structure_states(
    systems: StateSpace,
    enters: jax.Array,
    meets: jax.Array,
    model: ThermalModel,
    environment: Environment,
    moved: jax.Array,
    switched: jax.Array,
    workpiece_share: jax.Array,
    dt: jax.Array,
    states: jax.Array,
) -> jax.Array:
    n, flood = len(model.nodes), switched[:, 1] > 0.5
    inputs = program_heat(model, environment, moved, switched, workpiece_share, dt)
    air = ambient_temperature(environment, jnp.zeros(()))
    from_part = heat_from_workpiece(model, (states[1:] + states[:-1]) / 2, flood)
    pushes = jnp.hstack([(inputs[:, :n] + from_part) @ enters.T, (inputs[:, n:] - air) @ meets.T])
    idle = warm_up_heat(model, air, environment.warm_up_spindle_speed)
    warming = jnp.hstack([idle[:, :n] @ enters.T, (idle[:, n:] - air) @ meets.T])
    even = jnp.zeros(systems.capacity.shape[1])
    start = simulate(jax.tree.map(lambda both: both[0], systems), warming, environment.warm_up, even)[0]
    return jnp.vstack([start, simulate_switched(systems, flood.astype(int), pushes, dt, start)])


_structure_drift = kept(structure_drift)
