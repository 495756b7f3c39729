"""Drift of the tool against the table from the reduced structure: pure JAX, differentiable in every parameter."""

from dataclasses import dataclass
from itertools import product

import jax
import jax.numpy as jnp

from twin.compiled import Array
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


def structure_state_space(reduced: ReducedStructure, scales: Scales, flood: bool = False) -> StateSpace:
    """The reduced model at ``scales``, flood coolant on or off; inputs: sources [W], fluids [K above the start]."""
    term = scales.term * jnp.array([1.0 if flood or not wet else 0.0 for wet in reduced.wet])
    film = jnp.einsum("t,tsf->sf", term, jnp.asarray(reduced.film_gain))
    return StateSpace(
        capacity=jnp.ones(reduced.heat_gain.shape[0]),
        conductance=jnp.einsum("t,tij->ij", term, jnp.asarray(reduced.conductance)),
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
    reduced: ReducedStructure, states: Array, row: Array, axis_position: Array, tool_length: Array
) -> jax.Array:
    """Displacement (point, 3) [m] of the tool tip against the table, in machine axes.

    Linear between rows of ``states`` and between the declared axis positions, and on beyond these.

    Args:
        states: (time, state).
        row: (point,) when: a row of ``states``, with its fraction.
        axis_position: (point, 3) [m].
        tool_length: (point,) [m] nose to tip.
    """
    output = jnp.asarray(reduced.output)
    *shape, n_output, n_state = output.shape
    moved = (states @ output.reshape(-1, n_state).T).reshape(len(states), -1, n_output)
    axes = (jnp.arange(len(states), dtype=float), reduced.axis_x, reduced.axis_y, reduced.axis_z)
    brackets = [_bracket(jnp.asarray(axis), at) for axis, at in zip(axes, (row, *axis_position.T), strict=True)]
    motion = jnp.zeros((len(row), n_output))
    for (time, w_time), (x, w_x), (y, w_y), (z, w_z) in product(*brackets):
        weight = w_time * w_x * w_y * w_z
        motion += weight[:, None] * moved[time, (x * shape[1] + y) * shape[2] + z]
    down = tool_length[:, None] * jnp.array([[0.0, 0.0, -1.0]])
    travel = axis_position - jnp.asarray(reduced.reference_position)[None, :]
    arm = jnp.asarray(reduced.offset)[None, :] + jnp.asarray(reduced.travel_sense)[None, :] * travel + down
    tool = motion[:, 0:3] + jnp.cross(motion[:, 3:6], down)
    table = motion[:, 6:9] + jnp.cross(motion[:, 9:12], arm)
    return tool - table


def _bracket(axis: jax.Array, at: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    """The two rows of ``axis`` about each place and their weights; one row where the axis has only one."""
    if len(axis) == 1:
        return [(jnp.zeros(at.shape, int), jnp.ones(at.shape))]
    lower = jnp.clip(jnp.searchsorted(axis, at, side="right").astype(int) - 1, 0, len(axis) - 2)
    weight = (at - axis[lower]) / (axis[lower + 1] - axis[lower])
    return [(lower, 1 - weight), (lower + 1, weight)]
