"""A table of results in the terminal."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from twin.sweep.columns import FEATURE, varying

PIPED_WIDTH = 240
ENDLESS = 1_000_000
HEADING_WIDTH = 13  # characters, spaces after underscores included
UNASKED = (FEATURE, "key", "warning")  # beginnings of columns of a sweep that are many, or long


def print_table(table: pa.Table, most: int, place: Path, *, first: Sequence[str] = (), every: bool = False) -> None:
    """Print the first ``most`` rows; what all of them share stands once above.

    Args:
        table: with all its columns.
        most: rows.
        place: where it was read from, for the words.
        first: columns that stand before the others.
        every: print all columns, however wide that is; else those that the terminal has room for, and name the others.
    """
    console = Console(width=None if Console().is_terminal else ENDLESS if every else PIPED_WIDTH)
    if not table.num_rows:
        console.print(f"no rows: nothing in {place} fits", soft_wrap=True)
        return
    names, shared = varying(table)
    for name, value in ((name, value) for name, value in shared.items() if value != ""):
        console.print(f"[dim]{escape(name)}[/dim] {escape(_text(value))} everywhere", highlight=False)
    names = list(dict.fromkeys([*(n for n in ("run", "row", *first) if n in names), *names]))
    rows = table.slice(0, most).to_pylist()
    hidden = [] if every else [name for name in names if name.startswith(UNASKED) and name not in first]
    names = [name for name in names if name not in hidden]
    if not every:
        n_fit = _n_fit(names, rows, console.width)
        names, hidden = names[:n_fit], names[n_fit:] + hidden
    shown = Table()
    for name in names:
        text = pa.types.is_string(table.schema.field(name).type)
        shown.add_column(escape(_heading(name)), overflow="fold", justify="left" if text else "right")
    for row in rows:
        shown.add_row(*(escape(_text(row[name])) for name in names))
    console.print(shown)
    if table.num_rows > most:
        console.print(f"{most} of {table.num_rows:,} rows; --limit shows more, --csv and --xlsx write all")
    if hidden:
        console.print(f"columns not shown, --columns NAME ... shows them: {_named(hidden)}", highlight=False)


def _n_fit(names: list[str], rows: list[dict[str, Any]], width: int) -> int:
    """How many of the columns stand side by side without being folded; one at least."""
    n, used = 0, 1
    for name in names:
        used += 3 + max(map(len, [*_heading(name).splitlines(), *(_text(row[name]) for row in rows)]))
        if used > width and n:
            break
        n += 1
    return n


def _named(names: list[str]) -> str:
    """The names, of inspected features how many."""
    features = [name for name in names if name.startswith(FEATURE)]
    words = [escape(name) for name in names if name not in features]
    return ", ".join([*words, f"{len(features)} of features ({escape(features[0])} ...)"] if features else words)


def _heading(name: str) -> str:
    """``name`` in lines, broken after underscores and dots."""
    return "\n".join(textwrap.wrap(re.sub("([_.])", r"\1 ", name), HEADING_WIDTH)).replace(" ", "")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.5g}" if isinstance(value, float) else str(value)
