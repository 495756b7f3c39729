"""One job of the engineer's desk: a scenario in, a run folder out."""

import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from rich.console import Console

from twin.errors import InputError
from twin.formats.mesh import write_mesh
from twin.motion import servo_samples
from twin.prediction import Machining
from twin.runs import PROGRAM, new_run, write_record
from twin.scenario import Scenario, load_scenario
from twin.simulate import machine, predict
from twin.stock.mesh import part_mesh
from twin.units import MM
from twin.view.picture import BY_SOURCE, Drawer

if TYPE_CHECKING:
    from twin.result import Result

SERVO_PERIOD = 1e-3  # [s]
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NEEDED_LAST = ("twin.formats.signals", "twin.view.part", "twin.view.tables", "twin.labelled")  # half a second to load


def run_scenario(overrides: Sequence[str], *, outputs: Path, conf: Path | None = None, picture: bool = True) -> Path:
    """Simulate one scenario, write its run folder, print what came out; return the folder.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    console = Console(width=None if sys.stdout.isatty() else 160)
    watch = Stopwatch(console)
    with _interruptible(watch):
        return _run(overrides, outputs, conf, picture, console, watch)


@contextmanager
def _interruptible(watch: "Stopwatch") -> Iterator[None]:
    """Ctrl-C, a closed terminal and `kill` go to ``watch`` meanwhile; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # nohup has a closed terminal ignored; Ctrl-C counts even where a shell began the command in the background
    heeded = [n for n in INTERRUPTS if n == signal.SIGINT or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, watch.interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(
    overrides: Sequence[str], outputs: Path, conf: Path | None, picture: bool, console: Console, watch: "Stopwatch"
) -> Path:
    watch("composing the scenario")
    scenario = load_scenario(*overrides, conf=conf)
    with new_run(outputs, scenario.part.name) as (folder, final):
        result, missing_picture = write_run(scenario, overrides, folder, watch, picture=picture)
    _tell(console, result, final, missing_picture, watch)
    return final


def write_run(
    scenario: Scenario, overrides: Sequence[str], folder: Path, watch: "Stopwatch", *, picture: bool = True
) -> tuple["Result", InputError | None]:
    """Simulate ``scenario`` and fill its run ``folder``; return the result, and why there is no picture.

    Raises:
        InputError: the program or the set-up cannot be machined.
    """
    threading.Thread(target=lambda: [import_module(name) for name in NEEDED_LAST], daemon=True).start()
    with Drawer() if picture else nullcontext() as drawer:
        machining = machine(scenario, watch)
        prediction = predict(scenario, machining, watch)
        from twin.labelled import result_of
        from twin.view.part import write_part

        result = result_of(scenario, prediction)
        watch("writing the part")
        cut, model = machining.cut, scenario.model
        mesh = part_mesh(cut.columns, cut.surface, scenario.stock, model.mesh_spacing)
        write_part(mesh, result, folder)
        if drawer:
            drawer.begin(folder, folder / "part.png", title=scenario.part.title)
            drawer.begin(folder, folder / "sources.png", BY_SOURCE)
        watch("writing results")
        write_mesh(folder / "part.stl", mesh.vertices, mesh.faces)  # for the next setup
        (folder / PROGRAM).write_text(scenario.program_text)
        (folder / "config.yaml").write_text(yaml.safe_dump(scenario.config, sort_keys=False, allow_unicode=True))
        result.save(folder)
        if model.servo_signals:
            from twin.formats.signals import write_signals

            watch("writing servo signals")
            write_signals(folder / "signals.parquet", _servo_channels(scenario, machining), SERVO_PERIOD)
        watch("writing the report")
        from twin.view.operations import operations
        from twin.view.report import report_page  # loads matplotlib, while the part is being drawn

        names = {number: tool.name for number, tool in scenario.tools.items()}
        marked = operations(result["segments"], scenario.program_text, names)
        page, missing_picture = report_page(result, marked), None
        if drawer:
            watch("drawing the part")
            try:
                drawer.finish()
            except InputError as error:
                missing_picture = error
        page.write(folder)
        watch.done()
        write_record(folder, _record(result, overrides, watch))
    return result, missing_picture


def _servo_channels(scenario: Scenario, machining: Machining) -> Iterator[dict[str, np.ndarray]]:
    """Commanded and actual axis positions and the NC line, block by block."""
    program = machining.program
    for block in servo_samples(program, machining.motion, scenario.controller, period=SERVO_PERIOD):
        channels = {"time_s": block.time}
        for axis, name in enumerate("xyz"):
            channels[f"{name}_commanded_mm"] = (block.commanded[:, axis] / MM).astype(np.float32)
            channels[f"{name}_actual_mm"] = (block.actual[:, axis] / MM).astype(np.float32)
        yield {**channels, "line": program.line[block.move]}


class Stopwatch:
    """Says what is being done and keeps how long it took."""

    def __init__(self, console: Console):
        self.console = console
        self.started = self._lap = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self._doing = ""
        self._interrupted = False

    def interrupt(self, *_: object) -> None:
        """Stop. Callbacks of a compiler swallow the exception now and then: the next stage raises it again."""
        self._interrupted = True
        sys.unraisablehook = lambda *_: None  # they would print it on the way
        raise KeyboardInterrupt

    def __call__(self, stage: str) -> None:
        """Begin ``stage``."""
        self.done()
        self._doing = stage
        self.console.print(f"[dim]{self._lap - self.started:6.1f} s[/dim]  {stage}", highlight=False)
        self.console.file.flush()  # a log that is piped on shows progress too

    def done(self) -> None:
        """End the current stage."""
        now = time.perf_counter()
        if self._doing:
            name = self._doing.split(":")[0]
            self.seconds[name] = round(self.seconds.get(name, 0.0) + now - self._lap, 3)
        if self._interrupted:
            raise KeyboardInterrupt
        self._lap, self._doing = now, ""

    @property
    def total(self) -> float:
        """Since the start [s]."""
        return self._lap - self.started


def _record(result: "Result", overrides: Sequence[str], watch: Stopwatch) -> dict[str, Any]:
    """run.json: what was asked, what came out, how long it took."""
    attrs = {str(name): value for name, value in result.tree.attrs.items() if isinstance(value, (str, int, float))}
    return {
        "status": "done",
        "scenario": attrs["scenario"],
        "overrides": list(overrides),
        "summary": {name: list(entry) for name, entry in result.summary().items()},
        "wall_s": round(watch.total, 3),
        "stages_s": watch.seconds,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **{name: value for name, value in attrs.items() if name != "scenario"},
    }


def _tell(
    console: Console, result: "Result", folder: Path, missing_picture: InputError | None, watch: Stopwatch
) -> None:
    """What a user wants to know first."""
    from twin.view.tables import print_features, print_measured, print_summary

    attrs = result.tree.attrs
    print_summary(result, console)
    print_features(result, console)
    print_measured(result, console)
    for key, what in (("collisions", "collision"), ("warnings", "warning")):
        lines = str(attrs[key]).splitlines()
        for line in lines[:5]:
            console.print(f"[yellow]{what}[/yellow] {line}", highlight=False)
        if len(lines) > 5:
            console.print(f"... and {len(lines) - 5} more, in the report", highlight=False)
    if missing_picture:
        console.print(f"[yellow]no picture[/yellow] {missing_picture}", highlight=False)
    elif (folder / "part.png").is_file():
        console.print(f"picture  {folder / 'part.png'}", highlight=False, soft_wrap=True)
    console.print(f"report   {folder / 'report.html'}", highlight=False, soft_wrap=True)
    console.print(f"results  {folder}", highlight=False, soft_wrap=True)
    ratio = float(attrs["duration_s"]) / watch.total
    faster = f", {ratio:,.0f} times faster than the machine" if ratio >= 1 else ""
    console.print(f"{watch.total:.1f} s of wall time{faster}", highlight=False)
