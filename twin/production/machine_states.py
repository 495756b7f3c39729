"""What a machine does over time, in the elements of ISO 22400-2, from the words that its control sends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.errors import InputError
from twin.production.history_event import utc_text

FILE = Path(__file__).with_name("machine_states.yaml")


class State(IntEnum):
    """What a machine does. The names of ISO 22400-2 stand beside."""

    UNOBSERVED = 0  # nobody knows: no name there
    PRODUCTION = 1  # executes a program: actual production time, APT
    SETUP = 2  # is being prepared: actual unit set-up time, AUST
    DELAY = 3  # a program is held or interrupted: actual unit delay time, ADET
    DOWN = 4  # could work and has nothing to do: actual unit down time, ADOT


@dataclass(frozen=True)
class Said:
    """What one data item said."""

    time_us: np.ndarray
    """(event,) microseconds since 1970 UTC, never falling."""
    text: np.ndarray
    """(event,) str"""


@dataclass(frozen=True)
class Timeline:
    """States one after the other, without a hole."""

    edge_us: np.ndarray
    """(state + 1,) microseconds since 1970 UTC, rising."""
    state: np.ndarray
    """(state,) of :class:`State`; neighbours differ."""

    def seconds(self) -> dict[State, float]:
        """How long each state lasted in total [s]."""
        length = np.diff(self.edge_us) / 1e6
        return {state: float(length[self.state == state].sum()) for state in State}

    def program_ends(self, least: float) -> int:
        """How often a program came to its end after at least ``least`` [s] of execution, holds not counted.

        What ends with the machine ready is a program that ended (or was stopped there); what ends in manual mode was
        broken off, and what ends unobserved is not known: neither counts.
        """
        ends, executed = 0, 0.0
        for length, state in zip(np.diff(self.edge_us) / 1e6, self.state, strict=True):
            if state == State.PRODUCTION:
                executed += float(length)
            elif state != State.DELAY:
                ends += state == State.DOWN and executed >= least
                executed = 0.0
        return ends

    def episodes(self) -> dict[State, int]:
        """How often each state came."""
        return {state: int(np.sum(self.state == state)) for state in State}


@cache
def vocabulary() -> dict[str, Any]:
    """Content of machine_states.yaml."""
    return yaml.safe_load(FILE.read_text())


def meaning(kind: str, word: str, more: Mapping[str, str] = {}) -> str:
    """What a word of a control means.

    Args:
        kind: "execution" or "mode".
        word: as the control sends it.
        more: words of this control -> meaning, before the known ones.

    Raises:
        InputError: an unknown word.
    """
    known: dict[str, list[str]] = vocabulary()[kind]
    if (own := more.get(word.upper())) is not None:
        if own not in known:
            raise InputError(f"'{own}' is no meaning of {kind}", remedy="known: " + ", ".join(known))
        return own
    for name, words in known.items():
        if word.upper() in words:
            return name
    words_known = ", ".join(word for words in known.values() for word in words)
    raise InputError(
        f"unknown state '{word}' of {kind}",
        remedy=f"known: {words_known}; --state {word}={next(iter(known))} tells what another one means",
    )


def judge(execution: str, mode: str) -> State:
    """State of a machine by the meanings of its two words."""
    if execution == "unobserved":
        return State.UNOBSERVED
    if mode == "setup":
        return State.SETUP
    return {"executing": State.PRODUCTION, "interrupted": State.DELAY, "idle": State.DOWN}[execution]


def timeline(
    execution: Said,
    mode: Said | None,
    begin_us: int,
    end_us: int,
    gaps: Iterable[tuple[int, int]] = (),
    more: Mapping[str, str] = {},
) -> Timeline:
    """What the machine did from ``begin_us`` to ``end_us``.

    A word holds until the next one. Before the first word, and in gaps, nobody knows.

    Args:
        mode: None: the control does not say; then it counts as automatic.
        gaps: [µs] begin and end of times of which nothing is known, whatever was said before.
        more: words of this control, as in :func:`meaning`.

    Raises:
        InputError: an unknown word, or a period that is none.
    """
    if end_us <= begin_us:
        same = "as" if end_us == begin_us else "before"
        raise InputError(
            f"the period ends at {utc_text(end_us)}, {same} it begins at {utc_text(begin_us)}",
            remedy="another period; or the clock of the log ran backwards",
        )
    holes = [(max(a, begin_us), min(b, end_us)) for a, b in gaps if b > begin_us and a < end_us]
    said = [one for one in (execution, mode) if one is not None]
    bounds = [begin_us, end_us, *(edge for hole in holes for edge in hole)]
    edges = np.unique(np.concatenate([*(one.time_us for one in said), np.array(bounds, np.int64)]))
    edges = edges[(edges >= begin_us) & (edges <= end_us)]
    words = _meanings("execution", execution, more, edges)[:-1]  # the last lasts no time, yet must be known
    modes = ["automatic"] * len(words) if mode is None else _meanings("mode", mode, more, edges)[:-1]
    state = np.array([judge(a, b) for a, b in zip(words, modes, strict=True)], int)
    for a, b in holes:
        state[(edges[:-1] >= a) & (edges[:-1] < b)] = State.UNOBSERVED
    keep = np.concatenate([[True], state[1:] != state[:-1]])
    return Timeline(np.append(edges[:-1][keep], edges[-1]), state[keep])


def _meanings(kind: str, said: Said, more: Mapping[str, str], at_us: np.ndarray) -> list[str]:
    """What holds at each time; words that are never in force are not judged."""
    row = np.searchsorted(said.time_us, at_us, side="right") - 1
    known: dict[str, str] = {}
    found = []
    for k in row:
        word = str(said.text[k]) if k >= 0 else "UNAVAILABLE"
        if word not in known:
            known[word] = meaning(kind, word, more)
        found.append(known[word])
    return found


def silences(heard_us: np.ndarray, longest_us: int) -> list[tuple[int, int]]:
    """Times in which nothing was heard for longer than ``longest_us``: (begin, end) [µs].

    Args:
        heard_us: (event,) times of everything that was heard, rising.
    """
    step = np.diff(heard_us)
    return [(int(heard_us[k]), int(heard_us[k + 1])) for k in np.flatnonzero(step > longest_us)]


def chosen_item(kind: str, available: Sequence[str] | Mapping[str, object]) -> str | None:
    """Which of the available data items says ``kind`` (execution, mode, part_count, program); None: none."""
    return next((name for name in vocabulary()["items"][kind] if name in available), None)
