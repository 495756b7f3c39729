"""Does the path lie in the stock? Said before hours of cutting air are simulated."""

from collections.abc import Mapping

import numpy as np

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import ProgramWarning, Toolpath
from twin.stock.workpiece import Stock
from twin.units import MM

MOST = 0.5  # share of the feed length below the stock's top that may lie beside the stock


def check_path_in_stock(
    toolpath: Toolpath, stock: Stock, tools: Mapping[int, Tool], file: object = None
) -> tuple[ProgramWarning, ...]:
    """Warnings for runs of feed moves that pass beside the stock, one for each run.

    A move lies beside the stock where its cutter stays clear of the stock's bounding box sideways or below
    while its tip is under the stock's top. Lead-ins up to one cutter diameter away are not mentioned.

    Args:
        toolpath: in the frame of the stock, tool axis +z.
        stock: before the first move.
        tools: tool table by T number.
        file: the NC program, for the message.

    Raises:
        InputError: no feed move touches the stock, or more than half of the feed length passes beside it.
    """
    feed = ~toolpath.rapid
    if not feed.any():
        raise InputError("the program has no feed move", file=file, remedy="nothing to cut: give the whole program")
    radius = np.array([tools[int(t)].radius if int(t) in tools else 0.0 for t in toolpath.tool])
    low = np.minimum(toolpath.start, toolpath.end)
    high = np.maximum(toolpath.start, toolpath.end)
    # Distance sideways between the box of the swept cutter and that of the stock.
    beyond = np.maximum(stock.lower[:2] - high[:, :2], low[:, :2] - stock.upper[:2])
    gap = np.hypot(*np.maximum(beyond, 0.0).T) - radius
    over = low[:, 2] >= stock.upper[2]
    if not (feed & ~over & (gap <= 0)).any():
        raise InputError(
            f"no feed move touches the stock: the tip moves within {_box(low[feed].min(0), high[feed].max(0))}, "
            f"the stock fills {_box(stock.lower, stock.upper)}",
            file=file,
            remedy="correct the size or position of the stock, the work offset or the tool length",
        )
    length = toolpath.length
    beside = feed & ~over & (gap > 0)
    share = length[beside].sum() / max(length[feed & ~over].sum(), 1e-300)
    if share > MOST:
        raise InputError(
            f"the stock is smaller than the path: {100 * share:.0f} % of the feed length passes beside it, "
            f"within {_box(low[beside].min(0), high[beside].max(0))}; the stock fills {_box(stock.lower, stock.upper)}",
            file=file,
            line=int(toolpath.line[np.argmax(beside)]),
            remedy="enlarge or move the stock, or correct the work offset",
        )
    far = beside & (gap > 2 * radius)
    first = np.flatnonzero(far & ~np.append(False, far[:-1]))
    last = np.flatnonzero(far & ~np.append(far[1:], False))
    return tuple(
        ProgramWarning(
            int(toolpath.line[a]),
            "",
            f"feeds {length[a : b + 1].sum() / MM:.4g} mm beside the stock, "
            f"up to {gap[a : b + 1].max() / MM:.4g} mm away, until line {toolpath.line[b]}",
        )
        for a, b in zip(first, last, strict=True)
    )


def _box(low: np.ndarray, high: np.ndarray) -> str:
    return ", ".join(f"{axis} {a / MM:.4g}..{b / MM:.4g} mm" for axis, a, b in zip("XYZ", low, high, strict=True))
