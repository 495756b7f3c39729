"""`twin compensate` from the command line: what it writes, what the part gains, and bad words."""

import csv
import json

import numpy as np
import pytest

from twin.__main__ import main

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")


def run(desk, *words: str) -> int:
    return main(["compensate", "scenario=own", "--conf", str(desk / "conf"), "--outputs", str(desk / "out"), *words])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no format is given (format=isg_csv"),
        (("format=none_such",), "format 'none_such' is not known"),
        (("format=siemens_cec", "compensation.step_mm=-5"), "compensation step is -0.005"),
        (("format=siemens_cec", "compensation.moment_ratio=2"), "compensation moment 2"),
        (("format=siemens_cec", "compensation.step_s=5"), "is in s, expected m"),
        (("format=program", "machine=five_axis_trunnion"), "the machine has the rotary axes"),
    ],
)
def test_bad_words(desk, capsys, words, message):
    assert run(desk, *words) == 2
    assert message in capsys.readouterr().err
    assert not [file for file in (desk / "out").rglob("*") if file.is_file()]


def test_program(desk, capsys):
    """The slot of a few seconds: its program comes back with moved points, and the machine leaves hardly a trace."""
    assert run(desk, "format=program", "compensation.tolerance_um=0.05", "compensation.resolution_um=0.01") == 0
    (folder,) = (desk / "out").glob("*/*")
    assert (folder / "part.nc").read_text() == (desk / "scenarios/own/part.nc").read_text()
    record = json.loads((folder / "compensation.json").read_text())
    for axis in record["machine_error"]:
        assert axis["after_rms_um"] < 0.05
    largest = max(axis["before_rms_um"] for axis in record["machine_error"])
    assert largest > 1
    part = {row["what"]: (row["before_um"], row["after_um"]) for row in record["part"]}
    before, after = part["deviation by the machine, rms"]
    assert after < 0.05 < 1 < before
    with (folder / "lines.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    moved = (folder / "part_compensated.nc").read_text().splitlines()
    assert len(rows) == len(moved) and rows[-1]["original_line"] == "8"
    cut = [[float(w[1:]) for w in line.split() if w[0] in "XYZ"] for line in moved if "G1" in line]
    assert 0 < np.abs(np.array(cut[-1]) - (70, 20, -2)).max() < 0.05  # mm
    assert (folder / "compensation.png").stat().st_size > 10_000
    printed = capsys.readouterr().out
    assert "deviation by the machine, rms" in printed
    for said in (printed, (folder / "report.html").read_text()):
        assert "elease of residual stress: not modelled" in said
