"""Equidistant signals as Parquet: one column a channel, the unit in its name and metadata."""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_S = 5.0  # one group a slice of 5 s: a slice reads one group


def write_signals(file: Path, blocks: Iterable[Mapping[str, np.ndarray]], period: float) -> int:
    """Stream ``blocks`` (channel -> samples, equal keys and lengths) to ``file``; return the number of rows.

    Args:
        file: written under a temporary name and renamed when whole.
        blocks: consecutive pieces of the signals, in time order.
        period: sampling period [s].
    """
    temporary = file.with_name(f".{file.name}.partial")
    rows = 0
    with contextlib.ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for block in blocks:
            table = pa.table({name: pa.array(values) for name, values in block.items()})
            if writer is None:
                metadata = {"period_s": repr(period), "rate_hz": repr(1.0 / period)}
                floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
                writer = stack.enter_context(
                    pq.ParquetWriter(
                        temporary,
                        table.schema.with_metadata(metadata),
                        compression="zstd",
                        use_dictionary=False,
                        use_byte_stream_split=floats,
                    )
                )
            writer.write_table(table, row_group_size=max(1, int(ROW_GROUP_S / period)))
            rows += table.num_rows
    if rows:
        temporary.replace(file)
    return rows
