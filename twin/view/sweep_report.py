"""The report of a sweep: what was varied, the best and the worst, the trade-offs, what failed."""

import html
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

import twin
from twin.sweep.columns import numbers, read_table
from twin.sweep.pareto import Goal, goals, pareto_front
from twin.view.front import draw_front
from twin.view.inputs import inputs_section
from twin.view.page import document, findings, image, moment, png_of, table
from twin.view.report import NOT_MODELLED
from twin.view.sweep_plots import draw_effects, effects
from twin.workpiece.residual_stress import release_words

DPI = 150
GOALS = goals(
    ["machining_time_min", "cost_part_eur", "deviation_95pct_um", "max:n_parts_per_tool", "force_peak_n"]
)  # of which the first that the sweep knows
MOST_GOALS = 4
MOST_ROWS = 20
MOST_ERRORS = 10


@dataclass(frozen=True)
class SweepTable:
    """A sweep's folder, read."""

    name: str
    all: pa.Table
    done: pa.Table  # the rows that have results
    settings: dict[str, Any]
    record: dict[str, Any]

    def of_role(self, role: str) -> list[str]:
        """Columns that vary of this role: parameter, result."""
        names = [field.name for field in self.all.schema if (field.metadata or {}).get(b"role") == role.encode()]
        return [name for name in names if pc.count_distinct(self.done[name]).as_py() > 1]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """What makes a process good, of what the sweep knows and changes."""
        known = [name for name in self.of_role("result") if pa.types.is_floating(self.done.schema.field(name).type)]
        wanted = [goal for goal in GOALS if goal.name in known] or [Goal(name) for name in known]
        return tuple(wanted[:MOST_GOALS])


def read_sweep(folder: Path) -> SweepTable:
    """The sweep of ``folder``.

    Raises:
        InputError: its table cannot be read.
    """
    rows = read_table(folder)
    done = rows.filter(pc.equal(rows["status"], "done"))
    settings, record = folder / "sweep.yaml", folder / "sweep.json"
    return SweepTable(
        name=folder.name,
        all=rows,
        done=done,
        settings=yaml.safe_load(settings.read_text()) if settings.is_file() else {},
        record=json.loads(record.read_text()) if record.is_file() else {},
    )


def sweep_report(sweep: SweepTable) -> str:
    """The page."""
    failed = sweep.all.num_rows - sweep.done.num_rows
    title = f"Sweep {sweep.name}"
    body = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p class=sub>{sweep.all.num_rows:,} scenarios, {sweep.done.num_rows:,} with results, {failed:,} without · "
        f"predicted by the machining twin {sweep.settings.get('version', twin.__version__)}"
        f"{_when(sweep.record)}</p>",
        findings([*_failures(sweep), *_warnings(sweep)]),
        "<h2>What was varied</h2>",
        _settings(sweep.settings),
        table(("parameter", "values", "least", "largest"), _varied(sweep)),
    ]
    if sweep.done.num_rows and sweep.goals:
        body += [*_judged(sweep)]
    else:
        body.append("<p>No scenario has results that differ: there is nothing to compare.</p>")
    body += [
        "<h2>What is in the numbers, and what is not</h2>",
        f"<p>Each row is a prediction of its own, with the parameters of the scenario but for those that were varied. "
        f"{_evaluated(sweep)} Differences between rows are surer than the numbers themselves, for what all rows assume "
        "alike drops out of them.</p>",
        f"<p>Not modelled in this version: {'; '.join(NOT_MODELLED)}.</p>",
    ]
    if "config" in sweep.settings:
        body += [
            f"<p>Release of residual stress: {html.escape(release_words(sweep.settings['config']))}.</p>",
            "<h2>Parameters and their sources, but for what was varied</h2>",
            inputs_section(sweep.settings["config"]),
        ]
    return document(title, body)


def _judged(sweep: SweepTable) -> list[str]:
    parameters = sweep.of_role("parameter")
    front = pareto_front(sweep.done, sweep.goals) if len(sweep.goals) > 1 else sweep.done.slice(0, 0)
    names = [goal.name for goal in sweep.goals]
    shown = (*names, *parameters)
    body = [
        "<h2>The best and the worst</h2>",
        table(("of", "", "row", *shown), _extremes(sweep, shown), tight=True),
    ]
    if front.num_rows:
        body += [
            "<h2>Trade-offs</h2>",
            f"<p>{front.num_rows} of {sweep.done.num_rows:,} scenarios are on the Pareto front of "
            f"{', '.join(goal.name + (' (large)' if goal.largest else '') for goal in sweep.goals)}: "
            "none of the others is better in one of these without being worse in another.</p>",
            image(_front_png(sweep, front), "Every scenario over each pair of goals; the front in colour."),
            table(("row", *shown), _rows(_evenly(front), shown), tight=True),
            f"<p>{MOST_ROWS} of {front.num_rows}, evenly along the front.</p>" if front.num_rows > MOST_ROWS else "",
        ]
    if parameters:
        found = effects(sweep.done, parameters, names)
        body += [
            "<h2>What each parameter does</h2>",
            "<p>Rank correlation: +1, the result always rises with the parameter; −1, it always falls; near 0, no "
            "direction. It is no share of the variance: <code>twin sensitivity</code> computes that.</p>",
            table(("parameter", *names), _effect_rows(parameters, found), tight=True),
            image(png_of(draw_effects(sweep.done, parameters, names, found), DPI), "Results over the parameters."),
        ]
    return [
        *body,
        "<h2>All results</h2>",
        table(("result", "least", "5 %", "median", "95 %", "largest"), _spread(sweep), tight=True),
    ]


def _when(record: dict[str, Any]) -> str:
    wall = f" · {record['wall_s']:,.1f} s of computing" if "wall_s" in record else ""
    return f" · {moment(str(record['created']))}{wall}" if "created" in record else wall


def _settings(settings: dict[str, Any]) -> str:
    """What every scenario of the sweep has in common, and how they were chosen."""
    config = settings.get("config", {})
    part, rows = config.get("scenario", {}), []
    if part:
        rows.append(("scenario", f"{part.get('name')}: {part.get('title')}"))
    rows += [(what, str(config[what]["name"])) for what in ("machine", "material") if "name" in config.get(what, {})]
    rows.append(("changed by the user", " ".join(settings.get("overrides") or []) or "nothing but what was varied"))
    if "design" in settings.get("sweep", {}):
        rows.append(("design", _design(settings["sweep"]["design"])))
    rows += [("digest of all this", str(settings["digest"]))] if "digest" in settings else []
    return table(("", ""), rows)


def _design(design: dict[str, Any]) -> str:
    """A design of experiments in words."""
    kind = str(design.get("kind", "")).replace("_", " ")
    if "designs" in design:
        return f"{kind} of " + " and ".join(f"({_design(one)})" for one in design["designs"])
    varied = design.get("parameters") or {}
    n_rows = f", {design['n_rows']} scenarios" if "n_rows" in design else ""
    each = ", ".join(f"{name} {_values(values)}" for name, values in varied.items())
    return f"{kind}{n_rows}" + (f" over {each}" if each else "")


def _values(values: Any) -> str:
    return f"[{', '.join(map(str, values))}]" if isinstance(values, list) else str(values)


def _varied(sweep: SweepTable) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name in sweep.of_role("parameter"):
        values = sweep.all[name].drop_null()
        distinct = pc.unique(values).to_pylist()
        if _is_number(values):
            rows.append((name, f"{len(distinct):,}", f"{min(distinct):g}", f"{max(distinct):g}"))
        else:
            rows.append((name, ", ".join(map(str, distinct[:12])), "", ""))
    return rows


def _failures(sweep: SweepTable) -> list[str]:
    """Each error once, with how many rows it ended and one of them."""
    failed = sweep.all.filter(pc.not_equal(sweep.all["status"], "done"))
    counted: Counter[str] = Counter()
    example: dict[str, int] = {}
    for row, status, error in zip(*(failed[n].to_pylist() for n in ("row", "status", "error")), strict=True):
        text = error or str(status)
        counted[text] += 1
        example.setdefault(text, row)
    return [f"{n:,} × {text} (row {example[text]})" for text, n in counted.most_common(MOST_ERRORS)]


def _warnings(sweep: SweepTable) -> list[str]:
    """How many rows have a warning, and the first one of each kind, whatever its numbers."""
    if "warning" not in sweep.done.column_names:
        return []
    first: dict[str, tuple[int, str]] = {}
    counted: Counter[str] = Counter()
    for row, text in zip(sweep.done["row"].to_pylist(), sweep.done["warning"].to_pylist(), strict=True):
        if text:
            kind = re.sub(r"[\d.,]+", "", text)
            counted[kind] += 1
            first.setdefault(kind, (row, text))
    return [f"{n:,} rows: {first[kind][1]} (row {first[kind][0]})" for kind, n in counted.most_common(MOST_ERRORS)]


def _extremes(sweep: SweepTable, shown: tuple[str, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for goal in sweep.goals:
        values = goal.sign * numbers(sweep.done, goal.name)
        for what, at in (("best", np.nanargmin(values)), ("worst", np.nanargmax(values))):
            one = sweep.done.slice(int(at), 1)
            rows.append((goal.name, what, *_rows(one, shown)[0]))
    return rows


def _spread(sweep: SweepTable) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name in sweep.of_role("result"):
        if _is_number(sweep.done[name]):
            found = np.nanpercentile(numbers(sweep.done, name), [0, 5, 50, 95, 100])
            rows.append((name, *(f"{value:,.4g}" for value in found)))
    return rows


def _rows(part: pa.Table, shown: tuple[str, ...]) -> list[tuple[str, ...]]:
    columns = [part[name].to_pylist() for name in ("row", *shown)]
    return [tuple(_cell(value) for value in row) for row in zip(*columns, strict=True)]


def _evenly(front: pa.Table) -> pa.Table:
    """At most MOST_ROWS of the front, its ends among them."""
    places = np.unique(np.linspace(0, front.num_rows - 1, MOST_ROWS).round().astype(int))
    return front.take(pa.array(places))


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,.4g}" if isinstance(value, float) else str(value)


def _effect_rows(parameters: list[str], found: np.ndarray) -> list[tuple[str, ...]]:
    return [
        (name, *("" if np.isnan(value) else f"{value:+.2f}" for value in row))
        for name, row in zip(parameters, found, strict=True)
    ]


def _evaluated(sweep: SweepTable) -> str:
    if "evaluated_by" not in sweep.done.column_names:
        return ""
    counted = Counter(sweep.done["evaluated_by"].to_pylist())
    return "Evaluated: " + ", ".join(f"{n:,} by {how}" for how, n in counted.most_common()) + "."


def _front_png(sweep: SweepTable, front: pa.Table) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "front.png"
        draw_front(sweep.done, front, sweep.goals, file)
        return file.read_bytes()


def _is_number(values: pa.ChunkedArray) -> bool:
    return pa.types.is_floating(values.type) or pa.types.is_integer(values.type)
