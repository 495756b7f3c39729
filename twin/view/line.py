"""A line: its figures, its states, and the picture of one replication."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from twin.production.line.study import LineStudy, difference, queue_over_time
from twin.production.line.trace import STATES
from twin.production.spread import Interval, mean_of, spread_of
from twin.units import HOUR
from twin.view.gantt import Bar, draw_gantt, order_colours

LABELS = {
    "throughput_per_h": "throughput / (good parts/h)",
    "lead_time_h": "lead time of a part / h",
    "wip": "parts in the line",
    "late_pct": "orders that are late / %",
    "lateness_h": "lateness of an order / h",
    "energy_kwh": "energy of a good part / kWh",
    "cost_eur": "cost of a good part / EUR",
}


def print_study(found: LineStudy, console: Console) -> None:
    """Figures with their intervals, ends of orders, states of the stations."""
    n = len(found.figures["wip"])
    table = Table(title=f"{found.line.name}: {n} replications", title_justify="left")
    for heading in ("", "mean", "95 % of the mean", "95 % of replications"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name, label in LABELS.items():
        if np.isfinite(found.figures[name]).all():
            mean, spread = found.mean(name), found.spread(name)
            table.add_row(label, f"{mean.mean:,.2f}", _bounds(mean), _bounds(spread))
    for order, ends in found.ends.items():
        due = found.line.orders[order].due
        mean, spread = mean_of(ends / HOUR), spread_of(ends / HOUR)
        late = "" if due is None else f", due {due / HOUR:,.1f}: late with {100 * np.mean(ends > due):.0f} %"
        table.add_row(f"end of {order} / h{late}", f"{spread.mean:,.2f}", _bounds(mean), _bounds(spread))
    console.print(table)
    states = Table(title="share of the machines' time / %", title_justify="left")
    states.add_column("station", no_wrap=True)
    for state in (*STATES, "idle"):
        states.add_column(state, justify="right")
    for station, shares in found.states.items():
        states.add_row(station, *(f"{100 * values.mean():.1f}" for values in shares.values()))
    console.print(states)


def print_difference(what: str, base: LineStudy, other: LineStudy, console: Console) -> None:
    """What a change does, pairwise with the same luck."""
    table = Table(title=f"what if {what}", title_justify="left")
    for heading in ("", "as it is", "then", "change", "95 % of the change"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name, change in difference(base, other).items():
        if np.isfinite(change.mean):
            table.add_row(
                LABELS[name],
                f"{base.mean(name).mean:,.2f}",
                f"{other.mean(name).mean:,.2f}",
                f"{change.mean:+,.2f}",
                f"{change.lower:+,.2f} to {change.upper:+,.2f}",
            )
    console.print(table)


def study_record(found: LineStudy) -> dict[str, Any]:
    """The study as plain data, for a file."""

    def plain(value: Interval) -> list[float]:
        return [value.mean, value.lower, value.upper]

    return {
        "line": found.line.name,
        "n_replications": len(found.figures["wip"]),
        "figures": {
            name: {"mean": plain(found.mean(name)), "replication": plain(found.spread(name))}
            for name in LABELS
            if np.isfinite(found.figures[name]).all()
        },
        "order_end_h": {order: plain(spread_of(ends / HOUR)) for order, ends in found.ends.items()},
        "state_share_pct": {
            station: {state: 100 * float(values.mean()) for state, values in shares.items()}
            for station, shares in found.states.items()
        },
    }


def draw_line(found: LineStudy) -> Figure:
    """Gantt plot of the first replication, the queues of it, and when the orders end."""
    trace, line = found.first, found.line
    machines = [
        name if station.n_machines == 1 else f"{name} {k + 1}"
        for name, station in line.stations.items()
        for k in range(station.n_machines)
    ]
    figure = Figure(figsize=(11, 0.45 * len(machines) + 5.4), layout="constrained")
    gantt, queue, ends = figure.subplots(3, 1, height_ratios=(0.45 * len(machines) + 0.5, 2.0, 1.6))
    bars = [Bar(stay.machine, stay.order, stay.start, stay.end, stay.state) for stay in trace.stays]
    due = {name: order.due for name, order in line.orders.items() if order.due is not None}
    draw_gantt(gantt, machines, bars, due)
    gantt.set_title(f"{line.name}: one replication (dotted: due)", fontsize=10)
    time = np.linspace(0, trace.end, 1500)
    for station in line.stations:
        queue.step(time / HOUR, queue_over_time(trace, station, time), where="post", label=station, linewidth=1.2)
    queue.set(xlabel="time / h", ylabel="parts that wait", xlim=gantt.get_xlim())
    queue.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    colour = order_colours(found.ends)
    for row, (order, values) in enumerate(found.ends.items()):
        place = np.full(len(values), row) + np.linspace(-0.25, 0.25, len(values))
        ends.plot(values / HOUR, place, ".", markersize=4, color=colour[order])
        if order in due:
            ends.plot((due[order] / HOUR,) * 2, (row - 0.4, row + 0.4), color="black", linewidth=2)
    ends.set_yticks(range(len(found.ends)), list(found.ends))
    ends.invert_yaxis()
    ends.set(xlabel="end of the order in each replication / h (bar: due)")
    return figure


def _bounds(value: Interval) -> str:
    return f"{value.lower:,.2f} to {value.upper:,.2f}"
