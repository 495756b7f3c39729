"""What closing the loop is worth: a machine calibrated on one program runs another one, without and with corrections.

Judged at the hidden truth of a simulated machine, which neither the calibration nor the loops see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardware.recording import Recorder, open_recording
from hardware.simulated.hidden import with_parameters
from hardware.source import Source
from twin.named import entry_at
from twin.scenario import Scenario

REST = 0.2  # [s] that Z has stood before the tool point is compared with where it was sent
STILL = 1e-6  # [mm] in one cycle
COLUMNS = ("line", "z_commanded_mm", "offset_z_um", "truth_z_mm", "truth_drift_z_um", "truth_force_peak_n")


def knowing(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """``scenario`` with what a calibration found of its machine, as `calibration=FILE` makes it."""
    knows = with_parameters(scenario, values)
    knows.config["calibration"] = {"before": {name: entry_at(scenario.config, name) for name in values}}
    return knows


def record_all(source: Source, file: Path) -> int:
    """Run ``source`` to its end into ``file``; return the number of samples.

    Raises:
        InputError: the source fails.
    """
    with source, Recorder(file, source.channels, source.clock, source.header) as recorder:  # type: ignore[attr-defined]
        n = 0
        for block in source.blocks():
            recorder.append(block)
            n += len(block)
    return n


@dataclass(frozen=True)
class Truth:
    """What a run did to the tool point in Z and to the cut, while the program ran."""

    duration: float  # [s]
    drift: np.ndarray  # (sample,) [um] that heat moves the tool point by
    left: np.ndarray  # (sample,) [um] of it that the offset does not take back
    placed: np.ndarray  # (sample,) [um] tool point from where the program sends it, where Z stands; NaN: it moves
    peak_force: float  # [N]

    @property
    def reduction(self) -> float:
        """Part of the drift (rms) that is gone."""
        return 1.0 - rms(self.left) / rms(self.drift)


def truth_of(file: Path) -> Truth:
    """Read the hidden truth of a recorded run; loops that were not closed have offset 0."""
    recording = open_recording(file)
    blocks = list(recording.blocks())
    known = {name: np.concatenate([b.values[name] for b in blocks]) for name in COLUMNS}
    runs = np.flatnonzero(known["line"] > 0)
    some = slice(runs[0], runs[-1] + 1)
    z, offset, true, drift, force = (known[name][some] for name in COLUMNS[1:])
    period = recording.clock.period_s
    assert period is not None
    sent = z - offset * 1e-3
    moved = np.flatnonzero(np.abs(np.diff(sent, prepend=sent[:1])) > STILL)
    last = np.zeros(len(z), np.int64)
    last[moved] = moved
    stands = np.arange(len(z)) - np.maximum.accumulate(last) > REST / period
    placed = np.where(stands, (true - sent) * 1e3 + drift, np.nan)
    return Truth(len(z) * period, drift, drift + offset, placed, float(force.max()))


def rms(values: np.ndarray) -> float:
    """Of those that are known."""
    return float(np.sqrt(np.nanmean(values**2)))
