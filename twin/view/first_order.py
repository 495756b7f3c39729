"""Plots of temperatures over a day: readings, and models that were fitted on other days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from twin.units import HOUR

COLOURS = ("#1f5fa8", "#c4561a", "#3b7d3b", "#8a8a8a")


@dataclass(frozen=True)
class TemperatureCurves:
    """One day."""

    title: str
    time: np.ndarray  # (time,) [s]
    reading: np.ndarray  # (time,) [degC]
    predicted: Mapping[str, np.ndarray]  # name -> (time,) [degC]
    speed: np.ndarray  # (time,) [rpm]


def draw_temperature_days(days: Sequence[TemperatureCurves]) -> Figure:
    """A column a day: temperatures above, spindle speed below."""
    figure = Figure(figsize=(4 * len(days), 4.6), layout="constrained")
    panels = figure.subplots(2, len(days), sharex="col", sharey="row", height_ratios=(3, 1), squeeze=False)
    for column, day in enumerate(days):
        above, below = panels[:, column]
        hours = day.time / HOUR
        above.plot(hours, day.reading, color="0.75", lw=2.5, label="read, in steps of 1 °C")
        for (name, values), colour in zip(day.predicted.items(), COLOURS, strict=False):
            error = np.sqrt(np.mean((values - day.reading) ** 2))
            above.plot(hours, values, color=colour, lw=1.1, label=name)
            above.text(
                0.02,
                0.96 - 0.07 * list(day.predicted).index(name),
                f"{error:.2f} K rms",
                transform=above.transAxes,
                color=colour,
                va="top",
                fontsize=9,
            )
        above.set_title(day.title, fontsize=10)
        below.fill_between(hours, day.speed / 1e3, color="0.6", step="pre", linewidth=0)
        below.set(xlabel="time / h", ylim=(0, None), xlim=(0, hours[-1]))
        for axes in (above, below):
            axes.grid(alpha=0.3)
    panels[0, 0].set_ylabel("spindle temperature / °C")
    panels[1, 0].set_ylabel("speed\n1000 rpm")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=9, frameon=False)
    return figure
