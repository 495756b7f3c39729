"""Designs of experiments: from a few lines of configuration to one row a scenario.

A design names parameters by their configuration keys. ``grid`` takes every combination of the values, ``zip`` the
first of each, then the second; ``list`` reads rows from a CSV file whose header holds the keys; ``latin_hypercube``,
``sobol`` and ``saltelli`` fill the ranges ``[low, high]`` (and choose evenly among texts); ``union`` puts designs one
after the other, and leaves out what was there before.
"""

import csv
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from twin.errors import InputError

Row = dict[str, Any]  # key -> value
SAMPLED = ("latin_hypercube", "sobol", "saltelli")
KINDS = ("grid", "zip", "list", *SAMPLED, "union")
FIELDS = {
    "grid": {"parameters"},
    "zip": {"parameters"},
    "list": {"file"},
    "latin_hypercube": {"parameters", "n_rows", "seed"},
    "sobol": {"parameters", "n_rows", "seed"},
    "saltelli": {"parameters", "n_rows", "seed"},
    "union": {"designs"},
}
BLOCK = "block"  # of a Saltelli design: A, B, AB_0, AB_1 ...


def rows_of(design: Any, where: str = "sweep.design") -> list[Row]:
    """The scenarios of ``design``, each a mapping from keys to values.

    Args:
        design: as in conf/sweep.
        where: its key, for messages.

    Raises:
        InputError: anything in it that cannot be.
    """
    if not isinstance(design, Mapping) or design.get("kind") not in KINDS:
        raise InputError(f"{where} names no kind of design", remedy="kind: one of " + ", ".join(KINDS))
    kind = design["kind"]
    unknown, missing = design.keys() - FIELDS[kind] - {"kind"}, FIELDS[kind] - design.keys() - {"seed"}
    if unknown or missing:
        what = f"knows no {min(unknown)}" if unknown else f"lacks {min(missing)}"
        raise InputError(f"{where}, a {kind}, {what}", remedy="it takes " + ", ".join(sorted(FIELDS[kind])))
    if kind == "union":
        return _union([rows_of(part, f"{where}.designs[{i}]") for i, part in enumerate(design["designs"])], where)
    if kind == "list":
        return _from_csv(Path(design["file"]), where)
    parameters = design["parameters"]
    if not isinstance(parameters, Mapping) or not parameters:
        raise InputError(f"{where}.parameters is empty", remedy="name what varies: process.feed_pct: [80, 120]")
    if kind in SAMPLED:
        return _sampled(kind, parameters, design["n_rows"], design.get("seed", 0), where)
    values = {key: _values(entry, f"{where}.parameters: {key}") for key, entry in parameters.items()}
    if kind == "grid":
        return [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]
    lengths = {len(column) for column in values.values()}
    if len(lengths) > 1:
        sizes = ", ".join(f"{key}: {len(column)}" for key, column in values.items())
        raise InputError(f"{where}, a zip, has columns of unlike length ({sizes})", remedy="give as many of each")
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _values(entry: Any, where: str) -> list[Any]:
    """A list as it stands, or ``{low, high, n_values}`` evenly spread."""
    if isinstance(entry, Mapping) and entry.keys() == {"low", "high", "n_values"}:
        return [float(v) for v in np.linspace(entry["low"], entry["high"], int(entry["n_values"]))]
    if not isinstance(entry, list) or not entry:
        raise InputError(
            f"{where} is {entry!r}", remedy="a list of values, or low, high and n_values (numbers evenly spread)"
        )
    return list(entry)


def _sampled(kind: str, parameters: Mapping[str, Any], n_rows: Any, seed: Any, where: str) -> list[Row]:
    """Points of the unit cube, stretched to the ranges."""
    if type(n_rows) is not int or n_rows < 1:
        raise InputError(f"{where}.n_rows is {n_rows!r}", remedy="a number of scenarios")
    n = len(parameters)
    blocks: list[str] = []
    if kind == "latin_hypercube":
        unit = qmc.LatinHypercube(n, rng=seed).random(n_rows)
    elif kind == "sobol":
        unit = _sobol(n, n_rows, seed)
    else:
        unit, blocks = _saltelli(n, n_rows, seed, where)
    columns = [_stretched(unit[:, i], entry, f"{where}: {key}") for i, (key, entry) in enumerate(parameters.items())]
    rows = [dict(zip(parameters, row, strict=True)) for row in zip(*columns, strict=True)]
    return [{**row, BLOCK: block} for row, block in zip(rows, blocks, strict=True)] if blocks else rows


def _sobol(n: int, n_rows: int, seed: int) -> np.ndarray:
    """The first rows of a scrambled Sobol sequence, which is balanced at powers of two."""
    return qmc.Sobol(n, rng=seed).random_base2(max(0, (n_rows - 1).bit_length()))[:n_rows]


def _saltelli(n: int, n_rows: int, seed: int, where: str) -> tuple[np.ndarray, list[str]]:
    """Blocks A, B, then A with one column after the other from B (Saltelli 2010), of ``n_rows`` rows each."""
    if n_rows & (n_rows - 1):
        raise InputError(f"{where}.n_rows is {n_rows}", remedy="a power of two: rows of each of its blocks")
    both = _sobol(2 * n, n_rows, seed)
    a, b = both[:, :n], both[:, n:]
    mixed = []
    for column in range(n):
        block = a.copy()
        block[:, column] = b[:, column]
        mixed.append(block)
    names = ["A", "B", *(f"AB_{column}" for column in range(n))]
    return np.concatenate([a, b, *mixed]), [name for name in names for _ in range(n_rows)]


def _stretched(unit: np.ndarray, entry: Any, where: str) -> list[Any]:
    """``unit`` (row,) in 0..1 over the range ``[low, high]``, or among texts."""
    if isinstance(entry, list) and len(entry) > 0 and all(isinstance(e, str) for e in entry):
        return [entry[min(int(u * len(entry)), len(entry) - 1)] for u in unit]
    numbers = isinstance(entry, list) and len(entry) == 2 and all(isinstance(e, (int, float)) for e in entry)
    if not numbers or not entry[0] < entry[1]:
        raise InputError(f"{where} is {entry!r}, not a range", remedy="[low, high]")
    return [float(v) for v in entry[0] + unit * (entry[1] - entry[0])]


def _from_csv(file: Path, where: str) -> list[Row]:
    """One row a line; the header holds the keys, an empty cell leaves the value as it is."""
    if not file.is_file():
        raise InputError(f"{where}: there is no such file", file=file, remedy="file: a CSV with the keys in its header")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        header = [name.strip() for name in next(reader, [])]
        if not header or len(set(header)) < len(header):
            raise InputError("the header is empty or names a key twice", file=file, line=1)
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                what = f"{len(cells)} cells under {len(header)} keys"
                raise InputError(what, file=file, line=reader.line_num, remedy="one cell a key")
            row = {key: _cell(cell.strip()) for key, cell in zip(header, cells, strict=True) if cell.strip()}
            rows.append(row)
    if not rows:
        raise InputError("the file holds no scenarios", file=file)
    return rows


def _cell(text: str) -> Any:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text


def _union(parts: list[list[Row]], where: str) -> list[Row]:
    if not parts:
        raise InputError(f"{where}.designs is empty", remedy="list designs, each with its kind")
    found: dict[tuple, Row] = {}
    for row in itertools.chain(*parts):
        found.setdefault(tuple(sorted((key, repr(value)) for key, value in row.items())), row)
    return list(found.values())
