"""Cutting forces as sums over the coefficients, at a few chip thicknesses, straight lines between.

Everything here is per unit of each coefficient. Forces are lines in the chip thickness except where runout lets teeth
miss the cut; a peak stays where it lies for the material at hand (:mod:`twin.cutting.basis`).
"""

from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import in_blocks, kept
from twin.cutting import (
    Contact,
    Cutters,
    CuttingCoefficients,
    Loads,
    beams,
    compliance,
    cutters,
    loads,
    static_deflection,
)
from twin.cutting.basis import COEFFICIENTS, force_basis, rescaled
from twin.cutting.dynamics import Modes
from twin.cutting.form import surface_error, wall_displacement
from twin.prediction import Machining
from twin.process import tool_modes
from twin.scenario import Scenario

EDGE = np.array([name in ("kte", "kre", "kae") for name in COEFFICIENTS])  # act on edges, whatever the chip
WALLS = 1 << 9  # segments whose vibration is computed at once
N_PEAKS = 48  # pieces kept for each way in which a load could be the largest


@dataclass(frozen=True)
class Cuts:
    """The cut of every piece at every node of the chip thickness, per unit of each coefficient."""

    chip: np.ndarray  # (node,) factor on the chip thickness of the run
    torque: np.ndarray  # (node, coefficient, segment) [N m per unit] mean
    bending: np.ndarray  # (node, coefficient, used, 3) [m per unit] of the tool, in proportion to its compliance
    yielding: np.ndarray  # (node, coefficient, used, 3) [m per unit] of thin walls
    peak: np.ndarray  # (peak,) segments among which the largest loads are
    peak_force: np.ndarray  # (node, coefficient, peak) [N per unit] resultant
    peak_torque: np.ndarray  # (node, coefficient, peak) [N m per unit]


def chip_nodes(low: float, high: float) -> np.ndarray:
    """Factors on the chip thickness at which forces are computed, (node,) ascending; 1 is one of them."""
    return np.unique([min(low, 1.0), 1.0, max(high, 1.0)])


def cuts_of(scenario: Scenario, machining: Machining, chip: np.ndarray, used: np.ndarray) -> Cuts:
    """The cuts of a run.

    Args:
        chip: (node,) as of :func:`chip_nodes`.
        used: (used,) segments that shape the samples looked at.
    """
    touch: Contact = jax.tree.map(np.asarray, machining.contact)
    cutting = np.flatnonzero(touch.depth > 0)
    k = scenario.material.coefficients
    mills = cutters(list(scenario.tools.values()))
    spindle = machining.toolpath.spindle
    nodes = [
        _basis(_rows(touch, cutting), factor * machining.speed[cutting], spindle[cutting], mills, k) for factor in chip
    ]
    n, n_k = len(touch.depth), len(COEFFICIENTS)
    torque = np.zeros((len(chip), n_k, n))
    torque[:, :, cutting] = np.stack([basis.torque_mean for basis in nodes])
    peak = cutting[_largest(nodes, k, touch.tool[cutting])]
    at_peak, at_used = np.searchsorted(cutting, peak), np.searchsorted(cutting, used)
    at_used = np.minimum(at_used, len(cutting) - 1)
    cuts_used = cutting[at_used] == used
    bending, yielding = np.zeros((2, len(chip), n_k, len(used), 3))
    for g, basis in enumerate(nodes):
        mine = jax.tree.map(
            lambda values: np.where(_beside(cuts_used, values[:, at_used]), values[:, at_used], 0.0), basis
        )
        bending[g] = _static(scenario, _rows(touch, used), mine)
        yielding[g] = _walls(machining.process.wall_yield[used], mine, rescaled(mine, k))
    vibrating = _vibrating(scenario, machining, used)
    if vibrating.size:
        bending[:, :, vibrating] = _vibration(scenario, machining, used[vibrating], chip)
    return Cuts(
        chip=chip,
        torque=torque,
        bending=bending,
        yielding=yielding,
        peak=peak,
        peak_force=np.stack([basis.resultant_peak[:, at_peak] for basis in nodes]),
        peak_torque=np.stack([basis.torque_peak[:, at_peak] for basis in nodes]),
    )


def compliances(scenario: Scenario, machining: Machining, used: np.ndarray) -> np.ndarray:
    """[m/N] at half the engaged depth, (used,)."""
    touch = _rows(jax.tree.map(np.asarray, machining.contact), used)
    tools = beams(list(scenario.tools.values()))
    return np.asarray(compliance(tools, touch.tool, touch.depth / 2, touch.depth / 2))


def _rows(touch: Contact, rows: np.ndarray) -> Contact:
    return jax.tree.map(itemgetter(rows), touch)


def _beside(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """``mask`` (row,) for ``values`` (coefficient, row, ...)."""
    return mask.reshape(1, -1, *(1,) * (values.ndim - 2))


def _basis(touch: Contact, speed: np.ndarray, spindle: np.ndarray, mills: Cutters, k: CuttingCoefficients) -> Loads:
    """Loads per unit of each coefficient, (coefficient, segment, ...)."""
    by_segment = in_blocks(lambda some: _basis_of_rows(*some, mills, k), (touch, speed, spindle))
    return jax.tree.map(lambda values: np.moveaxis(values, 1, 0), by_segment)


@kept
def _basis_of_rows(
    touch: Contact, speed: jax.Array, spindle: jax.Array, mills: Cutters, k: CuttingCoefficients
) -> Loads:
    basis = force_basis(partial(loads, touch, speed, spindle, mills), k)
    return jax.tree.map(lambda values: jnp.moveaxis(values, 0, 1), basis)


def _largest(nodes: list[Loads], k: CuttingCoefficients, tool: np.ndarray) -> np.ndarray:
    """Rows of which some has the largest load for one of the nodes, or for one coefficient alone."""
    unit = np.array([getattr(k, name) for name in COEFFICIENTS])
    found = set()
    for basis in nodes:
        for values in (basis.resultant_peak, basis.torque_peak, basis.torque_mean):
            scores = [unit @ values, *(value for value in values if value.any())]
            for row in np.unique(tool):
                mine = np.flatnonzero(tool == row)
                for score in scores:
                    found.update(mine[np.argsort(score[mine])[-N_PEAKS:]].tolist())
    return np.array(sorted(found))


def _static(scenario: Scenario, touch: Contact, basis: Loads) -> np.ndarray:
    """Deflection of the tools per unit of each coefficient, (coefficient, used, 3) [m per unit]."""
    tools = beams(list(scenario.tools.values()))
    return np.stack(
        [
            np.asarray(static_deflection(touch, jax.tree.map(itemgetter(i), basis), tools))
            for i in range(len(COEFFICIENTS))
        ]
    )


def _walls(wall_yield: np.ndarray, basis: Loads, forces: Loads) -> np.ndarray:
    """Yield of thin walls per unit of each coefficient (coefficient, used, 3): in proportion to the force on the wall.

    Exactly it falls a little short of that: a wall that gives way leaves part of the cut.
    """
    size = np.linalg.norm(wall_yield, axis=1)
    out = np.zeros((len(COEFFICIENTS), *wall_yield.shape))
    for row in np.flatnonzero(size > 0):
        across = wall_yield[row] / size[row]
        sides = [(np.asarray(getattr(forces, name))[row] @ across, name) for name in ("force_left", "force_right")]
        force, name = max(sides, key=lambda side: abs(side[0]))
        out[:, row] = np.outer(getattr(basis, name)[:, row] @ across / force * size[row], across)
    return out


def _vibrating(scenario: Scenario, machining: Machining, used: np.ndarray) -> np.ndarray:
    """Places in ``used`` whose deflection is that of the vibrating tool."""
    process = machining.process
    static = np.asarray(
        static_deflection(
            _rows(jax.tree.map(np.asarray, machining.contact), used),
            _rows(jax.tree.map(np.asarray, machining.loads), used),
            beams(list(scenario.tools.values())),
        )
    )
    bent = process.deflection[used] - process.wall_yield[used]
    return np.flatnonzero(np.abs(bent - static).max(axis=1) > 1e-12)


def _vibration(scenario: Scenario, machining: Machining, rows: np.ndarray, chip: np.ndarray) -> np.ndarray:
    """Surface location error of ``rows`` per unit of each coefficient, (node, coefficient, row, 3) [m per unit].

    At the speed and stick-out of the run. It is linear in the coefficients, and those that act on the chip in the chip.
    """
    tools = list(scenario.tools.values())
    mills, k, modes = cutters(tools), scenario.material.coefficients, tool_modes(scenario)
    touch = _rows(jax.tree.map(np.asarray, machining.contact), rows)
    out = np.zeros((len(chip), len(COEFFICIENTS), len(rows), 3))
    factor = np.where(EDGE[None, :], 1.0, chip[:, None])
    for row in range(len(tools)):
        mine = np.flatnonzero(touch.tool == row)
        if mine.size:
            some = (_rows(touch, mine), machining.speed[rows[mine]], machining.toolpath.spindle[rows[mine]])
            basis = in_blocks(lambda block, own=modes[row]: _vibration_of_rows(*block, mills, k, own), some, WALLS)
            out[:, :, mine] = factor[:, :, None, None] * np.moveaxis(basis, 1, 0)[None]
    return out


@kept
def _vibration_of_rows(
    touch: Contact, speed: jax.Array, spindle: jax.Array, mills: Cutters, k: CuttingCoefficients, modes: Modes
) -> jax.Array:
    """(segment, coefficient, 3)."""
    basis = force_basis(lambda k: wall_displacement(surface_error(touch, speed, spindle, mills, k, modes)), k)
    return jnp.moveaxis(basis, 0, 1)
