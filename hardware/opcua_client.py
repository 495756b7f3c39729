"""The thread that talks to an OPC UA server: connects, subscribes, connects again, and fills an inbox.

Scalars and arrays are monitored items of one subscription. What a server says about loss is passed on: the overflow bit
of a value (OPC 10000-4, 7.39), a jump in the numbers of its messages, a connection that was down.
"""

import asyncio
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from hardware.channel import Quality
from hardware.inbox import Gap, Inbox, Item, Losses, Reading, Trace
from hardware.opcua_discovery import find_node, unit_of_node
from hardware.opcua_login import prepared_client
from hardware.opcua_options import NodeChannel, OpcuaOptions
from hardware.unit_symbols import checked_factor
from twin.errors import InputError

OVERFLOW = 0x480  # info type "data value" and overflow
UNCERTAIN, BAD = 0x40000000, 0x80000000
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # [s] between attempts
ALIVE = 1.0  # [s] between questions whether the server still answers
QUEUE, FASTEST, SHORTEST = 4.0, 1000.0, 1000  # the server's queue: publishing intervals, values a second, at least
MOST_WAITING = 16  # moments of which not all arrays have come


@dataclass
class _Item:
    channel: str  # empty: the arrays' first sample
    is_array: bool
    factor: float


class OpcuaClient(threading.Thread):
    """Fills ``inbox`` from the server until :meth:`end`.

    Args:
        options: server and channels.
        channels: variable of each scalar channel.
    """

    def __init__(self, options: OpcuaOptions, channels: dict[str, NodeChannel], inbox: Inbox, losses: Losses):
        super().__init__(name="opcua", daemon=True)
        self._options, self._channels, self._inbox, self._losses = options, channels, inbox, losses
        self._ready, self._ending = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self._items: dict[int, _Item] = {}
        self._parts: dict[float, dict[str, np.ndarray]] = {}  # source time -> arrays that have come
        self._part_quality: dict[float, int] = {}
        self._message: int | None = None  # number of the last one
        self._ended = ""  # why the server ended the subscription

    def begin(self) -> None:
        """Connect and subscribe.

        Raises:
            InputError: the server cannot be reached, refuses us, or lacks a node.
        """
        self.start()
        self._ready.wait()
        if self._failure:
            raise self._failure

    def end(self) -> None:
        """Disconnect."""
        self._ending.set()
        self._inbox.close()
        self.join(2 * self._options.timeout)

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._failure = error if isinstance(error, InputError) else InputError(f"{self._options.url}: {error!r}")
            self._inbox.close(self._failure)
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        lost_at: float | None = None
        pause = SHORTEST_PAUSE
        while not self._ending.is_set():
            client = None
            try:
                client = await prepared_client(self._options)
                await asyncio.wait_for(client.connect(), 4 * self._options.timeout)
                subscription = await self._subscribe(client)
                if lost_at is not None:
                    self._inbox.put([Gap(0, f"connected again after {time.monotonic() - lost_at:.1f} s")])
                lost_at, pause = None, SHORTEST_PAUSE
                self._ready.set()
                await self._watch(client)
                await asyncio.wait_for(client.uaclient.delete_subscriptions([subscription]), self._options.timeout)
            except Exception as error:
                if not self._ready.is_set():
                    raise self._refused(error) from None
                if lost_at is None:
                    lost_at = time.monotonic()
                    self._losses.say(f"connection lost: {_reason(error)}")
                if time.monotonic() - lost_at > self._options.reconnect:
                    raise InputError(
                        f"{self._options.url} has not answered for {self._options.reconnect:g} s: {_reason(error)}",
                        remedy="what came before is recorded; start again",
                    ) from None
            finally:
                if client is not None:
                    await _left(client, self._options.timeout)
            if lost_at is not None:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _refused(self, error: Exception) -> InputError:
        if isinstance(error, InputError):
            return error
        return InputError(f"{self._options.url}: {_reason(error)}", remedy="check address, network and login")

    async def _watch(self, client: Any) -> None:
        """Return when we are to end; raise when the server is gone."""
        from asyncua import ua

        state = client.get_node(ua.ObjectIds.Server_ServerStatus_State)
        asked = time.monotonic()
        while not self._ending.is_set():
            await asyncio.sleep(self._options.publishing)
            if self._ended:
                raise ConnectionError(f"the server ended the subscription: {self._ended}")
            if time.monotonic() - asked > ALIVE:
                await asyncio.wait_for(state.read_value(), self._options.timeout)
                asked = time.monotonic()

    async def _subscribe(self, client: Any) -> int:
        from asyncua import ua

        self._items, self._message, self._ended = {}, None, ""
        self._parts, self._part_quality = {}, {}
        requests = []
        for name, channel in self._channels.items():
            requests.append(await self._request(client, name, channel, False))
        trace = self._options.trace
        if trace:
            for name, channel in trace.channels.items():
                requests.append(await self._request(client, name, channel, True))
            requests.append(await self._request(client, "", NodeChannel(node=trace.first, factor=1.0), True))
        parameters = ua.CreateSubscriptionParameters()
        parameters.RequestedPublishingInterval = self._options.publishing * 1e3
        parameters.RequestedLifetimeCount = 10_000
        parameters.RequestedMaxKeepAliveCount = max(int(ALIVE / self._options.publishing), 1)
        parameters.MaxNotificationsPerPublish = 0
        parameters.PublishingEnabled = True
        made = await client.uaclient.create_subscription(parameters, self._told)
        results = await client.uaclient.create_monitored_items(
            ua.CreateMonitoredItemsParameters(made.SubscriptionId, ua.TimestampsToReturn.Both, requests)
        )
        for item, result in zip(self._items.values(), results, strict=True):
            if not result.StatusCode.is_good():
                raise InputError(
                    f"the server does not let {item.channel or 'the first sample'} be followed: "
                    f"{result.StatusCode.name}"
                )
        return int(made.SubscriptionId)

    async def _request(self, client: Any, name: str, channel: NodeChannel, is_array: bool) -> Any:
        from asyncua import ua

        node = await find_node(client, channel.node)
        symbol = await unit_of_node(node) if name else ""
        handle = len(self._items) + 1
        self._items[handle] = _Item(name, is_array, checked_factor(name, symbol, channel.factor) if name else 1.0)
        rate = FASTEST if self._options.sampling <= 0 else 1 / self._options.sampling
        wanted = ua.MonitoringParameters()
        wanted.ClientHandle = handle
        wanted.SamplingInterval = 0.0 if is_array else self._options.sampling * 1e3
        wanted.QueueSize = max(int(QUEUE * rate * self._options.publishing), SHORTEST)
        wanted.DiscardOldest = True
        wanted.Filter = ua.DataChangeFilter(Trigger=ua.DataChangeTrigger.StatusValueTimestamp)
        request = ua.MonitoredItemCreateRequest()
        request.ItemToMonitor.NodeId = node.nodeid
        request.ItemToMonitor.AttributeId = ua.AttributeIds.Value
        request.MonitoringMode = ua.MonitoringMode.Reporting
        request.RequestedParameters = wanted
        return request

    def _told(self, result: Any) -> None:
        """Take in a message of the subscription; the library would keep a failure here to itself."""
        try:
            self._take_in(result.NotificationMessage)
        except Exception as error:
            self._inbox.close(InputError(f"{self._options.url} sent what cannot be understood: {error!r}"))

    def _take_in(self, message: Any) -> None:
        from asyncua import ua

        items: list[Item] = []
        if message.NotificationData:
            number = int(message.SequenceNumber)
            if self._message is not None and number > self._message + 1:
                items.append(Gap(0, f"{number - self._message - 1} messages of the server are missing"))
            self._message = number
        for part in message.NotificationData or ():
            if isinstance(part, ua.DataChangeNotification):
                for change in part.MonitoredItems:
                    self._changed(self._items[change.ClientHandle], change.Value, items)
            elif isinstance(part, ua.StatusChangeNotification) and not part.Status.is_good():
                self._ended = part.Status.name
        if items:
            # arrays last, so that the scalars of their times are known
            self._inbox.put(sorted(items, key=lambda item: isinstance(item, Trace)))

    def _changed(self, item: _Item, value: Any, items: list[Item]) -> None:
        status = int(value.StatusCode.value) if value.StatusCode is not None else 0
        at = _utc(value.SourceTimestamp or value.ServerTimestamp)
        quality = Quality.BAD if status & BAD else Quality.UNCERTAIN if status & UNCERTAIN else Quality.GOOD
        content = value.Value.Value if value.Value is not None else None
        if status & OVERFLOW == OVERFLOW and not item.is_array:
            items.append(Gap(0, f"the server's queue of {item.channel} overflowed"))
        if item.is_array:
            self._part(item, at, int(quality), content, items)
            return
        number = float(content) if isinstance(content, (int, float)) else float("nan")
        items.append(Reading(at, {item.channel: number * item.factor}, int(quality)))

    def _part(self, item: _Item, at: float, quality: int, content: Any, items: list[Item]) -> None:
        """One of the variables that make up a trace; complete when all of its source time have come."""
        assert self._options.trace is not None
        parts = self._parts.setdefault(at, {})
        parts[item.channel] = np.asarray(content if content is not None else [], dtype=float) * item.factor
        self._part_quality[at] = max(self._part_quality.get(at, 0), quality)
        if len(parts) == len(self._options.trace.channels) + 1:
            first = self._parts.pop(at).pop("")
            worst = self._part_quality.pop(at)
            ordered = [np.atleast_1d(parts[name]) for name in self._options.trace.channels]
            if np.ndim(first) == 0 and len({len(part) for part in ordered}) == 1:
                items.append(Trace(int(first), at, np.stack(ordered), worst))
            else:
                self._losses.say("arrays of different lengths were left out")
        elif len(self._parts) > MOST_WAITING:
            oldest = min(self._parts)
            del self._parts[oldest], self._part_quality[oldest]
            self._losses.say("arrays without all of their channels were left out: one source timestamp for all?")


async def _left(client: Any, timeout: float) -> None:
    """Disconnect, whatever state the connection is in."""
    try:
        await asyncio.wait_for(client.disconnect(), timeout)
    except Exception:  # the server is gone, or was never there
        client.disconnect_socket()


def _utc(stamp: datetime | None) -> float:
    """Seconds since 1970; without a stamp the time of arrival."""
    if stamp is None:
        return time.time()
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
