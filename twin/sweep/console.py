"""A sweep as a command: what is said while it runs, and what came out."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from twin.sweep.folder import FAILED, TABLE, read_table
from twin.sweep.job import run_sweep
from twin.sweep.settings import load_sweep

INTERRUPTED = 130


def sweep_in_console(overrides: Sequence[str], *, outputs: Path, conf: Path | None, multirun: bool) -> int:
    """Run the sweep; return the exit status: 0, 1 where a scenario failed, 130 interrupted.

    Raises:
        InputError: the sweep or its scenario cannot be.
    """
    console = Console(width=None if sys.stdout.isatty() else 160)
    begin = time.monotonic()

    def say(stage: str) -> None:
        console.print(f"[dim]{time.monotonic() - begin:6.1f} s[/dim]  {stage}", highlight=False)
        console.file.flush()

    launcher = [word for word in overrides if word.lstrip("+").startswith("hydra")]
    own = [word for word in overrides if word not in launcher]
    sweep = load_sweep(own, conf)
    say(f"sweep {sweep.settings.name}: {len(sweep.rows):,} scenarios of {sweep.config['scenario']['name']}")
    for note in sweep.notes:
        say(f"note: {note}")
    try:
        if multirun:
            from twin.sweep.multirun import launch

            folder, record = launch(sweep, own, launcher, outputs, say)
        else:
            folder, record = run_sweep(sweep, outputs, say)
    except KeyboardInterrupt:
        console.print("interrupted; finished chunks are kept, the same command goes on", highlight=False)
        return INTERRUPTED
    _tell(console, folder, record)
    return 0 if record["n_done"] == record["n_rows"] else 1


def _tell(console: Console, folder: Path, record: dict[str, Any]) -> None:
    """How many are done, the range of the first results, and where the table lies."""
    table = read_table(folder)
    for name in (name for name in record["results"] if not name.startswith("feature.")):
        values = [value for value in table[name].to_pylist() if value is not None]
        if values:
            console.print(f"{name:32} {min(values):10.4g} to {max(values):10.4g}", highlight=False)
    failed = [row for row in table.select(["row", "status", "error"]).to_pylist() if row["status"] == FAILED]
    for row in failed[:5]:
        console.print(f"[yellow]scenario {row['row']}[/yellow] {row['error']}", highlight=False)
    if len(failed) > 5:
        console.print(f"... and {len(failed) - 5} more, in the table", highlight=False)
    warned = [row for row in table.select(["row", "warning"]).to_pylist() if row["warning"]]
    if warned:
        console.print(
            f"[yellow]{len(warned):,} rows have a warning, the first:[/yellow] {warned[0]['warning']}", highlight=False
        )
    console.print(f"{record['n_done']:,} of {record['n_rows']:,} done, {record['n_failed']:,} failed", highlight=False)
    console.print(f"table    {folder / TABLE}", highlight=False, soft_wrap=True)
    for place in filter(None, table["run_folder"].to_pylist()):
        console.print(f"run      {folder / place}", highlight=False, soft_wrap=True)
