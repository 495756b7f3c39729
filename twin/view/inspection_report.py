"""The inspection report: a self-contained HTML page, and the table of the terminal."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib
import numpy as np
from rich.console import Console
from rich.table import Table

import twin
from twin.inspect_run import Inspected
from twin.inspection.features import Circle
from twin.inspection.virtual_cmm import SOURCES
from twin.units import MM, UM
from twin.view.page import STYLE

matplotlib.use("Agg")
from matplotlib.figure import Figure

COVERAGE = 2.0  # expanded uncertainty of about 95 %
ROUND_EACH = 12  # holes whose form is drawn
BLUE, ORANGE, GREY = "#1f4e79", "#c55a11", "#8a8a8a"
COLOURS = ("#1f4e79", "#5b9bd5", "#3b7d3b", "#a9c46c", "#c55a11", "#8a8a8a")
LARGEST_CAUSES = 12  # that are listed


def write_inspection_report(inspected: Inspected, file: Path) -> None:
    """Write the page; whole or not at all."""
    cmm, r = inspected.cmm, inspected.reading
    measured = f" · against {inspected.against.name}, part {inspected.component}" if inspected.against else ""
    agree = np.nanmedian(r.monte_carlo / np.maximum(r.uncertainty, 1e-12))
    parts = [
        f"<h1>Inspection: {html.escape(inspected.title)}</h1>",
        f"<p class=sub>{html.escape(cmm.name)} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC · twin {twin.__version__}"
        f"{html.escape(measured)}</p>",
    ]
    if inspected.lines:
        parts += [
            "<h2>Predicted against measured</h2>",
            f"<p>{_agreement(inspected)}</p>",
            _picture(draw_comparison(inspected)),
            _table(LINE_HEADINGS, _lines(inspected)),
        ]
    if any(isinstance(feature, Circle) for feature in inspected.features):
        parts += [
            "<h2>Form of the holes as probed</h2>",
            "<p>Least-squares circle (dashed) and probed points of the middle circle, deviations drawn at one scale. "
            f"The {ROUND_EACH} holes of largest roundness.</p>",
            _picture(_round_holes(inspected)),
        ]
    parts += [
        "<h2>Every characteristic</h2>",
        "<p>Lengths in mm, uncertainties in µm, standard (k = 1). u CMM: of measuring the predicted part, by "
        f"propagation and by Monte Carlo; their ratio has the median {agree:.2f}. Where form is of the size of the "
        "probe's error it is read too large by the mean error, and propagation does not hold. "
        f"{_words_of_prediction(inspected)}</p>",
        _table(READING_HEADINGS, _readings(inspected)),
        *_of_prediction(inspected),
        "<h2>Where the uncertainty of measuring comes from</h2>",
        _picture(_budget(inspected)),
        f"<p>Probe: {cmm.probe / UM:.2f} µm a point; tip radius {cmm.tip / UM:.2f} µm; place {cmm.place / UM:.2f} µm; "
        f"scale {cmm.scale * 1e6:.2f} µm/m; part at {cmm.part:g} ± {cmm.part_scatter:g} °C.</p>",
        f"<p>{_words_of_plan(inspected)} {html.escape(_words_of_release(inspected))}</p>",
    ]
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>Inspection: {html.escape(inspected.title)}</title><style>{STYLE}"
        "</style><body>" + "".join(parts) + "</body></html>"
    )
    temporary = file.with_name(f".{file.name}.partial")
    temporary.write_text(page)
    temporary.replace(file)


def print_inspection(inspected: Inspected, console: Console) -> None:
    """The lines of the measured report, or every characteristic."""
    headings, rows = (LINE_HEADINGS, _lines(inspected)) if inspected.lines else (READING_HEADINGS, _readings(inspected))
    table = Table(title=f"{inspected.title}, {inspected.cmm.name}", title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right" if "[" in heading else "left", no_wrap=heading != "remark")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)
    if inspected.lines:
        console.print(_agreement(inspected), highlight=False)
    if inspected.n_planned:
        console.print(_words_of_plan(inspected), highlight=False)
    console.print(_words_of_release(inspected), highlight=False)


def _words_of_plan(inspected: Inspected) -> str:
    n = inspected.n_planned
    return f"Points: of {n} holes those that the measured report plans, of the rest generated." if n else ""


def _words_of_release(inspected: Inspected) -> str:
    return f"Release of residual stress: {inspected.release}."


LINE_HEADINGS = (
    "characteristic",
    "on",
    "nominal [mm]",
    "measured [mm]",
    "predicted [mm]",
    "difference [µm]",
    "u CMM [µm]",
    "u [µm]",
    "remark",
)
READING_HEADINGS = (
    "feature",
    "characteristic",
    "nominal [mm]",
    "predicted [mm]",
    "minimum zone [mm]",
    "u CMM [µm]",
    "Monte Carlo [µm]",
    "mean error [µm]",
    "u prediction [µm]",
    "u [µm]",
    "Monte Carlo [µm] ",
)


def differences(inspected: Inspected) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Labels, measured and predicted minus nominal [m], and combined uncertainty [m] of the lines that compare."""
    labels, values = [], []
    for line in inspected.lines:
        if line.callouts:
            of = (line.callouts, line.weights)
            nominal = inspected.nominal(*of)
            labels.append(f"{line.name} {line.on}".strip())
            values.append((line.measurement.value - nominal, inspected.of(*of)[0] - nominal, inspected.whole(*of)))
    measured, predicted, uncertainty = np.array(values).reshape(-1, 3).T
    return labels, measured, predicted, uncertainty


def _words_of_prediction(inspected: Inspected) -> str:
    if inspected.scatter is None:
        return "What scatters of the prediction is not known: the run was made by an older twin, or its files are gone."
    r = inspected.reading
    agree = np.nanmedian(r.whole_monte_carlo / np.maximum(r.whole, 1e-12))
    return (
        "u prediction: of the stated scatter of material, machine, surroundings and tools, to first order; u: both "
        f"together, by propagation and by Monte Carlo (median of the ratio {agree:.2f}). What the models leave out is "
        "in none of them: only a measured part tells."
    )


def _of_prediction(inspected: Inspected) -> list[str]:
    """Which groups of causes, and the largest single ones."""
    if inspected.scatter is None:
        return []
    rows = sorted(
        zip(_strength(inspected), inspected.scatter.cause, inspected.scatter.group, strict=True), reverse=True
    )
    largest = [(cause, group, f"{value / UM:.2f}") for value, cause, group in rows[:LARGEST_CAUSES]]
    return [
        "<h2>Where the uncertainty of the prediction comes from</h2>",
        _picture(_groups(inspected)),
        f"<p>The {len(largest)} strongest of {len(rows)} causes: what one standard deviation does, rms over all "
        "characteristics.</p>",
        _table(("cause", "group", "effect [µm]"), largest),
    ]


def _strength(inspected: Inspected) -> np.ndarray:
    """Effect of each cause (cause,) [m], rms over the characteristics."""
    return np.sqrt(np.nanmean(inspected.reading.scatter**2, axis=0))


def _groups(inspected: Inspected) -> Figure:
    """Standard uncertainty of the prediction by characteristic, in shares of the groups of causes."""
    assert inspected.scatter is not None
    groups = list(dict.fromkeys(inspected.scatter.group))
    member = np.array([groups.index(group) for group in inspected.scatter.group])
    variance = np.stack([np.sum(inspected.reading.scatter[:, member == g] ** 2, axis=1) for g in range(len(groups))], 1)
    return _shares(inspected, variance, groups)


def _agreement(inspected: Inspected) -> str:
    _, measured, predicted, uncertainty = differences(inspected)
    off = (predicted - measured) / UM
    n = len(inspected.lines)
    if not off.size:
        return f"None of the {n} lines of the report is about something that the twin predicts."
    within = int(np.sum(np.abs(off) <= COVERAGE * uncertainty / UM))
    return (
        f"{off.size} of {n} lines compare. Predicted minus measured: mean {off.mean():+.1f} µm, "
        f"rms {np.sqrt(np.mean(off**2)):.1f} µm, largest {off[np.argmax(np.abs(off))]:+.1f} µm; "
        f"{within} within 2 u of {'prediction and measuring' if inspected.scatter else 'measuring alone'}."
    )


def _lines(inspected: Inspected) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for line in inspected.lines:
        of = (line.callouts, line.weights)
        value, uncertainty, _ = inspected.of(*of)
        measured = line.measurement.value
        if line.kind in ("Angle", "UserDefinedLinear"):
            rows.append((line.name, line.on, "", "", "", "", "", "", line.remark))
            continue
        nominal = inspected.nominal(*of) if line.callouts else line.nominal
        on = line.on or (line.callouts[0].feature if len(line.callouts) == 1 else "")
        rows.append(
            (
                line.name,
                on,
                _mm(nominal, 3),
                _mm(measured),
                _mm(value),
                _um(value - measured, "+.1f"),
                _um(uncertainty),
                _um(inspected.whole(*of)),
                line.remark,
            )
        )
    return rows


def _readings(inspected: Inspected) -> list[tuple[str, ...]]:
    r = inspected.reading
    return [
        (
            c.feature,
            c.label,
            _mm(r.nominal[i], 3),
            _mm(r.value[i]),
            _mm(r.minimum_zone[i]),
            _um(r.uncertainty[i]),
            _um(r.monte_carlo[i]),
            _um(r.mean_error[i], "+.2f"),
            _um(float(np.linalg.norm(r.scatter[i])), ".1f") if inspected.scatter else "",
            _um(r.whole[i], ".1f") if inspected.scatter else "",
            _um(r.whole_monte_carlo[i], ".1f") if inspected.scatter else "",
        )
        for i, c in enumerate(r.callout)
    ]


def draw_comparison(inspected: Inspected) -> Figure:
    """Deviation from nominal, measured and predicted, of every line that compares."""
    labels, measured, predicted, uncertainty = differences(inspected)
    figure = Figure(figsize=(9, 1.2 + 0.24 * len(labels)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(labels))
    for y, m, p in zip(place, measured, predicted, strict=True):
        axes.plot([m / UM, p / UM], [y, y], color="#cccccc", linewidth=1.5, zorder=1)
    axes.scatter(measured / UM, place, color=ORANGE, s=22, label="measured", zorder=3)
    bars = COVERAGE * uncertainty / UM
    axes.errorbar(predicted / UM, place, xerr=bars, fmt="s", color=BLUE, ms=4, capsize=2, label="predicted, ± 2 u")
    axes.axvline(0, color="k", linewidth=0.6)
    axes.set_yticks(place, labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("deviation from nominal / µm")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0 + 0.9 / figure.get_figheight()), ncols=2, frameon=False)
    return figure


def _round_holes(inspected: Inspected) -> Figure:
    r, p = inspected.reading, inspected.probed
    holes = [i for i, f in enumerate(inspected.features) if isinstance(f, Circle) and p.there[i]]
    roundness = {c.feature: r.value[i] for i, c in enumerate(r.callout) if c.characteristic == "roundness"}
    holes = sorted(holes, key=lambda i: -roundness.get(inspected.features[i].name, 0.0))[:ROUND_EACH]
    columns = 4
    rows = max(1, -(-len(holes) // columns))
    figure = Figure(figsize=(10, 2.7 * rows), layout="constrained")
    largest = max((roundness.get(inspected.features[i].name, 0.0) for i in holes), default=1e-6)
    for n, i in enumerate(holes):
        axes = figure.add_subplot(rows, columns, n + 1, projection="polar")
        feature = inspected.features[i]
        assert isinstance(feature, Circle)
        mine = (p.section[i] == len(p.sections) // 2) & (p.weight[i] > 0)
        angle = np.arctan2(p.position[i, mine, 1], p.position[i, mine, 0])
        outward = p.height[i, mine] * (-1.0 if feature.inner else 1.0)
        harmonic = np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])
        residual = outward - harmonic @ np.linalg.lstsq(harmonic, outward, rcond=None)[0]
        order = np.argsort((angle - feature.first + 1e-6) % (2 * np.pi))  # an arc may lie across 180 degrees
        closed = np.r_[order, order[:1]] if feature.last - feature.first > 6.2 else order
        axes.plot(angle[closed], residual[closed] / UM, "o-", color=BLUE, ms=2.5, linewidth=1)
        axes.plot(np.linspace(0, 2 * np.pi, 100), np.zeros(100), "--", color=GREY, linewidth=0.8)
        axes.set_ylim(-1.6 * largest / UM, 0.8 * largest / UM)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(f"{feature.name}\n{roundness.get(feature.name, np.nan) / UM:.1f} µm", fontsize=8)
    return figure


def _budget(inspected: Inspected) -> Figure:
    return _shares(inspected, inspected.reading.budget**2, SOURCES)


def _shares(inspected: Inspected, variance: np.ndarray, names: Sequence[str]) -> Figure:
    """Bars of uncertainty by characteristic; ``variance`` (callout, name) [m2]."""
    callouts = inspected.reading.callout
    kinds = list(dict.fromkeys(c.characteristic for c in callouts))
    mean = np.array(
        [
            np.nanmean([variance[i] for i, c in enumerate(callouts) if c.characteristic == kind], axis=0)
            for kind in kinds
        ]
    )
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(kinds)), layout="constrained")
    axes = figure.subplots()
    total = np.sqrt(mean.sum(axis=1)) / UM
    share = mean / np.maximum(mean.sum(axis=1, keepdims=True), 1e-30)
    left = np.zeros(len(kinds))
    for k, name in enumerate(names):
        axes.barh(kinds, total * share[:, k], left=left, color=COLOURS[k], label=name)
        left += total * share[:, k]
    axes.invert_yaxis()
    axes.set_xlabel("standard uncertainty / µm, rms over the features; parts are shares of its square")
    axes.legend(frameon=False, ncols=len(names), fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def _mm(value: float, digits: int = 4) -> str:
    return "" if np.isnan(value) else f"{value / MM:.{digits}f}"


def _um(value: float, form: str = ".2f") -> str:
    return "" if np.isnan(value) else f"{value / UM:{form}}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
    numbers = ["[" in h for h in headings]
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=n' if number else ''}>{html.escape(text)}</td>"
            for number, text in zip(numbers, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<div class=wide><table><tr>{head}</tr>{body}</table></div>"


def _picture(figure: Figure) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return f'<p><img src="data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"></p>'
