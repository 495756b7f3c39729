"""A sweep's folder: parts written whole, one a chunk, merged into one table; what is missing or failed is known.

sweep.yaml      what was asked: settings, scenario, version; its digest names the folder
parts/          one Parquet file a finished chunk; a later one of a row counts more
sweep.parquet   all rows in the order of the design, those that are not done yet with status "missing"
sweep.json      how many are done
runs/           run folders of the best rows (``sweep.n_keep``), by the number of the row
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

import twin
from twin import runs
from twin.errors import InputError, nearest
from twin.sweep.designs import BLOCK
from twin.sweep.settings import Sweep
from twin.units import SUFFIX

SWEEPS = "sweeps"
TABLE, RECORD, ASKED, PARTS = "sweep.parquet", "sweep.json", "sweep.yaml", "parts"
DONE, FAILED, MISSING = "done", "failed", "missing"
RECORDED = ("row", "key", "status", "error", "warning", "evaluated_by", "run_folder")
RUNS = "runs"  # run folders of rows


@dataclass(frozen=True)
class Outcome:
    """What came out of one scenario."""

    row: int
    status: str
    error: str = ""
    evaluated_by: str = ""  # batch or run
    warning: str = ""  # what the results are not good for
    results: dict[str, float] | None = None


def open_folder(sweep: Sweep, outputs: Path) -> Path:
    """The folder of ``sweep``, created where it is new.

    Raises:
        InputError: it cannot be written, or holds another sweep.
    """
    folder = outputs / SWEEPS / sweep.folder_name
    try:
        (folder / PARTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write the sweep: {error.strerror}", file=folder, remedy="name a writable folder with --outputs"
        ) from None
    asked = folder / ASKED
    if not asked.is_file():
        _write(asked, yaml.safe_dump(_asked(sweep), sort_keys=False, allow_unicode=True))
    if yaml.safe_load(asked.read_text()).get("digest") != sweep.digest:
        raise InputError("the folder holds another sweep", file=folder, remedy="move it away, or name this one anew")
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes of this machine from running the same sweep meanwhile; a dead process keeps no lock.

    Raises:
        InputError: one does.
    """
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError("this sweep is running already", file=folder, remedy="wait for it, or end it") from None
        yield


def outstanding(sweep: Sweep, folder: Path) -> list[tuple[int, tuple[int, ...]]]:
    """Number and rows of every chunk with rows that are missing or failed; only those rows."""
    known = _parts(folder, ["row", "status"])
    done = set(known["row"].filter(pc.equal(known["status"], DONE)).to_pylist()) if known else set()
    left = [(chunk.number, tuple(row for row in chunk.rows if row not in done)) for chunk in sweep.chunks]
    return [(number, rows) for number, rows in left if rows]


def write_part(sweep: Sweep, folder: Path, chunk: int, outcomes: Sequence[Outcome], results: Sequence[str]) -> Path:
    """Write what came out of a chunk: whole or not at all; named so that later parts come after it."""
    attempt = len(list((folder / PARTS).glob(f"{chunk:06d}-*.parquet")))
    file = folder / PARTS / f"{chunk:06d}-{attempt:04d}.parquet"
    rows = [_recorded(sweep, outcome) for outcome in outcomes]
    table = _table(sweep, rows, results)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(file)
    return file


def merge(sweep: Sweep, folder: Path, wall: float | None = None) -> dict[str, Any]:
    """Write sweep.parquet and sweep.json from all parts; returns the latter. ``wall`` [s] adds to earlier sessions'."""
    known = _parts(folder)
    before = json.loads((folder / RECORD).read_text()) if (folder / RECORD).is_file() else {}
    names = [f.name for f in known.schema if f.metadata[b"role"] == b"result"] if known else []
    latest = known.take(_latest(known)) if known else None
    there = set(latest["row"].to_pylist()) if latest else set()
    missing = [_recorded(sweep, Outcome(row, MISSING)) for row in range(len(sweep.rows)) if row not in there]
    tables = [t for t in (latest, _table(sweep, missing, names) if missing else None) if t is not None]
    table = _with_folders(pa.concat_tables(tables, promote_options="default").sort_by("row"), folder)
    temporary = folder / f".{TABLE}.partial"
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(folder / TABLE)
    count = {status: pc.sum(pc.equal(table["status"], status)).as_py() for status in (DONE, FAILED, MISSING)}
    record = {
        "status": DONE if count[DONE] == table.num_rows else "partial",
        "sweep": sweep.settings.name,
        "scenario": sweep.config["scenario"]["name"],
        "n_rows": table.num_rows,
        **{f"n_{status}": n for status, n in count.items()},
        "parameters": list(sweep.keys),
        "results": names,
        "notes": list(sweep.notes),
        "version": twin.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **({} if wall is None else {"wall_s": round(before.get("wall_s", 0.0) + wall, 3)}),
    }
    _write(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return record


def run_folder(row: int) -> str:
    """Where the run of a row lies in the sweep's folder, if it has one."""
    return f"{RUNS}/{row:06d}"


def _with_folders(table: pa.Table, folder: Path) -> pa.Table:
    """``table`` that names the run folder of every row that has one."""
    there = {str(f.parent.relative_to(folder)) for f in (folder / RUNS).glob(f"*/{runs.RECORD}")}
    places = (run_folder(row) for row in table["row"].to_pylist())
    column = table.column_names.index("run_folder")
    names = pa.array([place if place in there else "" for place in places], pa.string())
    return table.set_column(column, table.schema.field(column), names)


def find_sweep(name: str, outputs: Path) -> Path:
    """The folder that ``name`` means: a path, a folder of ``outputs``, the name of a sweep (its latest), ``latest``.

    Raises:
        InputError: there is none.
    """
    for folder in (Path(name), outputs / name, outputs / SWEEPS / name):
        if (folder / TABLE).is_file():
            return folder
    found = sorted((outputs / SWEEPS).glob(f"*/{TABLE}"), key=lambda file: file.stat().st_mtime)
    mine = [f.parent for f in found if name in ("latest", f.parent.name.rpartition("-")[0])]
    if mine:
        return mine[-1]
    hint = nearest(name, {f.parent.name.rpartition("-")[0] for f in found})
    raise InputError(f"no sweep '{name}'", file=outputs / SWEEPS, remedy=f"{hint}`twin sweep sweep=example` makes one")


def read_table(folder: Path) -> pa.Table:
    """The table of a sweep; the metadata of a field says its role (record, parameter, result) and its units."""
    return pq.read_table(folder / TABLE)


def _asked(sweep: Sweep) -> dict[str, Any]:
    return {
        "digest": sweep.digest,
        "version": twin.__version__,
        "overrides": list(sweep.overrides),
        "conf": None if sweep.conf is None else str(sweep.conf.resolve()),
        "n_rows": len(sweep.rows),
        "sweep": {"name": sweep.settings.name, "evaluate": sweep.settings.evaluate, "design": sweep.settings.design},
        "config": sweep.config,
    }


def _recorded(sweep: Sweep, outcome: Outcome) -> dict[str, Any]:
    """One row of the table."""
    return {
        "row": outcome.row,
        "key": sweep.row_key(outcome.row),
        "status": outcome.status,
        "error": outcome.error,
        "warning": outcome.warning,
        "evaluated_by": outcome.evaluated_by,
        "run_folder": "",
        **sweep.base,
        **sweep.rows[outcome.row],
        **(outcome.results or {}),
    }


def _parts(folder: Path, columns: list[str] | None = None) -> pa.Table | None:
    """All parts, one after the other; None where there is none."""
    tables = [pq.read_table(file, columns=columns) for file in sorted((folder / PARTS).glob("*.parquet"))]
    return pa.concat_tables(tables, promote_options="default") if tables else None


def _latest(parts: pa.Table) -> np.ndarray:
    """Places of what counts of each row: the last that is done, or else the last."""
    row, done = parts["row"].to_numpy(), pc.equal(parts["status"], DONE).to_numpy()
    order = np.lexsort((np.arange(len(row)), done, row))
    return order[np.append(row[order][1:] != row[order][:-1], True)]


def _table(sweep: Sweep, rows: Sequence[dict[str, Any]], results: Sequence[str]) -> pa.Table:
    blocks = (BLOCK,) if any(BLOCK in row for row in sweep.rows) else ()
    columns, fields = [], []
    for name, role in (
        *((name, "record") for name in (*RECORDED, *blocks)),
        *((name, "parameter") for name in sweep.keys),
        *((name, "result") for name in results),
    ):
        number = role == "result" or name in sweep.base
        kind = pa.int64() if name == "row" else pa.float64() if number else pa.string()
        values = [row.get(name) for row in rows]
        if not number and name != "row":
            values = [None if value is None else str(value) for value in values]
        columns.append(pa.array(values, kind))
        fields.append(pa.field(name, kind, metadata={"role": role, "units": _unit(name) if number else ""}))
    return pa.table(columns, schema=pa.schema(fields))


def _unit(name: str) -> str:
    """The suffix that ends ``name``."""
    words = name.rpartition(".")[2].partition("[")[0].split("_")
    known = ("_".join(words[i:]) for i in range(1, len(words)))
    return next((suffix for suffix in known if suffix in SUFFIX or suffix == "kj"), "")


def _write(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(file)
