"""Plots of flank wear: measured readings beside a prediction with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from twin.units import MINUTE, MM


@dataclass(frozen=True)
class WearCurve:
    """One tool: readings and a prediction along time."""

    title: str
    time: np.ndarray  # (reading,) [s]
    wear: np.ndarray  # (reading,) [m]
    predicted_time: np.ndarray  # (point,) [s]
    low: np.ndarray  # (point,) [m] lower end of the interval
    middle: np.ndarray  # (point,) [m]
    high: np.ndarray  # (point,) [m] upper end


def draw_wear_curves(curves: Sequence[WearCurve], interval: str, n_columns: int = 4) -> Figure:
    """A panel a tool, on like axes.

    Args:
        curves: the tools.
        interval: what the band is, for the legend.
        n_columns: panels a row.
    """
    n_rows = -(-len(curves) // n_columns)
    figure = Figure(figsize=(3.1 * n_columns, 2.5 * n_rows + 0.4), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
    for axes in panels.ravel()[len(curves) :]:
        axes.set_visible(False)
    for axes, curve in zip(panels.ravel(), curves, strict=False):
        minutes = curve.predicted_time / MINUTE
        axes.fill_between(minutes, curve.low / MM, curve.high / MM, color="tab:blue", alpha=0.2, label=interval)
        axes.plot(minutes, curve.middle / MM, color="tab:blue", label="predicted, median")
        axes.plot(curve.time / MINUTE, curve.wear / MM, "o", color="k", markersize=3, label="measured")
        axes.set_title(curve.title, fontsize=9)
        axes.set(xlim=(0, None), ylim=(0, 1.6))
        axes.grid(alpha=0.3)
    figure.supxlabel("time in cut / min", fontsize=10)
    figure.supylabel("flank wear VB / mm", fontsize=10)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=9)
    return figure


def draw_tool_life(parts: np.ndarray, wear: np.ndarray, limit: float, names: Sequence[str]) -> Figure:
    """Flank wear against the number of parts.

    Args:
        parts: (part,) counted from 1.
        wear: (part, tool) [m].
        limit: [m] that ends a tool's life.
        names: (tool,).
    """
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for column, name in enumerate(names):
        axes.plot(parts, wear[:, column] / MM, label=name)
    axes.axhline(limit / MM, color="k", linestyle="--", linewidth=0.8, label="limit")
    axes.set(xlabel="parts", ylabel="flank wear VB / mm", xlim=(0, parts[-1]), ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
