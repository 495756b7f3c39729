"""Pictures of the life of components: what is left of each, and which operation takes how much."""

import numpy as np
from matplotlib.figure import Figure

from twin.production.component_life.outlook import Outlook

YEAR = 250.0  # working days
LONGEST = 100 * YEAR  # [days] that fatigue is asked about
SHORTEST, FARTHEST = 1.0, 1e10  # [days] of the axis


def draw_life(found: Outlook) -> Figure:
    """Left: days until failure, median and 90 % interval; right: shares of the operations in percent."""
    n, m = found.share.shape
    figure = Figure(figsize=(7.5 + 0.62 * m, 1.9 + 0.42 * n), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[4.2, 0.62 * m + 1.5])
    _draw_days(left, found)
    image = right.imshow(100 * found.share, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for i in range(n):
        for j in range(m):
            value = 100 * found.share[i, j]
            if value >= 0.5:
                right.text(j, i, f"{value:.0f}", ha="center", va="center", color="w" if value > 55 else "k", fontsize=8)
    right.set_xticks(range(m), found.operation, rotation=35, ha="right", fontsize=8)
    right.set_title("share of the operations, %", fontsize=10)
    figure.colorbar(image, ax=right, shrink=0.8)
    return figure


def _draw_days(axes, found: Outlook) -> None:  # type: ignore[no-untyped-def]
    rows = np.arange(len(found.component))
    works = np.isfinite(found.days[:, 1])
    low, middle, high = found.days[works].T
    axes.axvspan(LONGEST, FARTHEST, color="0.92", label="beyond 100 years: no prediction")
    axes.hlines(rows[works], low, high, color="tab:blue", linewidth=5, alpha=0.4, label="90 %")
    axes.plot(middle, rows[works], "|", color="tab:blue", markersize=14, markeredgewidth=2, label="median")
    right = max(10 * LONGEST, float(high.max(initial=LONGEST)) * 2)
    axes.set(xscale="log", xlim=(SHORTEST, min(right, FARTHEST)), xlabel="working days left (250 a year)")
    axes.set_yticks(rows, found.component)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_title("left of fatigue life", fontsize=10)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=3, fontsize=8, frameon=False)
