"""One job of the test-bed operator: recordings in, a calibration file and its table out."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hardware.calibration.estimate import Calibration, calibrated
from hardware.calibration.observations import Bench, bench_of
from hardware.calibration.recorded import read_recorded
from hardware.calibration.suggest import suggested
from hardware.identity import identity_of
from hardware.recording import Header, open_recording
from twin.calibration.file import CalibrationFile, RecordingUsed, calibration_file, sha256_of, write_calibration
from twin.errors import InputError
from twin.runs import RECORD
from twin.scenario import Scenario, load_scenario
from twin.simulate import machine

GOOD_MISFIT = 1.2  # mean squared residual in units of the noise above which the model is said to leave something out


def calibrate(
    files: Sequence[Path], overrides: Sequence[str], out: Path, console: Console, conf: Path | None = None
) -> CalibrationFile:
    """Calibrate the machine of ``overrides`` on recorded runs, write ``out``, print what was found.

    Args:
        files: recordings; one that lies in the run folder of a bench brings its scenario along.
        overrides: of the scenario that ran, added to those of the run folder.
        out: file that is written.
        console: where to print.
        conf: folder of further groups.

    Raises:
        InputError: bad input of any kind, also a recording of another program, other offsets or tools.
    """
    benches, used = [], []
    for file in files:
        header = open_recording(file).header
        scenario = load_scenario(*overrides_beside(file), *overrides, conf=conf)
        check_identity(file, header, scenario)
        console.print(f"[dim]{file}: reading, and machining {scenario.part.name} in the twin[/dim]", highlight=False)
        recorded = read_recorded(file)
        benches.append(bench_of(scenario, machine(scenario, lambda stage: None), recorded))
        used.append((file, header))
    _one_machine(files, benches)
    console.print("[dim]fitting[/dim]", highlight=False)
    found = calibrated(benches)
    rows = [
        RecordingUsed(
            file=str(file),
            sha256=sha256_of(file),
            started=header.started,
            source=header.source,
            program_hash=header.program_hash,
            lag_cycles=lag,
        )
        for (file, header), lag in zip(used, found.lags, strict=True)
    ]
    config = benches[0].scenario.config
    written = calibration_file(config, rows, found.estimates, found.fit.misfit, found.undetermined)
    write_calibration(out, written)
    tell(found, console)
    console.print("next, what would say most (each +0.7 halves the volume of what is still possible):")
    for worth in suggested(found, benches[0]):
        console.print(f"  {worth.name}  +{worth.gain:.1f}", highlight=False)
    console.print(f"calibration {out}", highlight=False, soft_wrap=True)
    console.print(f"use it      twin run ... calibration={out}", highlight=False, soft_wrap=True)
    return written


def tell(found: Calibration, console: Console) -> None:
    """Print priors, findings, what was not found, and how well the model fits."""
    table = Table(box=None, header_style="bold")
    table.add_column("parameter", no_wrap=True)
    for title in ("prior", "found", "± 95 %", ""):
        table.add_column(title, no_wrap=True)
    for e in found.estimates:
        half = (e.upper - e.lower) / 2
        shown = (escape(e.name), f"{e.prior[0]:.4g}", f"{e.value:.5g}", f"{half:.2g}", e.verdict)
        table.add_row(*shown, style="dim" if e.verdict == "prior only" else None)
    console.print(table)
    if found.undetermined:
        console.print("the priors decide these combinations, the recordings do not (parts in prior deviations):")
        for direction in found.undetermined:
            console.print(f"  {escape(str(direction))}", highlight=False, soft_wrap=True)
    for kind, misfit in found.fit.misfit.items():
        what = f"{kind}: {found.n_samples[kind]:,} samples, residual {misfit:.2f} times the noise (squared)"
        worse = misfit > GOOD_MISFIT
        note = "  [yellow]the model leaves something out; the intervals are too narrow[/yellow]" if worse else ""
        console.print(what + note, highlight=False, soft_wrap=True)
    if not found.fit.converged:
        console.print(f"[yellow]not settled after {found.fit.n_steps} steps[/yellow]")


def check_identity(file: Path, header: Header, scenario: Scenario) -> None:
    """Raise unless the recording is of the scenario's program, offsets and tools, as far as it says of what it is.

    Raises:
        InputError: it is not.
    """
    identity = identity_of(scenario)
    for what, recorded, expected in (
        ("program", header.program_hash, identity.program),
        ("work offsets", header.offsets_hash, identity.offsets),
        ("tool table", header.tools_hash, identity.tools),
    ):
        if recorded and recorded != expected:
            raise InputError(
                f"the recording was made with another {what} than scenario {scenario.part.name}",
                file=file,
                remedy="name the scenario that ran: twin calibrate FILE scenario=NAME",
            )


def overrides_beside(file: Path) -> list[str]:
    """What the run folder of a bench, in which the recording lies, was asked for."""
    record = file.parent / RECORD
    return json.loads(record.read_text())["overrides"] if record.is_file() else []


def _one_machine(files: Sequence[Path], benches: Sequence[Bench]) -> None:
    first = benches[0].scenario
    for file, bench in zip(files, benches, strict=True):
        if bench.scenario.machine != first.machine or bench.scenario.material != first.material:
            raise InputError(
                f"{bench.scenario.machine.name} in {bench.scenario.material.name}, but the first recording is of "
                f"{first.machine.name} in {first.material.name}",
                file=file,
                remedy="calibrate one machine and one material at a time",
            )
