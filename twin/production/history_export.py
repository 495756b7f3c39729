"""A history as tables: Parquet by month, or CSV; every row with its number and hash, so that it can be checked."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from twin.errors import InputError
from twin.production.history import History
from twin.production.history_event import StoredEvent, utc_text

COLUMNS = {
    "seq": pa.int64(),
    "time_utc": pa.timestamp("us", "UTC"),
    "recorded_utc": pa.timestamp("us", "UTC"),
    "source": pa.string(),
    "machine": pa.string(),
    "kind": pa.string(),
    "part": pa.string(),
    "serial": pa.string(),
    "item": pa.string(),
    "value": pa.float64(),
    "text": pa.string(),
    "body_json": pa.string(),
    "sha256": pa.string(),
}
AT_ONCE = 50_000  # rows
Row = dict[str, Any]


def export(history: History, folder: Path, form: Literal["parquet", "csv"]) -> list[Path]:
    """Write ``events-YYYY-MM`` by the month of recording, and ``characteristics``; return the files.

    Args:
        folder: is made; files of these names are replaced.

    Raises:
        InputError: the folder cannot be written.
    """
    sources = history.sources()
    with ExitStack() as stack:
        tables: dict[str, _Parquet | _Csv] = {}

        def table(name: str, columns: dict[str, pa.DataType]) -> Callable[[Row], None]:
            if name not in tables:
                file = folder / f"{name}.{form}"
                made: _Parquet | _Csv = _Parquet(file, columns) if form == "parquet" else _Csv(file, columns)
                made.__enter__()
                stack.push(made.__exit__)
                tables[name] = made
            return tables[name].add

        try:
            folder.mkdir(parents=True, exist_ok=True)
            for event in history.events():
                table(f"events-{utc_text(event.recorded_us)[:7]}", COLUMNS)(_event(event, sources))
                for row in _characteristics(event):
                    table("characteristics", CHARACTERISTIC)(row)
        except OSError as error:
            raise InputError(f"cannot export: {error.strerror}", file=folder, remedy="name a writable folder") from None
        return [one.file for one in tables.values()]


def _event(event: StoredEvent, sources: dict[int, tuple[str, str | None]]) -> Row:
    source, machine = sources[event.source]
    value = event.body.get("value")
    number = isinstance(value, (int, float))
    return {
        "seq": event.seq,
        "time_utc": event.time_us,
        "recorded_utc": event.recorded_us,
        "source": source,
        "machine": machine or event.body.get("machine"),
        "kind": event.kind,
        "part": event.part,
        "serial": event.serial,
        "item": event.body.get("item"),
        "value": float(value) if number else None,  # type: ignore[arg-type]
        "text": None if number or value is None else str(value),
        "body_json": json.dumps(event.body, ensure_ascii=False),
        "sha256": event.hash.hex(),
    }


CHARACTERISTIC = {
    "seq": pa.int64(),
    "part": pa.string(),
    "serial": pa.string(),
    "by": pa.string(),
    "name": pa.string(),
    "feature": pa.string(),
    "characteristic": pa.string(),
    "unit": pa.string(),
    "nominal": pa.float64(),
    "value": pa.float64(),
    "standard_uncertainty": pa.float64(),
    "predicted": pa.float64(),
    "lower": pa.float64(),
    "upper": pa.float64(),
    "status": pa.string(),
}


def _characteristics(event: StoredEvent) -> Iterator[Row]:
    """Rows of a prediction or an inspection."""
    by = event.body.get("laboratory", "twin")
    for row in event.body.get("characteristics", ()) if event.kind in ("prediction", "inspection") else ():
        found = {key: row.get(key) for key in CHARACTERISTIC}
        found |= {"seq": event.seq, "part": event.part, "serial": event.serial, "by": by}
        found["feature"] = row.get("feature") or ", ".join(row.get("features", ()))
        if event.kind == "prediction":
            found["predicted"] = row["value"]
        yield found


class _Parquet:
    """Rows into a Parquet file, so many at once."""

    def __init__(self, file: Path, columns: dict[str, pa.DataType]):
        self.file, self._rows = file, list[Row]()
        self._schema = pa.schema(list(columns.items()))

    def __enter__(self) -> "_Parquet":
        self._writer = pq.ParquetWriter(self.file, self._schema, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()


class _Csv:
    """Rows into a CSV file."""

    def __init__(self, file: Path, columns: dict[str, pa.DataType]):
        self.file, self._columns = file, columns

    def __enter__(self) -> "_Csv":
        self._stream = self.file.open("w", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._stream, list(self._columns))
        self._writer.writeheader()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def add(self, row: Row) -> None:
        times = {key: utc_text(row[key]) for key in ("time_utc", "recorded_utc") if key in row}
        self._writer.writerow(row | times)
