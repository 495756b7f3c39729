"""Where the edges meet stock: the checked, static side of the force calculation."""

from dataclasses import dataclass

import numpy as np
from jax.tree_util import register_dataclass

from twin.compiled import Array
from twin.cutting.cutter import Cutters
from twin.errors import InputError
from twin.program.program import Toolpath
from twin.stock.cut import Engagement

LEVEL = 1e-9  # climb or advance, over the path length, that counts as none


@register_dataclass
@dataclass(frozen=True)
class Contact:
    """Engagement of each path segment with the directions that forces need. Segments that do not cut have depth 0."""

    depth: Array  # (segment,) [m] height of the engaged zone above the tip
    arc: Array  # (segment, slice, arc, 2) [rad] immersion angles as in Engagement; empty arcs are (0, 0)
    ahead: Array  # (segment, 3) unit feed direction across the tool axis
    axis: Array  # (segment, 3) unit tool axis, from tip to spindle
    advance: Array  # (segment,) part of the feed across the tool axis, 0..1
    descent: Array  # (segment,) part of the feed along the tool axis into the material, -1..1
    tool: Array  # (segment,) int32 row of the Cutters


def contact(engagement: Engagement, toolpath: Toolpath, cutters: Cutters, file: object = None) -> Contact:
    """Join what the stock knows of ``toolpath`` with its directions and tools.

    Feeds along the tool axis have no feed direction across it: their immersion frame looks along +X.

    Args:
        engagement: one row a segment of ``toolpath``.
        toolpath: part frame.
        cutters: the program's tools.
        file: the NC program, for messages.

    Raises:
        InputError: angles out of range, arrays of other lengths, a tool that is not in ``cutters``,
            a feed cut with the spindle off.
    """
    n = toolpath.n_segments
    if len(engagement.depth) != n:
        raise InputError(f"engagement of {len(engagement.depth)} segments for a toolpath of {n}")
    depth = np.where(toolpath.rapid, 0.0, engagement.depth)
    arc = np.nan_to_num(engagement.arc, nan=0.0)  # keeps the precision it comes in
    cutting = depth > 0
    _demand(np.isfinite(depth) & (depth >= 0), "engaged depth is negative or not a number", toolpath, file)
    span = arc[..., 1] - arc[..., 0]
    in_range = (arc[..., 0] > -1e-5) & (span >= 0) & (arc[..., 1] < 2 * np.pi + 1e-5)
    _demand(in_range.all(axis=(1, 2)), "engagement angles are not within 0 and 2 pi in ascending order", toolpath, file)
    _demand(
        ~cutting | (toolpath.spindle != 0), "feed cut with the spindle off", toolpath, file, "program M3 or M4 and S"
    )
    row = {number: index for index, number in enumerate(cutters.number)}
    known = ~cutting | np.isin(toolpath.tool, cutters.number)
    missing = f"tool T{toolpath.tool[np.argmin(known)]} is not in the tool list"
    _demand(known, missing, toolpath, file, "add it to the list")
    ahead, advance, descent = _split_feed(toolpath)
    tool = np.array([row.get(int(number), 0) for number in toolpath.tool], dtype=np.int32)
    return Contact(
        depth=depth,
        arc=arc * cutting[:, None, None, None],
        ahead=ahead,
        axis=toolpath.axis_start,
        advance=advance,
        descent=descent,
        tool=tool,
    )


def _demand(ok: np.ndarray, what: str, toolpath: Toolpath, file: object, remedy: str = "") -> None:
    if not ok.all():
        segment = int(np.argmin(ok))
        raise InputError(what, file=file, line=int(toolpath.line[segment]), remedy=remedy)


def _split_feed(toolpath: Toolpath) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit direction across the tool axis (segment, 3), and the parts of the feed across and down the axis."""
    travel, axis = toolpath.end - toolpath.start, toolpath.axis_start
    length = np.maximum(np.linalg.norm(travel, axis=1), 1e-300)
    climb = np.einsum("sk,sk->s", travel, axis)
    across = travel - climb[:, None] * axis
    distance = np.linalg.norm(across, axis=1)
    plunge = distance <= LEVEL * length
    # +X made square to the axis; +Y where the axis itself lies along X
    seed = np.where(np.abs(axis[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    across = np.where(plunge[:, None], seed - np.einsum("sk,sk->s", seed, axis)[:, None] * axis, across)
    across /= np.linalg.norm(across, axis=1)[:, None]
    advance = np.where(plunge, 0.0, distance / length)
    descent = np.where(np.abs(climb) <= LEVEL * length, 0.0, -climb / length)
    return across, advance, descent
