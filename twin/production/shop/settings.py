"""The schema of conf/shop: machines, tools and jobs that a schedule is made of."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from twin.errors import InputError
from twin.production.line.config import Breakdown
from twin.settings import check_amounts
from twin.units import HOUR, Ratio, Time, Uncertain


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A machine stands still."""

    start: Time
    """From when on."""
    end: Time
    """Until when."""


@dataclass(frozen=True, kw_only=True)
class ShopMachine:
    """One machine."""

    available: Time = 0.0
    """From when on."""
    closed: tuple[Closed, ...] = ()
    """Maintenance, nights, a breakdown; nothing runs across."""
    setup: Time = 0.0
    """Between operations of different families."""
    warm_up: Time = 0.0
    """Before an operation on a cold machine, which it is at the start ..."""
    stays_warm: Time = float("inf")
    """... and whenever it stood idle longer than this."""
    breakdown: Breakdown | None = None
    """The schedule does not know of it; carrying it out does."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A step of a job on one machine, without a break."""

    machines: tuple[str, ...]
    """Any one of these."""
    time: Annotated[Uncertain, "s"] = Uncertain(0.0, 0.0)
    """Without set-up and warm-up; left out where a run says it."""
    run: str | None = None
    """A finished run of the twin that says the time of a part, ``latest`` the newest."""
    n_parts: int = 1
    """That the time is taken for, one after the other."""
    family: str = ""
    """Set-up is needed after another one; empty: none."""
    tools: tuple[str, ...] = ()
    """Tool assemblies that it occupies."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Operations in their order."""

    operations: dict[str, Operation]
    release: Time = 0.0
    """When its material is there."""
    due: Time | None = None
    """Later is late."""
    deadline: Time | None = None
    """Later is not allowed."""
    importance: Ratio = 1.0
    """Of its lateness."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What is to be scheduled."""

    name: str
    """What it is called."""
    machines: dict[str, ShopMachine]
    tools: dict[str, int] = field(default_factory=dict)
    """Copies of each tool assembly; ``n_`` before the name."""
    jobs: dict[str, Job]
    goal: Literal["makespan", "lateness"] = "makespan"
    """The end of the last job, or the sum of lateness by importance (and, among equals, the makespan)."""
    resolution: Time = 60.0
    """Times are rounded up to multiples of this."""
    solve: Time = 20.0
    """Longest search."""
    n_workers: int = 2
    """Searches side by side."""

    def __post_init__(self) -> None:
        check_amounts(self, "shop")
        if not self.jobs:
            raise InputError(f"{self.name} has no jobs")
        if self.resolution <= 0:
            raise InputError(f"{self.name}: the resolution must be positive")
        for name, machine in self.machines.items():
            if machine.breakdown and machine.breakdown.between <= 0:
                raise InputError(
                    f"machine {name}: no time between failures", remedy="leave breakdown out where it never fails"
                )
            for closed in machine.closed:
                if closed.end <= closed.start:
                    raise InputError(
                        f"machine {name} is closed from {closed.start / HOUR:g} to {closed.end / HOUR:g} h",
                        remedy="the end comes after the start",
                    )
        for name, job in self.jobs.items():
            if not job.operations:
                raise InputError(f"job {name} has no operations")
            for key, operation in job.operations.items():
                _check(f"operation {key} of {name}", operation, self)
            for what, when in (("due", job.due), ("to be finished", job.deadline)):
                if when is not None and when < job.release:
                    raise InputError(
                        f"job {name} is {what} at {when / HOUR:g} h, before it is released at {job.release / HOUR:g} h",
                        remedy="correct its dates",
                    )


def _check(what: str, operation: Operation, shop: Shop) -> None:
    if not operation.machines:
        raise InputError(f"{what} names no machine")
    for machine in operation.machines:
        if machine not in shop.machines:
            raise InputError(f"{what}: there is no machine '{machine}'", remedy="one of " + ", ".join(shop.machines))
    for tool in operation.tools:
        if f"n_{tool}" not in shop.tools:
            raise InputError(f"{what}: there is no tool '{tool}'", remedy=f"add n_{tool} to tools")
    if operation.run is None and operation.time.value <= 0:
        raise InputError(f"{what} takes no time", remedy="give its time or a run")
    if operation.n_parts < 1:
        raise InputError(f"{what} is of {operation.n_parts} parts")
