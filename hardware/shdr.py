"""A source over SHDR, what MTConnect adapters send: live over TCP, or a log of it as if it were live.

``timestamp|key|value|key|value`` in lines; a time series is ``timestamp|key|count|rate|values``, a condition
``timestamp|key|level|code|severity|qualifier|text``. (Adapter protocol of the MTConnect C++ agent.)
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from hardware.channel import Block, Channel, Clock
from hardware.events import EventAssembly
from hardware.inbox import Inbox, Losses, assembled
from hardware.mtconnect_channels import Readers
from hardware.mtconnect_model import parse_devices
from hardware.mtconnect_options import ShdrOptions
from hardware.mtconnect_playback import PlayedSource, read_bytes
from hardware.shdr_client import ShdrClient
from hardware.shdr_rows import ShdrRows
from hardware.source import Source
from twin.config import build
from twin.errors import InputError
from twin.scenario import Scenario

MOST_WAITING = 1_000_000  # values that a slow reader may leave lying


def bench_source(options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The adapter that conf/bench/shdr.yaml describes, or its log.

    Raises:
        InputError: the options are wrong, or the log cannot be read.
    """
    chosen = build(ShdrOptions, options, "bench")
    return played_log(chosen) if chosen.file is not None and chosen.url is None else ShdrSource(chosen)


def played_log(options: ShdrOptions) -> PlayedSource:
    """The log ``options.file``, plain or gzip; lines that are no SHDR are counted in its losses.

    Raises:
        InputError: it cannot be read, or holds nothing that is wanted.
    """
    file = Path(str(options.file))
    series = {row.item for row in options.channels.values() if row.series}
    if options.devices:
        items = parse_devices(read_bytes(Path(options.devices)), options.devices)
        series |= {key for item in items if item.is_series for key in (item.source, item.name, item.id)}
    rows = ShdrRows(series.__contains__)
    text = read_bytes(file).decode("utf-8", "replace")
    observations = [row for line in text.splitlines() for row in rows.read(line)]
    if not observations:
        raise InputError("no row of the log can be read", file=file, remedy="rows are YYYY-MM-DDThh:mm:ssZ|key|value")
    source = PlayedSource(options, observations, native=True)
    if rows.unreadable:
        source.losses.say(f"{rows.unreadable} lines are no SHDR and were left out")
    return source


class ShdrSource:
    """Channels of an adapter; its values are in its own units. Losses are counted in ``losses`` and show as jumps.

    An adapter keeps nothing: what it said while the connection was down is lost, and a gap says so.
    """

    def __init__(self, options: ShdrOptions):
        place = urlsplit(options.url or "")
        if place.scheme != "shdr" or not place.hostname or not place.port:
            raise InputError(f"bench.url is {options.url!r}", remedy="url=shdr://host:7878, or file=log.shdr.gz")
        if not options.channels:
            raise InputError("nobody says what is to be read", remedy="name keys of the adapter in bench.channels")
        items = parse_devices(read_bytes(Path(options.devices)), options.devices) if options.devices else ()
        self._options, self.losses = options, Losses()
        self._address = (place.hostname, place.port)
        self._readers = Readers(items, options.channels, True, options.settle, self.losses)
        self.channels: tuple[Channel, ...] = self._readers.channels
        self.clock = Clock(name="adapter", origin="utc", period_s=options.period or self._readers.period)

    def __enter__(self) -> Self:
        self._inbox = Inbox(MOST_WAITING)
        self._client = ShdrClient(self._address, self._options, self._readers, self._inbox, self.losses)
        self._client.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.end()

    def blocks(self) -> Iterator[Block]:
        options = self._options
        names = tuple(channel.name for channel in self.channels)
        settle = self._readers.settle
        events = EventAssembly(names, settle, self.clock.period_s, self.losses)
        return assembled(self._inbox, events, settle, options.duration, options.silence)
