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
from hardware.probed import probed_points
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


PROBE_AND_TURN = """\
G21 G17 G90 G94 G40 G49 G80 G54 G64 P0.001
T1 M6 G43
G0 X30 Y20 Z2
G38.2 Z-6 F120
G0 Z2
G0 X30 Y35
G38.2 Z-6 F120
G0 Z30
M68 E3 Q1
M66 E0 L0
G0 X30 Y0 Z20
G1 Z1 F2000
G1 A20 C45
G1 X30 Y10 A30 C90
M68 E3 Q0
M66 E0 L0
M2
"""


@pytest.mark.long
def test_another_program_probes_the_part_and_turns_the_table(benched, module_desk, tmp_path, capsys):
    """Five axes, the simulated machine behind them: the probe meets the slot's floor and the top where the tool point
    really is, and while the table tilts and turns the tip stays on the part."""
    (tmp_path / "probe.nc").write_text(PROBE_AND_TURN)
    words = ["bench", "bench=linuxcnc_trunnion", "bench.time_factor_ratio=10", f"bench.program={tmp_path / 'probe.nc'}"]
    before = set(benched.glob("*.arrows"))
    with pytest.raises(SystemExit) as ended:
        main([*words, "--run", str(benched), *places(module_desk)])
    said = capsys.readouterr().out
    assert ended.value.code == 0 and "another program" in said, said
    (file,) = set(benched.glob("*.arrows")) - before
    blocks = list(open_recording(file).blocks())
    names = [f"{axis}_{kind}" for axis in "xyz" for kind in ("commanded_mm", "actual_mm")]
    names += ["a_commanded_deg", "c_commanded_deg", "line", "touch", "truth_z_mm", "truth_drift_z_um", "force_x_n"]
    found = {name: np.concatenate([b.values[name] for b in blocks]) for name in names}
    touches = probed_points(file)
    assert [touch.line for touch in touches] == [4, 7] and all(f"probed, line {t.line}:" in said for t in touches)
    for touch, height in zip(touches, (-2.0, 0.0), strict=True):
        assert touch.position[2] == pytest.approx(height, abs=0.03)  # off by drift and lag, as on a machine
        row = np.argmax((found["line"] == touch.line) & (found["touch"] > 0))
        tip = found["truth_z_mm"] + found["truth_drift_z_um"] * 1e-3
        assert tip[row] == pytest.approx(height, abs=2 * 120 / 60 * 1e-3)  # two cycles of the probing feed
    a, c = (np.radians(found[f"{axis}_commanded_deg"]) for axis in "ac")
    # homing has set zero where the noisy scales stood: seen where the tool stops to probe
    stopped = np.flatnonzero(found["line"] == 3)[-1]
    zero = [found[f"{axis}_commanded_mm"][stopped] - at for axis, at in zip("xyz", (30, 20, 2), strict=True)]
    assert np.abs(zero).max() < 0.02
    x, y, z = (found[f"{axis}_commanded_mm"] - off for axis, off in zip("xyz", zero, strict=True))
    turning = found["line"] == 13
    up_y, up_z = np.cos(a) * y + np.sin(a) * z, -np.sin(a) * y + np.cos(a) * z
    on_part = np.stack([np.cos(c) * x + np.sin(c) * up_y, -np.sin(c) * x + np.cos(c) * up_y, up_z], axis=1)
    assert np.ptp(a[turning]) > 0.3 and np.abs(on_part[turning] - [30, 0, 1]).max() < 2e-3
    assert np.abs(found["force_x_n"]).max() < 30  # noise only: nothing is cut


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
