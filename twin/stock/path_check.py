"""Does the path lie in the stock? Said before hours of cutting air are simulated."""

from collections.abc import Mapping

import numpy as np

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import ProgramWarning, Toolpath
from twin.stock.workpiece import Stock
from twin.units import INCH, MM

MOST = 0.5  # share of the feed length below the stock's top that may lie beside the stock
RUBBING = 1e-3  # feed per tooth over diameter: tools are fed 0.3 % to 2 %, 25.4 times less where inches are read as mm
FITTING = 2.0  # times the stock's size: a path that is larger in inches is none of this stock in inches


def check_path_in_stock(
    toolpath: Toolpath, stock: Stock, tools: Mapping[int, Tool], file: object = None
) -> tuple[ProgramWarning, ...]:
    """Warnings for runs of feed moves that pass beside the stock, one for each run, and for the unit of the program.

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
            remedy="correct the stock, the work offset, the tool length or the unit of the program, G20 or G21",
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
            remedy="enlarge or move the stock, or correct the work offset or the unit of the program, G20 or G21",
        )
    far = beside & (gap > 2 * radius)
    first = np.flatnonzero(far & ~np.append(False, far[:-1]))
    last = np.flatnonzero(far & ~np.append(far[1:], False))
    beside_runs = tuple(
        ProgramWarning(
            int(toolpath.line[a]),
            "",
            f"feeds {length[a : b + 1].sum() / MM:.4g} mm beside the stock, "
            f"up to {gap[a : b + 1].max() / MM:.4g} mm away, until line {toolpath.line[b]}",
        )
        for a, b in zip(first, last, strict=True)
    )
    return (*_read_in_millimetres(toolpath, stock, tools, feed & ~over), *beside_runs)


def _read_in_millimetres(
    toolpath: Toolpath, stock: Stock, tools: Mapping[int, Tool], cuts: np.ndarray
) -> tuple[ProgramWarning, ...]:
    """A warning where the path would still fit the stock in inches, and the teeth hardly bite in millimetres.

    Args:
        cuts: (segment,) bool, below the stock's top.
    """
    with_teeth = cuts & (toolpath.spindle != 0) & np.isin(toolpath.tool, list(tools))
    if not with_teeth.any():
        return ()
    low, high = (getattr(np, f)((toolpath.start[cuts], toolpath.end[cuts]), axis=(0, 1)) for f in ("min", "max"))
    size, room = (high - low)[:2], (stock.upper - stock.lower)[:2]
    edges = np.array([tools[int(t)].n_teeth * tools[int(t)].diameter for t in toolpath.tool[with_teeth]])
    turn = 2 * np.pi / np.abs(toolpath.spindle[with_teeth])
    bite = np.median(toolpath.feed[with_teeth] * turn / edges)
    if bite > RUBBING or (size * INCH / MM > room * FITTING).any():
        return ()
    return (
        ProgramWarning(
            int(toolpath.line[np.argmax(with_teeth)]),
            "",
            f"the path is {size[0] / MM:.3g} x {size[1] / MM:.3g} mm in a stock of {room[0] / MM:.4g} x "
            f"{room[1] / MM:.4g} mm, fed {100 * bite:.2g} % of the tool's diameter a tooth: a program in inches that "
            "is read in millimetres? (G20 in its first block)",
        ),
    )


def _box(low: np.ndarray, high: np.ndarray) -> str:
    return ", ".join(f"{axis} {a / MM:.4g}..{b / MM:.4g} mm" for axis, a, b in zip("XYZ", low, high, strict=True))
