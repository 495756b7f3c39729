"""Sheets of ISO 230-2, ISO 230-3 and of the R-test as pictures, and any of them as an HTML page."""

from base64 import b64encode
from html import escape
from io import BytesIO

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from twin.machine_tests.positioning import Positioning
from twin.machine_tests.r_test import Identification
from twin.machine_tests.thermal_drift import Drift
from twin.units import HOUR, MM, UM

Rows = list[tuple[str, str]]
UP, DOWN = "#1f5fa8", "#c8562b"


def positioning_rows(sheet: Positioning) -> Rows:
    """Results of ISO 230-2."""

    def three(values: tuple[float, float, float]) -> str:
        return "{:.2f} / {:.2f} / {:.2f} µm".format(*(v / UM for v in values))

    return [
        ("A accuracy up / down / bidirectional", three(sheet.accuracy)),
        ("E systematic deviation up / down / bidirectional", three(sheet.systematic)),
        ("R repeatability up / down / bidirectional", three(sheet.repeatability)),
        ("M range of the mean bidirectional deviation", f"{sheet.mean_systematic / UM:.2f} µm"),
        ("B reversal value", f"{sheet.reversal_value / UM:.2f} µm"),
        ("mean reversal value", f"{sheet.mean_reversal / UM:+.2f} µm"),
    ]


def draw_positioning(sheet: Positioning, deviations: np.ndarray, title: str) -> Figure:
    """Means with ± 2 s of both directions over the targets, single readings behind."""
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.add_subplot()
    for direction, (name, colour) in enumerate((("upwards", UP), ("downwards", DOWN))):
        x = sheet.target / MM
        mean, band = sheet.mean[direction] / UM, 2 * sheet.deviation[direction] / UM
        axes.plot(
            np.tile(x, len(deviations)), deviations[:, direction].ravel() / UM, ".", color=colour, ms=3, alpha=0.4
        )
        axes.plot(x, mean, color=colour, lw=1.5, label=f"mean {name}")
        axes.fill_between(x, mean - band, mean + band, color=colour, alpha=0.15, lw=0, label=f"± 2 s {name}")
    axes.set_xlabel("target / mm")
    axes.set_ylabel("deviation / µm")
    axes.grid(alpha=0.25)
    axes.legend(ncols=4, fontsize=9, frameon=False, loc="lower left", bbox_to_anchor=(0, 1))
    figure.suptitle(title, fontsize=11)
    return figure


def drift_rows(drifts: list[Drift]) -> Rows:
    """Ranges of ISO 230-3."""
    return [
        (
            f"{d.name}: whole test / first 60 min / any 60 min",
            f"{d.whole / UM:.2f} / {d.first_hour / UM:.2f} / {d.any_hour / UM:.2f} µm",
        )
        for d in drifts
    ]


def draw_drift(
    time: np.ndarray, reading: dict[str, np.ndarray], temperature: dict[str, np.ndarray], title: str
) -> Figure:
    """Readings [m] above temperatures [degC] over time [s]."""
    figure = Figure(figsize=(10, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, values, scale, label in (
        (upper, reading, UM, "drift of the tool / µm"),
        (lower, temperature, 1.0, "temperature / °C"),
    ):
        for name, value in values.items():
            axes.plot(time / HOUR, value / scale, lw=1.4, label=name)
        axes.set_ylabel(label)
        axes.grid(alpha=0.25)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=9, frameon=False)
    lower.set_xlabel("time / h")
    figure.suptitle(title, fontsize=11)
    return figure


def identification_rows(found: Identification) -> Rows:
    """Parameters with one standard deviation, of all and of the noise alone, and what the poses cannot tell."""
    rows = []
    for name, value, whole, noise in zip(found.name, found.value, found.whole, found.sigma, strict=True):
        unit = "µm" if name[0] in "XYZb" else "µrad"
        spread = f"± {whole / UM:.2f} ({noise / UM:.2f})" if np.isfinite(noise) else "not identifiable alone"
        rows.append((name.replace("_", " "), f"{value / UM:+.2f} {unit} {spread}"))
    for row in found.unknown:
        rows.append(("cannot be told", "  ".join(f"{v:+.2f} {k}" for k, v in row.items())))
    length = np.array([name[0] in "XYZb" for name in found.name])
    for group, sigma in found.by_setup.items():
        parts = (f"{sigma[mine].max() / UM:.2f} {unit}" for mine, unit in ((length, "µm"), (~length, "µrad")))
        rows.append((f"{group}, at most", ", ".join(parts)))
    return [*rows, ("not explained, rms", f"{found.left / UM:.2f} µm")]


def draw_identification(found: Identification, true: np.ndarray | None, title: str) -> Figure:
    """Parameters with two standard deviations, and the singular values of the poses."""
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    x = np.arange(len(found.name))
    finite = np.isfinite(found.sigma)
    left.errorbar(
        x[finite], found.value[finite] / UM, 2 * found.whole[finite] / UM, fmt="o", color=UP, ms=4, capsize=3,
        label="identified ± 2 standard deviations",
    )  # fmt: skip
    if not finite.all():
        left.plot(x[~finite], found.value[~finite] / UM, "x", color=DOWN, label="not identifiable alone")
    if true is not None:
        left.plot(x, true / UM, "_", color="black", ms=14, label="of the machine")
    left.set_xticks(x, [n.replace("_", " ") for n in found.name], rotation=60, fontsize=8)
    left.set_ylabel("µm, µrad")
    left.grid(alpha=0.25)
    left.legend(fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    right.semilogy(x + 1, found.singular / found.singular[0], "o-", color=UP, ms=4)
    right.set_ylim(bottom=min(1e-3, 0.5 * float((found.singular / found.singular[0]).min())))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel("number")
    right.set_ylabel("singular value over the largest")
    right.grid(alpha=0.25)
    figure.suptitle(title, fontsize=11)
    return figure


def sheet_page(title: str, rows: Rows, figure: Figure, notes: list[str], film: bytes = b"") -> str:
    """An HTML page that stands alone: picture, table, how it was run; ``film``: a GIF of what changes with time."""
    picture = BytesIO()
    figure.savefig(picture, dpi=110, format="png")
    cells = "\n".join(f"<tr><td>{escape(a)}</td><td class=v>{escape(b)}</td></tr>" for a, b in rows)
    said = "\n".join(f"<li>{escape(note)}</li>" for note in notes)
    moving = (
        f'<h2>Over time</h2>\n<img alt="film" src="data:image/gif;base64,{b64encode(film).decode()}">' if film else ""
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}
td{{padding:.2rem 1.5rem .2rem 0;border-bottom:1px solid #ddd}}.v{{text-align:right;font-variant-numeric:tabular-nums}}
img{{max-width:100%}}</style></head><body>
<h1>{escape(title)}</h1>
<img alt="{escape(title)}" src="data:image/png;base64,{b64encode(picture.getvalue()).decode()}">
<table>
{cells}
</table>
<ul>
{said}
</ul>
{moving}
</body></html>
"""
