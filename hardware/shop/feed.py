"""One machine: its source is read in a thread of its own, recorded, and kept in mind for the board."""

import re
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hardware.intake import Intake
from hardware.shop.changes import Changes, check_channels
from hardware.shop.clocks import ClockShift
from hardware.shop.options import MachineOptions, ShopOptions, codes_of, source_of
from hardware.source import Source
from twin.errors import InputError
from twin.production.history_event import SECOND, Event, now_us, utc_text
from twin.production.history_writer import HistoryWriter

MOST_SAID = 50_000  # words that are kept for the board; the history has all
MOST_GAPS = 5000
LOGIN = re.compile(r"//[^/@]*@")  # of an address: not for the history and the board
Word = tuple[int, str]  # time [µs] and what was said


@dataclass
class Seen:
    """What is known of a machine since the shop was opened."""

    words: dict[str, deque[Word]] = field(default_factory=dict)
    """execution, mode, part_count -> what was said."""
    values: dict[str, float | str | None] = field(default_factory=dict)
    """The newest of every channel."""
    gaps: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=MOST_GAPS))
    first_us: int = 0
    last_us: int = 0
    n_events: int = 0

    def note(self, events: list[Event], silence_us: int) -> None:
        """Take in what was recorded."""
        for event in events:
            if not self.first_us:
                self.first_us = self.last_us = event.time_us
            if event.time_us - self.last_us > silence_us:
                self.gaps.append((self.last_us, event.time_us))
            self.last_us = event.time_us
            self.n_events += 1
            if event.kind == "gap":
                self.gaps.append((event.body["begin_us"], event.time_us))
            if event.kind == "observation":
                item, value = event.body["item"], event.body["value"]
                self.values[item] = value
                if item in ("execution", "mode", "part_count"):
                    said = self.words.setdefault(item, deque(maxlen=MOST_SAID))
                    said.append((event.time_us, "UNAVAILABLE" if value is None else str(value)))


class Feed(threading.Thread):
    """Reads a machine until it ends or :meth:`end` is called; a source that fails is opened again.

    Args:
        name: of the machine.
        writer: of the history; where it is behind, the machine's source waits and loses nothing that it can keep.

    Raises:
        InputError: the options of the source are wrong.
    """

    def __init__(self, name: str, machine: MachineOptions, shop: ShopOptions, writer: HistoryWriter):
        super().__init__(name=f"feed {name}", daemon=True)
        self.machine, self.options, self._shop, self._writer = name, machine, shop, writer
        self.source: Source = source_of(name, machine)  # says now what is wrong with the options
        self._codes: Mapping[str, Mapping[int, str]] = codes_of(machine)
        self.played = machine.source.get("url") is None
        """From a file: its times are not ours."""
        where = machine.source.get("url") or Path(str(machine.source.get("file"))).name
        self.address = f"{machine.source['kind']} {LOGIN.sub('//', where)}"
        self.seen, self.lock = Seen(), threading.Lock()
        self.status, self.why = "connecting", ""
        self.delay = 0.0  # [s] from a sample to its arrival, after the shift
        self.shift = None if self.played else ClockShift(shop.clock_tolerance)
        self.intake: Intake | None = None
        self._ending = threading.Event()

    def end(self) -> None:
        """Stop reading."""
        self._ending.set()
        if self.intake is not None:
            self.intake.__exit__(None, None, None)

    def run(self) -> None:
        name = f"{self.address} played {utc_text(now_us())}" if self.played else self.address
        while not self._ending.is_set():
            try:
                self._follow(self._writer.source(name, self.machine))
                self.status = "ended"
                return
            except Exception as error:  # libraries that sources use have their own kinds
                if self._ending.is_set():
                    return
                self.status = "lost"
                self.why = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            if self.played or self._ending.wait(self._shop.retry):
                return
            self.source = source_of(self.machine, self.options)

    def _follow(self, source: int) -> None:
        """From one connection to its end."""
        with Intake(self.source) as intake:
            self.intake = intake
            check_channels(self.machine, intake.channels)
            last_us = self._writer.last_us(source)
            changes = Changes(intake, self._codes, self.shift, last_us)  # type: ignore[arg-type]
            self.status, self.why = "live", ""
            for block in intake.blocks():
                if self._ending.is_set():
                    return
                arrived = time.time()
                events = changes.events(block, arrived)
                if events and last_us:
                    away = {"lost": None, "begin_us": last_us, "why": "nobody listened"}
                    events.insert(0, Event(events[0].time_us, "gap", away))
                    last_us = 0
                if events:
                    self._writer.submit(source, events)
                    self._note(events, arrived)

    def _note(self, events: list[Event], arrived: float) -> None:
        with self.lock:
            self.seen.note(events, round(self._shop.silence * SECOND))
        if not self.played:
            self.delay = arrived - events[-1].time_us / SECOND
