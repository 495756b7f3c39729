"""The run report: one self-contained HTML page."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np

from twin.result import Result

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1b1b1b; max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid #ccc; } .sub { color: #555; margin-top: 0; }
table { border-collapse: collapse; } th, td { padding: .25em .5em; border-bottom: 1px solid #ddd; text-align: left; }
.wide { overflow-x: auto; } td.n { text-align: right; font-variant-numeric: tabular-nums; } img { max-width: 100%; }
.warn { background: #fff4d6; padding: .5em 1em; border-left: 4px solid #d99000; }
"""

SHOWN_NODES = 8  # those whose temperature changes most

NOT_MODELLED = (
    "what chatter does to the surface (cuts that chatter are named)",
    "tool wear where no law is known for the material",
    "walls that bend under the tool, but those that the scenario declares; the force of the clamps",
    "temperature gradients in the part, but through the thickness of its plate and its declared walls",
)


@dataclass(frozen=True)
class ReportPage:
    """A report but for its pictures, which may still be drawn."""

    before: str
    after: str

    def write(self, folder: Path) -> None:
        """Write report.html into ``folder``; shows part.png and sources.png where they are there."""
        files = [file for file in (folder / "part.png", folder / "sources.png") if file.is_file()]
        pictures = "".join(_image(file.read_bytes()) for file in files) or "<p>No picture was drawn.</p>"
        (folder / "report.html").write_text(self.before + pictures + self.after)


def report_page(result: Result) -> ReportPage:
    """The report of ``result``: its tables and plots."""
    attrs = result.tree.attrs
    before = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{html.escape(str(attrs['title']))}</title><style>{STYLE}</style><body>",
        f"<h1>{html.escape(str(attrs['title']))}</h1>",
        f"<p class=sub>scenario {html.escape(str(attrs['scenario']))} · program {html.escape(str(attrs['program']))} · "
        f"{attrs['created']} · twin {attrs['version']}</p>",
        _warnings(result),
        "<h2>The run in numbers</h2>",
        _summary(result),
        "<h2>The part, coloured by predicted deviation</h2>",
    ]
    after = [
        _image(_deviation_plot(result)),
        "<h2>Inspected features</h2>",
        _features(result),
        "<h2>Load and temperature over the program</h2>",
        _image(_load_plot(result)),
        _image(_thermal_plot(result)),
        "<h2>What is in the numbers, and what is not</h2>",
        f"<p>Deviation of {result['surface'].sizes['sample']:,} surface samples through provenance: positive is "
        f"material left. At {100 * float(result['surface']['doubtful'].mean()):.2f} % of the samples a pass that was "
        "not recorded could have made the surface; they are marked <i>doubtful</i> in the result.</p>",
        "<p>Forces, torque and power carry one standard deviation, from the scatter of the material's cutting "
        "coefficients: two of three machines, heats and tool makers are expected within it. It says nothing of what "
        "the model leaves out. The chatter margin is the stable depth over the depth cut; vibration comes from the "
        "geometry of tool and holder, on spindle modes that conf/machine states with their source.</p>",
        f"<p>release of residual stress: {html.escape(str(attrs['release']))}</p>",
        f"<p>Not modelled in this version: {'; '.join(NOT_MODELLED)}.</p>",
        *(f"<p>{html.escape(note)}.</p>" for note in str(attrs["not_modelled"]).splitlines()),
        "</body></html>",
    ]
    return ReportPage("".join(before), "".join(after))


def _warnings(result: Result) -> str:
    lines = [line for key in ("collisions", "warnings") for line in str(result.tree.attrs.get(key, "")).splitlines()]
    if not lines:
        return ""
    shown = "".join(f"<li>{html.escape(line)}</li>" for line in lines[:30])
    more = f"<li>and {len(lines) - 30} more in run.json</li>" if len(lines) > 30 else ""
    return f"<div class=warn><b>{len(lines)} findings</b><ul>{shown}{more}</ul></div>"


def _summary(result: Result) -> str:
    rows = (
        (name, f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}", unit)
        for name, (value, unit) in result.summary().items()
    )
    return _table(("quantity", "value", "unit"), rows)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def cell(text: str) -> str:
        number = text.lstrip("+-−±").replace(",", "").replace(".", "").isdigit()
        return f"<td class=n>{html.escape(text)}</td>" if number else f"<td>{html.escape(text)}</td>"

    head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
    body = "".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows)
    return f"<div class=wide><table><tr>{head}</tr>{body}</table></div>"


def _features(result: Result) -> str:
    features = result["features"]
    if not features.sizes.get("feature"):
        return "<p>The scenario declares no features.</p>"
    sources = [str(s) for s in features["contributor"].values]
    rows = []
    for i in range(features.sizes["feature"]):
        row = features.isel(feature=i)
        rows.append(
            (
                str(row["name"].values),
                str(row["characteristic"].values),
                f"{float(row['nominal_mm']):.3f}",
                f"{float(row['predicted_mm']):.4f}",
                *("" if np.isnan(v) else f"{float(v):.4f}" for v in row["measured_mm"].values),
                f"{float(row['error_um']):+.1f}",
                *(f"{float(v):+.1f}" for v in np.atleast_1d(row["contribution_um"].values)),
            )
        )
    measured = [f"{name} [mm]" for name in features["laboratory"].values]
    shares = [f"{source} [µm]" for source in sources]
    headings = ("feature", "characteristic", "nominal [mm]", "predicted [mm]", *measured, "error [µm]", *shares)
    return _table(headings, rows)


def _deviation_plot(result: Result) -> bytes:
    surface = result["surface"]
    machined = surface["machined"].values
    figure, axis = plt.subplots(figsize=(10, 3))
    total = surface["deviation_um"].values[machined]
    low, high = np.percentile(total, [0.5, 99.5])
    bins = np.linspace(low - 1e-9, high + 1e-9, 80).tolist()
    axis.hist(total, bins, color="#888888", label="total")
    for k, source in enumerate(surface["source"].values):
        values = surface["contribution_um"].values[machined, k]
        axis.hist(values, bins, histtype="step", linewidth=1.5, label=str(source))
    axis.set_xlabel("deviation along the surface normal [µm], + is material left")
    axis.set_ylabel("surface samples")
    axis.legend(frameon=False)
    return _png(figure)


def _load_plot(result: Result) -> bytes:
    segments = result["segments"]
    time = segments["time_s"].values.mean(axis=1) / 60.0
    figure, axes = plt.subplots(2, 1, figsize=(10, 4.5), sharex=True)
    axes[0].plot(time, segments["force_peak_n"].values, color="#1f4e79", linewidth=0.6)
    axes[0].set_ylabel("peak force [N]")
    axes[1].plot(time, segments["power_w"].values, color="#8c4a00", linewidth=0.6)
    axes[1].set_ylabel("spindle power [W]")
    axes[1].set_xlabel("time [min]")
    return _png(figure)


def _thermal_plot(result: Result) -> bytes:
    thermal = result["thermal"]
    time = thermal["time_s"].values / 60.0
    figure, axes = plt.subplots(2, 1, figsize=(10, 4.5), sharex=True)
    moves = thermal["temperature_degc"].max("time") - thermal["temperature_degc"].min("time")
    for node in moves.sortby(-moves)["node"].values[:SHOWN_NODES]:
        axes[0].plot(time, thermal["temperature_degc"].sel(node=node).values, linewidth=1.0, label=str(node))
    axes[0].set_ylabel("temperature [°C]")
    axes[0].legend(frameon=False, fontsize=7, ncols=4)
    for axis_name, colour in zip("xyz", ("#1f4e79", "#8c4a00", "#3b7d3b"), strict=True):
        axes[1].plot(time, thermal["drift_um"].sel(axis=axis_name).values, color=colour, label=axis_name)
    axes[1].set_ylabel("tool-point drift [µm]")
    axes[1].set_xlabel("time [min]")
    axes[1].legend(frameon=False)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, bbox_inches="tight")
    plt.close(figure)
    return stream.getvalue()


def _image(png: bytes) -> str:
    return f'<p><img src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'
