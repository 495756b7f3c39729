"""One job of `twin schedule`: a shop in, a schedule, its execution under scatter and what-ifs out."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from twin.errors import InputError
from twin.production.cost.economics import Economics
from twin.production.shop.execute import Execution, batch_of_one, execute
from twin.production.shop.schedule import Schedule, schedule
from twin.production.shop.settings import Closed, Shop
from twin.production.words import hours, split_colons
from twin.result import load
from twin.runs import find_run, new_run
from twin.settings import read_settings
from twin.units import HOUR, Uncertain

N_DRAWS, SEED = 2000, 1
RUSH, DOWN = "--rush JOB:RELEASE_H:DUE_H", "--down MACHINE:FROM_H:TO_H"


@dataclass(frozen=True)
class WhatIf:
    """Changes that are asked for, as on the command line."""

    batch_one: bool = False
    rush: tuple[str, ...] = ()
    """``JOB:RELEASE_H:DUE_H``: one more job like JOB, ten times as important."""
    down: tuple[str, ...] = ()
    """``MACHINE:FROM_H:TO_H``."""

    def variants(self, shop: Shop) -> Iterator[tuple[str, Shop]]:
        """What it is called, and the shop with it.

        Raises:
            InputError: a change that cannot be read or made.
        """
        if self.batch_one:
            yield "every batch is one part", batch_of_one(shop)
        for text in self.rush:
            job, release, due = split_colons(text, 3, RUSH)
            if job not in shop.jobs:
                raise InputError(f"there is no job '{job}'", remedy="one of " + ", ".join(shop.jobs))
            like = replace(
                shop.jobs[job],
                release=hours(release, RUSH),
                due=hours(due, RUSH),
                importance=10 * shop.jobs[job].importance,
            )
            yield f"one more {job} comes at {release} h", replace(shop, jobs={**shop.jobs, f"rush {job}": like})
        for text in self.down:
            name, start, end = split_colons(text, 3, DOWN)
            if name not in shop.machines:
                raise InputError(f"there is no machine '{name}'", remedy="one of " + ", ".join(shop.machines))
            machine = shop.machines[name]
            shut = replace(machine, closed=(*machine.closed, Closed(start=hours(start, DOWN), end=hours(end, DOWN))))
            yield f"{name} is down from {start} to {end} h", replace(shop, machines={**shop.machines, name: shut})


def run_schedule(
    chosen: Mapping[str, str],
    changes: Sequence[str],
    what_if: WhatIf,
    *,
    outputs: Path,
    conf: Path | None = None,
    orders: Path | None = None,
) -> Path:
    """Schedule a shop and its variants, print and write what came out; return the folder.

    Args:
        orders: ISA-95 job orders (JSON) that set dates and numbers of the shop's jobs; responses are written too.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    from twin.production.shop.isa95 import read_orders, responses_of, responses_text, with_orders
    from twin.view.schedule import draw_schedule, print_schedule, schedule_record  # loads matplotlib

    name = chosen.get("shop", "cell")
    economics = read_settings(Economics, "economics", chosen.get("economics", "standard"), (), conf)
    shop = with_run_times(read_settings(Shop, "shop", name, changes, conf), economics, outputs)
    epoch = None
    if orders is not None:
        shop, epoch = with_orders(shop, read_orders(orders))
    variants = list(what_if.variants(shop))  # what is wrong with them is said before anything is scheduled
    console = Console(width=None if sys.stdout.isatty() else 160)

    def carried_out(what: Shop) -> tuple[Schedule, Execution, Execution | None]:
        planned = schedule(what)
        carried = execute(planned, N_DRAWS, SEED)
        fails = any(machine.breakdown for machine in what.machines.values())
        calm = execute(planned, N_DRAWS, SEED, breakdowns=False) if fails else None
        print_schedule(planned, carried, calm, console)
        return planned, carried, calm

    with new_run(outputs, f"{Path(name).stem}_schedule") as (folder, final):
        found = carried_out(shop)
        draw_schedule(*found).savefig(folder / "schedule.png", dpi=150)
        record: dict[str, Any] = schedule_record(*found) | {"what_if": {}}
        if epoch is not None:
            (folder / "job_responses.json").write_text(responses_text(responses_of(found[0], epoch)))
        for k, (what, variant) in enumerate(variants, 1):
            console.print(f"\n[bold]what if {what}[/bold]", highlight=False)
            other = carried_out(variant)
            draw_schedule(*other).savefig(folder / f"what_if_{k}.png", dpi=150)
            record["what_if"][what] = schedule_record(*other)
            change = (other[1].makespan.mean() - found[1].makespan.mean()) / HOUR
            console.print(f"makespan: {change:+.2f} h", highlight=False)
        (folder / "schedule.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    console.print(f"results  {final}", highlight=False, soft_wrap=True)
    return final


def with_run_times(shop: Shop, economics: Economics, outputs: Path) -> Shop:
    """The shop with every operation that names a run timed by it: program and loading of a part.

    Raises:
        InputError: no such run.
    """
    loading, trust = economics.times.loading.time.value, economics.trust.time.value
    jobs = {}
    for name, job in shop.jobs.items():
        operations = dict(job.operations)
        for key, operation in operations.items():
            if operation.run is not None and operation.time.value <= 0:
                seconds = float(load(find_run(operation.run, outputs)).tree.attrs["duration_s"])
                time = Uncertain(seconds * trust.value + loading, seconds * trust.deviation)
                operations[key] = replace(operation, time=time)
        jobs[name] = replace(job, operations=operations)
    return replace(shop, jobs=jobs)
