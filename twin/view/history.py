"""The history of a part: printed, and drawn as the chain of its events beside what was predicted and measured."""

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from rich.console import Console
from rich.table import Table

from twin.production.history_event import StoredEvent, utc_text
from twin.production.history_part import Compared, PartHistory

COLOURS = {
    "blank": "#e8e8e8",
    "program": "#dbe9f6",
    "tools": "#dbe9f6",
    "machine_state": "#dbe9f6",
    "compensation": "#dbe9f6",
    "prediction": "#d5efe3",
    "machining": "#fbe3c6",
    "recording": "#fbe3c6",
    "inspection": "#f3dcec",
    "note": "#fff7cc",
    "release": "#c9e7c9",
}
BOX = "round,pad=0,rounding_size=0.01"
TICKS = (-1000, -500, -200, -100, -50, -25, 0, 25, 50, 100, 200, 500, 1000)  # [µm]
LABORATORIES = (("o", "#d55e00"), ("s", "#0072b2"), ("D", "#cc79a7"), ("^", "#444444"))


def told(event: StoredEvent) -> str:
    """What an event says, in a line."""
    body = event.body
    if event.kind not in _TELL:
        return str(body)
    return _TELL[event.kind](body)


def _tools(body: Mapping[str, Any]) -> str:
    used = [tool for tool in body["tools"] if tool["used"]]
    words = [
        f"T{tool['number']}"
        + (f" {tool['serial']}" if tool["serial"] else "")
        + (f" worn {tool['wear_um']:.0f} µm" if tool["wear_um"] is not None else "")
        for tool in used
    ]
    named = sum(tool["serial"] is not None for tool in used)
    state = "" if any(tool["wear_um"] is not None for tool in used) else "; wear state: no law known"
    return f"{', '.join(words)}; {named} of {len(used)} serial numbers known{state}"


def _inspection(body: Mapping[str, Any]) -> str:
    rows = body["characteristics"]
    failed = sum(row["status"] == "FAIL" for row in rows)
    return f"{body['laboratory']}: {len(rows)} characteristics, {failed} outside their limits ({body['file']})"


_TELL = {
    "blank": lambda b: f"{b['title']}, {b['material']}" + (f", batch {b['batch']}" if b.get("batch") else ""),
    "program": lambda b: f"{b['name']}, {b.get('lines', 0):,} lines, sha256 {b['sha256'][:12]}",
    "tools": _tools,
    "machine_state": lambda b: f"{b['machine']}: errors {b['error_state']}",
    "compensation": lambda b: f"{b['name']}, sha256 {b['sha256'][:12]}" if b["in_force"] else "none in force",
    "machining": lambda b: (
        f"on {b['machine']}, {b['duration_s']:.0f} s"
        + (f", of them {b['delay_s']:.0f} s held" if b.get("delay_s", 0) >= 1 else "")
        + (f", {b['unobserved_s']:.0f} s unobserved" if b.get("unobserved_s", 0) >= 1 else "")
        + (f"; the control ran {b['program']}" if b.get("program") else "")
    ),
    "recording": lambda b: (
        f"{len(b['channels'])} channels" + (f", {b['events']:,} events" if "events" in b else "") + f", {b['file']}"
    ),
    "prediction": lambda b: (
        f"twin {b['twin_version']}: {b.get('duration_s', math.nan):.0f} s, {len(b['characteristics'])} characteristics"
        f", parameters {b.get('parameters_sha256', '')[:12]}"
    ),
    "inspection": _inspection,
    "note": lambda b: b["text"],
    "release": lambda b: f"{b['decision']}: {b['why']}",
}


def print_trace(history: PartHistory, console: Console) -> None:
    """The chain, what is predicted and measured, what is doubtful."""
    console.print(f"[bold]{history.part} {history.serial}[/bold]", highlight=False)
    table = Table(show_edge=False)
    for heading in ("row", "time UTC", "event", "what", "by", "hash"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("time UTC", "event"))
    for event in history.events:
        by = history.sources[event.source]
        table.add_row(str(event.seq), _when(event), event.kind, told(event), by, event.hash.hex()[:8])
    console.print(table)
    if history.compared:
        print_compared(history.compared, console)
    for doubt in history.doubts:
        console.print(f"[yellow]doubt[/yellow] {doubt}", highlight=False)


def print_compared(rows: tuple[Compared, ...], console: Console) -> None:
    """Predicted beside measured."""
    laboratories = list(dict.fromkeys(name for row in rows for name in row.measured))
    table = Table(title="Deviation from nominal, µm (0.001 degree for angles)", title_justify="left", show_edge=False)
    table.add_column("characteristic")
    for heading in ("nominal", "predicted", *laboratories):
        table.add_column(heading, justify="right")
    for row in rows:
        cells = [_deviation(row, row.predicted)]
        for name in laboratories:
            mark = " FAIL" if name in row.failed else ""
            cells.append(_deviation(row, row.measured[name]) + mark if name in row.measured else "")
        table.add_row(row.name, f"{row.nominal:.3f}", *cells)
    console.print(table)


def _deviation(row: Compared, value: float) -> str:
    away = 1e3 * (value - row.nominal)
    return f"{away:+.1f}" if math.isfinite(away) else "-"


def _when(event: StoredEvent) -> str:
    return utc_text(event.time_us)[:19].replace("T", " ")


def draw_trace(history: PartHistory) -> Figure:
    """The chain on the left, linked by its hashes; predicted and measured deviations on the right."""
    n, rows = len(history.events), [row for row in history.compared if row.unit == "mm"]
    height = max(0.62 * n + 1.2, 0.21 * len(rows) + 1.6, 4.0)
    figure = Figure(figsize=(13.5 if rows else 8.0, height), layout="constrained")
    if rows:
        chain, compared = figure.subplots(1, 2, width_ratios=[1.35, 1.0])
        _draw_compared(rows, compared)
    else:
        chain = figure.subplots()
    _draw_chain(history, chain)
    return figure


def _draw_chain(history: PartHistory, axes: Axes) -> None:
    n = len(history.events)
    for k, event in enumerate(history.events):
        y = n - 1 - k
        colour = COLOURS.get(event.kind, "#ffffff")
        if event.kind == "release" and event.body["decision"] != "released":
            colour = "#f4c7c3"
        axes.add_patch(FancyBboxPatch((0.02, y + 0.1), 0.96, 0.74, boxstyle=BOX, fc=colour, ec="#777777"))
        axes.text(0.035, y + 0.60, event.kind.replace("_", " "), fontsize=8.5, weight="bold", va="center")
        right = f"{_when(event)}   row {event.seq}   {event.hash.hex()[:8]}"
        axes.text(0.965, y + 0.60, right, fontsize=6.5, va="center", ha="right", family="monospace", color="#444444")
        axes.text(0.035, y + 0.30, _cut(told(event), 108), fontsize=7.5, va="center")
        if k:
            axes.annotate("", (0.5, y + 0.84), (0.5, y + 1.1), arrowprops={"arrowstyle": "-|>", "color": "#777777"})
    for k, doubt in enumerate(history.doubts):
        axes.text(0.02, -0.25 - 0.35 * k, f"! {doubt}", fontsize=7.5, color="#b00020", va="center")
    axes.set(xlim=(0, 1), ylim=(-0.35 * len(history.doubts) - 0.2, n))
    title = f"{history.part} {history.serial}: every row holds the hash of the row before"
    axes.set_title(title, fontsize=10, loc="left")
    axes.axis("off")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _draw_compared(rows: list[Compared], axes: Axes) -> None:
    """Deviation from nominal [µm]; what is far outside the others is told at the edge."""
    place = range(len(rows) - 1, -1, -1)
    axes.axvline(0, color="#999999", linewidth=0.8)
    predicted = [1e3 * (row.predicted - row.nominal) for row in rows]
    axes.plot(predicted, list(place), "|", color="#009e73", markersize=9, markeredgewidth=2.5, label="predicted")
    laboratories = list(dict.fromkeys(name for row in rows for name in row.measured))
    for (mark, colour), name in zip(LABORATORIES, laboratories, strict=False):
        known = [
            (1e3 * (row.measured[name] - row.nominal), y, name in row.failed)
            for y, row in zip(place, rows, strict=True)
            if name in row.measured
        ]
        for failed in (False, True):
            xs, ys = [x for x, _, f in known if f == failed], [y for _, y, f in known if f == failed]
            label = name if not failed else f"{name}, outside limits"
            face = "none" if failed else colour
            if xs:
                axes.plot(xs, ys, mark, color=colour, markerfacecolor=face, markersize=5, label=label)
    axes.set_yticks(list(place), [row.name for row in rows], fontsize=7)
    axes.set_xscale("symlog", linthresh=50)
    axes.margins(x=0.06)
    low, high = axes.get_xlim()
    axes.set_xticks(ticks := [x for x in TICKS if low <= x <= high], [str(x) for x in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("deviation from nominal / µm; linear within 50, then logarithmic", fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, loc="best")
