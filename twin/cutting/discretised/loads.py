"""Loads of path segments by the force at every instant: for tools that the closed forms do not know (serrated).

Slower by far (16 ms a segment of a tool with 4 teeth and 16 waves) than :func:`twin.cutting.loads.loads`, which calls
it for the segments of such tools alone.
"""

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, first_rows, kept
from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact
from twin.cutting.discretised.edge import discretise
from twin.cutting.discretised.force import force_history
from twin.machine.tool import Tool

N_ROTATIONS = 120  # instants in a revolution; a peak between two of them is missed
A_WAVE = 24  # elements on a wave of the edge, at least: peaks to 1 %, means to 0.1 %
FEWEST_SEGMENTS = 16  # computed at a time: the shapes that are compiled are powers of two
Sums = dict[str, jax.Array]


def history_loads(
    contact: Contact, feed: Array, spindle: Array, tool: Tool, coefficients: CuttingCoefficients
) -> dict[str, jax.Array]:
    """The fields of :class:`twin.cutting.Loads` for segments that ``tool`` cuts.

    Means are sums over 120 instants of a revolution, peaks the largest of them.

    Args:
        contact: of these segments.
        feed: (segment,) [m/s] along the path.
        spindle: (segment,) [rad/s], > 0 clockwise (M3).
        tool: that cuts them.
        coefficients: of the workpiece material.
    """
    n = len(contact.depth)
    n_rows = max(FEWEST_SEGMENTS, 1 << (n - 1).bit_length())
    rows = jax.tree.map(
        lambda values: jnp.concatenate([jnp.asarray(values), jnp.repeat(jnp.asarray(values)[:1], n_rows - n, axis=0)]),
        (contact, feed, spindle),
    )
    return jax.tree.map(lambda values: first_rows(values, n), _padded(*rows, coefficients, tool))


def _of_rows(contact: Contact, feed: Array, spindle: Array, coefficients: CuttingCoefficients, tool: Tool) -> Sums:
    n_slices = contact.arc.shape[1]
    waves = tool.flute_length / tool.serration_wavelength if tool.serration_wavelength else 1.0
    a_slice = max(1, int(np.ceil(A_WAVE * waves / n_slices)))

    def of_segment(row: tuple[Contact, jax.Array, jax.Array]) -> Sums:
        touch, feed, spindle = row
        cutting, clockwise = touch.depth > 0, spindle >= 0
        depth = jnp.where(cutting, touch.depth, tool.flute_length)
        edge = discretise(tool, depth, n_slices * a_slice)
        arc = touch.arc.astype(float)
        mirrored = (np.pi - arc[..., 1]) % (2 * np.pi)
        arc = jnp.where(clockwise, arc, jnp.stack([mirrored, mirrored + arc[..., 1] - arc[..., 0]], axis=-1))
        arc = jnp.concatenate([jnp.repeat(arc, a_slice, axis=0), arc[:1]])
        per_turn = jnp.where(cutting, 2 * np.pi * feed, 0.0) / jnp.where(cutting, jnp.abs(spindle), 1.0)
        even = jnp.arange(N_ROTATIONS, dtype=float) * (2 * np.pi / N_ROTATIONS)
        walls = _wall_rotations(tool, depth)
        history = force_history(
            edge,
            per_turn * jnp.stack([touch.advance, touch.descent]),
            arc,
            coefficients,
            jnp.concatenate([even, walls]),
        )
        history = jnp.where(cutting, history, 0.0)
        left = jnp.where(clockwise, 1.0, -1.0) * jnp.cross(touch.axis, touch.ahead)
        force = history[:, :3] @ jnp.stack([touch.ahead, left, touch.axis])
        turn, low, high = jnp.split(force, [N_ROTATIONS, N_ROTATIONS + 2])
        low, high = jnp.mean(low, axis=0), jnp.mean(high, axis=0)
        torque = history[:N_ROTATIONS, 3]
        square = jnp.max(jnp.sum(turn**2, axis=1))
        return {
            "force_mean": jnp.mean(turn, axis=0),
            "force_peak": jnp.take_along_axis(turn, jnp.argmax(jnp.abs(turn), axis=0)[None], axis=0)[0],
            "resultant_peak": jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0),
            "force_left": jnp.where(clockwise, low, high),
            "force_right": jnp.where(clockwise, high, low),
            "torque_mean": jnp.mean(torque),
            "torque_peak": torque[jnp.argmax(jnp.abs(torque))],
            "power_mean": jnp.mean(torque) * jnp.abs(spindle),
        }

    return jax.lax.map(of_segment, (contact, feed, spindle))


def _wall_rotations(tool: Tool, depth: jax.Array) -> jax.Array:
    """Rotations at which tooth 0 passes immersion 0, then pi, at two Gauss points of the depth (4,) [rad]."""
    helix = tool.tooth_helix[0] if tool.tooth_helix else tool.helix
    lag = np.tan(helix) / tool.radius * depth * (0.5 + np.array([-0.5, 0.5]) / 3**0.5)
    return jnp.concatenate([lag, np.pi + lag])


_padded = kept(_of_rows, static_argnums=(4,))
