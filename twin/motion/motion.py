"""The Motion: when the machine is where."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """Time law of a Program on one controller; SI units.

    Within a move the path speed runs through phases of constant jerk, one after the other; whatever time
    is left over is spent at rest, at the end of the move. Where the control rounds a corner, an arc
    replaces the last ``trim`` of one move and the first ``trim`` of the next; half of it belongs to each.
    """

    time: np.ndarray  # (move + 1,) [s] start of each canonical operation, then the end of the last
    entry_speed: np.ndarray  # (move,) [m/s] path speed where the move starts
    exit_speed: np.ndarray  # (move,) [m/s] path speed where the move ends
    peak_speed: np.ndarray  # (move,) [m/s] highest path speed within the move
    length: np.ndarray  # (move,) [m] programmed path length
    phase: np.ndarray  # (move, phase) [s] duration of each phase
    acceleration: np.ndarray  # (move, phase) [m/s2] at the start of each phase
    jerk: np.ndarray  # (move, phase) [m/s3]
    trim: np.ndarray  # (move, 2) [m] programmed path replaced at the start and the end of the move
    half_arc: np.ndarray  # (move, 2) [m] what replaces it

    @property
    def duration(self) -> float:
        """From the first operation to the end of the last [s]."""
        return float(self.time[-1])

    @property
    def travel(self) -> np.ndarray:
        """Path that each move really runs [m], (move,)."""
        return self.length - self.trim.sum(axis=1) + self.half_arc.sum(axis=1)

    def phase_time(self) -> np.ndarray:
        """Time from the start of the move to the start of each phase, then to the end of the last [s]."""
        return _cumulated(self.phase)

    def phase_speed(self) -> np.ndarray:
        """Path speed where each phase starts, then where the last ends [m/s], (move, phase + 1)."""
        return self.entry_speed[:, None] + _cumulated((self.acceleration + 0.5 * self.jerk * self.phase) * self.phase)

    def phase_path(self) -> np.ndarray:
        """Path run from the start of the move to the start of each phase, then to its end [m], (move, phase + 1)."""
        t = self.phase
        return _cumulated((self.phase_speed()[:, :-1] + (0.5 * self.acceleration + self.jerk * t / 6.0) * t) * t)

    def run_path(self, move: np.ndarray, programmed: np.ndarray) -> np.ndarray:
        """Path run within each ``move`` where it passes the ``programmed`` path length; (point,) [m]."""
        (first, last), (in_first, in_last) = self.trim[move].T, self.half_arc[move].T
        to_end = self.length[move] - programmed
        body = in_first + programmed - first
        leaving = np.where(last > 0, self.travel[move] - to_end * in_last / np.where(last > 0, last, 1), body)
        entering = programmed * in_first / np.where(first > 0, first, 1)
        return np.where(programmed < first, entering, np.where(to_end < last, leaving, body))


def _cumulated(steps: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
