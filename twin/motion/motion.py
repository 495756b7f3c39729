"""The Motion: when the machine is where."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """Time law of a Program on one controller; SI units."""

    time: np.ndarray  # (move + 1,) [s] start of each canonical operation, then the end of the last
    entry_speed: np.ndarray  # (move,) [m/s] path speed where the move starts
    exit_speed: np.ndarray  # (move,) [m/s] path speed where the move ends
    peak_speed: np.ndarray  # (move,) [m/s] highest path speed within the move
    length: np.ndarray  # (move,) [m] path length

    @property
    def duration(self) -> float:
        """From the first operation to the end of the last [s]."""
        return float(self.time[-1])
