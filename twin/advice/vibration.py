"""Form error of the vibrating tool: straight lines over the feed, exact for stable cuts with even teeth."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

import jax
import numpy as np

from twin.advice.demand import Cuts
from twin.cutting.dynamics import Modes
from twin.cutting.form import surface_error, wall_displacement
from twin.machine.tool import Tool


def with_vibration(cuts: Cuts, tools: Sequence[Tool], modes: Sequence[Modes], margin: np.ndarray, feed: float) -> Cuts:
    """The cuts with the displacement of the vibrating tool where a stable one shapes a wall of the part.

    Args:
        cuts: of the program.
        tools: rows as in the cuts.
        modes: of each tool.
        margin: (segment,) chatter margin.
        feed: [m/s] at which the lines are taken, with none: any but 0.
    """
    still, per_feed = cuts.still.copy(), cuts.per_feed.copy()
    shaping = np.isin(cuts.segment, cuts.walls.cut) & (margin[cuts.segment] > 1)
    for row, tool in enumerate(tools):
        mine = np.flatnonzero(shaping & (cuts.contact.tool == row))
        if not len(mine) or tool.kind == "drill" or tool.pitch or tool.tooth_helix or tool.serration_wavelength:
            continue
        some = jax.tree.map(itemgetter(mine), cuts.contact)
        none, one = (
            surface_error(some, np.full(len(mine), at), cuts.spindle[mine], cuts.mills, cuts.coefficients, modes[row])
            for at in (0.0, feed)
        )
        shaped = np.asarray(none.shaped).any(axis=1)
        first, second = (np.asarray(wall_displacement(found))[shaped] for found in (none, one))
        still[mine[shaped]], per_feed[mine[shaped]] = first, (second - first) / feed
    return replace(cuts, still=still, per_feed=per_feed)
