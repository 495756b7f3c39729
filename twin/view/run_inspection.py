"""Inspected features in the report of a run: a table of all, a picture of the largest errors."""

import html

import numpy as np
from matplotlib.figure import Figure

from twin.errors import InputError
from twin.inspect_run import Inspected
from twin.result import Result
from twin.settings import read_settings
from twin.units import UM
from twin.view.page import image, png_of, signed, table
from twin.view.run_plots import COLOURS
from twin.view.run_robustness import Scattered, robustness_section

KEYS = ("name", "characteristic")  # of a row
LARGEST = 20  # characteristics whose error is drawn
DPI = 150
SCATTER = " ±: one standard deviation of the prediction, by the stated scatter; good: chance to be in tolerance."


def features_section(result: Result, inspected: Inspected | None, found: Scattered | None) -> str:
    """Table and picture; says so where the scenario declares no features.

    Args:
        result: of the run.
        inspected: the part on the virtual CMM, for the uncertainty of measuring; None: not known.
        found: the part over the stated scatter; None: not known.
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
    limits = _limits(result)
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


def _limits(result: Result) -> dict[str, tuple[float, float]]:
    """feature.characteristic -> least and largest error [µm] that conf/robustness allows."""
    from twin.sweep.robust_job import GROUP, RobustnessConfig, limits_of

    features = result["features"]
    names = [f"feature.{n}.{c}_um" for n, c in zip(*(features[k].values for k in KEYS), strict=True)]
    try:
        judged, _, _ = limits_of(names, (), read_settings(RobustnessConfig, GROUP, "standard", [], None).tolerances)
    except InputError:
        return {}
    return {name: (lower, upper) for name, lower, upper in zip(judged.name, judged.lower, judged.upper, strict=True)}


def _verdict(result: Result, limits: dict[str, tuple[float, float]]) -> str:
    """How many characteristics keep their limits."""
    features = result["features"]
    keys = zip(*(features[k].values for k in KEYS), strict=True)
    judged = [(limits[f"{n}.{c}"], e) for (n, c), e in zip(keys, features["error_um"].values, strict=True)
              if f"{n}.{c}" in limits and np.isfinite(e)]  # fmt: skip
    outside = sum(not low <= error <= high for (low, high), error in judged)
    if not judged:
        return ""
    return (
        f"<p>{len(judged) - outside} of {len(judged)} judged characteristics are predicted within the limits of "
        "conf/robustness/standard.yaml, which are assumed where no drawing is quoted there; "
        f"{outside} are not: <b>OUT</b> in the table.</p>"
    )


def _limit_words(limit: tuple[float, float] | None, error: float) -> str:
    """Limits of an error [µm] in words, and whether it keeps them."""
    if limit is None:
        return ""
    low, high = limit
    words = f"±{high:g}" if low == -high else f"≤{high:g}" if np.isinf(low) else f"{low:+g}…{high:+g}"
    return words if low <= error <= high or np.isnan(error) else f"{words} OUT"


def _table(
    result: Result,
    sure: dict[tuple[str, str], float],
    found: Scattered | None,
    limits: dict[str, tuple[float, float]],
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
                *([_limit_words(limits.get(".".join(map(str, key))), known["error_um"][i])] if limits else []),
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
