"""Compensation: tables of before and after, and the picture of part and path."""

from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from twin.compensation.outcome import Outcome, Residual
from twin.units import MINUTE, MM, UM

BEFORE, AFTER = "#9a9a9a", "#1f5fa8"
MAP_CELLS = 160  # of a map along its longer side; each shows the mean of its samples


def residual_rows(residual: Residual) -> list[tuple[str, dict[str, float]]]:
    """Each axis with its errors [µm] along the cutting path: root mean squares and the largest."""
    shares = {"before": residual.before, "after": residual.after, "rounding": residual.rounding}
    rows = []
    for column, axis in enumerate("XYZ"):
        values = {f"{name}_rms": float(residual.rms(error)[column]) / UM for name, error in shares.items()}
        values |= {f"{name}_largest": float(np.abs(e[..., column]).max()) / UM for name, e in shares.items()}
        rows.append((axis, values))
    return rows


def part_rows(outcome: Outcome) -> list[tuple[str, float, float]]:
    """Deviation of the machined surface [µm], before and after."""
    machined = outcome.before.machining.cut.surface.machined
    total = [p.deviation[machined] / UM for p in (outcome.before, outcome.after)]
    share = [outcome.machine_share(p)[machined] / UM for p in (outcome.before, outcome.after)]

    def row(what: str, values: list[np.ndarray], measure: str) -> tuple[str, float, float]:
        of = {"rms": lambda v: np.sqrt(np.mean(v**2)), "95": lambda v: np.percentile(np.abs(v), 95)}[measure]
        return what, float(of(values[0])), float(of(values[1]))

    return [
        row("deviation by the machine, rms", share, "rms"),
        row("deviation by the machine, 95 % within ±", share, "95"),
        row("deviation in total, rms", total, "rms"),
        row("deviation in total, 95 % within ±", total, "95"),
    ]


def feature_rows(outcome: Outcome) -> list[tuple[str, str, float, float, float]]:
    """Feature, characteristic, nominal [mm], error before and after [µm]; features without samples are left out."""
    first, second = outcome.before.inspection, outcome.after.inspection
    rows = zip(first.name, first.characteristic, first.nominal, first.predicted, second.predicted, strict=True)
    return [
        (str(name), str(what), float(nominal) / MM, float(one - nominal) / UM, float(two - nominal) / UM)
        for name, what, nominal, one, two in rows
        if np.isfinite([one, two]).all()
    ]


def print_outcome(outcome: Outcome, title: str, console: Console) -> None:
    """What is left of the machine's error, and of the part's."""
    table = Table(title=f"{title}: error of the machine along the cutting path [µm]", title_justify="left")
    headings = ("axis", "before rms", "largest", "after rms", "largest", "rounding, interpolation rms", "largest")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "axis" else "right")
    for axis, values in residual_rows(outcome.residual):
        shown = [f"{values[f'{s}_{m}']:.2f}" for s in ("before", "after", "rounding") for m in ("rms", "largest")]
        table.add_row(axis, *shown)
    console.print(table)
    table = Table(title="part [µm]", title_justify="left")
    for heading in ("", "before", "after"):
        table.add_column(heading, justify="left" if not heading else "right")
    for what, before, after in part_rows(outcome):
        table.add_row(what, f"{before:.2f}", f"{after:.2f}")
    console.print(table)
    if rows := feature_rows(outcome):
        table = Table(title="features: predicted minus nominal", title_justify="left")
        for heading in ("feature", "characteristic", "nominal mm", "before µm", "after µm"):
            table.add_column(heading, justify="left" if heading in ("feature", "characteristic") else "right")
        for name, what, nominal, before, after in rows:
            table.add_row(name, what, f"{nominal:.3f}", f"{before:+.2f}", f"{after:+.2f}")
        console.print(table)
    console.print("the same prediction before and after: what it misses of a real machine stays", highlight=False)
    first, second = outcome.duration
    if first != second:
        console.print(f"duration {first / MINUTE:.2f} min before, {second / MINUTE:.2f} min after", highlight=False)


def draw_compensation(outcome: Outcome, title: str, file: Path, dpi: int = 110) -> None:
    """Write a PNG: the machine's share of the deviation on the part, and its error along the path."""
    figure = Figure(figsize=(11, 8), layout="constrained")
    upper, lower = cast(np.ndarray, figure.subfigures(2, 1, height_ratios=(1.1, 1)))
    surface = outcome.before.machining.cut.surface
    place = surface.position[surface.machined, :2] / MM
    shares = [outcome.machine_share(p)[surface.machined] / UM for p in (outcome.before, outcome.after)]
    limit = max(float(np.percentile(np.abs(shares[0]), 99)), 1e-3)
    maps = upper.subplots(1, 2, sharex=True, sharey=True)
    for axes, share, name in zip(maps, shares, ("before", "after"), strict=True):
        low, high = place.min(axis=0), place.max(axis=0)
        cell = (high - low).max() / MAP_CELLS
        edges = [np.linspace(low[k], high[k], max(round((high[k] - low[k]) / cell), 1) + 1) for k in range(2)]
        total = np.histogram2d(place[:, 0], place[:, 1], bins=edges, weights=share)[0]
        count = np.histogram2d(place[:, 0], place[:, 1], bins=edges)[0]
        mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
        extent = (low[0], high[0], low[1], high[1])
        drawn = axes.imshow(mean.T, origin="lower", extent=extent, cmap="RdBu_r", vmin=-limit, vmax=limit)
        axes.set_title(f"{name}: {np.sqrt(np.mean(share**2)):.2f} µm rms", fontsize=10)
        axes.set_xlabel("x / mm")
    maps[0].set_ylabel("y / mm")
    upper.colorbar(drawn, ax=list(maps), label="deviation by the machine / µm\n+ material left", extend="both")
    _draw_path(outcome, lower.subplots(3, 1, sharex=True))
    figure.suptitle(title, fontsize=11)
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=dpi)
    partial.replace(file)


def _draw_path(outcome: Outcome, panels: np.ndarray) -> None:
    """Error of the machine at the cutting segments, over the program's time."""
    machining = outcome.before.machining
    time = machining.time[machining.cut.engagement.volume > 0].ravel() / MINUTE
    residual = outcome.residual
    for column, (axes, axis) in enumerate(zip(panels, "XYZ", strict=True)):
        _line(axes, time, residual.before[..., column].ravel() / UM, BEFORE, "before")
        _line(axes, time, residual.after[..., column].ravel() / UM, AFTER, "after")
        axes.set_ylabel(f"{axis} / µm")
        axes.grid(alpha=0.25)
    panels[0].set_title("error of the machine where it cuts", fontsize=10)
    panels[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=9, frameon=False, borderpad=0)
    panels[-1].set_xlabel("time in the program / min")


def _line(axes: Axes, time: np.ndarray, values: np.ndarray, colour: str, label: str) -> None:
    axes.plot(time, values, color=colour, lw=0.7, label=label)
