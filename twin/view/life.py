"""Pictures of the life of components: what is left of each, and which operation takes how much."""

import numpy as np
from matplotlib.figure import Figure

from twin.production.component_life.outlook import Outlook

YEAR = 250.0  # working days
SHORTEST, LONGEST = 1.0, 100 * YEAR  # [days] ends of the axis


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
    low, middle, high = np.clip(found.days.T, SHORTEST, LONGEST)
    beyond = found.days[:, 0] >= LONGEST
    axes.hlines(rows[~beyond], low[~beyond], high[~beyond], color="tab:blue", linewidth=5, alpha=0.4, label="90 %")
    seen = ~beyond & (found.days[:, 1] < LONGEST)
    axes.plot(middle[seen], rows[seen], "|", color="tab:blue", markersize=14, markeredgewidth=2, label="median")
    for row in rows[beyond]:
        axes.text(LONGEST * 0.8, row, "beyond 100 years ▸", ha="right", va="center", fontsize=8, color="0.4")
    axes.set(xscale="log", xlim=(SHORTEST, LONGEST), xlabel="working days left (250 a year)")
    axes.set_yticks(rows, found.component)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_title("left of fatigue life", fontsize=10)
    if not beyond.all():
        axes.legend(loc="upper left", fontsize=8)
