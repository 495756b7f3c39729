"""What MQTT messages to the twin look like: numbers in JSON, and blocks of samples in binary.

JSON: an object such as ``{"time_s": 1764.25, "n": 17, "x": 0.012, "spindle": {"load": 31.5}}``, or a bare number. Time
in seconds since 1970 UTC and a running number may be there; a key inside another is written ``spindle.load``.

Binary, little-endian: ``TWB1``, channels (uint32), number of the first sample (uint64), UTC of the last sample in
seconds since 1970 (float64), period in seconds (float64), then float64, sample by sample, in each the channels in
order. Names and units are retained under the topic and ``/columns``: ``[{"name": "force_x_n", "unit": "N"}, ...]``.
"""

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

MAGIC = b"TWB1"
_HEADER = struct.Struct("<4sIQdd")


@dataclass(frozen=True)
class BinaryBlock:
    """Consecutive samples."""

    first: int
    time: float
    """[s] UTC since 1970, of the last sample."""
    period: float
    """[s]"""
    values: np.ndarray
    """(sample, channel)"""


def pack_block(block: BinaryBlock) -> bytes:
    """The message that carries ``block``."""
    values = np.ascontiguousarray(block.values, dtype="<f8")
    return _HEADER.pack(MAGIC, values.shape[1], block.first, block.time, block.period) + values.tobytes()


def unpack_block(payload: bytes) -> BinaryBlock:
    """The block in ``payload``.

    Raises:
        ValueError: it is none.
    """
    if len(payload) < _HEADER.size or payload[:4] != MAGIC:
        raise ValueError("it does not begin with TWB1 and a header")
    _, channels, first, time, period = _HEADER.unpack_from(payload)
    body = len(payload) - _HEADER.size
    if channels == 0 or body == 0 or body % (8 * channels):
        raise ValueError(f"{body} bytes are no whole samples of {channels} channels")
    if not (math.isfinite(time) and period > 0):
        raise ValueError(f"time {time:g} s, period {period:g} s")
    values = np.frombuffer(payload, "<f8", offset=_HEADER.size).reshape(-1, channels)
    return BinaryBlock(first, time, period, values)


def numbers_in(payload: bytes) -> dict[str, float]:
    """Numbers of a JSON message by key, those inside others by ``outer.inner``; of a bare number the key is empty.

    null and text are NaN.

    Raises:
        ValueError: it is no JSON object and no number.
    """
    found: dict[str, float] = {}
    content = json.loads(payload)
    if isinstance(content, (int, float)):
        return {"": float(content)}
    if not isinstance(content, dict):
        raise ValueError("it is neither an object nor a number")
    _collect(content, "", found)
    return found


def _collect(content: dict[str, Any], above: str, found: dict[str, float]) -> None:
    for key, value in content.items():
        if type(value) is float:
            found[above + key] = value
        elif isinstance(value, dict):
            _collect(value, f"{above}{key}.", found)
        else:
            found[above + key] = float(value) if isinstance(value, int) else math.nan
