"""Kept observations, played as if they were live: at their own pace, or so many times faster."""

import gzip
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from hardware.channel import Block, Channel, Clock
from hardware.events import EventAssembly
from hardware.inbox import Losses
from hardware.mtconnect_channels import Readers, select
from hardware.mtconnect_model import parse_devices
from hardware.mtconnect_options import StreamOptions
from hardware.mtconnect_streams import Observation, parse_answer
from twin.errors import InputError

LONGEST_WAIT = 0.1  # [s] at once: whoever reads wants to look at other things too
AT_ONCE = 1000  # observations between two blocks


def read_documents(path: Path) -> list[Observation]:
    """Observations of an answer to /current or /sample, or of all ``*.xml`` of a folder in the order of their names.

    What stands in several of them, as documents overlap, is there once. Another instance of the agent begins anew.

    Raises:
        InputError: a file cannot be read, or is no such answer.
    """
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    if not files:
        raise InputError("the folder has no *.xml", file=path)
    found: list[Observation] = []
    seen: set[tuple[str, str, int]] = set()
    for file in files:
        answer = parse_answer(read_bytes(file), str(file))
        if answer.errors:
            raise InputError(f"the agent's answer is an error: {answer.errors[0]}", file=file)
        for row in answer.observations:
            mark = (answer.instance, row.item, row.sequence)
            if not row.sequence or mark not in seen:
                seen.add(mark)
                found.append(Observation(row.item, row.time, row.text, 0, row.rate))
    return found


def read_bytes(file: Path) -> bytes:
    """What a file holds, plain or gzip.

    Raises:
        InputError: it cannot be read.
    """
    try:
        raw = file.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError) as error:
        raise InputError(f"cannot read it: {error}", file=file) from None


class PlayedSource:
    """Observations from a file.

    Args:
        options: channels, pace, device model.
        observations: in the order in which they came.
        native: they come from an adapter, in its own units.

    Raises:
        InputError: there is nothing to read, a data item is not there, a unit is of another kind.
    """

    def __init__(self, options: StreamOptions, observations: Sequence[Observation], native: bool):
        self._options, self._observations, self.losses = options, observations, Losses()
        if options.time_factor is not None and not options.time_factor > 0:
            raise InputError(f"bench.time_factor_ratio is {options.time_factor:g}", remedy="2: twice as fast")
        model = options.devices
        items = parse_devices(read_bytes(Path(model)), model) if model else ()
        items = tuple(item for item in items if options.device in (None, item.device))
        spoken = {row.item for row in observations if row.is_number}
        available = {item.id for item in items if spoken & {item.id, item.name, item.source}}
        if not options.channels and not items:
            raise InputError("nobody says what is to be read", remedy="bench.devices=probe.xml, or bench.channels")
        chosen = select(items, options.channels, available, native)
        self._readers = Readers(items, chosen, native, options.settle, self.losses)
        self._readers.learn(observations)
        self.channels: tuple[Channel, ...] = self._readers.channels
        self.clock = Clock(name="file", origin="utc", period_s=options.period or self._readers.period)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def blocks(self) -> Iterator[Block]:
        options = self._options
        names = tuple(channel.name for channel in self.channels)
        events = EventAssembly(names, self._readers.settle, self.clock.period_s, self.losses)
        begun, start = time.monotonic(), None
        end = math.inf if options.duration is None else begun + options.duration
        for number, row in enumerate(self._observations, 1):
            values = list(self._readers.read(row))
            if values and options.time_factor:
                start = row.time if start is None else start
                due = begun + (row.time - start) / options.time_factor
                while (wait := min(due, end) - time.monotonic()) > 0:
                    yield from events.take(everything=False)
                    time.sleep(min(wait, LONGEST_WAIT))
            if time.monotonic() >= end:
                break
            for value in values:
                events.add(value)
            if number % AT_ONCE == 0:
                yield from events.take(everything=False)
        yield from events.take(everything=True)
