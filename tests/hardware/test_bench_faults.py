"""`twin bench` under faults: a machine that publishes its samples to a real mosquitto, and what is lost of them."""

import json
import time

import numpy as np
import pytest
from bench_desk import COLUMNS, EACH, arrays, as_a_machine, made_desk, mqtt_words, publish
from brokers import Broker, RawClient

from hardware.channel import Quality
from hardware.recording import Recorder
from twin.errors import InputError

pytestmark = pytest.mark.timeout(280)
TRUE = as_a_machine()
N = len(TRUE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return made_desk(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def benched(desk, broker, capsys):
    """Bench a machine that sends ``messages``; every sample that came must be the one that was measured."""

    def run(messages, *words):
        found = desk.bench(capsys, *mqtt_words(broker.url, *words), meanwhile=lambda: publish(broker.port, messages))
        assert found.status == 0, found.said
        assert len(np.unique(found.number)) == len(found.number)  # nothing twice
        for name in ("line", "x_commanded_mm"):
            np.testing.assert_array_equal(found[name], TRUE.values[name][found.number])
        return found

    return run


def seen(found, *words):
    """The lines in which the user was told."""
    lines = [line.removeprefix("source ").strip() for line in found.said.splitlines()]
    said = [line for line in lines if any(word in line for word in words)]
    assert said, found.said
    return "; ".join(f"`{line}`" for line in said)


def lost(found):
    """How many of the machine's samples are not in the recording, in words."""
    return f"{N - len(found.number):,} of {N:,} samples"


def test_repeated(benched, fault_report):
    messages = arrays()
    found = benched([*messages[:20], messages[19], *messages[5:8], *messages[20:]])
    assert len(found.number) == N
    fault_report("4 arrays of 100 samples come again", "MQTT", lost(found), seen(found, "repeated"))
    assert "0 samples lost, 400 repeated" in found.said


def test_out_of_order(benched, fault_report):
    messages = arrays()
    messages[30:34] = messages[33:29:-1]
    found = benched(messages)
    assert len(found.number) == N and "0 samples lost, 0 repeated, 0 too late" in found.said
    fault_report("4 arrays in the wrong order", "MQTT", lost(found), seen(found, "repeated"))


def test_missing(benched, fault_report):
    messages = arrays()
    found = benched([*messages[:40], *messages[42:]])
    assert sorted(set(range(N)) - set(found.number)) == list(range(40 * EACH, 42 * EACH))
    assert "200 samples lost" in found.said and found.validation["sampling"]["lost"] == 200
    fault_report("2 arrays never come", "MQTT", lost(found), seen(found, "samples lost before", "repeated"))


def test_too_late(benched, fault_report):
    """An array that comes when its successors were long passed on: it has been counted as lost, and is left out."""
    messages = arrays()
    found = benched([*messages[:40], *messages[41:60], messages[40], *messages[60:]])
    assert len(found.number) == N - EACH
    fault_report("an array comes 19 arrays late", "MQTT", lost(found), seen(found, "samples lost before", "repeated"))


def test_clock_jump(benched, fault_report):
    """The wall clock of the machine is set by +5 s, later by -7 s: the samples' numbers hold."""
    messages = arrays()
    for k, message in enumerate(messages):
        message.clock = 0.0 if k < 30 else 5.0 if k < 60 else -2.0
    found = benched(messages)
    assert len(found.number) == N and (np.diff(found.number) == 1).all()
    time_ = np.concatenate([block.time for block in found.blocks])
    assert np.allclose(np.diff(time_), 1e-3, atol=1e-6)
    fault_report("the wall clock jumps by +5 s, then by -7 s", "MQTT", lost(found), seen(found, "wall clock"))


def test_not_a_number(benched, fault_report):
    messages = arrays()
    column = COLUMNS.index("force_x_n")
    messages[10].values[20:70, column] = np.nan
    found = benched(messages)
    assert len(found.number) == N and np.count_nonzero(found.quality == Quality.BAD) == 50
    assert (found.number[found.quality == Quality.BAD] == 10 * EACH + np.arange(20, 70)).all()
    fault_report(
        "50 samples of a channel are NaN",
        "MQTT",
        f"{lost(found)}; {np.count_nonzero(found.quality == Quality.BAD)} are marked BAD",
        seen(found, "no numbers"),
    )


def test_a_slow_consumer(benched, fault_report, monkeypatch):
    """A disk that takes half a second for every block."""
    append = Recorder.append

    def slow(self, block):
        time.sleep(0.5)
        append(self, block)

    monkeypatch.setattr(Recorder, "append", slow)
    found = benched(arrays())
    assert len(found.number) == N and "0 samples lost" in found.said
    fault_report("a disk that needs 0.5 s for every block", "MQTT", lost(found), seen(found, "repeated"))


def test_killed_and_restarted(desk, tmp_path, capsys, fault_report):
    """The broker is killed for a second in mid-run; the machine goes on measuring, with nobody to send to."""
    messages = arrays()

    def machine():
        publish(broker.port, messages[:40])
        time.sleep(0.5)
        broker._process.kill()
        broker._process.wait(10)
        time.sleep(0.5)
        broker.__enter__()
        time.sleep(2.5)  # until the source has come back: it tries again after 0.5, 1 and 2 s
        publish(broker.port, messages[55:])

    with Broker(tmp_path) as broker:
        found = desk.bench(capsys, *mqtt_words(broker.url, "bench.silence_s=8"), meanwhile=machine)
    assert found.status == 0
    assert sorted(set(range(N)) - set(found.number)) == list(range(40 * EACH, 55 * EACH))
    assert f"{15 * EACH:,} samples lost" in found.said
    fault_report(
        "the broker is killed and started again in mid-run, 15 arrays meanwhile",
        "MQTT",
        lost(found),
        seen(found, "connection", "samples lost before"),
    )


def test_another_unit(desk, broker, capsys, fault_report):
    """The broker says that the force comes in millimetres: refused before the first sample."""
    names = [{"name": name, "unit": "mm" if name == "force_x_n" else ""} for name in COLUMNS]
    with RawClient(broker.port) as client:
        client.publish("other/trace/columns", json.dumps(names).encode(), again=True, retain=True)
    words = [word for word in mqtt_words(broker.url) if "blocks" not in word]
    with pytest.raises(InputError, match="force_x_n") as refused:
        desk.bench(capsys, *words, "bench.blocks={topic: other/trace}")
    fault_report("a channel comes in another unit", "MQTT", "nothing: it does not begin", f"`{refused.value}`")
