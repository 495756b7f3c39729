"""The OPC UA source against a real server: values, times, quality, what is lost, what a user is told."""

import dataclasses
import time
from functools import partial

import numpy as np
import pytest
from opcua_servers import SPACE, PlantServer, free_port
from reading import joined
from reading import read as read_all

from hardware.channel import Quality
from hardware.opcua import OpcuaSource, bench_source
from hardware.opcua_options import Login, NodeChannel, OpcuaOptions, TraceOptions
from twin.errors import InputError

REST = 0.8  # [s] for what was written to arrive
read = partial(read_all, rest=REST)
OVERFLOW, UNCERTAIN, BAD = 0x480, 0x40000000, 0x80000000
X, Y = NodeChannel(node=f"nsu={SPACE};s=x"), NodeChannel(node="Plant/y")
TRACE = TraceOptions(
    first=f"nsu={SPACE};s=first", period=0.001, channels={"force_x_n": NodeChannel(node=f"nsu={SPACE};s=trace")}
)


def options(url, **others):
    quick = {"publishing": 0.02, "settle": 0.05, "timeout": 2.0}
    return OpcuaOptions(url=url, **(quick | others))


@pytest.fixture(scope="module")
def plant():
    with PlantServer() as server:
        yield server


def now():
    return float(int(time.time()) + 10)


def test_every_value_comes_with_its_time_and_in_our_unit(plant):
    start = now()
    times = start + np.arange(2000) / 1000
    rows = [(name, float(k), t) for k, t in enumerate(times) for name in ("x", "y")]
    with OpcuaSource(options(plant.url, channels={"x_actual_mm": X, "y_1": Y})) as source:
        blocks = read(source, lambda: plant.write_all(rows))
    time_s = np.concatenate([block.time for block in blocks])
    late = time_s >= start - 1e-4  # not the values from before
    assert np.allclose(time_s[late], times, atol=1e-6)
    assert (joined(blocks, "x_actual_mm")[late] == np.arange(2000) * 1000.0).all()  # the server says metres
    assert (joined(blocks, "y_1")[late] == np.arange(2000)).all()
    assert (source.losses.lost, source.losses.duplicated, source.losses.late) == (0, 0, 0)


def test_status_codes_and_overflow(plant):
    start = now() + 100

    def write():
        for k, status in enumerate((0, UNCERTAIN, BAD, 0, OVERFLOW, 0)):
            plant.write("y", float(k), start + k, status)
        plant.write("y", float("nan"), start + 6)

    with OpcuaSource(options(plant.url, channels={"y_1": Y})) as source:
        blocks = [block for block in read(source, write) if block.time[-1] >= start - 1e-4]
    number = np.concatenate([np.arange(b.first, b.first + len(b))[b.time >= start - 1e-4] for b in blocks])
    quality = np.concatenate([b.quality[b.time >= start - 1e-4] for b in blocks])
    good, uncertain, bad = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
    assert list(quality) == [good, uncertain, bad, good, good, good, bad]
    assert list(np.diff(number)) == [1, 1, 1, 2, 1, 1]
    assert source.losses.lost == 1 and "queue of y_1 overflowed" in source.losses.messages[0]


def test_arrays_come_in_order_with_gaps_stated(plant):
    start = now() + 200
    firsts = [0, 100, 300, 200, 500]  # out of order, 400 is missing

    def write():
        for first in firsts:
            plant.write("y", first / 100, start + first / 1000)
            plant.send_trace(first, [float(first + k) for k in range(100)], start + (first + 99) / 1000)
            time.sleep(0.02)

    plant.send_trace(-100, [0.0] * 100, start - 0.001)
    with OpcuaSource(options(plant.url, channels={"y_1": Y}, trace=TRACE)) as source:
        blocks = read(source, write)
    number = np.concatenate([np.arange(b.first, b.first + len(b)) for b in blocks]) - 100
    expected = [*range(-100, 400), *range(500, 600)]
    assert list(number) == expected
    values, y = joined(blocks, "force_x_n"), joined(blocks, "y_1")
    assert (values[100:] == expected[100:]).all()
    assert (y[100:] == np.array(expected[100:]) // 100).all()
    assert np.allclose(np.concatenate([b.time for b in blocks]), start + number / 1000, atol=1e-5)
    assert (source.losses.lost, source.losses.duplicated) == (100, 0)


def test_a_server_that_is_killed_and_comes_back():
    port, start = free_port(), now()
    with PlantServer(port) as first:
        first.send_trace(0, [float(k) for k in range(100)], start + 0.099)
        wanted = options(first.url, trace=TRACE, reconnect=30.0)
        with OpcuaSource(wanted) as source:
            blocks = source.blocks()
            before = next(blocks)
            first.__exit__()
            time.sleep(0.3)
            first.__enter__()
            first.send_trace(1000, [float(k) for k in range(1000, 1100)], start + 1.099)
            after = next(blocks)
    assert (before.first, len(before), after.first, len(after)) == (0, 100, 1000, 100)
    assert (after.values["force_x_n"] == np.arange(1000.0, 1100.0)).all()
    assert source.losses.lost == 900
    said = " | ".join(source.losses.messages)
    assert "connection lost" in said and "connected again" in said


def test_a_server_that_does_not_come_back_ends_the_source_after_what_it_sent():
    start = now()
    with PlantServer() as server:
        server.send_trace(0, [1.0] * 100, start)
        with OpcuaSource(options(server.url, trace=TRACE, reconnect=0.5, timeout=0.5)) as source:
            blocks = source.blocks()
            assert len(next(blocks)) == 100
            server.__exit__()
            with pytest.raises(InputError, match="has not answered for 0.5 s"):
                next(blocks)


def test_a_slow_reader_loses_nothing_that_fits_into_the_inbox(plant):
    start = now() + 400
    rows = [("y", float(k), start + k / 1000) for k in range(3000)]
    with OpcuaSource(options(plant.url, channels={"y_1": Y})) as source:
        plant.write_all(rows)
        time.sleep(0.3)  # the reader sleeps
        blocks = read(source)
    assert (np.diff(joined(blocks, "y_1")[-3000:]) == 1).all() and source.losses.lost == 0


def test_what_cannot_work_is_said(plant, monkeypatch):
    nowhere = f"opc.tcp://127.0.0.1:{free_port()}/"
    wrong = [
        (options(None, channels={"y_1": Y}), "bench.url is None"),
        (options(nowhere, channels={"y_1": Y}), "check address, network and login"),
        (options(plant.url, channels={"y_1": NodeChannel(node="Plant/z")}), "no node 'z' of Plant/z"),
        (options(plant.url, channels={"y_1": NodeChannel(node="nsu=urn:no;s=z")}), "no namespace urn:no"),
        (options(plant.url, channels={"y_1": NodeChannel(node="ns=2;s=nothing")}), "node ns=2;s=nothing"),
        (options(plant.url, channels={"force_n": X}), "channel force_n is in N, the source gives m"),
        (options(plant.url, channels={"x_mm": dataclasses.replace(X, factor=1.0)}), "factor 1 is stated"),
        (options(plant.url), "has 0 machine tools"),
        (options(plant.url, channels={"y_1": Y}, login=Login(user="anna")), "there is no password for anna"),
    ]
    for chosen, says in wrong:
        with pytest.raises(InputError) as caught, OpcuaSource(chosen):
            pass
        assert says in str(caught.value)
    monkeypatch.setenv("TWIN_OPCUA_PASSWORD", "secret")
    login = Login(user="anna")
    with pytest.raises(InputError, match="in the clear"), OpcuaSource(options("opc.tcp://10.0.0.1:4840/", login=login)):
        pass
    with pytest.raises(InputError, match="unknown key bench.chanels"):
        bench_source({"chanels": {}}, None)


def test_the_configuration_makes_a_source(plant):
    source = bench_source(
        {"url": plant.url, "channels": {"y_1": {"node": "Plant/y"}}, "duration_s": 0.3, "publishing_ms": 20}, None
    )
    with source:
        assert [channel.name for channel in source.channels] == ["y_1"]
        assert sum(len(block) for block in source.blocks()) >= 1
