"""A real mosquitto for tests, and a client of a few lines that shares no code with ours."""

import os
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
from opcua_servers import free_port


class Broker:
    """A mosquitto on a port of its own, on this computer only; ended by its pid."""

    def __init__(self, folder: Path, extra: str = "allow_anonymous true", port: int | None = None):
        program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            message = "mosquitto is not installed (apt package mosquitto)"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        self.port = port or free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._file = folder / f"mosquitto_{self.port}.conf"
        store = f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\n{store}\nuser {os.environ.get('USER', 'root')}\n{extra}\n"
        )
        self._command = [program, "-c", str(self._file)]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("mosquitto does not start")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)


class RawClient:
    """Publishes by MQTT 3.1.1, byte by byte."""

    def __init__(self, port, user=None, password=None):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        flags, login = 0x02, b""
        if user:
            flags |= 0xC0
            login = _text(user) + _text(password)
        self._send(0x10, _text("MQTT") + bytes([4, flags]) + struct.pack(">H", 60) + _text("") + login)
        assert self._socket.recv(4) == b"\x20\x02\x00\x00"

    def publish(self, topic, payload, *, again=False, retain=False):
        """With quality of service 1 when the broker is to be told that it comes ``again``, else 0."""
        kind = 0x30 | (0x0A if again else 0) | (0x01 if retain else 0)
        self._send(kind, _text(topic) + (struct.pack(">H", 1) if again else b"") + payload)
        if again:
            assert self._socket.recv(4)[:1] == b"\x40"

    def close(self):
        self._send(0xE0, b"")
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _send(self, kind, body):
        length, size = b"", len(body)
        while True:
            size, digit = divmod(size, 128)
            length += bytes([digit | (0x80 if size else 0)])
            if not size:
                break
        self._socket.sendall(bytes([kind]) + length + body)


def _text(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data
