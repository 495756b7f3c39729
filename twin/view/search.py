"""A finished search: before and after in the terminal, and everything that was tried as a chart."""

import matplotlib
import numpy as np
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from twin.sweep.search_job import Best, missed

matplotlib.use("Agg")
from matplotlib import pyplot as plt

KEPT, MISSED, BEST = "#3d6ea5", "#d9a58c", "#c4561a"


def print_best(best: Best, console: Console) -> None:
    """Goal and limits before and after, and the command that runs the best."""
    names = list(dict.fromkeys([best.settings.goal, *(limit.name for limit in best.limits)]))
    bounds = {limit.name: f"{'at most' if limit.sign > 0 else 'at least'} {limit.value:g}" for limit in best.limits}
    wanted = "small" if best.settings.minimise else "large"
    table = Table(title=f"{best.settings.name}: the best of {best.n_tried} tried", title_justify="left")
    for heading in ("result", "wanted", "as it is", "best", "whole run"):
        table.add_column(heading, justify="left" if heading in ("result", "wanted") else "right")
    for name in names:
        values = (f"{results[name]:,.5g}" for results in (best.before, best.promised, best.checked))
        table.add_row(name, bounds.get(name, wanted) if name != best.settings.goal else wanted, *values)
    console.print(table)
    if not best.kept:
        console.print("[yellow]no values keep all limits[/yellow]: these miss them least", highlight=False)
    for name in missed(best, best.checked) if best.kept else ():
        console.print(f"[yellow]by the whole run {name} is beyond its limit[/yellow]", highlight=False)
    console.print(f"twin run {escape(' '.join(best.words))}", highlight=False, soft_wrap=True)


def draw_search(best: Best) -> None:
    """Draw search.png: the goal over each variable, everything that was tried."""
    tried = pq.read_table(best.folder / "tried.parquet")
    names = [name for name in (*best.settings.variables, *best.settings.choices) if name in tried.column_names]
    goal = tried[best.settings.goal].to_numpy()
    kept = np.array(tried["kept"].to_pylist(), bool)
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(4.2 * columns, 3.2 * rows), squeeze=False, sharey=True)
    chosen = dict(word.lstrip("+").split("=", 1) for word in best.words)
    for axes, name in zip(panels.flat, names, strict=False):
        values = tried[name].to_pylist()
        across = [str(value) for value in values] if name in best.settings.choices else values
        for mask, colour, label in ((~kept, MISSED, "misses a limit"), (kept, KEPT, "keeps all limits")):
            axes.plot(
                [a for a, m in zip(across, mask, strict=True) if m], goal[mask], "o", ms=4.5, color=colour, label=label
            )
        if best.kept:  # the one that was run, of all that are as good to the eighth digit
            at = chosen[name] if name in best.settings.choices else float(chosen[name])
            axes.plot(at, best.promised[best.settings.goal], "*", ms=15, color=BEST, label="best")
        if name in best.settings.variables:
            low, high = best.settings.variables[name]
            axes.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
        axes.set_xlabel(name, fontsize=9)
        axes.ticklabel_format(axis="y", useOffset=False)
        axes.grid(alpha=0.25)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    for row in panels:
        row[0].set_ylabel(best.settings.goal)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="lower center", ncols=3)
    figure.savefig(best.folder / "search.png", dpi=130)
    plt.close(figure)
