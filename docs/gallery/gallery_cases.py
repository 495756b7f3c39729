"""Contact of one engaged window at many settings, for the maps of the gallery."""

import numpy as np

from twin.cutting import Contact, Cutters, cutters
from twin.machine.tool import Tool
from twin.stock.cut import N_SLICES


def window_contact(tool: Tool, depth: float, start: float, stop: float, n: int) -> tuple[Contact, Cutters]:
    """``n`` cuts along +X that touch from ``start`` to ``stop`` [rad] over ``depth`` [m]."""
    touch = Contact(
        depth=np.full(n, depth),
        arc=np.broadcast_to([[start, stop], [0.0, 0.0]], (n, N_SLICES, 2, 2)),
        ahead=np.tile([1.0, 0.0, 0.0], (n, 1)),
        axis=np.tile([0.0, 0.0, 1.0], (n, 1)),
        advance=np.ones(n),
        descent=np.zeros(n),
        tool=np.zeros(n, dtype=np.int32),
    )
    return touch, cutters([tool])
