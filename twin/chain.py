"""The chain of a run as one differentiable function: from its parameters to the inspected features.

Removal, path and time law stay as they are. Heat, drift, geometric errors, the bending and vibration of the tool and
the yield of thin walls follow the parameters, and so does the part that heat bends; servo and release do so to first
order, the one about the loops of the run, the other exactly so. At the parameters of the run the function gives the
run's own report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.bending import Bending, bending_error, bending_of
from twin.compiled import Array, in_blocks, kept
from twin.cutting import Contact, Cutters, CuttingCoefficients, Loads, cutters, loads
from twin.cutting.basis import COEFFICIENTS, force_basis, rescaled
from twin.errors import InputError
from twin.inspection import Plan, measure, plan
from twin.machine import Kinematics, geometric_error, machine_kinematics
from twin.motion import Loops, servo_slopes
from twin.motion.servo_slopes import ServoSlopes
from twin.prediction import SOURCES, Prediction
from twin.scenario import Scenario
from twin.simulate import axis_positions, release_shapes
from twin.stock.deviation import Candidates, candidates_of, deviation
from twin.sweep.forces import tool_bending_slopes, wall_yield_slopes
from twin.thermal import Environment, ThermalModel, run_thermal
from twin.thermal.expansion import thermal_error
from twin.warming import duty

EXACT = Loops(*(np.ones(3),) * 5)  # in place of the loops of axes that follow exactly


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
    servo: Loops
    """Of the axes' servo loops; of no effect where every axis follows exactly."""
    release: Array
    """(shape,) [standard deviations] of the independent shapes in which the release scatters; 0 in the run."""


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
    slopes_of_servo = servo_slopes(machining.program, machining.motion, scenario.controller, toolpath)
    shapes = release_shapes(scenario, machining)[1]
    parameters = Parameters(
        scenario.material.coefficients,
        machining.thermal.model,
        scenario.environment,
        machine_kinematics(scenario.machine),
        EXACT if slopes_of_servo is None else slopes_of_servo.loops,
        np.zeros(0 if shapes is None else len(shapes)),
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
    basis = _basis(scenario, machining.contact, machining.speed, toolpath.spindle)
    segment = np.arange(toolpath.n_segments)
    run = _Run(
        basis=basis,
        deflection=tool_bending_slopes(scenario, machining, segment, basis)
        + wall_yield_slopes(machining, segment, basis),
        bending=bending_of(scenario, machining),
        shapes=np.zeros((0, len(rows))) if shapes is None else shapes[:, rows],
        cutting=~toolpath.rapid,
        time=machining.time,
        axis_position=axis_position,
        length=length[:, None],
        part_position=tip - clamp,
    )
    program, motion, share = machining.program, machining.motion, machining.process.heat.workpiece
    step = scenario.model.thermal_step

    def errors(run: _Run, servo: ServoSlopes | None, p: Parameters) -> jax.Array:
        """What follows the parameters, (segment, 2, 3) [m]."""
        forces = rescaled(run.basis, p.coefficients)
        work = duty(scenario, program, toolpath, motion, machining.time, forces.power_mean, jnp.asarray(share))
        states = run_thermal(p.thermal, p.environment, work.moved, work.switched, work.workpiece_share, step)
        seconds = jnp.arange(len(states), dtype=float) * step
        at = jax.vmap(lambda node: jnp.interp(run.time, seconds, node), in_axes=1, out_axes=-1)(states)
        return (
            thermal_error(p.thermal, at, run.axis_position, run.part_position, states[0])
            + bending_error(run.bending, p.thermal, p.environment, states, forces.power_mean)
            + geometric_error(p.kinematics, run.axis_position, run.length)
            + _deflection(run, p.coefficients)[:, None]
            + (0.0 if servo is None else jnp.where(run.cutting[:, None, None], servo.change(p.servo), 0.0))
        )

    @jax.jit
    def features(given: "_Given", p: Parameters) -> jax.Array:
        run, servo, candidates, standing, at_parameters, released = given
        error = standing + errors(run, servo, p) - at_parameters
        found = deviation(candidates, error)[: len(rows)] + p.release @ run.shapes
        return measure(inspected, released.at[rows].add(found))

    @jax.jit
    def slopes(given: "_Given", p: Parameters, weight: jax.Array) -> Parameters:
        return jax.grad(lambda p: weight @ features(given, p))(p)

    released = jnp.asarray(prediction.contribution[SOURCES.index("release")])
    at_parameters = jax.jit(errors)(run, slopes_of_servo, parameters)
    given = (run, slopes_of_servo, candidates, jnp.asarray(standing), at_parameters, released)
    return Chain(parameters, inspected, partial(features, given), partial(slopes, given))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Run:
    """Arrays of the run that no parameter changes."""

    basis: Loads  # (coefficient, segment, ...) loads per unit of each coefficient
    deflection: Array  # (coefficient, segment, 3) [m per unit] of the tool, and of thin walls to it
    bending: Bending  # of the part by heat
    shapes: Array  # (shape, row) [m] one deviation of the release
    cutting: Array  # (segment,) bool: the lag of a rapid shapes nothing
    time: Array  # (segment, 2) [s]
    axis_position: Array  # (segment, 2, 3) [m]
    length: Array  # (segment, 1) [m] of the tool from the spindle nose
    part_position: Array  # (segment, 2, 3) [m] of the tip from the clamp


# arrays of the run, slopes of its servo error, candidates of the inspected samples; errors (segment, 2, 3) [m] that
# the run found, and what of them follows the parameters; what release adds to each sample (sample,) [m]
_Given = tuple[_Run, ServoSlopes | None, Candidates, Array, Array, Array]


def _deflection(run: _Run, coefficients: CuttingCoefficients) -> jax.Array:
    """Of the tool against the surface that it shapes (segment, 3) [m]."""
    k = jnp.stack([jnp.asarray(getattr(coefficients, name), dtype=float) for name in COEFFICIENTS])
    return jnp.tensordot(k, run.deflection, axes=1)


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
