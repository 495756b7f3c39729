"""The twin as an MTConnect agent, read by plain HTTP clients: valid documents, numbers that go on, limits."""

import socket
import threading
import time
import urllib.request

import numpy as np
import pytest
from lxml import etree
from mtconnect_agents import PERIOD, Counting, get, served

from hardware.serve.mtconnect_agent import serve
from hardware.serve.mtconnect_options import MtconnectServerOptions
from twin.errors import InputError


@pytest.fixture(scope="module")
def url():
    with served(Counting()) as address:
        yield address


@pytest.fixture(scope="module")
def schemas(data_dir):
    kinds = ("Devices", "Streams", "Assets", "Error")
    return {k: etree.XMLSchema(file=str(data_dir / "mtconnect_schema" / f"MTConnect{k}_2.7_1.0.xsd")) for k in kinds}


def read(url):
    return etree.fromstring(get(url)[1])


def named(root, name):
    return root.findall(f".//{{*}}{name}")


def header(root):
    return {key: value for key, value in root.find("{*}Header").attrib.items()}


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        ("", 200, "Devices"),
        ("/probe", 200, "Devices"),
        ("/Mill_3/probe", 200, "Devices"),
        ("/current", 200, "Streams"),
        ("/machining-twin.run-7/current", 200, "Streams"),
        ("/current?path=//Linear[@name='X']", 200, "Streams"),
        ("/sample", 200, "Streams"),
        ("/sample?from=3&count=500", 200, "Streams"),
        ("/sample?from=1&count=32768", 200, "Streams"),
        ("/assets", 200, "Assets"),
        ("/assets?type=Fixture", 200, "Assets"),
        ("/asset/machining-twin.run-7.T3;machining-twin.run-7.T7", 200, "Assets"),
        ("/asset/nobody's", 404, "Error"),
        ("/nix", 404, "Error"),
        ("/a/b/c", 404, "Error"),
        ("/sample?from=999999999", 404, "Error"),
        ("/sample?count=0", 404, "Error"),
        ("/sample?count=32769", 404, "Error"),
        ("/sample?count=-5", 404, "Error"),
        ("/sample?from=x", 400, "Error"),
        ("/sample?from=" + "9" * 400, 400, "Error"),
        ("/sample?interval=<&>", 400, "Error"),
        ("/sample?colour=red", 400, "Error"),
        ("/current?at=1.5", 400, "Error"),
        ("/current?at=99999999", 404, "Error"),
        ("/current?path=//Linear[[", 400, "Error"),
        ("/current?path=//Nobody", 404, "Error"),
    ],
)
def test_documents_are_valid_against_the_official_schema(url, schemas, request_, status, kind):
    got, body = get(url + request_.replace(" ", "%20"))
    root = etree.fromstring(body)
    assert etree.QName(root).localname == f"MTConnect{kind}"
    assert got == status
    assert schemas[kind].validate(root), schemas[kind].error_log


def test_the_model_says_units_and_assets_say_sizes(url):
    items = {row.get("id"): row for row in named(read(f"{url}/probe"), "DataItem")}
    assert items["feed_mm_min"].get("units") == "MILLIMETER/SECOND"
    assert items["feed_mm_min"].get("nativeUnits") == "MILLIMETER/MINUTE"
    assert items["x_actual_mm_series"].get("representation") == "TIME_SERIES"
    assert float(items["x_actual_mm_series"].get("sampleRate")) == 1000
    tools = {row.get("toolId"): row for row in named(read(f"{url}/assets"), "CuttingTool")}
    assert tools["3"].find("{*}Description").text == "end mill <D10>"
    assert [row.get("nominal") for row in named(tools["3"], "CuttingDiameterMax")] == ["10"]
    assert [row.get("nominal") for row in named(tools["7"], "CornerRadius")] == ["3"]
    assert named(tools["7"], "CuttingItems")[0].get("count") == "2"


def test_samples_go_on_without_gap_and_values_are_right(url):
    """Two seconds of polling: every number once, every row once, in the units of the standard."""
    following, numbers, rows, feeds, lines = 1, [], [], [], {}
    end = time.monotonic() + 2
    while time.monotonic() < end:
        root = read(f"{url}/sample?from={following}&count=400")
        following = int(header(root)["nextSequence"])
        numbers += sorted(int(row.get("sequence")) for row in root.iter() if row.get("sequence"))
        for series in named(root, "PositionTimeSeries"):
            values = np.array((series.text or "").split(), float)
            assert len(values) == int(series.get("sampleCount"))
            rows += values.tolist()
        for row in named(root, "PathFeedrate"):
            feeds += [float(row.text)] if row.text != "UNAVAILABLE" else []
        lines |= {int(row.text): row.get("timestamp") for row in named(root, "LineNumber") if row.text.isdigit()}
    assert numbers == list(range(1, following))
    assert rows == list(range(len(rows))) and len(rows) > 1500
    number = np.array(feeds) * 60 / 3  # mm/min is three times the row number
    assert np.allclose(number, np.round(number), atol=1e-4)
    seconds = [float(stamp[17:-1]) for _, stamp in sorted(lines.items())]
    assert np.allclose(np.diff(seconds) % 60, 50 * PERIOD, atol=2e-6)  # each change at its own time


def test_current_at_a_number_is_what_held_then():
    """Also for what has left the buffer: 22 observations a step do not fit into 60 for long."""
    state = Counting(paused=True)
    with served(state, n_buffer=60) as url:
        for allowed in (10, 20, 30, 40, 50, 60, 70, 80):
            state.allowed = allowed
            time.sleep(0.1)
        first, last = (int(header(read(f"{url}/current"))[f"{k}Sequence"]) for k in ("first", "last"))
        assert last - first == 59 and first > 1
        held = {}
        for at in range(first, last + 1, 7):
            held = {r.get("dataItemId"): r for r in read(f"{url}/current?at={at}").iter() if r.get("sequence")}
            assert max(int(row.get("sequence")) for row in held.values()) == at
            assert held["program"].text == "pocket.nc"  # said once, long ago
        assert int(held["program"].get("sequence")) < first
        assert get(f"{url}/current?at={first - 1}")[0] == 404
        status, body = get(f"{url}/sample?from={first - 1}")
        error = etree.fromstring(body)
        assert (status, len(named(error, "OutOfRange"))) == (404, 1)
        assert [row.text for row in named(error, "Minimum")] == [str(first)]


def test_a_path_filters_and_the_numbers_still_go_on(url):
    root = read(f"{url}/sample?from=1&count=40&path=//Path//DataItem[@type='LINE_NUMBER']")
    rows = [row for row in root.iter() if row.get("sequence")]
    assert {row.get("dataItemId") for row in rows} == {"line"} and len(rows) > 1
    assert int(header(root)["nextSequence"]) > int(rows[-1].get("sequence"))


def test_a_stream_goes_on_part_after_part(url, schemas):
    with urllib.request.urlopen(f"{url}/sample?interval=50&count=2000&heartbeat=500&from=1", timeout=10) as stream:
        assert "multipart/x-mixed-replace" in stream.headers["Content-Type"]
        parts, following = [], 1
        for _ in range(5):
            length = 0
            while (line := stream.readline()).strip() or not length:
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            root = etree.fromstring(stream.read(length))
            assert schemas["Streams"].validate(root), schemas["Streams"].error_log
            numbers = sorted(int(row.get("sequence")) for row in root.iter() if row.get("sequence"))
            assert numbers == list(range(following, int(header(root)["nextSequence"])))
            following = int(header(root)["nextSequence"])
            parts.append(len(numbers))
    assert min(parts) > 0


def test_the_end_of_the_program_is_said():
    with served(Counting(lasts=0.3)) as url:
        deadline, said = time.monotonic() + 10, []
        while "PROGRAM_COMPLETED" not in said and time.monotonic() < deadline:
            said = [row.text for row in named(read(f"{url}/sample?from=1&count=5000"), "Execution")]
            time.sleep(0.05)
    assert said == ["UNAVAILABLE", "ACTIVE", "PROGRAM_COMPLETED"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "NONSENSE"])
def test_nobody_writes(url, schemas, method):
    request = urllib.request.Request(f"{url}/Mill_3?x_actual_mm=5", method=method, data=b"<x/>")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code in (405, 501)
    assert schemas["Error"].validate(etree.fromstring(refused.value.read()))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (k, b"y" * 500) for k in range(80)) + b"\r\n",
    ],
)
def test_a_huge_request_is_refused(url, sent):
    place = url.removeprefix("http://").split(":")
    with socket.create_connection((place[0], int(place[1])), 10) as client:
        client.sendall(sent)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 431")
    assert get(f"{url}/probe")[0] == 200


def test_too_many_requests_are_refused_and_others_are_not_hurt():
    with served(Counting(), n_requests_per_second=20) as url:
        codes = [get(f"{url}/probe")[0] for _ in range(60)]
        assert 20 <= codes.count(200) <= 50 and set(codes) == {200, 429}
        time.sleep(1.1)
        assert get(f"{url}/probe")[0] == 200


def test_more_connections_than_allowed_are_closed_and_idle_ones_end():
    with served(Counting(), n_connections=3, timeout=0.5) as url:
        place = url.removeprefix("http://").split(":")
        idle = [socket.create_connection((place[0], int(place[1])), 5) for _ in range(3)]
        time.sleep(0.2)
        with pytest.raises(OSError):
            get(f"{url}/probe")
        time.sleep(1)
        assert get(f"{url}/probe")[0] == 200
        for client in idle:
            assert client.recv(10) == b""
            client.close()


def test_a_client_that_does_not_read_is_let_go():
    """It asks for a stream and reads nothing: its thread ends, the agent's memory does not grow with it."""
    state = Counting()
    with served(state, timeout=0.5, n_connections=1, n_buffer=2000) as url:
        place = url.removeprefix("http://").split(":")
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((place[0], int(place[1])))
        slow.sendall(b"GET /current?interval=0 HTTP/1.1\r\n\r\n")
        deadline = time.monotonic() + 20
        status = 0
        while status != 200 and time.monotonic() < deadline:
            try:
                status = get(f"{url}/probe")[0]
            except OSError:
                time.sleep(0.2)
        slow.close()
    assert status == 200


def test_a_taken_port_and_an_open_door_are_input_errors():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="port="):
        port = taken.getsockname()[1]
        serve(Counting(), MtconnectServerOptions(port=port), threading.Event())
    with pytest.raises(InputError, match="everybody"):
        serve(Counting(), MtconnectServerOptions(host="0.0.0.0", port=0), threading.Event())
