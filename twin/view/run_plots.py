"""A run over its program, the NC operations marked: speed, loads, temperatures, errors."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullLocator

from twin.result import Result
from twin.units import MINUTE
from twin.view.operations import Operation

# Okabe and Ito: told apart by the colour-blind, and in grey
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444", "#b8a500")
BINS = 1500  # of time: more than a page has dots across
SHOWN_NODES = 8  # those whose temperature changes most
MOST_NUMBERS = 30  # operations whose number is written above the plot


def draw_loads(result: Result, marked: Sequence[Operation], power_limit_w: float | None = None) -> Figure:
    """Speed, peak force, power, chatter margin, chip temperature and wear, as far as they are known.

    Args:
        result: of the run.
        marked: its operations.
        power_limit_w: of the spindle; None where it is not known.
    """
    segments = result["segments"]
    cutting = segments["removed_mm3"].values > 0
    draw = [_speed, _force, lambda axes, binned: _power(axes, binned, power_limit_w)]
    for name, what in (("chatter_margin", _margin), ("interface_degc", _chip), ("wear_um", _wear)):
        if np.isfinite(segments[name].values[cutting]).any():
            draw.append(what)
    figure, panels = _panels(len(draw), marked)
    for one, axes in zip(draw, panels, strict=True):
        one(axes, _Binned(segments))
    panels[-1].set_xlabel("time [min]")
    return figure


def draw_errors(result: Result, marked: Sequence[Operation]) -> Figure:
    """Error of the tool point by source, temperatures of the machine and what they drift."""
    figure, panels = _panels(3, marked)
    binned, thermal = _Binned(result["segments"]), result["thermal"]
    across = _across(result["segments"])
    for k, source in enumerate(result["segments"]["source"].values):
        if np.nanmax(across[:, k], initial=0.0) > 0:
            panels[0].plot(binned.time, binned.most(across[:, k]), color=COLOURS[k], linewidth=0.9, label=str(source))
    shown = across[np.isfinite(across)]
    if shown.size:
        panels[0].set_ylim(0, max(1.5 * float(np.percentile(shown, 99)), 1.0))  # the first cut after a rapid stands out
    panels[0].set_ylabel("error across the\npath, cutting [µm]")
    panels[0].legend(**LEGEND)
    minutes = thermal["time_s"].values / MINUTE
    temperature = thermal["temperature_degc"]
    moves = temperature.max("time") - temperature.min("time")
    for k, node in enumerate(moves.sortby(-moves)["node"].values[:SHOWN_NODES]):
        name = str(node).replace("_", " ")
        panels[1].plot(minutes, temperature.sel(node=node).values, color=COLOURS[k], linewidth=0.9, label=name)
    panels[1].set_ylabel("temperature of\nthe machine [°C]")
    panels[1].legend(**LEGEND)
    for k, axis in enumerate("xyz"):
        panels[2].plot(minutes, thermal["drift_um"].sel(axis=axis).values, color=COLOURS[k], linewidth=0.9, label=axis)
    panels[2].set(xlabel="time [min]", ylabel="drift of the\ntool point [µm]")
    panels[2].legend(**LEGEND)
    return figure


LEGEND = {"frameon": False, "fontsize": 7, "loc": "upper left", "bbox_to_anchor": (1.0, 1.05)}


def _across(segments: xr.Dataset) -> np.ndarray:
    """Size of the error of the tool point across the path, (segment, source) [µm]; NaN where nothing is cut.

    What lies along the path, such as the lag of a servo loop, makes no surface.
    """
    step = segments["end_mm"].values - segments["start_mm"].values
    along = step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-12)
    error = segments["error_um"].values
    part = np.einsum("ska,sa->sk", error, along)
    size = np.linalg.norm(error - part[..., None] * along[:, None], axis=2)
    return np.where((segments["removed_mm3"].values > 0)[:, None], size, np.nan)


class _Binned:
    """Segments gathered into equal spans of time."""

    def __init__(self, segments: xr.Dataset):
        self.segments = segments
        ends = segments["time_s"].values
        total = max(float(ends[-1, 1]), 1e-9)
        n = min(BINS, 4 * len(ends))
        self.time = (np.arange(n) + 0.5) * total / n / MINUTE
        edges = np.arange(n + 1) * total / n
        self._first = np.clip(np.searchsorted(ends[:, 1], edges[:-1], side="right"), 0, len(ends) - 1)
        self._last = np.clip(np.searchsorted(ends[:, 0], edges[1:], side="left"), self._first + 1, len(ends))

    def most(self, values: np.ndarray, pick: np.ufunc = np.fmax) -> np.ndarray:
        """Largest value (or what ``pick`` takes) of the segments that touch each span, (span,)."""
        return np.array([pick.reduce(values[a:b]) for a, b in zip(self._first, self._last, strict=True)])

    def of(self, name: str, pick: np.ufunc = np.fmax) -> np.ndarray:
        """The same of a variable of the segments; NaN where nothing is cut."""
        cutting = self.segments["removed_mm3"].values > 0
        values = self.segments[name].values.astype(float)
        return self.most(np.where(cutting & np.isfinite(values), values, np.nan), pick)


def _panels(n: int, marked: Sequence[Operation]) -> tuple[Figure, list[Axes]]:
    """``n`` plots over one time, every second operation shaded."""
    figure = Figure(figsize=(10, 0.6 + 1.45 * n), layout="constrained")
    panels = list(np.atleast_1d(figure.subplots(n, 1, sharex=True)))
    if marked:
        panels[0].set_xlim(0, marked[-1].time[1] / MINUTE)
    for axes in panels:
        axes.grid(axis="y", alpha=0.25)
        for operation in marked[1::2]:
            axes.axvspan(operation.time[0] / MINUTE, operation.time[1] / MINUTE, color="#eeeeee", linewidth=0, zorder=0)
    every = -(-len(marked) // MOST_NUMBERS) if marked else 1
    for operation in marked[::every]:
        middle = sum(operation.time) / 2 / MINUTE
        place = panels[0].get_xaxis_transform()
        panels[0].text(middle, 1.02, str(operation.number), transform=place, ha="center", fontsize=6.5, color="#555555")
    return figure, panels


def _speed(axes: Axes, binned: _Binned) -> None:
    programmed = binned.most(binned.segments["feed_mm_min"].values)
    axes.plot(binned.time, programmed, color="#aaaaaa", linewidth=1.2, label="programmed feed")
    axes.plot(
        binned.time,
        binned.most(np.where(binned.segments["rapid"].values, np.nan, binned.segments["speed_mm_min"].values)),
        color=COLOURS[0],
        linewidth=0.7,
        label="speed",
    )
    axes.set_ylabel("path speed\n[mm/min]")
    axes.legend(**LEGEND)


def _force(axes: Axes, binned: _Binned) -> None:
    _with_band(axes, binned, "force_peak_n", "force_peak_deviation_n", COLOURS[0])
    axes.set_ylabel("peak force\n[N]")


def _power(axes: Axes, binned: _Binned, limit: float | None) -> None:
    _with_band(axes, binned, "power_w", "power_deviation_w", COLOURS[1])
    top = axes.get_ylim()[1]
    if limit is not None and limit < 2 * top:
        axes.axhline(limit, color="#b00020", linewidth=0.9, linestyle="--")
    axes.set_ylabel("spindle power\n[W]")


def _with_band(axes: Axes, binned: _Binned, name: str, spread: str, colour: str) -> None:
    value, deviation = (np.nan_to_num(binned.of(x)) for x in (name, spread))
    axes.fill_between(binned.time, np.maximum(value - deviation, 0), value + deviation, color=colour, alpha=0.25, lw=0)
    axes.plot(binned.time, value, color=colour, linewidth=0.7)
    axes.set_ylim(bottom=0)


def _margin(axes: Axes, binned: _Binned) -> None:
    axes.plot(binned.time, binned.of("chatter_margin", np.fmin), color=COLOURS[2], linewidth=0.7)
    axes.axhline(1.0, color="#b00020", linewidth=0.9, linestyle="--")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]))
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("least chatter\nmargin [1]")


def _chip(axes: Axes, binned: _Binned) -> None:
    axes.plot(binned.time, binned.of("interface_degc"), color=COLOURS[1], linewidth=0.7)
    axes.set_ylabel("tool and chip\n[°C]")


def _wear(axes: Axes, binned: _Binned) -> None:
    axes.plot(binned.time, binned.of("wear_um"), color=COLOURS[6], linewidth=0.9)
    axes.set_ylabel("flank wear\n[µm]")
