"""Was metal cut? What the recording states goes before what the operator says, and this before the declared limits.

A recording that comes over a net does not say: a server may play, a program may run in the air.
"""

from dataclasses import dataclass
from typing import Literal

from hardware.recording import Header
from twin.errors import InputError

Stated = Literal["metal", "nothing"]
IN_THE_LOOP = "controller in the loop"


@dataclass(frozen=True)
class Cut:
    """What is known of it."""

    metal: bool | None  # None: nobody says
    said: str  # in words


def cut_of(header: Header, operator: Stated | None, declared: Stated | None, declared_in: str) -> Cut:
    """Whether metal was cut.

    Args:
        header: of the recording.
        operator: what the operator says of it; None: nothing.
        declared: what the limits say of all recordings that they are for.
        declared_in: where these stand.

    Raises:
        InputError: the operator contradicts the recording.
    """
    noted = f"{header.source} {header.note}".lower()
    loop = IN_THE_LOOP in noted or noted.startswith("linuxcnc")
    recorded = "nothing" if loop else header.cut
    if recorded and operator and recorded != operator:
        raise InputError(
            f"the recording states that {_words(recorded)}, --cut {operator} the contrary", remedy="leave --cut away"
        )
    if loop:
        return Cut(False, f"{IN_THE_LOOP}: {_words('nothing')}")
    for stated, who in (
        (recorded, "as the recording states"),
        (operator, "as the operator states"),
        (declared, f"as {declared_in} states"),
    ):
        if stated:
            metal = stated == "metal"
            return Cut(metal, f"real metal, {who}" if metal else f"{_words('nothing')}, {who}")
    return Cut(None, f"whether metal was cut is not stated; recorded from {header.source or 'an unknown source'}")


def _words(stated: str) -> str:
    return "metal was cut" if stated == "metal" else "no metal was cut"
