"""A recording of a machine that ran a program, read whole: what a calibration looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hardware.channel import Channel, Quality
from hardware.recording import open_recording
from twin.errors import InputError
from twin.units import MM

TRUTH = "truth_"  # channels of a simulated machine that no calibration may look at
MEDIAN_OF_NORMAL = 0.6745  # median magnitude of a normal, in standard deviations
NO_JUMP = 5.0  # standard deviations
MOST_SAMPLES = 30_000_000  # 8 h at 1 kHz
NEEDED = (*(f"{a}_commanded_mm" for a in "xyz"), *(f"{a}_actual_mm" for a in "xyz"), "line", "spindle_speed_rpm")


@dataclass(frozen=True)
class Recorded:
    """Channels at equal steps; a sample that was lost is a gap (NaN)."""

    time: np.ndarray  # (sample,) [s] since its first
    period: float  # [s]
    channels: Mapping[str, Channel]
    values: Mapping[str, np.ndarray]  # name -> (sample,)
    good: np.ndarray  # (sample,) bool
    lag: int = 0  # cycles by which the readings of the scales are recorded late

    @property
    def commanded(self) -> np.ndarray:
        """(sample, 3) [m] tool tip."""
        return np.stack([self.values[f"{a}_commanded_mm"] for a in "xyz"], axis=1) * MM

    @property
    def actual(self) -> np.ndarray:
        """(sample, 3) [m]"""
        return np.stack([self.values[f"{a}_actual_mm"] for a in "xyz"], axis=1) * MM

    @property
    def line(self) -> np.ndarray:
        """(sample,) NC line."""
        return np.nan_to_num(self.values["line"]).astype(np.int64)

    def channel(self, name: str, default: float = np.nan) -> np.ndarray:
        """(sample,) in the channel's unit; ``default`` throughout where it was not recorded."""
        return self.values[name] if name in self.values else np.full(len(self.time), default)

    def input(self, name: str, default: float = np.nan) -> np.ndarray:
        """As :meth:`channel`, gaps filled in a straight line."""
        values = self.channel(name, default)
        gaps = ~np.isfinite(values)
        return _filled(values.copy()) if gaps.any() else values

    def deviation(self, name: str) -> float:
        """Standard deviation of a reading's noise: as the channel states, else as the signal shows.

        White noise of deviation s has third differences of deviation sqrt(20) s, in which a smooth signal vanishes;
        jumps are left out. Infinite where the channel is not there.
        """
        if name not in self.channels:
            return np.inf
        stated = self.channels[name].uncertainty
        if stated is not None:
            return stated
        change = np.diff(self.values[name], 3)
        change = change[np.isfinite(change)]
        typical = max(np.median(np.abs(change)) / MEDIAN_OF_NORMAL, 1e-300) if change.size else np.inf
        return float(np.sqrt(np.mean(change[np.abs(change) < NO_JUMP * typical] ** 2) / 20)) or np.inf

    def late_by(self, lag: int) -> "Recorded":
        """The same, its scales recorded ``lag`` cycles late."""
        return replace(self, lag=lag)


def read_recorded(file: Path) -> Recorded:
    """The recording in ``file``; channels of hidden truth are not even read.

    Raises:
        InputError: no recording, too long, without equal steps, or without what every calibration needs.
    """
    recording = open_recording(file)
    channels = {c.name: c for c in recording.channels if not c.name.startswith(TRUTH)}
    if missing := [name for name in NEEDED if name not in channels]:
        raise InputError(f"the recording has no channel {missing[0]}", file=file, remedy="record a controller's run")
    if not recording.clock.period_s:
        raise InputError("the recording has no equal steps of time", file=file, remedy="sample at the servo rate")
    blocks = list(recording.blocks())
    if not blocks:
        raise InputError("the recording is empty", file=file)
    first, last = blocks[0].first, max(block.first + len(block) for block in blocks)
    n = last - first
    if n > MOST_SAMPLES:
        raise InputError(f"{n:,} samples are too many for a calibration", file=file, remedy="record a shorter program")
    values = {name: np.full(n, np.nan) for name in channels}
    good = np.zeros(n, bool)
    for block in blocks:
        some = slice(block.first - first, block.first - first + len(block))
        good[some] = block.quality == Quality.GOOD
        for name in channels:
            values[name][some] = block.values[name]
    for name in NEEDED[:3]:
        _filled(values[name])
    period = recording.clock.period_s
    return Recorded(np.arange(n) * period, period, channels, values, good)


def _filled(values: np.ndarray) -> np.ndarray:
    """``values`` (sample,) with gaps filled in a straight line, in place."""
    gaps = ~np.isfinite(values)
    if not gaps.all():
        values[gaps] = np.interp(np.flatnonzero(gaps), np.flatnonzero(~gaps), values[~gaps])
    return values
