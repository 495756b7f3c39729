"""Sensitivity of one result of a table of rows to its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InputError
from twin.sweep.columns import column, numbers
from twin.sweep.sensitivity import Indices, given_data_indices, saltelli_indices, swings

BLOCK = "block"  # column of a Saltelli design: A, B, AB_0 ... AB_(parameter - 1)
DEFAULT_RESULT = "deviation_95pct_um"


@dataclass(frozen=True)
class Importance:
    """What moves one result, and by how much."""

    result: str  # column, in the unit that its name ends in
    indices: Indices
    middle: float  # mean of the result
    swing: np.ndarray  # (parameter, 2) mean result over the lowest and the highest tenth of each parameter


def columns_of_role(table: pa.Table, role: str) -> list[str]:
    """Names of the columns of numbers that a sweep has marked as ``parameter`` or ``result`` and that vary."""
    names = [field.name for field in table.schema if (field.metadata or {}).get(b"role") == role.encode()]
    return [name for name in names if _varies(table, name)]


def importance(table: pa.Table, result: str, parameters: Sequence[str] = ()) -> Importance:
    """Indices and swings of the column ``result``.

    Args:
        table: of a sweep; Sobol indices with totals where its design is Saltelli's, else first-order ones.
        result: a column of numbers.
        parameters: columns of numbers; default: what the sweep varied.

    Raises:
        InputError: no such column, no parameter that varies, too few rows.
    """
    names = list(parameters) or columns_of_role(table, "parameter")
    if not names:
        raise InputError("the table does not say what was varied", remedy="name columns with --parameters")
    values = np.stack([numbers(table, name) for name in names], axis=1)
    found = numbers(table, result)
    base = np.ones(len(found), bool)
    if BLOCK in table.column_names and not parameters:
        blocks = _blocks(table, found, names)
        indices = saltelli_indices(
            names, blocks["A"], blocks["B"], np.stack([blocks[f"AB_{i}"] for i in range(len(names))])
        )
        base = pc.is_in(table[BLOCK], pa.array(["A", "B"])).to_numpy()
    else:
        indices = given_data_indices(names, values, found)
    return Importance(result, indices, float(np.nanmean(found[base])), swings(values[base], found[base]))


def _varies(table: pa.Table, name: str) -> bool:
    values = column(table, name)
    kind = values.type
    known = pc.drop_null(values)
    return (
        (pa.types.is_floating(kind) or pa.types.is_integer(kind)) and len(known) > 1 and pc.min(known) != pc.max(known)
    )


def _blocks(table: pa.Table, found: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Result by block, each in the order of the design."""
    block = np.array(table[BLOCK].to_pylist())
    expected = ["A", "B", *(f"AB_{i}" for i in range(len(names)))]
    by_name = {name: found[block == name] for name in expected}
    lengths = {len(values) for values in by_name.values()}
    if len(lengths) != 1:
        raise InputError("the blocks of the Saltelli design are not complete", remedy="resume the sweep first")
    return by_name
