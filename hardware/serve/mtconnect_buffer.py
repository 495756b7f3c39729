"""The agent's memory: the last observations by their numbers, and what held before the oldest of them."""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from hardware.serve.mtconnect_device import Item


@dataclass(frozen=True, slots=True)
class Kept:
    """An observation as it is sent."""

    sequence: int
    item: int  # place in the buffer's items
    xml: str


@dataclass(frozen=True)
class Extract:
    """Some observations, and where the buffer stood."""

    observations: list[Kept]
    first: int
    """Number of the oldest observation that is kept."""
    last: int
    """Of the newest."""
    next: int
    """To ask for next."""


class OutOfRange(Exception):
    """An observation that is asked for is not kept, or not yet made."""

    def __init__(self, name: str, value: int, least: int, greatest: int):
        super().__init__(f"'{name}' must be between {least} and {greatest}")
        self.name, self.value, self.least, self.greatest = name, value, least, greatest


class ObservationBuffer:
    """A circular buffer of ``size`` observations of ``items``; all begin as unavailable.

    ``instance`` is another one for every buffer: numbers begin anew with it.
    """

    def __init__(self, items: Sequence[Item], size: int):
        self.items, self.size = tuple(items), size
        self.instance = time.time_ns() // 1000
        self.changed = threading.Condition()
        self._ring: list[Kept | None] = [None] * size
        self._before: list[Kept | None] = [None] * len(self.items)  # the last of each item that is no longer kept
        self._next = 1
        self._place = {item.id: k for k, item in enumerate(self.items)}
        now = time.time()
        self.add([(item.id, now, "" if item.rate else "UNAVAILABLE", 0) for item in self.items])

    def add(self, observations: Sequence[tuple[str, float, str, int]]) -> None:
        """Keep observations: item, UTC since 1970 [s], text, and number of samples in it (of a series)."""
        with self.changed:
            for item, when, text, count in observations:
                place, number = self._place[item], self._next
                slot = number % self.size
                old = self._ring[slot]
                if old is not None:
                    self._before[old.item] = old
                self._ring[slot] = Kept(number, place, _xml(self.items[place], number, when, text, count))
                self._next += 1
            self.changed.notify_all()

    @property
    def _first(self) -> int:
        return max(1, self._next - self.size)

    def extract(self, start: int | None, count: int, wanted: Collection[int] | None) -> Extract:
        """At most ``count`` observations from number ``start`` on (None: the oldest) of the ``wanted`` items (all).

        Raises:
            OutOfRange: ``start`` is not kept.
        """
        with self.changed:
            first, last = self._first, self._next - 1
            if start is not None and not first <= start <= self._next:
                raise OutOfRange("from", start, first, self._next)
            number = first if start is None else start
            found: list[Kept] = []
            while number <= last and len(found) < count:
                kept = self._ring[number % self.size]
                assert kept is not None
                if wanted is None or kept.item in wanted:
                    found.append(kept)
                number += 1
            return Extract(found, first, last, number)

    def current(self, at: int | None, wanted: Collection[int] | None) -> Extract:
        """The last observation of each item up to number ``at``; None: of all.

        Raises:
            OutOfRange: ``at`` is not kept.
        """
        with self.changed:
            first, last = self._first, self._next - 1
            if at is not None and not first <= at <= last:
                raise OutOfRange("at", at, first, last)
            held = list(self._before)
            for number in range(first, (last if at is None else at) + 1):
                kept = self._ring[number % self.size]
                assert kept is not None
                held[kept.item] = kept
            found = [kept for kept in held if kept is not None and (wanted is None or kept.item in wanted)]
            return Extract(found, first, last, self._next)

    def wait(self, number: int, longest: float) -> None:
        """Until observation ``number`` is there, ``longest`` [s] at most."""
        with self.changed:
            self.changed.wait_for(lambda: self._next > number, longest)


def stamp(when: float) -> str:
    """UTC since 1970 [s] as ISO 8601."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _xml(item: Item, number: int, when: float, text: str, count: int) -> str:
    kind = f' subType="{item.sub_type}"' if item.sub_type else ""
    series = f' sampleCount="{count}" sampleRate="{item.rate:.9g}"' if item.rate else ""
    head = f'{item.element} dataItemId="{item.id}" name="{item.name}" sequence="{number}" timestamp="{stamp(when)}"'
    return f"<{head}{kind}{series}>{escape(text)}</{item.element}>"
