"""The Motion: when the machine is where."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """Time law of a Program on one controller; SI units.

    Within a move the path speed runs through phases of constant jerk, one after the other.
    """

    time: np.ndarray  # (move + 1,) [s] start of each canonical operation, then the end of the last
    entry_speed: np.ndarray  # (move,) [m/s] path speed where the move starts
    exit_speed: np.ndarray  # (move,) [m/s] path speed where the move ends
    peak_speed: np.ndarray  # (move,) [m/s] highest path speed within the move
    length: np.ndarray  # (move,) [m] path length
    phase: np.ndarray  # (move, phase) [s] duration of each phase
    acceleration: np.ndarray  # (move, phase) [m/s2] at the start of each phase
    jerk: np.ndarray  # (move, phase) [m/s3]

    @property
    def duration(self) -> float:
        """From the first operation to the end of the last [s]."""
        return float(self.time[-1])

    def phase_speed(self) -> np.ndarray:
        """Path speed where each phase starts, then where the last ends [m/s], (move, phase + 1)."""
        gain = (self.acceleration + 0.5 * self.jerk * self.phase) * self.phase
        return self.entry_speed[:, None] + np.concatenate([np.zeros((len(gain), 1)), np.cumsum(gain, axis=1)], axis=1)

    def phase_path(self) -> np.ndarray:
        """Path from the start of the move to the start of each phase, then to its end [m], (move, phase + 1)."""
        t = self.phase
        step = (self.phase_speed()[:, :-1] + (0.5 * self.acceleration + self.jerk * t / 6.0) * t) * t
        return np.concatenate([np.zeros((len(step), 1)), np.cumsum(step, axis=1)], axis=1)
