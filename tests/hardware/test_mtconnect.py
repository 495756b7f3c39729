"""The MTConnect source against agents over HTTP: ours, and one that misbehaves as told."""

import dataclasses
import time

import numpy as np
import pytest
from mtconnect_agents import PERIOD, PROBE, Counting, TalkingAgent, iso, served
from reading import joined, numbers, quality, read, times

from hardware.channel import Quality
from hardware.mtconnect import MtconnectSource, bench_source
from hardware.mtconnect_model import channel_names, conversion, parse_devices
from hardware.mtconnect_options import ItemChannel, MtconnectOptions
from hardware.mtconnect_streams import parse_answer
from twin.errors import InputError

X = {"x_actual_mm": ItemChannel(item="xa")}
X_LINE = X | {"line": ItemChannel(item="ln")}
NOW = 1_790_000_000.0
GOOD, UNCERTAIN, BAD = (int(quality) for quality in (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD))


def options(url, **others):
    quick = {"interval": 0.02, "settle": 0.05, "silence": 0.5, "timeout": 2.0}
    return MtconnectOptions(url=url, **(quick | others))


def following(agent, write, **others):
    """What the source makes of what ``agent`` says after x = 0, line = 1 at NOW."""
    agent.say("xa", NOW, "0")
    agent.say("ln", NOW, "1")
    with agent, MtconnectSource(options(agent.url, **({"channels": X_LINE} | others))) as source:
        return read(source, write), source.losses


@pytest.mark.parametrize("method", ["polling", "streaming"])
def test_our_agent_at_its_rate_with_nothing_lost(method):
    """Rows of 1 kHz come back under their own names, in their own units, evenly and once."""
    state = Counting()
    with (
        served(state) as url,
        MtconnectSource(options(url, method=method, duration=1.5, silence=None)) as source,
    ):
        assert {c.name for c in source.channels} == {c.name for c in state.channels}
        assert source.clock.period_s == pytest.approx(PERIOD)
        blocks = read(source)
    number = np.round((times(blocks) - state.begun) / PERIOD)
    assert len(number) > 500 and (np.diff(number) == 1).all() and (np.diff(numbers(blocks)) == 1).all()
    settled = number > number[0] + 200
    for k, name in enumerate(("x_actual_mm", "force_x_n", "feed_mm_min", "x_following_error_um")):
        assert np.allclose(joined(blocks, name)[settled], (k + 1) * number[settled], rtol=1e-8)
    assert (joined(blocks, "line")[settled] == number[settled] // 50 + 1).all()
    assert np.array(quality(blocks))[settled].max() == GOOD
    assert (source.losses.lost, source.losses.duplicated, source.losses.late) == (0, 0, 0)


@pytest.mark.parametrize("version", ["1.1", "1.3", "2.0", "2.5", "2.7"])
def test_values_times_and_quality_of_any_version(version):
    agent = TalkingAgent(version=version)

    def write():
        agent.say("xa", NOW + 1, "1.5", tag="Position")
        agent.say("ln", NOW + 1, "7", tag="LineNumber")
        agent.say("xa", NOW + 2, "UNAVAILABLE", tag="Position")
        agent.say("xa", NOW + 3, "NaN", tag="Position")
        agent.say("xa", NOW + 4, "abc", tag="Position")
        agent.say("xa", NOW + 5, "-2e0", tag="Position")

    blocks, losses = following(agent, write)
    assert times(blocks).tolist() == [NOW + k for k in range(6)]
    assert quality(blocks) == [GOOD, GOOD, BAD, BAD, BAD, GOOD]
    x = joined(blocks, "x_actual_mm")
    assert x[[0, 1, 5]].tolist() == [0, 1.5, -2] and np.isnan(x[2:5]).all()
    assert joined(blocks, "line").tolist() == [1, 7, 7, 7, 7, 7]
    assert (losses.lost, losses.late, losses.duplicated) == (0, 0, 0)


def test_units_words_positions_in_space_and_series():
    agent = TalkingAgent()
    for item, text in (("tf", "212"), ("pp", "1 2 3"), ("ex", "READY"), ("am", "4")):
        agent.say(item, NOW, text)
    agent.say("xs", NOW, "0 " * 50, sampleCount=50, sampleRate=100)
    channels = {
        "bearing_degc": ItemChannel(item="bearing"),  # by name; the agent says Fahrenheit
        "tip_y_um": ItemChannel(item="pp", axis="y"),
        "running": ItemChannel(item="ex", words={"ACTIVE": 1, "READY": 0}),
        "funny_n": ItemChannel(item="am", factor=2.5),
        "acceleration_m_s2": ItemChannel(item="xs"),
    }

    def write():
        values = " ".join(str(1000 * k) for k in range(100))
        agent.say("xs", NOW + 1.0, values, sampleCount=100, sampleRate=100)
        agent.say("ex", NOW + 0.505, "ACTIVE")
        agent.say("xs", NOW + 1.5004, " ".join(["5"] * 50), sampleCount=50, sampleRate=100)

    with agent, MtconnectSource(options(agent.url, channels=channels)) as source:
        blocks = read(source, write)
    time_s, a = times(blocks) - NOW, joined(blocks, "acceleration_m_s2")
    assert joined(blocks, "bearing_degc")[0] == pytest.approx(100)
    assert joined(blocks, "tip_y_um")[0] == pytest.approx(2000)
    assert joined(blocks, "funny_n")[0] == 10
    running = joined(blocks, "running")
    assert running[time_s < 0.5].max() == 0 and running[time_s > 0.51].min() == 1
    series = a[np.isin(np.round(time_s, 6), np.round(0.01 + 0.01 * np.arange(100), 6))]
    assert np.allclose(series, np.arange(100))  # mm/s2 -> m/s2, the last at the time stamp
    assert time_s[-1] == pytest.approx(1.5, abs=1e-6)  # the rate goes on, 0.4 ms of the stamp are jitter


def test_without_channels_every_number_that_is_there():
    agent = TalkingAgent()
    for item, text in (("xa", "1"), ("ln", "3"), ("tf", "UNAVAILABLE"), ("pp", "1 2 3"), ("ex", "ACTIVE")):
        agent.say(item, NOW, text)
    with agent, MtconnectSource(options(agent.url)) as source:
        assert [c.name for c in source.channels] == ["xact_mm", "path_line_number", "tip_x_mm", "tip_y_mm", "tip_z_mm"]
        blocks = read(source)
    assert [joined(blocks, c.name)[0] for c in source.channels] == [1, 3, 1, 2, 3]


def test_late_duplicated_and_out_of_order_observations():
    agent = TalkingAgent()

    def write():
        for k in range(1, 40):
            agent.say("xa", NOW + k / 100, str(k))
        agent.say("xa", NOW + 0.2, "20", sequence=agent.next - 20)  # the agent sends one again
        agent.say("ln", NOW + 0.1, "9")  # late, but the newest that is known of the line
        time.sleep(0.2)
        agent.say("xa", NOW + 0.50, "50")
        agent.say("ln", NOW + 0.49, "10")  # out of order, within what settles
        agent.say("xa", "no time", "51")
        agent.say("xa", NOW + 0.60, "60")

    blocks, losses = following(agent, write)
    x, line, time_s = joined(blocks, "x_actual_mm"), joined(blocks, "line"), times(blocks) - NOW
    assert (np.diff(time_s) > 0).all()
    assert sorted(set(x)) == [*range(40), 50, 60]
    assert line[time_s < 0.385].max() == 1 and 9 in line and line[-1] == 10
    assert (losses.duplicated, losses.late, losses.lost) == (1, 1, 0)
    assert np.array(quality(blocks))[line == 9].max() == UNCERTAIN
    assert any("late" in message for message in losses.messages)
    assert any("without a readable time" in message for message in losses.messages)


def test_a_buffer_that_overflows_is_a_gap():
    agent = TalkingAgent(size=50)

    def write():
        for k in range(1, 500):
            agent.say("xa", NOW + k, str(k))
        time.sleep(0.2)
        agent.say("xa", NOW + 500, "500")

    blocks, losses = following(agent, write)
    x, number = joined(blocks, "x_actual_mm"), numbers(blocks)
    jumps = np.diff(number)
    assert x[-1] == 500 and 51 <= len(x) < 500
    assert (jumps > 1).sum() >= 1 and losses.lost == (jumps - 1).sum() > 0
    assert (np.diff(x)[jumps == 1] == 1).all()  # nothing is missing but where it is said
    assert any("overflowed" in message for message in losses.messages)


def test_with_a_period_a_gap_counts_what_is_missing():
    agent = TalkingAgent(size=10)

    def write():
        for k in range(1, 101):
            agent.say("xa", NOW + k / 10, str(k))

    blocks, losses = following(agent, write, channels=X, period=0.1)
    assert numbers(blocks)[-1] == 100 and losses.lost == 101 - len(numbers(blocks))
    assert joined(blocks, "x_actual_mm").tolist() == numbers(blocks).tolist()


def test_an_agent_that_is_killed_and_restarted():
    agent = TalkingAgent()

    def write():
        agent.say("xa", NOW + 1, "1")
        time.sleep(0.2)
        agent.__exit__()
        time.sleep(0.3)
        agent.forget(instance=2)
        agent.say("xa", NOW + 20, "UNAVAILABLE")
        agent.say("ln", NOW + 20, "UNAVAILABLE")
        agent.say("xa", NOW + 21, "21")
        agent.say("ln", NOW + 21, "5")
        agent.__enter__()

    blocks, losses = following(agent, write, silence=2.0)
    assert joined(blocks, "x_actual_mm")[[0, 1, -1]].tolist() == [0, 1, 21]
    assert quality(blocks) == [GOOD, GOOD, BAD, GOOD]
    assert numbers(blocks).tolist() == [0, 1, 3, 4] and losses.lost == 1
    assert any("restarted (instance 1 -> 2)" in message for message in losses.messages)


def test_a_lost_connection_alone_loses_nothing():
    agent = TalkingAgent()

    def write():
        agent.say("xa", NOW + 1 / 50, "1")
        time.sleep(0.2)
        agent.__exit__()
        for k in range(2, 50):
            agent.say("xa", NOW + k / 50, str(k))
        time.sleep(0.3)
        agent.__enter__()

    blocks, losses = following(agent, write, silence=2.0)
    assert joined(blocks, "x_actual_mm").tolist() == list(range(50))
    assert numbers(blocks).tolist() == list(range(50)) and losses.lost == 0
    assert [m.split()[0] for m in losses.messages] == ["connection", "connected"]


def test_a_unit_that_changes_with_a_restart_is_an_error():
    agent = TalkingAgent()

    def write():
        time.sleep(0.1)
        agent.x_units = "INCH"
        agent.forget(instance=2)
        agent.say("xa", NOW + 20, "1")

    with pytest.raises(InputError, match="was POSITION in MILLIMETER, and is POSITION in INCH"):
        following(agent, write)


def test_a_clock_that_is_set_back_is_said_and_data_go_on():
    agent = TalkingAgent()

    def write():
        for k in range(1, 300):
            agent.say("xa", NOW + k / 100 - (3600 if k >= 100 else 0), str(k))

    blocks, losses = following(agent, write, channels=X)
    time_s, x = times(blocks), joined(blocks, "x_actual_mm")
    assert (np.diff(time_s) > 0).all() and x[-1] == 299
    assert losses.late == 300 - len(x) == 20  # so many it takes to tell a step from what is late
    assert (losses.lost, losses.duplicated) == (0, 0)
    assert any("set back" in message for message in losses.messages)


def test_a_clock_that_is_set_back_under_a_series():
    agent = TalkingAgent()
    agent.say("xs", NOW, "0", sampleCount=1, sampleRate=100)

    def write():
        for k in range(1, 60):
            values = " ".join(str(10 * k + m) for m in range(10))
            agent.say("xs", NOW + k / 10 - (3600 if k >= 20 else 0), values, sampleCount=10, sampleRate=100)

    with agent, MtconnectSource(options(agent.url, channels={"a_mm_s2": ItemChannel(item="xs")})) as source:
        blocks = read(source, write)
    a = joined(blocks, "a_mm_s2")
    assert (np.diff(times(blocks)) > 0.009).all() and np.allclose(np.diff(times(blocks)), 0.01, atol=1e-5)
    assert a.tolist() == [*range(10, 200), *range(400, 600)]
    assert source.losses.late == 200 and any("set back" in message for message in source.losses.messages)


def test_a_slow_reader_is_told_what_it_missed(monkeypatch):
    monkeypatch.setattr("hardware.mtconnect.MOST_WAITING", 60)
    agent = TalkingAgent(size=5000)
    agent.say("xa", NOW, "0")
    with agent, MtconnectSource(options(agent.url, channels=X, period=0.1)) as source:
        for k in range(1, 200):
            agent.say("xa", NOW + k / 10, str(k))
            time.sleep(0.002)
        time.sleep(0.1)
        blocks = source.blocks()
        first = next(blocks)
        agent.say("xa", NOW + 20, "200")
        rest = list(blocks)
    x = joined([first, *rest], "x_actual_mm")
    assert len(x) < 200 and x[-1] == 200
    assert numbers([first, *rest]).tolist() == x.tolist() and source.losses.lost == 201 - len(x)
    assert any("reader was too slow" in message for message in source.losses.messages)


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"channels": {"x_actual_mm": ItemChannel(item="Xakt")}}, "no data item 'Xakt'.*Xact"),
        ({"channels": {"x_actual_n": ItemChannel(item="xa")}}, "is in N, the agent gives MILLIMETER"),
        ({"channels": {"x_actual_mm": ItemChannel(item="xa", factor=25.4)}}, "factor 25.4 is stated"),
        ({"device": "Lathe"}, "no device 'Lathe'.*Mill"),
        ({}, "no number to read"),
    ],
)
def test_what_cannot_be_read_is_said_when_it_is_opened(others, says):
    with TalkingAgent() as agent, pytest.raises(InputError, match=says), MtconnectSource(options(agent.url, **others)):
        pass


def test_addresses_that_do_not_answer():
    with TalkingAgent() as agent:
        gone = agent.url
    with pytest.raises(InputError, match="check address"), MtconnectSource(options(gone)):
        pass
    with pytest.raises(InputError, match="http://host:5000"):
        bench_source({"url": "ftp://x"}, None)
    with pytest.raises(InputError, match="unknown key bench.colour"):
        bench_source({"url": gone, "colour": "red"}, None)


def test_documents_that_are_none():
    for data in (b"<html/>", b"not xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<MTConnectStreams/>"):
        with pytest.raises(InputError):
            parse_answer(data, "somewhere")
    with pytest.raises(InputError, match="no MTConnectDevices"):
        parse_devices(b"<MTConnectStreams/>", "somewhere")


def test_error_documents_of_old_and_new_agents():
    old = b'<MTConnectError><Header instanceId="3"/><Error errorCode="OUT_OF_RANGE">no</Error></MTConnectError>'
    new = (
        b'<MTConnectError><Header instanceId="3"/><Errors><OutOfRange><URI>/</URI><ErrorMessage>no</ErrorMessage>'
        b"</OutOfRange></Errors></MTConnectError>"
    )
    assert parse_answer(old, "").errors == parse_answer(new, "").errors == (("OUT_OF_RANGE", "no"),)


@pytest.mark.parametrize(
    ("name", "unit", "value", "expected"),
    [  # NIST SP 811, appendix B.8
        ("t_degc", "FAHRENHEIT", 32, 0),
        ("t_degc", "KELVIN", 373.15, 100),
        ("v_mm_min", "INCH/MINUTE", 1, 25.4),
        ("v_mm_s", "FOOT/MINUTE", 1, 5.08),
        ("w_rpm", "DEGREE/SECOND", 6, 1),
        ("w_rad_s", "REVOLUTION/MINUTE", 60, 2 * np.pi),
        ("m_nm", "INCH_POUND", 1, 0.1129848),
        ("p_mpa", "POUND/INCH^2", 1, 0.006894757),
        ("f_n", "POUND", 1, 4.448222),
        ("p_w", "KILOWATT", 1, 1000),
        ("o_ratio", "PERCENT", 50, 0.5),
        ("x_um", "MILLIMETER", 1, 1000),
        ("x_um", "x:METER", 1, 1e6),
        ("i_ampere", "AMPERE", 3, 3),
    ],
)
def test_conversions(name, unit, value, expected):
    factors = conversion(name, unit, None)
    assert value * factors.factor + factors.offset == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_names_for_data_items():
    items = {item.id: item for item in parse_devices(PROBE.format(x_units="MILLIMETER").encode(), "")}
    assert channel_names(items["xa"], native=False) == ("xact_mm",)
    assert channel_names(items["xa"], native=True) == ("xact_mm",)
    assert channel_names(items["xs"], native=False) == ("x_acceleration_mm_s2",)
    assert channel_names(dataclasses.replace(items["xa"], name="v_in_min", units="MILLIMETER/SECOND"), False) == (
        "v_in_min",
    )
    assert iso(NOW).startswith("2026-09-21")
