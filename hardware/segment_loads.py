"""What each coefficient of the material contributes to the loads of every segment of a program.

Forces are linear in the coefficients (:mod:`twin.cutting.basis`). The part of a load that goes with the chip's area
grows with the feed per tooth, the part that goes with the edge's length does not: so one table serves every feed that
the controller really runs.
"""

from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import in_blocks, kept
from twin.cutting import Contact, Cutters, CuttingCoefficients, cutters, loads
from twin.cutting.basis import COEFFICIENTS, force_basis
from twin.program import Toolpath
from twin.scenario import Scenario

OF_EDGE = np.array([name in ("kte", "kre", "kae") for name in COEFFICIENTS])  # (coefficient,)
QUANTITIES = ("force_x", "force_y", "force_z", "power", "force_peak")  # columns of the loads
POWER = QUANTITIES.index("power")


@dataclass(frozen=True)
class SegmentLoads:
    """Loads per unit of each coefficient at the programmed feed and spindle speed."""

    unit: np.ndarray  # (segment, coefficient, quantity) [N], [W] per unit of the coefficient
    speed: np.ndarray  # (segment,) [m/s] programmed feed
    spindle: np.ndarray  # (segment,) [rad/s] programmed, magnitude; 0 where nothing is cut

    def split(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Parts of the chip and of the edge, (segment, quantity) each [N], [W], for ``coefficients`` (coefficient,)."""
        weighed = self.unit * coefficients[:, None]
        return weighed[:, ~OF_EDGE].sum(axis=1), weighed[:, OF_EDGE].sum(axis=1)

    def along(self, segment: np.ndarray, speed: np.ndarray, spindle: np.ndarray) -> np.ndarray:
        """Loads per unit of each coefficient where a controller really ran, (sample, coefficient, quantity).

        Args:
            segment: (sample,) that cuts, see :meth:`cutting`.
            speed: (sample,) [m/s] along the path.
            spindle: (sample,) [rad/s] magnitude.
        """
        faster = spindle / self.spindle[segment]
        thicker = speed / self.speed[segment] / faster
        unit = self.unit[segment] * np.where(OF_EDGE[None, :, None], 1.0, thicker[:, None, None])
        unit[:, :, POWER] *= faster[:, None]
        return unit

    def cutting(self, segment: np.ndarray, speed: np.ndarray, spindle: np.ndarray) -> np.ndarray:
        """(sample,) bool: the tool cuts; arguments as of :meth:`along`, segment -1 where there is none."""
        return (segment >= 0) & (self.spindle[segment] > 0) & (spindle > 0) & (speed > 0)


def segment_loads(scenario: Scenario, toolpath: Toolpath, contact: Contact) -> SegmentLoads:
    """The table of ``toolpath``; segments that cut nothing have zeros.

    Args:
        scenario: material (its coefficients say where the peaks lie) and tools.
        toolpath, contact: of the same scenario.
    """
    touch = jax.tree.map(np.asarray, contact)
    speed = np.nan_to_num(toolpath.feed, nan=0.0)
    cutting = np.flatnonzero((touch.depth > 0) & (speed > 0) & (toolpath.spindle != 0))
    unit = np.zeros((toolpath.n_segments, len(COEFFICIENTS), len(QUANTITIES)))
    if cutting.size:
        rows = jax.tree.map(itemgetter(cutting), (touch, speed, toolpath.spindle))
        mills, k = cutters(list(scenario.tools.values())), scenario.material.coefficients
        unit[cutting] = in_blocks(lambda some: unit_loads(*some, mills, k), rows)
    spindle = np.zeros(len(speed))
    spindle[cutting] = np.abs(toolpath.spindle[cutting])
    return SegmentLoads(unit, speed, spindle)


@kept
def unit_loads(
    touch: Contact, speed: jax.Array, spindle: jax.Array, mills: Cutters, coefficients: CuttingCoefficients
) -> jax.Array:
    """Loads per unit of each coefficient, (segment, coefficient, quantity) [N], [W]; ``coefficients``: of the peaks."""
    basis = force_basis(partial(loads, touch, speed, spindle, mills), coefficients)
    columns = [*jnp.moveaxis(basis.force_mean, -1, 0), basis.power_mean, basis.resultant_peak]
    return jnp.stack(columns, axis=-1).swapaxes(0, 1)
