"""Utilisation and OEE: tables, and the day of a machine as a band of its states."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import matplotlib.dates as mdates
from matplotlib.figure import Figure as Picture
from matplotlib.patches import Patch
from rich.console import Console
from rich.table import Table

from twin.production.machine_states import State, Timeline
from twin.production.oee import ELEMENTS, Figure, Times

COLOURS = {
    State.UNOBSERVED: "#ffffff",
    State.PRODUCTION: "#009e73",
    State.SETUP: "#56b4e9",
    State.DELAY: "#e69f00",
    State.DOWN: "#9a9a9a",
}


def print_times(times: Times, timeline: Timeline, console: Console) -> None:
    """The elements of the time model."""
    table = Table(title="Time elements, ISO 22400-2", title_justify="left")
    for heading, justify in (("element", "left"), ("h", "right"), ("% of PBT", "right"), ("times", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("definition")
    episodes = {state.name.lower(): n for state, n in timeline.episodes().items()}
    for name, attribute, definition in ELEMENTS:
        seconds = getattr(times, attribute)
        came = str(episodes.get(attribute, ""))
        table.add_row(name, f"{seconds / 3600:.3f}", f"{100 * seconds / times.planned:.1f}", came, definition)
    console.print(table)


def print_figures(figures: Sequence[Figure], console: Console) -> None:
    """The figures with their bounds and definitions."""
    table = Table(title="Figures, ISO 22400-2; bounds: whatever the machine did unobserved", title_justify="left")
    for heading, justify in (("figure", "left"), ("value", "right"), ("bounds", "right"), ("unit", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("definition")
    for row in figures:
        known = math.isfinite(row.value)
        bounds = f"{row.low:.1f} to {row.high:.1f}" if known else ""
        note = f"{row.definition} [yellow]({row.why})[/yellow]" if row.why else row.definition
        table.add_row(row.name, f"{row.value:.1f}" if known else "-", bounds, row.unit, note)
    console.print(table)


def draw_days(machines: Sequence[tuple[str, Timeline]], note: str = "") -> Picture:
    """A band a machine, coloured by state over the time of day.

    Args:
        machines: name and timeline of each.
        note: below the picture.
    """
    picture = Picture(figsize=(9.5, 1.1 + 0.75 * len(machines)), layout="constrained")
    panels = picture.subplots(len(machines), 1, squeeze=False)[:, 0]
    for axes, (name, line) in zip(panels, machines, strict=True):
        edges = mdates.date2num([datetime.fromtimestamp(t / 1e6, UTC) for t in line.edge_us])
        for state in State:
            rows = [k for k, s in enumerate(line.state) if s == state]
            spans = [(edges[k], edges[k + 1] - edges[k]) for k in rows]
            style = {"hatch": "////", "edgecolor": "#bbbbbb"} if state == State.UNOBSERVED else {}
            axes.broken_barh(spans, (0, 1), facecolors=COLOURS[state], linewidth=0, **style)
        axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=[])
        share = 100 * line.seconds()[State.PRODUCTION] / max(sum(line.seconds().values()), 1e-9)
        axes.set_title(f"{name}: {share:.1f} % of the period in production", fontsize=9, loc="left")
        locator = mdates.AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
        axes.tick_params(labelsize=8)
    handles = [
        Patch(facecolor=COLOURS[s], edgecolor="#bbbbbb", hatch="////" if s == State.UNOBSERVED else None)
        for s in (State.PRODUCTION, State.SETUP, State.DELAY, State.DOWN, State.UNOBSERVED)
    ]
    names = ["production (APT)", "set-up (AUST)", "delay (ADET)", "down (ADOT)", "unobserved"]
    picture.legend(handles, names, loc="outside upper center", ncols=5, fontsize=8, frameon=False)
    if note:
        picture.supxlabel(note, fontsize=8)
    return picture
