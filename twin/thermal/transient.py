"""The thermal model run through time.

Flood coolant changes conductances, not only inputs. It is handled as a second set of parameters (links that exist
when dry, links that exist under flood), each discretised exactly; the run picks one of the two for every step.
"""

import jax
import jax.numpy as jnp

from twin.compiled import kept
from twin.thermal.environment import Environment, ambient_temperature, coolant_temperature
from twin.thermal.heat import heat_inputs
from twin.thermal.model import ThermalModel, state_space
from twin.thermal.state_space import simulate, simulate_switched


@jax.jit
def simulate_thermal(
    model: ThermalModel,
    inputs: jax.Array,
    dt: jax.Array | float,
    initial: jax.Array,
    flood: jax.Array,
) -> jax.Array:
    """Node temperatures over time.

    Args:
        inputs: (time, node + 2) heat into each node [W], then ambient and coolant temperature [degC]; mean values
            over each step (:func:`twin.thermal.heat.heat_inputs`).
        dt: step [s].
        initial: (node,) [degC] at the start.
        flood: (time,) bool, flood coolant runs during the step.

    Returns:
        (time + 1, node) [degC]; row k is at time k dt.
    """
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), state_space(model, False), state_space(model, True))
    states = simulate_switched(both, flood.astype(int), inputs, dt, initial)
    return jnp.concatenate([initial[None, :], states])


@jax.jit
def warm_up_state(
    model: ThermalModel, ambient: jax.Array | float, spindle_speed: jax.Array | float, duration: jax.Array | float
) -> jax.Array:
    """Node temperatures (node,) [degC] after running idle at ``spindle_speed`` [rad/s] for ``duration`` [s].

    Everything soaks at ``ambient`` [degC] before; no coolant, no feed; duration 0 is a cold start.
    """
    soaked = jnp.full(len(model.nodes), 1.0) * ambient
    return simulate(state_space(model, False), warm_up_heat(model, ambient, spindle_speed), duration, soaked)[0]


def warm_up_heat(model: ThermalModel, ambient: jax.Array | float, spindle_speed: jax.Array | float) -> jax.Array:
    """Inputs (1, node + 2) of the machine idling at ``spindle_speed`` [rad/s]."""
    one = jnp.ones(1)
    return heat_inputs(
        model,
        spindle_speed=one * spindle_speed,
        axis_speed=jnp.zeros((1, 3)),
        cutting_power=jnp.zeros(1),
        workpiece_share=0.0,
        ambient=one * ambient,
        coolant=one * ambient,
    )


def program_heat(
    model: ThermalModel,
    environment: Environment,
    moved: jax.Array,
    switched: jax.Array,
    workpiece_share: jax.Array | float,
    dt: jax.Array | float,
) -> jax.Array:
    """Inputs (time, node + 2) of a program; arguments as of :func:`run_thermal`."""
    middle = (jnp.arange(len(moved), dtype=float) + 0.5) * dt
    return heat_inputs(
        model,
        spindle_speed=switched[:, 0],
        axis_speed=moved[:, :3],
        cutting_power=moved[:, 3],
        workpiece_share=workpiece_share,
        ambient=ambient_temperature(environment, middle),
        coolant=coolant_temperature(environment, middle),
        flood=switched[:, 1],
    )


@kept
def run_thermal(
    model: ThermalModel,
    environment: Environment,
    moved: jax.Array,
    switched: jax.Array,
    workpiece_share: jax.Array | float,
    dt: jax.Array | float,
) -> jax.Array:
    """Node temperatures over a program that starts after the environment's warm-up.

    Args:
        moved: (time, 4) mean of each step: axis speeds of X, Y, Z [m/s] and cutting power [W].
        switched: (time, 2) mean of each step: spindle speed [rad/s] and share of the time with flood coolant.
        workpiece_share: (time,) or one, fraction of the cutting power that stays in the part.
        dt: step [s].

    Returns:
        (time + 1, node) [degC]; row k is at time k dt.
    """
    inputs = program_heat(model, environment, moved, switched, workpiece_share, dt)
    initial = warm_up_state(
        model,
        ambient_temperature(environment, jnp.zeros(())),
        environment.warm_up_spindle_speed,
        environment.warm_up,
    )
    return simulate_thermal(model, inputs, dt, initial, switched[:, 1] > 0.5)
