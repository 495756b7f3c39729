"""Where the tools of a program touch stock: engaged angles over time, and depth."""

import numpy as np
from matplotlib.figure import Figure

from twin.program.program import Toolpath
from twin.stock.cut import Engagement
from twin.units import MINUTE, MM

N_TIMES, N_ANGLES = 1000, 180  # cells of the map


def draw_engagement(engagement: Engagement, toolpath: Toolpath, time: np.ndarray, title: str) -> Figure:
    """Depth touched at every immersion angle over the time of the program; below it the height of the engaged zone.

    Args:
        engagement: of the segments; a cell of the map shows the deepest of the segments that it holds.
        toolpath: part frame.
        time: (segment, 2) [s] start and end.
        title: of the picture.
    """
    edges = np.linspace(0.0, time[-1, 1], N_TIMES + 1)
    angle = (np.arange(N_ANGLES) + 0.5) * 2 * np.pi / N_ANGLES
    touched, height = np.zeros((N_TIMES, N_ANGLES)), np.zeros(N_TIMES)
    cutting = np.flatnonzero((engagement.depth > 0) & ~toolpath.rapid)
    first, last = (np.clip(np.searchsorted(edges, time[cutting].T, side="right") - 1, 0, N_TIMES - 1)).astype(int)
    for row, begin, end in zip(cutting, first, last, strict=True):
        depth = _touched_depth(engagement.arc[row], engagement.depth[row], angle)
        span = slice(begin, end + 1)
        touched[span] = np.maximum(touched[span], depth)
        height[span] = np.maximum(height[span], engagement.depth[row])
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.6, 1])
    shown = above.pcolormesh(
        edges / MINUTE,
        np.linspace(0, 360, N_ANGLES + 1),
        np.ma.masked_equal(touched.T, 0) / MM,
        cmap="viridis_r",
        rasterized=True,
    )
    figure.colorbar(shown, ax=above, label="depth touched / mm")
    above.axhline(180, color="0.4", lw=0.8)
    above.set(ylabel="immersion angle / °", yticks=range(0, 361, 90), title=title)
    below.stairs(height / MM, edges / MINUTE, color="0.25", lw=0.7)
    below.set(xlabel="time in the program / min", ylabel="height of the\nengaged zone / mm", ylim=(0, None))
    below.margins(x=0)
    for number, begin in _tool_changes(toolpath, time):
        for axes in (above, below):
            axes.axvline(begin / MINUTE, color="tab:red", lw=1)
        above.annotate(f"T{number}", (begin / MINUTE, 345), xytext=(4, 0), textcoords="offset points", color="tab:red")
    return figure


def _touched_depth(arc: np.ndarray, depth: float, angle: np.ndarray) -> np.ndarray:
    """Sum of the slices of ``arc`` (slice, arc, 2) that hold each ``angle`` (angle,) [m]."""
    with np.errstate(invalid="ignore"):  # NaN: no arc
        inside = (arc[..., 0, None] <= angle) & (angle <= arc[..., 1, None])
    return inside.any(axis=1).sum(axis=0) * depth / len(arc)


def _tool_changes(toolpath: Toolpath, time: np.ndarray) -> list[tuple[int, float]]:
    """Number of each tool, and when it begins [s]."""
    begins = np.flatnonzero(np.diff(toolpath.tool, prepend=-1) != 0)
    return [(int(toolpath.tool[row]), float(time[row, 0])) for row in begins]
