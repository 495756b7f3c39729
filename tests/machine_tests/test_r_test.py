"""R-test of ISO 10791-6: recovery of the location errors, and what the poses cannot tell."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from twin.config import build
from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors
from twin.machine.kinematics import kinematics
from twin.machine.machine import Machine, machine_kinematics
from twin.machine_tests.r_test import bench_poses, follow, identify, parameters_of, readings, require_identifiable
from twin.machine_tests.r_test_setup import Setup, systematic_effects

BALL, LENGTH, NOISE = np.array([0.1, 0.03, 0.06]), 0.15, 0.5e-6
TRUE = {"Y0A": 12, "Z0A": -18, "B0A": 25, "C0A": -30, "X0C": 9, "Y0C": -14, "A0C": 22, "B0C": -16}
TRUE |= {"A0Z": 12, "B0Z": -15, "C0Y": 20}
OFFSET = np.array([5.0, -3, 2]) * 1e-6


def trunnion(true):
    def axis(letter):
        location = [true.get(f"{d}0{letter}", 0) * 1e-6 for d in "XYZABC"]
        if letter == "X":  # the reference of squareness rides on Y, which is turned against it
            location[5] = -true.get("C0Y", 0) * 1e-6
        return AxisErrors(
            np.array(location), np.zeros((6, 1)), np.zeros((6, 0)), np.zeros(0), np.array(0.0), np.array(1.0)
        )

    return kinematics("w C A b Y X Z t", {letter: axis(letter) for letter in "XYZAC"})


def measured(tests, seed=0):
    machine = trunnion(TRUE)
    rotary = np.concatenate([bench_poses(machine.letters, test) for test in tests])
    position = follow(machine, BALL, rotary, LENGTH)
    noise = np.random.default_rng(seed).normal(size=(len(position), 3)) * NOISE
    return position, readings(machine, position, BALL, OFFSET, LENGTH) + noise


def test_grid_of_both_axes_tells_everything():
    """Within 3.5 standard deviations; these as published for such a grid: 0.06 to 0.10 um, 1.0 to 1.6 urad."""
    position, reading = measured(("BK1", "BK2", "BK4"))
    found = identify(trunnion({}), position, BALL, reading, LENGTH, noise=NOISE)
    assert set(found.name[:-3]) == set(TRUE) and not found.unknown
    require_identifiable(found)
    true = np.array([*(TRUE[n] * 1e-6 for n in found.name[:-3]), *OFFSET])
    assert np.abs((found.value - true) / found.sigma).max() < 3.5
    lengths = np.array([n[0] in "XYZ" for n in found.name[:-3]])
    assert found.sigma[:-3][lengths].max() < 0.12e-6 and found.sigma[:-3][~lengths].max() < 1.7e-6
    assert found.left == pytest.approx(NOISE, rel=0.1)


def test_one_axis_at_a_time_cannot_tell_the_tilts_about_y():
    """BK1 and BK2 alone: a turn of trunnion, of table the other way and of Z together is seen by no pose."""
    position, reading = measured(("BK1", "BK2"))
    found = identify(trunnion({}), position, BALL, reading, LENGTH, noise=NOISE)
    (row,) = found.unknown
    largest = sorted(row, key=lambda k: -abs(row[k]))[:3]
    assert set(largest) == {"B0A", "B0C", "B0Z"}
    assert row["B0A"] / row["B0C"] == pytest.approx(-1, abs=1e-3)
    assert np.isinf(found.sigma[found.name.index("B0A")])
    with pytest.raises(InputError, match="cannot tell 1 combination.*B0"):
        require_identifiable(found)


def test_a_prior_makes_it_definite():
    position, reading = measured(("BK1", "BK2"))
    found = identify(trunnion({}), position, BALL, reading, LENGTH, noise=NOISE, prior=20e-6)
    true = np.array([*(TRUE[n] * 1e-6 for n in found.name[:-3]), *OFFSET])
    assert np.isfinite(found.sigma).all()
    assert found.sigma[found.name.index("B0A")] > 5e-6  # the prior, less what B0A, B0C, B0Z share
    assert np.abs((found.value - true) / found.sigma).max() < 3.5


def test_parameters_of_a_trunnion():
    """8 of the two rotary lines, 3 of squareness; displacement along a line and turn about it are zero points."""
    assert sorted(parameters_of(trunnion({}))) == sorted(TRUE)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"noise": 0.0}, "noise of the R-test is 0"), ({"name": ["X0B"]}, "no location error 'X0B'")],
)
def test_wrong_identifications_are_refused(change, says):
    position, reading = measured(("BK1",))
    with pytest.raises(InputError, match=says):
        identify(trunnion({}), position, BALL, reading, LENGTH, **{"noise": NOISE, **change})


def test_too_few_readings_are_refused():
    position, reading = measured(("BK1",))
    with pytest.raises(InputError, match="12 readings for 14 parameters"):
        identify(trunnion({}), position[:4], BALL, reading[:4], LENGTH, noise=NOISE)


def test_poses_need_two_rotary_axes_and_a_known_name():
    with pytest.raises(InputError, match="needs two rotary axes"):
        bench_poses("XYZ", "BK1")
    with pytest.raises(InputError, match="no R-test 'BK9'"):
        bench_poses("XYZAC", "BK9")


def test_set_up_and_error_motions_count_as_much_as_they_move_the_result(shipped):
    """One cause of each group is put into the readings: the result moves by what the budget says of it; and a longer
    nest is known to be taken for a lower trunnion, and for nothing else."""
    machine, bare = shipped, machine_kinematics(shipped)
    rotary = np.concatenate([bench_poses(bare.letters, test) for test in ("BK1", "BK2", "BK4")])
    position = follow(bare, BALL, rotary, LENGTH)
    reading = readings(bare, position, BALL, OFFSET, LENGTH)
    effects = systematic_effects(bare, machine, position, BALL, reading, LENGTH, Setup(1e-3, 20e-6, 1e-6))
    alone = {group: changes[-1:] for group, changes in effects.items()}
    given = {"noise": NOISE, "systematic": alone}
    found = identify(bare, position, BALL, reading, LENGTH, **given)
    for group in ("error motions of the axes", "drift during the test"):
        moved = identify(bare, position, BALL, reading + alone[group][0], LENGTH, **given).value - found.value
        np.testing.assert_allclose(np.abs(moved), found.by_setup[group], atol=0.02 * np.abs(moved).max())
    lower = dict(zip(found.name, found.by_setup["length of the nest"], strict=True))
    assert lower.pop("Z0A") == pytest.approx(20e-6, rel=1e-3) and max(lower.values()) < 1e-9
    assert (found.whole > found.sigma).all()


@pytest.fixture(scope="module")
def shipped():
    file = Path(__file__).resolve().parents[2] / "conf" / "machine" / "five_axis_trunnion.yaml"
    return build(Machine, yaml.safe_load(file.read_text()), "machine", file=file)
