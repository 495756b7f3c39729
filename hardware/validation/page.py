"""The page of a validation: tables, plots, pictures, in one piece of HTML."""

import base64
import html
from collections.abc import Iterable, Sequence

import numpy as np

from hardware.validation.limits import Verdict
from hardware.validation.plots import channel_plot, shown_channels, spectrum_plot, timing_plot
from hardware.validation.result import Validation
from hardware.validation.tables import (
    CHANNEL_HEADINGS,
    KIND_HEADINGS,
    channel_row,
    facts,
    kind_rows,
    number,
    operation_row,
    verdict_row,
    worst_row,
)
from twin.result import load

MOST_LINES = 40
STYLE = """<style>
.said { font-size: 1.15em; padding: .5em 1em; border-left: 6px solid #1f4e79; background: #eef4fa; }
.pass { color: #176b1f; font-weight: 600; } .fail { color: #b00020; font-weight: 600; }
.tight td, .tight th { font-size: 12px; } th.n { text-align: right; }
</style>"""
TERMS = """<p>A difference is predicted minus measured, in the channel's unit, at the same place of the program: where
the machine stands in the program is taken from its NC lines and its own commanded position, so that a machine that
is slower than predicted counts in the times, not in forces or positions. <i>RMSE same time</i> compares at the
same time since the program began instead. <i>Shift</i>: by which the prediction comes late. <i>Coverage</i>:
part of the samples within two standard deviations of the twin and the sensor together; <i>En</i> (ISO/IEC
17043): the difference over that expanded uncertainty, 95th percentile, 1 or less is agreement; both are empty
where the twin states no uncertainty. <i>Resampling</i>: largest error of interpolating the prediction to the
time of the sample. Frequency, latency and fidelity are the terms in which ISO 23247 asks for the
synchronisation of a digital twin to be stated.</p>"""


def page(validation: Validation, pictures: Sequence[bytes], problem: str) -> str:
    """The body of the report.

    Args:
        pictures: PNGs of the part.
        problem: why there is none.
    """
    v = validation
    verdict = {True: "<span class=pass>PASS</span>", False: "<span class=fail>FAIL</span>", None: "no limits declared"}
    held = sum(x.passed for x in v.verdicts)
    parts = [
        STYLE,
        f"<h1>Validation: {html.escape(v.title)}</h1>",
        f"<p class=sub>{html.escape(v.recording.name)} against run {html.escape(v.run.name)}</p>",
        f"<p class=said><b>{html.escape(v.said)}</b> · {verdict[v.passed]}: {held} of {len(v.verdicts)} limits "
        f"declared in {html.escape(v.limits)} held</p>",
        _table(("", ""), facts(v)),
        _notes(v.notes),
        "<h2>Channels</h2>",
        _table(CHANNEL_HEADINGS, (channel_row(row) for row in v.channels), tight=True),
        TERMS,
        "<h2>What differs most, and where</h2>",
        _table(("channel", "RMSE in the line", "line", "position [mm]", "block"), (worst_row(w) for w in v.worst)),
        *(_image(picture) for picture in pictures),
        f"<p>No picture: {html.escape(problem)}</p>" if problem else "",
        "<h2>Time</h2>",
        _image(timing_plot(v)),
        _table(
            ("operation", "NC lines", "predicted [s]", "measured [s]", "error [%]"),
            (operation_row(operation) for operation in v.operations),
        ),
        "<p>By what the lines do</p>" + _table(KIND_HEADINGS, kind_rows(v)) if v.spans.kind is not None else "",
        _operations(v),
        "<h2>Over the program</h2>",
        *(_image(channel_plot(row, v.duration)) for row in shown_channels(v)),
        _spectrum(v),
        "<h2>NC lines that differ most</h2>",
        _lines(v),
        _features(v),
        "<h2>Limits</h2>",
        _table(("what", "found", "declared", ""), map(verdict_row, sorted(v.verdicts, key=_held)), aligned=False),
        "<h2>Sensors</h2>",
        _sensors(v),
    ]
    return "".join(parts)


def _held(verdict: Verdict) -> bool:
    """The order of limits: first those that were not held."""
    return verdict.passed


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, tight: bool = False, aligned: bool = True) -> str:
    """``aligned``: numbers stand on the right."""

    def cell(text: str) -> str:
        if text in ("pass", "FAIL"):
            return f"<td class={text.lower()}>{text}</td>"
        return f"<td{' class=n' if aligned and _is_number(text) else ''}>{html.escape(text)}</td>"

    cells = list(rows)
    numbers = [aligned and any(_is_number(row[k]) for row in cells) for k in range(len(headings))]
    named = zip(headings, numbers, strict=True)
    head = "".join(f"<th{' class=n' if n else ''}>{html.escape(h)}</th>" for h, n in named) if any(headings) else ""
    body = "".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in cells)
    return f"<div class='wide{' tight' if tight else ''}'><table><tr>{head}</tr>{body}</table></div>"


def _is_number(text: str) -> bool:
    return text.lstrip("+-−±").replace(",", "").replace(".", "").replace("e-", "").replace(" %", "").isdigit()


def _image(png: bytes) -> str:
    return f'<p><img src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'


def _notes(notes: Sequence[str]) -> str:
    lines = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f"<div class=warn><ul>{lines}</ul></div>" if lines else ""


def _operations(v: Validation) -> str:
    """RMSE by operation of the channels that are shown."""
    rows = [row for row in shown_channels(v) if row.by_operation.line.size]
    if not rows or len(v.operations) < 2:
        return ""
    cells = []
    for k, operation in enumerate(v.operations):
        values = []
        for row in rows:
            at = np.flatnonzero(row.by_operation.line == k)
            values.append(number(float(row.by_operation.rmse[at[0]])) if at.size else "")
        cells.append((operation.name, *values))
    return "<p>RMSE by operation</p>" + _table(
        ("operation", *(f"{row.fidelity.channel}" for row in rows)), cells, tight=True
    )


def _spectrum(v: Validation) -> str:
    if not any(np.isfinite(row.fidelity.unexplained).any() for row in shown_channels(v)):
        return ""
    return (
        "<p>Part of the measured power that the prediction leaves, band by band: 1 or more is not predicted.</p>"
        + _image(spectrum_plot(v))
    )


def _lines(v: Validation) -> str:
    """Lines of the largest error in time, and of the largest RMSE of each shown channel."""
    lines = np.unique(v.spans.line)
    at = np.searchsorted(lines, v.spans.line)
    predicted, measured = (np.bincount(at, x, len(lines)) for x in (v.spans.predicted, v.spans.measured))
    rows = shown_channels(v)
    chosen = list(lines[np.argsort(-np.abs(predicted - measured), kind="stable")[: MOST_LINES // 2]])
    for row in rows:
        chosen += list(row.by_line.line[row.by_line.worst(max(2, MOST_LINES // 2 // max(len(rows), 1)))])
    cells = []
    for line in sorted({int(n) for n in chosen if n > 0}):
        k = np.flatnonzero(lines == line)
        times = (f"{predicted[k[0]]:.2f}", f"{measured[k[0]]:.2f}") if k.size else ("", "")
        values = []
        for row in rows:
            own = np.flatnonzero(row.by_line.line == line)
            values.append(number(float(row.by_line.rmse[own[0]])) if own.size else "")
        text = v.program[line - 1].strip() if line <= len(v.program) else ""
        cells.append((str(line), *times, *values, text[:60]))
    names = (f"{row.fidelity.channel}" for row in rows)
    return (
        "<p>RMSE by line; the times are those to the next line that both have seen. All lines are in "
        "validation_lines.csv.</p>"
        + _table(("line", "predicted [s]", "measured [s]", *names, "block"), cells, tight=True)
    )


def _features(v: Validation) -> str:
    """Inspected features, where laboratories measured this part."""
    features = load(v.run)["features"]
    if "measured_mm" not in features or not np.isfinite(features["measured_mm"].values).any() or not v.cut.metal:
        return ""
    measured, predicted = features["measured_mm"].values, features["predicted_mm"].values
    laboratories = [str(name) for name in features["laboratory"].values]
    rows = []
    for k in np.flatnonzero(np.isfinite(measured).any(axis=1)):
        apart = (predicted[k] - measured[k]) * 1e3
        rows.append(
            (
                str(features["name"].values[k]),
                str(features["characteristic"].values[k]),
                f"{predicted[k]:.4f}",
                *("" if np.isnan(x) else f"{x:.4f}" for x in measured[k]),
                *("" if np.isnan(x) else f"{x:+.0f}" for x in apart),
            )
        )
    rms = np.sqrt(np.nanmean(((predicted[:, None] - measured) * 1e3) ** 2, axis=0))
    said = ", ".join(f"{name} {x:.0f} µm RMS" for name, x in zip(laboratories, rms, strict=True))
    headings = ("feature", "characteristic", "predicted [mm]", *(f"{x} [mm]" for x in laboratories))
    headings += tuple(f"predicted − {x} [µm]" for x in laboratories)
    return (
        f"<h2>Inspection</h2><p>Predicted minus measured: {said}. <code>twin inspect</code> states uncertainties.</p>"
        + _table(headings, rows, tight=True)
    )


def _sensors(v: Validation) -> str:
    rows = []
    for row in v.channels:
        s = row.mapped.sensor
        spread = "" if s.uncertainty is None else f"{number(s.uncertainty)} {row.fidelity.unit}"
        rows.append((row.fidelity.channel, s.name, s.sensor or "unknown", s.serial_number, s.calibrated_on, spread))
    return _table(
        ("channel", "recorded as", "sensor", "serial number", "calibrated on", "uncertainty"), rows, tight=True
    )
