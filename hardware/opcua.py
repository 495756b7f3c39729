"""A source over OPC UA (IEC 62541): scalar variables and arrays of any server, or what a machine tool monitors."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

from hardware.channel import Block, Channel, Clock
from hardware.events import EventAssembly
from hardware.inbox import Inbox, Losses, assembled
from hardware.opcua_client import OpcuaClient
from hardware.opcua_discovery import MachineTool, machine_tools
from hardware.opcua_login import prepared_client
from hardware.opcua_options import NodeChannel, OpcuaOptions, TraceOptions
from hardware.replay import described
from hardware.source import Source
from hardware.traces import TraceAssembly
from twin.config import build
from twin.errors import InputError
from twin.scenario import Scenario

MOST_WAITING = 1_000_000  # values that a slow reader may leave lying


def bench_source(options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The server that conf/bench/opcua.yaml describes.

    Raises:
        InputError: the options are wrong.
    """
    return OpcuaSource(build(OpcuaOptions, options, "bench"))


class OpcuaSource:
    """Channels of a server.

    With arrays (``options.trace``) a sample is one of theirs and scalars are held over; without, there is a sample for
    every source timestamp at which a scalar changed. Losses are counted in ``losses`` and show as jumps.
    """

    def __init__(self, options: OpcuaOptions):
        self._options, self.losses = options, Losses()
        self._scalars = dict(options.channels)
        trace = options.trace
        if trace and not trace.channels:
            raise InputError("bench.trace has no channels", remedy="name the arrays, or leave the trace out")
        if trace and (twice := set(trace.channels) & set(self._scalars)):
            raise InputError(f"channel {min(twice)} is both a scalar and an array")

    def __enter__(self) -> Self:
        if not self._scalars and not self._options.trace:
            self._options = monitored(self._options, discover(self._options))
            self._scalars = dict(self._options.channels)
        self._inbox = Inbox(MOST_WAITING)
        self._client = OpcuaClient(self._options, self._scalars, self._inbox, self.losses)
        self._client.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.end()

    @property
    def clock(self) -> Clock:
        trace = self._options.trace
        return Clock(name="server", origin="utc", period_s=trace.period if trace else self._options.period)

    @property
    def channels(self) -> tuple[Channel, ...]:
        rows = self._scalars | (self._options.trace.channels if self._options.trace else {})
        return tuple(described(name, row) for name, row in rows.items())

    def blocks(self) -> Iterator[Block]:
        options, names = self._options, tuple(self._scalars)
        if options.trace:
            trace = TraceAssembly(tuple(options.trace.channels), names, options.trace.period, self.losses)
            return assembled(self._inbox, trace, options.settle, options.duration, options.silence)
        events = EventAssembly(names, options.settle, options.period, self.losses)
        return assembled(self._inbox, events, options.settle, options.duration, options.silence)


def discover(options: OpcuaOptions) -> tuple[MachineTool, ...]:
    """Machine tools (OPC 40501-1) on the server, with what they monitor.

    Raises:
        InputError: the server cannot be reached.
    """

    async def ask() -> tuple[MachineTool, ...]:
        client = await prepared_client(options)
        async with client:
            return await machine_tools(client)

    try:
        return asyncio.run(asyncio.wait_for(ask(), 10 * options.timeout))
    except InputError:
        raise
    except Exception as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise InputError(f"{options.url}: {reason}", remedy="check address, network and login") from None


def monitored(options: OpcuaOptions, machines: tuple[MachineTool, ...]) -> OpcuaOptions:
    """The options with everything that machine ``options.machine`` monitors; its arrays where it has such.

    Raises:
        InputError: there is no such machine, or several and none is named, or it monitors nothing.
    """
    known = {machine.name: machine for machine in machines}
    name = next(iter(known)) if options.machine is None and len(known) == 1 else options.machine
    if name not in known:
        remedy = f"bench.machine={', '.join(known)}" if known else "name variables in bench.channels"
        raise InputError(f"the server has {len(known)} machine tools, and not {name!r}", remedy=remedy)
    machine, trace = known[name], None
    if machine.trace and machine.trace.arrays:
        arrays = {channel: NodeChannel(node=node) for channel, node in machine.trace.arrays.items()}
        trace = TraceOptions(first=machine.trace.first, period=machine.trace.period, channels=arrays)
    channels = {
        row.name: NodeChannel(node=row.node)
        for row in machine.variables
        if trace is None or row.name not in trace.channels
    }
    if not channels and trace is None:
        raise InputError(f"machine tool {name} monitors no number", remedy="name variables in bench.channels")
    return replace(options, channels=channels, trace=trace)
