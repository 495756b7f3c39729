"""What the bench survives: what is lost, and what the user is told."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from linuxcnc_bench import HEAD, FirstOrder, Recorded, needs_linuxcnc, options, run, scenario, source

from hardware.linuxcnc import lockstep, sandbox
from hardware.linuxcnc.build import built
from hardware.linuxcnc.plants import IdealPlant, plant_maker
from hardware.recording import open_recording
from twin.errors import InputError

pytestmark = [pytest.mark.linuxcnc, pytest.mark.timeout(120)]
HERE = Path(__file__).parent
STROKES = HEAD + "G64 P0.01\n" + "".join(f"G1 X{40 * (i % 2)} Y{i} F3000\n" for i in range(1, 13)) + "M2\n"


@pytest.fixture(autouse=True, scope="module")
def installed():
    needs_linuxcnc()


def faulty(**faults):
    return plant_maker(options(plant={"kind": "ideal"}, faults=faults), scenario())


def whole(recorded: Recorded) -> bool:
    return bool((np.diff(recorded.number) == 1).all())


def test_following_error_trip(fault_report):
    """A drive that stops: the program is aborted, the controller says why, everything until then is there."""
    recorded = run(STROKES, faulty(drive="x", drive_fails_at_s=2.0))
    assert not recorded.outcome.finished and recorded.outcome.why == "the machine switched itself off"
    assert "joint 0 following error" in recorded.outcome.messages
    assert whole(recorded)
    error = np.abs(recorded["x_following_error_um"])
    assert 2500 < error.max() < 5100  # FERROR 5 mm at 400 mm/s, 2.5 mm at rest: conf/bench
    assert recorded.outcome.line == recorded["line"][np.argmax(error > 2500)]
    fault_report("a following-error trip", "LinuxCNC", "nothing", "`joint 0 following error`, not finished; status 1")


def test_plant_that_dies(fault_report):
    """The emergency stop falls; the controller's own samples to the end are kept."""
    with source(STROKES, partial(FirstOrder, 100.0)) as opened:
        blocks, killed = [], False
        for block in opened.blocks():
            blocks.append(block)
            if not killed and (block.values["line"] > 5).any():
                os.kill(opened.plant_pid, signal.SIGKILL)
                killed = True
    recorded = Recorded(blocks, opened.outcome)
    assert not recorded.outcome.finished and recorded.outcome.why == "the plant is gone"
    assert whole(recorded)
    last = np.concatenate([block.quality for block in blocks]) == 2
    assert np.isnan(recorded["plant_x_mm"][last]).all() and not np.isnan(recorded["plant_x_mm"][~last]).any()
    assert last.any() and not last[: np.argmax(last)].any() and last[np.argmax(last) :].all()
    fault_report(
        "the plant's process is killed",
        "LinuxCNC",
        "the plant's readings from there on (BAD); nothing of the controller's",
        f"emergency stop, `{recorded.outcome.why}`; status 1",
    )


def test_controller_that_dies(fault_report):
    """All its processes at once, as by the machine's memory running out."""
    with source(STROKES) as opened:
        blocks, killed = [], False
        for block in opened.blocks():
            blocks.append(block)
            if not killed and (block.values["line"] > 5).any():
                opened._sandbox._process.kill()
                killed = True
    recorded = Recorded(blocks, opened.outcome)
    assert not recorded.outcome.finished and recorded.outcome.why == "the controller's processes ended"
    assert whole(recorded) and recorded["line"].max() > 5
    fault_report(
        "all of the controller's processes are killed",
        "LinuxCNC",
        "what its sampler had not handed over",
        f"`{recorded.outcome.why}`; status 1",
    )


def test_two_benches_at_once(fault_report):
    """Side by side, with identical motion, and neither sees the other's program."""
    programs = [STROKES, STROKES.replace("X40", "X30")]
    with ThreadPoolExecutor(2) as beside:
        first, second = beside.map(run, programs)
    assert first.outcome.finished and second.outcome.finished
    assert whole(first) and whole(second)
    assert first["x_commanded_mm"].max() == pytest.approx(40, abs=0.02)
    assert second["x_commanded_mm"].max() == pytest.approx(30, abs=0.02)
    fault_report("two benches at once", "LinuxCNC", "nothing", "each its own")


def test_a_slow_consumer_holds_the_machine(fault_report):
    """Nothing is lost: the controller waits, and moves as it would have."""
    with source(STROKES) as opened:
        blocks, paused = [], 0
        for block in opened.blocks():
            blocks.append(block)
            if paused < 2 and (block.values["line"] > 4 + paused).any():
                paused += 1
                time.sleep(1.0)
    slow, quick = Recorded(blocks, opened.outcome), run(STROKES)
    assert paused == 2 and slow.outcome.finished and whole(slow)
    path = []
    for recorded in (slow, quick):
        rows = np.flatnonzero((recorded["line"] >= 4) & (recorded["path_speed_mm_s"] > 0))
        path.append(np.stack([recorded[f"{a}_commanded_mm"][rows[0] : rows[-1] + 1] for a in "xy"], axis=1))
    n = min(len(p) for p in path)
    assert abs(len(path[0]) - len(path[1])) <= 1
    assert np.abs(path[0][:n] - path[1][:n]).max() < 0.06  # of a cycle at 50 mm/s: when the start fell
    fault_report("the consumer pauses twice for 1 s", "LinuxCNC", "nothing", "it takes longer: the controller waits")


def test_ctrl_c_stops_the_controller_in_order(tmp_path):
    """And leaves a recording that can be read."""
    child = subprocess.Popen(
        [sys.executable, str(HERE / "record_until_interrupted.py"), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    file = tmp_path / "recording.arrows"
    end = time.monotonic() + 60
    while not (file.is_file() and file.stat().st_size > 100_000) and time.monotonic() < end:
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=60)
    assert said.split() == ["interrupted", "True", "orderly", "True"]
    blocks = list(open_recording(file).blocks())
    number = np.concatenate([np.arange(b.first, b.first + len(b)) for b in blocks])
    assert len(number) > 1000 and (np.diff(number) == 1).all()


def test_a_gap_in_the_samples_is_an_error(monkeypatch):
    """As if the ring of the sampler had run over."""
    with source(STROKES) as opened:
        take = opened._samples.take

        def with_gap(n):
            rows = take(n).copy()
            rows[rows[:, 1] > 3000, 1] += 1
            return rows

        opened._samples.take = with_gap
        with pytest.raises(InputError, match="samples are missing from cycle 3001 of the controller on"):
            list(opened.blocks())


def test_as_an_ordinary_user(monkeypatch):
    """In a user namespace, without any right of root."""
    if os.geteuid() == 0:
        popen = subprocess.Popen

        def as_nobody(command, **given):
            if command[0] == "unshare":
                subprocess.run(["chown", "-R", "65534:65534", command[-1]], check=True)
                given |= {"user": 65534, "group": 65534, "extra_groups": []}
                assert "--user" in command
            return popen(command, **given)

        monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)
        monkeypatch.setattr(sandbox.subprocess, "Popen", as_nobody)
    recorded = run(HEAD + "G1 X5 F1200\nM2\n")
    assert recorded.outcome.finished and whole(recorded)


def test_namespaces_that_are_not_permitted(monkeypatch):
    monkeypatch.setattr(sandbox, "NAMESPACES", ["--setuid", "4294967294", "--user"])
    with pytest.raises(InputError, match="namespaces are not permitted here"):
        run(STROKES)


def test_plant_that_cannot_be_made():
    with pytest.raises(InputError, match="bench.plant.kind is 'steel'"):
        plant_maker(options(plant={"kind": "steel"}), scenario())
    with pytest.raises(InputError, match="no such machine"):
        run(STROKES, refuse)


def refuse():
    raise InputError("no such machine")


def test_missing_linuxcnc_names_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError, match="linuxcnc-uspace"):
        built()


def test_lock_step_is_patient_but_not_for_ever(monkeypatch, tmp_path):
    monkeypatch.setattr(lockstep, "READY", 0.5)
    with pytest.raises(InputError, match="was not within 0 s|was not within 1 s"):
        lockstep.PlantProcess(sleepy, tmp_path / "plant.sock", ("x", "y", "z"))


def sleepy():
    time.sleep(60)
    return IdealPlant()
