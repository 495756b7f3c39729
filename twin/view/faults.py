"""The evidence of an alarm: an indicator over the runs, and the sums that passed the threshold."""

import numpy as np
from matplotlib.figure import Figure

from twin.production.faults.change import Chart


def draw_evidence(
    name: str,
    value: np.ndarray,
    uncertainty: np.ndarray,
    chart: Chart,
    n_baseline: int,
    title: str,
    true_change: int | None = None,
) -> Figure:
    """Above, the indicator with its uncertainty and the scatter of its baseline; below, the cumulative sums.

    Args:
        name: of the indicator, unit at its end.
        value, uncertainty: (run,).
        chart: of them.
        n_baseline: runs held to be healthy.
        title: what the picture is of.
        true_change: run at which a fault was put in, where that is known.
    """
    figure = Figure(figsize=(10, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    run = np.arange(1, len(value) + 1)
    base = value[:n_baseline][np.isfinite(value[:n_baseline])]
    middle, spread = base.mean(), base.std(ddof=1)
    above.axhspan(
        middle - 3 * spread, middle + 3 * spread, color="tab:green", alpha=0.12, label="baseline ± 3 deviations"
    )
    above.axvspan(0.5, n_baseline + 0.5, color="0.93", label="baseline, held to be healthy")
    above.errorbar(run, value, 2 * uncertainty, fmt="o", markersize=3, linewidth=1, color="k", label="indicator ± 2 u")
    below.plot(run, chart.up, color="tab:red", label="sum against a rise")
    below.plot(run, chart.down, color="tab:blue", label="sum against a fall")
    below.axhline(chart.threshold, color="k", linestyle="--", linewidth=0.8, label="threshold")
    for axes in (above, below):
        if chart.alarm is not None:
            axes.axvline(chart.alarm + 1, color="k", linewidth=1.2, label="alarm")
        if chart.changed_at is not None:
            axes.axvline(
                chart.changed_at + 1, color="tab:orange", linewidth=1, linestyle=":", label="changed from here"
            )
        if true_change is not None:
            axes.axvline(true_change + 0.5, color="tab:purple", linewidth=1, linestyle="-.", label="fault put in")
    above.set(ylabel=name.replace("_", " "), title=title)
    below.set(xlabel="run", ylabel="cumulated score", ylim=(0, max(2 * chart.threshold, 1)))
    for axes in (above, below):
        axes.grid(alpha=0.3)
    entries = {
        label: handle
        for axes in (above, below)
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(entries.values()), list(entries), loc="outside right upper", fontsize=8)
    return figure
