"""Cutting forces as sums over the coefficients, at a few chip thicknesses, straight lines between.

Everything here is per unit of each coefficient. Forces are lines in the chip thickness except where runout lets teeth
miss the cut; a peak stays where it lies for the material at hand (:mod:`twin.cutting.basis`).
"""

from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

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
from twin.cutting.basis import COEFFICIENTS, force_basis
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.sweep.vibration import EDGE, vibration

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
    touch = jax.tree.map(np.asarray, machining.contact)
    cutting = np.flatnonzero(touch.depth > 0)
    k, mills = scenario.material.coefficients, cutters(list(scenario.tools.values()))
    speed, spindle = machining.speed, machining.toolpath.spindle
    factor = np.where(EDGE[None, :], 1.0, chip[:, None])  # (node, coefficient)

    def basis_of(rows: np.ndarray, thicker: float) -> Loads:
        return _basis(_rows(touch, rows), thicker * speed[rows], spindle[rows], mills, k)

    own = basis_of(cutting, 1.0)
    peak = cutting[_largest(own, factor, k, touch.tool[cutting])]
    # the mean torque of the chip keeps to the chip's volume, whichever tooth takes it
    torque = np.zeros((len(chip), len(COEFFICIENTS), len(touch.depth)))
    torque[:, :, cutting] = factor[:, :, None] * own.torque_mean[None]
    rows = np.union1d(used[touch.depth[used] > 0], peak)
    bending, yielding = np.zeros((2, len(chip), len(COEFFICIENTS), len(used), 3))
    place = np.minimum(np.searchsorted(rows, used), len(rows) - 1)
    forces = []
    for g, thicker in enumerate(chip):
        basis = basis_of(rows, thicker)
        forces.append(_picked(basis, np.searchsorted(rows, peak), np.ones(len(peak), bool)))
        mine = _picked(basis, place, rows[place] == used)
        bending[g] = _static(scenario, _rows(touch, used), mine)
        yielding[g] = wall_yield_slopes(machining, used, mine)
        torque[g][:, rows] = basis.torque_mean
    vibrating = _vibrating(scenario, machining, used)
    of_pieces = vibration(scenario, machining, used[vibrating])
    bending[:, :, vibrating] = factor[:, :, None, None] * of_pieces[None]
    return Cuts(
        chip=chip,
        torque=torque,
        bending=bending,
        yielding=yielding,
        peak=peak,
        peak_force=np.stack([basis.resultant_peak for basis in forces]),
        peak_torque=np.stack([basis.torque_peak for basis in forces]),
    )


def compliances(scenario: Scenario, machining: Machining, used: np.ndarray) -> np.ndarray:
    """[m/N] at half the engaged depth, (used,)."""
    touch = _rows(machining.contact, used)
    tools = beams(list(scenario.tools.values()))
    return np.asarray(compliance(tools, touch.tool, touch.depth / 2, touch.depth / 2))


def _rows(values: Any, rows: np.ndarray) -> Any:
    """``rows`` of a pytree of arrays (segment, ...)."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[rows], values)


def _picked(basis: Loads, rows: np.ndarray, there: np.ndarray) -> Loads:
    """``rows`` of the arrays (coefficient, row, ...), zero where they are not ``there``."""

    def picked(values: np.ndarray) -> np.ndarray:
        return np.where(there.reshape(1, -1, *(1,) * (values.ndim - 2)), values[:, rows], 0.0)

    return jax.tree.map(picked, basis)


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


def _largest(basis: Loads, factor: np.ndarray, k: CuttingCoefficients, tool: np.ndarray) -> np.ndarray:
    """Rows of which some has the largest load at one of the nodes, or for one coefficient alone."""
    unit = np.array([getattr(k, name) for name in COEFFICIENTS])
    found = set()
    for values in (basis.resultant_peak, basis.torque_peak, basis.torque_mean):
        scores = [*(factor * unit @ values), *(value for value in values if value.any())]
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


def tool_bending_slopes(scenario: Scenario, machining: Machining, used: np.ndarray, basis: Loads) -> np.ndarray:
    """Bending of the tools per unit of each coefficient (coefficient, used, 3) [m per unit], at the chip of the run.

    Static, or where the run has it so that of the vibrating tool.
    """
    slopes = _static(scenario, _rows(machining.contact, used), basis)
    vibrating = _vibrating(scenario, machining, used)
    slopes[:, vibrating] = vibration(scenario, machining, used[vibrating])
    return slopes


def wall_yield_slopes(machining: Machining, used: np.ndarray, basis: Loads) -> np.ndarray:
    """Yield of thin walls per unit of each coefficient (coefficient, used, 3): in proportion to the force on the wall.

    Exactly it falls a little short of that: a wall that gives way leaves part of the cut.
    """
    yielded = machining.process.wall_yield[used]
    size = np.linalg.norm(yielded, axis=1)
    across = yielded / np.maximum(size, 1e-30)[:, None]
    sides = ("force_left", "force_right")
    force = np.stack([np.einsum("ua,ua->u", getattr(machining.loads, side)[used], across) for side in sides])
    side = np.argmax(np.abs(force), axis=0)
    acting = np.take_along_axis(force, side[None], axis=0)[0]
    unit = np.stack([np.einsum("kua,ua->ku", getattr(basis, side), across) for side in sides])
    share = np.take_along_axis(unit, side[None, None], axis=0)[0] / np.where(size > 0, acting, 1.0)
    return (share * size)[:, :, None] * across[None]


def _vibrating(scenario: Scenario, machining: Machining, used: np.ndarray) -> np.ndarray:
    """Places in ``used`` whose deflection is that of the vibrating tool."""
    process = machining.process
    static = np.asarray(
        static_deflection(
            _rows(machining.contact, used),
            _rows(machining.loads, used),
            beams(list(scenario.tools.values())),
        )
    )
    bent = process.deflection[used] - process.wall_yield[used]
    return np.flatnonzero(np.abs(bent - static).max(axis=1) > 1e-12)
