"""The best scenarios of a sweep as whole runs, each with its run folder: to be viewed, reported and compared."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console

from twin.errors import InputError
from twin.job import Stopwatch, write_run
from twin.runs import RECORD
from twin.sweep.chunks import scenario_of_row
from twin.sweep.columns import numbers
from twin.sweep.designs import BLOCK
from twin.sweep.folder import read_table, run_folder
from twin.sweep.settings import Sweep


def keep_best(sweep: Sweep, folder: Path, say: Callable[[str], None]) -> int:
    """Make the run folders that ``sweep.n_keep`` asks for and that are not there; return how many were made.

    A scenario that cannot be run is said, and left out.

    Raises:
        InputError: ``sweep.keep_by`` is no result.
    """
    if not sweep.settings.n_keep:
        return 0
    table = read_table(folder)
    value, row = numbers(table, sweep.settings.keep_by), table["row"].to_numpy()
    order = np.argsort(value, kind="stable")  # what is not a number comes last
    best = [int(row[i]) for i in order[: sweep.settings.n_keep] if np.isfinite(value[i])]
    made = 0
    for number in best:
        final = folder / run_folder(number)
        if (final / RECORD).is_file():
            continue
        say(f"whole run of scenario {number}")
        partial = final.with_name(f".{final.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            write_run(scenario_of_row(sweep, number), _words(sweep, number), partial, Stopwatch(Console(quiet=True)))
            partial.rename(final)
            made += 1
        except InputError as error:
            say(f"scenario {number} has no run: {error}")
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return made


def _words(sweep: Sweep, row: int) -> list[str]:
    """What was asked, in the words of `twin run`."""
    own = {key: value for key, value in sweep.rows[row].items() if key != BLOCK}
    switch = "process.tools."  # need not be in the configuration yet
    return [*sweep.overrides, *(f"{'++' if key.startswith(switch) else ''}{key}={v}" for key, v in own.items())]
