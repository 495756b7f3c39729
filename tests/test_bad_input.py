"""Bad input of every kind: one clear error that names file, line, value and remedy; nothing half-written."""

import signal
import subprocess
import sys
import time

import pytest
import trimesh
from own_scenario import GOOD_PROGRAM as GOOD

from twin.__main__ import main

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")


def run(desk, *words, program=None):
    """Exit status of `twin run` on our own scenario."""
    if program is not None:
        (desk / "scenarios" / "own" / "part.nc").write_text(program)
    options = ["--conf", str(desk / "conf"), "--outputs", str(desk / "outputs"), "--no-picture"]
    return main(["run", "scenario=own", *words, *options])


def leftovers(desk):
    return [f for f in (desk / "outputs").rglob("*") if f.is_file()] if (desk / "outputs").exists() else []


def test_the_good_one_runs_from_a_folder_of_our_own(desk, capsys):
    assert run(desk) == 0
    files = {f.name for f in leftovers(desk)}
    assert {"result.nc", "run.json", "config.yaml", "part.stl", "part.vtp", "report.html"} <= files
    # A slot of 10 x 60 x 2 mm; the walls are straight along the grid.
    shown = capsys.readouterr().out
    assert "1.20" in shown.split("removed volume")[1].split("\n")[0]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("", ["part.nc", "empty"]),
        (GOOD.replace("G1 X70", "G1 Q70 X70"), ["part.nc:6", "Q"]),
        (GOOD.replace("G1 X70", "G877 X70"), ["part.nc:6", "G877"]),
        (GOOD.replace("G1 X70 F1200", "G2 X70 Y20 I10 J3 F1200"), ["part.nc:6", "radius"]),
        (GOOD.replace("T1", "T9"), ["part.nc:2", "9"]),
        (GOOD.replace("F1200", "F-1200"), ["part.nc:6", "F"]),
        (GOOD.replace("F1200", "F0"), ["part.nc:6"]),
        (GOOD.replace(" F1200", ""), ["part.nc:6"]),
        (GOOD.replace("G21", "G20"), ["part.nc", "stock", "G20 or G21"]),
        (GOOD.replace("Y20", "Y120"), ["part.nc", "stock"]),
        (GOOD.replace("S8000 M3\n", ""), ["part.nc:5", "spindle"]),
    ],
    ids=[
        "empty",
        "unknown word",
        "unknown code",
        "arc radius",
        "tool",
        "negative feed",
        "zero feed",
        "no feed",
        "millimetres in inches",
        "beside the stock",
        "spindle off",
    ],
)
def test_bad_programs(desk, capsys, program, says):
    assert run(desk, program=program) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    assert all(word in error for word in says), error
    assert leftovers(desk) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scenario.program=gone.nc"], ["gone.nc"]),
        (["tools.1.stickout_mm=40"], ["tools.1.stickout_mm", "did you mean tools.1.stick_out_mm"]),
        (["tools.1.stick_out_mm=-40"], ["T1", "-40 mm"]),
        (["tools.1.stick_out_mm=long"], ["tools.1.stick_out_mm", "long"]),
        (["+tools.1.stick_out_kg=4"], ["tools.1.stick_out_kg"]),
        (["scenario.stock.kind=mesh", "+scenario.stock.file=open.stl"], ["open.stl", "not closed", "3 open edges"]),
        (["scenario.stock.kind=mesh", "+scenario.stock.file=gone.stl"], ["gone.stl"]),
        (["model.removal.resolution_mm=0.001"], ["MiB", "resolution_mm"]),
    ],
    ids=["no file", "no such key", "negative", "not a number", "wrong unit", "open mesh", "no mesh", "too fine"],
)
def test_bad_overrides(desk, capsys, words, says):
    box = trimesh.creation.box((60, 40, 20))
    box.faces = box.faces[:-1]
    box.export(desk / "scenarios" / "own" / "open.stl")
    assert run(desk, *words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "Traceback" not in error
    assert all(word in error for word in says), error
    assert leftovers(desk) == []


def test_unwritable_outputs(desk, capsys):
    (desk / "outputs").write_text("a file where the folder should be")
    assert run(desk) == 2
    assert "cannot write results" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_leave_nothing(desk, stop):
    command = [sys.executable, "-m", "twin", "run", "scenario=own", "--no-picture"]
    command += ["--conf", str(desk / "conf"), "--outputs", str(desk / "outputs")]
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(stop, signal.SIG_DFL),  # whatever the tests were begun with
    )
    assert child.stdout is not None
    for line in child.stdout:
        if "removing material" in line:
            break
    time.sleep(0.2)
    child.send_signal(stop)
    _, error = child.communicate(timeout=120)
    assert child.returncode in (130, -signal.SIGINT)  # a shell shows 130 for both
    assert "interrupted; nothing was written" in error and "Traceback" not in error
    assert leftovers(desk) == []
