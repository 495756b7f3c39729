"""Between the thread that receives and whoever reads a source: a bounded queue, and what did not get through."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from hardware.channel import Block

MOST_MESSAGES = 1000
PACKED = 16  # values in an array take the memory of one that comes alone
TOGETHER = 0.005  # [s] that the reader lets items gather: one at a time costs more than it is worth


@dataclass
class Losses:
    """What a source could not deliver, in samples, and what happened, in words."""

    lost: int = 0
    """At least so many: a server that overflows does not always say how many."""
    duplicated: int = 0
    """Came again and were left out."""
    late: int = 0
    """Came after their successors had been passed on, and were left out."""
    messages: list[str] = field(default_factory=list)
    """Reconnections and gaps, in order; the first thousand."""

    def say(self, message: str) -> None:
        """Note what happened."""
        if len(self.messages) < MOST_MESSAGES:
            self.messages.append(message)


class Reading(NamedTuple):
    """What some channels were at one time."""

    time: float
    """[s] by the source's clock."""
    values: dict[str, float]
    quality: int


class Trace(NamedTuple):
    """Consecutive samples of the channels that come as arrays."""

    first: int
    """Number of its first sample."""
    time: float
    """[s] of its last sample, by the source's clock."""
    values: np.ndarray
    """(channel, sample)"""
    quality: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Something was lost here."""

    samples: int
    """At least so many; 0: unknown."""
    why: str


Item = Reading | Trace | Gap


class Inbox:
    """Holds what was received until it is read. When full, what arrives is dropped and counted: memory stays bounded.

    Args:
        most: values that it holds; in arrays sixteen times as many, which need as much memory.
    """

    def __init__(self, most: int):
        self._most, self._held = most, 0
        self._items: deque[Item] = deque()
        self._dropped = 0
        self._failure: Exception | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, items: list[Item]) -> None:
        """Add ``items`` in order, as one: all of them, or none when there is no room."""
        with self._changed:
            if self._closed:
                return
            weight = sum(map(_weight, items))
            if self._held + weight > self._most:
                self._dropped += sum(1 for item in items if isinstance(item, Reading))
                return
            if self._dropped:
                self._items.append(Gap(self._dropped, "the reader was too slow"))
                self._dropped = 0
            self._items.extend(items)
            self._held += weight
            self._changed.notify()

    def close(self, failure: Exception | None = None) -> None:
        """Nothing more comes; ``failure`` is raised to the reader once it has everything."""
        with self._changed:
            self._closed = True
            self._failure = self._failure or failure
            self._changed.notify()

    def get(self, wait: float) -> tuple[list[Item], bool]:
        """What has come, after at most ``wait`` [s], and whether that was the last.

        Raises:
            InputError: what the inbox was closed with.
        """
        with self._changed:
            if not self._items and not self._closed:
                self._changed.wait(wait)
        time.sleep(TOGETHER)
        with self._changed:
            items = list(self._items)
            self._items.clear()
            self._held = 0
            if self._failure and not items:
                raise self._failure
            return items, self._closed and not self._failure


def _weight(item: Item) -> int:
    if isinstance(item, Trace):
        return max(item.values.size // PACKED, 1)
    return len(item.values) if isinstance(item, Reading) else 1


class Assembly(Protocol):
    """Makes blocks of all channels out of what arrives."""

    def add(self, item: Item) -> None:
        """Take in ``item``."""

    def take(self, everything: bool) -> Iterator[Block]:
        """Blocks that are complete; with ``everything`` also what might still be joined by others."""


def assembled(
    inbox: Inbox, assembly: Assembly, settle: float, duration: float | None, silence: float | None
) -> Iterator[Block]:
    """Blocks of what comes into ``inbox`` until it is closed, ``duration`` is over or nothing came for ``silence``.

    Args:
        settle: how long a sample may wait for the other channels of its time [s].
        duration, silence: [s]; None: without end.
    """
    begun = heard = time.monotonic()
    while True:
        items, ended = inbox.get(settle)
        now = time.monotonic()
        heard = now if items else heard
        for item in items:
            assembly.add(item)
        ended |= duration is not None and now - begun >= duration
        ended |= silence is not None and now - heard >= silence
        yield from assembly.take(everything=ended or not items)
        if ended:
            return
