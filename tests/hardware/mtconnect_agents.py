"""For tests: our agent in a thread, an agent that says what it is told to, an adapter; none on a fixed port."""

import contextlib
import http.server
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import numpy as np

from hardware.channel import Channel
from hardware.serve.mtconnect_agent import serve
from hardware.serve.mtconnect_options import MtconnectServerOptions
from twin.machine.tool import Tool

PERIOD = 1e-3
TOOLS = (
    Tool(number=3, name="end mill <D10>", kind="flat", diameter=0.01, n_teeth=3, flute_length=0.025, stick_out=0.04),
    Tool(number=7, name="ball", kind="ball", diameter=0.006, n_teeth=2, flute_length=0.01, stick_out=0.03),
)
UNITS = {"x_actual_mm": "mm", "force_x_n": "N", "feed_mm_min": "mm/min", "x_following_error_um": "µm", "line": "1"}


class Counting:
    """A machine whose channels are multiples of its row numbers, played for ``lasts`` seconds."""

    machine, run, program, period, tools = "Mill 3", "run-7", "pocket.nc", PERIOD, TOOLS
    channels = tuple(Channel(name=name, unit=unit) for name, unit in UNITS.items())

    def __init__(self, lasts=1e9, paused=False):
        self.begun, self.lasts, self._began = float(int(time.time())), lasts, time.monotonic()
        self.paused = paused
        self.allowed = 0

    def rows(self, first):
        played = self.allowed if self.paused else int(min(time.monotonic() - self._began, self.lasts) / PERIOD)
        number = np.arange(first, max(first, played))
        values = {name: number * (k + 1.0) for k, name in enumerate(UNITS)} | {"line": number // 50 + 1.0}
        return self.begun + number * PERIOD, values

    @property
    def ended(self):
        return time.monotonic() - self._began >= self.lasts


@contextlib.contextmanager
def served(state, **options):
    """Address of our agent of ``state``."""
    stop, ready, found = threading.Event(), threading.Event(), []

    def tell(url):
        found.append(url)
        ready.set()

    chosen = MtconnectServerOptions(**({"port": 0, "publishing": 0.02, "n_requests_per_second": 5000} | options))
    thread = threading.Thread(target=serve, args=(state, chosen, stop, tell), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def get(url, **headers):
    """Status and body of a plain HTTP request."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def iso(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


PROBE = """<?xml version="1.0"?>
<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:1.3"><Header instanceId="1"/>
<Devices><Device id="d" name="Mill" uuid="u"><DataItems>
 <DataItem id="avail" category="EVENT" type="AVAILABILITY"/></DataItems>
<Components><Linear id="x" name="X"><DataItems>
 <DataItem id="xa" name="Xact" category="SAMPLE" type="POSITION" subType="ACTUAL" units="{x_units}" nativeUnits="INCH"/>
 <DataItem id="xs" category="SAMPLE" type="ACCELERATION" units="MILLIMETER/SECOND^2" representation="TIME_SERIES"/>
</DataItems></Linear>
<Path id="p" name="path"><DataItems>
 <DataItem id="ln" category="EVENT" type="LINE_NUMBER"/><DataItem id="ex" category="EVENT" type="EXECUTION"/>
 <DataItem id="tf" name="bearing" category="SAMPLE" type="TEMPERATURE" nativeUnits="FAHRENHEIT"/>
 <DataItem id="pp" name="tip" category="SAMPLE" type="PATH_POSITION" units="MILLIMETER_3D"/>
 <DataItem id="am" category="SAMPLE" type="x:FUNNY"/></DataItems>
<x:Extra xmlns:x="urn:x"><x:DataItem/></x:Extra></Path>
</Components></Device></Devices></MTConnectDevices>"""


class TalkingAgent:
    """Says what it is told to, of a version, with a buffer of ``size``; can be ended and begun again."""

    def __init__(self, size=1000, version="1.3", x_units="MILLIMETER"):
        self.size, self.version, self.x_units, self.port = size, version, x_units, 0
        self.forget(instance=1)

    def forget(self, instance):
        self.instance, self.kept, self.next = instance, [], 1

    def say(self, item, seconds, text, sequence=None, tag="Thing", **attributes):
        number = self.next if sequence is None else sequence
        more = "".join(f' {key}="{value}"' for key, value in attributes.items())
        when = seconds if isinstance(seconds, str) else iso(seconds)
        xml = f'<{tag} dataItemId="{item}" sequence="{number}" timestamp="{when}"{more}>{text}</{tag}>'
        self.kept = [*self.kept, (number, item, xml)][-self.size :]
        self.next = max(self.next, number + 1)

    def answer(self, path):
        if "probe" in path:
            return PROBE.format(x_units=self.x_units)
        first = self.kept[0][0] if len(self.kept) == self.size else 1
        if "current" in path:
            rows = {item: xml for _, item, xml in self.kept}.values()
            return self._streams(rows, first, self.next)
        start, count = (int(re.search(rf"{name}=(\d+)", path)[1]) for name in ("from", "count"))
        if not first <= start <= self.next:
            return (
                f'<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:{self.version}">'
                f'<Header instanceId="{self.instance}"/>'
                '<Errors><Error errorCode="OUT_OF_RANGE">from</Error></Errors></MTConnectError>'
            )
        rows = [(number, xml) for number, _, xml in self.kept if number >= start][:count]
        after = max([start - 1, *(number for number, _ in rows)]) + 1
        return self._streams([xml for _, xml in rows], first, after)

    def _streams(self, rows, first, after):
        head = f'instanceId="{self.instance}" firstSequence="{first}" nextSequence="{after}"'
        return (
            f'<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:{self.version}" xmlns:x="urn:x">'
            f"<Header {head}/><Streams><DeviceStream><ComponentStream><x:Own/><Samples>{''.join(rows)}</Samples>"
            "</ComponentStream></DeviceStream></Streams></MTConnectStreams>"
        )

    def __enter__(self):
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if agent.closing:
                    self.close_connection = True
                    return
                data = agent.answer(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.closing = False
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class Adapter:
    """Sends lines to whoever connects, answers heartbeats while ``answers``; counts them."""

    def __init__(self, answers=True, beat=200):
        self.answers, self.beat, self.pings, self.port = answers, beat, 0, 0
        self._clients = []

    def __enter__(self):
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        self.url = f"shdr://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._clients.append(client)
                threading.Thread(target=self._listen, args=(client,), daemon=True).start()

    def _listen(self, client):
        with contextlib.suppress(OSError, ValueError):
            for line in client.makefile("r"):
                if line.startswith("* PING"):
                    self.pings += 1
                    if self.answers:
                        client.sendall(f"* PONG {self.beat}\n".encode())

    def send(self, text):
        deadline = time.monotonic() + 5
        while not self._clients and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._clients:
            self._clients[-1].sendall(text.encode())

    def __exit__(self, *_):
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()
        self._clients = []
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
