"""Life of NASA's milling tools: a survival model and the physical wear law, each case left out of the fit in turn.

Run: ``python tests/validation/nasa_life.py [--limit 0.3] [--picture FILE]``. A life ends when flank wear passes the
limit; it is known to lie between two readings. Prints for each case the bracket and the predictions with their
intervals of 80 %, then how many brackets the intervals cover and the mean log score. Feed, depth and material are
covariates; the cutting speed never varied. Case 6 has a single reading, of 0, and is left out.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import brentq

from twin.cutting.wear import WearModel, WearReadings, fit_wear, wear_below
from twin.data import recording
from twin.formats.wear_table import MillingWear, read_milling_wear
from twin.production.tool_life.coverage import coverage, failed_by, log_score
from twin.production.tool_life.survival import CensoredLives, censored_lives, fit_life
from twin.units import MINUTE, MM

NAMES = ("feed", "depth", "steel")
LEVELS = (0.5, 0.8, 0.9)
MODELS = ("survival, log-normal", "survival, Weibull", "physical wear law")


def read() -> MillingWear:
    """The table without its readings of a new tool."""
    table = read_milling_wear(recording("nasa_milling_wear/process_info.csv"))
    worn = table.wear > 0
    return MillingWear(*(getattr(table, name)[worn] for name in MillingWear.__dataclass_fields__))


def lives_of(table: MillingWear, limit: float) -> CensoredLives:
    """Brackets of all cases; covariates are logarithms about 0.35 mm and 1 mm, and whether it is steel."""
    covariates = np.column_stack(
        [np.log(table.feed / (0.35 * MM)), np.log(table.depth / MM), (table.material == "steel").astype(float)]
    )
    return censored_lives(table.case, table.time, table.wear, limit, covariates)


def predictions(table: MillingWear, limit: float) -> dict[str, list[Callable[[np.ndarray], np.ndarray]]]:
    """Model -> survival function of each case, from the others."""
    lives = lives_of(table, limit)
    found: dict[str, list[Callable[[np.ndarray], np.ndarray]]] = {name: [] for name in MODELS}
    readings = WearReadings(table.case, table.time, table.wear, table.feed, table.depth, table.material == "steel")
    for k, case in enumerate(lives.tool):
        others = np.arange(len(lives.tool)) != k
        for name, law in zip(MODELS[:2], ("log_normal", "weibull"), strict=True):
            model = fit_life(lives.of(others), NAMES, law)
            found[name].append(lambda t, model=model, k=k: model.survival(t, lives.covariates[k]))
        wear = fit_wear(readings.of(readings.tool != case))
        first = np.flatnonzero(table.case == case)[0]
        found[MODELS[2]].append(lambda t, wear=wear, first=first: _below(wear, readings, first, t, limit))
    return found


def _below(model: WearModel, readings: WearReadings, row: int, time: np.ndarray, limit: float) -> np.ndarray:
    """Probability that wear is still below the limit (time,), under the conditions of reading ``row``."""
    at = readings.of(np.full(len(time), row))
    new = WearReadings(at.tool, np.maximum(time, 1.0), at.wear, at.feed, at.depth, at.second)
    return wear_below(model, new, limit)


def quantile(survival: Callable[[np.ndarray], np.ndarray], probability: float) -> float:
    """Life [s]."""
    return float(np.exp(brentq(lambda x: float(survival(np.exp([x]))[0]) - (1 - probability), 0.0, 16.0)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=0.3, help="flank wear that ends a life [mm]")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    limit = options.limit * MM
    table = read()
    lives, found = lives_of(table, limit), predictions(table, limit)
    print(f"life until VB {options.limit:g} mm, minutes in cut; each case predicted from the others, 80 % intervals")
    print(f"{'case':>4} {'known to lie in':>16}  " + "".join(f"{name:>30}" for name in MODELS))
    for k, case in enumerate(lives.tool):
        bracket = f"{lives.lower[k] / MINUTE:.0f} to {lives.upper[k] / MINUTE:.0f}"
        shown = []
        for name in MODELS:
            low, middle, high = (quantile(found[name][k], p) / MINUTE for p in (0.1, 0.5, 0.9))
            shown.append(f"{middle:.1f} ({low:.1f} to {high:.1f})")
        print(f"{case:4d} {bracket:>16}  " + "".join(f"{text:>30}" for text in shown))
    print()
    for name in MODELS:
        by = np.array([failed_by(s, *ends) for s, *ends in zip(found[name], lives.lower, lives.upper, strict=True)])
        print(f"{name}: mean log score {log_score(by):.2f}")
        for level in LEVELS:
            c = coverage(by, level)
            print(
                f"   interval of {100 * level:g} %: {100 * c.surely:.0f} % of the brackets wholly inside, "
                f"{100 * c.possibly:.0f} % touch it, {100 * c.expected:.0f} % expected inside"
            )
    model = fit_life(lives, NAMES)
    print("\nlog-normal law fitted to all cases, ln(life [s]):")
    for label, mean, deviation in zip((*NAMES, "level", "ln(scatter)"), model.mean, model.deviation, strict=True):
        print(f"   {label:12s} {mean:7.3f} ± {deviation:.3f}")
    if options.picture:
        draw(lives, found).savefig(options.picture, dpi=110)


def draw(lives: CensoredLives, found: dict[str, list[Callable[[np.ndarray], np.ndarray]]]) -> Figure:
    """Brackets beside the predictions of two models."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    rows = np.arange(len(lives.tool))
    for shift, (name, colour) in enumerate(((MODELS[0], "tab:blue"), (MODELS[2], "tab:orange"))):
        ends = np.array([[quantile(s, p) for p in (0.1, 0.5, 0.9)] for s in found[name]]) / MINUTE
        at = rows + 0.2 * (2 * shift - 1)
        axes.hlines(at, ends[:, 0], ends[:, 2], color=colour, linewidth=4, alpha=0.45, label=f"{name}, 80 %")
        axes.plot(ends[:, 1], at, "|", color=colour, markersize=9, markeredgewidth=2)
    upper = np.where(np.isfinite(lives.upper), lives.upper, lives.lower) / MINUTE
    axes.hlines(rows, lives.lower / MINUTE, upper, color="k", linewidth=2, label="measured: between two readings")
    open_ended = ~np.isfinite(lives.upper)
    if open_ended.any():
        axes.plot(upper[open_ended], rows[open_ended], ">", color="k", label="longer than the last reading")
    axes.set(xscale="log", xlabel="life in cut / min", ylabel="case")
    axes.set_xticks(minutes := (2, 5, 10, 20, 50, 100), [str(m) for m in minutes])
    axes.set_yticks(rows, lives.tool)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=8, frameon=False)
    return figure


if __name__ == "__main__":
    main()
