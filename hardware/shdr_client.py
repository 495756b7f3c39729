"""The thread that listens to an adapter: heartbeat, reconnection, rows into an inbox."""

import socket
import threading
import time

from hardware.inbox import Gap, Inbox, Item, Losses
from hardware.mtconnect_channels import Readers
from hardware.mtconnect_options import ShdrOptions
from hardware.shdr_rows import ShdrRows
from twin.errors import InputError

LONGEST_LINE = 1 << 20  # bytes
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # [s] between attempts
MISSED = 2.0  # heartbeats without an answer: the adapter is gone
CHUNK = 1 << 16  # bytes


class ShdrClient(threading.Thread):
    """Fills ``inbox`` from the adapter at ``address`` until :meth:`end`."""

    def __init__(self, address: tuple[str, int], options: ShdrOptions, readers: Readers, inbox: Inbox, losses: Losses):
        super().__init__(name="shdr", daemon=True)
        self._address, self._options, self._readers = address, options, readers
        self._inbox, self._losses = inbox, losses
        self._ending = threading.Event()
        self._socket: socket.socket | None = None
        self._beat = options.timeout  # [s] between heartbeats, as the adapter wants them

    def begin(self) -> None:
        """Connect.

        Raises:
            InputError: the adapter cannot be reached.
        """
        try:
            self._connect()
        except OSError as error:
            raise InputError(f"{self._options.url}: {error}", remedy="check address and network") from None
        self.start()

    def end(self) -> None:
        """Disconnect."""
        self._ending.set()
        self._inbox.close()
        self._close()
        if self.is_alive():
            self.join(2 * self._options.timeout)

    def run(self) -> None:
        try:
            self._follow()
        except Exception as error:
            self._inbox.close(error if isinstance(error, InputError) else InputError(f"{self._options.url}: {error!r}"))

    def _connect(self) -> None:
        self._socket = socket.create_connection(self._address, self._options.timeout)
        self._socket.sendall(b"* PING\n")

    def _follow(self) -> None:
        while not self._ending.is_set():
            try:
                self._listen()
            except OSError as error:
                self._close()
                if self._ending.is_set():
                    return
                why = "it does not answer" if isinstance(error, TimeoutError) else str(error)
                self._losses.say(f"connection lost: {why}")
                self._come_back(why)

    def _come_back(self, why: str) -> None:
        lost_at, pause = time.monotonic(), SHORTEST_PAUSE
        while not self._ending.wait(pause):
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                self._connect()
            except OSError:
                if time.monotonic() - lost_at > self._options.reconnect:
                    raise InputError(
                        f"{self._options.url} has not answered for {self._options.reconnect:g} s: {why}",
                        remedy="what came before is recorded; start again",
                    ) from None
                continue
            self._inbox.put([Gap(0, f"connected again after {time.monotonic() - lost_at:.1f} s")])
            return

    def _listen(self) -> None:
        """Read until the connection ends.

        Raises:
            OSError: it ended, or the adapter has not answered two heartbeats.
        """
        assert self._socket is not None
        rows, rest = ShdrRows(self._readers.is_series, time.time), b""
        pinged = heard = time.monotonic()
        while not self._ending.is_set():
            self._socket.settimeout(max(min(self._beat, pinged + self._beat - time.monotonic()), 0.01))
            try:
                data = self._socket.recv(CHUNK)
                if not data:
                    raise ConnectionError("the adapter closed the connection")
                heard = time.monotonic()
            except TimeoutError:
                data = b""
            now = time.monotonic()
            if now - heard > MISSED * self._beat:
                raise TimeoutError
            if now - pinged >= self._beat:
                self._socket.sendall(b"* PING\n")
                pinged = now
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise InputError(f"{self._options.url}: a line is longer than {LONGEST_LINE >> 20} MiB")
            self._take_in(lines, rows)

    def _take_in(self, lines: list[bytes], rows: ShdrRows) -> None:
        items: list[Item] = []
        before = rows.unreadable
        for raw in lines:
            line = raw.decode("utf-8", "replace")
            if line.startswith("* PONG"):
                self._pong(line)
            for row in rows.read(line):
                items += self._readers.read(row)
        if rows.unreadable > before:
            self._losses.say(f"{rows.unreadable - before} lines are no SHDR and were left out")
        if items:
            self._inbox.put(items)

    def _pong(self, line: str) -> None:
        """``* PONG 10000``: the adapter wants a heartbeat every so many milliseconds."""
        words = line.split()
        if len(words) > 2 and words[2].isdigit() and int(words[2]):
            self._beat = min(int(words[2]) / 1e3, self._options.timeout)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
