"""Sweeps on disk: resumed where missing or failed, nothing twice, nothing mixed."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from small_sweep import COARSE, make_sweep_desk

from twin.__main__ import main
from twin.errors import InputError
from twin.sweep import find_sweep, load_sweep, read_table, run_sweep
from twin.sweep.folder import PARTS, alone, open_folder

SMALL = """\
n_chunk: 3
design:
  kind: grid
  parameters:
    process.feed_pct: [80, 100, 120]
    environment.ambient_mean_degc: [19, 22, 25]
"""
MIXED = """\
design:
  kind: zip
  parameters:
    tools.1.diameter_mm: [9, 10, 10, 10, 10]
    process.feed_pct: [90, 90, 110, 0, 110]
    environment.coolant_follow_ratio: [0, 0, 0, 0.5, 1.5]
"""
MANY = """\
n_chunk: 1
design: {kind: latin_hypercube, n_rows: 400, parameters: {process.feed_pct: [80, 120]}}
"""
pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweeps")
    return make_sweep_desk(folder, small=SMALL, mixed=MIXED, many=MANY)


def sweep_of(desk, name, *more):
    return load_sweep([f"sweep={name}", *COARSE, *more], desk / "conf")


def parts(folder):
    return {file.name: file.stat().st_mtime_ns for file in (folder / PARTS).glob("*.parquet")}


def test_a_sweep_is_one_table_and_goes_on_where_it_was_left(desk, tmp_path):
    sweep = sweep_of(desk, "small")
    folder, record = run_sweep(sweep, tmp_path)
    assert (record["status"], record["n_done"], len(parts(folder))) == ("done", 9, 3)
    table = read_table(folder)
    assert table["process.feed_pct"].to_pylist() == [80.0] * 3 + [100.0] * 3 + [120.0] * 3
    assert table.schema.field("environment.ambient_mean_degc").metadata == {b"role": b"parameter", b"units": b"degc"}
    assert table.schema.field("machining_time_min").metadata == {b"role": b"result", b"units": b"min"}
    minutes = table["machining_time_min"].to_numpy().reshape(3, 3)
    assert (np.diff(minutes, axis=0) < 0).all() and np.ptp(minutes, axis=1).max() == 0  # faster feed, no other change
    assert len(set(table["key"].to_pylist())) == 9

    before = parts(folder)
    run_sweep(sweep, tmp_path)
    assert parts(folder) == before  # the same sweep twice does nothing twice

    first = sorted(before)[1]
    (folder / PARTS / first).unlink()
    run_sweep(sweep, tmp_path)
    after = parts(folder)
    assert after[first] != before[first] and {k: v for k, v in after.items() if k != first} == {
        k: v for k, v in before.items() if k != first
    }
    assert read_table(folder).equals(table)
    assert find_sweep("small", tmp_path) == find_sweep("latest", tmp_path) == folder


def test_what_cuts_anew_is_a_run_and_what_fails_is_a_row(desk, tmp_path):
    sweep = sweep_of(desk, "mixed")
    assert [chunk.rows for chunk in sweep.chunks] == [(0,), (1, 2, 3, 4)]
    folder, record = run_sweep(sweep, tmp_path)
    rows = read_table(folder).to_pylist()
    assert [row["status"] for row in rows] == ["done", "done", "done", "failed", "failed"]
    assert [row["evaluated_by"] for row in rows] == ["run", "batch", "batch", "batch", "batch"]
    width = "feature.slot.width_um"
    assert rows[0][width] is None or rows[0][width] < -900  # 9 mm in a slot of 10
    assert abs(rows[1][width]) < 1
    assert "override is not positive" in rows[3]["error"] and "coolant_follow" in rows[4]["error"]
    assert rows[2]["machining_time_min"] > 0 and rows[3]["machining_time_min"] is None
    assert (record["status"], record["n_failed"]) == ("partial", 2)
    run_sweep(sweep, tmp_path)
    again = pq.read_table(folder / PARTS / "000001-0001.parquet")
    assert again["row"].to_pylist() == [3, 4]  # exactly what had failed
    assert read_table(folder).to_pylist() == rows


def test_a_changed_scenario_gets_a_folder_of_its_own(desk, tmp_path):
    one, other = sweep_of(desk, "small"), sweep_of(desk, "small", "environment.coolant_degc=19")
    finer_chunks = sweep_of(desk, "small", "sweep.n_chunk=2")
    assert one.folder_name != other.folder_name and one.folder_name == finer_chunks.folder_name
    folder = open_folder(one, tmp_path)
    asked = yaml.safe_load((folder / "sweep.yaml").read_text())
    (folder / "sweep.yaml").write_text(yaml.safe_dump({**asked, "digest": other.digest}))
    with pytest.raises(InputError, match="holds another sweep"):
        open_folder(one, tmp_path)


def test_another_code_is_another_sweep(desk, monkeypatch):
    one = sweep_of(desk, "small")
    monkeypatch.setattr("twin.sweep.settings.source_digest", lambda: "another")
    assert sweep_of(desk, "small").folder_name != one.folder_name


def test_one_sweep_is_run_by_one_process(desk, tmp_path):
    folder = open_folder(sweep_of(desk, "small"), tmp_path)
    with alone(folder), pytest.raises(InputError, match="running already"), alone(folder):
        pass


def test_what_is_wrong_is_said_before_anything_is_computed(desk, tmp_path, capsys):
    for words, told in (
        ([], "no sweep is named"),
        (["sweep=smal"], "did you mean small"),
        (["sweep=small", "sweep.n_chunk=0"], "not positive"),
        (["sweep=small", "sweep.design.kind=sobol"], "lacks n_rows"),
    ):
        assert main(["sweep", *words, *COARSE, "--conf", str(desk / "conf"), "--outputs", str(tmp_path)]) == 2
        assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.parametrize(("how", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_an_ended_process_loses_the_running_chunk_at_most(desk, tmp_path, how, status):
    words = ["sweep=many", *COARSE, "--conf", str(desk / "conf"), "--outputs", str(tmp_path)]
    running = subprocess.Popen(
        [sys.executable, "-m", "twin", "sweep", *words], env={**os.environ}, stdout=subprocess.DEVNULL
    )
    sweep = sweep_of(desk, "many")
    folder = tmp_path / "sweeps" / sweep.folder_name
    end = time.monotonic() + 240
    while len(parts(folder)) < 5 and time.monotonic() < end:
        time.sleep(0.05)
    running.send_signal(how)
    assert running.wait(60) == status
    before = parts(folder)
    assert 5 <= len(before) < 400
    assert all(pq.read_table(folder / PARTS / name)["status"].to_pylist() == ["done"] for name in before)
    folder, record = run_sweep(sweep, tmp_path)
    after = parts(folder)
    assert record["n_done"] == len(after) == 400
    assert {name: after[name] for name in before} == before  # nothing of what was done is done again
    assert json.loads((folder / "sweep.json").read_text())["status"] == "done"
