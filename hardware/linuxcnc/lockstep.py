"""The plant in a process of its own, in lock-step with a controller.

The controller's component sends each servo cycle's commands over a socket and waits for the answer. What the plant's
sensors read goes to standard output; where nobody reads it, the plant waits, and the controller with it: nothing is
lost to a slow consumer. Run as ``python -m hardware.linuxcnc.lockstep SOCKET AXES`` with a pickled maker of the plant
on standard input.
"""

import contextlib
import os
import pickle
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from hardware.channel import Channel
from hardware.plant import Command, Plant
from twin.errors import InputError
from twin.units import DEG, MM, RPM

REQUEST, ANSWER = struct.Struct("=11d"), struct.Struct("=9d")
SLOTS = 5  # positions in a message
EACH = 0.004  # [s] of wall time between two writes
READY = 300.0  # [s] for the plant to compile
CONNECT = 60.0  # [s] for the controller to come up
OWN = 2  # columns before the plant's readings: cycle, wall time [s]

PlantMaker = Callable[[], Plant]


class PlantProcess:
    """A plant that runs beside, ready for a controller.

    Args:
        make: makes the plant, over there; must pickle.
        address: of the socket.
        axes: names, x y z and rotary ones.

    Raises:
        InputError: the plant cannot be made.
    """

    def __init__(self, make: PlantMaker, address: Path, axes: tuple[str, ...]):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hardware.linuxcnc.lockstep", str(address), "".join(axes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        try:
            with contextlib.suppress(BrokenPipeError), self._process.stdin as stream:
                pickle.dump(make, stream)
            self.channels, self.scale_uncertainty = self._answer(self._process.stdout)
        except BaseException:  # Ctrl-C too
            self.end()
            raise
        self.readings = self._process.stdout.fileno()

    def _answer(self, stream: IO[bytes]) -> tuple[tuple[Channel, ...], float | None]:
        """Channels, and standard uncertainty [m] of what the linear scales read (None: unknown), once it is ready."""
        try:
            answer = pickle.load(_Patient(stream))
        except (EOFError, TimeoutError):
            raise InputError(f"the plant ended before it was ready, or was not within {READY:.0f} s") from None
        if isinstance(answer, InputError):
            raise answer
        return answer

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class _Patient:
    """A pipe for pickle: it takes no byte more than it needs, and waits, but not for ever."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._end = stream, time.monotonic() + READY

    def read(self, n: int) -> bytes:
        data = b""
        while len(data) < n:
            if not select.select([self._stream], [], [], max(self._end - time.monotonic(), 0.0))[0]:
                raise TimeoutError
            more = self._stream.read(n - len(data))
            if not more:
                break
            data += more
        return data

    def readline(self) -> bytes:
        data = b""
        while not data.endswith(b"\n") and (more := self.read(1)):
            data += more
        return data


def serve(plant: Plant, peer: socket.socket, axes: str, out: int) -> None:
    """Answer the controller until it goes away; write the readings to descriptor ``out``."""
    unit = np.array([MM if name in "xyz" else DEG for name in axes])
    n, rest = len(axes), [0.0] * (SLOTS - len(axes))
    pending: list[bytes] = []
    written = time.monotonic()
    peer.settimeout(EACH)
    while True:
        try:
            data = peer.recv(REQUEST.size)
        except TimeoutError:
            data = None
        if data == b"":
            break
        if data is not None:
            cycle, period, *position, rpm, line, speed, length = REQUEST.unpack(data)
            command = Command(
                cycle=int(cycle),
                period=period,
                position=np.array(position[:n]) * unit,
                spindle_speed=rpm * RPM,
                line=int(line),
                path_speed=speed * MM,
                tool_length=length * MM,
            )
            reply = plant.step(command)
            feedback = (reply.feedback / unit).tolist()
            peer.send(ANSWER.pack(cycle, *feedback, *rest, reply.touch, reply.feed_factor, reply.offset_z / MM))
            pending.append(np.array([cycle, time.monotonic(), *plant.readings()]).tobytes())
        now = time.monotonic()
        if pending and now - written > EACH:
            _write(out, b"".join(pending))
            pending, written = [], now
    _write(out, b"".join(pending))


def _write(out: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(out, left) :]


def main(address: str, axes: str) -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints does not belong among the readings
    make = pickle.load(sys.stdin.buffer)
    try:
        plant = make()
    except InputError as error:
        _write(out, pickle.dumps(error))
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        os.chmod(address, 0o777)  # as root the controller has another user's rights
        listener.listen(1)
        _write(out, pickle.dumps((plant.channels, getattr(plant, "scale_uncertainty", None))))
        listener.settimeout(CONNECT)
        peer, _ = listener.accept()
        with peer, contextlib.suppress(ConnectionError, BrokenPipeError):
            serve(plant, peer, axes, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
