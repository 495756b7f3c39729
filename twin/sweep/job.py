"""A sweep from beginning to end: what is missing is computed, chunk by chunk, and merged into one table."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twin.sweep.chunks import evaluate
from twin.sweep.folder import FAILED, alone, merge, open_folder, outstanding, write_part
from twin.sweep.keep import keep_best
from twin.sweep.settings import Sweep

Say = Callable[[str], None]


def run_sweep(sweep: Sweep, outputs: Path, say: Say = lambda stage: None) -> tuple[Path, dict[str, Any]]:
    """Compute what ``sweep`` lacks, and return its folder and its record (sweep.json).

    Every chunk is written as it ends: an interrupt, or the end of the process, loses the running one at most.

    Raises:
        InputError: the folder cannot be written, or another process runs this sweep.
    """
    begin = time.monotonic()
    folder = open_folder(sweep, outputs)
    with alone(folder):
        left = outstanding(sweep, folder)
        if not left:
            say("everything is done already")
        try:
            for number, rows in left:
                run_chunk(sweep, number, rows, folder, say)
        finally:
            record = merge(sweep, folder, time.monotonic() - begin)
        if keep_best(sweep, folder, say):
            record = merge(sweep, folder, time.monotonic() - begin)
    return folder, record


def run_chunk(sweep: Sweep, number: int, rows: tuple[int, ...], folder: Path, say: Say) -> None:
    """Evaluate and write one chunk."""
    begin = time.monotonic()
    outcomes, results = evaluate(sweep, number, rows, folder, say)
    write_part(sweep, folder, number, outcomes, results)
    failed = sum(outcome.status == FAILED for outcome in outcomes)
    seconds = time.monotonic() - begin
    note = f", {failed} failed" if failed else ""
    say(f"chunk {number + 1} of {len(sweep.chunks)}: {len(rows):,} scenarios in {seconds:.1f} s{note}")
