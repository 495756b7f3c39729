"""Maps of the cut over two of its settings: temperature over speed and feed, surface error over speed and depth."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from twin.units import MINUTE, MM, RPM, UM

SIGN = "#1a7f37"  # colour of the line where the surface error changes sign


def draw_temperature_map(speed: np.ndarray, feed: np.ndarray, interface: np.ndarray, share: np.ndarray) -> Figure:
    """Temperature of tool and chip, and the work's share of the heat.

    Args:
        speed: (speed,) [m/s] cutting speed.
        feed: (feed,) [m] per tooth.
        interface: (feed, speed) [degC] mean of tool and chip.
        share: (feed, speed) part of the cutting power that stays in the work.
    """
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    for axes, values, label, colours, form in zip(
        figure.subplots(1, 2, sharey=True),
        (interface, 100 * share),
        ("tool-chip interface, mean / °C", "heat into the work / % of the cutting power"),
        ("inferno", "viridis"),
        ("%.0f", "%.0f"),
        strict=True,
    ):
        filled = axes.contourf(speed * MINUTE, feed / MM, values, levels=_levels(values, 24), cmap=colours)
        lines = axes.contour(
            speed * MINUTE, feed / MM, values, levels=_levels(values, 6), colors="white", linewidths=0.8
        )
        for text in axes.clabel(lines, fmt=form, fontsize=8):
            text.set_path_effects([withStroke(linewidth=2, foreground="black")])
        axes.set(xlabel="cutting speed / (m/min)", ylabel="feed per tooth / mm")
        figure.colorbar(filled, ax=axes, label=label, ticks=_levels(values, 9))
    return figure


def _levels(values: np.ndarray, n: int) -> np.ndarray:
    """About ``n`` round numbers over the range of ``values``."""
    return np.asarray(MaxNLocator(n, steps=[1, 2, 2.5, 5, 10]).tick_values(values.min(), values.max()))


def draw_surface_error_map(
    spindle: np.ndarray,
    depth: np.ndarray,
    deviation: np.ndarray,
    stable: np.ndarray | None = None,
    most: float = 50 * UM,
) -> Figure:
    """Surface location error, with the cuts that chatter hatched: there it does not hold.

    Args:
        spindle: (speed,) [rad/s].
        depth: (depth,) [m] axial.
        deviation: (depth, speed) [m] > 0 material left, < 0 overcut.
        stable: (depth, speed) bool; None where not known.
        most: [m] ends of the colours.
    """
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    speed = spindle / RPM
    shown = axes.pcolormesh(
        speed, depth / MM, deviation / UM, cmap="RdBu_r", vmin=-most / UM, vmax=most / UM, shading="nearest"
    )
    axes.contour(speed, depth / MM, deviation / UM, levels=[0.0], colors=SIGN, linewidths=1.2, linestyles="--")
    axes.plot([], [], color=SIGN, linewidth=1.2, linestyle="--", label="the error changes sign")
    if stable is not None and not stable.all():
        axes.contourf(speed, depth / MM, ~stable, levels=[0.5, 1.5], colors="none", hatches=["////"])
        axes.contour(speed, depth / MM, ~stable, levels=[0.5], colors="k", linewidths=1.2)
        axes.plot([], [], color="k", linewidth=1.2, label="limit of stability; it chatters in the hatched part")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=8, frameon=False)
    else:
        axes.set_title("holds where the cut is stable", fontsize=9)
    axes.set(xlabel="spindle speed / rpm", ylabel="axial depth / mm")
    figure.colorbar(shown, ax=axes, label="surface location error / µm (red: material left)", extend="both")
    return figure
