"""What the bench survives: what is lost, and what the user is told."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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


def lost(recorded: Recorded) -> str:
    """Numbers of the controller's cycles that are missing between its first and its last, in words."""
    n = recorded.number
    return f"{n[-1] - n[0] + 1 - len(n)} of {len(n):,} cycles"


def test_following_error_trip(fault_report):
    """A drive that stops: the program is aborted, the controller says why, everything until then is there."""
    recorded = run(STROKES, faulty(drive="x", drive_fails_at_s=2.0))
    assert not recorded.outcome.finished and recorded.outcome.why == "the machine switched itself off"
    assert "joint 0 following error" in recorded.outcome.messages
    assert whole(recorded)
    error = np.abs(recorded["x_following_error_um"])
    assert 2500 < error.max() < 5100  # FERROR 5 mm at 400 mm/s, 2.5 mm at rest: conf/bench
    assert recorded.outcome.line == recorded["line"][np.argmax(error > 2500)]
    said = f"`{'; '.join(recorded.outcome.messages)}`, `{recorded.outcome.why}`; status 1"
    fault_report("a following-error trip", "LinuxCNC", lost(recorded), said)


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
        f"{lost(recorded)}; the plant's readings of the {np.count_nonzero(last):,} after its end are BAD",
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
        f"{lost(recorded)}; what its sampler had not handed over",
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
    fault_report("two benches at once", "LinuxCNC", f"{lost(first)}; {lost(second)}", "each its own program")


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
    said = "it takes longer: the controller waits"
    fault_report("the consumer pauses twice for 1 s", "LinuxCNC", lost(slow), said)


def recording_child(folder: Path) -> subprocess.Popen:
    """A process that records a bench into ``folder``, once some of it is on disk."""
    child = subprocess.Popen(
        [sys.executable, str(HERE / "record_until_interrupted.py"), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    file = folder / "recording.arrows"
    end = time.monotonic() + 60
    while not (file.is_file() and file.stat().st_size > 100_000) and time.monotonic() < end:
        time.sleep(0.1)
    return child


def recorded_numbers(folder: Path) -> np.ndarray:
    blocks = open_recording(folder / "recording.arrows").blocks()
    return np.concatenate([np.arange(b.first, b.first + len(b)) for b in blocks])


def test_ctrl_c_stops_the_controller_in_order(tmp_path, fault_report):
    """And leaves a recording that can be read."""
    child = recording_child(tmp_path)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=60)
    assert said.split() == ["interrupted", "True", "orderly", "True"]
    number = recorded_numbers(tmp_path)
    assert len(number) > 1000 and (np.diff(number) == 1).all()
    missing = number[-1] - number[0] + 1 - len(number)
    lost_ = f"{missing} of {len(number):,} cycles"
    fault_report("Ctrl-C", "LinuxCNC", lost_, "the recording's name; the controller is stopped in order; status 130")


def descendants(parent: int) -> set[int]:
    """Processes below ``parent``."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found, waiting = set(), [parent]
    while waiting:
        more = children.get(waiting.pop(), [])
        found.update(more)
        waiting += more
    return found


def test_the_controller_ends_with_a_twin_that_is_killed(tmp_path, fault_report):
    """All its processes, within some seconds; what was on disk stays."""
    child = recording_child(tmp_path)
    below, before = descendants(child.pid), len(recorded_numbers(tmp_path))
    assert len(below) > 3  # sandbox, plant, controller
    began = time.monotonic()
    child.kill()
    child.communicate(timeout=60)
    while (left := [pid for pid in below if Path(f"/proc/{pid}").exists()]) and time.monotonic() < began + 30:
        time.sleep(0.05)
    took, number = time.monotonic() - began, recorded_numbers(tmp_path)
    assert not left and len(number) >= before and (np.diff(number) == 1).all()
    seen = f"{len(number):,} cycles are on disk and readable; the controller's processes are gone after {took:.1f} s"
    fault_report("the twin's process is killed", "LinuxCNC", "what was not yet written: a second at most", seen)


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_twin_that_is_stopped_for_too_long(tmp_path, fault_report):
    """SIGSTOP: the controller waits for its plant and its reader, but not for ever."""
    child = recording_child(tmp_path)
    child.send_signal(signal.SIGSTOP)
    time.sleep(80)
    child.send_signal(signal.SIGCONT)
    said, problem = child.communicate(timeout=90)
    number = recorded_numbers(tmp_path)
    message = problem.strip().splitlines()[-1] if child.returncode else said
    assert "InputError" in message and f"{len(number):,} samples are kept in" in message, message
    assert (np.diff(number) == 1).all()
    shown = message.partition("InputError: ")[2].replace(str(tmp_path), "RUN")
    fault_report("the twin's process is stopped (SIGSTOP) for 80 s", "LinuxCNC", "what follows", f"`{shown}`")


def test_a_gap_in_the_samples_is_an_error(monkeypatch, fault_report):
    """As if the ring of the sampler had run over."""
    with source(STROKES) as opened:
        take = opened._samples.take

        def with_gap(n):
            rows = take(n).copy()
            rows[rows[:, 1] > 3000, 1] += 1
            return rows

        opened._samples.take = with_gap
        with pytest.raises(InputError, match="samples are missing from cycle 3001 of the controller on") as said:
            list(opened.blocks())
    fault_report("a cycle is missing", "LinuxCNC", "what comes after it", f"`{said.value}`")


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


def test_namespaces_that_are_not_permitted(monkeypatch, fault_report):
    monkeypatch.setattr(sandbox, "NAMESPACES", ["--setuid", "4294967294", "--user"])
    with pytest.raises(InputError, match="namespaces are not permitted here") as said:
        run(STROKES)
    fault_report("namespaces are not permitted", "LinuxCNC", "it does not begin", f"`{said.value}`")


def test_plant_that_cannot_be_made():
    with pytest.raises(InputError, match="bench.plant.kind is 'steel'"):
        plant_maker(options(plant={"kind": "steel"}), scenario())
    with pytest.raises(InputError, match="no such machine"):
        run(STROKES, refuse)


def refuse():
    raise InputError("no such machine")


def test_missing_linuxcnc_names_the_package(monkeypatch, fault_report):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError, match="linuxcnc-uspace") as said:
        built()
    fault_report("LinuxCNC or its compiler is missing", "LinuxCNC", "it does not begin", f"`{said.value}`")


def test_lock_step_is_patient_but_not_for_ever(monkeypatch, tmp_path):
    monkeypatch.setattr(lockstep, "READY", 0.5)
    with pytest.raises(InputError, match="was not within 0 s|was not within 1 s"):
        lockstep.PlantProcess(sleepy, tmp_path / "plant.sock", ("x", "y", "z"))


def sleepy():
    time.sleep(60)
    return IdealPlant()
