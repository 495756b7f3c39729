"""A source over MQTT 3.1.1: numbers in JSON and binary blocks of samples (:mod:`hardware.mqtt_payload`)."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from hardware.channel import Block, Channel, Clock
from hardware.events import EventAssembly
from hardware.inbox import Inbox, Losses, assembled
from hardware.mqtt_client import MqttClient, broker_of
from hardware.mqtt_options import MqttOptions
from hardware.replay import described, unit_of
from hardware.source import Source
from hardware.traces import TraceAssembly
from twin.config import build
from twin.errors import InputError
from twin.scenario import Scenario

MOST_WAITING = 1_000_000  # values that a slow reader may leave lying


def bench_source(options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The broker that conf/bench/mqtt.yaml describes.

    Raises:
        InputError: the options are wrong.
    """
    return MqttSource(build(MqttOptions, options, "bench"))


class MqttSource:
    """Channels of a broker's topics.

    With blocks a sample is one of theirs and the numbers in JSON are held over; without, there is a sample for every
    time at which a number came. Losses are counted in ``losses`` and show as jumps.
    """

    def __init__(self, options: MqttOptions):
        broker_of(options)
        if not options.channels and options.blocks is None:
            raise InputError("there is nothing to read", remedy="name topics in bench.channels or bench.blocks")
        if options.blocks and options.period is None:
            raise InputError("bench.blocks needs the period of its samples", remedy="bench.period_ms=1")
        self._options, self.losses = options, Losses()
        self.clock = Clock(name="sender", origin="utc", period_s=options.period)

    def __enter__(self) -> Self:
        self._inbox = Inbox(MOST_WAITING)
        self._client = MqttClient(self._options, self._inbox, self.losses)
        self._client.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.end()

    @property
    def channels(self) -> tuple[Channel, ...]:
        scalars = tuple(described(name, row) for name, row in self._options.channels.items())
        return (*scalars, *(Channel(name=name, unit=unit_of(name)) for name in self._client.columns))

    def blocks(self) -> Iterator[Block]:
        options, names = self._options, tuple(self._options.channels)
        if options.blocks and options.period is not None:
            traces = TraceAssembly(self._client.columns, names, options.period, self.losses)
            return assembled(self._inbox, traces, options.settle, options.duration, options.silence)
        events = EventAssembly(names, options.settle, options.period, self.losses)
        return assembled(self._inbox, events, options.settle, options.duration, options.silence)
