"""How the contouring error changes with the parameters of the servo loops, to first order."""

from dataclasses import dataclass, fields

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, kept, padded_rows
from twin.motion.controller import Controller
from twin.motion.motion import Motion
from twin.motion.servo import (
    Loops,
    ServoState,
    abeam,
    interpolated,
    servo_loops,
    servo_response,
    servo_samples,
    servo_start,
)
from twin.program.program import Program, Toolpath

PARAMETERS = tuple(f.name for f in fields(Loops))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ServoSlopes:
    """First-order change of the contouring error; the time law of the commands stays."""

    loops: Loops  # at which the slopes hold
    slope: Loops  # fields (segment, 2, 3): change of each axis's own place, per unit of its own parameter
    tangent: Array  # (segment, 2, 3) of the path: along it nothing counts

    def change(self, loops: Loops) -> Array:
        """Change of :func:`twin.motion.servo_error` (segment, 2, 3) [m] when the loops are ``loops``."""
        tangent = jnp.asarray(self.tangent)
        moved = jnp.zeros_like(tangent)
        for name in PARAMETERS:
            by = jnp.asarray(getattr(loops, name)) - jnp.asarray(getattr(self.loops, name))
            moved = moved + jnp.asarray(getattr(self.slope, name)) * by[None, None, :]
        return moved - jnp.sum(moved * tangent, axis=-1, keepdims=True) * tangent


def servo_slopes(
    program: Program, motion: Motion, controller: Controller, toolpath: Toolpath, *, period: float = 1e-3
) -> ServoSlopes | None:
    """Slopes of :func:`twin.motion.servo_error`; None where every axis follows exactly.

    Each axis follows for itself: one derivative by a parameter serves all three. Where no point lies abeam (a corner,
    axes at rest) the slope is that of the point where the axes are then.
    """
    loops = servo_loops(controller)
    if loops is None:
        return None
    blocks = list(servo_samples(program, motion, controller, period=period))
    commanded, actual = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("commanded", "actual"))
    _, time, tangent = abeam(program, motion, controller, toolpath, actual, period)
    rows, start = padded_rows(commanded, max(64, 1 << (len(commanded) - 1).bit_length()), mode="edge"), commanded[0]
    slopes = {}
    for name in PARAMETERS:
        unit = Loops(**{other: np.full(3, float(other == name)) for other in PARAMETERS})
        moved = np.asarray(_along(rows, servo_start(start), loops, unit, np.asarray(period)))
        slopes[name] = interpolated(moved[: len(commanded)], time, period)[0].reshape(-1, 2, 3)
    return ServoSlopes(loops, Loops(**slopes), tangent.reshape(-1, 2, 3))


@kept
def _along(commanded: Array, start: ServoState, loops: Loops, unit: Loops, period: Array) -> Array:
    """Derivative of the actual positions (sample, 3) by the parameters along ``unit``."""
    return jax.jvp(lambda p: servo_response(commanded, start, p, period)[0], (loops,), (unit,))[1]
