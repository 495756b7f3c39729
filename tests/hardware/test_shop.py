"""Several machines at once into one history: clocks aligned, gaps marked, nothing lost where the history is slow."""

import json
import random
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from brokers import Broker, RawClient
from mtconnect_agents import Adapter, TalkingAgent, iso
from opcua_servers import PlantServer

from hardware.channel import Block, Channel, Clock
from hardware.shop.changes import Changes
from hardware.shop.clocks import ClockShift
from hardware.shop.collect import Shop
from hardware.shop.feed import Feed
from hardware.shop.options import MachineOptions, ShopOptions, read_shop
from twin.errors import InputError
from twin.production import history_writer
from twin.production.history import History
from twin.production.history_event import SECOND
from twin.production.history_verify import verify
from twin.production.machine_log import from_history, from_logs
from twin.production.machine_states import State

PATIENCE = 15.0  # [s]
AHEAD = 3600.25  # [s] of the adapter's clock


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def events_of(store, machine):
    with History(store) as history:
        return [e for seq, (_, of) in history.sources().items() if of == machine for e in history.events(source=seq)]


def values_of(store, machine, item):
    return [e.body["value"] for e in events_of(store, machine) if e.kind == "observation" and e.body["item"] == item]


def heard_out(words):
    """Has a feed the last of eight words by turns? It may have come too late for the first."""
    return len(words) >= 7 and words[-1][1] == "ACTIVE"


def test_four_protocols_at_once_by_one_clock(tmp_path):
    """All machines do the same at the same moments; the adapter's clock is an hour ahead, MQTT loses messages."""
    store = tmp_path / "shop.sqlite"
    with TalkingAgent() as agent, PlantServer() as plant, Adapter() as adapter, Broker(tmp_path) as broker:
        agent.say("ex", time.time(), "READY")
        codes = {"execution": {0: "READY", 3: "ACTIVE"}}
        fast = {"settle_ms": 20}
        sources = {
            "agent": {"kind": "mtconnect", "url": agent.url, "interval_ms": 20, **fast}
            | {"channels": {"execution": {"item": "ex"}}},
            "plant": {"kind": "opcua", "url": plant.url, "publishing_ms": 20, **fast}
            | {"channels": {"execution": {"node": "Plant/x"}, "spindle_load_pct": {"node": "Plant/y"}}},
            "adapter": {"kind": "shdr", "url": adapter.url, **fast, "channels": {"execution": {"item": "execution"}}},
            "broker": {"kind": "mqtt", "url": broker.url, **fast}
            | {"channels": {"execution": {"topic": "mill", "key": "state"}}},
        }
        spoken = ("agent", "adapter")
        machines = {
            name: MachineOptions(source=source, codes={} if name in spoken else codes)
            for name, source in sources.items()
        }
        moments = []
        with Shop(ShopOptions(machines=machines), store) as shop, RawClient(broker.port) as client:
            feeds = {feed.machine: feed for feed in shop.feeds}
            wait_for(lambda: all(feed.status == "live" for feed in shop.feeds))
            for k in range(8):
                moments.append(time.time())
                word, number = (("READY", 0), ("ACTIVE", 3))[k % 2]
                agent.say("ex", moments[-1], word)
                plant.do(plant.nodes["x"].write_value(float(number)))
                adapter.send(f"{iso(moments[-1] + AHEAD)}|execution|{word}\n")
                counted = k if k < 6 else k + 10  # ten messages are lost
                client.publish("mill", json.dumps({"time_s": moments[-1], "n": counted, "state": number}).encode())
                time.sleep(0.12)
            wait_for(lambda: all(heard_out(feed.seen.words.get("execution", ())) for feed in shop.feeds))
            assert feeds["adapter"].shift.added == pytest.approx(-AHEAD, abs=0.2)
            assert feeds["agent"].shift.added == feeds["broker"].shift.added == 0
    assert verify(store).intact
    for name in sources:
        changes = [e for e in events_of(store, name) if e.kind == "observation" and e.body["item"] == "execution"]
        # the last changes, when every clock is known: one clock for all of them
        late = [e.time_us / SECOND for e in changes][-2:]
        assert late == pytest.approx(moments[-2:], abs=0.25), name
        assert [e.body["value"] for e in changes][-2:] == ["READY", "ACTIVE"]
    told = [e for e in events_of(store, "adapter") if e.kind == "clock"]
    assert told and [e.body["added_s"] for e in told] == pytest.approx(
        [-AHEAD] * len(told), abs=0.2
    )  # better and better
    gaps = [e.body for e in events_of(store, "broker") if e.kind == "gap"]
    assert [gap["lost"] for gap in gaps] == [10]
    assert gaps[0]["begin_us"] / SECOND == pytest.approx(moments[5], abs=0.01)


LOG = "nist_plates/plate_02.shdr.gz"
PLATE = {
    "execution": {"item": "Program_Status"},
    "part_count": {"item": "Part_Count"},
    "line": {"item": "Block_Number"},
}


def plate_shop(data_dir, n=1, **more):
    source = {"kind": "shdr", "file": str(data_dir / LOG), "time_factor_ratio": None, "channels": PLATE}
    return ShopOptions(machines={f"mill{k}": MachineOptions(source=source, **more) for k in range(n)})


def played(shop, store):
    with Shop(shop, store) as open_shop:
        wait_for(lambda: open_shop.ended)
        return open_shop.feeds


@pytest.mark.data
def test_a_slow_history_holds_the_sources_back_and_loses_nothing(data_dir, tmp_path, monkeypatch):
    import gzip

    write, most = history_writer.HistoryWriter._write, []

    def slow(self, taken):
        most.append(self.waiting)
        time.sleep(0.02)
        return write(self, taken)

    monkeypatch.setattr(history_writer.HistoryWriter, "_write", slow)
    monkeypatch.setattr(history_writer, "MOST_WAITING", 300)
    store = tmp_path / "shop.sqlite"
    feeds = played(plate_shop(data_dir, 3), store)
    assert [feed.status for feed in feeds] == ["ended"] * 3
    assert max(most) >= 300  # it was really held back
    rows = [row.split("|") for row in gzip.decompress((data_dir / LOG).read_bytes()).decode().splitlines()]
    by_time = {row[0]: row[2] for row in rows if len(row) == 3 and row[1] == "Block_Number"}  # the last of one time
    lines = [float(text) if text else None for text in by_time.values()]
    changed = [a for a, b in zip(lines, ["before", *lines], strict=False) if a != b]
    assert len(changed) > 2000
    for k in range(3):
        recorded = values_of(store, f"mill{k}", "line")
        assert recorded[recorded.index(changed[0]) :] == changed
    assert verify(store).intact


@pytest.mark.data
def test_states_by_way_of_the_shop_are_those_of_the_log(data_dir, tmp_path):
    store = tmp_path / "shop.sqlite"
    played(plate_shop(data_dir), store)
    direct = from_logs([data_dir / LOG])
    with History(store) as history:
        recorded = from_history(history, "mill0")
        with pytest.raises(InputError, match="no machine 'mill9'.*mill0"):
            from_history(history, "mill9")
    begin, end = recorded.observed_us()[0], recorded.observed_us()[0] + 1200 * SECOND
    mine = recorded.timeline(begin, end, 300 * SECOND).seconds()
    theirs = direct.timeline(begin, end, 300 * SECOND).seconds()
    assert mine[State.PRODUCTION] == pytest.approx(theirs[State.PRODUCTION], abs=0.01) and mine[State.PRODUCTION] > 1000
    assert recorded.counted(begin, end) == direct.counted(begin, end) == 1


def test_a_source_that_goes_away_is_a_gap_and_comes_back(tmp_path):
    store = tmp_path / "shop.sqlite"
    adapter = Adapter()
    with adapter:
        source = {"kind": "shdr", "url": adapter.url, "settle_ms": 20, "reconnect_s": 0.2, "timeout_s": 1}
        source["channels"] = {"execution": {"item": "execution"}}
        shop = ShopOptions(machines={"mill": MachineOptions(source=source)}, retry=0.2)
        with Shop(shop, store) as open_shop:
            feed = open_shop.feeds[0]
            wait_for(lambda: feed.status == "live")
            adapter.send(f"{iso(time.time())}|execution|ACTIVE\n")
            wait_for(lambda: feed.seen.n_events >= 1)
            adapter.__exit__()
            wait_for(lambda: feed.status == "lost")
            assert "reconnect" in feed.why or "has not answered" in feed.why or "refused" in feed.why
            adapter._clients.clear()
            adapter.__enter__()
            wait_for(lambda: feed.status == "live")
            adapter.send(f"{iso(time.time())}|execution|READY\n")
            wait_for(lambda: "READY" in [word for _, word in feed.seen.words["execution"]])
        kinds = [(e.kind, e.body.get("value")) for e in events_of(store, "mill") if e.kind != "source"]
    assert kinds == [("observation", "ACTIVE"), ("gap", None), ("observation", "READY")]


def made(first, times, values, origin="utc"):
    """A block and the source that it is of."""

    class Made:
        channels = tuple(Channel(name=name, unit="1") for name in values)
        clock = Clock(name="made", origin=origin, period_s=None)

    block = Block(
        first, np.array(times, float), {k: np.array(v, float) for k, v in values.items()}, np.zeros(len(times))
    )
    return Made(), block


def test_only_what_changes_is_recorded_and_a_jump_of_numbers_is_a_gap():
    source, block = made(0, [10, 11, 12, 13], {"execution": [3, 3, 0, 0], "load_pct": [5, 5, 5, np.nan]})
    changes = Changes(source, {"execution": {0: "READY", 3: "ACTIVE"}}, None)
    said = [(e.time_us // SECOND, e.body["item"], e.body["value"]) for e in changes.events(block, 99.0)]
    assert said == [
        (10, "execution", "ACTIVE"),
        (10, "load_pct", 5.0),
        (12, "execution", "READY"),
        (13, "load_pct", None),
    ]
    later = made(9, [20, 100], {"execution": [0, 0], "load_pct": [np.nan, np.nan]})[1]
    gap, alive = changes.events(later, 99.0)
    assert (gap.kind, gap.body["lost"], gap.body["begin_us"], gap.time_us) == ("gap", 5, 13 * SECOND, 20 * SECOND)
    assert (alive.time_us, alive.body) == (100 * SECOND, {"item": "execution", "value": "READY"})  # it is still there
    unknown = made(11, [101], {"execution": [7], "load_pct": [0]})[1]
    with pytest.raises(InputError, match="unknown state 7 of channel execution.*0 READY, 3 ACTIVE"):
        changes.events(unknown, 99.0)


def test_times_never_fall_when_a_clock_is_set_back():
    source, block = made(0, [100.0, 99.0, 101.0], {"execution": [0, 3, 0]})
    changes = Changes(source, {}, None, last_us=0)
    assert [e.time_us // SECOND for e in changes.events(block, 0.0)] == [100, 100, 101]
    again = Changes(source, {}, None, last_us=200 * SECOND)
    assert {e.time_us // SECOND for e in again.events(block, 0.0)} == {200}


def ages(offset, seed=3, n=200, every=0.3):
    """Arrival and measured time of samples with delays of 4 ms and more, by a clock that is ``offset`` behind."""
    rng = random.Random(seed)
    return [(k * every + offset + 0.004 + rng.expovariate(20), k * every) for k in range(n)]


@pytest.mark.parametrize("offset", [0.0, 0.4, -3600.0, 7200.0])
def test_the_shift_of_a_clock_is_known_to_the_shortest_delay(offset):
    shift = ClockShift(1.0)
    told = sum(shift.heard(*row) for row in ages(offset))
    right = 0.0 if abs(offset) < 1 else offset
    assert shift.added == pytest.approx(right, abs=0.03) and told <= 12
    first = ClockShift(1.0)
    if offset < 0:  # from the future: certain at the first sample
        assert first.heard(*ages(offset)[0]) and first.added == pytest.approx(offset, abs=0.3)


def test_what_is_only_old_does_not_shift_a_clock():
    shift = ClockShift(1.0)
    assert not shift.heard(5000.0, 1400.0)  # what held when we connected, an hour old
    for k in range(100):  # a buffer that is read at once
        assert not shift.heard(5000.0 + 0.001 * k, 4000.0 + 10 * k)
    assert not any(shift.heard(5001.0 + k, 5000.99 + k) for k in range(20))
    assert shift.added == 0


def test_a_clock_that_is_set_while_it_runs_is_taken_anew():
    shift, changed = ClockShift(1.0), []
    for k in range(3000):
        behind = 0 if k < 1000 or k >= 2000 else 3600
        if shift.heard(k * 0.1 + 0.01, k * 0.1 - behind):
            changed.append((k, round(shift.added)))
    assert [added for _, added in changed] == [3600, 0]
    assert changed[0][0] <= 1020 and changed[1][0] == 2000


def test_a_shop_is_read_and_what_is_wrong_in_it_is_said(tmp_path):
    def shop(**machine):
        file = tmp_path / "shop.yaml"
        file.write_text(yaml.safe_dump({"machines": {"mill": {"source": {"kind": "shdr"}, **machine}}}))
        return read_shop(file)

    known = shop(planned_run_time_s=30, codes={"execution": {1: "ACTIVE"}})
    assert known.machines["mill"].planned_run_time == 30.0 and known.silence == 300.0
    for wrong, why in [
        ({"codes": {"execution": {1: "DANCES"}}}, "unknown state 'DANCES' of mill.*ACTIVE"),
        ({"codes": {"x_mm": {1: "ACTIVE"}}}, "'x_mm' has no words"),
        ({"good_share": 1.5}, "good_share of mill is 1.5"),
        ({"speed": 3}, "speed"),
    ]:
        with pytest.raises(InputError, match=why):
            shop(**wrong)
    (tmp_path / "empty.yaml").write_text("machines: {}")
    with pytest.raises(InputError, match="the shop has no machine"):
        read_shop(tmp_path / "empty.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_shop(tmp_path / "none.yaml")
    for source, why in [({}, "has no kind"), ({"kind": "telepathy"}, "there is no source 'telepathy'")]:
        with (
            pytest.raises(InputError, match=why),
            Shop(ShopOptions(machines={"mill": MachineOptions(source=source)}), tmp_path / "h.sqlite"),
        ):
            pass


@pytest.mark.data
def test_a_machine_that_does_not_say_what_it_does_is_told_so(data_dir, tmp_path):
    source = {"kind": "shdr", "file": str(data_dir / LOG), "time_factor_ratio": None}
    source["channels"] = {"feed_mm_min": {"item": "Feed_Rate", "unit": "INCH/MINUTE"}}
    feeds = played(ShopOptions(machines={"mill": MachineOptions(source=source)}), tmp_path / "h.sqlite")
    assert feeds[0].status == "lost" and "mill has no channel 'execution'" in feeds[0].why


@pytest.mark.data
def test_a_word_that_nobody_explains_is_said(data_dir, tmp_path):
    log = tmp_path / "log.shdr"
    log.write_text("2026-01-05T08:00:00Z|execution|ACTIVE\n2026-01-05T08:00:09Z|execution|WOBBLING\n")
    source = {"kind": "shdr", "file": str(log), "time_factor_ratio": None}
    source["channels"] = {"execution": {"item": "execution"}}
    feeds = played(ShopOptions(machines={"mill": MachineOptions(source=source)}), tmp_path / "h.sqlite")
    assert "execution says 'WOBBLING', a word that nobody explains: no measurement" in feeds[0].source.losses.messages
    assert values_of(Path(tmp_path / "h.sqlite"), "mill", "execution") == ["ACTIVE", None]


@pytest.mark.data
def test_the_command_records_a_shop_without_a_board(data_dir, tmp_path, capsys):
    from twin.__main__ import main

    source = {"kind": "shdr", "file": f"data:{LOG}", "time_factor_ratio": None, "channels": PLATE}
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump({"machines": {"mill": {"source": source}}}))
    store = str(tmp_path / "shop.sqlite")
    assert main(["board", str(tmp_path / "shop.yaml"), "--store", store, "--no-board"]) == 0
    assert "mill  ended" in capsys.readouterr().out
    assert main(["oee", store, "--machine", "mill"]) == 0
    assert "PQ = 2 (the control's counter)" in capsys.readouterr().out
    assert main(["oee", store]) == 2 and "--machine NAME" in capsys.readouterr().err
    assert main(["board", str(tmp_path / "none.yaml")]) == 2


def test_a_login_in_an_address_is_not_shown():
    source = {"kind": "mqtt", "url": "mqtt://anna:secret@127.0.0.1:1883", "channels": {"execution": {"topic": "t"}}}
    machine = MachineOptions(source=source)
    assert Feed("mill", machine, ShopOptions(machines={"mill": machine}), None).address == "mqtt mqtt://127.0.0.1:1883"
