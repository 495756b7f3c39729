"""Serves a run as an OPC UA server, played at the speed of the clock; see :mod:`hardware.serve.opcua_model`."""

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from hardware.opcua_login import import_asyncua
from hardware.serve.opcua_options import OpcuaServerOptions, check_server_options

PATH = "/twin/"


class ServedState(Protocol):
    """A run that is played; the rest of what it is is in ``opcua_model.ServedMachine``."""

    def rows(self, first: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times UTC (row,) [s] and values, channel -> (row,), of what was played from row ``first`` up to now."""

    @property
    def ended(self) -> bool:
        """The program is over."""


def serve(
    state: ServedState,
    options: OpcuaServerOptions,
    stop: threading.Event,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve ``state`` until ``stop`` is set.

    Args:
        ready: told the address once clients can connect.

    Raises:
        InputError: asyncua is not installed, the port is taken, no password is given.
    """
    import_asyncua()
    check_server_options(options)
    asyncio.run(_serve(state, options, stop, ready))


async def _serve(
    state: ServedState, options: OpcuaServerOptions, stop: threading.Event, ready: Callable[[str], None]
) -> None:
    from hardware.serve.opcua_guard import APPLICATION, GuardedServer
    from hardware.serve.opcua_model import make_model

    server = GuardedServer(options)
    await server.init()
    await server.set_application_uri(APPLICATION)
    server.set_server_name("machining-twin")
    server.set_endpoint(f"opc.tcp://{options.host}:{options.port}{PATH}")
    await server.protect()
    model = await make_model(server, state)  # type: ignore[arg-type]
    async with server:
        assert server.bserver is not None
        ready(f"opc.tcp://{options.host}:{server.bserver.port}{PATH}")
        first, told = 0, False
        while not stop.is_set():
            ended = state.ended
            time, values = state.rows(first)
            if len(time):
                await model.write(first, time, values)
                first += len(time)
            elif ended and not told:
                await model.tell("Ended")
                told = True
            await asyncio.sleep(options.publishing)
