"""MDF4 (ASAM), the recordings of vehicle and test bench data, by asammdf."""

from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.formats.sampled import SampledFile, Signal

MASTERS = {2, 3}  # types of a channel that holds the times of its group
STRINGS = {6, 7, 8, 9, 10, 11, 12, 13, 14, 17}  # data types that are no numbers


def read_mdf4(path: str | Path) -> SampledFile:
    """Open a recording; samples are read when they are asked for. Channels of text are left out.

    Raises:
        InputError: asammdf is not installed, the file cannot be read or holds no numbers.
    """
    try:
        from asammdf import MDF
    except ImportError:
        raise InputError("MDF4 needs asammdf", file=path, remedy='pip install "machining-twin[mdf4]"') from None
    if not Path(path).is_file():
        raise InputError("there is no such recording", file=path)
    try:
        content: Any = MDF(str(path))
    except Exception as error:  # of many kinds, where a file is no MDF or is broken
        raise InputError(f"cannot read the recording: {error}", file=path) from None
    found = []
    for number, group in enumerate(content.groups):
        count = int(group.channel_group.cycles_nr)
        if count and number in content.masters_db:
            found += [(number, k, c, count) for k, c in enumerate(group.channels) if _is_number(c)]
    if not found:
        content.close()
        raise InputError("the recording holds no numbers with times", file=path)
    names = [channel.name for _, _, channel, _ in found]
    signals = tuple(
        Signal(
            channel.name if names.count(channel.name) == 1 else f"group {group} {channel.name}",
            str(channel.unit or _conversion_unit(channel)),
            count,
            _times(content, group),
            _values(content, group, index),
        )
        for group, index, channel, count in found
    )
    start = content.header.start_time
    return SampledFile(str(path), start.timestamp() if start.tzinfo else None, signals, content.close)


def _is_number(channel: Any) -> bool:
    return channel.channel_type not in MASTERS and channel.data_type not in STRINGS


def _conversion_unit(channel: Any) -> str:
    return str(getattr(channel.conversion, "unit", "") or "")


def _times(content: Any, group: int) -> Any:
    return lambda first, count: np.asarray(content.get_master(group, record_offset=first, record_count=count), float)


def _values(content: Any, group: int, index: int) -> Any:
    def read(first: int, count: int) -> np.ndarray:
        part = content.get(
            group=group, index=index, record_offset=first, record_count=count, ignore_invalidation_bits=True
        )
        values = np.asarray(part.samples, float)
        invalid = part.invalidation_bits
        return values if invalid is None else np.where(np.asarray(invalid, bool), np.nan, values)

    return read
