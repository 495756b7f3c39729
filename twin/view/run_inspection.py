"""Inspected features in the report of a run: a table of all, a picture of the largest errors."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from matplotlib.figure import Figure

from twin.config import build
from twin.inspect_run import Inspected
from twin.inspection.tolerance import ToleranceRow
from twin.resources import shared_folder
from twin.result import Result
from twin.settings import read_settings
from twin.units import UM
from twin.view.page import image, png_of, signed, table
from twin.view.run_plots import COLOURS
from twin.view.run_robustness import Scattered, robustness_section

KEYS = ("name", "characteristic")  # of a row
Key = tuple[str, str]
MOST_NAMED = 4  # characteristics that a finding names
LARGEST = 20  # characteristics whose error is drawn
DPI = 150
SCATTER = " ±: one standard deviation of the prediction, by the stated scatter; good: chance to be in tolerance."


@dataclass(frozen=True)
class Limit:
    """Least and largest error of a characteristic [µm]."""

    low: float
    high: float
    drawn: bool  # by the scenario; else it is assumed

    def holds(self, error: float) -> bool:
        """Whether ``error`` [µm] keeps it."""
        return self.low <= error <= self.high

    @property
    def text(self) -> str:
        """The limit; a star where it is assumed."""
        low, high = self.low, self.high
        text = f"{signed(low, 0)}…\u2060{signed(high, 0)}"  # in one line
        if low == -high:
            text = f"±{high:g}"
        elif np.isinf(low):
            text = f"≤{high:g}"
        return text if self.drawn else f"{text}*"

    def words(self, error: float) -> str:
        """The limit, and whether ``error`` [µm] keeps it."""
        return self.text + ("" if np.isnan(error) or self.holds(error) else "\u00a0OUT")


def out_of_limits(result: Result, config: dict[str, Any]) -> list[str]:
    """A sentence, where characteristics are predicted out of their limits."""
    limits, features = limits_of(config, result), result["features"]
    keys = _outside(result, limits)
    if not keys:
        return []
    errors = dict(zip(_keys(result), features["error_um"].values, strict=True))
    keys = sorted(keys, key=lambda key: -abs(errors[key]))
    named = [f"{key[0]} {key[1]} ({signed(errors[key])} µm, {limits[key].text} allowed)" for key in keys[:MOST_NAMED]]
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    star = "" if all(limits[key].drawn for key in keys) else " (*: nobody stated this limit, it is assumed)"
    of = f"{len(keys)} of {len(_judged(result, limits))} judged characteristics are predicted out of their limits"
    return [f"{of}: {', '.join(named)}{more}{star}"]


def features_section(
    result: Result, inspected: Inspected | None, found: Scattered | None, config: dict[str, Any]
) -> str:
    """Table and picture; says so where the scenario declares no features.

    Args:
        result: of the run.
        inspected: the part on the virtual CMM, for the uncertainty of measuring; None: not known.
        found: the part over the stated scatter; None: not known.
        config: of the run.
    """
    features = result["features"]
    if not features.sizes.get("feature"):
        return "<p>The scenario declares no features.</p>"
    sure = {} if inspected is None else _uncertainty(inspected)
    cmm = "" if inspected is None else html.escape(inspected.cmm.name)
    said = (
        f"u: standard uncertainty of measuring this characteristic on {cmm}. It says nothing of how far the prediction "
        "is from the real part: only a measured part does."
        if sure
        else "The uncertainty of measuring is not known: the file of the features was not found."
    )
    limits = limits_of(config, result)
    return (
        image(png_of(draw_largest(result), DPI), "The largest predicted errors and what makes them.")
        + robustness_section(found)
        + _verdict(result, limits)
        + _table(result, sure, found, limits)
        + f"<p>{said}{SCATTER if found else ''}</p>"
    )


def draw_largest(result: Result) -> Figure:
    """Share of each source in the largest errors; the dot is the error."""
    features = result["features"]
    error = features["error_um"].values
    order = np.argsort(-np.nan_to_num(np.abs(error), nan=-1.0), kind="stable")[:LARGEST]
    labels = [f"{features['name'].values[i]}, {features['characteristic'].values[i]}" for i in order]
    figure = Figure(figsize=(10, 0.9 + 0.22 * len(order)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(order))
    share = features["contribution_um"].values[order]
    for k, source in enumerate(features["contributor"].values):
        before = share[:, :k]
        same_side = np.where(np.sign(before) == np.sign(share[:, k : k + 1]), before, 0.0).sum(axis=1)
        axes.barh(place, share[:, k], left=same_side, color=COLOURS[k], height=0.65, label=str(source))
    axes.plot(error[order], place, "ko", markersize=4, label="error")
    axes.axvline(0, color="k", linewidth=0.6)
    axes.set_yticks(place, labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("predicted minus nominal [µm]")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=7, frameon=False, fontsize=8)
    return figure


def limits_of(config: dict[str, Any], result: Result) -> dict[Key, Limit]:
    """Limits of the characteristics of a run: of the scenario's tolerances, then those that conf/robustness assumes."""
    from twin.sweep.robust_job import GROUP, RobustnessConfig

    scenario, features = config["scenario"], result["features"]
    drawn: list[ToleranceRow] = []
    own = [Path(scenario["folder"])] if scenario.get("folder") else []
    for folder in (*own, shared_folder("scenarios") / str(scenario.get("name", ""))):
        file = folder / (scenario.get("tolerances") or "")
        if file.is_file() and not drawn:
            rows = yaml.safe_load(file.read_text())
            drawn = [build(ToleranceRow, row, f"[{k}]", file=file) for k, row in enumerate(rows)]
    assumed = read_settings(RobustnessConfig, GROUP, "standard", [], None).tolerances
    found = {}
    for key in zip(*(features[k].values for k in KEYS), strict=True):
        row = next((row for row in (*drawn, *assumed) if row.fits(*key)), None)
        if row is not None and (row.lower is not None or row.upper is not None):
            ends = (-np.inf if row.lower is None else row.lower / UM, np.inf if row.upper is None else row.upper / UM)
            found[key] = Limit(*ends, row in drawn)
    return found


def _verdict(result: Result, limits: dict[Key, Limit]) -> str:
    """How many characteristics keep their limits."""
    judged = _judged(result, limits)
    if not judged:
        return ""
    outside = len(_outside(result, limits))
    assumed = sum(not limits[key].drawn for key in judged)
    whence = (
        "the scenario's tolerances"
        if not assumed
        else f"the scenario's tolerances and, for {assumed} of them, of conf/robustness, where limits are assumed (*)"
    )
    return (
        f"<p>{len(judged) - outside} of {len(judged)} judged characteristics are predicted within the limits of "
        f"{whence}; {outside} are not: <b>OUT</b> in the table. Uncertainty of the prediction is not counted here.</p>"
    )


def _keys(result: Result) -> list[Key]:
    return list(zip(*(result["features"][k].values for k in KEYS), strict=True))


def _judged(result: Result, limits: dict[Key, Limit]) -> dict[Key, float]:
    """Error [µm] of every characteristic that is known and has limits."""
    errors = zip(_keys(result), result["features"]["error_um"].values, strict=True)
    return {key: float(error) for key, error in errors if key in limits and np.isfinite(error)}


def _outside(result: Result, limits: dict[Key, Limit]) -> list[Key]:
    """Characteristics that do not keep their limits."""
    return [key for key, error in _judged(result, limits).items() if not limits[key].holds(error)]


def _table(
    result: Result,
    sure: dict[tuple[str, str], float],
    found: Scattered | None,
    limits: dict[Key, Limit],
) -> str:
    features = result["features"]
    known = {name: features[name].values for name in features.data_vars}
    rows = []
    for i, key in enumerate(zip(known["name"], known["characteristic"], strict=True)):
        rows.append(
            (
                *map(str, key),
                f"{known['nominal_mm'][i]:.3f}",
                f"{known['predicted_mm'][i]:.4f}",
                *_of_scatter(".".join(map(str, key)), found),
                f"{sure[key]:.1f}" if key in sure else "",
                *("" if np.isnan(v) else f"{v:.4f}" for v in known["measured_mm"][i]),
                signed(known["error_um"][i]),
                *([limits[key].words(known["error_um"][i]) if key in limits else ""] if limits else []),
                *map(signed, known["contribution_um"][i]),
            )
        )
    headings = (
        "feature",
        "characteristic",
        "nominal [mm]",
        "predicted [mm]",
        *(("± [µm]", "good [%]") if found else ()),
        "u [µm]",
        *(f"{name} [mm]" for name in features["laboratory"].values),
        "error [µm]",
        *(("limits [µm]",) if limits else ()),
        *(f"{name} [µm]" for name in features["contributor"].values),
    )
    return table(headings, rows, tight=True)


def _of_scatter(name: str, found: Scattered | None) -> tuple[str, ...]:
    """Standard deviation and chance to be in tolerance, where they are known."""
    if found is None:
        return ()
    if name not in found.deviation:
        return ("", "")
    return (f"{found.deviation[name]:.1f}", f"{100 * found.probability[name]:.1f}")


def _uncertainty(inspected: Inspected) -> dict[tuple[str, str], float]:
    """Standard uncertainty [µm] by feature and characteristic."""
    reading = inspected.reading
    return {
        (callout.feature, callout.characteristic): float(reading.monte_carlo[i]) / UM
        for i, callout in enumerate(reading.callout)
        if not callout.datums
    }
