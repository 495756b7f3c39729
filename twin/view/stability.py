"""The stability chart: stable depths over spindle speed, boundaries by kind, islands, the program's cuts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from rich.console import Console
from rich.table import Table

from twin.cutting.stability.chart import Chart
from twin.cutting.stability.floquet import FLIP, HOPF, KINDS, REAL
from twin.cutting.stability.limit import DepthLimit
from twin.cutting.stability.margin import MOST
from twin.units import MM, RPM

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm

STABLE, CHATTER, ISLAND = "#dceedd", "#f4e3df", "#edc7bd"
KIND_COLOUR = {HOPF: "#1f3b70", FLIP: "#c4561a", REAL: "#6b4fa0"}
KIND_LABEL = {HOPF: "Hopf: chatter of its own frequency", FLIP: "flip: every second tooth alike", REAL: "real"}
MOST_POINTS = 60  # different operating points that are drawn
MOST_ROWS = 8  # of the table
LEAST_ERROR = 1e-9  # of the colours of the numerical error


@dataclass(frozen=True)
class OperatingPoints:
    """What a program asks of the tool."""

    speed: np.ndarray  # (segment,) [rad/s]
    depth: np.ndarray  # (segment,) [m]
    margin: np.ndarray  # (segment,) chatter margin by the segment's own immersion
    line: np.ndarray  # (segment,) source line
    error: float  # of the margin, relative

    @property
    def distinct(self) -> np.ndarray:
        """Rows of the lowest margin of each pair of speed and depth (to 0.1 mm), the lowest first."""
        order = np.argsort(np.nan_to_num(self.margin, nan=np.inf), kind="stable")
        keys = np.stack([self.speed, np.round(self.depth / (0.1 * MM))], axis=1)[order]
        _, first = np.unique(keys, axis=0, return_index=True)
        return order[np.sort(first)]


def draw_stability(limit: DepthLimit, points: OperatingPoints | None, title: str, file: Path) -> None:
    """Write a PNG of the chart."""
    figure, axes = plt.subplots(figsize=(11.5, 6.5), layout="constrained")
    chart = limit.chart
    speed, depth = chart.speed / RPM, chart.depth / MM
    region = np.where(chart.stable, 0, np.where(limit.island > 0, 2, 1))
    colours = ListedColormap([STABLE, CHATTER, ISLAND])
    axes.pcolormesh(speed, depth, region.T, cmap=colours, vmin=-0.5, vmax=2.5, shading="nearest", rasterized=True)
    low, high = np.minimum(limit.band, 2 * chart.depth[-1]) / MM
    if not np.array_equal(low, high):
        label = "limit, coefficients ± one standard deviation"
        axes.fill_between(speed, low, high, color="#7f8ea3", alpha=0.28, lw=0, label=label)
    crossings = limit.crossings
    for kind, colour in KIND_COLOUR.items():
        mine = crossings.kind == kind
        if mine.any():
            x, y = crossings.speed[mine] / RPM, crossings.depth[mine] / MM
            axes.plot(x, y, ".", ms=3.5, color=colour, label=KIND_LABEL[kind])
    _label_lobes(axes, limit)
    if points is not None and points.speed.size:
        _draw_points(axes, points, depth[-1])
    axes.set(xlim=(speed[0], speed[-1]), ylim=(0, depth[-1]), xlabel="spindle speed [rpm]", ylabel="axial depth [mm]")
    patches = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in (STABLE, CHATTER, ISLAND)]
    names = ["stable", "chatter", "island"]
    shown = 3 if limit.island.any() else 2
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        [*patches[:shown], *handles], [*names[:shown], *labels], loc="outside lower center", ncols=3, frameon=False
    )
    uncertain = chart.uncertain.mean()
    axes.set_title(f"{title}\nverdict within the numerical error on {uncertain:.2%} of the chart", fontsize=11)
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=110)
    plt.close(figure)
    partial.replace(file)


def draw_map_error(chart: Chart, title: str, file: Path) -> None:
    """Write a PNG: the largest multiplier of every point, and the estimate of its numerical error."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), sharey=True, layout="constrained")
    speed, depth = chart.speed / RPM, chart.depth / MM
    modulus, error = chart.multipliers.modulus.T, chart.multipliers.error.T
    shown = left.pcolormesh(speed, depth, modulus, cmap="RdBu_r", vmin=0, vmax=2, shading="nearest", rasterized=True)
    figure.colorbar(shown, ax=left, label="largest multiplier |µ| (red: chatter)", extend="max")
    relative = np.maximum(error / np.maximum(modulus, 1.0), LEAST_ERROR)
    shown = right.pcolormesh(
        speed, depth, relative, cmap="viridis", norm=LogNorm(LEAST_ERROR, 1e-2), shading="nearest", rasterized=True
    )
    figure.colorbar(shown, ax=right, label="estimated numerical error of |µ| (relative above 1)", extend="both")
    for axes in (left, right):
        axes.contour(speed, depth, modulus, levels=[1.0], colors="k" if axes is left else "w", linewidths=1.1)
        axes.set(xlabel="spindle speed [rpm]", ylim=(0, depth[-1]))
    left.set(ylabel="axial depth [mm]", title=f"{title}; the line is |µ| = 1")
    right.set(title=f"95 % of the map below {np.percentile(relative, 95):.1e}")
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=90)
    plt.close(figure)
    partial.replace(file)


def _label_lobes(axes: Axes, limit: DepthLimit) -> None:
    """The number of waves between teeth at each pocket between lobes."""
    top = limit.chart.depth[-1] / MM
    for row, lobe in zip(limit.best, limit.lobe, strict=True):
        x, y = limit.chart.speed[row] / RPM, min(limit.first[row] / MM, top)
        below = y > 0.93 * top
        axes.annotate(
            f"{lobe}",
            (x, y),
            xytext=(0, -13 if below else 6),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color="#2c3440",
            bbox={"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "#2c3440", "lw": 0.6},
        )


def _draw_points(axes: Axes, points: OperatingPoints, top: float) -> None:
    rows = points.distinct[:MOST_POINTS]
    for stable, colour, label in (
        (True, "#1a7f37", "cut of the program: stable by its own immersion"),
        (False, "#b3261e", "cut of the program: chatters (triangle: deeper than shown)"),
    ):
        mine = rows[(points.margin[rows] > 1) == stable]
        if mine.size:
            style: dict[str, Any] = {"s": 34, "color": colour, "edgecolor": "white", "linewidth": 0.7, "zorder": 5}
            y = points.depth[mine] / MM
            inside = y <= top
            axes.scatter(points.speed[mine][inside] / RPM, y[inside], label=label, **style)
            axes.scatter(points.speed[mine][~inside] / RPM, np.full((~inside).sum(), 0.98 * top), marker="^", **style)


def print_limits(limit: DepthLimit, points: OperatingPoints | None, title: str, console: Console) -> None:
    """The best speeds, and the program's cuts that are nearest to chatter."""
    chart, n = limit.chart, len(limit.best)
    deepest = chart.depth[-1]
    console.print(f"\n[bold]{title}[/bold]", highlight=False)
    lowest = limit.first.min()
    console.print(f"stable at every speed up to {_depth(lowest, deepest)} mm", highlight=False)
    table = Table(title=f"Best speeds, {min(n, MOST_ROWS)} of {n}", title_justify="left")
    for heading in ("speed rpm", "limit mm", "coefficients ± 1 sd mm", "times the lowest", "waves", "ends in"):
        table.add_column(heading, justify="right")
    for row, lobe in list(zip(limit.best, limit.lobe, strict=True))[:MOST_ROWS]:
        at = np.flatnonzero((limit.crossings.row == row) & (limit.crossings.depth == limit.first[row]))
        low, high = (_depth(v if v < 2 * deepest else np.inf, 2 * deepest) for v in limit.band[:, row])
        table.add_row(
            f"{chart.speed[row] / RPM:,.0f}",
            _depth(limit.first[row], deepest),
            f"{low} .. {high}",
            f"{min(limit.first[row], deepest) / lowest:.1f}" if np.isfinite(lowest) else "",
            str(lobe),
            KINDS[limit.crossings.kind[at[0]]] if at.size else "",
        )
    console.print(table)
    if points is None:
        return
    if not points.speed.size:
        console.print("the program cuts nothing with this tool")
        return
    table = Table(title="Cuts of the program nearest to chatter, each by its own immersion", title_justify="left")
    for heading in ("line", "speed rpm", "depth mm", "limit / depth", "verdict"):
        table.add_column(heading, justify="right")
    for row in points.distinct[:MOST_ROWS]:
        margin = points.margin[row]
        verdict = "not milling" if np.isnan(margin) else "stable" if margin > 1 else "chatters"
        table.add_row(
            str(points.line[row]),
            f"{points.speed[row] / RPM:,.0f}",
            f"{points.depth[row] / MM:.2f}",
            "" if np.isnan(margin) else f"< {margin:.2f}" if margin <= 1 / MOST else f"{margin:.2f}",
            verdict,
        )
    console.print(table)
    share = np.mean(points.margin <= 1)
    console.print(
        f"{share:.1%} of {points.speed.size:,} cutting segments chatter; margins are good to {points.error:.1%}",
        highlight=False,
    )


def _depth(value: float, deepest: float) -> str:
    return f"{value / MM:.2f}" if np.isfinite(value) else f"> {deepest / MM:.2f}"
