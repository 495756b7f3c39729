"""Temperature through the thickness of a plate or a wall, and how much it bends.

One-dimensional conduction, finite volumes with exact steps in time; heat enters at both faces, and each face has a
film to its own fluid. What bends the slab is the moment of the temperature about its middle, stated as the
``difference`` between the faces of the straight profile of the same moment: left free it takes the curvature
``expansion * difference / thickness``.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.tree_util import register_dataclass

from twin.compiled import kept

N_CELLS = 24  # moments of a parabola to 1 / N_CELLS^2
N_DOUBLINGS = 24  # a wall of 1 mm of aluminium at steps of 100 s: the small part is then below 1


@register_dataclass
@dataclass(frozen=True)
class Slab:
    """A plate or wall of even thickness."""

    thickness: jax.Array | float  # [m]
    conductivity: jax.Array | float  # [W/(m K)]
    heat_capacity: jax.Array | float  # [J/(m3 K)] density times specific heat


@kept
def slab_temperature(
    slab: Slab,
    films: jax.Array,
    mode: jax.Array,
    flux: jax.Array,
    fluid: jax.Array,
    dt: jax.Array | float,
    initial: jax.Array | float,
) -> jax.Array:
    """Temperature of the cells of ``slab`` over time, (time + 1, cell) [degC]; row 0 is the even start.

    Args:
        slab: the slab; its first face is at cell 0.
        films: (mode, 2) [W/(m2 K)] of first and second face, as with and without coolant.
        mode: (time,) int, row of ``films`` during each step.
        flux: (time, 2) [W/m2] into each face, mean over the step.
        fluid: (time, 2) [degC] at each face.
        dt: step [s].
        initial: [degC].
    """
    step_of = jax.vmap(lambda film: _exact_step(slab, film, dt))(films)
    inputs = jnp.concatenate([flux, fluid], axis=1)

    def advance(state: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        which, given = now
        state = step_of[0][which] @ state + step_of[1][which] @ given
        return state, state

    start = jnp.full(N_CELLS, 1.0) * initial
    return jnp.concatenate([start[None], jax.lax.scan(advance, start, (mode, inputs))[1]])


def bending_difference(temperature: jax.Array) -> jax.Array:
    """Difference second minus first face (...) [K] of the straight profile with the moment of (..., cell) [degC]."""
    n = temperature.shape[-1]
    lever = (jnp.arange(n, dtype=float) + 0.5) / n - 0.5
    return 12 * (temperature @ lever) / (n * (1 - 1 / n**2))


def thermal_curvature(difference: jax.Array, expansion: jax.Array | float, thickness: jax.Array | float) -> jax.Array:
    """Curvature [1/m] of a slab left free, > 0 where its second face bulges out."""
    return expansion * difference / thickness


def free_bow(curvature: jax.Array, position: jax.Array) -> jax.Array:
    """Displacement (..., 3) [m] of a free plate whose top is the second face, held at the middle of its thickness.

    Args:
        curvature: (...) [1/m].
        position: (..., 3) [m] from the held point, z across the plate.
    """
    x, y, z = position[..., 0], position[..., 1], position[..., 2]
    return jnp.stack([curvature * x * z, curvature * y * z, -curvature * (x**2 + y**2) / 2], axis=-1)


def wall_bow(flux: jax.Array, height: jax.Array, slab: Slab, expansion: jax.Array | float) -> jax.Array:
    """How far a wall, heated evenly on one face, bends away from that face at ``height`` above its foot, (...) [m].

    Through a thin wall conduction settles within milliseconds, while all of it still grows warmer: the difference is
    then flux times thickness over twice the conductivity. Ends that are built in hold the wall and leave less.

    Args:
        flux: (...) [W/m2].
        height: (...) [m].
        slab: the wall.
        expansion: [1/K].
    """
    difference = flux * slab.thickness / (2 * slab.conductivity)
    return thermal_curvature(difference, expansion, slab.thickness) * height**2 / 2


def held_flat_stress(
    difference: jax.Array, expansion: jax.Array | float, youngs_modulus: jax.Array | float, poisson: jax.Array | float
) -> jax.Array:
    """Stress [Pa] at the first face of a plate that clamps keep from bending; minus that at the second."""
    return youngs_modulus * expansion * difference / (2 * (1 - poisson))


def _exact_step(slab: Slab, film: jax.Array, dt: jax.Array | float) -> tuple[jax.Array, jax.Array]:
    """State matrix (cell, cell) and input matrix (cell, 4) of one step with inputs held."""
    width = slab.thickness / N_CELLS
    inner = slab.conductivity / width
    outer = film / (1 + film * width / (2 * slab.conductivity))  # to the middle of the outermost cell
    matrix = inner * (jnp.eye(N_CELLS, k=1) + jnp.eye(N_CELLS, k=-1) - 2 * jnp.eye(N_CELLS))
    matrix = matrix.at[0, 0].add(inner - outer[0]).at[-1, -1].add(inner - outer[1])
    gain = jnp.zeros((N_CELLS, 4))
    share = 1 / (1 + film * width / (2 * slab.conductivity))  # of heat at a face that goes in
    gain = gain.at[0, 0].set(share[0]).at[-1, 1].set(share[1]).at[0, 2].set(outer[0]).at[-1, 3].set(outer[1])
    system = jnp.zeros((N_CELLS + 4, N_CELLS + 4))
    system = system.at[:N_CELLS, :N_CELLS].set(matrix).at[:N_CELLS, N_CELLS:].set(gain)
    step = jnp.eye(N_CELLS + 4) + _exponential_less_one(system * dt / (slab.heat_capacity * width))
    return step[:N_CELLS, :N_CELLS], step[:N_CELLS, N_CELLS:]


def _exponential_less_one(matrix: jax.Array) -> jax.Array:
    """exp(matrix) - 1 by the Taylor series of a small part of it, doubled: 2 y + y y, which keeps what is small."""
    small = matrix / 2**N_DOUBLINGS
    term = total = small
    for order in range(2, 9):
        term = term @ small / order
        total = total + term
    for _ in range(N_DOUBLINGS):
        total = 2 * total + total @ total
    return total
