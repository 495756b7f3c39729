"""The states of job orders and the commands on them, as OPC 10031-4 (ISA-95 Job Control, version 2) has them.

NotAllowedToStart and AllowedToStart -> Running <-> Interrupted -> Ended, or Aborted from any of them. Substates say
more: an order that may not start yet, or not before its time, is Waiting, else Ready; one that somebody paused is
Suspended (Held would be a fault of the machine); one that is done is Closed, as nothing follows.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from twin.production.shop.isa95 import JobOrder, JobResponse

State = Literal["NotAllowedToStart", "AllowedToStart", "Running", "Interrupted", "Ended", "Aborted"]
NUMBER: dict[str, int] = {  # StateNumber of ISA95JobOrderReceiverObjectType
    "NotAllowedToStart": 1,
    "AllowedToStart": 2,
    "Running": 3,
    "Interrupted": 4,
    "Ended": 5,
    "Aborted": 6,
}
# Substate of a state, and its StateNumber in the state machine of that name.
SUBSTATES: dict[str, tuple[str, dict[str, int]]] = {
    "NotAllowedToStart": ("NotAllowedToStartSubstates", {"Waiting": 1, "Ready": 2, "Loaded": 3}),
    "AllowedToStart": ("AllowedToStartSubstates", {"Waiting": 1, "Ready": 2, "Loaded": 3}),
    "Interrupted": ("InterruptedSubstates", {"Held": 1, "Suspended": 2}),
    "Ended": ("EndedSubstates", {"Completed": 1, "Closed": 2}),
}
# ReturnStatus, table 95 of the standard: a bit each.
NO_ERROR, UNKNOWN_ORDER, INVALID_STATE, UNABLE, INVALID_REQUEST = 1, 1 << 1, 1 << 3, 1 << 4, 1 << 32
# Command on a stored order -> (states in which it may come, state that it leads to).
COMMANDS: dict[str, tuple[tuple[State, ...], State]] = {
    "Start": (("NotAllowedToStart",), "AllowedToStart"),
    "RevokeStart": (("AllowedToStart",), "NotAllowedToStart"),
    "Pause": (("Running",), "Interrupted"),
    "Resume": (("Interrupted",), "Running"),
    "Stop": (("Running", "Interrupted"), "Ended"),
    "Abort": (("NotAllowedToStart", "AllowedToStart", "Running", "Interrupted"), "Aborted"),
}
FORGET: dict[str, tuple[State, ...]] = {  # commands after which nothing is stored any more
    "Cancel": ("NotAllowedToStart", "AllowedToStart"),
    "Clear": ("Ended", "Aborted"),
}


@dataclass
class Stored:
    """An order and what became of it so far."""

    order: JobOrder
    state: State
    start: datetime | None = None
    end: datetime | None = None
    made: int = 0
    lost: int = 0
    data: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of its parts so far: name -> value and unit."""
    comment: str = ""
    """Of the last command."""

    @property
    def substate(self) -> str:
        """Of its state as it is now; empty where the standard knows none."""
        if self.state in ("NotAllowedToStart", "AllowedToStart"):
            early = self.order.start is not None and self.order.start > datetime.now(UTC)
            return "Waiting" if early else "Ready"
        return {"Interrupted": "Suspended", "Ended": "Closed"}.get(self.state, "")

    def response(self, equipment: str) -> JobResponse:
        """As it is now."""
        data = self.data | {"parts lost": (str(self.lost), "part")}
        return JobResponse(
            id=f"{self.order.id}-response",
            order=self.order.id,
            state=self.state,
            substate=self.substate,
            start=self.start,
            end=self.end,
            quantity=self.made,
            data=data | ({"comment": (self.comment, "")} if self.comment else {}),
            equipment=(equipment,),
        )


class JobControl:
    """Job orders of one machine.

    Args:
        equipment: name of the machine.
        masters: work masters that it can make.
        capacity: orders that may be stored.
    """

    def __init__(self, equipment: str, masters: tuple[str, ...], capacity: int = 50):
        self.equipment, self.masters, self.capacity = equipment, masters, capacity
        self.stored: dict[str, Stored] = {}

    def store(self, order: JobOrder, start: bool, comment: str = "") -> int:
        """``Store`` or ``StoreAndStart``."""
        if not order.id or order.quantity < 1 or order.work_master not in self.masters:
            return INVALID_REQUEST
        if order.id in self.stored or len(self.stored) >= self.capacity:
            return UNABLE
        self.stored[order.id] = Stored(order, "AllowedToStart" if start else "NotAllowedToStart", comment=comment)
        return NO_ERROR

    def update(self, order: JobOrder, comment: str = "") -> int:
        """``Update``: everything but the state, while it is not running."""
        known = self.stored.get(order.id)
        if known is None:
            return UNKNOWN_ORDER
        if known.state not in ("NotAllowedToStart", "AllowedToStart"):
            return INVALID_STATE
        if order.quantity < 1 or order.work_master not in self.masters:
            return INVALID_REQUEST
        self.stored[order.id] = replace(known, order=order, comment=comment)
        return NO_ERROR

    def command(self, name: str, order: str, comment: str = "") -> int:
        """A command on a stored order: one of COMMANDS or FORGET."""
        known = self.stored.get(order)
        if known is None:
            return UNKNOWN_ORDER
        if name in FORGET:
            if known.state not in FORGET[name]:
                return INVALID_STATE
            del self.stored[order]
            return NO_ERROR
        before, after = COMMANDS[name]
        if known.state not in before:
            return INVALID_STATE
        known.state, known.comment = after, comment
        if after in ("Ended", "Aborted"):
            known.end = datetime.now(UTC)
        return NO_ERROR

    def next(self) -> Stored | None:
        """Begin the next order: of those that may start, by priority, then by its start; None where there is none."""
        running = any(one.state in ("Running", "Interrupted") for one in self.stored.values())
        now = datetime.now(UTC)
        ready = [
            one
            for one in self.stored.values()
            if one.state == "AllowedToStart" and (one.order.start is None or one.order.start <= now)
        ]
        if running or not ready:
            return None
        chosen = min(ready, key=lambda one: (one.order.priority, one.order.start or now))
        chosen.state, chosen.start = "Running", now
        return chosen

    def finish(self, stored: Stored) -> None:
        """All its parts are made."""
        stored.state, stored.end = "Ended", datetime.now(UTC)

    def responses(self, state: str | None = None) -> tuple[JobResponse, ...]:
        """Of every order, or of those in one state."""
        return tuple(
            one.response(self.equipment) for one in self.stored.values() if state is None or one.state == state
        )
