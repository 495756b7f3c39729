"""`twin machinetest` as it is called: printed numbers against closed forms, files, bad input."""

import re

import numpy as np
import pytest
import yaml

from twin.__main__ import main
from twin.formats.iso230_sheet import write_positioning
from twin.resources import shared_folder

SIGNED = r"[+-]?\d+\.\d+"


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    """Machines without error motions, and servo loops that lag."""
    folder = tmp_path_factory.mktemp("conf")
    shipped = shared_folder("conf")
    for name, machine in (("exact", "vmc_3axis"), ("skew", "vmc_3axis"), ("trunnion", "five_axis_trunnion")):
        values = yaml.safe_load((shipped / "machine" / f"{machine}.yaml").read_text())
        for axis in (values["axes"] | values.get("rotary_axes", {})).values():
            axis.pop("displacement_error", None)
            axis.pop("rotation_error", None)
        if name != "trunnion":
            values["squareness"] = {}
        if name == "skew":
            values["squareness"] = {"C0Y": {"value_urad": 20, "scatter_urad": 1, "source": "test"}}
        write(folder / "machine" / f"{name}.yaml", values)
    values = yaml.safe_load((shipped / "controller" / "generic_jerk_limited.yaml").read_text())
    for axis in values["axis"].values():
        axis |= {"gain_per_s": 30, "feed_forward_ratio": 0, "backlash_um": 0, "friction_spike_um": 0}
    write(folder / "controller" / "lagging.yaml", values)
    return folder


def write(file, values):
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(values))


@pytest.fixture
def run(conf, tmp_path, capsys):
    def command(*words, status=0):
        assert main(["machinetest", *words, "--conf", str(conf), "--outputs", str(tmp_path)]) == status
        printed = capsys.readouterr()
        return printed.out + printed.err

    return command


def numbers(printed, label):
    """The numbers on the line of ``label``."""
    line = next(line for line in printed.splitlines() if line.strip().startswith(label))
    return [float(n) for n in re.findall(SIGNED, line[line.index(label) + len(label) :])]


def test_a_lagging_machine_runs_a_smaller_circle(run, tmp_path):
    """radius / sqrt(1 + (w / Kv)^2) at w = 5 m/min / 100 mm, Kv = 30 / s: 38.57 um less."""
    printed = run("test=circular", "machine=exact", "controller=lagging", "feed_mm_min=5000", "radius_mm=100")
    w = 5 / 60 / 0.1
    expected = 0.1 / np.sqrt(1 + (w / 30) ** 2) - 0.1
    assert numbers(printed, "mean bidirectional radial deviation D") == pytest.approx([expected * 1e6], abs=0.02)
    assert numbers(printed, "squareness") == pytest.approx([0.0], abs=0.02)
    (sheet,) = tmp_path.rglob("sheet.html")
    assert "ISO 230-4" in sheet.read_text() and sheet.with_name("sheet.png").stat().st_size > 10_000


def test_a_skew_axis_is_found_on_the_circle(run):
    printed = run("test=circular", "machine=skew", "controller=lagging", "feed_mm_min=100")
    assert np.abs(numbers(printed, "squareness")) == pytest.approx([20.0], abs=0.05)
    # the ellipse of a shear of 20 urad, 100 mm: r * angle / 2 to both sides
    assert numbers(printed, "circular deviation G") == pytest.approx([2.0, 2.0], abs=0.02)


@pytest.mark.gl
def test_a_skew_axis_in_the_work_volume(run):
    """20 urad over 500 mm of Y: X is off by 10 um from end to end, Y and Z are not."""
    printed = run("test=volume", "machine=skew")
    for axis, expected in zip("XYZ", (10.0, 0.0, 0.0), strict=True):
        assert numbers(printed, f"range of the error along {axis}") == pytest.approx([expected], abs=0.02)


def test_measured_readings_are_evaluated(run, tmp_path):
    """Two targets, two cycles, by hand: means up 1, 3 and down 2, 5; s = 0.7071 at one of the four."""
    readings = np.array([[[0.5, 3.0], [2.0, 5.0]], [[1.5, 3.0], [2.0, 5.0]]]) * 1e-6
    file = tmp_path / "readings.csv"
    file.write_text(write_positioning(np.array([0.0, 0.1]), readings))
    printed = run("test=positioning", "--measured", str(file))
    s = np.sqrt(0.5)
    assert numbers(printed, "B reversal value") == pytest.approx([2.0])
    assert numbers(printed, "mean reversal value") == pytest.approx([-1.5])
    assert numbers(printed, "M range of the mean bidirectional deviation") == pytest.approx([2.5])
    repeatability = [4 * s, 0.0, max(2 * s + abs(-1), 4 * s)]
    assert numbers(printed, "R repeatability") == pytest.approx(repeatability, abs=0.006)
    accuracy = [max(1 + 2 * s, 3) - min(1 - 2 * s, 3), 3.0, 5 - (1 - 2 * s)]
    assert numbers(printed, "A accuracy") == pytest.approx(accuracy, abs=0.006)


def test_even_air_moves_nothing(run):
    printed = run("test=thermal", "machine=exact", "ambient_swing_k=0", "duration_h=1")
    for axis in "XYZ":
        assert numbers(printed, f"{axis}: whole test") == pytest.approx([0.0, 0.0, 0.0])


def test_location_errors_are_identified_within_their_deviation(run, conf):
    printed = run("test=rtest", "machine=trunnion", "noise_um=0.5")
    machine = yaml.safe_load((conf / "machine" / "trunnion.yaml").read_text())
    declared = {name: row["value_urad"] for name, row in machine["squareness"].items()}
    declared |= {name: row["value_um"] for name, row in machine["axis_offset"].items()}
    scores = []
    for line in printed.splitlines():
        if found := re.match(rf"\s+(\w0\w)\s+({SIGNED}) .* ± ({SIGNED})", line):
            scores.append((float(found[2]) - declared[found[1]]) / float(found[3]))
    assert len(scores) == 11
    assert np.abs(scores).max() < 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["test=circular", "machine=none"], "there is no machine 'none'"),
        (["circular"], "'circular' is not key=value"),
        (["test=circular", "radius_mm=4000"], "travel"),
        (["test=circular", "--measured", "x.csv"], "add test=positioning"),
        (["test=positioning", "--measured", "nowhere.csv"], "there is no such file"),
        (["test=drift"], "drift"),
    ],
)
def test_bad_input(run, words, says):
    assert says in run(*words, status=2)
