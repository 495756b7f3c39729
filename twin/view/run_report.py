"""The full report of a finished run, made from its folder: what was simulated, what comes out, and how sure that is."""

import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.data import recording
from twin.errors import InputError
from twin.inspect_run import Inspected, inspect_run
from twin.result import Result, load
from twin.view.inputs import inputs_section
from twin.view.operations import HEADINGS, Operation, operation_row, operations
from twin.view.page import CLOSING, findings, image, moment, opening, plain, png_of, table
from twin.view.report import deviation_plot, found, what_is_not
from twin.view.run_inspection import features_section, out_of_limits
from twin.view.run_plots import draw_errors, draw_loads
from twin.view.run_robustness import scattered

DPI = 150  # of plots: sharp on paper
PROGRAM = "program.nc"
SPREADS = {
    "peak cutting force": ("peak cutting force, ±", "scatter of the cutting coefficients"),
    "peak spindle power": ("peak spindle power, ±", "scatter of the cutting coefficients"),
    "release, largest": ("release, largest, ±", "scatter of the residual stress"),
}
SURE = {
    "machining time": "law of the controller; its scatter is not propagated",
    "path length": "exact, of the program",
    "removed volume": "of the grid; resolution in the configuration",
    "parts before a tool is worn": "law of wear; its scatter is not propagated",
}
MOST_DEMANDING = 5  # NC lines a quantity


@dataclass(frozen=True)
class Run:
    """What a run folder holds."""

    folder: Path
    result: Result
    record: dict[str, Any]
    config: dict[str, Any]
    program: str  # NC text; empty where it is no longer there

    @property
    def attrs(self) -> dict[Any, Any]:
        """Of the result."""
        return self.result.tree.attrs

    @property
    def marked(self) -> list[Operation]:
        """Operations of the program."""
        tools = {int(number): tool["name"] for number, tool in self.config["tools"].items()}
        return operations(self.result["segments"], self.program, tools)


def read_run(folder: Path) -> Run:
    """The run of ``folder``.

    Raises:
        InputError: it holds no finished run.
    """
    result = load(folder)
    return Run(
        folder=folder,
        result=result,
        record=json.loads((folder / "run.json").read_text()),
        config=yaml.safe_load((folder / "config.yaml").read_text()),
        program=_program(folder, str(result.tree.attrs["program"])),
    )


def run_report(run: Run) -> tuple[str, str]:
    """The page, before and after the pictures of the part, which may still be drawn."""
    result, attrs = run.result, run.attrs
    marked = run.marked
    title = str(attrs["title"])
    before = [
        opening(title),
        f"<h1>{html.escape(title)}</h1>",
        f"<p class=sub>Predicted by the machining twin {attrs['version']} · run {html.escape(run.folder.name)} · "
        f"{moment(attrs['created'])}</p>",
        findings([*out_of_limits(result, run.config), *found(result, marked)]),
        "<h2>What was simulated</h2>",
        table(("", ""), _what(run)),
        "<h2>The run in numbers</h2>",
        table(("quantity", "value", "±", "unit", "what ± is, or why there is none"), _numbers(result)),
        "<p>± is one standard deviation: two of three machines, heats and tool makers are expected within it. It says "
        "nothing of what the model leaves out.</p>",
        "<h2>The part</h2>",
    ]
    after = [
        image(deviation_plot(result, DPI), "Distribution of the deviation and of the share of each source."),
        "<h2>Inspection</h2>",
        features_section(result, _inspected(run), scattered(run.folder, run.config), run.config),
        "<h2>Over the program</h2>",
        "<p>Numbers above the plots and grey bands: operations of the table below. Each dot is the largest value of "
        "its span of time. Bands: ± one standard deviation. Dashed: what should not be passed.</p>",
        image(png_of(draw_loads(result, marked, _power_limit(run)), DPI), "Speed, loads and temperature of the cut."),
        image(
            png_of(draw_errors(result, marked), DPI),
            "Error of the tool point across its path by source (beyond 1.5 times the 99th percentile the axis ends); "
            "heat of the machine and its drift.",
        ),
        "<h2>Operations</h2>",
        table(HEADINGS, (operation_row(one, result["segments"]) for one in marked), tight=True),
        "<h2>NC lines that ask most</h2>",
        table(("what", "value", "NC line", "block", "tool", "time [min]"), _demanding(run), tight=True),
        "<h2>What is in the numbers, and what is not</h2>",
        what_is_not(result),
        "<h2>Parameters and their sources</h2>",
        inputs_section(run.config),
        CLOSING,
    ]
    return "".join(before), "".join(after)


def _what(run: Run) -> list[tuple[str, str]]:
    config, record, attrs = run.config, run.record, run.attrs
    model = config["model"]
    stock = config["scenario"]["stock"]
    digest = hashlib.sha256(run.program.encode()).hexdigest()[:16] if run.program else "no longer there"
    lines = f"{len(run.program.splitlines()):,} lines, " if run.program else ""
    return [
        ("scenario", f"{attrs['scenario']}: {attrs['title']}"),
        ("NC program", f"{Path(str(attrs['program'])).name} ({lines}SHA-256 {digest})"),
        ("changed by the user", " ".join(record.get("overrides", [])) or "nothing: everything as configured"),
        ("machine", config["machine"]["name"]),
        ("material", f"{config['material']['name']}; cutting coefficients {config['material'].get('chosen', '')}"),
        ("stock", f"{stock['kind']}, {float(attrs['stock_cm3']):,.1f} cm³"),
        ("tools", "; ".join(f"T{number} {tool['name']}" for number, tool in config["tools"].items())),
        ("heat of the machine", str(attrs.get("machine_heat", "not recorded"))),
        ("release of residual stress", str(attrs["release"])),
        (
            "computed with",
            f"{model['removal']['resolution_mm']} mm resolution, segments of at most {model['segment_length_mm']} mm, "
            f"heat in steps of {model['thermal_step_s']} s",
        ),
        (
            "software",
            f"machining twin {attrs['version']}, Python {attrs['python']}, JAX {attrs['jax']}; "
            f"{record.get('wall_s', float('nan')):.1f} s of computing",
        ),
    ]


def _numbers(result: Result) -> list[tuple[str, ...]]:
    summary = result.summary()
    rows: list[tuple[str, ...]] = []
    for name, (value, unit) in summary.items():
        if name in {spread for spread, _ in SPREADS.values()}:
            continue
        spread, why = SPREADS.get(name, ("", SURE.get(name, "not propagated in a single run")))
        rows.append((name, plain(value), plain(summary[spread][0]) if spread else "", unit, why))
    return rows


def _demanding(run: Run) -> list[tuple[str, ...]]:
    """The NC lines with the largest loads, and the least margins."""
    segments, source = run.result["segments"], run.program.splitlines()
    cutting = segments["removed_mm3"].values > 0
    line, tool, time = (segments[name].values for name in ("line", "tool", "time_s"))
    rows: list[tuple[str, ...]] = []
    for name, what, sign, form in (
        ("force_peak_n", "peak force [N]", -1.0, ",.0f"),
        ("power_w", "spindle power [W]", -1.0, ",.0f"),
        ("interface_degc", "chip temperature [°C]", -1.0, ",.0f"),
        ("chatter_margin", "least chatter margin [1]", 1.0, ".2f"),
    ):
        values = segments[name].values
        usable = np.flatnonzero(cutting & np.isfinite(values))
        order = usable[np.argsort(sign * values[usable], kind="stable")]
        _, first = np.unique(line[order], return_index=True)
        for at in order[np.sort(first)[:MOST_DEMANDING]]:
            number = int(line[at])
            block = source[number - 1].strip() if 0 < number <= len(source) else ""
            row = (what, format(values[at], form), str(number), block, f"T{tool[at]}", f"{time[at, 0] / 60:.2f}")
            rows.append(row)
    return rows


def _inspected(run: Run) -> Inspected | None:
    """The part on the virtual CMM, for the uncertainty of measuring; None where the scenario declares no features."""
    if not run.result["features"].sizes.get("feature"):
        return None
    try:
        return inspect_run(run.folder)
    except InputError:
        return None  # the file of its features is gone: the run itself still knows what it found


def _power_limit(run: Run) -> float | None:
    power = run.config["machine"].get("spindle", {}).get("power_kw")
    return 1e3 * max(power) if power else None


def _program(folder: Path, named: str) -> str:
    """The NC text of the run: kept in its folder, else where it was read from; empty where it is gone."""
    file = folder / PROGRAM
    try:
        if not file.is_file():
            file = recording(named.removeprefix("data:")) if named.startswith("data:") else Path(named)
        return file.read_text(errors="replace") if file.is_file() and file.suffix != ".gz" else ""
    except InputError:
        return ""
