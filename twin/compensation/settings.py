"""The schema of conf/compensation: what one control takes of a machine's errors."""

from dataclasses import dataclass
from typing import Literal

from twin.errors import InputError
from twin.units import Length, Ratio, Time

Format = Literal[
    "isg_csv",
    "siemens_eec",
    "siemens_cec",
    "siemens_temperature",
    "siemens",
    "heidenhain_com",
    "fanuc_pitch",
    "linuxcnc_comp",
    "linuxcnc_offsets",
    "linuxcnc",
    "program",
]


@dataclass(frozen=True, kw_only=True)
class CompensationSettings:
    """One way to compensate."""

    format: Format
    """What is written."""
    source: str
    """Where the numbers of this control come from."""
    sign: str = ""
    """What the control does with a positive value, and which manual says so."""
    moment: Ratio = 0.5
    """State that a table holds: at this part of the program's duration."""
    step: Length = 25e-3
    """Distance of the points of a table; wider where the control takes fewer."""
    n_points: int = 256
    """Most points of one table."""
    resolution: Length = 1e-7
    """Smallest step of a value: decimals of the file, a detection unit, a count, a digit of the program."""
    period: Time = 10.0
    """Between two updates of what changes with time."""
    tolerance: Length = 5e-7
    """program: a block is split where its error bends by more."""
    shortest: Length = 1e-3
    """program: no block is split into shorter pieces."""

    def __post_init__(self) -> None:
        for name in ("step", "resolution", "period", "tolerance", "shortest"):
            if not getattr(self, name) > 0:
                raise InputError(f"compensation {name} is {getattr(self, name):g}", remedy="it must be above zero")
        if not 0 <= self.moment <= 1 or self.n_points < 2:
            raise InputError(
                f"compensation moment {self.moment:g} or {self.n_points} points",
                remedy="the moment lies within 0 and 1, and a table has two points at least",
            )
