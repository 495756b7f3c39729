"""A sweep as a multirun of Hydra: one chunk a job, on whatever its launcher starts jobs on.

The launching process finds out which chunks lack rows, has Hydra start a job for each, and merges what they wrote.
Jobs share nothing but the sweep's folder, which must be the same for all of them.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig

from twin.compose import CALIBRATION
from twin.errors import InputError
from twin.resources import shared_folder
from twin.sweep.folder import alone, merge, open_folder, outstanding
from twin.sweep.job import run_chunk
from twin.sweep.keep import keep_best
from twin.sweep.settings import Sweep, load_sweep, with_settings

TOLD = "launched.json"  # in the sweep's folder: what the launching process tells its jobs
EXTRAS = {"joblib": "joblib", "submitit_local": "slurm", "submitit_slurm": "slurm"}  # launcher -> extra


def launch(
    sweep: Sweep, overrides: Sequence[str], launcher: Sequence[str], outputs: Path, say: Callable[[str], None]
) -> tuple[Path, dict[str, Any]]:
    """Run what ``sweep`` lacks as jobs; return its folder and its record.

    Args:
        overrides: of the sweep.
        launcher: words for Hydra: ``hydra/launcher=joblib``, ``hydra.launcher.n_jobs=2``.

    Raises:
        InputError: the launcher is not installed, or another process runs this sweep.
    """
    _check_launcher(launcher)
    begin = time.monotonic()
    folder = open_folder(sweep, outputs)
    with alone(folder):
        left = outstanding(sweep, folder)
        try:
            if left:
                say(f"{len(left)} chunks as jobs")
                _multirun(sweep, overrides, launcher, folder, [number for number, _ in left])
            else:
                say("everything is done already")
        finally:
            record = merge(sweep, folder, time.monotonic() - begin)
        if keep_best(sweep, folder, say):
            record = merge(sweep, folder, time.monotonic() - begin)
    return folder, record


def _multirun(
    sweep: Sweep, overrides: Sequence[str], launcher: Sequence[str], folder: Path, chunks: Sequence[int]
) -> None:
    """Have Hydra run :func:`job` once a chunk."""
    conf = None if sweep.conf is None else str(sweep.conf.resolve())
    told = folder.resolve() / TOLD
    told.write_text(json.dumps({"overrides": list(overrides), "conf": conf, "digest": sweep.digest}))
    words = [
        "twin",
        "--multirun",
        *([f"hydra.searchpath=[file://{conf}]"] if conf else []),
        f"hydra.sweep.dir={told.parent}/jobs",
        "hydra.sweep.subdir=.",
        "hydra.output_subdir=null",
        "hydra/job_logging=none",
        *launcher,
        *(word for word in with_settings(overrides) if not word.startswith(CALIBRATION)),
        f"+sweep.told={told}",
        "+sweep.chunk=" + ",".join(map(str, chunks)),
    ]
    before, sys.argv = sys.argv, words
    try:
        job()
    except SystemExit:
        pass  # a job could not do its chunk, and has said so: its rows are missing from the table
    finally:
        sys.argv = before
        _end_workers()


def _end_workers() -> None:
    """joblib keeps its processes for later: without an end they would outlive the command by minutes."""
    if "joblib" in sys.modules:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)


@hydra.main(version_base="1.3", config_path=str(shared_folder("conf")), config_name="config")
def job(config: DictConfig) -> None:
    """One chunk, in a process of its own or in that of the launcher."""
    file = Path(config.sweep.told)
    told = json.loads(file.read_text())
    sweep = load_sweep(told["overrides"], None if told["conf"] is None else Path(told["conf"]))
    if sweep.digest != told["digest"]:
        raise InputError("the sweep has changed since it was launched", file=file, remedy="launch it again")
    number = int(config.sweep.chunk)
    rows = dict(outstanding(sweep, file.parent)).get(number)
    if rows:
        run_chunk(sweep, number, rows, file.parent, lambda stage: print(stage, flush=True))


def _check_launcher(words: Sequence[str]) -> None:
    """Raise InputError where the package of a launcher is missing."""
    from hydra.core.plugins import Plugins
    from hydra.plugins.launcher import Launcher

    names = [word.partition("=")[2] for word in words if word.startswith("hydra/launcher=")]
    found = {plugin.__module__ for plugin in Plugins.instance().discover(Launcher)}
    for name in names:
        package = "hydra_submitit_launcher" if name.startswith("submitit") else f"hydra_{name}_launcher"
        if name in EXTRAS and not any(package in module for module in found):
            raise InputError(
                f"the launcher {name} is not installed", remedy=f'pip install "machining-twin[{EXTRAS[name]}]"'
            )
