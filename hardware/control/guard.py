"""What stands between a computed correction and a machine: limits, rate, dead band, hold, watchdog, and a log.

Nothing is written that has not passed a :class:`Guard`. Every change that is sent is logged with what was asked and why
something else was sent.
"""

import json
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Literal

from twin.errors import InputError

Reason = Literal["as asked", "limit", "rate", "hold", "watchdog"]


@dataclass(frozen=True, kw_only=True)
class GuardLimits:
    """Of one quantity, in its own unit (m, or 1 for a feed factor)."""

    lower: float
    upper: float
    rate: float
    """Largest change a second."""
    dead_band: float
    """A request that differs from the last accepted one by less changes nothing."""
    patience: float
    """[s] for which the last value is held when no request comes; then the watchdog acts."""
    safe: float
    """Where the watchdog goes, at the same rate."""

    def __post_init__(self) -> None:
        if not (self.lower <= self.safe <= self.upper and self.rate > 0 and self.dead_band >= 0 and self.patience > 0):
            raise InputError(
                f"limits {self.lower:g} to {self.upper:g}, safe {self.safe:g}, rate {self.rate:g}, dead band "
                f"{self.dead_band:g}, patience {self.patience:g} s do not make sense",
                remedy="lower <= safe <= upper, a positive rate and patience",
            )


@dataclass(frozen=True)
class Write:
    """One change of what the machine is told."""

    time: float  # [s]
    quantity: str
    asked: float | None  # None: nothing, or no number
    sent: float
    reason: Reason


@dataclass
class WriteLog:
    """Every write, in memory and, where a file is named, on disk at once."""

    file: Path | None = None
    writes: list[Write] = field(default_factory=list)

    def add(self, write: Write) -> None:
        """Note ``write``.

        Raises:
            InputError: the file cannot be written: then nothing may be sent either.
        """
        self.writes.append(write)
        if self.file:
            try:
                with self.file.open("a") as stream:
                    stream.write(json.dumps(asdict(write)) + "\n")
            except OSError as error:
                raise InputError(f"the log of writes cannot be written: {error.strerror}", file=self.file) from None


class Guard:
    """Lets one quantity change within its limits.

    Args:
        quantity: its name, unit suffix included, for the log.
        limits: declared by the user.
        armed: the user has said so; without, there is no guard and nothing is written.
        log: of all writes.

    Raises:
        InputError: not armed.
    """

    def __init__(self, quantity: str, limits: GuardLimits, *, armed: bool, log: WriteLog):
        if not armed:
            raise InputError(
                f"{quantity} would be written to the machine, which was not armed",
                remedy="say --arm, and declare the limits",
            )
        self.quantity, self.limits, self.sent = quantity, limits, limits.safe
        self._log, self._target, self._last_time, self._last_request = log, limits.safe, 0.0, 0.0
        self._begun = False

    def update(self, time: float, request: float | None) -> float:
        """What is sent at ``time`` [s]; to be called each cycle.

        Args:
            request: a fresh value; None or NaN where there is none.
        """
        if not self._begun:
            self._last_time = self._last_request = time
            self._begun = True
        limits, reason = self.limits, "as asked"
        fresh = request is not None and isfinite(request)
        if fresh:
            assert request is not None
            self._last_request = time
            wanted = min(max(request, limits.lower), limits.upper)
            reason = "limit" if wanted != request else reason
            if abs(wanted - self._target) >= limits.dead_band:
                self._target = wanted
        elif time - self._last_request > limits.patience:
            self._target, reason = limits.safe, "watchdog"
        else:
            reason = "hold"
        most = limits.rate * max(time - self._last_time, 0.0)  # a clock that jumps back moves nothing
        step = min(max(self._target - self.sent, -most), most)
        self._last_time = time
        if step:
            self.sent += step
            if self.sent != self._target and reason != "watchdog":
                reason = "rate"
            asked = request if fresh else None
            self._log.add(Write(time, self.quantity, asked, self.sent, reason))  # type: ignore[arg-type]
        return self.sent
