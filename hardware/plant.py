"""What stands behind a controller on the bench: each servo cycle it takes a command and says what the machine did.

A bench runs a controller in lock-step with a plant (:mod:`hardware.linuxcnc`); the simulated machine with its hidden
parameters is one (:mod:`hardware.simulated`).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hardware.channel import Channel


@dataclass(slots=True)
class Command:
    """What the controller asks for in one servo cycle."""

    cycle: int
    """Counts from the start of the bench; never jumps."""
    period: float
    """[s] to the next one."""
    position: np.ndarray
    """(axis,) joint positions in the machine's frame [m], rotary ones [rad]."""
    spindle_speed: float
    """[rad/s], clockwise positive."""
    line: int
    """Of the NC program that runs; 0: none."""
    path_speed: float
    """[m/s]"""
    tool_length: float = 0.0
    """[m] along Z that the controller adds to the tip (G43)."""


@dataclass(slots=True)
class Reply:
    """What the controller gets back."""

    feedback: np.ndarray
    """(axis,) what the scales read [m], [rad]."""
    touch: bool
    """The probe is deflected."""
    feed_factor: float
    """Adaptive feed, 0..1; 1 where nobody controls the feed."""
    offset_z: float
    """[m] external offset of Z that is asked of the controller; 0: none."""


class Plant(Protocol):
    """A machine that answers commands."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What its sensors record each cycle, beside what the controller samples itself."""

    def step(self, command: Command) -> Reply:
        """Advance by one cycle."""

    def readings(self) -> np.ndarray:
        """(channel,) of the last cycle, in the channels' units."""
