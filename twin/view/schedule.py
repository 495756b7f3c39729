"""A schedule: its table, its record and its Gantt plot."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from twin.production.shop.execute import Execution
from twin.production.shop.schedule import Schedule
from twin.production.spread import Interval, spread_of
from twin.units import HOUR
from twin.view.gantt import Bar, draw_gantt


def print_schedule(planned: Schedule, carried: Execution, calm: Execution | None, console: Console) -> None:
    """Every job: planned end, end as carried out, lateness, probability to be late.

    Args:
        calm: the same without breakdowns; None: no machine can fail.
    """
    shop = planned.shop
    proof = "optimal" if planned.optimal else f"best found; within {100 * planned.gap:.0f} % of the bound of its goal"
    table = Table(title=f"{shop.name}: makespan {planned.makespan / HOUR:.2f} h, {proof}", title_justify="left")
    calmly = ("without breakdowns / %",) if calm else ()
    headings = ("job", "planned end / h", "due / h", "end, 95 % / h", "lateness, 95 % / h", "late / %", *calmly)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "job" else "right", no_wrap=True)
    for name, job in shop.jobs.items():
        end, lateness = spread_of(carried.end[name] / HOUR), carried.lateness(shop, name)
        table.add_row(
            name,
            f"{planned.end(name) / HOUR:.2f}",
            "" if job.due is None else f"{job.due / HOUR:.2f}",
            f"{end.lower:.2f} to {end.upper:.2f}",
            "" if job.due is None else f"{lateness.lower / HOUR:+.2f} to {lateness.upper / HOUR:+.2f}",
            "" if job.due is None else f"{100 * carried.late(shop, name):.0f}",
            *(["" if job.due is None else f"{100 * calm.late(shop, name):.0f}"] if calm else []),
        )
    console.print(table)
    both = {"under scatter": calm, "and breakdowns": carried} if calm else {"under scatter": carried}
    texts = []
    for what, execution in both.items():
        makespan = spread_of(execution.makespan / HOUR)
        texts.append(f"{what} {makespan.mean:.2f} h ({makespan.lower:.2f} to {makespan.upper:.2f})")
    console.print(f"makespan: planned {planned.makespan / HOUR:.2f} h, " + ", ".join(texts), highlight=False)


def schedule_record(planned: Schedule, carried: Execution, calm: Execution | None) -> dict[str, Any]:
    """The schedule as plain data, for a file."""
    shop = planned.shop

    def plain(value: Interval) -> list[float]:
        return [value.mean, value.lower, value.upper]

    return {
        "shop": shop.name,
        "optimal": planned.optimal,
        "gap_pct": 100 * planned.gap,
        "makespan_h": {
            "planned": planned.makespan / HOUR,
            "executed": plain(spread_of(carried.makespan / HOUR)),
            **({"without_breakdowns": plain(spread_of(calm.makespan / HOUR))} if calm else {}),
        },
        "jobs": {
            name: {
                "planned_end_h": planned.end(name) / HOUR,
                "executed_end_h": plain(spread_of(carried.end[name] / HOUR)),
                **({} if job.due is None else {"due_h": job.due / HOUR, "late_ratio": carried.late(shop, name)}),
            }
            for name, job in shop.jobs.items()
        },
        "tasks": [
            {
                "job": task.job,
                "operation": task.operation,
                "machine": task.machine,
                "preparation_from_h": task.begin / HOUR,
                "start_h": task.start / HOUR,
                "end_h": task.end / HOUR,
            }
            for task in planned.tasks
        ],
    }


def draw_schedule(planned: Schedule, carried: Execution, calm: Execution | None) -> Figure:
    """Gantt plot by machine with set-up, warm-up and closings; below it where the end of each job lies."""
    shop = planned.shop
    bars = []
    for task in planned.tasks:
        middle = task.begin + task.warm_up
        if task.warm_up:
            bars.append(Bar(task.machine, "", task.begin, middle, "warm-up"))
        if task.setup:
            bars.append(Bar(task.machine, "", middle, task.start, "set-up"))
        bars.append(Bar(task.machine, task.job, task.start, task.end, label=f"{task.job}\n{task.operation}"))
    for name, machine in shop.machines.items():
        bars += [
            Bar(name, "", gap.start, min(gap.end, planned.makespan), "down")
            for gap in machine.closed
            if gap.start < planned.makespan
        ]
    ends = len(shop.jobs) <= 20
    heights = (0.6 * len(shop.machines) + 0.6, 0.3 * len(shop.jobs) + 0.6)
    figure = Figure(figsize=(12, sum(heights) + 1.2 if ends else heights[0] + 1.5), layout="constrained")
    panels = figure.subplots(2, 1, height_ratios=heights) if ends else [figure.subplots()]
    due = {name: job.due for name, job in shop.jobs.items() if job.due is not None}
    draw_gantt(panels[0], list(shop.machines), bars, due)
    panels[0].set_title(f"{shop.name}: {planned.makespan / HOUR:.2f} h (dotted: due)", fontsize=10)
    if ends:
        shown = [(carried, "#9dbfe3"), (calm, "#1f5fa8")] if calm else [(carried, "#1f5fa8")]
        for execution, colour in shown:
            for row, name in enumerate(shop.jobs):
                spread = spread_of(execution.end[name] / HOUR)
                panels[1].plot(
                    (spread.lower, spread.upper), (row, row), color=colour, linewidth=5, solid_capstyle="butt"
                )
        for row, name in enumerate(shop.jobs):
            panels[1].plot(planned.end(name) / HOUR, row, "o", color="white", markeredgecolor="black", markersize=5)
            if name in due:
                panels[1].plot((due[name] / HOUR,) * 2, (row - 0.4, row + 0.4), color="black", linewidth=2)
        panels[1].set_yticks(range(len(shop.jobs)), list(shop.jobs))
        panels[1].invert_yaxis()
        paler = "pale: with breakdowns, " if calm else ""
        panels[1].set(xlabel=f"end / h (blue: 95 % under scatter, {paler}circle: planned, bar: due)")
        panels[1].set_xlim(0, max(panels[0].get_xlim()[1], panels[1].get_xlim()[1], np.finfo(float).eps))
        panels[0].set_xlim(panels[1].get_xlim())
    return figure
