"""Walls under the vibrating tool, at nodes of its speed and stick-out; linear in the coefficients and in the chip.

Pieces of like engagement are computed once. The run itself is met exactly: what the classes and the lines between
nodes leave out at its own parameters stays in the standing errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, in_blocks, kept
from twin.cutting import Contact, Cutters, CuttingCoefficients, cutters
from twin.cutting.basis import COEFFICIENTS, force_basis
from twin.cutting.dynamics import Modes
from twin.cutting.form import surface_error, wall_displacement
from twin.prediction import Machining
from twin.process import tool_modes
from twin.scenario import Scenario

EDGE = np.array([name in ("kte", "kre", "kae") for name in COEFFICIENTS])  # act on edges, whatever the chip
BLOCK = 1 << 8  # pieces computed at once
SPEED_STEP = 0.025  # between nodes of the speed, at most
N_STICK_OUT = 7
DEPTH_STEP, ARC_STEP, HEADING_STEP = 0.02, 0.05, np.radians(5)  # pieces of a class differ by no more


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Vibration:
    """Surface location error of classes of pieces."""

    place: Array  # (piece,) among the pieces used
    member: Array  # (piece,) class
    thicker: Array  # (piece,) chip over that of its class
    tool: Array  # (class,) row of the tool list
    speed: Array  # (speed,) nodes of the speed factor
    stick_out: Array  # (stick-out,) nodes, 0 to 1 from the least to the largest stick-out
    least: Array  # (tool,) [m]
    largest: Array  # (tool,) [m]
    basis: Array  # (stick-out, speed, coefficient, class, 3) [m per unit]


def speed_nodes(low: float, high: float) -> np.ndarray:
    """Factors on the spindle speed at which tools vibrate, (speed,)."""
    n = 1 if low == high else int(np.ceil((high - low) / SPEED_STEP)) + 1
    return np.linspace(low, high, n)


def vibration_of(
    scenario: Scenario,
    machining: Machining,
    used: np.ndarray,
    place: np.ndarray,
    speeds: np.ndarray,
    stick_outs: Sequence[tuple[float, float]],
) -> Vibration | None:
    """The vibration of the pieces at ``place`` among those ``used``; None where there are none.

    Args:
        speeds: (speed,) factors on the spindle speed.
        stick_outs: lowest and highest stick-out of each tool [m], in the order of the tool list.
    """
    if not place.size:
        return None
    rows = used[place]
    touch: Contact = jax.tree.map(lambda leaf: np.asarray(leaf)[rows], machining.contact)
    first, member = _classes(touch, machining.toolpath.spindle[rows])
    feed = machining.speed[rows] * touch.advance
    n_nodes = N_STICK_OUT if any(high > low for low, high in stick_outs) else 1
    nodes = np.linspace(0.0, 1.0, n_nodes)
    typical = jax.tree.map(lambda leaf: leaf[first], touch)
    basis = np.zeros((n_nodes, len(speeds), len(COEFFICIENTS), len(first), 3))
    mills, k = cutters(list(scenario.tools.values())), scenario.material.coefficients
    for i, share in enumerate(nodes):
        modes = tool_modes(_with_stick_outs(scenario, share, stick_outs))
        for row in np.unique(typical.tool):
            mine = np.flatnonzero(typical.tool == row)
            low, high = stick_outs[row]
            if i and low == high:
                basis[i, :, :, mine] = basis[0, :, :, mine]
                continue
            for j, factor in enumerate(speeds):
                some = (
                    jax.tree.map(lambda leaf, mine=mine: leaf[mine], typical),
                    factor * machining.speed[rows[first[mine]]],  # the chip stays as it is
                    factor * machining.toolpath.spindle[rows[first[mine]]],
                )
                found = in_blocks(partial(_of_rows, mills=mills, k=k, modes=modes[row]), some, BLOCK)
                basis[i, j][:, mine] = np.moveaxis(found, 1, 0)
    return Vibration(
        place=place,
        member=member,
        thicker=feed / feed[first][member],
        tool=np.asarray(typical.tool),
        speed=speeds,
        stick_out=nodes,
        least=np.array([low for low, _ in stick_outs]),
        largest=np.array([high for _, high in stick_outs]),
        basis=basis,
    )


def vibrating(
    vibration: Vibration, k: jax.Array, speed: jax.Array, longer: jax.Array, own: jax.Array, chip: jax.Array
) -> jax.Array:
    """Displacement of the tool where it shapes the pieces, (piece, 3) [m]; pure JAX.

    Args:
        k: (coefficient,) cutting coefficients.
        speed: (tool,) factor on the spindle speed.
        longer: (tool,) [m] added to the stick-out.
        own: (tool,) [m] stick-out of the run.
        chip: (piece,) factor on the chip thickness of the run.
    """
    from twin.sweep.schedule import Lines

    span = vibration.largest - vibration.least
    share = jnp.where(span > 0, (own + longer - vibration.least) / jnp.where(span > 0, span, 1.0), 0.0)
    at_length, at_speed = Lines(vibration.stick_out).weights(share), Lines(vibration.speed).weights(speed)
    node = jnp.einsum("tl,ts->tls", at_length, at_speed)[vibration.tool]  # (class, stick-out, speed)
    chips, edges = (
        jnp.einsum("lskca,k,cls->ca", vibration.basis, jnp.where(EDGE == edge, k, 0.0), node) for edge in (False, True)
    )
    thicker = (vibration.thicker * chip)[:, None]
    return edges[vibration.member] + thicker * chips[vibration.member]


def _classes(touch: Contact, spindle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First member of each class of pieces of like engagement, and the class of each piece (piece,)."""
    heading = np.arctan2(touch.ahead[:, 1], touch.ahead[:, 0])
    columns = [
        touch.tool,
        np.round(spindle, 3),
        np.round(np.log(touch.depth) / DEPTH_STEP),
        np.round(np.mod(heading, 2 * np.pi) / HEADING_STEP),
        *np.round(touch.arc.reshape(len(spindle), -1) / ARC_STEP).T,
    ]
    _, first, member = np.unique(np.column_stack(columns), axis=0, return_index=True, return_inverse=True)
    return first, member.ravel()


def _with_stick_outs(scenario: Scenario, share: float, stick_outs: Sequence[tuple[float, float]]) -> Scenario:
    """``scenario`` with every tool at ``share`` of the way from its least to its largest stick-out."""
    tools = {
        number: replace(tool, stick_out=float(low + share * (high - low)))
        for (number, tool), (low, high) in zip(scenario.tools.items(), stick_outs, strict=True)
    }
    return replace(scenario, tools=tools)


def _of_rows(some: tuple, mills: Cutters, k: CuttingCoefficients, modes: Modes) -> jax.Array:
    return _basis_of_rows(*some, mills, k, modes)


@kept
def _basis_of_rows(
    touch: Contact, speed: jax.Array, spindle: jax.Array, mills: Cutters, k: CuttingCoefficients, modes: Modes
) -> jax.Array:
    """(piece, coefficient, 3) [m per unit]."""
    basis = force_basis(lambda k: wall_displacement(surface_error(touch, speed, spindle, mills, k, modes)), k)
    return jnp.moveaxis(basis, 0, 1)
