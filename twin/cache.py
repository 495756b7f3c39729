"""Removed material kept on disk by content: the same program, tools, stock and settings never cut twice."""

import dataclasses
import hashlib
import json
import os
import threading
import typing
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
LIMIT = 4 << 30  # [bytes] oldest entries go first
# one reader at a time: a header of NumPy's is parsed as Python, whose parser up to 3.11.7 fails in two threads at once
_READING = threading.Lock()


def content_key(*parts: Any) -> str:
    """Hash of arrays, dataclasses, mappings, strings and numbers."""
    digest = hashlib.sha256()

    def feed(part: Any) -> None:
        if dataclasses.is_dataclass(part) and not isinstance(part, type):
            feed({f.name: getattr(part, f.name) for f in dataclasses.fields(part)})
        elif isinstance(part, dict):
            for key in sorted(part, key=str):
                digest.update(str(key).encode())
                feed(part[key])
        elif isinstance(part, (tuple, list)):
            digest.update(f"[{len(part)}".encode())
            for item in part:
                feed(item)
        elif isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).view(np.uint8).data)
        else:
            digest.update(repr(part).encode())

    feed(parts)
    return digest.hexdigest()[:32]


def source_key(*folders: Path) -> str:
    """Hash of the code in ``folders``: a changed kernel makes its cached results unreachable."""
    return content_key([file.read_text("utf-8") for folder in folders for file in sorted(folder.glob("*.py"))])


def cached(folder: Path, key: str, schema: type[T], make: Callable[[], T]) -> tuple[T, bool]:
    """Return (value, whether it came from disk) of a dataclass of arrays.

    Args:
        folder: where entries live; created.
        key: content key of everything the value depends on.
        schema: the dataclass; fields are arrays, scalars, tuples of plain data, or such dataclasses.
        make: computes the value when it is not there. A damaged entry is made again.
    """
    file = folder / f"{key}.npz"
    if file.is_file():
        try:
            with _READING, np.load(file) as stored:
                value = _unpack(schema, dict(stored), "")
            os.utime(file)
            return value, True
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            file.unlink(missing_ok=True)
    value = make()
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{key}.{os.getpid()}.npz"
    np.savez(temporary, **_pack(value, ""))  # type: ignore[arg-type]
    temporary.replace(file)
    _prune(folder)
    return value, False


def _pack(value: Any, prefix: str) -> dict[str, np.ndarray]:
    packed: dict[str, np.ndarray] = {}
    for field in dataclasses.fields(value):
        item, name = getattr(value, field.name), prefix + field.name
        if isinstance(item, np.ndarray):
            packed[name] = item
        elif dataclasses.is_dataclass(item):
            packed |= _pack(item, name + ".")
        else:
            packed[name + "!"] = np.array(json.dumps(item, default=dataclasses.asdict))
    return packed


def _unpack(schema: type[T], stored: dict[str, np.ndarray], prefix: str) -> T:
    hints = typing.get_type_hints(schema)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(schema):  # type: ignore[arg-type]
        name, hint = prefix + field.name, hints[field.name]
        if name in stored:
            values[field.name] = stored[name]
        elif dataclasses.is_dataclass(hint):
            values[field.name] = _unpack(typing.cast(type, hint), stored, name + ".")
        else:
            plain = json.loads(str(stored[name + "!"]))
            if isinstance(plain, list):
                inner = typing.get_args(hint)[0]
                rows = dataclasses.is_dataclass(inner)
                plain = tuple(inner(**_tuples(i)) if rows else i for i in plain)
            values[field.name] = plain
    return schema(**values)


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples: give the lists of a row back their type."""
    return {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}


def _prune(folder: Path) -> None:
    """Remove the oldest entries beyond the size limit."""
    files = sorted(folder.glob("*.npz"), key=lambda f: f.stat().st_mtime, reverse=True)
    total = 0
    for file in files:
        total += file.stat().st_size
        if total > LIMIT:
            file.unlink(missing_ok=True)
