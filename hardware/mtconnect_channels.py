"""From observations of an agent or an adapter to values of our channels, in our units and in an order of time."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from hardware.channel import Quality
from hardware.inbox import Losses, Reading
from hardware.mtconnect_model import Conversion, DataItem, channel_names, conversion
from hardware.mtconnect_options import ItemChannel
from hardware.mtconnect_streams import UNAVAILABLE, Observation
from hardware.replay import described
from twin.errors import InputError

DIGITS = 6  # of a second: time stamps are rounded so
ONWARD = 10.0**-DIGITS  # [s] by which time goes on for what came late
MOST_LATE = 20  # observations in a row that may be late; more: the clock was set back
LONGER = 1.5  # than a time series: so long others are waited for
SAME = 0.01  # of a period, within which two times are one
NAN = float("nan")


@dataclass
class _Reader:
    """One channel of a data item."""

    name: str
    conversion: Conversion
    words: Mapping[str, float]
    axis: int | None  # of a position in space

    def value(self, text: str) -> float:
        if self.words and text.upper() in self.words:
            return self.words[text.upper()]
        try:
            number = float(text if self.axis is None else text.split()[self.axis])
        except (ValueError, IndexError):
            return NAN
        return number * self.conversion.factor + self.conversion.offset


@dataclass
class _Listener:
    """What is known of one data item while it speaks."""

    key: str
    rate: float | None  # [Hz] of a time series
    is_series: bool
    readers: list[_Reader] = field(default_factory=list)
    sequence: int = 0  # of its last observation
    time: float = -math.inf  # [s] of it
    anchor: float = NAN  # [s] of the first sample of an unbroken series
    count: int = 0  # samples since then


def select(
    items: Collection[DataItem], wanted: Mapping[str, ItemChannel], available: Collection[str], native: bool
) -> dict[str, ItemChannel]:
    """Channels and their data items: ``wanted``, or every number that is ``available`` (ids) where none is wanted.

    A time series goes before the single value of the same name. Names that two data items would share get the name of
    the component in front.

    Raises:
        InputError: nothing is left to read.
    """
    if wanted:
        return dict(wanted)
    numbers = sorted((i for i in items if i.is_number and i.id in available), key=lambda item: not item.is_series)
    chosen: dict[str, ItemChannel] = {}
    source: dict[str, DataItem] = {}
    for item in numbers:
        for name, axis in zip(channel_names(item, native), "xyz", strict=False):
            if name in chosen and source[name].is_series > item.is_series:
                continue  # the value beside its series
            if name in chosen:
                name = f"{item.component}_{name}".lower().replace(" ", "_")
            if name not in chosen:
                chosen[name] = ItemChannel(item=item.id, axis=axis if item.is_space else None)  # type: ignore[arg-type]
                source[name] = item
    if not chosen:
        raise InputError("there is no number to read", remedy="name data items in bench.channels")
    return chosen


class Readers:
    """Reads observations of the chosen data items.

    Args:
        items: the device model; may be empty for an adapter.
        chosen: channel -> data item.
        native: values come from an adapter, not from an agent.
        settle: by which observations may be behind others [s].
        losses: where to count.

    Raises:
        InputError: a data item is not there, or its unit is of another kind.
    """

    def __init__(
        self,
        items: Collection[DataItem],
        chosen: Mapping[str, ItemChannel],
        native: bool,
        settle: float,
        losses: Losses,
    ):
        self._losses, self._native = losses, native
        self.settle = settle
        """[s] by which observations may be behind others; longer than the time series are."""
        self._newest, self._late = -math.inf, 0
        self._step = 0.0  # [s] that is added to the source's times
        self._listeners: dict[str, _Listener] = {}
        self._told: set[str] = set()
        known = {key: item for item in items for key in (item.source, item.name, item.id) if key}
        for name, row in chosen.items():
            item = known.get(row.item)
            if item is None and items:
                raise InputError(f"channel {name}: there is no data item {row.item!r}", remedy=_near(row.item, known))
            self._listen(name, row, item)
        self.channels = tuple(described(name, row) for name, row in chosen.items())
        rates = {one.rate for one in self._listeners.values() if one.is_series}
        rate = rates.pop() if len(rates) == 1 else None
        self.period = 1 / rate if rate else None
        """[s] between samples, where all time series have one rate."""
        self._grid = NAN  # [s] of a sample

    def _listen(self, name: str, row: ItemChannel, item: DataItem | None) -> None:
        unit = row.unit or (item.unit(self._native) if item else "")
        scale = item.native_scale if item and self._native else 1.0
        reader = _Reader(
            name,
            conversion(name, unit, row.factor, scale),
            {word.upper(): value for word, value in row.words.items()},
            "xyz".index(row.axis) if row.axis else None,
        )
        keys = {row.item}
        if item:
            keys = {key for key in (item.source, item.name, item.id) if key} if self._native else {item.id}
        listener = next((self._listeners[key] for key in keys if key in self._listeners), None)
        if listener is None:
            listener = _Listener(row.item, item.sample_rate if item else None, item.is_series if item else row.series)
        listener.readers.append(reader)
        self._listeners |= dict.fromkeys(keys, listener)

    def is_series(self, key: str) -> bool:
        """Whether the data item ``key`` is a time series; False where it is not read."""
        return key in self._listeners and self._listeners[key].is_series

    def learn(self, observations: Iterable[Observation]) -> None:
        """How long time series are: events inside one may come before it or after it."""
        for row in observations:
            listener = self._listeners.get(row.item)
            rate = listener and listener.is_series and (row.rate or listener.rate)
            if rate:
                self.settle = max(self.settle, LONGER * len(row.text.split()) / rate)

    def begin_anew(self) -> None:
        """The agent counts anew."""
        for listener in self._listeners.values():
            listener.sequence, listener.anchor = 0, NAN

    def read(self, observation: Observation) -> Iterator[Reading]:
        """Values of our channels in ``observation``; none where it is not read, or known."""
        listener = self._listeners.get(observation.item)
        if listener is None:
            return
        if 0 < observation.sequence <= listener.sequence:
            self._losses.duplicated += 1
            return
        listener.sequence = observation.sequence
        if listener.is_series:
            yield from self._series(listener, observation)
            return
        admitted = self._admitted(listener, observation)
        if admitted is None:
            return
        time, quality = admitted
        if observation.text.upper() == UNAVAILABLE:
            quality = int(Quality.BAD)
        bad = quality == Quality.BAD
        values = {reader.name: NAN if bad else reader.value(observation.text) for reader in listener.readers}
        if not bad and any(reader.words and math.isnan(values[reader.name]) for reader in listener.readers):
            self._say(f"{listener.key} says '{observation.text}', a word that nobody explains: no measurement")
        yield Reading(time, values, quality)

    def hold(self, observations: Collection[Observation]) -> Iterator[Reading]:
        """What holds when we connect, all at the time of the newest of it."""
        self.learn(observations)
        mine = [row for row in observations if row.item in self._listeners]
        now = max((row.time for row in mine), default=0.0)
        for row in mine:
            listener = self._listeners[row.item]
            if listener.is_series:
                listener.sequence = row.sequence  # its values belong to times before we came
            else:
                yield from self.read(Observation(row.item, now, row.text, row.sequence))

    def _admitted(self, listener: _Listener, observation: Observation) -> tuple[float, int] | None:
        """Its time, on the grid of the series, and quality. What is late but new counts from now on."""
        time = self._settled(observation.time, observation.time, ONWARD)
        if time is None:
            self._losses.late += 1
            if not observation.time + self._step > listener.time:
                return None  # older than what is known of it
            self._say(f"{listener.key} comes late: it counts from when it came")
            listener.time = observation.time + self._step
            self._newest += ONWARD
            return self._newest, int(Quality.UNCERTAIN)
        if self.period and math.isfinite(self._grid):
            steps = math.ceil((time - self._grid) / self.period - SAME)
            time = round(self._grid + steps * self.period, DIGITS)
        listener.time = max(time, listener.time)
        self._newest = max(self._newest, time)
        return time, int(Quality.GOOD)

    def _settled(self, begin: float, end: float, onward: float) -> float | None:
        """Time [s] of what begins and ends so, after the steps of the clock; None: it is late.

        When much is late in a row the clock was set back: from then on time goes on from the newest.
        """
        if end + self._step >= self._newest - self.settle:
            self._late = 0
        elif self._late < MOST_LATE:
            self._late += 1
            return None
        else:
            self._late = 0
            self._step = self._newest + onward - begin
            self._losses.say(f"the source's clock was set back: {self._step:.3f} s are added from here on")
        return round(begin + self._step, DIGITS)

    def _series(self, listener: _Listener, observation: Observation) -> Iterator[Reading]:
        """Its samples at their rate, the last at the time stamp."""
        rate = observation.rate or listener.rate
        if observation.text.upper() == UNAVAILABLE or not observation.text:
            listener.anchor = NAN
            admitted = self._admitted(listener, observation) if observation.text else None
            if admitted:
                yield Reading(admitted[0], {reader.name: NAN for reader in listener.readers}, int(Quality.BAD))
            return
        values = _numbers(observation.text)
        if not rate:
            self._losses.lost += len(values)
            self._say(f"{listener.key} is a time series without a rate, and was left out")
            return
        begin = self._settled(observation.time - (len(values) - 1) / rate, observation.time, 1 / rate)
        if begin is None:
            self._losses.late += len(values)
            return
        away = begin - (listener.anchor + listener.count / rate)
        if not abs(away) < len(values) / rate / 2:  # also where there is no anchor
            if math.isfinite(away):
                self._losses.say(f"{listener.key}: its time stamps are {away:+.3f} s from its rate")
            listener.anchor, listener.count = begin, 0
        number = np.arange(listener.count, listener.count + len(values))
        times = np.round(listener.anchor + number / rate, DIGITS).tolist()
        listener.count += len(values)
        listener.time = self._grid = times[-1]
        self._newest = max(self._newest, times[-1])
        for reader in listener.readers:
            column = (values * reader.conversion.factor + reader.conversion.offset).tolist()
            for time, value in zip(times, column, strict=True):
                yield Reading(time, {reader.name: value}, 0)

    def _say(self, message: str) -> None:
        """Once."""
        if message not in self._told:
            self._told.add(message)
            self._losses.say(message)


def _numbers(text: str) -> np.ndarray:
    words = text.split()
    try:
        return np.array(words, dtype=float)
    except ValueError:
        return np.array([_number(word) for word in words])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return NAN


def _near(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:8]
    return "it has " + ", ".join(near)
