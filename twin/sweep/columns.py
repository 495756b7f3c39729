"""Tables of results: named columns whose names end in their unit, from run folders, sweeps, or files.

A table is a :class:`pyarrow.Table`. The unit of a column ends its name (``machining_time_min``); what has none is a
text, a count (``n_...``) or a ratio.
"""

import difflib
import fnmatch
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from twin.errors import InputError
from twin.runs import list_runs
from twin.sweep.folder import TABLE, find_sweep

SUFFIX_OF = {"%": "pct", "cm³": "cm3", "mm³": "mm3", "N m": "nm", "µm": "um", "± µm": "um", "1": "ratio"}
FEATURE = "feature."  # columns of inspected characteristics begin with it
WORDS = {"%": "pct", "±": "deviation", "°": "deg"}


def place_of(name: str | None, outputs: Path) -> Path:
    """Where the table called ``name`` lies: a path, a sweep below ``outputs`` (its name, or ``latest``); ``outputs``
    itself without a name.

    Raises:
        InputError: there is none.
    """
    if name is None or Path(name).exists():
        return Path(name) if name else outputs
    return find_sweep(name, outputs)


def read_table(place: Path) -> pa.Table:
    """The table that ``place`` holds: a sweep (its folder or ``sweep.parquet``), a CSV or Parquet file, or a folder of
    run folders.

    Raises:
        InputError: there is nothing of the kind, or it cannot be read.
    """
    if (place / TABLE).is_file():
        place = place / TABLE
    try:
        if place.suffix == ".parquet":
            return pq.read_table(place)
        if place.suffix == ".csv":
            return pa.csv.read_csv(place)
    except FileNotFoundError:
        raise InputError("there is no such table", file=place, remedy="`twin results` lists the runs") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"no table can be read: {error}", file=place) from None
    if not place.is_dir():
        raise InputError("no such folder", file=place, remedy="`twin run` makes runs in outputs")
    return table_of_runs(list_runs(place), place)


def table_of_runs(runs: Sequence[tuple[Path, dict[str, Any]]], folder: Path) -> pa.Table:
    """One row a run, one column a number of its summary; null where a run does not state it.

    Args:
        runs: as :func:`twin.runs.list_runs` returns them.
        folder: below which they lie.
    """
    rows = []
    for path, record in runs:
        row = {"run": str(path.relative_to(folder)), "scenario": record.get("scenario", "")}
        row |= {column_name(name, unit): value for name, (value, unit) in record.get("summary", {}).items()}
        rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["run", "scenario"]
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


def column_name(name: str, unit: str) -> str:
    """``("deviation, 95 % within", "± µm")`` -> ``deviation_95_pct_within_um``.

    A unit that is none (the tool that a count of parts is about) makes a count: ``n_...``.
    """
    for sign, word in WORDS.items():
        name = name.replace(sign, f" {word} ")
    stem = "_".join(re.findall(r"[a-z0-9]+", name.lower()))
    suffix = SUFFIX_OF.get(unit, unit.lower())
    return f"n_{stem}" if re.fullmatch(r"t\d+", suffix) else f"{stem}_{suffix}"


def column(table: pa.Table, name: str) -> pa.ChunkedArray:
    """The column called ``name``.

    Raises:
        InputError: there is none; names the nearest one.
    """
    if name not in table.column_names:
        near = difflib.get_close_matches(name, table.column_names, 1, 0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        known = [other for other in table.column_names if not other.startswith(FEATURE)]
        n_features = table.num_columns - len(known)
        more = f" and {n_features} of features" if n_features else ""
        raise InputError(f"there is no column '{name}'", remedy=f"{hint}known: {', '.join(known)}{more}")
    return table[name]


def numbers(table: pa.Table, name: str) -> Any:
    """The column called ``name`` as float64 (row,), NaN where it is empty.

    Raises:
        InputError: no such column, or one without numbers.
    """
    values = column(table, name)
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_null(values.type)):
        raise InputError(f"column '{name}' holds no numbers but {values.type}", remedy="name a column of numbers")
    return pc.fill_null(values.cast(pa.float64()), float("nan")).to_numpy()


def sorted_by(table: pa.Table, name: str, descending: bool = False) -> pa.Table:
    """Rows in the order of a column; equal ones stay in order, empty ones come last."""
    key = [("key", "descending" if descending else "ascending")]
    return table.take(pc.sort_indices(pa.table({"key": column(table, name)}), sort_keys=key))


def selected(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Only these columns, in this order; a name may be a pattern, as ``feature.*``."""
    chosen = []
    for name in names:
        fitting = fnmatch.filter(table.column_names, name)
        if not fitting:
            column(table, name)
        chosen += fitting
    return table.select(list(dict.fromkeys(chosen)))


def varying(table: pa.Table, least_rows: int = 4) -> tuple[list[str], dict[str, Any]]:
    """Names of the columns that differ between rows, and name -> value of the others; of few rows all differ.

    Columns that are empty throughout are in neither.
    """
    names, shared = [], {}
    for name in table.column_names:
        values = table[name]
        if values.null_count == len(values):
            continue
        if (
            table.num_rows < least_rows
            or pa.types.is_nested(values.type)
            or pc.count_distinct(values, "all").as_py() > 1
        ):
            names.append(name)
        else:
            shared[name] = values[0].as_py()
    return names, shared


def write_csv(table: pa.Table, file: Path) -> None:
    """Write ``file`` with the names, units included, in the first line; whole or not at all."""
    _written(file, lambda temporary: pa.csv.write_csv(_flat(table), temporary))


def write_xlsx(table: pa.Table, file: Path) -> None:
    """Write ``file`` for Excel: a frozen first row with the names, units included, and a filter on every column.

    Raises:
        InputError: the extra is not installed, or the file cannot be written.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise InputError("XLSX needs a package", remedy='pip install "machining-twin[xlsx]"') from None

    content, flat = io.BytesIO(), _flat(table)
    with xlsxwriter.Workbook(content, {"nan_inf_to_errors": True}) as book:
        sheet, bold = book.add_worksheet("results"), book.add_format({"bold": True})
        for place, name in enumerate(table.column_names):
            sheet.write_string(0, place, name, bold)
            sheet.write_column(1, place, flat[name].to_pylist())
            sheet.set_column(place, place, max(10, min(len(name) + 2, 40)))
        sheet.freeze_panes(1, 0)
        if table.num_columns:
            sheet.autofilter(0, 0, max(table.num_rows, 1), table.num_columns - 1)
    _written(file, lambda temporary: temporary.write_bytes(content.getvalue()))


def _flat(table: pa.Table) -> pa.Table:
    """Columns of lists or mappings as JSON text: neither CSV nor Excel knows them."""
    for place, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            texts = [None if value is None else json.dumps(value) for value in table[place].to_pylist()]
            table = table.set_column(place, field.name, pa.array(texts, pa.string()))
    return table


def _written(file: Path, write: Any) -> None:
    temporary = file.with_name(f".{file.name}.partial")
    try:
        write(temporary)
        temporary.replace(file)
    except OSError as error:
        raise InputError(f"the table cannot be written: {error.strerror or error}", file=file) from None
    finally:
        temporary.unlink(missing_ok=True)
