"""The machines of a line and the queues before them, as processes of SimPy."""

import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np

from twin.production.line.config import Line, LineOrder, Station, Step
from twin.production.line.trace import NO_PEOPLE, Lot, Stay, Trace
from twin.production.spread import draws
from twin.units import Uncertain


def urgency(line: Line, order: LineOrder, now: float) -> tuple[float, ...]:
    """What waits is taken in ascending order of this."""
    due = 0.0 if line.rule == "first_come" else np.inf if order.due is None else order.due
    return (0.0 if order.urgent else 1.0, due, now)


class OrderLuck:
    """Random numbers of every part of an order at every step."""

    def __init__(self, line: Line, order: LineOrder, key: tuple[int, ...]):
        random = np.random.default_rng(key)
        steps = list(line.parts[order.part].steps.values())
        shape = (len(steps), order.n_parts)
        self.time = np.stack([_times(step, order.n_parts, random) for step in steps])
        self.taken, self.fate = random.random(shape), random.random(shape)
        self.energy = np.stack([draws(step.energy or Uncertain(0.0, 0.0), order.n_parts, random) for step in steps])


def _times(step: Step, n: int, random: np.random.Generator) -> np.ndarray:
    """(part,) times of a step."""
    if step.distribution == "exponential":
        return random.exponential(step.time.value, n)
    return draws(step.time, n, random)


class Queue:
    """Lots that wait at a station, the most urgent first."""

    def __init__(self, clock: Any, history: list[tuple[float, int]]):
        self._clock, self._history = clock, history
        self._waiting: list[tuple[tuple[float, ...], int, Lot, int]] = []
        self._idle: list[Any] = []
        self._count, self._parts = 0, 0

    def put(self, urgency: tuple[float, ...], lot: Lot, step: int) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (urgency, self._count, lot, step))
        self._changed(lot.n_parts)
        self.wake()

    def wake(self) -> None:
        """Tell one idle machine that something waits."""
        if self._waiting and self._idle:
            self._idle.pop(0).succeed()

    def wait(self) -> Any:
        """An event: something is there."""
        event = self._clock.event()
        if self._waiting:
            event.succeed()
        else:
            self._idle.append(event)
        return event

    def take(self) -> tuple[Lot, int] | None:
        """The next lot and its step; None where another machine took it."""
        if not self._waiting:
            return None
        _, _, lot, step = heapq.heappop(self._waiting)
        self._changed(-lot.n_parts)
        return lot, step

    def _changed(self, by: int) -> None:
        self._parts += by
        self._history.append((self._clock.now, self._parts))


class Machine:
    """One machine: what it made last, how warm it is, how worn its tools are, when it will fail."""

    def __init__(
        self,
        line: Line,
        station: str,
        label: str,
        clock: Any,
        random: np.random.Generator,
        trace: Trace,
        queues: dict[str, Queue],
        luck: dict[str, OrderLuck],
        crew: Any,
        first: bool,
    ):
        self.line, self.crew, self.label, self.clock = line, crew, label, clock
        self.random, self.trace = random, trace
        self.station: Station = line.stations[station]
        self.queue, self.queues, self.luck = queues[station], queues, luck
        self.down = sorted((d.start, d.end) for d in self.station.down) if first else []
        self.last_part, self.last_end, self.busy_until = "", -np.inf, 0.0
        self.left: dict[tuple[str, str], float] = {}  # life of each tool that is left, in parts of a mean life
        self.to_failure = self._failure()

    def live(self) -> Iterator[Any]:
        """Take lots until nothing more comes."""
        while True:
            yield from self._wait_while_down()
            yield self.queue.wait()
            if self.down and self.down[0][0] <= self.clock.now:
                self.queue.wake()  # another machine may be free
                continue
            taken = self.queue.take()
            if taken is not None:
                yield from self._make(*taken)

    def _make(self, lot: Lot, number: int) -> Iterator[Any]:
        order = self.line.orders[lot.order]
        steps = self.line.parts[order.part].steps
        name, step = list(steps.items())[number]
        luck = self.luck[lot.order]
        pieces = [p for p in range(lot.first, lot.first + lot.n_parts) if luck.taken[number, p] < step.share]
        pieces = [p for p in pieces if not (luck.fate[:number, p] < _lost(steps, number)).any()]
        warm = self.station.warm_up
        if pieces:
            if self.station.attended:
                yield from self._wait_for_shift(lot)
            if warm and self.clock.now - self.last_end > warm.idle:
                yield from self._stay("warm-up", lot, warm.time)
            if self.last_part != order.part and self.station.setup.value > 0:
                yield from self._by_hand("set-up", lot, float(draws(self.station.setup, 1, self.random)[0]))
            self.last_part = order.part
        for piece in pieces:
            for tool, use in step.tools.items():
                if self.left.get((name, tool), -1.0) < use.used.value:
                    if (name, tool) in self.left:
                        yield from self._by_hand("tool change", lot, use.replacement)
                        self.trace.n_tools += 1
                    spread = use.used.deviation / use.used.value if use.used.value else 0.0
                    self.left[name, tool] = max(float(draws(Uncertain(1.0, spread), 1, self.random)[0]), use.used.value)
                self.left[name, tool] -= use.used.value
                self.trace.tools += use.price * use.used.value
            if self.station.attended:
                yield from self._wait_for_shift(lot)
            time = float(luck.time[number, piece])
            yield from self._work(lot, time)
            self.trace.energy += float(luck.energy[number, piece]) if step.energy else self.station.working_power * time
            lot.lost += bool(luck.fate[number, piece] < step.lost)
        self.last_end = self.clock.now if pieces else self.last_end
        if number + 1 < len(steps):
            self.clock.process(self._carry(lot, number + 1))
        else:
            lot.done = self.clock.now

    def _carry(self, lot: Lot, number: int) -> Iterator[Any]:
        """Bring a lot to the station of its next step."""
        order = self.line.orders[lot.order]
        if self.line.transport > 0:
            yield self.clock.timeout(self.line.transport)
        station = list(self.line.parts[order.part].steps.values())[number].station
        self.queues[station].put(urgency(self.line, order, self.clock.now), lot, number)

    def _work(self, lot: Lot, time: float) -> Iterator[Any]:
        """Work on one part, with the failures and planned stops that fall into it."""
        while time > 0:
            until_down = self.down[0][0] - self.clock.now if self.down else np.inf
            span = min(time, self.to_failure, max(until_down, 0.0))
            yield from self._stay("work", lot, span)
            time -= span
            self.to_failure -= span
            if self.to_failure <= 0 and self.station.breakdown:
                yield from self._by_hand("repair", lot, float(draws(self.station.breakdown.repair, 1, self.random)[0]))
                self.to_failure = self._failure()
            yield from self._wait_while_down()

    def _wait_while_down(self) -> Iterator[Any]:
        while self.down and self.down[0][0] <= self.clock.now:
            start, end = self.down.pop(0)
            if end > self.clock.now:
                yield self.clock.timeout(end - self.clock.now)
            if end > max(start, self.busy_until):
                self.trace.stays.append(Stay(self.label, "down", "", max(start, self.busy_until), end))

    def _by_hand(self, state: str, lot: Lot, time: float) -> Iterator[Any]:
        """What a person does: begun while people are there and one of them is free, then finished."""
        if time <= 0:
            return
        while True:
            yield from self._wait_for_shift(lot)
            asked = self.clock.now
            hand = self.crew.request() if self.crew else None
            if hand:
                yield hand
                self._record(NO_PEOPLE, lot, asked)
            if self.line.away(self.clock.now) == 0:
                break
            self.crew.release(hand)  # by the time that somebody was free the shift was over
        yield from self._stay(state, lot, time)
        if hand:
            self.crew.release(hand)

    def _wait_for_shift(self, lot: Lot) -> Iterator[Any]:
        yield from self._stay(NO_PEOPLE, lot, self.line.away(self.clock.now))

    def _stay(self, state: str, lot: Lot, time: float) -> Iterator[Any]:
        if time <= 0:
            return
        start = self.clock.now
        yield self.clock.timeout(time)
        self._record(state, lot, start)

    def _record(self, state: str, lot: Lot, start: float) -> None:
        """A stay that ends now."""
        self.busy_until = self.clock.now
        if self.clock.now > start:
            self.trace.stays.append(Stay(self.label, state, lot.order, start, self.clock.now))

    def _failure(self) -> float:
        """Working time until the machine fails [s]."""
        breakdown = self.station.breakdown
        return self.random.exponential(breakdown.between) if breakdown else np.inf


def _lost(steps: dict[str, Step], number: int) -> np.ndarray:
    return np.array([step.lost for step in list(steps.values())[:number]])
