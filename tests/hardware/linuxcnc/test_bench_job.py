"""`twin bench` as a user calls it: a run of the twin, a real controller beside it, recording and validation."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from linuxcnc_bench import needs_linuxcnc

from hardware.identity import identity_of
from hardware.recording import open_recording
from twin.__main__ import main
from twin.scenario import load_scenario

pytestmark = [pytest.mark.linuxcnc, pytest.mark.timeout(280), pytest.mark.usefixtures("jax_as_users_have_it")]
FAST = ["bench=linuxcnc", "bench.time_factor_ratio=10", "model.removal.resolution_mm=0.5"]


@pytest.fixture(autouse=True, scope="module")
def installed():
    needs_linuxcnc()


def places(desk):
    return ["--conf", str(desk / "conf"), "--outputs", str(desk / "outputs")]


@pytest.fixture(scope="module")
def benched(module_desk, jax_as_users_have_it):
    """Folder of a run with the bench beside it, the simulated machine behind the controller."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", "scenario=own", *FAST, *places(module_desk)])
    assert ended.value.code == 0
    (recording,) = (module_desk / "outputs").rglob("recording.arrows")
    return recording.parent


def test_recording_knows_what_ran(benched, module_desk):
    recording = open_recording(benched / "recording.arrows")
    expected = identity_of(load_scenario("scenario=own", conf=module_desk / "conf"))
    header = recording.header
    assert (header.program_hash, header.offsets_hash, header.tools_hash) == (
        expected.program,
        expected.offsets,
        expected.tools,
    )
    assert header.note.startswith("controller in the loop")
    names = {channel.name for channel in recording.channels}
    assert {"x_actual_mm", "line", "force_x_n", "spindle_power_w", "front_bearing_degc"} <= names
    number = np.concatenate([np.arange(b.first, b.first + len(b)) for b in recording.blocks()])
    assert (np.diff(number) == 1).all() and len(number) > 5000


def test_the_slot_is_cut_at_its_feed(benched):
    """G1 X70 F1200 of the program, on the real controller."""
    blocks = list(open_recording(benched / "recording.arrows").blocks())
    line, speed = (np.concatenate([b.values[name] for b in blocks]) for name in ("line", "path_speed_mm_s"))
    assert np.median(speed[line == 6]) == pytest.approx(20.0, rel=1e-6)
    assert np.count_nonzero(line == 6) == pytest.approx(80 / 20 * 1000, rel=0.02)


def test_validation_is_written(benched):
    report = (benched / "report.html").read_text()
    assert "controller in the loop" in report.lower()
    assert json.loads((benched / "validation.json").read_text())


def test_the_same_from_the_recording(benched, module_desk, capsys):
    """bench=replay plays it beside the same run."""
    words = ["bench", "bench=replay", f"file={benched / 'recording.arrows'}", "--run", str(benched)]
    with pytest.raises(SystemExit) as ended:
        main([*words, *places(module_desk)])
    assert ended.value.code == 0
    assert (benched / "recording_2.arrows").is_file()
    assert "0 lost" in capsys.readouterr().out


def test_a_trip_is_said_and_not_validated(benched, module_desk, capsys):
    words = ["bench", *FAST[:2], "bench.faults.drive_fails_at_s=2", "bench.plant.kind=ideal", "--run", str(benched)]
    with pytest.raises(SystemExit) as ended:
        main([*words, *places(module_desk)])
    said = capsys.readouterr().out
    assert ended.value.code == 1
    assert "joint 0 following error" in said and "not finished" in said and "not validated" in said


@pytest.mark.long
def test_ctrl_c(benched, module_desk):
    """The controller is stopped in order, the recording kept and named."""
    words = ["bench=linuxcnc", "bench.plant.kind=ideal", "--run", str(benched), *places(module_desk)]
    before = set(benched.glob("*.arrows"))
    child = subprocess.Popen([sys.executable, "-m", "twin", "bench", *words], stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 100
    while not (new := set(benched.glob("*.arrows")) - before) and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(3)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "interrupted" in said and new.pop().name in said
