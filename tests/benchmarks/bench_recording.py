"""Eight hours of 20 channels at 1 kHz recorded, as fast as it goes.

``python tests/benchmarks/bench_recording.py [HOURS]``
Through the intake into the recorder in blocks of 1,000 samples, then read back block by block. Prints the rate against
real time, the size, and the resident memory after the first minute and at the end: it must not grow with the hours.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from hardware.channel import Block, Channel, Clock  # noqa: E402
from hardware.intake import Intake  # noqa: E402
from hardware.recording import Header, Recorder, open_recording  # noqa: E402

PERIOD, ROWS, CHANNELS = 1e-3, 1000, 20


def resident() -> float:
    """Memory of this process [MiB]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


class Noise:
    """A source of noise."""

    channels = tuple(Channel(name=f"force_{k}_n", unit="N") for k in range(CHANNELS))
    clock = Clock(name="made", origin="start", period_s=PERIOD)

    def __init__(self, samples: int):
        self._samples = samples
        self._noise = np.random.default_rng(0).standard_normal((CHANNELS, 64 * ROWS)).round(3)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None: ...

    def blocks(self):
        for first in range(0, self._samples, ROWS):
            at = first % self._noise.shape[1]
            values = {c.name: self._noise[k, at : at + ROWS] for k, c in enumerate(self.channels)}
            yield Block(first, (first + np.arange(ROWS)) * PERIOD, values, np.zeros(ROWS, np.uint8))


def main() -> None:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    samples = int(hours * 3600 / PERIOD)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "a.arrows"
        began, early = time.perf_counter(), 0.0
        with Intake(Noise(samples)) as source:
            with Recorder(file, source.channels, source.clock, Header(source="noise", started="")) as recorder:
                for block in source.blocks():
                    recorder.append(block)
                    if block.first == 60_000:
                        early = resident()
        wrote, late = time.perf_counter() - began, resident()
        print(f"{hours:g} h x {CHANNELS} channels at 1 kHz: {wrote:.0f} s, {hours * 3600 / wrote:,.0f} times real time")
        size = file.stat().st_size / 2**30
        print(f"{size:.2f} GiB; resident {early:.0f} MiB after a minute, {late:.0f} MiB at the end")
        print(f"lost {source.losses.lost}, repeated {source.losses.duplicated}")
        began, read = time.perf_counter(), 0
        for block in open_recording(file).blocks():
            assert block.first == read
            read += len(block)
        print(f"read back {read:,} of {samples:,} samples in {time.perf_counter() - began:.0f} s; {resident():.0f} MiB")


if __name__ == "__main__":
    main()
