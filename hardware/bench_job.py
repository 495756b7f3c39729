"""One job of the test-bed operator: a run of the twin, the bench beside it, the validation."""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from hardware.bench import Progress, bench_options, open_source, record
from hardware.bench_display import BenchDisplay
from hardware.probed import probed_points
from hardware.serve.live import LiveServer
from twin.errors import InputError
from twin.job import run_scenario
from twin.program import Op
from twin.runs import RECORD, find_run
from twin.scenario import load_scenario
from twin.simulate import read_program

SHORTHANDS = ("file", "url")  # words that mean bench.file and bench.url
MOST_MESSAGES = 10  # of the source, the last ones, that are printed
DONE, STOPPED, INTERRUPTED = 0, 1, 130  # exit status


def bench(
    words: Sequence[str],
    *,
    outputs: Path,
    conf: Path | None = None,
    run: str | None = None,
    arm: bool = False,
    serve: str | None = None,
    cut: str = "",
) -> int:
    """Predict, bench, validate; print what came out; return the exit status.

    Args:
        words: overrides, ``bench=KIND`` and perhaps ``file=...`` or ``url=...`` among them.
        outputs: folder of run folders.
        conf: folder of further groups.
        run: a finished run to compare with; None: one is made.
        arm: whether the loops that the options close may write to the controller.
        serve: ``mtconnect`` or ``opcua``, perhaps with ``:PORT``: the twin's state is served meanwhile.
        cut: ``metal`` or ``nothing``: what the operator states of a machine that does not say it.

    Raises:
        InputError: bad input of any kind; a recording that was begun is kept.
    """
    console = Console(width=None if sys.stdout.isatty() else 160)
    given = {name: value for name, _, value in (word.partition("=") for word in words) if name in SHORTHANDS}
    overrides = [word for word in words if word.partition("=")[0] not in SHORTHANDS]
    kind, options = bench_options(overrides, conf, **given)
    if arm and kind != "linuxcnc":
        raise InputError(f"bench {kind} is only read", remedy="leave --arm away")
    if arm:
        options["armed"] = True
    server = None if serve is None else LiveServer(serve)
    controller = options.get("controller")
    if controller and not any(word.startswith("controller=") for word in overrides):
        overrides.append(f"controller={controller}")
    made = None if run is None else find_run(run, outputs)
    if made is not None:
        overrides = json.loads((made / RECORD).read_text())["overrides"]
    scenario = load_scenario(*overrides, conf=conf)
    source = open_source(kind, options, scenario)  # what is wrong with it is said before the twin works for a minute
    folder = made or run_scenario([*overrides, "model.servo_signals=true"], outputs=outputs, conf=conf)
    title = " ".join([kind, *(str(value) for value in given.values())])
    console.print(f"\n[bold]bench: {title}[/bold]", highlight=False)
    program = read_program(scenario)
    rapid_lines = np.unique(program.line[program.op == Op.RAPID])
    with BenchDisplay(console) as display:
        own = not options.get("program")
        shown = display.show
        progress = record(source, folder, title, scenario, shown, rapid_lines, compare=own, server=server, cut=cut)
    display.done(progress)
    return _end(progress, folder if own else None, console)


def _end(progress: Progress, folder: Path | None, console: Console) -> int:
    """Say how it ended; validate what ran to its end against the run in ``folder``; None: it was another program's."""
    for message in progress.messages[-MOST_MESSAGES:]:
        console.print(f"[yellow]source[/yellow] {message}", highlight=False)
    console.print(f"recording {progress.recording}", highlight=False, soft_wrap=True)
    for touched in probed_points(progress.recording):
        x, y, z = touched.position
        console.print(f"probed, line {touched.line}: X {x:.4f} Y {y:.4f} Z {z:.4f} mm", highlight=False)
    if not progress.finished:
        console.print(f"[red]not finished[/red] {progress.why}; not validated", highlight=False)
        return INTERRUPTED if progress.interrupted else STOPPED
    if folder is None:
        console.print("not validated: another program ran than that of the twin's run")
        return DONE
    from hardware.validation import report, validate

    known = [progress.latency.percentile(percent) for percent in (50, 99, 100)]
    latency = None if math.isnan(known[0]) else (known[0], known[1], known[2])
    report(validate(progress.recording, folder, latency=latency), out=folder, console=console)
    return DONE
