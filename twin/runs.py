"""Run folders: made whole or not at all, listed, found again."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from twin.errors import InputError

RECORD = "run.json"
RECORDED = "recorded_path.parquet"  # what a recording says on each piece of the path, beside the prediction
PROGRAM = "program.nc"  # the text that was run, whatever becomes of its file


@contextmanager
def new_run(outputs: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Yield (folder to write into, folder it becomes). The rename happens only when the body ends well;
    an error or Ctrl-C removes what was written.

    Raises:
        InputError: ``outputs`` cannot be written.
    """
    now = datetime.now()
    try:
        partial, final = _claimed(outputs / now.strftime("%Y-%m-%d"), f"{now:%H%M%S}_{name}")
    except OSError as error:
        raise InputError(
            f"cannot write results: {error.strerror}", file=outputs, remedy="name a writable folder with --outputs"
        ) from None
    try:
        yield partial, final
        partial.rename(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _claimed(day: Path, name: str) -> tuple[Path, Path]:
    """A new folder to write into and what it will be called; of runs that start within a second each has its own."""
    number = 0
    while True:
        number += 1
        final = day / (name if number == 1 else f"{name}_{number}")
        partial = final.with_name(f".{final.name}.partial")
        try:
            partial.mkdir(parents=True)
        except FileExistsError:
            if partial.is_dir():  # of another run that is under way
                continue
            raise
        if not final.exists():
            return partial, final
        partial.rmdir()


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write run.json."""
    (folder / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def list_runs(outputs: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Every finished run below ``outputs`` with its record, oldest first."""
    files = sorted(f for f in outputs.rglob(RECORD) if not any(p.startswith(".") for p in f.relative_to(outputs).parts))
    return [(file.parent, json.loads(file.read_text())) for file in files]


def find_run(name: str, outputs: Path) -> Path:
    """The folder that ``name`` means: a path, a folder below ``outputs``, or ``latest``.

    Raises:
        InputError: there is none.
    """
    if name == "latest":
        runs = list_runs(outputs)
        if runs:
            return max((folder for folder, _ in runs), key=lambda folder: (folder / RECORD).stat().st_mtime)
        raise InputError("no run yet", file=outputs, remedy="`twin run` makes one")
    for folder in (Path(name), outputs / name):
        if (folder / RECORD).is_file():
            return folder
    raise InputError(f"no finished run '{name}'", remedy="`twin results` lists the runs")
