"""A table of results in the terminal."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from twin.sweep.columns import varying

PIPED_WIDTH = 240
HEADING_WIDTH = 13  # characters, spaces after underscores included


def print_table(table: pa.Table, most: int, place: Path) -> None:
    """Print the first ``most`` rows; what all of them share stands once above."""
    console = Console(width=None if Console().is_terminal else PIPED_WIDTH)
    if not table.num_rows:
        console.print(f"no rows: nothing in {place} fits", soft_wrap=True)
        return
    names, shared = varying(table)
    for name, value in shared.items():
        console.print(f"[dim]{escape(name)}[/dim] {escape(_text(value))} everywhere", highlight=False)
    shown = Table()
    for name in names:
        text = pa.types.is_string(table.schema.field(name).type)
        shown.add_column(escape(_heading(name)), overflow="fold", justify="left" if text else "right")
    for row in table.slice(0, most).select(names).to_pylist():
        shown.add_row(*(escape(_text(row[name])) for name in names))
    console.print(shown)
    if table.num_rows > most:
        console.print(f"{most} of {table.num_rows:,} rows; --limit shows more, --csv and --xlsx write all")


def _heading(name: str) -> str:
    """``name`` in lines, broken after underscores and dots."""
    return "\n".join(textwrap.wrap(re.sub("([_.])", r"\1 ", name), HEADING_WIDTH)).replace(" ", "")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.5g}" if isinstance(value, float) else str(value)
