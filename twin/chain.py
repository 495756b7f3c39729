"""The chain of a run as one differentiable function: from its parameters to the inspected features.

Removal and path stay as they are; heat, drift, geometric errors and the deflection of the tool follow the parameters.
What they leave unchanged at the parameters of the run (servo, release, bending, the vibration in a wall) stands as the
run found it: there the function gives the run's own report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, in_blocks, kept
from twin.cutting import Contact, Cutters, CuttingCoefficients, Loads, beams, cutters, loads, static_deflection
from twin.cutting.basis import force_basis, rescaled
from twin.cutting.deflection import Beams
from twin.errors import InputError
from twin.inspection import Plan, measure, plan
from twin.machine import Kinematics, geometric_error, machine_kinematics
from twin.prediction import SOURCES, Prediction
from twin.scenario import Scenario
from twin.simulate import axis_positions
from twin.stock.deviation import Candidates, candidates_of, deviation
from twin.thermal import Environment, ThermalModel, run_thermal
from twin.thermal.expansion import thermal_error
from twin.warming import duty


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Parameters:
    """What the features depend on."""

    coefficients: CuttingCoefficients
    """Of the cut."""
    thermal: ThermalModel
    """Capacities, links, sources and lengths of the machine; the part."""
    environment: Environment
    """Air, coolant, warm-up."""
    kinematics: Kinematics
    """Errors of the axes and between them."""


@dataclass(frozen=True)
class Chain:
    """A run as a function of its parameters."""

    parameters: Parameters
    """Those of the run."""
    plan: Plan
    """Names, characteristics and nominal values of those features."""
    features: Callable[[Parameters], jax.Array]
    """Every characteristic of the features that the surface has, (characteristic,) [m]."""
    slopes: Callable[[Parameters, jax.Array], Parameters]
    """Derivatives of ``weight @ features`` in every parameter, at the cost of two evaluations: (parameters, weight
    (characteristic,)) -> [m per unit of the parameter]."""


def chain_of(scenario: Scenario, prediction: Prediction) -> Chain:
    """The chain of a finished run.

    Args:
        scenario: of the run, with unworn tools and without a structure.
        prediction: what :func:`twin.simulate.predict` made of it.

    Raises:
        InputError: a worn tool, a structure, or no features.
    """
    if any(tool.life_used for tool in scenario.tools.values()) or scenario.structure is not None:
        raise InputError(
            "gradients of a whole run take neither worn tools nor a structure",
            remedy="leave structure and life_used_pct out, or differentiate the models by themselves",
        )
    if not scenario.features:
        raise InputError("the scenario declares no features", remedy="add scenario.features")
    machining = prediction.machining
    removed, toolpath = machining.cut, machining.toolpath
    parameters = Parameters(
        scenario.material.coefficients,
        machining.thermal.model,
        scenario.environment,
        machine_kinematics(scenario.machine),
    )
    there = np.isfinite(prediction.inspection.predicted)
    names = {name for name, known in zip(prediction.inspection.name, there, strict=True) if known}
    inspected = plan([f for f in scenario.features if f.name in names], removed.surface)
    rows = np.unique(np.concatenate([np.asarray(group.row).ravel() for group in inspected.groups.values()]))
    standing = np.sum(prediction.error, axis=0)  # (segment, 2, 3)
    candidates = candidates_of(removed.provenance, rows)
    lower, upper = scenario.stock.bounds
    clamp = np.array([*(lower[:2] + upper[:2]) / 2, lower[2]])
    axis_position, length = axis_positions(scenario, toolpath)
    tip = np.stack([toolpath.start, toolpath.end], axis=1)
    run = _Run(
        basis=_basis(scenario, machining.contact, machining.speed, toolpath.spindle),
        contact=jax.tree.map(np.asarray, machining.contact),
        tools=beams(list(scenario.tools.values())),
        time=machining.time,
        axis_position=axis_position,
        length=length[:, None],
        part_position=tip - clamp,
    )
    program, motion, share = machining.program, machining.motion, machining.process.heat.workpiece
    step = scenario.model.thermal_step

    def errors(run: _Run, p: Parameters) -> jax.Array:
        """What follows the parameters, (segment, 2, 3) [m]."""
        forces = rescaled(run.basis, p.coefficients)
        work = duty(scenario, program, toolpath, motion, machining.time, forces.power_mean, jnp.asarray(share))
        states = run_thermal(p.thermal, p.environment, work.moved, work.switched, work.workpiece_share, step)
        seconds = jnp.arange(len(states), dtype=float) * step
        at = jax.vmap(lambda node: jnp.interp(run.time, seconds, node), in_axes=1, out_axes=-1)(states)
        return (
            thermal_error(p.thermal, at, run.axis_position, run.part_position, states[0])
            + geometric_error(p.kinematics, run.axis_position, run.length)
            + static_deflection(run.contact, forces, run.tools)[:, None]
        )

    @jax.jit
    def features(given: "_Given", p: Parameters) -> jax.Array:
        run, candidates, standing, at_parameters, released = given
        error = standing + errors(run, p) - at_parameters
        found = deviation(candidates, error)[: len(rows)]
        return measure(inspected, released.at[rows].add(found))

    @jax.jit
    def slopes(given: "_Given", p: Parameters, weight: jax.Array) -> Parameters:
        return jax.grad(lambda p: weight @ features(given, p))(p)

    released = jnp.asarray(prediction.contribution[SOURCES.index("release")])
    given = (run, candidates, jnp.asarray(standing), jax.jit(errors)(run, parameters), released)
    return Chain(parameters, inspected, partial(features, given), partial(slopes, given))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Run:
    """Arrays of the run that no parameter changes."""

    basis: Loads  # (coefficient, segment, ...) loads per unit of each coefficient
    contact: Contact
    tools: Beams
    time: Array  # (segment, 2) [s]
    axis_position: Array  # (segment, 2, 3) [m]
    length: Array  # (segment, 1) [m] of the tool from the spindle nose
    part_position: Array  # (segment, 2, 3) [m] of the tip from the clamp


# arrays of the run, candidates of the inspected samples, then errors (segment, 2, 3) [m] that the run found and what of
# them follows the parameters, and what release adds to each sample (sample,) [m]
_Given = tuple[_Run, Candidates, Array, Array, Array]


def _basis(scenario: Scenario, contact: Contact, speed: np.ndarray, spindle: np.ndarray) -> Loads:
    mills, k = cutters(list(scenario.tools.values())), scenario.material.coefficients
    rows = jax.tree.map(np.asarray, (contact, speed, spindle))
    by_segment = in_blocks(lambda some: _basis_of_rows(*some, mills, k), rows)
    return jax.tree.map(lambda values: np.moveaxis(values, 1, 0), by_segment)


@kept
def _basis_of_rows(
    contact: Contact, speed: jax.Array, spindle: jax.Array, mills: Cutters, coefficients: CuttingCoefficients
) -> Loads:
    basis = force_basis(partial(loads, contact, speed, spindle, mills), coefficients)
    return jax.tree.map(lambda values: jnp.moveaxis(values, 0, 1), basis)
