"""Walls under the vibrating tool: linear in the coefficients and in the chip; pieces of like engagement computed once.

At the speed and stick-out of the run. The run itself is met exactly: what its classes leave out stays in the standing
errors of the evaluator.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import in_blocks, kept
from twin.cutting import Contact, Cutters, CuttingCoefficients, cutters
from twin.cutting.basis import COEFFICIENTS, force_basis
from twin.cutting.dynamics import Modes
from twin.cutting.form import surface_error, wall_displacement
from twin.prediction import Machining
from twin.process import tool_modes
from twin.scenario import Scenario

EDGE = np.array([name in ("kte", "kre", "kae") for name in COEFFICIENTS])  # act on edges, whatever the chip
BLOCK = 1 << 8  # pieces computed at once
DEPTH_STEP, ARC_STEP, HEADING_STEP = 0.02, 0.05, np.radians(5)  # pieces of a class differ by no more


def vibration(scenario: Scenario, machining: Machining, rows: np.ndarray) -> np.ndarray:
    """Displacement of the tool where it shapes the pieces ``rows``, (coefficient, row, 3) [m per unit].

    Args:
        rows: segments of stable cuts by tools of even teeth.
    """
    if not rows.size:
        return np.zeros((len(COEFFICIENTS), 0, 3))
    touch: Contact = jax.tree.map(lambda leaf: np.asarray(leaf)[rows], machining.contact)
    speed, spindle = machining.speed[rows], machining.toolpath.spindle[rows]
    first, member = _classes(touch, spindle)
    mills, k, modes = cutters(list(scenario.tools.values())), scenario.material.coefficients, tool_modes(scenario)
    of_class = np.zeros((len(COEFFICIENTS), len(first), 3))
    for row in np.unique(touch.tool):
        mine = np.flatnonzero(touch.tool[first] == row)
        some = jax.tree.map(lambda leaf, mine=mine: leaf[first[mine]], (touch, speed, spindle))
        found = in_blocks(partial(_of_rows, mills=mills, k=k, modes=modes[row]), some, BLOCK)
        of_class[:, mine] = np.moveaxis(found, 1, 0)
    feed = speed * touch.advance
    thicker = np.where(EDGE[:, None], 1.0, (feed / feed[first][member])[None])
    return of_class[:, member] * thicker[:, :, None]


def _classes(touch: Contact, spindle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First member of each class of pieces of like engagement, and the class of each piece (piece,)."""
    heading = np.mod(np.arctan2(touch.ahead[:, 1], touch.ahead[:, 0]), 2 * np.pi)
    columns = [
        touch.tool,
        np.round(spindle, 3),
        np.round(np.log(touch.depth) / DEPTH_STEP),
        np.round(heading / HEADING_STEP),
        *np.round(touch.arc.reshape(len(spindle), -1) / ARC_STEP).T,
    ]
    _, first, member = np.unique(np.column_stack(columns), axis=0, return_index=True, return_inverse=True)
    return first, member.ravel()


def _of_rows(some: tuple, mills: Cutters, k: CuttingCoefficients, modes: Modes) -> jax.Array:
    return _basis_of_rows(*some, mills, k, modes)


@kept
def _basis_of_rows(
    touch: Contact, speed: jax.Array, spindle: jax.Array, mills: Cutters, k: CuttingCoefficients, modes: Modes
) -> jax.Array:
    """(piece, coefficient, 3) [m per unit]."""
    basis = force_basis(lambda k: wall_displacement(surface_error(touch, speed, spindle, mills, k, modes)), k)
    return jnp.moveaxis(basis, 0, 1)
