"""What a run of the twin says of a step of the line: time, energy and wear of tools of one part."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from twin.production.cost.account import drawn, machining
from twin.production.cost.economics import Economics
from twin.production.cost.operations import operations_of
from twin.production.cost.quote import tool_lives
from twin.production.line.config import Line, Step, ToolUse
from twin.result import load
from twin.runs import find_run
from twin.units import Uncertain

N_DRAWS = 2000


def with_runs(line: Line, economics: Economics, outputs: Path) -> Line:
    """The line with every step that names a run filled from it.

    Raises:
        InputError: no such run, or one that says too little.
    """
    parts = {}
    for name, part in line.parts.items():
        steps = {
            key: step if step.run is None else _from_run(step, find_run(step.run, outputs), economics)
            for key, step in part.steps.items()
        }
        parts[name] = replace(part, steps=steps)
    return replace(line, parts=parts)


def _from_run(step: Step, folder: Path, economics: Economics) -> Step:
    """Time and wear with the trust in the twin, tools' prices from the economics; what the step states itself stays."""
    config = yaml.safe_load((folder / "config.yaml").read_text())
    operations = operations_of(load(folder), config)
    random = np.random.default_rng(1)
    e = drawn(economics, N_DRAWS, random)
    heat = random.standard_normal(N_DRAWS)
    accounts = [machining(operation, e, heat) for operation in operations]
    energy = sum(a.total_energy - a.energy["ready"] for a in accounts)
    seconds = sum(operation.time for operation in operations) + economics.times.loading.time.value
    time = Uncertain(seconds, seconds * economics.trust.time.value.deviation)
    tools = {}
    for number in sorted({operation.tool for operation in operations}):
        mine = [operation for operation in operations if operation.tool == number]
        used, row = tool_lives(mine, e), economics.tool(mine[0].kind)
        price = row.price.value * mine[0].diameter / 10e-3 / row.regrinds.value
        tools[f"T{number}"] = ToolUse(
            used=Uncertain(float(used.mean()), float(used.std())),
            price=price,
            replacement=economics.times.tool_replacement.time.value,
        )
    return replace(
        step,
        time=step.time if step.time.value > 0 else time,
        energy=step.energy or Uncertain(float(np.mean(energy)), float(np.std(energy))),
        tools=step.tools or tools,
    )
