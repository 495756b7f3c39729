"""One job of `twin batch`: a batch in, its plan and the comparison with fixed rules out."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console

from twin.config import build
from twin.cutting.wear.table import WearTable
from twin.errors import InputError
from twin.production.batch.plan import plan, read_readings
from twin.production.batch.release import PLAN
from twin.production.batch.settings import Batch
from twin.production.batch.study import study
from twin.production.cost.economics import Economics
from twin.production.cost.operations import operations_of
from twin.production.tool_life.parts import log_parts
from twin.result import load
from twin.runs import find_run, new_run
from twin.settings import read_settings


def run_batch(
    option: str,
    changes: Sequence[str],
    *,
    outputs: Path,
    conf: Path | None = None,
    readings: Path | None = None,
    n_runs: int = 100,
    seed: int = 1,
) -> Path:
    """Plan a batch, compare with fixed rules, print and write; return the folder.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    from twin.view.batch import draw_batch, print_batch, study_record  # loads matplotlib

    batch = with_run(read_settings(Batch, "batch", option, changes, conf), outputs, conf)
    console = Console(width=None if sys.stdout.isatty() else 160)
    known = read_readings(readings, batch) if readings else ()
    planned = plan(batch, known)
    found = study(batch, n_runs, seed) if n_runs else None
    with new_run(outputs, f"{Path(option).stem}_batch") as (folder, final):
        print_batch(batch, planned, found, console)
        draw_batch(batch, planned, found).savefig(folder / "batch.png", dpi=150)
        record = {
            "batch": batch.name,
            "n_readings": len(known),
            "parts": [asdict(part) for part in planned],
            **({} if found is None else {"compared": study_record(found)}),
        }
        (folder / PLAN).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    console.print(f"plan     {final}", highlight=False, soft_wrap=True)
    console.print(f"it proposes; `twin batch release {final} --by NAME --why TEXT` releases it", highlight=False)
    return final


def with_run(batch: Batch, outputs: Path, conf: Path | None = None) -> Batch:
    """The batch with time and tool life from its run, where it names one.

    Raises:
        InputError: no such run; no law of wear where the batch has no other life to go by.
    """
    if batch.run is None:
        return batch
    folder = find_run(batch.run, outputs)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    operations = operations_of(load(folder), config)
    economics = read_settings(Economics, "economics", "standard", (), conf)
    seconds = sum(operation.time for operation in operations)
    loading, trust = economics.times.loading.time.value, economics.trust.time.value.value
    time = batch.part_time or seconds * trust + loading
    used = {
        t: sum(o.life_used for o in operations if o.tool == t and o.life_used) for t in {o.tool for o in operations}
    }
    if not config.get("wear") or not any(used.values()):
        raise InputError(
            f"the run knows no law of tool wear for {config['material']['name']}",
            file=folder,
            remedy="leave the run out of the batch and state part_time and tool.n_life",
        )
    table = build(WearTable, config["wear"], "wear")
    row = next(row for row in table.rows if row.name == table.chosen)
    life = log_parts(max(used.values()), row.scatter, batch.tool.law_scatter)
    tool = replace(batch.tool, n_life=float(np.exp(life.mean)), tool_scatter=max(life.tool_deviation, 1e-3))
    return replace(batch, part_time=time, tool=tool)
