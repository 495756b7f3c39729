"""Cutting loads of every path segment: mean and peak force, torque, power."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.edge import Edge, edge_elements
from twin.cutting.instant import instant_force
from twin.cutting.mean import mean_force

N_ANGLES = 72  # rotation angles searched for the peaks
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


def loads(
    contact: Contact, feed: jax.Array, spindle: jax.Array, cutters: Cutters, coefficients: CuttingCoefficients
) -> Loads:
    """Cutting loads of each segment of a path.

    Args:
        contact: where the tools touch stock.
        feed: (segment,) [m/s] along the path; not read where nothing is cut.
        spindle: (segment,) [rad/s], > 0 clockwise (M3).
        cutters: the program's tools.
        coefficients: of the workpiece material.
    """
    n = len(contact.depth)
    padded = max(BLOCK, 1 << (n - 1).bit_length())
    rows = jax.tree.map(
        lambda values: jnp.pad(values, [(0, padded - n)] + [(0, 0)] * (values.ndim - 1)),
        (contact, jnp.asarray(feed), jnp.asarray(spindle)),
    )
    return jax.tree.map(lambda values: values[:n], _padded_loads(rows, cutters, coefficients))


@jax.jit
def _padded_loads(rows: tuple, cutters: Cutters, coefficients: CuttingCoefficients) -> Loads:
    n = len(rows[1])
    blocks = jax.tree.map(lambda values: values.reshape(n // BLOCK, BLOCK, *values.shape[1:]), rows)
    out = jax.lax.map(lambda block: _block_loads(*block, cutters, coefficients), blocks)
    return jax.tree.map(lambda values: values.reshape(n, *values.shape[2:]), out)


def _block_loads(
    contact: Contact, feed: jax.Array, spindle: jax.Array, cutters: Cutters, coefficients: CuttingCoefficients
) -> Loads:
    cutting = contact.depth > 0
    speed = jnp.where(cutting, jnp.abs(spindle), 1.0)
    per_revolution = jnp.where(cutting, 2 * np.pi * feed / speed, 0.0)
    sense = jnp.where(spindle < 0, -1.0, 1.0)
    edge = edge_elements(contact, cutters)
    mean = mean_force(edge, per_revolution, sense, coefficients, cutters.has_runout)
    chisel = _chisel_thrust(contact, edge, per_revolution, cutters, coefficients)
    mean = mean.at[2].add(chisel)

    def at(rotation: jax.Array) -> jax.Array:
        forces = instant_force(edge, per_revolution, sense, coefficients, cutters.has_runout, rotation)
        return forces.at[2].add(chisel[None])

    frame = jnp.stack([contact.ahead, jnp.cross(contact.axis, contact.ahead), contact.axis])  # (3, segment, 3)

    def to_part(force: jax.Array) -> jax.Array:
        return jnp.einsum("f...s,fsk->...sk", force, frame)

    search = jax.lax.stop_gradient(at(_rotations(len(feed))))
    in_part = jnp.moveaxis(to_part(search[:3]), -1, 0)  # (3, angle, segment)
    magnitudes = jnp.stack([*jnp.abs(in_part), jnp.sum(search[:3] ** 2, axis=0), search[3]])
    best = jnp.take_along_axis(_rotations(len(feed)), jnp.argmax(magnitudes, axis=1), axis=0)  # (5, segment)
    peak = at(best)
    part_peak = to_part(peak[:3])  # (5, segment, 3)
    squared = jnp.sum(peak[:3, 3] ** 2, axis=0)
    walls = to_part(jnp.mean(at(_wall_rotations(contact, cutters, sense))[:3].reshape(3, 2, -1, len(feed)), axis=2))
    return Loads(
        force_mean=to_part(mean[:3]),
        force_peak=jnp.stack([part_peak[k, :, k] for k in range(3)], axis=-1),
        resultant_peak=jnp.where(squared > 0, jnp.sqrt(jnp.where(squared > 0, squared, 1.0)), 0.0),
        force_left=walls[0],
        force_right=walls[1],
        torque_mean=mean[3],
        torque_peak=peak[3, 4],
        power_mean=mean[3] * jnp.abs(spindle),
    )


def _rotations(n_segments: int) -> jax.Array:
    """Rotation angles searched for the peaks (angle, segment) [rad]."""
    return jnp.broadcast_to(jnp.asarray(np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES))[:, None], (N_ANGLES, n_segments))


def _wall_rotations(contact: Contact, cutters: Cutters, sense: jax.Array) -> jax.Array:
    """Rotations at which tooth 0 passes the left, then the right normal of the feed, at three heights each."""
    height = jnp.asarray([0.5 - 0.15**0.5, 0.5, 0.5 + 0.15**0.5])[:, None] * contact.depth[None]
    lag = height * cutters.lag[contact.tool][None]
    left = jnp.where(sense > 0, 0.0, np.pi)[None]
    return jnp.concatenate([left + lag, np.pi - left + lag])


def _chisel_thrust(
    contact: Contact, edge: Edge, per_revolution: jax.Array, cutters: Cutters, coefficients: CuttingCoefficients
) -> jax.Array:
    """Thrust of a drill's chisel edge (segment,) [N]: it displaces its share of the hole, at no torque."""
    engaged = jnp.sum(edge.arc[1, :, 0] - edge.arc[0, :, 0], axis=0) / (2 * np.pi)
    area = cutters.web[contact.tool] * per_revolution * jnp.clip(contact.descent, 0.0, None)
    return coefficients.chisel * area * engaged
