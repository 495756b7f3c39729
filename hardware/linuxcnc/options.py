"""What conf/bench/linuxcnc*.yaml can say: the machine that the controller believes it has, and what is behind it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from twin.errors import InputError
from twin.units import Acceleration, Angle, AngularAcceleration, AngularSpeed, Length, Ratio, Speed, Time

LINEAR, ROTARY = "xyz", "abc"
MOST_AXES = 5  # of the lock-step component
FASTEST = 200.0


@dataclass(frozen=True, kw_only=True)
class LinearAxis:
    """A linear axis of the machine."""

    velocity: Speed
    """Highest speed, also that of a rapid."""
    acceleration: Acceleration
    """Highest acceleration."""
    travel_min: Length
    """Of the joint: program, work offset and tool length together."""
    travel_max: Length
    """As travel_min."""
    following_error: Length
    """Beyond which the controller switches off, at the highest speed; half of it at rest."""


@dataclass(frozen=True, kw_only=True)
class RotaryAxis:
    """A rotary axis of the machine."""

    velocity: AngularSpeed
    """Highest speed."""
    acceleration: AngularAcceleration
    """Highest acceleration."""
    travel_min: Angle
    """Of the joint."""
    travel_max: Angle
    """As travel_min."""
    following_error: Angle
    """As of a linear axis."""


@dataclass(frozen=True, kw_only=True)
class Trunnion:
    """Where the rotary axes lie: C turns on the table that A tilts."""

    c_to_a: tuple[Length, Length] = (0.0, 0.0)
    """From the axis of C to that of A, along Y and Z."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What goes wrong on purpose; nothing by default."""

    drive: Literal["x", "y", "z", "a", "c"] = "x"
    """The axis whose drive fails."""
    drive_fails_at: Time | None = None
    """Machine time since the program began from which on that axis stays where it is: a following-error trip."""
    plant_ends_at: Time | None = None
    """Machine time since the program began at which the plant's process ends."""


@dataclass(frozen=True, kw_only=True)
class LinuxcncOptions:
    """The bench with a real LinuxCNC."""

    axes: dict[str, LinearAxis]
    """Linear axes: x, y, z."""
    rotary: dict[str, RotaryAxis] = field(default_factory=dict)
    """Rotary axes: none, or A and C."""
    trunnion: Trunnion | None = None
    """Geometry of a table-tilting machine with A and C; none: a mill without rotary axes."""
    time_factor: Ratio = 1.0
    """Machine time over wall time, where the plant keeps up; 1: real time."""
    read_ahead: Time = 0.2
    """Wall time that the controller reads ahead before the first motion; 0: none, as in real time on a machine."""
    path_tolerance: Length = 1e-5
    """By which corners may be rounded where the program states none (G64 P)."""
    adaptive_feed: bool = False
    """Let the feed be slowed while it runs (M52 P1)."""
    external_offset: bool = False
    """Let Z be shifted while it runs."""
    offset_share: Ratio = 0.1
    """Part of the speed and acceleration of Z that is kept for external offsets, when they are on."""
    largest_offset: Length = 2e-4
    """Offset of Z, either way, beyond which nothing from outside is sent."""
    least_feed: Ratio = 0.2
    """Factor of the feed below which nothing from outside is sent."""
    program: str | None = None
    """Another NC program than the scenario's; such a recording validates no run of the scenario."""
    controller: str | None = None
    """Controller model that the twin predicts with, unless the command line names one."""
    plant: dict[str, Any] = field(default_factory=lambda: {"kind": "ideal"})
    """What stands behind the controller: ``kind`` ideal or simulated, and the options of that kind; ``control``: the
    loops that the twin closes through it (hardware.control)."""
    faults: Faults = Faults()
    """What goes wrong on purpose."""
    armed: bool = False
    """Whether anything may be sent to the running controller; ``--arm`` of the command line, not of a file."""

    @property
    def names(self) -> tuple[str, ...]:
        """Axes in the order of the joints."""
        return (*self.axes, *self.rotary)


def check_options(options: LinuxcncOptions) -> None:
    """Raise InputError where the options contradict each other."""
    if tuple(options.axes) != tuple(LINEAR):
        raise InputError(f"bench.axes are {', '.join(options.axes)}", remedy="x, y, z in this order")
    if tuple(options.rotary) not in ((), ("a", "c")) or bool(options.rotary) != (options.trunnion is not None):
        raise InputError("bench.rotary and bench.trunnion do not fit", remedy="give both with axes a and c, or neither")
    if not 0 < options.time_factor <= FASTEST:
        raise InputError(f"bench.time_factor is {options.time_factor:g}", remedy=f"more than 0, at most {FASTEST:g}")
    control = options.plant.get("control") or {}
    for loop, switch in (("drift", "external_offset"), ("feed", "adaptive_feed")):
        if control.get(loop) is not None and not getattr(options, switch):
            raise InputError(f"bench.plant.control.{loop} has no way to act", remedy=f"bench.{switch}=true")
    if options.faults.drive not in options.names:
        raise InputError(f"bench.faults.drive is {options.faults.drive}", remedy=f"one of {', '.join(options.names)}")
