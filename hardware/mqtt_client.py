"""The thread that talks to an MQTT broker: connects, subscribes, connects again, and fills an inbox."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np

from hardware.channel import Quality
from hardware.inbox import Gap, Inbox, Item, Losses, Reading, Trace
from hardware.mqtt_options import MqttOptions
from hardware.mqtt_payload import numbers_in, unpack_block
from hardware.unit_symbols import checked_factor
from twin.errors import InputError

PORTS = {"mqtt": 1883, "mqtts": 8883}
HERE = {"127.0.0.1", "localhost", "::1"}
COLUMNS = "/columns"
KEEP_ALIVE = 10  # [s]
AWAKE = 0.05  # [s]
SAME = 1e-6  # of a period
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # [s] between attempts


def broker_of(options: MqttOptions) -> tuple[str, int, bool]:
    """Host, port and whether it is encrypted.

    Raises:
        InputError: the address is none, or a password would travel in the clear.
    """
    parts = urlparse(options.url or "")
    if parts.scheme not in PORTS or not parts.hostname:
        raise InputError(f"bench.url is {options.url!r}", remedy="url=mqtt://host:1883 or mqtts://host:8883")
    encrypted = parts.scheme == "mqtts"
    if options.user is not None and not encrypted and parts.hostname not in HERE:
        raise InputError("the password would travel over the network in the clear", remedy="use mqtts://")
    return parts.hostname, parts.port or PORTS[parts.scheme], encrypted


class MqttClient(threading.Thread):
    """Fills ``inbox`` from the broker until :meth:`end`."""

    def __init__(self, options: MqttOptions, inbox: Inbox, losses: Losses):
        super().__init__(name="mqtt", daemon=True)
        self._options, self._inbox, self._losses = options, inbox, losses
        self._ready, self._ending = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self._columns: list[str] = list(options.blocks.columns) if options.blocks else []
        self._keys: dict[str, list[tuple[str, str, float]]] = {}  # topic -> channel, key, factor
        for name, row in options.channels.items():
            factor = checked_factor(name, row.unit or "", row.factor)
            self._keys.setdefault(row.topic, []).append((name, row.key, factor))
        self._numbers: dict[str, tuple[int, float]] = {}  # topic -> last running number and its time
        self._column_factors = np.ones((len(self._columns), 1))
        self._subscribed: set[int] = set()
        self._lost_at: float | None = None  # monotonic [s]
        self._attempts = 0  # to connect again

    @property
    def columns(self) -> tuple[str, ...]:
        """Channels of the blocks; known once :meth:`begin` has returned."""
        return tuple(self._columns)

    def begin(self) -> None:
        """Connect and subscribe.

        Raises:
            InputError: the broker cannot be reached, refuses us, or nothing says what the blocks hold.
        """
        self._client = self._prepared()
        self.start()
        self._ready.wait(4 * self._options.timeout)
        if self._failure is None and not self._ready.is_set():
            topic = self._options.blocks.topic + COLUMNS if self._options.blocks else ""
            missing = f"nothing is retained under {topic}" if topic and not self._columns else "no answer in time"
            self._failure = InputError(f"{self._options.url}: {missing}", remedy="name the columns in bench.blocks")
        if self._failure:
            self.end()
            raise self._failure

    def end(self) -> None:
        """Disconnect."""
        self._ending.set()
        self._inbox.close()
        self.join(2 * self._options.timeout)

    def _prepared(self) -> Any:
        try:
            from paho.mqtt.client import Client, MQTTv311
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            raise InputError("MQTT needs paho-mqtt", remedy='pip install "machining-twin[mqtt]"') from None
        options = self._options
        self._host, self._port, encrypted = broker_of(options)
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id or "",
            clean_session=options.client_id is None,
            protocol=MQTTv311,
        )
        client.connect_timeout = options.timeout
        if options.user is not None:
            password = os.environ.get(options.password_variable)
            if password is None:
                raise InputError(
                    f"there is no password for {options.user}",
                    remedy=f"put it into the variable {options.password_variable}",
                )
            client.username_pw_set(options.user, password)
        if encrypted:
            if options.authority is not None and not Path(options.authority).is_file():
                raise InputError("there is no such certificate", file=options.authority)
            client.tls_set(ca_certs=options.authority)
        client.on_connect, client.on_subscribe, client.on_message = self._connected, self._answered, self._received
        return client

    def run(self) -> None:
        try:
            self._stay()
        except Exception as error:
            known = isinstance(error, InputError)
            self._failure = self._failure or (error if known else InputError(f"{self._options.url}: {error!r}"))
        finally:
            self._inbox.close(self._failure)
            self._ready.set()
            self._client.disconnect()

    def _stay(self) -> None:
        """Be connected until we are to end, or have tried in vain for long enough."""
        from paho.mqtt.client import error_string

        connected = False
        while not (self._ending.is_set() or self._failure):
            try:
                if not connected:
                    self._client.connect(self._host, self._port, KEEP_ALIVE)
                    connected = True
                code = self._client.loop(AWAKE)
                if not code:
                    continue
                reason = error_string(code)
            except OSError as error:
                reason = str(error) or type(error).__name__
            connected = False
            if not self._failure:
                self._ending.wait(self._missed(reason))

    def _missed(self, reason: str) -> float:
        """The connection is not there: how long to wait [s] before the next attempt.

        Raises:
            InputError: there never was one, or it has been away for too long.
        """
        if not self._ready.is_set():
            raise InputError(f"{self._options.url}: {reason}", remedy="check address, network and login")
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            self._losses.say(f"connection lost: {reason}")
        if time.monotonic() - self._lost_at > self._options.reconnect:
            raise InputError(
                f"{self._options.url} has not answered for {self._options.reconnect:g} s: {reason}",
                remedy="what came before is recorded; start again",
            )
        self._attempts += 1
        return float(min(SHORTEST_PAUSE * 2 ** min(self._attempts, 10), LONGEST_PAUSE))

    def _connected(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self._failure = InputError(f"{self._options.url} refuses us: {code}", remedy="check user and password")
            return
        if self._lost_at is not None:
            self._inbox.put([Gap(0, f"connected again after {time.monotonic() - self._lost_at:.1f} s")])
        self._lost_at, self._attempts = None, 0
        topics = sorted(self._keys)
        if self._options.blocks:  # what the blocks hold, before the blocks
            topics += [self._options.blocks.topic + COLUMNS, self._options.blocks.topic]
        _, number = client.subscribe([(topic, self._options.quality_of_service) for topic in topics])
        self._subscribed = {number}

    def _answered(self, client: Any, data: Any, number: int, codes: Any, properties: Any) -> None:
        if any(code.is_failure for code in codes):
            self._failure = InputError(f"{self._options.url} does not let us read all topics")
            return
        self._subscribed.discard(number)
        self._maybe_ready()

    def _maybe_ready(self) -> None:
        if not self._subscribed and (self._options.blocks is None or self._columns):
            self._ready.set()

    def _received(self, client: Any, data: Any, message: Any) -> None:
        blocks = self._options.blocks
        items: list[Item] = []
        try:
            if blocks and message.topic == blocks.topic + COLUMNS:
                self._name_columns(message.payload)
            elif blocks and message.topic == blocks.topic:
                self._block(message, items)
            else:
                self._scalars(message, items)
        except InputError as error:
            self._failure = error
            self._ready.set()
            self._inbox.close(error)
            self._ending.set()
        except (ValueError, KeyError, TypeError) as error:  # what a sender can do wrong
            self._losses.say(f"a message of {message.topic} was left out: {error}")
        if items:
            self._inbox.put(items)

    def _name_columns(self, payload: bytes) -> None:
        rows = json.loads(payload)
        names = [str(row["name"]) for row in rows]
        if self._columns and names != self._columns:
            raise InputError(
                f"the columns of the blocks are {', '.join(names)}, not {', '.join(self._columns)}",
                remedy="leave out bench.blocks.columns, or start again if the sender has changed",
            )
        units = [str(row.get("unit", "")) for row in rows]
        factors = [checked_factor(name, unit, None) for name, unit in zip(names, units, strict=True)]
        self._column_factors = np.array(factors)[:, None]
        self._columns = names
        self._maybe_ready()

    def _block(self, message: Any, items: list[Item]) -> None:
        block = unpack_block(message.payload)
        if message.retain:
            return  # of an earlier time, and without its successors
        if block.values.shape[1] != len(self._columns):
            raise InputError(f"a block has {block.values.shape[1]} channels, {len(self._columns)} are named")
        if self._options.period and abs(block.period - self._options.period) > SAME * block.period:
            raise InputError(f"the blocks' period is {block.period:g} s, {self._options.period:g} s is stated")
        items.append(Trace(block.first, block.time, block.values.T * self._column_factors, int(Quality.GOOD)))

    def _scalars(self, message: Any, items: list[Item]) -> None:
        numbers = numbers_in(message.payload)
        at = numbers.get(self._options.time_key, time.time())
        quality = int(Quality.UNCERTAIN if message.retain else Quality.GOOD)  # retained: of an earlier time
        number = numbers.get(self._options.number_key)
        if number is not None and not message.retain:
            last, when = self._numbers.get(message.topic, (int(number) - 1, at))
            if number > last + 1:
                missing = int(number) - last - 1
                items.append(Gap(missing, f"{missing} messages of {message.topic} are missing"))
            elif number <= last and at <= when:
                self._losses.duplicated += 1
                return
            self._numbers[message.topic] = (int(number), at)
        wanted = self._keys[message.topic]
        values = {name: numbers[key] * factor for name, key, factor in wanted if key in numbers}
        if values:
            items.append(Reading(at, values, quality))
