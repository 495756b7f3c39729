"""Sensitivity of a result, as a table and as a tornado chart."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from twin.sweep.derivatives import Derivatives
from twin.sweep.importance import Importance
from twin.view.tornado import draw_tornado


def print_importance(found: Importance) -> None:
    """One line a parameter, the most important first."""
    indices, totals = found.indices, not np.isnan(found.indices.total).all()
    console = Console(width=None if Console().is_terminal else 160)
    table = Table(title=f"{found.result}, mean {found.middle:,.5g}: whose scatter it shows", title_justify="left")
    table.add_column("parameter", no_wrap=True)
    headings = ["low tenth", "high tenth", "first order", "95 %" if totals else "of nothing, below"]
    for heading in (*headings, *(("total", "95 %") if totals else ())):
        table.add_column(heading, justify="right")
    for row in indices.order:
        cells = [f"{value:,.5g}" for value in found.swing[row]]
        low, high = indices.first_interval[row]
        cells += [f"{indices.first[row]:.3f}", f"{low:.3f} to {high:.3f}" if totals else f"{high:.3f}"]
        if totals:
            cells += [f"{indices.total[row]:.3f}", "{:.3f} to {:.3f}".format(*indices.total_interval[row])]
        table.add_row(escape(indices.name[row]), *cells)
    console.print(table)
    told = indices.first if totals else np.where(indices.first > indices.first_interval[:, 1], indices.first, 0.0)
    console.print(
        f"parameters by themselves explain {max(float(told.sum()), 0):.0%} of the variance; "
        "the rest is interaction" + ("" if totals else ", or lost in the noise of the estimate"),
        highlight=False,
    )


def print_derivatives(found: Derivatives) -> None:
    """One line a parameter, the most important first."""
    console = Console(width=None if Console().is_terminal else 160)
    table = Table(title=f"{found.result}: by slopes over 3 % of each range", title_justify="left")
    table.add_column("parameter", no_wrap=True)
    for heading in ("slope, rms", "share", "total at most"):
        table.add_column(heading, justify="right")
    for row in found.order:
        bound = min(float(found.bound[row]), 1.0)
        table.add_row(escape(found.name[row]), f"{found.slope[row]:,.4g}", f"{found.share[row]:.3f}", f"{bound:.3f}")
    console.print(table)


def draw_importance(found: Importance, file: Path) -> None:
    """Draw the tornado chart into ``file`` (PNG)."""
    indices = found.indices
    shares = [("first order", indices.first, None if np.isnan(indices.total).all() else indices.first_interval)]
    if not np.isnan(indices.total).all():
        shares.append(("total", indices.total, indices.total_interval))
    draw_tornado(
        indices.name,
        found.swing,
        found.middle,
        found.result,
        file,
        ends_mean=("mean over its lowest tenth", "mean over its highest tenth"),
        title=f"What moves {found.result}",
        shares=shares,
        order=indices.order,
    )
