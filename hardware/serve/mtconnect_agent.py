"""Serves what is played, or a live machine, as an MTConnect agent over HTTP: read only, bounded in size and rate."""

import http.server
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, Protocol

from hardware.serve.mtconnect_buffer import ObservationBuffer
from hardware.serve.mtconnect_device import make_device
from hardware.serve.mtconnect_documents import Documents
from hardware.serve.mtconnect_feed import Feed, ServedState
from hardware.serve.mtconnect_options import MtconnectServerOptions, check_options
from hardware.serve.mtconnect_requests import Agent, Stream
from twin.errors import InputError

BOUNDARY = "machining-twin-part"
DRAIN, DRAINED = 0.2, 16  # [s], pieces of 64 KiB
MOST_CLIENTS = 1000  # whose rates are remembered


def serve(
    state: ServedState,
    options: MtconnectServerOptions,
    stop: threading.Event,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve ``state`` until ``stop`` is set.

    Args:
        ready: told the address once clients can connect.

    Raises:
        InputError: the port is taken, or the options are wrong.
    """
    check_options(options)
    device = make_device(state.machine, state.run, state.channels, 1 / state.period)
    buffer = ObservationBuffer(device.items, options.n_buffer)
    feed = Feed(state, device, buffer)
    agent = Agent(device, buffer, Documents(device, buffer, state.tools))
    try:
        server = AgentServer(agent, options, stop)
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise InputError(f"cannot serve at {where}: {error.strerror}", remedy="choose another port=") from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        feed.publish()
        ready(f"http://{options.host}:{server.server_address[1]}")
        while not stop.wait(options.publishing):
            feed.publish()
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join(options.timeout)


class Answering(Protocol):
    """What answers the requests."""

    def answer(self, uri: str) -> tuple[int, str | Stream]:
        """Status and document, or documents, for ``GET uri``."""

    def refusal(self, code: str, message: str, uri: str) -> str:
        """The document for what is not answered."""


class AgentServer(http.server.ThreadingHTTPServer):
    """Answers each connection in a thread of its own, of which there are few."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        agent: Answering,
        options: MtconnectServerOptions,
        stop: threading.Event,
        handler: "type[AgentHandler] | None" = None,
    ):
        self.agent, self.options, self.stop = agent, options, stop
        self._free = threading.BoundedSemaphore(options.n_connections)
        self._rates: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()
        super().__init__((options.host, options.port), handler or AgentHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:  # one more than we serve
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle of an answer is no concern of the operator's."""

    def may_ask(self, client: str) -> bool:
        """Whether ``client`` has a request left: so many a second, and as many at once."""
        most = float(self.options.n_requests_per_second)
        with self._lock:
            now = time.monotonic()
            left, last = self._rates.get(client, (most, now))
            left = min(most, left + (now - last) * most)
            self._rates.pop(client, None)
            self._rates[client] = (max(left - 1, 0.0) if left >= 1 else left, now)
            if len(self._rates) > MOST_CLIENTS:
                self._rates.pop(next(iter(self._rates)))
            return left >= 1


class AgentHandler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    content_type = "text/xml; charset=utf-8"
    server: AgentServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "machining-twin", ""

    def setup(self) -> None:
        self.request.settimeout(self.server.options.timeout)
        super().setup()
        self._bounded = _Bounded(self.rfile, self.server.options.n_request_bytes)  # type: ignore[arg-type]
        self.rfile = self._bounded  # type: ignore[assignment]

    def handle_one_request(self) -> None:
        self._bounded.begin()
        super().handle_one_request()
        if self.server.stop.is_set():
            self.close_connection = True

    def parse_request(self) -> bool:
        self.requestline, self.request_version, self.command, self.path = "", "HTTP/1.1", "", ""
        fine = not self._bounded.exhausted and super().parse_request()
        if self._bounded.exhausted:
            self._refuse(431, "InvalidRequest", "the request is too long")
            self._drain()
            return False
        return fine

    def _drain(self) -> None:
        """Read what a client still sends, for else it does not read our answer."""
        self.connection.settimeout(DRAIN)
        with suppress(OSError):
            for _ in range(DRAINED):
                if not self.connection.recv(1 << 16):
                    return

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self._refuse(code, "InvalidRequest", message or explain or "this cannot be understood")

    def do_GET(self) -> None:
        if not self.server.may_ask(self.client_address[0]):
            self._refuse(429, "InvalidRequest", "too many requests; ask less often", {"Retry-After": "1"})
            return
        status, answer = self.server.agent.answer(self.path)
        if isinstance(answer, Stream):
            self._stream(answer)
        else:
            self._send(status, answer)

    do_HEAD = do_GET

    def _other(self) -> None:
        """The twin is read only."""
        message = f"{self.command} is not allowed: this agent is read only"
        self._refuse(405, "InvalidRequest", message, {"Allow": "GET, HEAD"})

    do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _other

    def _refuse(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        self.close_connection = True
        uri = self.path.partition("?")[0][:200]
        self._send(status, self.server.agent.refusal(code, message, uri), headers)

    def _send(self, status: int, document: str, headers: dict[str, str] | None = None) -> None:
        data = document.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, stream: Stream) -> None:
        """Part after part, until the client goes or is too slow."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={BOUNDARY}")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Connection", "close")
        self.end_headers()
        for document in stream.documents:
            if self.server.stop.is_set():
                return
            data = document.encode()
            head = f"--{BOUNDARY}\r\nContent-type: text/xml\r\nContent-length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data + b"\r\n")

    def log_message(self, *_: object) -> None:
        """Requests are not logged."""


class _Bounded:
    """What a client sends, up to so many bytes a request."""

    def __init__(self, stream: BinaryIO, most: int):
        self._stream, self._most, self._left = stream, most, most

    def begin(self) -> None:
        """A new request."""
        self._left = self._most

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def readline(self, limit: int = -1) -> bytes:
        if self._left <= 0:
            return b""
        line = self._stream.readline(self._left + 1 if limit < 0 else min(limit, self._left + 1))
        self._left -= len(line)
        return line

    def close(self) -> None:
        self._stream.close()

    @property
    def closed(self) -> bool:
        return self._stream.closed
