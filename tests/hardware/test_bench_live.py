"""`twin bench` against live servers of each kind, to the report of the validation."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from bench_desk import arrays, as_a_machine, made_desk, mqtt_words, publish
from brokers import Broker

pytestmark = pytest.mark.timeout(280)
HERE = Path(__file__).parent
MACHINE = as_a_machine(force_x_n=20.0)
N = len(MACHINE)
SERVED = ("force_x_n", "measured_force_x_n", "measured_line", "off_path_um", "late_s")


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


@pytest.fixture
def served_bench(desk, tmp_path, capsys):
    """What an independent client, in a process of its own, is told while a machine is benched and served to it."""

    def run(protocol, *client):
        found = []

        def meanwhile():
            command = [sys.executable, str(HERE / client[0]), _address(capsys), *client[1:]]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
                assert reader.stdout.readline() == "listening\n"
                publish(broker.port, arrays(MACHINE), pause=0.03)
                found.append(json.loads(reader.stdout.readline()))

        with Broker(tmp_path) as broker:
            words = mqtt_words(broker.url, "bench.silence_s=4")
            benched = desk.bench(capsys, *words, meanwhile=meanwhile, serve=protocol)
        assert benched.status == 0 and len(benched.number) == N  # and the bench lost nothing over its client
        return found[0]

    return run


def _address(capsys):
    """Where the bench says that it serves."""
    said = ""
    for _ in range(600):
        said += capsys.readouterr().out
        if found := re.search(r"serving the twin's state at (\S+)\s", said):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"it is not served: {said}")


def check_served(predicted, measured, line, off_path, late):
    """Beside each sample of the machine, what the twin predicts where it is; the machine feels 20 N more."""
    true = MACHINE.values
    assert np.array_equal(measured, true["force_x_n"]) and np.array_equal(line, true["line"])
    for cutting, force in ((6, 100.0), (8, -100.0)):
        inside = np.flatnonzero(line == cutting)[5:-5]  # at its ends the place may be in the line before or after
        np.testing.assert_allclose(predicted[inside], force, atol=1e-9)
    assert np.abs(off_path).max() < 1.0 and np.abs(late).max() < 0.05  # [µm], [s]: it runs as predicted


def test_a_bench_is_served_over_opcua(served_bench):
    """To the library's own client: types of OPC 40501-1, every sample once, the program's end; nobody writes."""
    found = served_bench("opcua", "opcua_reader.py")
    assert found["machine"] == "Mill 3" and found["in"] == "http://opcfoundation.org/UA/Machinery/"
    assert found["type"] == ["http://opcfoundation.org/UA/MachineTool/", "MachineToolType"]
    assert (found["program"], found["period_ms"], found["unit"]) == ("part.nc", 1.0, "N")
    assert found["refused"] == ["BadUserAccessDenied"] * 3 and found["states"] == ["Running", "Ended"]
    arrays_ = told(found["sent"])
    ends = [moment["First"] + len(moment["force_x_n"]) for moment in arrays_]
    assert [moment["First"] for moment in arrays_] == [0, *ends[:-1]] and ends[-1] == N  # none is missing, none twice
    check_served(*(np.concatenate([moment[name] for moment in arrays_]) for name in SERVED))


def told(sent):
    """What held at each moment at which samples came: what is as before is not sent again."""
    holds, moments = {}, []
    for stamp in sorted({row[1] for row in sent}):
        new = {name: value for name, at, value in sent if at == stamp}
        holds |= new
        if new.get("First", -1) >= 0:
            moments.append(dict(holds))
    return moments


@pytest.mark.data
def test_a_bench_is_served_over_mtconnect(served_bench, data_dir):
    """To plain HTTP: every document valid against the official schema, no number missing, the program's end."""
    found = served_bench("mtconnect", "mtconnect_reader.py", str(data_dir / "mtconnect_schema"))
    assert found["device"] == "Mill_3" and found["tools"] == ["1"] and found["gapless"]
    assert found["checked"]["Streams"] > 20 and found["checked"]["Devices"] == 2
    items = found["items"]
    for name, units in (("measured_force_x_n", "NEWTON"), ("off_path_um", "MILLIMETER"), ("line", None)):
        assert items[name].get("units") == units
    series = {name: np.array(values) for name, values in found["series"].items()}
    predicted, measured = (series[f"{name}_series"] for name in ("force_x_n", "measured_force_x_n"))
    check_served(predicted, measured, MACHINE.values["line"], series["off_path_um_series"] * 1e3, np.zeros(1))
