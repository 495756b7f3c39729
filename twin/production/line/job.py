"""One job of `twin line`: a line in, figures and a picture out."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from twin.production.cost.economics import Economics
from twin.production.line.config import Down, Line, LineOrder
from twin.production.line.inputs import with_runs
from twin.production.line.study import batch_of_one, study, with_machine_down, with_rush_order
from twin.production.words import count, hours, split_colons
from twin.runs import new_run
from twin.settings import read_settings

RUSH, DOWN = "--rush PART:N:RELEASE_H:DUE_H", "--down STATION:FROM_H:TO_H"


@dataclass(frozen=True)
class WhatIf:
    """Changes that are asked for, as on the command line."""

    batch_one: bool = False
    rush: tuple[str, ...] = ()
    """``PART:N:RELEASE_H:DUE_H``."""
    down: tuple[str, ...] = ()
    """``STATION:FROM_H:TO_H``."""

    def variants(self, line: Line) -> Iterator[tuple[str, Line]]:
        """What it is called, and the line with it.

        Raises:
            InputError: a change that cannot be read or made.
        """
        if self.batch_one:
            yield "every lot is one part", batch_of_one(line)
        for k, text in enumerate(self.rush, 1):
            part, n, release, due = split_colons(text, 4, RUSH)
            order = LineOrder(part=part, n_parts=count(n, RUSH), release=hours(release, RUSH), due=hours(due, RUSH))
            yield f"{n} more {part} come at {release} h", with_rush_order(line, f"rush {k}", order)
        for text in self.down:
            station, start, end = split_colons(text, 3, DOWN)
            changed = with_machine_down(line, station, Down(start=hours(start, DOWN), end=hours(end, DOWN)))
            yield f"a machine of {station} is down from {start} to {end} h", changed


def run_line(
    chosen: Mapping[str, str],
    changes: Sequence[str],
    what_if: WhatIf,
    *,
    replications: int,
    seed: int,
    outputs: Path,
    conf: Path | None = None,
) -> Path:
    """Simulate a line and its variants, print and write what came out; return the folder.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    from twin.view.line import draw_line, print_difference, print_study, study_record  # loads matplotlib

    name = chosen.get("line", "cell")
    economics = read_settings(Economics, "economics", chosen.get("economics", "standard"), (), conf)
    line = with_runs(read_settings(Line, "line", name, changes, conf), economics, outputs)
    variants = list(what_if.variants(line))  # what is wrong with them is said before anything is simulated
    console = Console(width=None if sys.stdout.isatty() else 160)
    with new_run(outputs, f"{Path(name).stem}_line") as (folder, final):
        base = study(line, replications, seed)
        print_study(base, console)
        draw_line(base).savefig(folder / "line.png", dpi=150)
        record: dict[str, Any] = {"seed": seed, "as_it_is": study_record(base), "what_if": {}}
        for k, (what, variant) in enumerate(variants, 1):
            other = study(variant, replications, seed)
            print_difference(what, base, other, console)
            draw_line(other).savefig(folder / f"what_if_{k}.png", dpi=150)
            record["what_if"][what] = study_record(other)
        (folder / "line.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    console.print(f"results  {final}", highlight=False, soft_wrap=True)
    return final
