"""One job of `twin optimise`: a scenario in, a folder with the rewritten program out."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console

from twin.advice.limits import Advice
from twin.advice.optimise import Optimised, optimise
from twin.config import build
from twin.job import Stopwatch
from twin.runs import new_run
from twin.scenario import Scenario, load_scenario
from twin.units import MINUTE, MM, RPM
from twin.view.advice import comparison_rows, draw_advice, print_comparison, print_speeds

GROUP = "advice"


def run_optimise(
    overrides: Sequence[str], *, outputs: Path, conf: Path | None = None, write_speeds: bool = False
) -> Path:
    """Optimise one scenario's program, write its folder, print what came out; return the folder.

    Raises:
        InputError: bad input of any kind, limits that cannot be kept; nothing is left behind.
    """
    console = Console(width=None if Console().is_terminal else 160)
    watch = Stopwatch(console)
    watch("composing the scenario")
    scenario = load_scenario(*_with_advice(overrides), conf=conf)
    advice = build(Advice, scenario.config[GROUP], GROUP)
    with new_run(outputs, f"{scenario.part.name}_optimised") as (folder, final):
        found = optimise(scenario, advice, watch, write_speeds=write_speeds)
        watch("writing the program")
        name = Path(scenario.program_file.removesuffix(".gz"))
        (folder / name.name).write_text(scenario.program_text, newline="")
        rewritten = f"{name.stem}_optimised{name.suffix}"
        (folder / rewritten).write_text(found.program.text, newline="")
        (folder / "config.yaml").write_text(yaml.safe_dump(scenario.config, sort_keys=False, allow_unicode=True))
        _write_feeds(found, folder / "feeds.csv")
        draw_advice(found, scenario.part.title, folder / "advice.png")
        watch.done()
        _write_record(scenario, found, overrides, watch, folder / "advice.json")
    print_comparison(found.comparison, scenario.part.title, console)
    print_speeds(found.speeds, write_speeds, console)
    changed = int(found.program.changed.sum())
    console.print(f"{changed} of {len(found.program.changed)} blocks have another feed", highlight=False)
    for note in found.notes:
        console.print(f"[yellow]note[/yellow] {note}", highlight=False)
    for what, file in (("program", rewritten), ("feeds", "feeds.csv"), ("picture", "advice.png")):
        console.print(f"{what:<8} {final / file}", highlight=False, soft_wrap=True)
    return final


def _with_advice(overrides: Sequence[str]) -> list[str]:
    """The overrides, with the group of limits that only this command reads, and limits that it does not set yet."""
    chosen = any(word.startswith(f"{GROUP}=") for word in overrides)
    words = [f"+{word}" if word.startswith(f"{GROUP}=") else word for word in overrides]
    words = [f"++{word}" if word.startswith(f"{GROUP}.") else word for word in words]
    return words if chosen else [f"+{GROUP}=standard", *words]


def _write_feeds(found: Optimised, file: Path) -> None:
    """One row a block that feeds: its feeds, what holds them, how near its cuts come to the limits."""
    plan = found.plan
    before, after = np.zeros(len(plan.blocks.line)), np.zeros(len(plan.blocks.line))
    for values, use in ((plan.before, before), (plan.after, after)):
        np.maximum.at(use, plan.of_block, (values / plan.limit).max(axis=0))
    with file.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(
            ("line", "feed_before_mm_min", "feed_after_mm_min", "held_by", "use_before_ratio", "use_after_ratio")
        )
        scale = MM / MINUTE
        for b, line in enumerate(plan.blocks.line):
            held = plan.blocks.fixed[b] or plan.feeds.holds[b]
            feeds = (f"{plan.blocks.feed[b] / scale:.6g}", f"{plan.written[b] / scale:.6g}")
            table.writerow((line, *feeds, held, f"{before[b]:.6f}", f"{after[b]:.6f}"))


def _write_record(scenario: Scenario, found: Optimised, overrides: Sequence[str], watch: Stopwatch, file: Path) -> None:
    before, after = found.comparison.duration
    record = {
        "scenario": scenario.part.name,
        "program": scenario.program_file,
        "overrides": list(overrides),
        "duration_before_s": before,
        "duration_after_s": after,
        "blocks": len(found.program.changed),
        "blocks_changed": int(found.program.changed.sum()),
        "comparison": [
            [tool, quantity, *(float(v) if np.isfinite(v) else None for v in values)]
            for tool, quantity, *values in comparison_rows(found.comparison)
        ],
        "speeds": [
            {
                "tool": mine.number,
                "speed_rpm": mine.speed / RPM,
                "chatter_margin": mine.margin,
                "advised_speed_rpm": mine.advised / RPM,
                "advised_chatter_margin": mine.advised_margin,
                "depth_mm": mine.depth / MM,
                "deepest_mm": mine.deepest / MM,
                "removal_ratio": mine.rate,
                "held_by": mine.holds,
            }
            for mine in found.speeds
        ],
        "notes": list(found.notes),
        "wall_s": round(watch.total, 3),
        "stages_s": watch.seconds,
    }
    file.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
