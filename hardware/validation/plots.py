"""Plots of a validation as PNG."""

import io

import numpy as np
from matplotlib.figure import Figure

from hardware.validation.result import BINS, ChannelResult, Validation

MEASURED, PREDICTED, DIFFERENCE = "#1f4e79", "#c55a11", "#6b6b6b"
SHOWN = 6  # channels


def png(figure: Figure) -> bytes:
    """The figure as a picture file."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, bbox_inches="tight")
    return stream.getvalue()


def shown_channels(validation: Validation) -> list[ChannelResult]:
    """Those that differ most, one of each kind (x, y, z are one kind)."""
    found: dict[str, ChannelResult] = {}
    for row in sorted(validation.channels, key=lambda r: -r.severity):
        name = row.fidelity.channel
        found.setdefault("degc" if name.endswith("_degc") else name.lstrip("xyz"), row)
    return list(found.values())[:SHOWN]


def timing_plot(validation: Validation) -> bytes:
    """How late the machine is over the program."""
    spans = validation.spans
    figure = Figure(figsize=(10, 2.4))
    axis = figure.subplots()
    axis.plot((spans.begins + spans.predicted) / 60, spans.late, color=MEASURED, linewidth=1.0)
    axis.axhline(0, color="black", linewidth=0.5)
    axis.set_xlabel("time of the program, predicted [min]")
    axis.set_ylabel("machine late [s]")
    return png(figure)


def channel_plot(row: ChannelResult, duration: float) -> bytes:
    """Measurement, prediction and their difference over the program."""
    time = (np.arange(BINS) + 0.5) * duration / BINS / 60
    measured, predicted = row.trace.means
    f = row.fidelity
    figure = Figure(figsize=(10, 3.0))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    upper.plot(time, measured, color=MEASURED, linewidth=0.9, label="measured")
    upper.plot(time, predicted, color=PREDICTED, linewidth=0.9, linestyle="--", label="predicted")
    upper.set_ylabel(f"[{f.unit}]")
    upper.set_title(f"{f.channel}, mean over {duration / BINS:.2g} s", fontsize=10, loc="left")
    upper.legend(frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    lower.plot(time, row.trace.rmse, color=DIFFERENCE, linewidth=0.9)
    if f.limit is not None:
        lower.axhline(f.limit, color="#b00020", linewidth=0.8, linestyle=":")
    lower.set_ylabel(f"RMSE [{f.unit}]")
    lower.set_xlabel("time of the program, predicted [min]")
    lower.set_ylim(bottom=0)
    figure.align_ylabels()
    return png(figure)


def spectrum_plot(validation: Validation) -> bytes:
    """Which part of each band of frequencies the prediction does not explain."""
    rows = [row for row in shown_channels(validation) if np.isfinite(row.fidelity.unexplained).any()]
    figure = Figure(figsize=(10, 2.8))
    axis = figure.subplots()
    for row in rows:
        f = row.fidelity
        axis.plot(f.frequency, f.unexplained, marker="o", markersize=3, linewidth=1.0, label=f.channel)
    axis.axhline(1, color="black", linewidth=0.5, linestyle=":")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("frequency, upper end of the band [Hz]")
    axis.set_ylabel("power of difference\nover measured [1]")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return png(figure)
