"""A validation told: in the terminal, as a page of its own, as data."""

import csv
import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from hardware.validation.page import page
from hardware.validation.picture import Painted, draw
from hardware.validation.result import ChannelResult, Validation
from hardware.validation.tables import number, print_validation
from twin.errors import InputError
from twin.result import load
from twin.runs import RECORDED
from twin.view.page import STYLE, VALIDATION

REPORT, DATA, LINES = "report.html", "validation.json", "validation_lines.csv"
BEGIN, END = VALIDATION
SEEN_POSITION = "_actual_mm"


def report(validation: Validation, out: Path, console: Console | None = None, *, picture: bool = True) -> Path:
    """Print the tables and write report.html, validation.json and validation_lines.csv; return the page.

    recorded_path.parquet, written too, holds every channel on each piece of the path, for `twin view --measured`.
    In a run folder the validation stands on top of the run's own report; elsewhere it is a page of its own.

    Args:
        validation: what was found.
        out: folder, must exist.
        console: None: nothing is printed.
        picture: draw the difference on the part.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    if not out.is_dir():
        raise InputError("no such folder", file=out, remedy="make it, or leave --output away")
    pictures, problem = _pictures(validation, out) if picture else ([], "")
    body = page(validation, pictures, problem)
    file = out / REPORT
    try:
        _write(file, _joined(file, body, validation) if _is_run(out, validation) else _alone(body, validation))
        _write(out / DATA, json.dumps(_data(validation), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        _lines(validation, out / LINES)
        _path(validation, out / RECORDED)
    except OSError as error:
        raise InputError(f"cannot write the report: {error.strerror}", file=out) from None
    if console:
        print_validation(validation, console)
        if problem:
            console.print(f"[yellow]no picture[/yellow] {problem}", highlight=False)
        console.print(f"report   {file}", highlight=False, soft_wrap=True)
    return file


def _is_run(out: Path, validation: Validation) -> bool:
    return out.resolve() == validation.run.resolve() and (out / REPORT).is_file()


def _joined(file: Path, body: str, validation: Validation) -> str:
    """The run's report with the validation before it, in place of an earlier one."""
    text = file.read_text()
    text = re.sub(f"{BEGIN}.*?{END}", "", text, flags=re.DOTALL)
    head, found, rest = text.partition("<body>")
    if not found:
        return _alone(body, validation)
    return f"{head}<body>{BEGIN}{body}<hr>{END}{rest}"


def _alone(body: str, validation: Validation) -> str:
    title = f"Validation: {validation.title}"
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style><body>{body}"


def _write(file: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = file.with_name(f".{file.name}.partial")
    temporary.write_text(text)
    temporary.replace(file)


def _pictures(validation: Validation, out: Path) -> tuple[list[bytes], str]:
    """PNGs of what differs along the path, and why there is none."""
    drawn: list[bytes] = []
    segments = load(validation.run)["segments"]
    time, line, rapid = (segments[name].values for name in ("time_s", "line", "rapid"))
    middle = (segments["start_mm"].values + segments["end_mm"].values) / 2
    file = out / ".validation.partial.png"
    try:
        for title, unit, rows, factor in _fields(validation):
            square = sum(_along(row, line) ** 2 for row in rows)
            value = np.where(rapid, np.nan, factor * np.sqrt(square))  # a rapid makes no surface
            worst = int(np.nanargmax(value))
            x, y, z = (float(v) for v in middle[worst])
            said, label = f"{validation.said}; {title}", f"line {int(line[worst])}"
            draw(Painted(validation.run, said, f"RMS [{unit}]", time[:, 1], value, (x, y, z), label), file)
            drawn.append(file.read_bytes())
    except (InputError, ValueError) as error:
        return drawn, str(error)
    finally:
        file.unlink(missing_ok=True)
    return drawn, ""


def _along(row: ChannelResult, line: np.ndarray) -> np.ndarray:
    """RMSE (segment,); that of the NC line where a segment passed between two samples."""
    of_line = np.full(int(line.max()) + 1, np.nan)
    known = row.by_line.line <= line.max()
    of_line[row.by_line.line[known]] = row.by_line.rmse[known]
    own = row.by_segment.rmse
    return np.where(np.isnan(own), of_line[line], own)


def _fields(validation: Validation) -> list[tuple[str, str, list[ChannelResult], float]]:
    """Title, unit, channels whose squares add up, factor of each picture: the tip, the load that differs most."""
    found = []
    tip = [row for row in validation.channels if row.fidelity.channel.endswith(SEEN_POSITION)]
    if tip:
        found.append(("tool tip at the same place of the program", "µm", tip, 1e3))
    kinds = ("_n", "_w", "_nm", "path_speed_mm_s")
    loads = [row for row in validation.channels if row.fidelity.channel.endswith(kinds)]
    if loads:
        worst = max(loads, key=lambda row: row.severity)
        found.append((f"{worst.fidelity.channel}, difference", worst.fidelity.unit, [worst], 1.0))
    return found


def _data(validation: Validation) -> dict[str, Any]:
    """The validation in plain numbers; what is not known is null."""
    v = validation
    data = {
        "title": v.title,
        "said": v.said,
        "metal": v.cut.metal,
        "passed": v.passed,
        "recording": str(v.recording),
        "run": str(v.run),
        "header": asdict(v.header),
        "clock": asdict(v.clock),
        "checked": v.checked,
        "notes": v.notes,
        "limits": v.limits,
        "seen_ratio": v.seen,
        "compared_s": v.compared,
        "duration": {
            **dict(zip(("predicted_s", "measured_s", "waiting_s"), v.spans.totals, strict=True)),
            "error_ratio": v.duration_error,
        },
        "windows": _windows(v),
        "sampling": v.sampling and asdict(v.sampling),
        "alignment": v.alignment and asdict(v.alignment),
        "operations": [asdict(o) for o in v.operations],
        "verdicts": [{**asdict(x), "passed": x.passed} for x in v.verdicts],
        "worst": [asdict(w) for w in v.worst],
        "channels": [_channel(row) for row in v.channels],
    }
    return _plain(data)


def _windows(v: Validation) -> dict[str, float] | None:
    w = v.windows
    if w is None:
        return None
    return {"n": len(w.measured), "r2": w.r2, "rmse_s": w.rmse, "total_ratio": w.total}


def _channel(row: ChannelResult) -> dict[str, Any]:
    own = asdict(row.fidelity)
    sensor = {name: value for name, value in asdict(row.mapped.sensor).items() if value not in ("", None)}
    return {
        **own,
        "rmse_same_time": row.rmse_same_time,
        "interpolation_error": row.interpolation,
        "missing": row.missing,
        "sensor": sensor,
    }


def _path(validation: Validation, file: Path) -> None:
    """Mean of every channel on each piece of the path, measured and predicted, for `twin view --measured`."""
    columns, described = {}, []
    for row in validation.channels:
        name = row.fidelity.channel
        measured, predicted = row.path.means
        columns[f"measured.{name}"] = measured.astype(np.float32)
        columns[f"predicted.{name}"] = predicted.astype(np.float32)
        described.append({"name": name, "unit": row.fidelity.unit})
    told = {"channels": json.dumps(described), "said": validation.said, "recording": validation.recording.name}
    temporary = file.with_name(f".{file.name}.partial")
    pq.write_table(pa.table(columns).replace_schema_metadata(told), temporary)
    temporary.replace(file)


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and mappings; NaN becomes None."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _lines(validation: Validation, file: Path) -> None:
    """One row an NC line: time predicted and measured, and the RMSE of every channel."""
    v = validation
    lines = np.unique(np.concatenate([v.spans.line, *(row.by_line.line for row in v.channels)]))
    at = np.searchsorted(lines, v.spans.line)
    predicted, measured = (np.bincount(at, x, len(lines)) for x in (v.spans.predicted, v.spans.measured))
    columns = []
    for row in v.channels:
        column = np.full(len(lines), np.nan)
        column[np.searchsorted(lines, row.by_line.line)] = row.by_line.rmse
        columns.append(column)
    temporary = file.with_name(f".{file.name}.partial")
    with temporary.open("w", newline="") as stream:
        writer = csv.writer(stream)
        names = (f"rmse_{row.fidelity.channel}" for row in v.channels)
        writer.writerow(("line", "predicted_s", "measured_s", *names))
        for k, line in enumerate(lines):
            numbers = (predicted[k], measured[k], *(column[k] for column in columns))
            writer.writerow((int(line), *(number(x, 6).replace(",", "") for x in numbers)))
    temporary.replace(file)
