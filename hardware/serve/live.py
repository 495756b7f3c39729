"""A bench that runs, as a server: what the twin predicts at the place where the machine is, beside what it measures."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hardware.channel import Block, Channel, Clock
from hardware.serve.state import LINE, RunState
from twin.errors import InputError
from twin.units import UM

MEASURED = "measured_"
OWN = (Channel(name="off_path_um", unit="µm"), Channel(name="late_s", unit="s"))
MOST_ROWS = 100_000  # that wait for a server; older ones are let go
START, STOP = 60.0, 15.0  # [s] until it answers, until it has ended
LAST = 2.0  # [s] for the server to send what came last, and for clients that ask once a second to hear of the end


class LiveState(RunState):
    """The twin of a machine that runs; rows are its samples.

    Args:
        folder: of the run that is compared.
        measured: channels of the machine, served as ``measured_NAME``.
        clock: of its samples.

    Raises:
        InputError: the samples are events at irregular times.
    """

    tool_changes: Sequence[tuple[float, int]] = ()

    def __init__(self, folder: Path, measured: Sequence[Channel], clock: Clock):
        if clock.period_s is None:
            raise InputError("events at irregular times are not served", remedy="state the period of the source")
        super().__init__(folder)
        self.period, self.ended = clock.period_s, False
        self._measured = tuple(channel.name for channel in measured)
        shown = tuple(Channel(name=MEASURED + channel.name, unit=channel.unit) for channel in measured)
        self.channels = (*self.channels, *shown, *OWN)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Block, np.ndarray, float, float]] = deque()
        self._rows_waiting = 0
        self._zero = 0.0 if clock.origin == "utc" else None  # UTC [s] of the machine's time 0

    def take(self, block: Block, place: np.ndarray, away: float, late: float) -> None:
        """New samples, where in the program they are (sample,) [s]; the last one off the path [m] and behind [s]."""
        with self._lock:
            if self._zero is None:
                self._zero = time.time() - float(block.time[-1])
            self._waiting.append((block, place, away, late))
            self._rows_waiting += len(block)
            while self._rows_waiting > MOST_ROWS:
                self._rows_waiting -= len(self._waiting.popleft()[0])

    def rows(self, first: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times UTC (row,) [s] and values, channel -> (row,), of what came since the last call."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
            self._rows_waiting = 0
        if not taken or self._zero is None:
            return np.empty(0), {}
        blocks = [block for block, *_ in taken]
        length = [len(block) for block in blocks]
        place = np.concatenate([row[1] for row in taken])
        away, late = (np.repeat([row[k] for row in taken], length) for k in (2, 3))
        measured = {MEASURED + n: np.concatenate([b.values[n] for b in blocks]) for n in self._measured}
        values = self._values(place) | measured | {"off_path_um": away / UM, "late_s": late}
        line = measured.get(MEASURED + LINE)
        values[LINE] = values[LINE] if line is None else line
        return self._zero + np.concatenate([b.time for b in blocks]), values


class LiveServer:
    """Serves a :class:`LiveState` in a thread of its own, on this computer only.

    Args:
        where: ``mtconnect``, ``opcua``, or with a port ``opcua:4840``; without one the system chooses.

    Raises:
        InputError: another protocol, or no port.
    """

    def __init__(self, where: str):
        self.protocol, _, port = where.partition(":")
        if self.protocol not in ("mtconnect", "opcua") or not (port or "0").isdigit():
            raise InputError(f"--serve {where}", remedy="--serve mtconnect, --serve opcua, or with a port: opcua:4840")
        self._port, self._stop, self._ready = int(port or 0), threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self.url = ""
        self.state: LiveState | None = None

    def begin(self, state: LiveState) -> str:
        """Start; return the address once clients can connect.

        Raises:
            InputError: the port is taken, or the protocol's library is missing.
        """
        self.state = state
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(START)
        if self._failure or not self.url:
            raise self._failure or InputError("the server does not start")
        return self.url

    def _tell(self, url: str) -> None:
        self.url = url
        self._ready.set()

    def _serve(self) -> None:
        assert self.state
        try:
            if self.protocol == "mtconnect":
                from hardware.serve.mtconnect_agent import serve
                from hardware.serve.mtconnect_options import MtconnectServerOptions

                serve(self.state, MtconnectServerOptions(port=self._port), self._stop, self._tell)
            else:
                from hardware.serve.opcua_options import OpcuaServerOptions
                from hardware.serve.opcua_server import serve as serve_opcua

                serve_opcua(self.state, OpcuaServerOptions(port=self._port), self._stop, self._tell)
        except Exception as error:  # told to whoever begins it
            self._failure = error
            self._ready.set()

    def end(self) -> None:
        """The program is over: say so to the clients, then stop."""
        if self.state is not None:
            self.state.ended = True
            time.sleep(LAST)
            self._stop.set()
            self._thread.join(STOP)
