"""When to change the tools of a finished run: parts by the wear law, interval and batch by cost."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from twin.config import build
from twin.cutting.wear import WearTable
from twin.errors import InputError
from twin.production.tool_life.parts import LogLife, log_parts
from twin.production.tool_life.replacement import batch_policy, best_interval
from twin.result import Result, load

LONGEST = 20_000  # parts; a tool that makes more is not planned
LAST = 1e-6  # probability that a tool makes more parts than are looked at


def check_plan(folders: Sequence[Path], change: float, failure: float, batch: int | None) -> None:
    """Refuse what tools cannot be planned by, before anything is worked out.

    Raises:
        InputError: no law of wear is known for the material of a run, or nonsensical costs or parts.
    """
    for name, cost in (("--change", change), ("--failure", failure)):
        if not 0 < cost < np.inf:
            raise InputError(f"{name} is {cost:g} EUR", remedy="a cost above zero")
    if batch is not None and batch < 1:
        raise InputError(f"a batch of {batch} parts", remedy="at least 1")
    for folder in folders:
        _wear_of(folder)


def _wear_of(folder: Path) -> tuple[Result, dict[str, float], WearTable]:
    """A run, the share of a life that a part takes of each tool, and the law of wear that says so."""
    result = load(folder)
    used = json.loads(str(result.tree.attrs.get("life_used_by_part", "{}")))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    if not used or not config.get("wear"):
        raise InputError(
            "no law of wear is known for the material of this run", file=folder, remedy="choose one: twin run wear=NAME"
        )
    return result, used, build(WearTable, config["wear"], "wear")


def plan_tools(folder: Path, change: float, failure: float, batch: int | None, console: Console) -> None:
    """Print for each tool of the run how many parts it makes and when to change it.

    Args:
        change, failure: cost of a tool with its change; what comes on top when it fails in a part [EUR].
        batch: parts of the batch; None: the long run alone.

    Raises:
        InputError: no law of wear is known for the material of the run, or nonsensical costs.
    """
    result, used, wear = _wear_of(folder)
    row = next(row for row in wear.rows if row.name == wear.chosen)
    title = f"Tools of {result.tree.attrs['title']}: change {change:g} EUR, failure {failure:g} EUR more"
    table = Table(title=title, title_justify="left")
    table.add_column("tool")
    headings = ["parts, median", "90 % within", "change after", "fails before", "EUR a part", "run to failure"]
    for heading in [*headings, *([f"batch of {batch}, EUR", "by the interval"] if batch else [])]:
        table.add_column(heading, justify="right")
    for word, share in used.items():
        if share > 0:
            life = log_parts(share, row.scatter)
            table.add_row(word, *_planned(life, change, failure, batch))
    console.print(table)
    console.print(
        f"wear: {row.tool}, {row.sureness}; scatter from tool to tool {row.scatter.life:.0%}: {row.scatter_basis}",
        highlight=False,
    )


def _planned(life: LogLife, change: float, failure: float, batch: int | None) -> list[str]:
    low, middle, high = life.quantile([0.05, 0.5, 0.95])
    shown = [f"{middle:,.1f}", f"{low:,.1f} to {high:,.1f}"]
    last = int(life.quantile(1 - LAST)) + 2
    if last > LONGEST or life.survival(1) < 0.5:
        return [*shown, "within a part" if last <= LONGEST else "not planned"]
    survival = life.survival(np.arange(last + 1))
    best = best_interval(survival, change, failure)
    shown += [f"{best.n_parts}", f"{best.fails_before:.1%}", f"{best.cost:,.2f}", f"{best.cost_to_failure:,.2f}"]
    if batch:
        policy = batch_policy(survival, change, failure, batch)
        shown += [f"{policy.cost:,.2f}", f"{policy.cost_of_interval:,.2f}"]
    return shown
