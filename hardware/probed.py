"""Where a probe touched, out of a recording: on-line inspection by the machine itself (G38.2 to G38.5)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardware.live import LINE, POSITION
from hardware.recording import open_recording

TOUCH = "touch"


@dataclass(frozen=True)
class Probed:
    """One touch."""

    line: int  # of the NC program
    position: tuple[float, float, float]  # [mm] of the tip, as the scales read it when the probe spoke


def probed_points(file: Path) -> tuple[Probed, ...]:
    """Every touch in the recording, in its order; none where it has no such channel."""
    recording = open_recording(file)
    names = {channel.name for channel in recording.channels}
    if not names.issuperset((TOUCH, LINE, *POSITION)):
        return ()
    found, before = [], 0.0
    for block in recording.blocks():
        touch = block.values[TOUCH]
        for row in np.flatnonzero((touch > 0) & (np.concatenate([[before], touch[:-1]]) <= 0)):
            x, y, z = (float(block.values[name][row]) for name in POSITION)
            found.append(Probed(int(block.values[LINE][row]), (x, y, z)))
        before = float(touch[-1])
    return tuple(found)
