"""The run report: one self-contained HTML page."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.result import Result
from twin.view.operations import Operation, chatter_of
from twin.view.page import CLOSING, findings, image, moment, opening, plain, plt, png_of, table

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
        pictures = "".join(image(file.read_bytes()) for file in files) or "<p>No picture was drawn.</p>"
        (folder / "report.html").write_text(self.before + pictures + self.after)


def report_page(result: Result, marked: Sequence[Operation]) -> ReportPage:
    """The report of ``result``: its tables and plots; ``marked``: the operations of its program."""
    attrs = result.tree.attrs
    before = [
        opening(str(attrs["title"])),
        f"<h1>{html.escape(str(attrs['title']))}</h1>",
        f"<p class=sub>scenario {html.escape(str(attrs['scenario']))} · program {html.escape(str(attrs['program']))} · "
        f"{moment(attrs['created'])} · twin {attrs['version']}</p>",
        findings(found(result, marked)),
        "<h2>The run in numbers</h2>",
        _summary(result),
        "<h2>The part, coloured by predicted deviation</h2>",
    ]
    after = [
        image(deviation_plot(result)),
        "<h2>Inspected features</h2>",
        _features(result),
        "<h2>Load and temperature over the program</h2>",
        image(_load_plot(result)),
        image(_thermal_plot(result)),
        "<h2>What is in the numbers, and what is not</h2>",
        what_is_not(result),
        CLOSING,
    ]
    return ReportPage("".join(before), "".join(after))


def found(result: Result, marked: Sequence[Operation]) -> list[str]:
    """Collisions, warnings, and operations that chatter, a sentence each."""
    said = [line for key in ("collisions", "warnings") for line in str(result.tree.attrs.get(key, "")).splitlines()]
    return [*said, *filter(None, (chatter_of(one, result["segments"]) for one in marked))]


def what_is_not(result: Result) -> str:
    """What the numbers hold and what no model here says."""
    attrs = result.tree.attrs
    lines = [
        f"<p>Deviation of {result['surface'].sizes['sample']:,} surface samples through provenance: positive is "
        f"material left. At {100 * float(result['surface']['doubtful'].mean()):.2f} % of the samples a pass that was "
        "not recorded could have made the surface; they are marked <i>doubtful</i> in the result.</p>",
        "<p>Forces, torque and power carry one standard deviation, from the scatter of the material's cutting "
        "coefficients: two of three machines, heats and tool makers are expected within it. It says nothing of what "
        "the model leaves out. The chatter margin is the stable depth over the depth cut; vibration comes from the "
        "geometry of tool and holder, on spindle modes that conf/machine states with their source.</p>",
        f"<p>heat of the machine: {html.escape(str(attrs.get('machine_heat', 'not recorded')))}</p>",
        f"<p>release of residual stress: {html.escape(str(attrs['release']))}</p>",
        f"<p>Not modelled in this version: {'; '.join(NOT_MODELLED)}.</p>",
        *(f"<p>{html.escape(note)}.</p>" for note in str(attrs["not_modelled"]).splitlines()),
    ]
    return "".join(lines)


def _summary(result: Result) -> str:
    rows = ((name, plain(value), unit) for name, (value, unit) in result.summary().items())
    return table(("quantity", "value", "unit"), rows)


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
    return table(headings, rows)


def deviation_plot(result: Result, dpi: int = 110) -> bytes:
    """How the deviation of the machined surface, and the share of each source, is distributed: a PNG."""
    surface = result["surface"]
    machined = surface["machined"].values
    area = surface["area_mm2"].values[machined] / 100
    figure, axis = plt.subplots(figsize=(10, 3))
    total = surface["deviation_um"].values[machined]
    low, high = np.percentile(total, [0.5, 99.5])
    bins = np.linspace(low - 1e-9, high + 1e-9, 80)
    heights = np.histogram(total, bins, weights=area)[0]
    axis.stairs(heights, bins, fill=True, color="#bbbbbb", label="total")
    axis.set_ylim(0, 1.3 * heights.max())  # a source that adds nothing nearly everywhere is one high column
    for k, source in enumerate(surface["source"].values):
        values = surface["contribution_um"].values[machined, k]
        if values.any():
            axis.stairs(np.histogram(values, bins, weights=area)[0], bins, linewidth=1.5, label=str(source))
    axis.set_xlabel("deviation along the surface normal [µm], + is material left")
    axis.set_ylabel("machined surface [cm²]")
    axis.legend(frameon=False)
    return png_of(figure, dpi)


def _load_plot(result: Result) -> bytes:
    segments = result["segments"]
    time = segments["time_s"].values.mean(axis=1) / 60.0
    figure, axes = plt.subplots(2, 1, figsize=(10, 4.5), sharex=True)
    axes[0].plot(time, segments["force_peak_n"].values, color="#1f4e79", linewidth=0.6)
    axes[0].set_ylabel("peak force [N]")
    axes[1].plot(time, segments["power_w"].values, color="#8c4a00", linewidth=0.6)
    axes[1].set_ylabel("spindle power [W]")
    axes[1].set_xlabel("time [min]")
    return png_of(figure)


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
    return png_of(figure)
