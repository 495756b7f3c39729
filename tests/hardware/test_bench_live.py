"""`twin bench` against live servers of each kind, to the report of the validation."""

import subprocess
import sys
import threading
import time
from importlib import import_module

import numpy as np
import pytest
from bench_desk import arrays, as_a_machine, made_desk, mqtt_words, publish
from brokers import Broker
from made_run import MOVES

pytestmark = pytest.mark.timeout(280)
TOTAL = sum(row[2] for row in MOVES)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return made_desk(tmp_path_factory.mktemp("live"))


@pytest.fixture
def server(desk):
    """`twin serve` in a process of its own; its address, once it answers."""
    processes = []

    def serve(*words):
        command = [sys.executable, "-m", "twin", "serve", "run", "port=0", *words]
        process = subprocess.Popen([*command, "--outputs", str(desk.run.parent)], stdout=subprocess.PIPE, text=True)
        processes.append(process)
        line = process.stdout.readline()
        assert line.startswith("serving run of Mill 3 at ")
        return line.split()[-1]

    yield serve
    for process in processes:
        process.terminate()
        process.wait(20)


def check(benched, channels, said):
    """Validated to its end, and the machine is as predicted: it is the prediction. ``said`` of what was cut."""
    assert benched.status == 0, benched.said
    page = (benched.file.parent / "report.html").read_text()
    assert "validation" in page.lower() and "0 lost" in benched.said
    assert said in page and said in " ".join(benched.said.split())
    found = benched.validation
    rows = {row["channel"]: row for row in found["channels"]}
    assert channels <= set(rows)
    assert all(rows[name]["rmse"] < 1e-3 for name in ("x_commanded_mm", "y_commanded_mm", "z_commanded_mm"))
    assert rows["force_x_n"]["correlation"] > 0.999


@pytest.mark.parametrize("protocol", ["opcua", "mtconnect"])
def test_a_server_of_the_twin(desk, server, capsys, protocol):
    """A run is played as if the machine ran; the bench reads it until nothing comes any more."""
    url = server(f"protocol={protocol}", "period_ms=5", "wait_s=8")
    benched = desk.bench(capsys, f"bench={protocol}", f"url={url}", "bench.silence_s=2", "bench.duration_s=60")
    said = f"whether metal was cut is not stated; recorded from {protocol} {url}"
    check(benched, {"force_x_n", "spindle_power_w", "x_actual_mm"}, said)


def test_a_broker(desk, tmp_path, capsys):
    """A machine that publishes arrays to a real mosquitto: every sample, and all of it as it was measured."""
    with Broker(tmp_path) as broker:
        words = mqtt_words(broker.url)
        benched = desk.bench(capsys, *words, meanwhile=lambda: publish(broker.port, arrays()), cut="nothing")
    said = "no metal was cut, as the recording states"
    check(benched, {"force_x_n", "spindle_power_w", "x_commanded_mm"}, said)
    true = as_a_machine().values
    assert (benched.number == np.arange(len(true["line"]))).all()
    assert all((benched[name] == values).all() for name, values in true.items())


@pytest.mark.parametrize("protocol", ["opcua", "mtconnect"])
def test_a_bench_that_runs_is_served(desk, tmp_path, capsys, protocol):
    """While a machine is benched, an independent source reads what the twin predicts where the machine is."""
    found, machine, listens = [], as_a_machine(force_x_n=20.0), threading.Event()

    def read():
        url = next(line.split()[-1] for line in spoken() if "serving the twin's state at" in line)
        time.sleep(1.0)  # an agent has no items before their first value
        kind = import_module(f"hardware.{protocol}")
        chosen = {"url": url, "silence_s": 3.0}
        with kind.bench_source(chosen, None) as source:
            listens.set()
            found.extend(source.blocks())

    def spoken():
        for _ in range(500):
            text = capsys.readouterr().out
            if "serving" in text:
                return text.splitlines()
            time.sleep(0.05)
        raise AssertionError("it is not served")

    def run():
        reader = threading.Thread(target=read)
        reader.start()
        publish(broker.port, arrays(machine)[:3])
        assert listens.wait(60)
        publish(broker.port, arrays(machine)[3:], pause=0.03)
        reader.join()

    with Broker(tmp_path) as broker:
        benched = desk.bench(capsys, *mqtt_words(broker.url, "bench.silence_s=10"), meanwhile=run, serve=protocol)
    assert benched.status == 0
    line, predicted, measured = (
        np.concatenate([b.values[name] for b in found]) for name in ("line", "force_x_n", "measured_force_x_n")
    )
    cut = np.isin(line, (6, 8)) & np.isfinite(measured)
    assert np.count_nonzero(cut) > 1000 and set(np.unique(line[cut])) == {6, 8}
    away = measured[cut] - predicted[cut]
    assert np.median(away) == pytest.approx(20.0) and np.mean(np.isclose(away, 20.0)) > 0.97
