"""TDMS, the recordings of LabVIEW (National Instruments), by npTDMS.

The times of a channel are those of its waveform properties (``wf_increment``, ``wf_start_offset``, ``wf_start_time``),
or of a channel ``time`` in seconds in its group.
"""

from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.formats.sampled import SampledFile, Signal, regular

UNIT = "unit_string"
_INCREMENT, _OFFSET, _START = "wf_increment", "wf_start_offset", "wf_start_time"


def read_tdms(path: str | Path) -> SampledFile:
    """Open a recording; samples are read when they are asked for. Channels of text are left out.

    Raises:
        InputError: npTDMS is not installed, the file cannot be read, holds no numbers, or does not say its times.
    """
    try:
        from nptdms import TdmsFile
    except ImportError:
        raise InputError("TDMS needs nptdms", file=path, remedy='pip install "machining-twin[tdms]"') from None
    try:
        content = TdmsFile.open(str(path))
    except Exception as error:  # of many kinds, where a file is no TDMS or is broken
        raise InputError(f"cannot read the recording: {error}", file=path) from None
    channels = [c for group in content.groups() for c in group.channels() if _is_number(c) and len(c)]
    clocks = {c.group_name: c for c in channels if c.name.lower() == "time"}
    measured = [c for c in channels if clocks.get(c.group_name) is not c]
    if not measured:
        content.close()
        raise InputError("the recording holds no numbers", file=path)
    starts = {_utc(c.properties.get(_START)) for c in measured} - {None}
    start = min(starts) if starts else None  # type: ignore[type-var]
    names = [c.name for c in measured]
    signals = []
    for channel in measured:
        alone = names.count(channel.name) == 1
        signals.append(
            Signal(
                channel.name if alone else f"{channel.group_name} {channel.name}",
                str(channel.properties.get(UNIT, "")),
                len(channel),
                _times(channel, clocks.get(channel.group_name), start, path),
                _values(channel),
            )
        )
    return SampledFile(str(path), start, tuple(signals), content.close)


def _is_number(channel: Any) -> bool:
    return channel.dtype is not None and np.issubdtype(channel.dtype, np.number)


def _utc(stamp: Any) -> float | None:
    return None if stamp is None else float(np.datetime64(stamp, "ns").astype(np.int64)) * 1e-9


def _times(channel: Any, clock: Any, start: float | None, path: object) -> Any:
    if _INCREMENT in channel.properties:
        began = _utc(channel.properties.get(_START))
        offset = float(channel.properties.get(_OFFSET, 0.0)) + (began - start if began and start else 0.0)
        return regular(offset, float(channel.properties[_INCREMENT]))
    if clock is not None and len(clock) == len(channel):
        return _values(clock)
    raise InputError(
        f"nothing says the times of {channel.name}", file=path, remedy=f"{_INCREMENT}, or a channel time in its group"
    )


def _values(channel: Any) -> Any:
    return lambda first, count: np.asarray(channel.read_data(first, max(min(count, len(channel) - first), 0)), float)
