"""The Pareto front among all rows of a table, one panel a pair of goals."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pyarrow as pa

from twin.sweep.columns import numbers
from twin.sweep.pareto import Goal

matplotlib.use("Agg")
from matplotlib import pyplot as plt

ALL, FRONT = "#b4bcc8", "#c4561a"


def draw_front(table: pa.Table, front: pa.Table, chosen: Sequence[Goal], file: Path) -> None:
    """Draw ``front`` in the cloud of ``table`` over every pair of the ``chosen`` goals into ``file`` (PNG).

    With three goals or more a point may lie inside the cloud of one panel: it leads in another.
    """
    pairs = list(combinations(chosen, 2))
    columns = min(len(pairs), 3)
    rows = -(-len(pairs) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(4.6 * columns + 1, 3.9 * rows), squeeze=False)
    for axes in panels.flat[len(pairs) :]:
        axes.set_axis_off()
    for axes, (x, y) in zip(panels.flat, pairs, strict=False):
        axes.plot(numbers(table, x.name), numbers(table, y.name), ".", ms=4, color=ALL, label="all rows", zorder=1)
        across, up = numbers(front, x.name), numbers(front, y.name)
        if len(chosen) == 2:
            order = np.argsort(across, kind="stable")
            axes.step(across[order], up[order], where="post" if y.sign > 0 else "pre", color=FRONT, lw=1, zorder=2)
        axes.plot(across, up, "o", ms=5, mec="white", mew=0.5, color=FRONT, label="Pareto front", zorder=3)
        axes.set_xlabel(f"{x.name}\n{_better(x)}")
        axes.set_ylabel(f"{y.name}\n{_better(y)}")
        axes.grid(alpha=0.25)
    figure.suptitle(f"{front.num_rows} of {table.num_rows:,} rows are on the front", fontsize=11)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.legend(*panels.flat[0].get_legend_handles_labels(), frameon=False, fontsize=9, loc="lower center", ncols=2)
    figure.savefig(file, dpi=130, format="png")
    plt.close(figure)


def _better(goal: Goal) -> str:
    return "more is better" if goal.largest else "less is better"
