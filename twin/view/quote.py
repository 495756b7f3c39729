"""A quotation: its tables and its picture."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from twin.production.cost.account import ENERGY, MONEY
from twin.production.cost.quote import Quotation
from twin.production.spread import Interval, spread_of
from twin.units import HOUR, MINUTE

KWH = 3.6e6
COLOURS = dict(zip(MONEY, ("#1f5fa8", "#7aa6d6", "#c4561a", "#e0b13a", "#59a89c", "#8c8c8c", "#b03a5b"), strict=True))


def quotation_rows(found: Quotation) -> list[tuple[str, Interval, Interval, Interval]]:
    """Of every step and of all: machine time [min], energy [kWh], cost [EUR], per good part."""
    steps = {**found.accounts, "total": found.total}
    return [
        (
            name,
            spread_of(account.time / MINUTE),
            spread_of(account.total_energy / KWH),
            spread_of(account.cost),
        )
        for name, account in steps.items()
    ]


def quotation_record(found: Quotation) -> dict[str, Any]:
    """The quotation as plain data, for a file."""

    def plain(value: Interval) -> list[float]:
        return [value.mean, value.lower, value.upper]

    total = found.total
    return {
        "title": found.title,
        "quantity": found.order.quantity,
        "lot": found.order.lot,
        "interval_pct": 95,
        "per_good_part": {
            name: {"time_min": plain(time), "energy_kwh": plain(energy), "cost_eur": plain(cost)}
            for name, time, energy, cost in quotation_rows(found)
        },
        "cost_by_kind_eur": {kind: plain(spread_of(values)) for kind, values in total.money.items()},
        "energy_by_use_kwh": {use: plain(spread_of(values / KWH)) for use, values in total.energy.items()},
        "order_cost_eur": plain(spread_of(total.cost * found.order.quantity)),
        "order_machine_time_h": plain(spread_of(found.lead_time / HOUR)),
        "tool_lives_per_part_ratio": {tool: plain(lives) for tool, lives in found.tools.items()},
        "risk": {
            "lost_parts_ratio": plain(found.scrap),
            "first_part_out_of_tolerance_ratio": list(found.risk.first_part),
            "worst_characteristics_ratio": dict(found.risk.worst),
            "n_judged_by_drawing": found.risk.n_judged[0],
            "n_judged_by_general_tolerance": found.risk.n_judged[1],
            "volume_cut_with_chatter_ratio": found.risk.chatter,
            "cost_above_110_pct_of_its_mean_ratio": found.risk.above,
            "warnings": found.risk.warnings,
            "collisions": found.risk.collisions,
        },
        "notes": list(found.notes),
    }


def print_quotation(found: Quotation, console: Console) -> None:
    """Steps, kinds of cost, tools and risk."""
    order = found.order
    table = Table(
        title=f"{found.title}: {order.quantity} parts in lots of {order.lot}; a good part, mean and 95 % interval",
        title_justify="left",
    )
    table.add_column("step", no_wrap=True)
    for heading in ("machine time / min", "energy / kWh", "cost / EUR"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = quotation_rows(found)
    for name, time, energy, cost in rows:
        if name == "total":
            table.add_section()
        table.add_row(name, _shown(time, 1), _shown(energy, 2), _shown(cost, 2))
    console.print(table)
    total = found.total
    kinds = Table(title="of the cost", title_justify="left")
    kinds.add_column("kind", no_wrap=True)
    kinds.add_column("EUR", justify="right", no_wrap=True)
    for kind in MONEY:
        if kind in total.money:
            kinds.add_row(kind, _shown(spread_of(total.money[kind]), 2))
    console.print(kinds)
    uses = ", ".join(f"{use} {spread_of(total.energy[use] / KWH).mean:.2f}" for use in ENERGY if use in total.energy)
    console.print(f"energy / kWh: {uses}", highlight=False)
    for tool, lives in found.tools.items():
        console.print(f"{tool}: a part uses {_shown(100 * lives, 1)} % of a life", highlight=False)
    console.print(
        f"order: {_shown(spread_of(total.cost * order.quantity), 0)} EUR, "
        f"{_shown(spread_of(found.lead_time / HOUR), 1)} machine hours",
        highlight=False,
    )
    for line in risk_lines(found):
        console.print(line, highlight=False)
    for note in found.notes:
        console.print(f"[yellow]note[/yellow] {note}", highlight=False)


def risk_lines(found: Quotation) -> list[str]:
    """What could make it dearer."""
    risk, (low, high) = found.risk, found.risk.first_part
    lines = [
        f"risk: {_shown(100 * found.scrap, 1)} % of the parts are lost",
        f"risk: {100 * risk.above:.0f} % that the cost exceeds its mean by a tenth",
    ]
    if risk.worst:
        lines.append(
            f"risk: the first part, cut as programmed, is out of tolerance with {100 * low:.1f} % (all err together) "
            f"to {100 * high:.1f} % (each by itself); judged: {risk.n_judged[0]} characteristics by the drawing, "
            f"{risk.n_judged[1]} sizes by the general tolerance"
        )
    else:
        lines.append("risk: no sizes are declared and no tolerances, so that of a part out of tolerance is not known")
    if risk.worst and risk.worst[0][1] > 1e-4:
        lines.append("likeliest to be out: " + ", ".join(f"{name} {100 * p:.1f} %" for name, p in risk.worst[:3]))
    if risk.chatter > 0:
        lines.append(f"risk: {100 * risk.chatter:.1f} % of the volume is cut with chatter")
    if risk.warnings or risk.collisions:
        lines.append(f"risk: the run has {risk.warnings} warnings and {risk.collisions} collisions")
    return lines


def draw_quotation(found: Quotation) -> Figure:
    """Cost by step and kind, and how likely which cost of a good part is."""
    figure = Figure(figsize=(11, 0.34 * len(found.accounts) + 2.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    names = list(found.accounts)
    offset = np.zeros(len(names))
    for kind in MONEY:
        share = np.array([np.mean(a.money[kind]) if kind in a.money else 0.0 for a in found.accounts.values()])
        if share.any():
            left.barh(range(len(names)), share, left=offset, color=COLOURS[kind], label=kind)
        offset += share
    for row, account in enumerate(found.accounts.values()):
        cost = spread_of(account.cost)
        left.plot((cost.lower, cost.upper), (row, row), color="black", linewidth=1)
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.invert_yaxis()
    left.set(xlabel="cost of a good part / EUR (line: 95 %)")
    left.legend(fontsize=8, loc="best")
    total, cost = found.total.cost, spread_of(found.total.cost)
    right.hist(total, bins=60, color="#7aa6d6", density=True)
    for value, style in ((cost.mean, "-"), (cost.lower, "--"), (cost.upper, "--")):
        right.axvline(value, color="black", linestyle=style, linewidth=1)
    right.set(
        xlabel="cost of a good part / EUR",
        ylabel="density / (1/EUR)",
        title=f"{cost.mean:,.0f} EUR, 95 %: {cost.lower:,.0f} to {cost.upper:,.0f}",
    )
    figure.suptitle(f"{found.title}: {found.order.quantity} parts in lots of {found.order.lot}", fontsize=11)
    return figure


def _shown(value: Interval, digits: int) -> str:
    return f"{value.mean:,.{digits}f} ({value.lower:,.{digits}f} to {value.upper:,.{digits}f})"
