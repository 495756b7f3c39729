"""Rates of the OPC UA source: `python tests/benchmarks/bench_opcua.py [seconds]`; `soak seconds`: our server only.

A server in a process of its own on this computer, no security. The library alone reads beside it, with the same
settings, as the reference: 10 scalars at 1 kHz (10,000 values/s) and 20 channels at 50 kHz in arrays of 1000 (1,000,000
values/s), lossless. Also our own server's arrays, and what security costs.
"""

import asyncio
import logging
import multiprocessing
import os
import resource
import socket
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np

N_SCALARS, SCALAR_RATE = 10, 1000.0
N_ARRAYS, ARRAY_RATE, ARRAY = 20, 50_000.0, 1000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_plant(port: int, scalars: bool, ready) -> None:
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    asyncio.run(plant(port, scalars, ready))


async def plant(port: int, scalars: bool, ready) -> None:
    from datetime import UTC, datetime, timedelta

    from asyncua import Server, ua

    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace("urn:bench")
    folder = await server.nodes.objects.add_object(space, "M")
    kind = ua.VariantType.Double
    n = N_SCALARS if scalars else N_ARRAYS
    begin = 0.0 if scalars else [0.0]
    nodes = [(await folder.add_variable(ua.NodeId(f"v{k}", space), f"v{k}", begin, kind)).nodeid for k in range(n)]
    first = (await folder.add_variable(ua.NodeId("first", space), "first", 0, ua.VariantType.Int64)).nodeid
    step, rate = (1, SCALAR_RATE) if scalars else (ARRAY, ARRAY_RATE)
    async with server:
        ready.set()
        zero, number = datetime.now(UTC), 0
        while True:
            stamp = zero + timedelta(seconds=(number + step - 1) / rate)
            value = float(number) if scalars else np.arange(number, number + step, dtype=float).tolist()
            for node in nodes:
                await server.write_attribute_value(node, ua.DataValue(ua.Variant(value, kind), SourceTimestamp=stamp))
            if not scalars:
                counted = ua.Variant(number, ua.VariantType.Int64)
                await server.write_attribute_value(first, ua.DataValue(counted, SourceTimestamp=stamp))
            number += step
            behind = (zero + timedelta(seconds=number / rate) - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(max(behind, 0))


def ours(url: str, scalars: bool, seconds: float) -> tuple[int, int, str]:
    """Values that came, that the server wrote meanwhile (it writes its numbers), and what was said."""
    from hardware.opcua import OpcuaSource
    from hardware.opcua_options import NodeChannel, OpcuaOptions, TraceOptions

    def node(name):
        return NodeChannel(node=f"nsu=urn:bench;s={name}")

    names = {f"v{k}_n": node(f"v{k}") for k in range(N_SCALARS if scalars else N_ARRAYS)}
    trace = None if scalars else TraceOptions(first="nsu=urn:bench;s=first", period=1 / ARRAY_RATE, channels=names)
    period = 1 / SCALAR_RATE if scalars else None
    options = OpcuaOptions(
        url=url, channels=names if scalars else {}, trace=trace, period=period, duration=seconds, settle=0.2
    )
    with OpcuaSource(options) as source:
        blocks = list(source.blocks())
    values = sum(len(block) * len(names) for block in blocks)
    first, last = (blocks[k].values["v0_n"][k] for k in (0, -1))
    said = "; ".join([f"{source.losses.lost} lost", *source.losses.messages[:2]])
    return values, (round(last - first) + 1) * len(names), said


def library(url: str, scalars: bool, seconds: float) -> tuple[int, int, str]:
    """The same with asyncua alone."""
    from asyncua import Client, ua

    class Counter:
        values, seen = 0, {}

        def datachange_notification(self, node, value, data):
            self.values += len(value) if isinstance(value, list) else 1
            self.seen.setdefault(node.nodeid.Identifier, []).append(value)

    async def read():
        async with Client(url) as client:
            space = await client.get_namespace_index("urn:bench")
            counter = Counter()
            subscription = await client.create_subscription(50, counter)
            n = N_SCALARS if scalars else N_ARRAYS
            nodes = [client.get_node(ua.NodeId(f"v{k}", space)) for k in range(n)]
            await subscription.subscribe_data_change(nodes, queuesize=2000, sampling_interval=0)
            await asyncio.sleep(seconds)
            ends = [(np.ravel(rows[0])[0], np.ravel(rows[-1])[-1]) for rows in counter.seen.values()]
            return counter.values, sum(round(last - first) + 1 for first, last in ends), ""

    return asyncio.run(read())


def measured(name: str, work, url: str, scalars: bool, seconds: float) -> None:
    cpu, begun = time.process_time(), time.perf_counter()
    values, written, said = work(url, scalars, seconds)
    wall = time.perf_counter() - begun
    used = (time.process_time() - cpu) / wall
    print(
        f"{name:44s} {values / seconds:12,.0f} values/s of {written / seconds:,.0f} written   cpu {used:4.2f}   {said}",
        flush=True,
    )


def with_plant(scalars: bool, seconds: float) -> None:
    context = multiprocessing.get_context("spawn")
    ready, port = context.Event(), free_port()
    process = context.Process(target=run_plant, args=(port, scalars, ready), daemon=True)
    process.start()
    ready.wait(60)
    kind = f"{N_SCALARS} scalars at 1 kHz" if scalars else f"{N_ARRAYS} arrays of {ARRAY} at 50 kHz"
    try:
        for name, work in (("library alone", library), ("our source", ours)):
            measured(f"{kind}, {name}", work, f"opc.tcp://127.0.0.1:{port}/", scalars, seconds)
    finally:
        process.terminate()
        process.join()


class Played:
    """A run with 20 channels at 1 kHz."""

    machine, run, program, period = "Mill", "bench", "bench.nc", 1e-3
    tools, tool_changes = (SimpleNamespace(number=1, name="T1"),), ()
    ended = False

    def __init__(self) -> None:
        from hardware.channel import Channel

        self.channels = tuple(Channel(name=f"v{k}_n", unit="n") for k in range(20))
        self.begun = time.time()

    def rows(self, first):
        number = np.arange(first, int((time.time() - self.begun) / self.period))
        return self.begun + number * self.period, {c.name: number.astype(float) for c in self.channels}


def twin_served(user: str | None, seconds: float) -> None:
    """Our server and our source in this process, 20 channels at 1 kHz."""
    from hardware.opcua import OpcuaSource
    from hardware.opcua_options import Login, NodeChannel, OpcuaOptions, TraceOptions
    from hardware.serve.opcua_options import OpcuaServerOptions
    from hardware.serve.opcua_server import serve

    os.environ["TWIN_OPCUA_PASSWORD"] = "bench"
    stop, ready, found = threading.Event(), threading.Event(), []
    options = OpcuaServerOptions(port=0, user=user)
    thread = threading.Thread(
        target=serve, args=(Played(), options, stop, lambda url: (found.append(url), ready.set()))
    )
    thread.start()
    ready.wait(60)
    here = "nsu=urn:machining-twin:serve;s=Mill.Traces."
    channels = {f"v{k}_n": NodeChannel(node=f"{here}v{k}_n") for k in range(20)}
    login = Login(user=user, security="sign_and_encrypt" if user else "none")
    trace = TraceOptions(first=here + "First", period=1e-3, channels=channels)
    late = []
    with OpcuaSource(OpcuaOptions(url=found[0], trace=trace, login=login, duration=seconds, publishing=0.02)) as source:
        values = 0
        for block in source.blocks():
            values += 20 * len(block)
            late.append(time.time() - block.time[-1])
    stop.set()
    thread.join()
    name = "our server and source, 20 channels, " + ("signed and encrypted" if user else "no security")
    p99 = np.quantile(late[2:], 0.99) * 1e3
    rate, lost = values / seconds, source.losses.lost
    print(f"{name:44s} {rate:12,.0f} values/s   lost {lost:6d}   newest sample p99 {p99:.0f} ms old")
    print(f"{values // 20:,} samples in {seconds:g} s; {'; '.join(source.losses.messages)}")


def main() -> None:
    if sys.argv[1:2] == ["soak"]:
        twin_served(None, float(sys.argv[2]))
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    with_plant(True, seconds)
    with_plant(False, seconds)
    twin_served(None, seconds)
    twin_served("anna", seconds)
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
