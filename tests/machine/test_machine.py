"""conf/machine: what stands there builds, makes sense, and what is wrong is named."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from twin.config import build
from twin.errors import InputError
from twin.machine.kinematics import geometric_error
from twin.machine.machine import Machine, beyond_travel, check_travel, machine_kinematics

FOLDER = Path(__file__).resolve().parents[2] / "conf" / "machine"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


def plain(name="vmc_3axis"):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_machine_builds_with_all_21_errors(name):
    machine = build(Machine, plain(name), "machine")
    terms = [
        t for axis in machine.axes.values() for t in [*axis.displacement_error.items(), *axis.rotation_error.items()]
    ]
    assert len(dict(terms)) == 18 and set(machine.squareness) >= {"A0Z", "B0Z", "C0Y"}
    assert all(term.scatter > 0 or term.source == "ideal" for _, term in terms) and all(t.source for _, t in terms)
    # torque and power of the spindle curve are one curve
    speed, torque, power = (np.array(getattr(machine.spindle, k)) for k in ("speed", "torque", "power"))
    np.testing.assert_allclose(torque * speed, power, rtol=6e-3)


def test_every_error_moves_the_tool():
    """Except ECZ, a turn of the spindle head about the tool's own axis."""
    kinematics = machine_kinematics(build(Machine, plain(), "machine"))
    slope = jax.jacfwd(geometric_error)(kinematics, jnp.array([0.6, 0.4, 0.5]), 0.12)
    letters = kinematics.work_axes + kinematics.tool_axes
    still = [
        name + letter
        for letter, axis in zip(letters, [*slope.work, *slope.tool], strict=True)
        for name, row in zip(("EX", "EY", "EZ", "EA", "EB", "EC"), np.asarray(axis.polynomial[:, :, 0]).T, strict=True)
        if np.abs(row).max() < 0.1
    ]
    assert still == ["ECZ"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m["axes"]["X"].update(travel_max_mm=-1), "axis travel is empty"),
        (
            lambda m: m["squareness"].update(A1Z={"value_urad": 1, "scatter_urad": 1, "source": "x"}),
            "'A1Z' is not understood",
        ),
        (lambda m: m["spindle"].update(power_kw=[1, 2]), "same number of points"),
        (lambda m: m["spindle"].update(speed_rpm=[0, 2800, 2000, 6000, 9000, 13000, 18000]), "do not ascend"),
        (lambda m: m["spindle"].update(torque_nm=[-1, 119.4, 83.6, 55.7, 37.1, 25.7, 18.6]), "negative"),
        (lambda m: m["axes"]["X"]["displacement_error"]["EXX"].pop("source"), "EXX lacks source"),
        (lambda m: m["axes"]["X"]["displacement_error"]["EXX"].update(scatter_urad=1), "is in rad, expected m"),
        (lambda m: m.update(speed=3), "unknown key machine.speed"),
    ],
)
def test_bad_machines_are_named(change, says):
    values = plain()
    change(values)
    with pytest.raises(InputError, match=says):
        build(Machine, values, "machine")


def test_positions_beyond_the_travel_are_found():
    machine = build(Machine, plain(), "machine")
    poses = np.array([[0.1, 0.2, 0.3], [0.775, 0.2, 0.1]])
    assert beyond_travel(machine, poses) == pytest.approx({"X": 0.015, "Z": 0.02})
    assert beyond_travel(machine, poses[:1]) == {}


@pytest.mark.parametrize("chain", ["w X Y b Z t", "w Y X b Z t", "w X b Y Z t", "w b X Y Z t", "w Z b X Y t"])
def test_squareness_is_an_angle_between_lines(chain):
    """C0Y = 20, A0Z = 12, B0Z = -15 urad whichever axis carries which: paths of the tool in the part, 300 mm each."""
    words = plain() | {"chain": chain}
    words["axes"] = {a: {k: v for k, v in axis.items() if k.startswith("travel")} for a, axis in words["axes"].items()}
    for name, value in (("C0Y", 20), ("A0Z", 12), ("B0Z", -15)):
        words["squareness"][name]["value_urad"] = value
    kinematics = machine_kinematics(build(Machine, words, "machine"))
    start = np.array([0.1, 0.1, 0.2])
    error = np.asarray(geometric_error(kinematics, start + 0.3 * np.array([[0, 0, 0], *np.eye(3)]), 0.0))
    x, y, z = (error[1:] - error[0]) / 0.3 * 1e6
    assert -(x[1] + y[0]) == pytest.approx(20, abs=1e-3)
    assert -(y[2] + z[1]) == pytest.approx(12, abs=1e-3)
    assert x[2] + z[0] == pytest.approx(-15, abs=1e-3)


def test_trunnion_machine_knows_its_axes_and_travel():
    machine = build(Machine, plain("five_axis_trunnion"), "machine")
    assert machine_kinematics(machine).letters == "XYZAC"
    with pytest.raises(InputError, match="axis A is asked for 150 deg, outside its travel -120 to 120 deg"):
        check_travel(machine, np.array([[0, 0, 0.2, np.radians(150), 0]]), "XYZAC")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m["axes"].update(U=m["axes"]["X"]), "axis 'U' is not understood"),
        (lambda m: m["rotary_axes"].update(W=m["rotary_axes"]["A"]), "rotary axis 'W' is not understood"),
        (lambda m: m["axis_offset"].update(X0B=m["axis_offset"]["X0C"]), "axis offset 'X0B' is not understood"),
        (lambda m: m["rotary_axes"]["C"].update(travel_min_mm=3), "is in m, expected rad"),
        (lambda m: m["rotary_axes"]["C"].update(travel_max_deg=-400), "axis travel is empty"),
    ],
)
def test_wrong_five_axis_machines_are_refused(change, says):
    words = plain("five_axis_trunnion")
    change(words)
    with pytest.raises(InputError, match=says):
        machine_kinematics(build(Machine, words, "machine"))


def test_the_bench_with_ideal_mechanics_errs_nowhere():
    machine = build(Machine, plain("linuxcnc_bench"), "machine")
    position = np.random.default_rng(0).uniform(-0.9, 0.9, (50, 3))
    assert not np.any(geometric_error(machine_kinematics(machine), position, np.full(50, 0.1)))
