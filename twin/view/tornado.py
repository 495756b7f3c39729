"""The tornado chart: how far each parameter alone moves a result, the widest bar on top."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

LOW, HIGH, FIRST, TOTAL = "#3d6ea5", "#c4561a", "#6d7f95", "#20303f"
MOST_BARS = 16
LONGEST_NAME = 52
BAR = 0.62  # of the distance of two bars


def draw_tornado(
    names: Sequence[str],
    ends: np.ndarray,
    middle: float,
    result: str,
    file: Path,
    *,
    ends_mean: tuple[str, str],
    title: str,
    shares: Sequence[tuple[str, np.ndarray, np.ndarray | None]] = (),
    order: np.ndarray | None = None,
) -> None:
    """Draw bars from ``middle`` to both ``ends``, and beside them shares of the variance, into ``file`` (PNG).

    Args:
        names: of the parameters.
        ends: (parameter, 2) result with the parameter low and high, others as they are.
        middle: result about which the bars stand.
        result: its name with unit, under the axis.
        ends_mean: what low and high mean, for the legend.
        title: over the chart.
        shares: (what it is, (parameter,) share, (parameter, 2) interval or None), one or two.
        order: rows, top first; default: the widest bar first.
    """
    order = np.argsort(-np.ptp(ends, axis=1), kind="stable") if order is None else order
    shown = order[:MOST_BARS][::-1]
    place = np.arange(len(shown))
    height = 2.0 + 0.34 * len(shown)
    figure, panels = plt.subplots(
        1,
        2 if shares else 1,
        figsize=(11 if shares else 8, height),
        sharey=True,
        squeeze=False,
        width_ratios=(3, 2)[: 1 + bool(shares)],
    )
    axes: Axes = panels[0, 0]
    moved = ends[shown] - middle
    alike = moved[:, 0] * moved[:, 1] > 0  # both on one side: half a bar each
    for side, (colour, label) in enumerate(zip((LOW, HIGH), ends_mean, strict=True)):
        thickness = np.where(alike, BAR / 2, BAR)
        at = place + np.where(alike, BAR / 4 * (1 - 2 * side), 0.0)
        axes.barh(at, moved[:, side], left=middle, color=colour, height=thickness, label=label)
    axes.axvline(middle, color="#222222", lw=0.8)
    axes.set_yticks(place, [_short(names[row]) for row in shown], fontsize=8.5)
    axes.set_xlabel(result)
    axes.grid(axis="x", alpha=0.25)
    _legend_below(axes)
    if shares:
        _draw_shares(panels[0, 1], shares, shown, place)
    more = f", {len(order) - len(shown)} smaller ones not shown" if len(order) > len(shown) else ""
    figure.suptitle(title + more, fontsize=11)
    figure.tight_layout()
    figure.savefig(file, dpi=130, format="png")
    plt.close(figure)


def _draw_shares(
    axes: Axes, shares: Sequence[tuple[str, np.ndarray, np.ndarray | None]], shown: np.ndarray, place: np.ndarray
) -> None:
    thickness = BAR / len(shares)
    for number, ((label, share, interval), colour) in enumerate(zip(shares, (FIRST, TOTAL), strict=False)):
        at = place + BAR / 2 - thickness * (number + 0.5)
        axes.barh(at, share[shown], height=thickness, color=colour, label=label)
        if interval is not None:
            error = np.maximum(0, np.stack([share[shown] - interval[shown, 0], interval[shown, 1] - share[shown]]))
            axes.errorbar(share[shown], at, xerr=error, fmt="none", ecolor="#888888", elinewidth=1, capsize=2)
    axes.set_xlim(left=0)
    axes.set_xlabel("share of the variance")
    axes.grid(axis="x", alpha=0.25)
    _legend_below(axes)


def _legend_below(axes: Axes) -> None:
    inches = axes.get_window_extent().height / axes.figure.dpi
    axes.legend(frameon=False, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.62 / inches), ncols=2)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else "…" + name[1 - LONGEST_NAME :]
