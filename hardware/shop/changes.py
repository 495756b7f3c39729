"""Blocks of a source as events of a history: what changed, what is missing, what the clock did."""

from collections.abc import Mapping

import numpy as np

from hardware.channel import Block, Channel
from hardware.shop.clocks import ClockShift
from hardware.source import Source
from twin.errors import InputError
from twin.production.history_event import SECOND, Event

ALIVE = 60.0  # [s] after which an unchanged value is said again: the machine is there


class Changes:
    """Turns the blocks of one source into events; times never fall.

    Args:
        source: opened; its channels are known.
        codes: channel -> number -> word, for channels whose numbers stand for words.
        shift: of its clock; None: the times are of a file and stay.
        last_us: time of the last event of that machine in the history [µs].
    """

    def __init__(
        self, source: Source, codes: Mapping[str, Mapping[int, str]], shift: ClockShift | None, last_us: int = 0
    ):
        self._names = [channel.name for channel in source.channels]
        self._codes = {name: codes[name] for name in self._names if name in codes}
        self._shift, self._last_us = shift, last_us
        self._from_start = source.clock.origin == "start"
        self._values = np.full(len(self._names), np.nan)
        self._known = False
        self._next: int | None = None
        self._said_us = 0  # when an event was last made

    def events(self, block: Block, arrived: float) -> list[Event]:
        """What a block says that was not known.

        Args:
            arrived: when it came [s], UTC since 1970 by our clock.

        Raises:
            InputError: a number that stands for no word.
        """
        if not len(block):
            return []
        found = self._clock(block, arrived)
        table = np.stack([np.asarray(block.values[name], float) for name in self._names], axis=1)
        before = np.vstack([self._values, table[:-1]])
        changed = ~((table == before) | (np.isnan(table) & np.isnan(before)))
        if not self._known:
            changed[0] = True
        time_us = self._times(block)
        if self._next is not None and block.first > self._next:
            found.append(self._gap(block.first - self._next, int(time_us[0])))
        for row, column in np.argwhere(changed).tolist():
            found.append(self._observation(int(time_us[row]), column, table[row, column]))
            self._said_us = int(time_us[row])
        if time_us[-1] - self._said_us > ALIVE * SECOND:
            found.append(self._observation(int(time_us[-1]), 0, table[-1, 0]))
            self._said_us = int(time_us[-1])
        self._values, self._known, self._next = table[-1], True, block.first + len(block)
        self._last_us = max(self._last_us, int(time_us[-1]))
        return found

    def _times(self, block: Block) -> np.ndarray:
        """(sample,) [µs] UTC by our clock; a clock that was set back stands still until it has caught up."""
        added = 0.0 if self._shift is None else self._shift.added
        time_us = np.round((block.time + added) * SECOND).astype(np.int64)
        return np.maximum.accumulate(np.maximum(time_us, self._last_us))

    def _clock(self, block: Block, arrived: float) -> list[Event]:
        if self._shift is None or not self._shift.heard(arrived, float(block.time[-1])):
            return []
        why = "its times count from its start" if self._from_start else "its clock is not this computer's"
        time_us = int(self._times(block)[0])
        return [Event(time_us, "clock", {"added_s": round(self._shift.added, 6), "why": why})]

    def _gap(self, lost: int, time_us: int) -> Event:
        body = {"lost": int(lost), "begin_us": self._last_us, "why": "samples of the source are missing"}
        return Event(time_us, "gap", body)

    def _observation(self, time_us: int, column: int, value: float) -> Event:
        name = self._names[column]
        said: float | str | None = None
        if np.isfinite(value):
            said = self._word(name, float(value)) if name in self._codes else float(value)
        return Event(time_us, "observation", {"item": name, "value": said})

    def _word(self, name: str, number: float) -> str:
        word = self._codes[name].get(round(number))
        if word is None:
            known = ", ".join(f"{code} {text}" for code, text in self._codes[name].items())
            raise InputError(f"unknown state {number:g} of channel {name}", remedy=f"codes knows {known}")
        return word


def check_channels(name: str, channels: tuple[Channel, ...]) -> None:
    """Raise unless a machine says what it does.

    Raises:
        InputError: no channel is called ``execution``.
    """
    if "execution" not in (channel.name for channel in channels):
        known = ", ".join(channel.name for channel in channels)
        raise InputError(f"{name} has no channel 'execution'", remedy=f"name what says ACTIVE; it has {known}")
