"""One job of the maintainer: recordings of the same program in, what has changed on the machine out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from hardware.calibration.job import check_identity, overrides_beside
from hardware.calibration.recorded import read_recorded
from hardware.faults.indicators import HealthCheck, series
from hardware.recording import open_recording
from twin.errors import InputError
from twin.production.faults.change import Chart, chart, check_baseline, threshold_of
from twin.scenario import load_scenario
from twin.simulate import machine


@dataclass(frozen=True)
class Judged:
    """One indicator over the recordings."""

    value: np.ndarray  # (run,)
    uncertainty: np.ndarray  # (run,)
    chart: Chart


def judge_recordings(
    files: Sequence[Path],
    overrides: Sequence[str],
    console: Console,
    *,
    n_baseline: int,
    rate: float,
    pictures: Path | None = None,
    conf: Path | None = None,
) -> dict[str, Judged]:
    """Print every indicator of the recordings and the alarms; draw the evidence of each alarm into ``pictures``.

    Args:
        files: recordings of one program, oldest first.
        overrides: of the scenario that ran, added to those of the run folder that the first recording lies in.
        n_baseline: first recordings that are held to be healthy.
        rate: false alarms a recording of the whole machine.

    Raises:
        InputError: too few recordings, a rate that cannot be, clocks that run backwards, recordings of another program.
    """
    if len(files) <= n_baseline:
        raise InputError(
            f"{len(files)} recordings leave none to judge after a baseline of {n_baseline}",
            remedy="give more recordings, or a smaller --baseline",
        )
    check_baseline(n_baseline)
    threshold_of(rate, 1)  # a rate that cannot be is said before the twin machines anything
    headers = [open_recording(file).header for file in files]
    for file, before, header in zip(files[1:], headers, headers[1:], strict=False):
        if header.started < before.started:
            raise InputError(
                f"it was started at {header.started}, before the one named before it", file=file, remedy="oldest first"
            )
    scenario = load_scenario(*overrides_beside(files[0]), *overrides, conf=conf)
    for file, header in zip(files, headers, strict=True):
        check_identity(file, header, scenario)
    console.print(f"[dim]machining {scenario.part.name} in the twin, reading {len(files)} recordings[/dim]")
    check = HealthCheck(scenario, machine(scenario, lambda stage: None))
    found = series([check.indicators(read_recorded(file)) for file in files])
    shown = {name: rows for name, rows in found.items() if np.isfinite(rows[0]).sum() > n_baseline}
    if not shown:
        raise InputError("the recordings show no indicator often enough", remedy="record drive forces or temperatures")
    threshold = threshold_of(rate, len(shown))
    judged = {name: Judged(v, u, chart(v, u, n_baseline, threshold)) for name, (v, u) in shown.items()}
    _tell(judged, files, n_baseline, rate, console)
    if pictures:
        _draw(judged, n_baseline, pictures, console)
    return judged


def _tell(judged: dict[str, Judged], files: Sequence[Path], n_baseline: int, rate: float, console: Console) -> None:
    table = Table(title=f"{len(files)} runs, the first {n_baseline} held to be healthy", title_justify="left")
    table.add_column("indicator", no_wrap=True)
    for heading in ("baseline", "± run to run", "last run", "± 2 u", "highest sum", "alarm"):
        table.add_column(heading, justify="right")
    for name, row in judged.items():
        base = row.value[np.isfinite(row.value)][:n_baseline]
        alarm = "" if row.chart.alarm is None else f"[red]{files[row.chart.alarm].name}[/red]"
        table.add_row(
            name,
            f"{base.mean():.5g}",
            f"{base.std(ddof=1):.2g}",
            f"{row.value[-1]:.5g}",
            f"{2 * row.uncertainty[-1]:.2g}",
            f"{np.nanmax(row.chart.level, initial=0.0):.1f}",
            alarm,
        )
    console.print(table)
    threshold = next(iter(judged.values())).chart.threshold
    console.print(
        f"alarm above {threshold:.1f}: one false alarm in {1 / rate:,.0f} runs of a healthy machine", highlight=False
    )
    for name, row in judged.items():
        c = row.chart
        if c.alarm is not None and c.changed_at is not None:
            way = "risen" if c.rises else "fallen"
            console.print(
                f"[red]changed[/red] {name} has {way}, most likely since {files[c.changed_at].name}", highlight=False
            )


def _draw(judged: dict[str, Judged], n_baseline: int, pictures: Path, console: Console) -> None:
    from twin.view.faults import draw_evidence  # loads matplotlib

    pictures.mkdir(parents=True, exist_ok=True)
    for name, row in judged.items():
        if row.chart.alarm is not None:
            file = pictures / f"{name}.png"
            title = f"{name} has {'risen' if row.chart.rises else 'fallen'}"
            draw_evidence(name, row.value, row.uncertainty, row.chart, n_baseline, title).savefig(file, dpi=110)
            console.print(f"evidence {file}", highlight=False, soft_wrap=True)
