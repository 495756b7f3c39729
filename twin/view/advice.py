"""Advice: the table of before and after, and the picture of feed and limits along the program."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from twin.advice.comparison import Comparison
from twin.advice.demand import KINDS
from twin.advice.optimise import Optimised
from twin.advice.speeds import SpeedAdvice
from twin.units import MINUTE, MM, RPM, UM

BEFORE, AFTER, LIMIT = "#9a9a9a", "#1f5fa8", "#c4561a"
BINS = 700  # of the program's time; the largest value of each is drawn
QUANTITIES = {  # kind -> what it is called, its unit, the factor to SI
    "force": ("peak force", "N", 1.0),
    "deflection": ("deflection", "µm", UM),
    "form_error": ("form error", "µm", UM),
    "chip_most": ("thickest chip", "µm", UM),
    "torque": ("mean torque", "N m", 1.0),
    "power": ("mean power", "W", 1.0),
}
Row = tuple[str, str, float, float, float]  # tool, quantity with its unit, before, after, limit


def comparison_rows(comparison: Comparison) -> list[Row]:
    """Rows of the table; NaN where a quantity is not known or has no limit."""
    rows: list[Row] = []
    first, second = comparison.use
    for i, number in enumerate(comparison.number):
        tool = f"T{number}"
        rows.append((tool, "time in cut [s]", first.seconds[i], second.seconds[i], np.nan))
        for kind, name in enumerate(KINDS):
            label, unit, scale = QUANTITIES[name]
            values = (
                first.largest[kind, i] / scale,
                second.largest[kind, i] / scale,
                comparison.limit[kind, i] / scale,
            )
            rows.append((tool, f"{label} [{unit}]", *values))
        rows.append((tool, "life used by one part", first.life_used[i], second.life_used[i], np.nan))
        rows.append((tool, "chatter margin", first.chatter_margin[i], second.chatter_margin[i], np.nan))
    return rows


def print_comparison(comparison: Comparison, title: str, console: Console) -> None:
    """Before, after and limit of every tool."""
    before, after = comparison.duration
    table = Table(
        title=f"{title}: {before:,.0f} s before, {after:,.0f} s after ({after / before - 1:+.1%})", title_justify="left"
    )
    table.add_column("tool", no_wrap=True)
    table.add_column("largest", no_wrap=True)
    for heading in ("before", "after", "limit"):
        table.add_column(heading, justify="right")
    for i, (tool, quantity, *values) in enumerate(comparison_rows(comparison)):
        if np.isnan(values[0]):
            continue
        new = quantity.startswith("time in cut")
        if new and i:
            table.add_section()
        table.add_row(tool if new else "", quantity, *(_number(value) for value in values))
    console.print(table)


def print_speeds(advice: Sequence[SpeedAdvice], written: bool, console: Console) -> None:
    """Speed and depth of every tool."""
    if not advice:
        return
    state = "written into the program" if written else "not written (--write-speeds does)"
    table = Table(title=f"Speed and depth, chip per tooth held; {state}", title_justify="left")
    headings = ("tool", "rpm", "margin", "advised rpm", "margin", "depth mm", "stable to mm", "removal", "held by")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("tool", "held by") else "right")
    for mine in advice:
        table.add_row(
            f"T{mine.number}",
            f"{mine.speed / RPM:,.0f}",
            f"{mine.margin:.2f}",
            f"{mine.advised / RPM:,.0f}",
            f"{mine.advised_margin:.2f}",
            f"{mine.depth / MM:.2f}",
            f"{mine.deepest / MM:.2f}",
            f"x {mine.rate:.2f}",
            mine.holds,
        )
    console.print(table)
    for mine in advice:
        if not mine.stable:
            console.print(
                f"[yellow]note[/yellow] T{mine.number}: no speed has the wanted margin at {mine.depth / MM:.2f} mm; "
                f"the advised one counts with {mine.deepest / MM:.2f} mm, which a new path must bring: not written",
                highlight=False,
            )


def _number(value: float) -> str:
    return "" if not np.isfinite(value) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def draw_advice(optimised: Optimised, title: str, file: Path) -> None:
    """Write a PNG: feed and demands of the cuts, before and after, with their limits, over the program's time."""
    plan, comparison = optimised.plan, optimised.comparison
    kinds = [kind for kind in range(len(KINDS)) if np.isfinite(plan.limit[kind]).any()]
    figure = Figure(figsize=(11.5, 2.2 + 1.55 * len(kinds)), layout="constrained")
    panels = figure.subplots(len(kinds) + 1, 1, sharex=True, height_ratios=[1.4] + [1.0] * len(kinds))
    panels = np.atleast_1d(panels)
    time = optimised.before.time / MINUTE
    _draw_feed(panels[0], optimised, time)
    middle = time[plan.cuts.segment].mean(axis=1)
    edges = np.linspace(0.0, time[-1, 1], BINS + 1)
    for axes, kind in zip(panels[1:], kinds, strict=True):
        label, unit, scale = QUANTITIES[KINDS[kind]]
        for values, colour in zip(comparison.demand, (BEFORE, AFTER), strict=True):
            axes.stairs(_largest(middle, values[kind] / scale, edges), edges, color=colour, lw=0.8, baseline=None)
        limit = _largest(middle, np.where(np.isfinite(plan.limit[kind]), plan.limit[kind], np.nan) / scale, edges)
        axes.stairs(limit, edges, color=LIMIT, lw=1.2, ls="--", baseline=None)
        shown = max(values.max(initial=0.0) for values in (d[kind] for d in comparison.demand)) / scale
        lowest = np.nanmin(limit)
        top = 1.1 * max(shown, min(lowest, 2 * shown), 1e-9)
        axes.set(ylabel=f"{label}\n{unit}", ylim=(0, top))
        if lowest > top:
            axes.set_title(f"limit {lowest:,.0f} {unit} and more", color=LIMIT, loc="right", fontsize=9, y=0.74, pad=0)
    for axes in panels:
        axes.grid(alpha=0.25)
        axes.set_xlim(0, time[-1, 1])
    panels[-1].set_xlabel("time in the program as it is / min")
    before, after = comparison.duration
    figure.suptitle(f"{title}: {before / MINUTE:.2f} min before, {after / MINUTE:.2f} min after", fontsize=11)
    handles = [
        panels[0].plot([], [], color=colour, ls=style, label=name)[0]
        for name, colour, style in (("before", BEFORE, "-"), ("after", AFTER, "-"), ("limit", LIMIT, "--"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=110)
    partial.replace(file)


def _draw_feed(axes: Axes, optimised: Optimised, time: np.ndarray) -> None:
    """Feeds as written, over the time in which they were run before."""
    plan, path = optimised.plan, optimised.before.toolpath
    block = plan.blocks.of_segment
    starts = np.flatnonzero(np.diff(block, prepend=-2) != 0)
    edges = np.append(time[starts, 0], time[-1, 1])
    scale = MM / MINUTE
    for feed, colour in ((optimised.before.toolpath.feed, BEFORE), (optimised.after.toolpath.feed, AFTER)):
        axes.stairs(np.where(path.rapid, np.nan, feed)[starts] / scale, edges, color=colour, lw=0.9, baseline=None)
    axes.set(ylabel="feed as written\nmm/min", ylim=(0, None))


def _largest(place: np.ndarray, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Largest of the ``values`` in each bin; NaN where there is none."""
    found = np.full(len(edges) - 1, -np.inf)
    row = np.clip(np.searchsorted(edges, place, side="right") - 1, 0, len(found) - 1)
    known = np.isfinite(values)
    np.maximum.at(found, row[known], values[known])
    return np.where(np.isfinite(found), found, np.nan)
