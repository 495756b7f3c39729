"""What scatter makes of a part: the table, the chart of features in their tolerances, and what to tighten first."""

from pathlib import Path

import matplotlib
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from twin.sweep.robustness import Robustness, capability, centred, in_tolerance, probability, share_by_group, tightening
from twin.view.tornado import draw_tornado

matplotlib.use("Agg")
from matplotlib import pyplot as plt

MOST_ROWS = 16
MOST_CPK = 10  # beyond it the number says nothing
WITHIN, BEYOND, LIMIT = "#3d6ea5", "#c4561a", "#222222"
GROUP_COLOURS = ("#3d6ea5", "#c4561a", "#7aa974", "#8c6bb1", "#b8a13a", "#888888")


def print_robustness(found: Robustness) -> None:
    """The least capable characteristics, then what to tighten."""
    console = Console(width=None if Console().is_terminal else 160)
    cpk, chance = capability(found.values, found.judged), probability(found.good)
    order = np.lexsort([cpk[:, 0], chance[:, 0]])[:MOST_ROWS]
    n = len(found.values)
    table = Table(
        title=f"The {len(order)} least certain of {len(cpk)} characteristics; errors in µm, {n:,} parts drawn"
    )
    for heading in (
        "characteristic",
        "tolerance",
        "mean",
        "± 1 s",
        "in tolerance",
        "95 %",
        "Cpk",
        "95 %",
        "most of it from",
    ):
        table.add_column(heading, justify="left" if heading in ("characteristic", "most of it from") else "right")
    for row in order:
        source = int(np.argmax(found.share[row]))
        table.add_row(
            escape(found.judged.name[row]),
            _limits(found.judged.lower[row], found.judged.upper[row]),
            f"{found.mean[row]:+.1f}",
            f"{found.deviation[row]:.2f}",
            _percent(chance[row, 0]),
            f"{_percent(chance[row, 1])} to {_percent(chance[row, 2])}",
            _capability(cpk[row, 0]),
            f"{_capability(cpk[row, 1])} to {_capability(cpk[row, 2])}" if cpk[row, 0] < MOST_CPK else "",
            f"{escape(found.sources[source].name)} {found.share[row, source]:.0%}",
        )
    console.print(table)
    whole = probability(found.good_part)
    console.print(
        f"the whole part is in tolerance with {_percent(whole[0])} ({_percent(whole[1])} to {_percent(whole[2])}); "
        f"{np.median(found.explained[order]):.0%} of these variances is linear in the causes (median)",
        highlight=False,
    )
    middle = probability(np.all(in_tolerance(centred(found.values, found.judged), found.judged), axis=1))
    console.print(
        f"with every mean in the middle of its limits it would be with {_percent(middle[0])}: what an offset can do",
        highlight=False,
    )
    better = tightening(found)
    table = Table(title="What to tighten first: each cause alone with half its scatter", title_justify="left")
    for heading in ("cause", "of", "share", "part in tolerance", "and centred", "least Cpk", "known from"):
        table.add_column(
            heading,
            justify="right" if heading in ("share", "part in tolerance", "and centred", "least Cpk") else "left",
        )
    for place, row in enumerate(better.row[:8]):
        source = found.sources[row]
        origin = source.origin if len(source.origin) < 40 else source.origin[:39] + "…"
        table.add_row(
            escape(source.name),
            source.group,
            f"{better.share[place]:.1%}",
            _percent(better.probability[place]),
            _percent(better.centred[place]),
            _capability(better.least_cpk[place]),
            escape(origin),
        )
    console.print(table)


def draw_robustness(found: Robustness, title: str, folder: Path) -> None:
    """Draw robustness.png, and the tornado chart of the least certain characteristic, tornado.png."""
    cpk, chance = capability(found.values, found.judged)[:, 0], probability(found.good)[:, 0]
    order = np.lexsort([cpk, chance])
    shown = order[:MOST_ROWS][::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 2.2 + 0.34 * len(shown)), sharey=True, width_ratios=(3, 2))
    place = np.arange(len(shown))
    low, high = _drawn_limits(found, shown)
    middle, half = (low + high) / 2, (high - low) / 2
    quantiles = (np.quantile(found.values[:, shown], [0.00135, 0.05, 0.5, 0.95, 0.99865], axis=0) - middle) / half
    for row, (least, lower, median, upper, most) in enumerate(quantiles.T):
        colour = WITHIN if chance[shown[row]] > 0.9973 else BEYOND
        left.plot([least, most], [row, row], color=colour, lw=1.2)
        left.plot([lower, upper], [row, row], color=colour, lw=6, solid_capstyle="butt")
        left.plot(median, row, "o", color="white", mec=colour, ms=5)
    for side in (-1, 1):
        left.axvline(side, color=LIMIT, lw=1, ls="--")
    left.set_yticks(place, [f"{found.judged.name[row]}   Cpk {_capability(cpk[row])}" for row in shown], fontsize=8.5)
    left.set_xlabel("error in its tolerance: -1 lower limit (0 of a form), +1 upper limit")
    left.set_title("bar: 90 % of parts, line: 99.73 %, orange: fewer than 99.73 % are good", fontsize=9)
    left.grid(axis="x", alpha=0.25)
    start = np.zeros(len(shown))
    for (group, share), colour in zip(share_by_group(found).items(), GROUP_COLOURS, strict=False):
        right.barh(place, share[shown], left=start, color=colour, height=0.62, label=group)
        start += share[shown]
    right.set_xlim(0, 1)
    right.set_xlabel("share of the variance")
    figure.legend(*right.get_legend_handles_labels(), frameon=False, fontsize=9, loc="lower right", ncols=5)
    whole = probability(found.good_part)
    figure.suptitle(
        f"{title}: {_percent(whole[0])} of {len(found.values):,} drawn parts are wholly in tolerance", fontsize=11
    )
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(folder / "robustness.png", dpi=130)
    plt.close(figure)
    worst = int(order[0])
    draw_tornado(
        [source.name for source in found.sources],
        found.ends[:, :, worst],
        float(found.nominal[worst]),
        f"{found.judged.name[worst]} [µm]",
        folder / "tornado.png",
        ends_mean=("cause at its 5 % quantile", "at its 95 % quantile"),
        title=f"What moves {found.judged.name[worst]}",
        shares=[("to first order", found.share[worst], None)],
    )


def _drawn_limits(found: Robustness, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits (row,); a missing lower one of a zone is 0, any other missing one mirrors the other."""
    lower, upper = found.judged.lower[rows], found.judged.upper[rows]
    one_sided = np.where(found.values[:, rows].min(axis=0) >= 0, 0.0, -upper)
    return np.where(np.isinf(lower), one_sided, lower), np.where(np.isinf(upper), -lower, upper)


def _limits(lower: float, upper: float) -> str:
    if np.isinf(lower):
        return f"to {upper:+g}"
    return f"from {lower:+g}" if np.isinf(upper) else f"{lower:+g} to {upper:+g}"


def _capability(cpk: float) -> str:
    return f"{cpk:.2f}" if cpk < MOST_CPK else f"over {MOST_CPK}"


def _percent(ratio: float) -> str:
    """Enough digits to tell 99.9 from 100 %."""
    if ratio in (0.0, 1.0):
        return f"{ratio:.0%}"
    return f"{ratio:.1%}" if 0.01 < ratio < 0.99 else f"{ratio:.2%}"
