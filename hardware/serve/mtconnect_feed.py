"""From the rows of what is played to the agent's observations."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hardware.channel import Channel
from hardware.serve.mtconnect_buffer import ObservationBuffer
from hardware.serve.mtconnect_device import SERIES, Device
from twin.machine.tool import Tool

UNAVAILABLE = "UNAVAILABLE"


class ServedState(Protocol):
    """A machine that is played, or a live one."""

    machine: str
    run: str
    program: str
    channels: tuple[Channel, ...]
    period: float
    """Between rows [s]."""
    tools: Sequence[Tool]

    def rows(self, first: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times UTC (row,) [s] and values, channel -> (row,), of what was played from row ``first`` up to now."""

    @property
    def ended(self) -> bool:
        """The program is over."""


class Feed:
    """Takes rows out of ``state`` into ``buffer``: values when they change, all rows as time series."""

    def __init__(self, state: ServedState, device: Device, buffer: ObservationBuffer):
        self._state, self._buffer = state, buffer
        self._items = {item.id: item for item in device.items}
        self._rows, self._last, self._ended = 0, 0.0, False
        self._said: dict[str, str] = {}

    def publish(self) -> None:
        """Observe everything that was played since the last time; after that the end of the program, once."""
        ended = self._state.ended
        time, values = self._state.rows(self._rows)
        if len(time):
            self._buffer.add(self._observed(time, values))
            self._last = float(time[-1])
        elif ended and self._rows and not self._ended:
            self._ended = True
            self._buffer.add([("execution", self._last, "PROGRAM_COMPLETED", 0)])

    def _observed(self, time: np.ndarray, values: dict[str, np.ndarray]) -> list[tuple[str, float, str, int]]:
        """Item, time, text and number of values of each observation in these rows."""
        found: list[tuple[str, float, str, int]] = []
        if not self._rows:
            start = float(time[0])
            states = {"avail": "AVAILABLE", "mode": "AUTOMATIC", "execution": "ACTIVE", "program": self._state.program}
            found += [(item, start, text, 0) for item, text in states.items()]
        for name, column in values.items():
            if name in self._items:
                observe = self._value if self._items[name].units else self._event
                found += observe(name, time, column)
        for name, column in values.items():
            series = self._items.get(name + SERIES)
            if series:
                text = " ".join([f"{value:.9g}" for value in (column * series.factor).tolist()]).replace("nan", "NaN")
                found.append((series.id, float(time[-1]), text, len(time)))
        self._rows += len(time)
        return found

    def _value(self, name: str, time: np.ndarray, column: np.ndarray) -> list[tuple[str, float, str, int]]:
        """The newest, if it is another."""
        value = float(column[-1]) * self._items[name].factor
        return self._new(name, float(time[-1]), f"{value:.9g}" if np.isfinite(value) else UNAVAILABLE)

    def _event(self, name: str, time: np.ndarray, column: np.ndarray) -> list[tuple[str, float, str, int]]:
        """Every change, at its time."""
        known = np.nan_to_num(column, nan=-1.0)
        rows = [0, *(np.flatnonzero(np.diff(known)) + 1).tolist()]
        texts = [f"{column[row]:.0f}" if np.isfinite(column[row]) else UNAVAILABLE for row in rows]
        return [one for row, text in zip(rows, texts, strict=True) for one in self._new(name, float(time[row]), text)]

    def _new(self, name: str, time: float, text: str) -> list[tuple[str, float, str, int]]:
        if self._said.get(name) == text:
            return []
        self._said[name] = text
        return [(name, time, text, 0)]
