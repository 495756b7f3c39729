"""One job of the planner: finished runs and a plan of work in, what is left of the machine out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from twin.errors import InputError
from twin.production.component_life.book import book_work, read_book
from twin.production.component_life.components import components_of, read_components
from twin.production.component_life.consumption import consumption
from twin.production.component_life.outlook import Outlook, check_parts, outlook
from twin.production.component_life.run_loads import RunLoads, read_run

YEAR = 250.0  # working days, for reading long lives
FOREVER = 100 * YEAR  # longer lives say that fatigue will not end them


def life_of(
    folders: Sequence[Path],
    parts_a_day: Sequence[float],
    console: Console,
    *,
    components_file: Path | None = None,
    conf: Path | None = None,
    book: Path | None = None,
    days: float = 0.0,
) -> Outlook:
    """Print what the runs consume and what is left; book ``days`` of that work where there is a book.

    Raises:
        InputError: no parts, runs of different machines, no components, a book of another machine.
    """
    check_parts(parts_a_day)
    own = read_components(components_file) if components_file else None
    runs = [read_run(folder) for folder in folders]
    if others := {run.machine for run in runs} - {runs[0].machine}:
        raise InputError(f"runs of {runs[0].machine} and of {min(others)}", remedy="ask for one machine at a time")
    if own and components_file:
        components, file = own, components_file
    else:
        components, file = components_of(runs[0].machine, conf)
    taken = [consumption(components, run) for run in runs]
    before = read_book(book, runs[0].machine) if book else {}
    if unknown := set(before) - set(taken[0].component):
        raise InputError(
            f"the book names '{min(unknown)}', which {runs[0].machine} has not",
            file=book,
            remedy="its components: " + ", ".join(taken[0].component),
        )
    for run, one, n in zip(runs, taken, parts_a_day, strict=True):
        lives = {name: float(days * n * used) for name, used in zip(one.component, one.used, strict=True)}
        if book and days:
            book_work(book, runs[0].machine, run.folder.name, days * n, lives)
        before = {name: before.get(name, 0.0) + lives[name] for name in lives}
    found = outlook(taken, [[o.label for o in run.operations] for run in runs], parts_a_day, before)
    _tell(runs, parts_a_day, found, file, console)
    return found


def _tell(runs: Sequence[RunLoads], parts_a_day: Sequence[float], found: Outlook, file: Path, console: Console) -> None:
    for run, n in zip(runs, parts_a_day, strict=True):
        console.print(f"{n:g} parts a day of {run.title}, {run.duration / 60:.1f} min each", highlight=False)
    table = Table(title=f"Components of {runs[0].machine} ({file.name})", title_justify="left")
    table.add_column("component", no_wrap=True)
    for heading in (
        "consumed so far\n% of L10",
        "a day\n% of L10",
        "left, median\ndays",
        "90 % within\ndays",
        "most by",
        "force +10 %\nlife %",
        "bearings +5 K\nlife %",
        "preload +10 %\nlife %",
    ):
        table.add_column(heading, justify="right")
    for k, name in enumerate(found.component):
        low, middle, high = found.days[k]
        worst = int(found.share[k].argmax())
        table.add_row(
            name,
            f"{100 * found.before[k]:.3g}",
            f"{100 * found.per_day[k]:.2g}",
            shown(middle),
            f"{shown(low)} to {shown(high)}",
            f"{found.operation[worst]} {100 * found.share[k, worst]:.0f} %" if found.per_day[k] else "does not move",
            *(f"{100 * (change - 1):+.1f}" for change in _changes(found, k)),
        )
    console.print(table)
    console.print(
        "Fatigue alone, by the standards; 250 days are a year. Intervals hold the scatter of like components (Weibull) "
        "and of forces, preload and temperature. Wear, dirt, crashes and the life of grease are not in it.",
        highlight=False,
    )
    shares = Table(title="Share of each operation in what is consumed, %", title_justify="left")
    for heading in ("operation", "tool"):
        shares.add_column(heading, no_wrap=True)
    for name in found.component:
        shares.add_column(name.replace(" ", "\n"), justify="right")
    for j, operation in enumerate(operation for run in runs for operation in run.operations):
        shares.add_row(operation.label, operation.tool, *(f"{100 * value:.1f}" for value in found.share[:, j]))
    console.print(shares)


def _changes(found: Outlook, k: int) -> tuple[float, float, float]:
    """Factors of the life of component ``k`` when force, temperature and preload change as the headings say."""
    return (
        1.1 ** -found.by_force[k],
        float(np.exp(-5 * found.by_temperature[k])),
        1.1 ** -found.by_preload[k],
    )


def shown(days: float) -> str:
    """Days for a table; beyond a hundred years they are no prediction."""
    return f"> {FOREVER:,.0f}" if days > FOREVER else f"{days:,.0f}"


def machine_of(folder: Path) -> str:
    """Name of the machine of a run."""
    return str(yaml.safe_load((folder / "config.yaml").read_text())["machine"]["name"])
