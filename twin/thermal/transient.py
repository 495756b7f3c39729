"""The thermal model run through time.

Flood coolant changes conductances, not only inputs. It is handled as a second set of parameters (links that exist
when dry, links that exist under flood), each discretised exactly; the run picks one of the two for every step.
"""

import jax
import jax.numpy as jnp

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
    one = jnp.ones(1)
    heat = heat_inputs(
        model,
        spindle_speed=one * spindle_speed,
        axis_speed=jnp.zeros((1, 3)),
        cutting_power=jnp.zeros(1),
        workpiece_share=0.0,
        ambient=one * ambient,
        coolant=one * ambient,
    )
    soaked = jnp.full(len(model.nodes), 1.0) * ambient
    return simulate(state_space(model, False), heat, duration, soaked)[0]
