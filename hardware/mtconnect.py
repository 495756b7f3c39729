"""A source over MTConnect (ANSI/MTC1.4): any agent over HTTP, or answers of one that are kept in files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from hardware.channel import Block, Channel, Clock
from hardware.events import EventAssembly
from hardware.inbox import Inbox, Losses, assembled
from hardware.mtconnect_client import MtconnectClient
from hardware.mtconnect_options import MtconnectOptions
from hardware.mtconnect_playback import PlayedSource, read_documents
from hardware.source import Source
from twin.config import build
from twin.errors import InputError
from twin.scenario import Scenario

MOST_WAITING = 1_000_000  # values that a slow reader may leave lying


def bench_source(options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The agent that conf/bench/mtconnect.yaml describes, or the file that stands for it.

    Raises:
        InputError: the options are wrong.
    """
    chosen = build(MtconnectOptions, options, "bench")
    if chosen.file is not None and chosen.url is None:
        return PlayedSource(chosen, read_documents(Path(chosen.file)), native=False)
    return MtconnectSource(chosen)


class MtconnectSource:
    """Channels of an agent: a sample for every time at which one of them was observed, the others held over.

    Time series are samples at their rate. Losses are counted in ``losses`` and show as jumps.
    """

    def __init__(self, options: MtconnectOptions):
        place = urlsplit(options.url or "")
        if place.scheme not in ("http", "https") or not place.hostname:
            raise InputError(f"bench.url is {options.url!r}", remedy="url=http://host:5000, or file=... to play")
        self._options, self.losses = options, Losses()

    def __enter__(self) -> Self:
        self._inbox = Inbox(MOST_WAITING)
        self._client = MtconnectClient(self._options, self._inbox, self.losses)
        self._client.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.end()

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self._client.readers.channels

    @property
    def clock(self) -> Clock:
        return Clock(name="agent", origin="utc", period_s=self._options.period or self._client.readers.period)

    def blocks(self) -> Iterator[Block]:
        options = self._options
        names = tuple(channel.name for channel in self.channels)
        settle = self._client.readers.settle
        events = EventAssembly(names, settle, self.clock.period_s, self.losses)
        return assembled(self._inbox, events, settle, options.duration, options.silence)
