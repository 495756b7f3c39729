"""Drift of the tool against the table from the reduced structure: pure JAX, differentiable in every parameter."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates

from twin.thermal.finite_volume.reduction import ReducedStructure
from twin.thermal.state_space import StateSpace, simulate


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Scales:
    """Parameters as factors on their nominal values."""

    term: jax.Array  # (term,) conductivities, contacts, films, joints
    heat: jax.Array  # (source,) share of each source that arrives


def nominal(reduced: ReducedStructure) -> Scales:
    """All factors one."""
    return Scales(jnp.ones(len(reduced.terms)), jnp.ones(len(reduced.sources)))


def structure_state_space(reduced: ReducedStructure, scales: Scales) -> StateSpace:
    """The reduced model at ``scales``; inputs: sources [W], fluids [K above the start]."""
    film = jnp.einsum("t,tsf->sf", scales.term, jnp.asarray(reduced.film_gain))
    return StateSpace(
        capacity=jnp.ones(reduced.heat_gain.shape[0]),
        conductance=jnp.einsum("t,tij->ij", scales.term, jnp.asarray(reduced.conductance)),
        gain=jnp.hstack([jnp.asarray(reduced.heat_gain) * scales.heat[None, :], film]),
    )


def structure_states(reduced: ReducedStructure, scales: Scales, inputs: jax.Array, dt: jax.Array | float) -> jax.Array:
    """(time, state) at the end of every step, from a machine that starts even.

    Args:
        inputs: (time, source + fluid) [W], [K above the start], mean over each step of ``dt`` [s].
    """
    start = jnp.zeros(reduced.heat_gain.shape[0])
    return simulate(structure_state_space(reduced, scales), inputs, dt, start)


def structure_drift(
    reduced: ReducedStructure, states: jax.Array, axis_position: jax.Array, tool_length: jax.Array | float
) -> jax.Array:
    """Displacement (time, 3) [m] of the tool tip against the table, in machine axes.

    Args:
        states: (time, state).
        axis_position: (time, 3) [m]; held at the ends of the declared positions beyond them.
        tool_length: (time,) or one [m] nose to tip.
    """
    place = []
    for column, axis in enumerate((reduced.axis_x, reduced.axis_y, reduced.axis_z)):
        place.append(jnp.interp(axis_position[:, column], jnp.asarray(axis), jnp.arange(len(axis), dtype=float)))
    grid = jnp.einsum("xyzos,ts->toxyz", jnp.asarray(reduced.output), states)
    at = jnp.stack(place, axis=1)
    sample = lambda field, where: map_coordinates(field, list(where[:, None]), order=1, mode="nearest")[0]  # noqa: E731
    moved = jax.vmap(jax.vmap(sample, in_axes=(0, None)))(grid, at)
    down = jnp.reshape(jnp.asarray(tool_length), (-1, 1)) * jnp.array([[0.0, 0.0, -1.0]])
    travel = axis_position - jnp.asarray(reduced.reference_position)[None, :]
    down = jnp.broadcast_to(down, travel.shape)
    arm_table = jnp.asarray(reduced.offset)[None, :] + jnp.asarray(reduced.travel_sense)[None, :] * travel + down
    tool = moved[:, 0:3] + jnp.cross(moved[:, 3:6], down)
    table = moved[:, 6:9] + jnp.cross(moved[:, 9:12], arm_table)
    return tool - table
