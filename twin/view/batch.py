"""A batch: its plan, the comparison with fixed rules, and the picture of both."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from twin.production.batch.plan import ORDER, PlannedPart
from twin.production.batch.settings import Batch
from twin.production.batch.study import TWIN, BatchStudy
from twin.production.spread import Interval, mean_of, spread_of
from twin.units import HOUR

COLOURS = {
    "re-measure": "#1f5fa8",
    "stop": "#c00000",
    "change tool": "#c4561a",
    "warm up": "#e0b13a",
    "slow down": "#59a89c",
}
MOST_ROWS = 25
LEAST_SHOWN = 1e-3  # % of the picture's probabilities


def print_batch(batch: Batch, planned: tuple[PlannedPart, ...], found: BatchStudy | None, console: Console) -> None:
    """What is proposed and why; then cost and saving."""
    table = Table(title=f"{batch.name}: parts {planned[0].number} to {planned[-1].number}", title_justify="left")
    table.add_column("part", justify="right")
    table.add_column("before it", no_wrap=True)
    table.add_column("because")
    shown = [part for part in planned if part.actions or part is planned[0]]
    for part in shown[:MOST_ROWS]:
        table.add_row(str(part.number), " + ".join(part.actions) or "run", "; ".join(part.reasons))
    console.print(table)
    if len(shown) > MOST_ROWS:
        console.print(f"... and {len(shown) - MOST_ROWS} more in plan.json", highlight=False)
    console.print("every other part: run", highlight=False)
    if found is not None:
        _print_study(found, console)


def _print_study(found: BatchStudy, console: Console) -> None:
    n = len(found.outcomes[TWIN].cost)
    table = Table(
        title=f"{n} simulated batches of {found.batch.n_parts} parts; mean and its 95 % interval", title_justify="left"
    )
    for heading in ("", "cost / EUR a part", "scrap / parts", "tools failed", "tools", "machine / h", "saving / %"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name, outcome in found.outcomes.items():
        cost = mean_of(outcome.cost / found.batch.n_parts)
        saving = "" if name == TWIN else _shown(_relative(found, name), 1)
        tools = outcome.taken["change tool"] + outcome.failures + 1
        table.add_row(
            name,
            _shown(cost, 2),
            f"{outcome.scrap.mean():.1f}",
            f"{outcome.failures.mean():.1f}",
            f"{tools.mean():.1f}",
            f"{outcome.time.mean() / HOUR:.1f}",
            saving,
        )
    console.print(table)
    one = found.saving_of_a_batch(found.tuned)
    console.print(
        f"against the best fixed rule one batch saves {one.mean:,.0f} EUR ({one.lower:,.0f} to {one.upper:,.0f})",
        highlight=False,
    )


def _relative(found: BatchStudy, rule: str) -> Interval:
    """Saving in percent of the rule's mean cost."""
    return found.saving(rule) * float(100 / found.outcomes[rule].cost.mean())


def study_record(found: BatchStudy) -> dict[str, Any]:
    """The comparison as plain data, for a file."""

    def plain(value: Interval) -> list[float]:
        return [value.mean, value.lower, value.upper]

    return {
        name: {
            "cost_eur": plain(mean_of(outcome.cost)),
            "cost_of_a_batch_eur": plain(spread_of(outcome.cost)),
            "time_h": plain(mean_of(outcome.time / HOUR)),
            "n_scrap": plain(mean_of(outcome.scrap)),
            "n_failures": plain(mean_of(outcome.failures)),
            "n_taken": {action: float(values.mean()) for action, values in outcome.taken.items()},
            **({} if name == TWIN else {"saving_eur": plain(found.saving(name))}),
        }
        for name, outcome in found.outcomes.items()
    }


def draw_batch(batch: Batch, planned: tuple[PlannedPart, ...], found: BatchStudy | None) -> Figure:
    """Actions and risks along the batch; cost of every policy over the simulated batches."""
    figure = Figure(figsize=(11, 7.4 if found else 4.8), layout="constrained")
    panels = figure.subplots(3 if found else 2, 1, height_ratios=(1.1, 1.3, 1.7) if found else (1.1, 1.3))
    number = np.array([part.number for part in planned])
    for row, action in enumerate(ORDER):
        when = [part.number for part in planned if action in part.actions]
        panels[0].plot(when, [row] * len(when), "|", color=COLOURS[action], markersize=13, markeredgewidth=1.8)
    panels[0].set_yticks(range(len(ORDER)), ORDER)
    panels[0].set_ylim(len(ORDER) - 0.5, -0.5)
    panels[0].grid(axis="y", alpha=0.3)
    panels[0].set_title(f"{batch.name}: what is proposed before which part", fontsize=10)
    for values, label, colour in (
        ([part.out for part in planned], "out of tolerance", "#1f5fa8"),
        ([part.failing for part in planned], "tool fails", "#c4561a"),
        ([part.faulty for part in planned], "something is wrong", "#c00000"),
    ):
        panels[1].semilogy(number, 100 * np.maximum(values, 1e-9), color=colour, label=label, linewidth=1.0)
    panels[1].set(xlabel="part", ylabel="probability / %", ylim=(LEAST_SHOWN, 100))
    panels[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    for panel in panels[:2]:
        panel.set_xlim(number[0] - 1, number[-1] + 1)
    if found:
        names = list(found.outcomes)
        costs = [found.outcomes[name].cost / batch.n_parts for name in names]
        panels[2].boxplot(costs, orientation="horizontal", whis=(2.5, 97.5), showfliers=False, widths=0.55)
        panels[2].set_yticks(range(1, len(names) + 1), [name.replace(": ", ":\n") for name in names])
        panels[2].invert_yaxis()
        panels[2].set(xlabel="cost of a part over simulated batches / EUR (box: half of them, whiskers: 95 %)")
    return figure


def _shown(value: Interval, digits: int) -> str:
    return f"{value.mean:,.{digits}f} ({value.lower:,.{digits}f} to {value.upper:,.{digits}f})"
