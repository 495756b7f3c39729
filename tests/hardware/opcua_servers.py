"""OPC UA servers for tests, in a thread of their own, on a port that the system chose."""

import asyncio
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

from asyncua import Server, ua

SPACE = "urn:test-plant"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PlantServer:
    """Variables x, y (numbers), trace (array) and first, written from the test; can be ended and begun again."""

    def __init__(self, port: int | None = None):
        self.port = port or free_port()
        self.url = f"opc.tcp://127.0.0.1:{self.port}/"

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.do(self._begin())
        return self

    def __exit__(self, *_):
        if not self._thread.is_alive():
            return
        self.do(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _begin(self):
        self.server = Server()
        await self.server.init()
        self.server.set_endpoint(self.url)
        self.server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        space = await self.server.register_namespace(SPACE)
        folder = await self.server.nodes.objects.add_object(space, "Plant")
        self.nodes = {}
        for name, value, kind in (
            ("x", 0.0, ua.VariantType.Double),
            ("y", 0.0, ua.VariantType.Double),
            ("trace", [0.0], ua.VariantType.Double),
            ("first", 0, ua.VariantType.Int64),
        ):
            self.nodes[name] = await folder.add_variable(ua.NodeId(name, space), name, value, kind)
        unit = ua.EUInformation("http://www.opcfoundation.org/UA/units/un/cefact", 0, ua.LocalizedText("m"))
        await self.nodes["x"].add_property(0, "EngineeringUnits", unit)
        await self.server.start()

    def write(self, name, value, seconds, status=0):
        """Write one value with a source timestamp [s since 1970] and a status code."""
        self.do(self._write([(name, value, seconds, status)]))

    def write_all(self, rows, burst=200):
        """Write rows (name, value, seconds) one after the other, with a rest after every ``burst``."""
        for begin in range(0, len(rows), burst):
            self.do(self._write([(*row, 0) for row in rows[begin : begin + burst]]))
            time.sleep(0.02)

    async def _write(self, rows):
        for name, value, seconds, status in rows:
            kind = ua.VariantType.Int64 if name == "first" else ua.VariantType.Double
            data = ua.DataValue(
                ua.Variant(value, kind), ua.StatusCode(status), SourceTimestamp=EPOCH + timedelta(seconds=seconds)
            )
            await self.server.write_attribute_value(self.nodes[name].nodeid, data)

    def send_trace(self, first, values, seconds):
        """An array, the number of its first sample, and the time of its last."""
        self.write_all([("trace", values, seconds), ("first", first, seconds)])
