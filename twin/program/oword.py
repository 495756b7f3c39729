"""Branches and loops of O-words: if, while, do, repeat, break, continue."""

from typing import TYPE_CHECKING

from twin.program.expression import Value

if TYPE_CHECKING:
    from twin.program.flow import Flow


def follow_o_word(flow: "Flow", kind: str, label: str, arguments: tuple[Value, ...]) -> None:
    """Sets where the program goes on.

    Raises:
        WordError: where the partner of the word is missing.
    """
    here, listing = flow.read, flow.listing
    if kind == "if":
        _branch(flow, label, here, arguments[0])
    elif kind in ("elseif", "else"):  # reached at the end of the branch that ran
        flow.at = listing.next(label, here, ("endif",)) + 1
    elif kind == "endif":
        listing.last(label, here, ("if",))
    elif kind == "do":
        listing.next(label, here, ("while",))
    elif kind == "while":
        _while(flow, label, here, arguments[0])
    elif kind == "endwhile":
        flow.jump_back(listing.last(label, here, ("while",)))
    elif kind == "repeat":
        _repeat(flow, label, here, arguments[0])
    elif kind == "endrepeat":
        _end_repeat(flow, label, here)
    else:
        end = listing.next(label, here, ("endwhile", "endrepeat", "while"))
        flow.at = end + 1 if kind == "break" else end


def _branch(flow: "Flow", label: str, here: int, condition: Value) -> None:
    while not flow.true(condition):
        here = flow.listing.next(label, here, ("endif", "else", "elseif"))
        flow.at = here + 1
        if flow.listing.kind(label, here) != "elseif":
            return
        word = flow.listing.block(here).flow
        assert word is not None  # a label stands for a steering word
        condition = word.arguments[0]


def _while(flow: "Flow", label: str, here: int, condition: Value) -> None:
    """The head of a while loop, or the foot of a do loop."""
    listing = flow.listing
    opened = [kind for at, kind in listing.labels[label] if at < here and kind in ("do", "while", "endwhile")]
    if opened and opened[-1] == "do":
        if flow.true(condition):
            flow.jump_back(listing.last(label, here, ("do",)) + 1)
        return
    end = listing.next(label, here, ("endwhile",))
    if not flow.true(condition):
        flow.at = end + 1


def _repeat(flow: "Flow", label: str, here: int, times: Value) -> None:
    end = flow.listing.next(label, here, ("endrepeat",))
    n = flow.whole(times)
    if n <= 0:
        flow.at = end + 1
    else:
        flow.counts[here] = n


def _end_repeat(flow: "Flow", label: str, here: int) -> None:
    start = flow.listing.last(label, here, ("repeat",))
    flow.counts[start] = flow.counts.get(start, 1) - 1
    if flow.counts[start] > 0:
        flow.jump_back(start + 1)
