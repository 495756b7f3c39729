"""Calibrates many simulated machines with hidden parameters and prints how true their intervals are.

    python docs/calibration_study.py [--machines 20] [--commands IDENTIFICATION.arrows OTHER.arrows]

The commands are those that a controller gave in two recorded runs (`twin bench scenario=bench_identification
bench=linuxcnc`, and of freeform_pocket), or, without recordings, those of the twin's own time law.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hardware.calibration.recorded import read_recorded
from hardware.calibration.study import Judged, Program, covered, hits, judge, squared_error
from hardware.simulated.record import commands_of, planned_commands
from twin.scenario import load_scenario
from twin.simulate import machine

PERIOD = 1e-3  # [s]
PRIOR_ONLY = 0.9  # of the prior's variance left: the interval is the prior's


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=20)
    parser.add_argument("--commands", type=Path, nargs=2)
    options = parser.parse_args()
    recordings = options.commands or (None, None)
    names = ("bench_identification", "freeform_pocket")
    known, unseen = (_program(name, file) for name, file in zip(names, recordings, strict=True))
    console, judged = Console(width=140), []
    for seed in range(1, options.machines + 1):
        judged.append(judge(seed, known, unseen))
        console.print(f"[dim]machine {seed}: {judged[-1].coverage:.1%} of the parameters within their interval[/dim]")
    show(judged, console)


def show(judged: list[Judged], console: Console) -> None:
    """The tables."""
    n = len(judged)
    table = Table("parameter", f"within 95 %, of {n}", "squared error", "prior's variance left", box=None)
    left = {name: float(np.mean([j.left[name] for j in judged])) for name in judged[0].error}
    for name in judged[0].error:
        row = (escape(name), str(hits(judged, name)), f"{squared_error(judged, [name]):.2f}", f"{left[name]:.2g}")
        table.add_row(*row, style="dim" if left[name] > PRIOR_ONLY else None)
    console.print(table)
    found = [name for name, share in left.items() if share <= PRIOR_ONLY]
    for what, some in (("all parameters", list(left)), ("those that the recording shows", found)):
        share, half = covered(judged, some)
        least = min(hits(judged, name) for name in some)
        console.print(
            f"{what} ({len(some)}): {share:.1%} ± {half:.1%} within 95 %, mean squared normalised error "
            f"{squared_error(judged, some):.2f}, each at least {least} of {n}"
        )
    errors = Table("the other program", "error before (rms, median)", "after", "least reduction", box=None)
    for kind in judged[0].before:
        before, after = (np.array([getattr(j, when)[kind] for j in judged]) for when in ("before", "after"))
        errors.add_row(
            kind, f"{np.median(before):.3g}", f"{np.median(after):.2g}", f"{np.min(before / after):,.0f} times"
        )
    console.print(errors)


def _program(name: str, recording: Path | None) -> Program:
    scenario = load_scenario(f"scenario={name}")
    machining = machine(scenario, lambda stage: None)
    commands = (
        commands_of(read_recorded(recording)) if recording else planned_commands(machining, scenario.controller, PERIOD)
    )
    return Program(scenario, machining, commands)


if __name__ == "__main__":
    main()
