"""What a source of measurements yields: named channels with units, in blocks of samples with a time and a quality."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

import numpy as np

from twin.errors import InputError


class Quality(IntEnum):
    """How far a sample can be trusted."""

    GOOD = 0
    UNCERTAIN = 1  # the source says so: a sensor out of calibration, a value held over
    BAD = 2  # not a measurement: a gap that was filled, a sensor that does not answer


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One signal, and the sensor that it comes from."""

    name: str
    """Unit suffix included: ``x_actual_mm``, ``spindle_temperature_degc``."""
    unit: str
    """For people: mm, °C, 1."""
    sensor: str = ""
    """What measures it; empty: unknown."""
    serial_number: str = ""
    """Of the sensor."""
    calibrated_on: str = ""
    """Date of its last calibration, ISO 8601; empty: never, or unknown."""
    uncertainty: float | None = None
    """Standard uncertainty in ``unit``; None: unknown."""
    late_s: float | None = None
    """By how much it is recorded later than the rest of its sample: a controller that reads a cycle late; None: not."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What the times of a source mean."""

    name: str
    """Whose clock: 'controller', 'agent', 'this computer'."""
    origin: Literal["utc", "start"]
    """Seconds since 1970 in UTC, or since the source began."""
    period_s: float | None
    """Between samples; None: events at irregular times."""


@dataclass(frozen=True)
class Block:
    """Consecutive samples of all channels of a source."""

    first: int
    """Number of its first sample since the source began: a jump from block to block is a gap."""
    time: np.ndarray
    """(sample,) [s] by the source's clock."""
    values: Mapping[str, np.ndarray] = field(repr=False)
    """Channel name -> (sample,) in the channel's unit."""
    quality: np.ndarray = field(repr=False)
    """(sample,) uint8, of :class:`Quality`."""

    def __len__(self) -> int:
        return len(self.time)


def check_block(block: Block, channels: tuple[Channel, ...]) -> None:
    """Raise unless ``block`` has exactly the samples of ``channels``.

    Raises:
        InputError: a channel is missing or unknown, or has another number of samples; a time is not finite.
    """
    known = {channel.name for channel in channels}
    if missing := known - set(block.values):
        raise InputError(f"block {block.first} lacks channel {min(missing)!r}", remedy="a block carries every channel")
    if unknown := set(block.values) - known:
        raise InputError(f"block {block.first} has channel {min(unknown)!r} that the source does not declare")
    for name, values in (*block.values.items(), ("quality", block.quality)):
        if len(values) != len(block.time):
            raise InputError(f"block {block.first}: {len(values)} samples of {name!r} for {len(block.time)} times")
    if not np.isfinite(block.time).all():
        raise InputError(f"block {block.first} has a time that is not a number")
