"""The report of a day of spindle temperature."""

import base64
import html
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from hardware.validation.plots import png
from hardware.validation.spindle_day import SpindleValidation
from hardware.validation.tables import MARK, number
from twin.view.page import STYLE

SAID = "a real machine, by its own log; what it cut is not logged"
HEADINGS = ("known of the day", "bias K", "RMSE K", "limit K", "", "largest K", "correlation")
KNOWN = {
    "free run": "speed, first temperature",
    "unknown start": "speed",
    "re-probe": "speed, a temperature now and then",
}
COLOURS = {"free run": "#c55a11", "unknown start": "#8a8a8a", "re-probe": "#3b7d3b"}


def rows(validation: SpindleValidation) -> list[tuple[str, ...]]:
    """As HEADINGS."""
    return [
        (
            f"{mode}: {KNOWN[mode]}",
            number(f.bias),
            number(f.rmse),
            "" if f.limit is None else number(f.limit),
            MARK[f.passed],
            number(f.largest),
            number(f.correlation),
        )
        for mode, f in validation.fidelity.items()
    ]


def spindle_report(validation: SpindleValidation, out: Path, console: Console | None = None) -> Path:
    """Print the table and write report.html into ``out``; return it."""
    v = validation
    low, high = v.day.reading.min(), v.day.reading.max()
    facts = (
        f"{v.day.file.name}: {len(v.day.heat) * v.step / 3600:.1f} h, {low:.0f} to {high:.0f} °C, "
        f"{100 * v.day.spurious:.0f} % of the logged values dropped as spurious zeros",
        f"model fitted on {', '.join(f.name for f in v.fitted_on)}: time constant {v.time_constant / 60:.1f} min, "
        f"{v.gain:.2f} K at full speed; nothing of this day took part",
        "the log has no ambient temperature and no displacement: nothing is said of drift",
    )
    file = out / "report.html"
    body = "".join(f"<p>{html.escape(fact)}</p>" for fact in facts)
    head = "".join(f"<th>{h}</th>" for h in HEADINGS)
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows(v))
    picture = base64.b64encode(_plot(v)).decode()
    title = f"Spindle temperature: {html.escape(v.day.file.name)}"
    file.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style><body>"
        f"<h1>{title}</h1><p><b>{SAID}</b></p>{body}<table><tr>{head}</tr>{cells}</table>"
        f'<p><img src="data:image/png;base64,{picture}"></p></body></html>'
    )
    if console:
        console.print(f"\n[bold]Spindle temperature[/bold]: {SAID}", highlight=False)
        for fact in facts:
            console.print(fact, highlight=False)
        table = Table()
        for k, heading in enumerate(HEADINGS):
            table.add_column(heading, justify="left" if k == 0 else "right")
        for row in rows(v):
            table.add_row(*row)
        console.print(table)
        console.print(f"report   {file}", highlight=False, soft_wrap=True)
    return file


def _plot(v: SpindleValidation) -> bytes:
    figure = Figure(figsize=(10, 4.2))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    hours = np.arange(len(v.day.reading)) * v.step / 3600
    upper.step(hours, v.day.reading, where="post", color="#1f4e79", linewidth=0.8, label="measured")
    for mode, values in v.predicted.items():
        upper.plot(hours, values, color=COLOURS[mode], linewidth=1.1, label=mode)
    upper.set_ylabel("spindle temperature [°C]")
    upper.legend(frameon=False, fontsize=8, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    lower.fill_between(hours[1:], v.day.heat, step="pre", color="#8a8a8a", linewidth=0)
    lower.set_ylabel("speed [1]")
    lower.set_xlabel("time [h]")
    return png(figure)
