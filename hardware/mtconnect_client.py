"""The thread that talks to an MTConnect agent: probe, current, then sample after sample, into an inbox.

What an agent has forgotten before we asked for it (OUT_OF_RANGE, or a first sequence behind the one asked for) and what
a restart swallowed (another instanceId) become gaps. A lost connection alone loses nothing: the agent keeps a buffer.
"""

import http.client
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from hardware.inbox import Gap, Inbox, Item, Losses
from hardware.mtconnect_channels import Readers, select
from hardware.mtconnect_model import DataItem, parse_devices
from hardware.mtconnect_options import MtconnectOptions
from hardware.mtconnect_streams import Answer, Observation, parse_answer
from twin.errors import InputError

LONGEST_ANSWER = 1 << 26  # bytes
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # [s] between attempts
JUMP = 1.0  # [s] between the agent's and our clock that is worth saying
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
FAILURES = (OSError, http.client.HTTPException)


class MtconnectClient(threading.Thread):
    """Fills ``inbox`` from the agent until :meth:`end`."""

    def __init__(self, options: MtconnectOptions, inbox: Inbox, losses: Losses):
        super().__init__(name="mtconnect", daemon=True)
        self._options, self._inbox, self._losses = options, inbox, losses
        self._ready, self._ending = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._items: tuple[DataItem, ...] = ()
        self._instance, self._next = "", 0
        self._offset: float | None = None  # [s] of the agent's clock from ours
        self.readers: Readers

    def begin(self) -> None:
        """Connect.

        Raises:
            InputError: the agent cannot be reached, or has not what is wanted.
        """
        try:
            self._items = self._probe()
            self._start()
        except FAILURES as error:
            raise InputError(f"{self._options.url}: {_reason(error)}", remedy="check address and network") from None
        self.start()

    def end(self) -> None:
        """Disconnect."""
        self._ending.set()
        self._inbox.close()
        if self.is_alive():
            self.join(2 * self._options.timeout)
        self._close()

    def _probe(self) -> tuple[DataItem, ...]:
        items = parse_devices(self._get("probe"), str(self._options.url))
        device = self._options.device
        mine = tuple(item for item in items if device in (None, item.device))
        if not mine:
            devices = sorted({item.device for item in items})
            raise InputError(f"the agent has no device {device!r}", remedy=f"it has {', '.join(devices)}")
        return mine

    def _start(self) -> None:
        answer = self._ask("current")
        numeric = {row.item for row in answer.observations if row.is_number}
        chosen = select(self._items, self._options.channels, numeric, native=False)
        self.readers = Readers(self._items, chosen, False, self._options.settle, self._losses)
        self._instance, self._next = answer.instance, answer.next
        self._inbox.put(list(self.readers.hold(answer.observations)))

    def run(self) -> None:
        try:
            self._follow()
        except Exception as error:
            failure = error if isinstance(error, InputError) else InputError(f"{self._options.url}: {error!r}")
            self._inbox.close(failure)

    def _follow(self) -> None:
        lost_at: float | None = None
        pause = SHORTEST_PAUSE
        while not self._ending.is_set():
            try:
                for answer in self._streamed() if self._options.method == "streaming" else self._polled():
                    if lost_at is not None:
                        self._losses.say(f"connected again after {time.monotonic() - lost_at:.1f} s")
                        lost_at, pause = None, SHORTEST_PAUSE
                    self._take_in(answer)
            except FAILURES as error:
                self._close()
                if self._ending.is_set():
                    return
                if lost_at is None:
                    lost_at = time.monotonic()
                    self._losses.say(f"connection lost: {_reason(error)}")
                if time.monotonic() - lost_at > self._options.reconnect:
                    raise InputError(
                        f"{self._options.url} has not answered for {self._options.reconnect:g} s: {_reason(error)}",
                        remedy="what came before is recorded; start again",
                    ) from None
                self._ending.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _polled(self) -> Iterator[Answer]:
        while not self._ending.is_set():
            before = self._next
            yield self._ask(f"sample?from={before}&count={self._options.n_observations}")
            if self._next - before < self._options.n_observations:
                self._ending.wait(self._options.interval)

    def _streamed(self) -> Iterator[Answer]:
        """Parts of a multipart answer; a new one when the agent ends it."""
        interval, heartbeat = round(self._options.interval * 1e3), round(self._options.timeout * 500)
        query = f"from={self._next}&count={self._options.n_observations}&interval={interval}&heartbeat={heartbeat}"
        response = self._request(f"sample?{query}")
        if "multipart" not in (response.getheader("Content-Type") or ""):
            yield parse_answer(self._body(response), str(self._options.url))
            self._ending.wait(self._options.interval)
            return
        while not self._ending.is_set():
            part = _part(response)
            if part is None:
                raise ConnectionError("the agent ended the stream")
            answer = parse_answer(part, str(self._options.url))
            yield answer
            if answer.errors or answer.instance != self._instance:
                self._close()
                return

    def _take_in(self, answer: Answer) -> None:
        if answer.instance and answer.instance != self._instance:
            self._start_anew(answer.instance)
            return
        if answer.errors:
            self._refused(answer)
            return
        items: list[Item] = []
        if answer.first > self._next:
            items.append(self._gap(answer.first))
        items += self._values(answer.observations)
        self._next = max(answer.next, self._next)
        if answer.unreadable:
            self._losses.say(f"{answer.unreadable} observations without a readable time or item were left out")
        if items:
            self._inbox.put(items)

    def _values(self, observations: tuple[Observation, ...]) -> list[Item]:
        if observations:
            offset = max(row.time for row in observations) - time.time()
            if self._offset is not None and abs(offset - self._offset) > JUMP + self._options.timeout:
                self._losses.say(f"the agent's clock jumped by {offset - self._offset:+.3f} s")
                self._offset = offset
            self._offset = offset if self._offset is None else self._offset
        return [value for row in observations for value in self.readers.read(row)]

    def _gap(self, first: int) -> Gap:
        return Gap(0, f"the agent's buffer overflowed: {first - self._next} observations are gone")

    def _refused(self, answer: Answer) -> None:
        codes = {code for code, _ in answer.errors}
        if "OUT_OF_RANGE" not in codes:
            raise InputError(f"{self._options.url} refuses: {'; '.join(': '.join(e) for e in answer.errors)}")
        current = self._ask("current")
        if current.instance != self._instance:
            self._start_anew(current.instance)
        elif current.first > self._next:
            self._inbox.put([self._gap(current.first)])
            self._next = current.first
        else:  # ahead of the agent: it forgot without saying so
            self._inbox.put([Gap(0, f"the agent went back from {self._next} to {current.next}")])
            self.readers.begin_anew()
            self._next = current.first

    def _start_anew(self, instance: str) -> None:
        """The agent was restarted: its model may be another, and its numbers are."""
        items = {item.id: item for item in self._probe()}
        for item in self._items:
            if item.id in items and (items[item.id].units, items[item.id].type) != (item.units, item.type):
                new = items[item.id]
                raise InputError(
                    f"{self._options.url}: {item.id} was {item.type} in {item.units or 'no unit'}, and is "
                    f"{new.type} in {new.units or 'no unit'} since the agent's restart",
                    remedy="start again",
                )
        missing = {channel.name for channel in self.readers.channels} if not items else set()
        if missing:
            raise InputError(f"{self._options.url}: its data items are gone since its restart")
        self._items = tuple(items.values())
        current = self._ask("current")
        self._inbox.put([Gap(0, f"the agent was restarted (instance {self._instance} -> {instance})")])
        self.readers.begin_anew()
        self._instance, self._next = current.instance, current.first

    def _ask(self, request: str) -> Answer:
        return parse_answer(self._get(request), str(self._options.url))

    def _get(self, request: str) -> bytes:
        return self._body(self._request(request))

    def _request(self, request: str) -> http.client.HTTPResponse:
        """Status and head; one more try on a connection that the agent closed meanwhile."""
        place = urlsplit(str(self._options.url))
        for attempt in (1, 2):
            fresh = self._connection is None
            if self._connection is None:
                kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
                self._connection = kind(place.hostname or "", place.port, timeout=self._options.timeout)
            try:
                self._connection.request("GET", f"{place.path.rstrip('/')}/{request}", headers={"Accept": "text/xml"})
                response = self._connection.getresponse()
                break
            except FAILURES:
                self._close()
                if fresh or attempt == 2:
                    raise
        if response.status in TRY_AGAIN:
            self._close()
            raise ConnectionError(f"the agent answers {response.status} {response.reason}")
        return response

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        data = response.read(LONGEST_ANSWER + 1)
        if len(data) > LONGEST_ANSWER:
            raise InputError(f"{self._options.url}: an answer is longer than {LONGEST_ANSWER >> 20} MiB")
        return data

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _part(response: http.client.HTTPResponse) -> bytes | None:
    """The next part of a multipart answer; None at its end."""
    length = 0
    while True:
        line = response.readline(4096)
        if not line:
            return None
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
        elif not line.strip() and length:
            break
    if length > LONGEST_ANSWER:
        raise InputError(f"a part of the agent's stream is longer than {LONGEST_ANSWER >> 20} MiB")
    return response.read(length)


def _reason(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
