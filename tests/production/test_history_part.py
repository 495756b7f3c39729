"""From a run, a log and reports of laboratories to the traced part; NIST's plates are the case."""

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
import yaml

from twin.__main__ import main
from twin.against import Line
from twin.errors import InputError
from twin.formats.qif import read_qif
from twin.inspect_run import Inspected
from twin.inspection.callout import Callout
from twin.production.history import History
from twin.production.history_event import SECOND, now_us, utc_text, utc_us
from twin.production.history_export import export
from twin.production.history_measured import inspection_event, logged_part
from twin.production.history_part import trace
from twin.production.history_recorder import Request, record
from twin.production.history_run import PartName, ShopFacts
from twin.production.history_verify import verify
from twin.production.history_writer import HistoryWriter
from twin.result import Result, dataset
from twin.view.history import draw_trace, print_trace

PART = PartName("nist_plate", "2")
PROGRAM = "G21\nT1 M6\nG1 X10 F100\nM30\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with one tool that wears to 40 µm and one that is not used."""
    folder = tmp_path_factory.mktemp("run")
    config = {
        "scenario": {"name": "made", "title": "A made part", "program": "part.nc"},
        "machine": {"name": "mill"},
        "controller": {"tool_change_s": 6},
        "material": {"name": "AA6061-T6"},
        "tools": {"1": {"name": "D10", "diameter_mm": 10}, "2": {"name": "D6", "diameter_mm": 6}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "program.nc").write_text(PROGRAM)
    columns = {"tool": ([1, 1], "1", ""), "wear_um": ([12.5, 40.0], "µm", "")}
    tree = xr.DataTree.from_dict({"segments": dataset("segment", columns)})
    tree.attrs.update(created="2026-01-05T08:00:00+00:00", version="0.1.0", duration_s=1100.0)
    Result(tree).save(folder)
    (folder / "run.json").write_text(json.dumps({"overrides": ["calibration=machine.yaml"]}))
    return folder


@pytest.fixture(scope="module")
def recorded(run, data_dir, tmp_path_factory):
    """The run and the log of NIST's plate 2 in a history, and what was said."""
    store = tmp_path_factory.mktemp("store") / "shop.sqlite"
    facts = ShopFacts({1: "EM-7"}, "hurco04", None, "batch 12")
    said = record(store, Request(run, PART, facts, data_dir / "nist_plates" / "plate_02.shdr.gz"))
    return store, said


@pytest.mark.data
def test_everything_a_run_and_a_log_know_is_recorded(recorded, run, data_dir):
    store, said = recorded
    assert verify(store).intact and said[-1].startswith("head ")
    with History(store) as history:
        found = trace(history, "nist_plate/2")
        of_machine = sum(1 for _ in history.events(kinds=["observation"]))
    body = {event.kind: event.body for event in found.events}
    assert body["program"]["sha256"] == hashlib.sha256(PROGRAM.encode()).hexdigest()
    assert body["blank"] == {"title": "A made part", "material": "AA6061-T6", "batch": "batch 12"}
    first, second = body["tools"]["tools"]
    assert (first["serial"], first["wear_um"], first["used"]) == ("EM-7", 40.0, True)
    assert (second["serial"], second["wear_um"], second["used"]) == (None, None, False)
    assert body["machine_state"]["error_state"] == "calibration=machine.yaml"
    assert body["compensation"] == {"in_force": False}
    assert body["prediction"]["parameters"] == yaml.safe_load((run / "config.yaml").read_text())
    # the log's own lines: ACTIVE at 14:59:58.2656250, PROGRAM_COMPLETED 1167 s later (read from it by eye)
    assert body["machining"]["begin"].startswith("2017-02-01T14:59:58.2656")
    assert body["machining"]["duration_s"] == pytest.approx(1167, abs=1)
    assert body["machining"]["program"] == "NIST_MTC_CRADA_PLATE-2.NC"
    rows = gzip.decompress((data_dir / "nist_plates" / "plate_02.shdr.gz").read_bytes()).decode().splitlines()
    whole = [row for row in rows if row.count("|") == 2]
    assert set(body["recording"]["channels"]) == {row.split("|")[1] for row in whole}
    assert body["recording"]["unreadable_lines"] == len(rows) - len(whole)
    assert of_machine == body["recording"]["events"]


@pytest.mark.data
def test_what_is_missing_in_a_history_is_said(recorded):
    with History(recorded[0]) as history:
        assert trace(history, "2").doubts == ("no 'inspection' is recorded", "no 'release' is recorded")


@pytest.mark.data
def test_a_part_is_recorded_once(recorded, run):
    with pytest.raises(InputError, match="nist_plate/2 is recorded already"):
        record(recorded[0], Request(run, PART))


@pytest.mark.data
def test_a_log_is_recorded_once_for_two_parts(recorded, run, data_dir, tmp_path):
    store = Path(shutil.copy(recorded[0], tmp_path))
    log = data_dir / "nist_plates" / "plate_02.shdr.gz"
    said = record(store, Request(run, PartName("nist_plate", "2b"), ShopFacts(machine="hurco04"), log))
    assert "here already" in said[0]
    with History(store) as history:
        with pytest.raises(InputError, match="2 parts are called 'nist_plate'"):
            trace(history, "nist_plate")
        with pytest.raises(InputError, match="no part '7'.*nist_plate/2"):
            trace(history, "7")


@pytest.mark.data
def test_what_was_interrupted_can_be_recorded_again(run, data_dir, tmp_path, monkeypatch):
    """The disk fails within the log: nothing of the part is there, and the second time the rest of the log comes."""
    store, log = tmp_path / "h.sqlite", data_dir / "nist_plates" / "plate_02.shdr.gz"
    request = Request(run, PART, ShopFacts(machine="hurco04"), log)
    write, calls = HistoryWriter._write, []

    def failing(self, taken):
        calls.append(len(taken))
        if len(calls) == 3:
            raise sqlite3.OperationalError("disk I/O error")
        return write(self, taken)

    monkeypatch.setattr("twin.production.history_recorder.AT_ONCE", 1000)
    monkeypatch.setattr("twin.production.history_writer.TOGETHER", 1000)
    monkeypatch.setattr(HistoryWriter, "_write", failing)
    with pytest.raises(InputError, match="cannot be written: disk I/O error"):
        record(store, request)
    with History(store) as history:
        assert history.parts() == [] and len(history.times_us(1)) == 1000
    monkeypatch.setattr(HistoryWriter, "_write", write)
    record(store, request)
    with History(store) as history:
        expected = trace(history, "2").latest("recording").body["events"]
        assert len(history.times_us(1)) == expected
    assert verify(store).intact


@pytest.mark.data
def test_export_holds_every_row_in_parquet_and_csv(recorded, tmp_path):
    import csv

    with History(recorded[0]) as history:
        files = export(history, tmp_path, "parquet") + export(history, tmp_path, "csv")
        events = list(history.events())
    table = pq.read_table(next(f for f in files if f.name.startswith("events") and f.suffix == ".parquet")).to_pylist()
    with next(f for f in files if f.name.startswith("events") and f.suffix == ".csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert len(table) == len(lines) == len(events)
    for event, row, line in zip(events[::97], table[::97], lines[::97], strict=True):
        assert row["sha256"] == line["sha256"] == event.hash.hex()
        assert json.loads(row["body_json"]) == json.loads(line["body_json"]) == event.body
        assert line["time_utc"] == utc_text(event.time_us)
        assert row["time_utc"].timestamp() == pytest.approx(event.time_us / SECOND, abs=1e-6)
    feeds = [row["value"] for row in table if row["item"] == "Feed_Rate"]
    assert len(feeds) > 1000 and all(np.isfinite(feeds))


def inspected(file, component, predicted):
    """What `inspect_run` returns, with lines of a real report and a twin that reads ``predicted`` [m] on all."""
    report = read_qif(file)
    callout = Callout("hole", "diameter")
    lines = []
    for m in (m for m in report.measurements if m.component == component):
        known = report.characteristics[m.characteristic]
        about = (callout,) if known.kind == "Diameter" else ()
        lines.append(
            Line(
                m, known.name, known.kind, known.nominal, "", about, (1.0,) * len(about), "" if about else "no feature"
            )
        )

    class Twin(Inspected):
        def of(self, callouts, weights):
            return (predicted, 1e-6, 0.0) if callouts else (np.nan, np.nan, np.nan)

    twin = object.__new__(Twin)
    for name, value in {"against": file, "lines": tuple(lines), "component": component}.items():
        object.__setattr__(twin, name, value)
    return twin


@pytest.mark.data
def test_a_report_is_recorded_line_by_line(data_dir):
    file = data_dir / "nist_plates" / "mtc_nikon.qif"
    component = "PLATE_RESULTS_A16_NIST_MTC_CRADA_PLATE_ORIGIN_NIKON_SCAN"
    event = inspection_event(inspected(file, component, 3.99e-3), "MTC", PART, now_us())
    assert utc_text(event.time_us).startswith("2017-03-07T10:39:11")  # TimeCreated of the file
    rows = event.body["characteristics"]
    text = file.read_text()  # the file's own words, for the part whose results come seventh
    statuses = re.findall(r"CharacteristicStatusEnum>(\w+)<", text)
    assert len(rows) == 31 and len(statuses) == 8 * 31
    assert sum(row["status"] == "FAIL" for row in rows) == statuses[6 * 31 : 7 * 31].count("FAIL") == 9
    hole = next(row for row in rows if row["kind"] == "Diameter")
    assert hole["predicted"] == 3.99 and hole["unit"] == "mm" and 2.9 < hole["value"] < 11
    assert f"{hole['value']:.6g}"[:5] in text


@pytest.mark.data
def test_a_whole_chain_is_compared_judged_and_drawn(recorded, data_dir, tmp_path, capsys):
    from rich.console import Console

    store = Path(shutil.copy(recorded[0], tmp_path))
    file = data_dir / "nist_plates" / "nist_mitutoyo.qif"
    event = inspection_event(inspected(file, "2", 3.995e-3), "NIST", PART, now_us())
    with HistoryWriter(store) as writer:
        writer.append(writer.source("NIST"), [event])
        release = PART.event(now_us(), "release", {"decision": "released", "why": "holes are good"})
        writer.append(writer.source("anna"), [release])
    with History(store) as history:
        found = trace(history, "2")
    assert found.doubts == ("it was released with 4 characteristics outside their limits",)
    row = next(row for row in found.compared if row.name == "hole diameter")
    assert row.predicted == 3.995
    picture = draw_trace(found)
    picture.savefig(tmp_path / "trace.png", dpi=60)
    assert (tmp_path / "trace.png").stat().st_size > 10_000
    print_trace(found, Console(width=170))
    told = capsys.readouterr().out
    assert "EM-7 worn 40 µm" in told and "released: holes are good" in told and "doubt" in told


def test_contradictions_of_a_chain_are_said(tmp_path):
    store = tmp_path / "h.sqlite"
    when = utc_us("2026-01-05T08:00:00Z")
    machining = {"machine": "m", "begin": utc_text(when), "end": utc_text(when + 600 * SECOND)}
    prediction = {"twin_version": "1", "parameters": {}, "characteristics": [], "program_sha256": "b"}
    with HistoryWriter(store) as writer:
        anna = writer.source("anna")
        say = [
            PART.event(when, "release", {"decision": "released", "why": "within limits"}),
            PART.event(when, "program", {"name": "p", "sha256": "a"}),
            PART.event(when, "prediction", prediction),
            PART.event(when, "machining", machining),
            PART.event(when, "inspection", {"laboratory": "L", "characteristics": []}),
        ]
        writer.append(anna, say)
    with History(store) as history:
        doubts = trace(history, "2").doubts
    assert "the prediction is of another program than the one on record" in doubts
    assert "it was released before its inspection was recorded" in doubts
    assert any(d.startswith("L inspected it at 2026-01-05T08:00:00") for d in doubts)


def test_a_log_in_which_nothing_ran_is_no_log_of_a_part(tmp_path):
    log = tmp_path / "log.shdr"
    log.write_text("2026-01-05T08:00:00Z|execution|READY\n2026-01-05T08:00:09Z|execution|STOPPED\n")
    with pytest.raises(InputError, match="no program ran in log.shdr"):
        logged_part(log, PART, "mill")
    log.write_text("2026-01-05T08:00:00Z|execution|WOBBLING\n2026-01-05T08:00:09Z|execution|STOPPED\n")
    with pytest.raises(InputError, match="unknown state 'WOBBLING'"):
        logged_part(log, PART, "mill")


@pytest.mark.data
def test_commands(recorded, run, tmp_path, capsys):
    """As a user types them: record, note, release, list, head, verify, trace, export."""
    store = str(shutil.copy(recorded[0], tmp_path / "shop.sqlite"))

    def twin(*words):
        status = main([*words, "--store", store])
        told = capsys.readouterr()
        return status, told.out, told.err

    assert twin("history", "note", "nist_plate/2", "chips in the flutes", "--by", "anna")[0] == 0
    assert twin("history", "release", "2", "--decision", "rework", "--why", "burr", "--by", "eva")[0] == 0
    for words, why in [
        (["history", "release", "2", "--decision", "perhaps", "--why", "", "--by", "eva"], "'perhaps' is no decision"),
        (["history", "note", "none/3", "x", "--by", "eva"], "no part 'none/3'"),
        (["history", "record", str(run), "--part", "p"], "has no serial number"),
        (["history", "record", str(run), "--part", "p", "--serial", "1", "--tool", "9=X"], "the run has no tool 9"),
        (["history", "record", str(run), "--part", "p", "--serial", "1", "--tool", "D=X"], "'D' is no tool number"),
        (["history", "record", str(run), "--part", "p", "--serial", "1", "--log", "a"], "which machine the log is of"),
        (["history", "record", str(run), "--part", "p", "--serial", "1", "--inspection", "a.qif"], "no NAME=VALUE"),
    ]:
        status, _, error = twin(*words)
        assert status == 2 and why in error
    assert "part     nist_plate/2" in twin("history", "list")[1]
    head = twin("history", "head")[1].strip()
    assert "intact: " in twin("history", "verify", "--head", head)[1]
    told = twin("trace", "2", "--picture", str(tmp_path / "p.png"))[1]
    assert "rework: burr" in told and "chips in the flutes" in told
    assert "events-" in twin("history", "export", str(tmp_path / "out"), "--csv")[1]
    database = sqlite3.connect(store, isolation_level=None)
    database.execute("DROP TRIGGER event_delete")
    database.execute("DELETE FROM event WHERE seq = 30")
    database.close()
    status, told, error = twin("history", "verify")
    assert status == 2 and "row 30 is missing" in told and "not what was recorded" in error
    assert "the chain is broken" in twin("trace", "2")[2]
    assert "the chain is broken" in twin("history", "note", "2", "later", "--by", "eva")[2]


def test_recordings_of_the_bench_are_recorded_with_their_sensors(run, tmp_path):
    from hardware.channel import Channel, Clock
    from hardware.recording import Header, Recorder

    bench = Path(shutil.copytree(run, tmp_path / "bench"))
    channels = (Channel(name="force_x_n", unit="N", sensor="dynamometer", serial_number="D-7"),)
    header = Header(source="bench", started="2026-01-05T09:00:00Z", part_id="2")
    clock = Clock(name="c", origin="start", period_s=1e-3)
    with Recorder(bench / "recording.arrows", channels, clock, header):
        pass
    record(tmp_path / "h.sqlite", Request(bench, PART))
    with History(tmp_path / "h.sqlite") as history:
        (event,) = history.events(kinds=["recording"])
    sensor = {"name": "force_x_n", "unit": "N", "sensor": "dynamometer", "serial_number": "D-7"}
    assert event.body["channels"] == [sensor] and event.time_us == utc_us("2026-01-05T09:00:00Z")
    with pytest.raises(InputError, match="this is of part 2, not of 3"):
        record(tmp_path / "other.sqlite", Request(bench, PartName("nist_plate", "3")))
    (bench / "recording.arrows").write_text("nothing")
    with pytest.raises(InputError, match="is no recording"):
        record(tmp_path / "other.sqlite", Request(bench, PART))


@pytest.mark.long
@pytest.mark.data
def test_a_plate_of_nist_from_program_to_two_laboratories(jax_as_users_have_it, data_dir, tmp_path):
    """The real run: what the history compares is what the reports hold, and what the run itself read."""
    from twin.job import run_scenario

    run = run_scenario(["scenario=nist_plate", "scenario.plate=10"], outputs=tmp_path, picture=False)
    plates = data_dir / "nist_plates"
    reports = {"NIST": plates / "nist_mitutoyo.qif", "MTC": plates / "mtc_nikon.qif"}
    part, facts = PartName("nist_plate", "10"), ShopFacts(machine="hurco04")
    record(tmp_path / "h.sqlite", Request(run, part, facts, plates / "plate_10.shdr.gz", reports))
    with History(tmp_path / "h.sqlite") as history:
        found = trace(history, "nist_plate/10")
    assert found.doubts == ("no 'release' is recorded",)
    rows = {row.name: row for row in found.compared}
    # in the text of the reports: SIMPLE_HOLE2 of A10 is 4.163 mm; Distance 1 of plate 10 is 71.143 mm
    assert rows["hole_70_5 diameter"].measured["MTC"] == pytest.approx(4.163, abs=5e-4)
    assert rows["width thickness"].measured["NIST"] == pytest.approx(71.143, abs=5e-4)
    assert rows["hole_70_5 diameter"].predicted == pytest.approx(3.989, abs=3e-3)
    predicted = found.latest("prediction").body["characteristics"]
    assert len(predicted) > 100 and all(row["standard_uncertainty"] for row in predicted if row["value"] is not None)
    assert found.latest("machining").body["duration_s"] == pytest.approx(1001, abs=1)
