"""Cutting loads of every path segment: mean and peak force, torque, power."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name
from jax.tree_util import register_dataclass

from twin.compiled import Array, first_rows, kept, padded_rows
from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.edge import Edge, edge_elements
from twin.cutting.instant import instant_force, search_force
from twin.cutting.mean import mean_force
from twin.cutting.peaks import peak_rotations, search_rotations

PEAK_ROTATION = "peak rotation"
Rows = tuple[Contact, jax.Array, jax.Array]  # contact, feed, spindle
BLOCK = 256  # segments computed at a time: bounds the memory


@register_dataclass
@dataclass(frozen=True)
class Loads:
    """Force of the workpiece on the tool, in part axes, and what the spindle has to give."""

    force_mean: jax.Array  # (segment, 3) [N] over a revolution
    force_peak: jax.Array  # (segment, 3) [N] largest magnitude of each component, with its sign
    resultant_peak: jax.Array  # (segment,) [N] largest magnitude of the force
    force_left: jax.Array  # (segment, 3) [N] mean while teeth pass the left normal of the feed: shapes a left wall
    force_right: jax.Array  # (segment, 3) [N] the same at the right normal
    torque_mean: jax.Array  # (segment,) [N m] against the spindle
    torque_peak: jax.Array  # (segment,) [N m]
    power_mean: jax.Array  # (segment,) [W] torque_mean times spindle speed


def loads(contact: Contact, feed: Array, spindle: Array, cutters: Cutters, coefficients: CuttingCoefficients) -> Loads:
    """Cutting loads of each segment of a path.

    A serrated edge has three elements a slice of the engagement. Against a fine edge, 16 slices: means of down to
    16 waves within 2 % (mean torque of more waves within 11 %), peaks of down to four waves within 3 %; peaks of eight
    waves and more come out 4 to 25 % too high.

    Args:
        contact: where the tools touch stock.
        feed: (segment,) [m/s] along the path; not read where nothing is cut.
        spindle: (segment,) [rad/s], > 0 clockwise (M3).
        cutters: the program's tools.
        coefficients: of the workpiece material.
    """
    n = len(contact.depth)
    step = max(BLOCK, (1 << (n - 1).bit_length()) // 8)  # finer than powers of two: a row too many costs as the others
    n_rows = -(-n // step) * step
    rows = jax.tree.map(lambda values: padded_rows(values, n_rows), (contact, feed, spindle))
    return jax.tree.map(lambda values: first_rows(values, n), _padded_loads(rows, cutters, coefficients))


@kept
def _padded_loads(rows: Rows, cutters: Cutters, coefficients: CuttingCoefficients) -> Loads:
    order = _by_cost(rows[0], cutters)
    n = len(order)
    blocks = jax.tree.map(lambda values: values[order].reshape(n // BLOCK, BLOCK, *values.shape[1:]), rows)
    # the gradient keeps only the rotations of the peaks and computes each block anew: memory stays bounded
    keep = jax.checkpoint_policies.save_only_these_names(PEAK_ROTATION)
    smooth, waved = (
        jax.checkpoint(partial(_block_loads, serrated=serrated), policy=keep) for serrated in (False, True)
    )

    def of_block(block: Rows) -> Loads:
        if not cutters.serrated:
            return smooth(block, cutters, coefficients)
        any_wave = jnp.any((jnp.asarray(cutters.wave_height)[block[0].tool] > 0) & (block[0].depth > 0))
        return jax.lax.cond(any_wave, waved, smooth, block, cutters, coefficients)

    out = jax.lax.map(of_block, blocks)
    place = jnp.argsort(order)
    return jax.tree.map(lambda values: values.reshape(n, *values.shape[2:])[place], out)


def _by_cost(contact: Contact, cutters: Cutters) -> jax.Array:
    """Segments sorted by serration, arcs and teeth (segment,): blocks leave out what none of theirs has."""
    n_arcs = jnp.sum(jnp.any(contact.arc[..., 1] > contact.arc[..., 0], axis=1), axis=1)
    n_teeth = jnp.sum(cutters.cut_share > 0, axis=1)[contact.tool]
    waved = jnp.asarray(cutters.wave_height)[contact.tool] > 0
    cost = (n_arcs + jnp.where(waved, contact.arc.shape[2] + 1, 0)) * (cutters.n_teeth + 1) + n_teeth
    return jnp.argsort(jnp.where(contact.depth > 0, cost, 0))


def _block_loads(rows: Rows, cutters: Cutters, coefficients: CuttingCoefficients, serrated: bool) -> Loads:
    contact, feed, spindle = rows
    cutting, clockwise = contact.depth > 0, spindle >= 0
    per_revolution = jnp.where(cutting, 2 * np.pi * feed, 0.0) / jnp.where(cutting, jnp.abs(spindle), 1.0)
    edge = edge_elements(contact, clockwise, cutters, serrated)
    left = jnp.where(clockwise, 1.0, -1.0)[:, None] * jnp.cross(contact.axis, contact.ahead)
    frame = jnp.stack([contact.ahead, left, contact.axis])  # (3, segment, 3)
    chisel = _chisel_thrust(contact, edge, per_revolution, cutters, coefficients)
    inputs = (edge, per_revolution, coefficients)

    def to_part(force: jax.Array) -> jax.Array:
        """(3, ..., segment) in the feed's frame to (3, ..., segment) in part axes."""
        turn = jnp.moveaxis(frame, 2, 0).astype(force.dtype).reshape(3, 3, *(1,) * (force.ndim - 2), -1)
        return sum((turn[:, axis] * force[axis][None] for axis in range(3)), jnp.zeros_like(force))

    def searched(rotation: jax.Array) -> jax.Array:
        """What has a peak: |X|, |Y|, |Z|, the squared resultant and the torque (quantity, angle, segment)."""
        force = search_force(*inputs, rotation).at[2].add(jax.lax.stop_gradient(chisel).astype(jnp.float32)[None])
        return jnp.stack([*jnp.abs(to_part(force[:3])), jnp.sum(force[:3] ** 2, axis=0), force[3]])

    rotations, to_search = search_rotations(edge)
    largest, best, vertex = peak_rotations(edge, rotations, searched(to_search))
    at_vertex = jnp.einsum("qqs->qs", searched(vertex))
    best = checkpoint_name(jnp.where(at_vertex > largest, vertex, best), PEAK_ROTATION)
    force = instant_force(*inputs, jnp.concatenate([best, _wall_rotations(contact, cutters)]))
    force = force.at[2].add(chisel[None])
    mean = mean_force(*inputs).at[2].add(chisel)
    part_peak = to_part(force[:3, :3])  # (axis, quantity, segment)
    squared = jnp.sum(force[:3, 3] ** 2, axis=0)
    low, high = jnp.mean(to_part(force[:3, len(best) :]).reshape(3, 2, -1, len(feed)), axis=2).swapaxes(0, 1)
    return Loads(
        force_mean=to_part(mean[:3]).T,
        force_peak=jnp.stack([part_peak[axis, axis] for axis in range(3)], axis=-1),
        resultant_peak=jnp.where(squared > 0, jnp.sqrt(jnp.where(squared > 0, squared, 1.0)), 0.0),
        force_left=jnp.where(clockwise[None], low, high).T,
        force_right=jnp.where(clockwise[None], high, low).T,
        torque_mean=mean[3],
        torque_peak=force[3, 4],
        power_mean=mean[3] * jnp.abs(spindle),
    )


def _wall_rotations(contact: Contact, cutters: Cutters) -> jax.Array:
    """Rotations at which tooth 0 passes immersion 0, then pi, at two heights each (4, segment) [rad]."""
    height = (0.5 + np.array([-0.5, 0.5]) / 3**0.5)[:, None] * contact.depth[None]  # Gauss points
    lag = height * cutters.lag[contact.tool][None]
    return jnp.concatenate([lag, np.pi + lag])


def _chisel_thrust(
    contact: Contact, edge: Edge, per_revolution: jax.Array, cutters: Cutters, coefficients: CuttingCoefficients
) -> jax.Array:
    """Thrust of a drill's chisel edge (segment,) [N]: it displaces its share of the hole, at no torque."""
    engaged = jnp.sum(edge.arc[1, :, 0] - edge.arc[0, :, 0], axis=0) / (2 * np.pi)
    area = cutters.web[contact.tool] * per_revolution * jnp.clip(contact.descent, 0.0, None)
    return coefficients.chisel * area * engaged
