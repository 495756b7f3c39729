"""What happened on a line: every stay of a machine in a state, every lot, every change of a queue."""

from dataclasses import dataclass, field

import numpy as np

NO_PEOPLE = "no people"
STATES = ("work", "set-up", "warm-up", "tool change", "repair", "down", NO_PEOPLE)


@dataclass(frozen=True)
class Stay:
    """A machine in one state."""

    machine: str
    state: str
    order: str
    start: float
    end: float


@dataclass
class Lot:
    """Parts that travel together."""

    order: str
    number: int
    first: int  # number of its first part within the order
    n_parts: int
    arrived: float = 0.0
    done: float = np.nan
    lost: int = 0


@dataclass
class Trace:
    """What happened: every stay of a machine in a state, every lot, every change of a queue."""

    stays: list[Stay] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    queue: dict[str, list[tuple[float, int]]] = field(default_factory=dict)  # station -> (time, parts that wait)
    tools: float = 0.0  # [EUR] worn
    energy: float = 0.0  # [J] of the steps that state theirs
    n_tools: int = 0

    @property
    def end(self) -> float:
        """When the last lot was done [s]."""
        return max(lot.done for lot in self.lots)
