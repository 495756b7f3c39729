"""A validation in tables: rows of text for the terminal and for the page."""

import math

from rich.console import Console
from rich.table import Table

from hardware.validation.limits import Verdict
from hardware.validation.result import ChannelResult, Operation, Validation, Worst

CHANNEL_HEADINGS = (
    "channel",
    "unit",
    "samples",
    "bias",
    "RMSE",
    "limit",
    "",
    "largest",
    "correlation",
    "shift ms",
    "coverage",
    "En",
    "RMSE same time",
    "resampling",
)
KIND_HEADINGS = ("what the lines do", "stretches", "predicted s", "measured s", "difference s")
MARK = {True: "pass", False: "FAIL", None: ""}


def number(value: float, digits: int = 4) -> str:
    """Some digits of a number; empty where it is not known, endless where it is one over an uncertainty of nothing."""
    if value is None or not math.isfinite(value):
        return ""
    if abs(value) > 1e100:
        return "∞"
    if abs(value) < 1e-9:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.{digits}g}"


def channel_row(row: ChannelResult) -> tuple[str, ...]:
    """The cells of one channel, as CHANNEL_HEADINGS."""
    f = row.fidelity
    return (
        f.channel,
        f.unit,
        f"{f.samples:,}",
        number(f.bias),
        number(f.rmse),
        "" if f.limit is None else number(f.limit),
        MARK[f.passed],
        number(f.largest),
        number(f.correlation, 5),
        number(f.shift * 1e3, 3),
        f"{100 * f.coverage:.1f} %" if math.isfinite(f.coverage) else "",
        number(f.en, 3),
        number(row.rmse_same_time),
        number(row.interpolation, 2),
    )


def verdict_row(verdict: Verdict) -> tuple[str, ...]:
    """Limit, found, passed."""
    sign = "≥" if verdict.at_least else "≤"
    limit = f"{sign} {number(verdict.limit)} {verdict.unit}".strip()
    return verdict.what, f"{number(verdict.found)} {verdict.unit}".strip(), limit, MARK[verdict.passed]


def facts(validation: Validation) -> list[tuple[str, str]]:
    """What the reader wants to know before the channels."""
    v = validation
    predicted, measured, waiting = v.spans.totals
    rows: list[tuple[str, str]] = [
        ("source", f"{v.header.source}{', ' + v.header.note if v.header.note else ''}"),
        ("started", v.header.started or "not recorded"),
        ("agrees with the run", ", ".join(v.checked) or "nothing that the recording states"),
        ("program began", f"at {v.began:,.3f} s of the recording"),
        ("compared", f"{v.compared:,.1f} s, {100 * v.seen:.1f} % of the program's predicted time"),
        (
            "time of the program",
            f"{predicted:,.2f} s predicted, {measured:,.2f} s measured, {100 * v.duration_error:+.2f} %"
            + (f", without {waiting:,.0f} s that it waited for an operator" if waiting else ""),
        ),
    ]
    if v.windows:
        rows.append(
            (
                "windows of cutting",
                f"{len(v.windows.measured)}: R² {v.windows.r2:.4f}, RMSE {v.windows.rmse:.3f} s, "
                f"total {100 * v.windows.total:+.2f} %",
            )
        )
    if v.sampling:
        s = v.sampling
        latency = "not recorded"
        if math.isfinite(s.latency[0]):
            latency = ", ".join(f"{1e3 * x:.1f}" for x in s.latency) + " ms (50 %, 99 %, largest)"
        rows.append(("sampling frequency", f"{s.rate:,.3f} Hz held, {s.lost} missing, jitter {1e6 * s.jitter:,.3f} µs"))
        rows.append(("latency", latency))
    else:
        rows.append(("sampling", "events: a value holds until the next"))
    if v.alignment:
        a = v.alignment
        rows.append(
            (
                "clock",
                f"offset {a.offset:.4f} ± {a.offset_deviation:.2g} s, drift {1e6 * a.drift:,.1f} ± "
                f"{1e6 * a.drift_deviation:.2g} ppm (with the program's own speed)",
            )
        )
    return rows


def print_validation(validation: Validation, console: Console, most: int = 12) -> None:
    """The tables of a validation."""
    v = validation
    console.print(f"\n[bold]{v.title}[/bold]: {v.said}", highlight=False)
    head = Table(show_header=False)
    for name, value in facts(v):
        head.add_row(name, value)
    console.print(head)
    table = Table(title="Channels at the same place of the program, predicted minus measured", title_justify="left")
    for k, heading in enumerate(CHANNEL_HEADINGS):
        table.add_column(heading, justify="left" if k < 2 else "right", no_wrap=k == 0)
    for row in v.channels:
        table.add_row(*channel_row(row))
    console.print(table)
    if v.spans.kind is not None:
        table = Table(title="Time, by what the lines do", title_justify="left")
        for k, heading in enumerate(KIND_HEADINGS):
            table.add_column(heading, justify="left" if k < 1 else "right")
        for cells in kind_rows(v):
            table.add_row(*cells)
        console.print(table)
    table = Table(title="Operations", title_justify="left")
    for k, heading in enumerate(("tool", "lines", "predicted s", "measured s", "error %")):
        table.add_column(heading, justify="left" if k < 2 else "right")
    for operation in v.operations:
        table.add_row(*operation_row(operation))
    console.print(table)
    if v.worst:
        table = Table(title="What differs most, and where", title_justify="left")
        for k, heading in enumerate(("channel", "RMSE in the line", "line", "position mm", "block")):
            table.add_column(heading, justify="right" if k in (1, 2) else "left")
        for worst in v.worst[:most]:
            table.add_row(*worst_row(worst))
        console.print(table)
    failed = [x for x in v.verdicts if not x.passed]
    for verdict in failed:
        what, found, limit, _ = verdict_row(verdict)
        console.print(f"[red]FAIL[/red] {what}: {found}, declared {limit}", highlight=False)
    for note in v.notes:
        console.print(f"[yellow]note[/yellow] {note}", highlight=False)
    words = {True: "[green]PASS[/green]", False: "[red]FAIL[/red]", None: "no limits declared"}[v.passed]
    count = f"{len(v.verdicts) - len(failed)} of {len(v.verdicts)} limits of {v.limits} held"
    console.print(f"{words}  {count}; {v.said}", highlight=False)


def kind_rows(validation: Validation) -> list[tuple[str, ...]]:
    """Time by what the lines do, as KIND_HEADINGS; empty where that is not known."""
    spans = validation.spans
    rows: list[tuple[str, ...]] = []
    if spans.kind is None:
        return []
    for kind in dict.fromkeys(spans.kind.tolist()):
        own = spans.kind == kind
        predicted, measured = spans.predicted[own].sum(), spans.measured[own].sum()
        rows.append((kind, f"{own.sum():,}", f"{predicted:,.1f}", f"{measured:,.1f}", f"{predicted - measured:+,.1f}"))
    return rows


def operation_row(operation: Operation) -> tuple[str, ...]:
    """Of an Operation."""
    error = 100 * (operation.predicted / operation.measured - 1) if operation.measured > 0 else float("nan")
    lines = f"{operation.lines[0]} to {operation.lines[1]}"
    measured = "" if math.isnan(operation.measured) else f"{operation.measured:,.1f}"
    return operation.name, lines, f"{operation.predicted:,.1f}", measured, "" if math.isnan(error) else f"{error:+.1f}"


def worst_row(worst: Worst) -> tuple[str, ...]:
    """Of a Worst."""
    where = "" if worst.position is None else " ".join(f"{v:.2f}" for v in worst.position)
    return worst.channel, f"{number(worst.difference)} {worst.unit}", str(worst.line), where, worst.source
