"""SHDR: an adapter over TCP, and logs of real machines played as if they were live."""

import time
from collections import defaultdict
from contextlib import suppress

import numpy as np
import pytest
from mtconnect_agents import Adapter, iso
from reading import joined, read, times

from hardware.channel import Quality
from hardware.mtconnect import bench_source as xml_source
from hardware.mtconnect_options import ItemChannel, ShdrOptions
from hardware.shdr import ShdrSource, bench_source, played_log
from hardware.shdr_rows import ShdrRows
from twin.errors import InputError
from twin.formats.shdr import read_shdr

NOW = 1_790_000_000.0
CHANNELS = {
    "x_actual_mm": ItemChannel(item="Xabs"),
    "line": ItemChannel(item="line"),
    "load_pct": ItemChannel(item="load", series=True),
}
XY = {name: CHANNELS[name] for name in ("x_actual_mm", "line")}


def options(url, **others):
    return ShdrOptions(url=url, **({"settle": 0.05, "silence": 0.5, "timeout": 1.0, "channels": XY} | others))


def test_rows_of_every_kind():
    rows = ShdrRows({"load"}.__contains__, lambda: 5.0)
    text = (
        "2026-01-01T00:00:00Z|Xabs|1.5|line|7\n"
        "2026-01-01T00:00:01.25Z@0.5|load|3|100|1 2 3|Xabs|2\n"
        "2026-01-01T00:00:02Z|spindle|FAULT|E1|500|HIGH|hot\n"
        "2026-01-01T00:00:02Z|Xabs|UNAVAILABLE|line|UNAVAILABLE|load|0\n"
        "* PONG 10000\n\n"
        "2026-01-01T00:00:03Z|@ASSET@|t1|CuttingTool|--multiline--AB\n<Tool>|Xabs|9\n--multiline--AB\n"
        "|mill:Xabs|3\n"
        "yesterday|Xabs|4\n2026-01-01T00:00:03Z|Xabs\n"
    )
    found = [row for line in text.splitlines() for row in rows.read(line)]
    start = 1767225600.0
    assert [(row.item, round(row.time - start, 3), row.text, row.rate) for row in found[:5]] == [
        ("Xabs", 0, "1.5", None),
        ("line", 0, "7", None),
        ("load", 1.25, "1 2 3", 100.0),
        ("Xabs", 1.25, "2", None),
        ("spindle", 2, "FAULT", None),
    ]
    assert [(row.item, row.text) for row in found[5:7]] == [("Xabs", "UNAVAILABLE"), ("line", "UNAVAILABLE")]
    assert (found[-1].item, found[-1].time, found[-1].text) == ("Xabs", 5.0, "3")
    assert rows.unreadable == 2


def test_an_adapter_live():
    def write():
        adapter.send(f"{iso(NOW)}|Xabs|0|line|1\n{iso(NOW)}|load|1|100|0\n")
        for k in range(1, 20):
            values = " ".join(str(10 * k + m) for m in range(10))
            adapter.send(f"{iso(NOW + k / 10)}|load|10|100|{values}\n{iso(NOW + k / 10)}|Xabs|{k}|line|{k}\n")
            time.sleep(0.02)
        adapter.send(f"{iso(NOW + 2)}|Xabs|UNAVAILABLE\n2026-09")

    with Adapter() as adapter, ShdrSource(options(adapter.url, channels=CHANNELS, settle=0.15)) as source:
        blocks = read(source, write)
    time_s, load, x = times(blocks) - NOW, joined(blocks, "load_pct"), joined(blocks, "x_actual_mm")
    good = np.concatenate([block.quality for block in blocks]) == Quality.GOOD
    inside = good & (time_s > 0.2) & (time_s < 1.95)
    assert np.allclose(load[inside], np.round(time_s[inside] * 100) + 9, atol=1e-6)  # the last value at the stamp
    assert np.allclose(x[inside], np.floor(time_s[inside] * 10 + 1e-6))
    assert not good[-1] and np.isnan(x[-1])
    assert (source.losses.lost, source.losses.late) == (0, 0) and adapter.pings > 0


def test_an_adapter_that_goes_and_comes_back():
    adapter = Adapter()

    def write():
        adapter.send(f"{iso(NOW)}|Xabs|0|line|1\n")
        time.sleep(0.2)
        adapter.__exit__()
        time.sleep(0.3)
        adapter.__enter__()
        adapter.send(f"{iso(NOW + 5)}|Xabs|5|line|1\n")

    with adapter, ShdrSource(options(adapter.url, silence=2.0)) as source:
        blocks = read(source, write)
    assert joined(blocks, "x_actual_mm").tolist() == [0, 5]
    assert [block.first for block in blocks] == [0, 2] and source.losses.lost == 1
    assert [message.split()[0] for message in source.losses.messages] == ["connection", "connected"]


def test_an_adapter_that_falls_silent_is_given_up():
    with (
        Adapter(answers=False) as adapter,
        ShdrSource(options(adapter.url, timeout=0.2, reconnect=0.3, silence=None)) as source,
        pytest.raises(InputError, match="has not answered"),
    ):

        def write():
            adapter.send(f"{iso(NOW)}|Xabs|0|line|1\n")
            time.sleep(0.1)
            adapter._server.close()

        read(source, write)


def test_a_line_without_end_is_an_error():
    with Adapter() as adapter, ShdrSource(options(adapter.url)) as source:

        def write():
            with suppress(OSError):  # the source hangs up
                for _ in range(100):
                    adapter.send("x" * 100_000)
                    time.sleep(0.01)

        with pytest.raises(InputError, match="longer than 1 MiB"):
            read(source, write)


def test_what_cannot_be_is_said():
    with Adapter() as adapter:
        gone = adapter.url
        with pytest.raises(InputError, match="name keys"):
            ShdrSource(options(gone, channels={}))
    with pytest.raises(InputError, match="check address"), ShdrSource(options(gone)):
        pass
    with pytest.raises(InputError, match="shdr://host:7878"):
        bench_source({"url": "http://x"}, None)


def held(log, key):
    """Times and values of ``key`` by the other reader of SHDR, the last of equal times."""
    channel = log[key]
    start = log.start.astype("datetime64[ns]").astype(np.int64) * 1e-9
    rows = dict(zip(np.round(start + channel.time, 6), channel.value, strict=True))
    return np.array(sorted(rows)), np.array([rows[time] for time in sorted(rows)])


def changes(values):
    """The finite values one after another, those that repeat once."""
    fine = values[np.isfinite(values)]
    return fine[np.append(True, np.diff(fine) != 0)].tolist()


@pytest.mark.data
@pytest.mark.parametrize("plate", ["01", "19"])
def test_a_real_log_of_the_plates_as_if_it_were_live(data_dir, plate):
    """Every value that our batch reader finds holds at its time; 37 minutes in a moment."""
    file = data_dir / "nist_plates" / f"plate_{plate}.shdr.gz"
    channels = {"feed_mm_min": ItemChannel(item="Feed_Rate"), "line": ItemChannel(item="Block_Number")}
    source = played_log(ShdrOptions(file=str(file), channels=channels, time_factor=None))
    blocks = read(source)
    time_s = times(blocks)
    assert (np.diff(time_s) > 0).all()
    log = read_shdr(file)
    for name, key in (("feed_mm_min", "Feed_Rate"), ("line", "Block_Number")):
        when, value = held(log, key)
        at = np.searchsorted(time_s, when + 2e-6, side="right") - 1
        same = np.isclose(joined(blocks, name)[at], value)
        assert same.mean() > 0.999 and len(value) > 1000
    assert source.losses.late + source.losses.duplicated < 0.001 * len(time_s)


@pytest.mark.data
def test_a_real_mill_turn_with_its_device_model(data_dir):
    """Every number of the log by the model's names, in our units: positions, loads, speeds."""
    folder = data_dir / "okuma_shdr"
    source = bench_source(
        {"file": str(folder / "okuma.shdr.gz"), "devices": str(folder / "Devices.xml"), "time_factor_ratio": None},
        None,
    )
    names = {channel.name for channel in source.channels}
    assert {"x1actw_mm", "z1actw_mm", "x1load_pct", "s6speed_rpm", "p1lpathpos_x_mm", "p1fact_mm_min"} <= names
    blocks = read(source)
    assert (np.diff(times(blocks)) > 0).all()  # in the log they go back, twice: the adapter was begun anew
    assert sum("set back" in message for message in source.losses.messages) == 2
    log = read_shdr(folder / "okuma.shdr.gz")
    for name, key in (("x1actw_mm", "X1actw"), ("z1load_pct", "Z1load"), ("p1fact_mm_min", "p1Fact")):
        ours, theirs = changes(joined(blocks, name)), changes(log[key].value)
        rest = iter(theirs)
        assert all(value in rest for value in ours), name  # the same, in the same order
        assert len(ours) > 0.98 * len(theirs) > 100
    x, space = joined(blocks, "x1actw_mm"), joined(blocks, "p1lpathpos_x_mm")
    both = np.isfinite(x) & np.isfinite(space)
    assert np.median(np.abs(x - space)[both]) < 1e-9  # the position in space is that of the axis
    assert source.losses.late < 100 and source.losses.lost == 0


@pytest.mark.data
def test_a_real_log_through_an_adapter(data_dir):
    """Six minutes of the mill-turn sent over TCP as fast as it goes: the same as when it is played from the file."""
    folder = data_dir / "okuma_shdr"
    channels = {"x_mm": ItemChannel(item="X1actw"), "z_mm": ItemChannel(item="Z1actw")}
    common = {"channels": channels, "devices": str(folder / "Devices.xml")}
    played = read(played_log(ShdrOptions(file=str(folder / "okuma.shdr.gz"), time_factor=None, **common)))
    import gzip

    text = gzip.decompress((folder / "okuma.shdr.gz").read_bytes()).decode()
    with Adapter() as adapter, ShdrSource(options(adapter.url, settle=0.2, **common)) as source:
        live = read(source, lambda: adapter.send(text))
    for name in channels:
        assert np.array_equal(joined(live, name), joined(played, name), equal_nan=True)
    assert np.array_equal(times(live), times(played)) and len(times(live)) > 500


@pytest.mark.data
def test_the_pace_of_what_is_played(data_dir):
    file = str(data_dir / "nist_plates" / "plate_01.shdr.gz")
    chosen = ShdrOptions(
        file=file, channels={"feed_mm_min": ItemChannel(item="Feed_Rate")}, time_factor=20, duration=1.0
    )
    begun = time.monotonic()
    arrivals = [(time.monotonic() - begun, block.time[-1], block) for block in played_log(chosen).blocks()]
    wall, log = (np.array([row[k] for row in arrivals]) for k in (0, 1))
    assert len(arrivals) > 3 and 12 < log[-1] - log[0] < 21
    assert np.polyfit(wall, log, 1)[0] == pytest.approx(20, rel=0.2)


def test_documents_in_a_folder_are_played_once(tmp_path):
    """An answer to /current and two to /sample that overlap, of the first version and with a namespace of its own."""
    rows = defaultdict(str)
    for number in range(1, 31):
        stamp = f'timestamp="{iso(NOW + number)}" sequence="{number}" dataItemId="x"'
        rows[number] = f"<Position {stamp}>{number}</Position>"
    for name, numbers in (("1_current", [10]), ("2_sample", range(10, 22)), ("3_sample", range(15, 31))):
        body = "".join(rows[number] for number in numbers)
        (tmp_path / f"{name}.xml").write_text(
            '<m:MTConnectStreams xmlns:m="urn:mtconnect.com:MTConnectStreams:1.0"><m:Header instanceId="5"/>'
            f"<Streams><DeviceStream><ComponentStream><Samples>{body}</Samples></ComponentStream></DeviceStream>"
            "</Streams></m:MTConnectStreams>"
        )
    channels = {"x_actual_mm": {"item": "x"}}
    source = xml_source({"file": str(tmp_path), "channels": channels, "time_factor_ratio": None}, None)
    blocks = read(source)
    assert joined(blocks, "x_actual_mm").tolist() == list(range(10, 31))
    assert times(blocks).tolist() == [NOW + k for k in range(10, 31)]
    with pytest.raises(InputError, match=r"no \*\.xml"):
        (tmp_path / "empty").mkdir()
        xml_source({"file": str(tmp_path / "empty"), "channels": channels}, None)
    with pytest.raises(InputError, match="nobody says"):
        xml_source({"file": str(tmp_path)}, None)
