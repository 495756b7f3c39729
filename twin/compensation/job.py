"""One job of `twin compensate`: a scenario in, a folder with a control's tables or program out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import yaml
from rich.console import Console

from twin.compensation.outcome import Outcome, compensated
from twin.compensation.settings import CompensationSettings, Format
from twin.config import build
from twin.errors import InputError
from twin.job import Stopwatch
from twin.runs import new_run
from twin.scenario import Scenario, load_scenario
from twin.units import UM
from twin.view.compensation import draw_compensation, feature_rows, part_rows, print_outcome, residual_rows
from twin.view.compensation_report import compensation_page
from twin.workpiece.residual_stress import release_words

GROUP = "compensation"


def run_compensate(overrides: Sequence[str], *, outputs: Path, conf: Path | None = None) -> Path:
    """Compensate one scenario, write its folder, print what came out; return the folder.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    console = Console(width=None if Console().is_terminal else 160)
    watch = Stopwatch(console)
    words = _with_group(overrides)
    watch("composing the scenario")
    scenario = load_scenario(*words, conf=conf)
    settings = build(CompensationSettings, scenario.config[GROUP], GROUP)
    with new_run(outputs, f"{scenario.part.name}_{settings.format}") as (folder, final):
        outcome = compensated(scenario, settings, watch)
        watch("writing the files")
        for name, text in outcome.files.items():
            (folder / name).write_text(text, newline="")
        (folder / "config.yaml").write_text(yaml.safe_dump(scenario.config, sort_keys=False, allow_unicode=True))
        title = f"{scenario.part.title}: {settings.format}"
        draw_compensation(outcome, title, folder / "compensation.png")
        release = release_words(scenario.config)
        page = compensation_page(outcome, title, settings, release, (folder / "compensation.png").read_bytes())
        (folder / "report.html").write_text(page)
        watch.done()
        record = _record(scenario, settings, outcome, overrides, watch)
        (folder / "compensation.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    print_outcome(outcome, title, console)
    console.print(f"release of residual stress: {release}", highlight=False)
    if settings.sign:
        console.print(f"sign     {settings.sign}", highlight=False)
    for note in outcome.notes[:5]:
        console.print(f"[yellow]note[/yellow] {note}", highlight=False)
    if len(outcome.notes) > 5:
        console.print(f"... and {len(outcome.notes) - 5} more, in compensation.json", highlight=False)
    for name in (*outcome.files, "compensation.png", "compensation.json", "report.html"):
        console.print(f"written  {final / name}", highlight=False, soft_wrap=True)
    return final


def _with_group(overrides: Sequence[str]) -> list[str]:
    """The overrides, with ``format=NAME`` as the group that only this command reads."""
    chosen = [word.removeprefix("format=") for word in overrides if word.startswith("format=")]
    known = get_args(Format)
    if len(chosen) != 1 or chosen[0] not in known:
        asked = f"format {chosen[-1]!r} is not known" if chosen else "no format is given"
        raise InputError(asked, remedy="format=" + ", ".join(known))
    words = [f"++{word}" if word.startswith(f"{GROUP}.") else word for word in overrides]
    return [f"+{GROUP}={chosen[0]}", *(word for word in words if not word.startswith("format="))]


def _record(
    scenario: Scenario,
    settings: CompensationSettings,
    outcome: Outcome,
    overrides: Sequence[str],
    watch: Stopwatch,
) -> dict[str, Any]:
    residual = outcome.residual
    worst = np.abs(residual.after).max(axis=(0, 1))
    return {
        "scenario": scenario.part.name,
        "program": scenario.program_file,
        "format": settings.format,
        "sign": settings.sign,
        "overrides": list(overrides),
        "machine_error": [
            {"axis": axis, **{f"{name}_um": round(float(value), 4) for name, value in values.items()}}
            for axis, values in residual_rows(residual)
        ],
        "machine_error_after_largest_um": [round(float(v), 4) for v in worst / UM],
        "part": [
            {"what": what, "before_um": round(first, 4), "after_um": round(second, 4)}
            for what, first, second in part_rows(outcome)
        ],
        "features": [
            {"feature": name, "characteristic": what, "nominal_mm": nominal, "before_um": first, "after_um": second}
            for name, what, nominal, first, second in feature_rows(outcome)
        ],
        "duration_before_s": outcome.duration[0],
        "duration_after_s": outcome.duration[1],
        "notes": list(outcome.notes),
        "wall_s": round(watch.total, 3),
    }
