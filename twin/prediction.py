"""What the chain leaves behind: the machining, and what it makes of the part."""

from dataclasses import dataclass

import numpy as np

from twin.cutting import Contact, Loads
from twin.inspection import Inspection
from twin.motion import Motion
from twin.process import Process
from twin.program import Program, ProgramWarning, Toolpath
from twin.stock import Cut
from twin.thermal import Temperatures
from twin.warming import Duty

SOURCES = ("thermal", "geometric", "servo", "deflection", "release")  # of error, in the order of every array by source


@dataclass(frozen=True)
class Machining:
    """What happens on the machine; nothing here depends on what is asked of the part."""

    program: Program
    warnings: tuple[ProgramWarning, ...]  # of program, path and set-up
    toolpath: Toolpath
    cut: Cut
    motion: Motion
    time: np.ndarray  # (segment, 2) [s]
    speed: np.ndarray  # (segment,) [m/s] mean along the segment
    process: Process
    duty: Duty
    thermal: Temperatures

    @property
    def contact(self) -> Contact:
        """Where the tools touch stock."""
        return self.process.contact

    @property
    def loads(self) -> Loads:
        """Cutting loads of every segment."""
        return self.process.loads


@dataclass(frozen=True)
class Prediction:
    """What the part becomes."""

    machining: Machining
    error: np.ndarray  # (source, segment, 2, 3) [m]
    deviation: np.ndarray  # (sample,) [m] along the normal, > 0 material left
    contribution: np.ndarray  # (source, sample) [m]; with the form of the path they add up to the deviation
    maker: np.ndarray  # (sample,) segment that makes the sample, -1 none
    doubtful: np.ndarray  # (sample,) bool: a pass that is not recorded could have made it
    release_scatter: np.ndarray | None  # (sample,) [m] one deviation of the release; None: it is not modelled
    inspection: Inspection
