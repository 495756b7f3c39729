"""What a part consumes: hand-worked loads, shares by derivative against finite differences and Euler's sum."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.config import build
from twin.errors import InputError
from twin.production.component_life.components import Components, components_of, read_components
from twin.production.component_life.consumption import GRAVITY, consumption
from twin.production.component_life.run_loads import AxisLoads, Operation, RunLoads, SpindleLoads

HOUR, RPM = 3600.0, 2 * np.pi / 60
BALL = {
    "kind": "angular_25",
    "dynamic_rating_n": 20_000,
    "static_rating_n": 15_000,
    "fatigue_limit_n": 600,
    "mean_diameter_mm": 100,
}
# a_ISO 1 by construction is not to be had: without cleanliness it is 0.1
SET = {
    "node": "bearing",
    "ball": BALL,
    "lubricant": {"viscosity_40_mm2_s": 22, "viscosity_100_mm2_s": 4.3, "contamination_ratio": 0},
    "preload_n": 400,
    "preload_scatter_pct": 20,
    "source": "made up",
}
SCREW = {
    "dynamic_rating_n": 30_000,
    "preload_n": 0.001,
    "lead_mm": 10,
    "preload_scatter_pct": 0,
    "source": "made up",
}
GUIDE = {
    "dynamic_rating_n": 40_000,
    "preload_n": 0.001,
    "spacing_mm": [400, 300],
    "moving_mass_kg": 400,
    "mass_point_mm": [0, 0, 0],
    "cut_point_mm": [0, 0, 0],
    "drive_point_mm": [0, 0, 0],
    "preload_scatter_pct": 0,
    "source": "made up",
}
MADE = {
    "machines": ["made up"],
    "spindle": {
        "overhang_mm": 100,
        "span_mm": 250,
        "temperature_scatter_k": 3,
        "front": {**SET, "n_bearings": 2, "n_axial": 2},
        "rear": {**SET, "n_bearings": 1, "n_axial": 0},
    },
    "screws": {axis: SCREW for axis in "XYZ"},
    "guides": {axis: GUIDE for axis in "XYZ"},
}


def made(spindle=None, axes=None, temperature=40.0):
    """Two operations of half an hour: 500 N at the tip 150 mm below the nose, X at 0.1 m/s against 1,000 N and 500 N.

    ``spindle`` and ``axes`` are fields that are changed.
    """
    half, zero3 = np.repeat([0, 1], 4), np.zeros((8, 3))
    loads = SpindleLoads(
        seconds=np.full(2, HOUR / 2),
        speed=np.full(2, 6000 * RPM),
        radial=np.array([500.0, 100.0]),
        axial=np.array([300.0, 0.0]),
        torque=np.zeros(2),
        operation=np.array([0, 1]),
    )
    moved = AxisLoads(
        seconds=np.full(8, HOUR / 8),
        speed=zero3 + [0.1, 0, 0],
        acceleration=zero3,
        cutting=np.where(half == 0, -1000.0, -500.0)[:, None] * [1.0, 0, 0],
        operation=half,
    )
    return RunLoads(
        folder=Path("made"),
        title="made",
        machine="made up",
        table_axes="XY",
        duration=HOUR,
        force_scatter=0.1,
        operations=tuple(Operation(f"T{k + 1}", "a mill") for k in (0, 1)),
        spindle=replace(loads, **(spindle or {})),
        axes=replace(moved, **(axes or {})),
        length=np.full(2, 0.15),
        temperature={"bearing": np.full(2, temperature)},
        friction=np.zeros(3),
    )


@pytest.fixture(scope="module")
def taken():
    return consumption(build(Components, MADE), made())


def test_spindle_by_hand(taken):
    """Front: radial (1 + 250 / 250) F / 2 = F each, axial 400 + .67 x 150 = 500.5 N in the first, 400 N in the second.

    25 degrees, e .68: P1 = .41 x 500 + .87 x 500.5 = 640.4 N; P2 = .41 x 100 + .87 x 400 = 389 N. a_ISO 0.1: 180,000
    turns each. Two bearings: 2^0.9. Rear: F x 1 on one: 500 N against 400 N axial: P = .41 x 500 + .87 x 400 = 553 N.
    """
    turns, lives = 180_000, 0.1 * 1e6 * (20_000**3)
    front = 2**0.9 * turns * (640.435**3 + 389.0**3) / lives
    rear = turns * (553.0**3 + 389.0**3) / lives
    assert taken.used[:2] == pytest.approx([front, rear], rel=1e-4)
    assert taken.share[0] == pytest.approx(np.array([640.435**3, 389.0**3]) / (640.435**3 + 389.0**3), rel=1e-4)


def test_screw_by_hand(taken):
    """360 m over 10 mm: 36,000 turns at 1,000 and 500 N each half hour: 18,000 (1 + 1/8) (1/30)^3 / 1e6."""
    used = 18_000 * (1 + 1 / 8) * (1000 / 30_000) ** 3 / 1e6
    row = taken.component.index("screw X")
    assert taken.used[row] == pytest.approx(used, rel=1e-4)
    assert taken.share[row] == pytest.approx([8 / 9, 1 / 9], rel=1e-4)
    assert taken.by_force[row].sum() == pytest.approx(3, rel=1e-4)
    assert taken.used[taken.component.index("screw Y")] == 0


def test_guide_by_hand(taken):
    """A weight of 400 kg on four carriages, nothing else across: 981 N each, 360 m, 4^0.9 of one."""
    used = 4**0.9 * (400 * GRAVITY / 4 / 40_000) ** 3 * 360 / 1e5
    assert taken.used[taken.component.index("guides X")] == pytest.approx(used, rel=1e-4)


def test_shares_add_up_and_are_what_leaving_out_shows(taken):
    """Euler: shares sum to one, also where halves of a nut are put together; a share is the slope by repetition."""
    components = build(Components, {**MADE, "screws": {axis: {**SCREW, "preload_n": 800} for axis in "XYZ"}})
    found = consumption(components, made())
    row = found.component.index("screw X")
    assert found.share[[0, 1, row]].sum(axis=1) == pytest.approx(1)
    step = 1e-5
    longer = np.full(8, HOUR / 8) * np.where(np.arange(8) < 4, 1 + step, 1.0)
    after = consumption(components, made(axes={"seconds": longer}))
    assert (after.used[row] / found.used[row] - 1) / step == pytest.approx(found.share[row, 0], rel=1e-4)


def test_slopes_are_those_of_finite_differences():
    """Of the force on the tool and of the temperature, on a clean bearing, where a_ISO counts."""
    clean = {**SET, "lubricant": {**SET["lubricant"], "contamination_ratio": 0.1}}
    spindle = {**MADE["spindle"], "front": {**clean, "n_bearings": 2, "n_axial": 2}}
    components = build(Components, {**MADE, "spindle": spindle})
    found, step = consumption(components, made()), 1e-5
    harder = made({"radial": np.array([500.0, 100.0]) * (1 + step), "axial": np.array([300.0, 0.0]) * (1 + step)})
    for changed, slope in ((harder, found.by_force[0].sum()), (made(temperature=40 + step), found.by_temperature[0])):
        after = consumption(components, changed).used[0]
        assert (after / found.used[0] - 1) / step == pytest.approx(slope, rel=1e-3)
    assert found.by_temperature[0] > 0  # thinner oil
    spread = np.sqrt((found.by_force[0].sum() * 0.1) ** 2 + (found.by_temperature[0] * 3) ** 2)
    assert found.spread[0] == pytest.approx(np.hypot(spread, found.by_preload[0] * 0.2))


def test_bad_components_are_named(tmp_path):
    for change, says in (
        ({"screws": {"X": SCREW}}, "screws of X"),
        ({"spindle": {**MADE["spindle"], "front": {**SET, "n_bearings": 2}}}, "n_axial"),
    ):
        with pytest.raises(InputError, match=says):
            build(Components, {**MADE, **change})
    with pytest.raises(InputError, match="dynamic_rating is 0"):
        build(
            Components,
            {
                **MADE,
                "spindle": {
                    **MADE["spindle"],
                    "rear": {**MADE["spindle"]["rear"], "ball": {**BALL, "dynamic_rating_n": 0}},
                },
            },
        )
    with pytest.raises(InputError, match="no such components"):
        read_components(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="declares the bearings"):
        components_of("a lathe")
    missing = build(
        Components,
        {**MADE, "spindle": {**MADE["spindle"], "rear": {**SET, "node": "elsewhere", "n_bearings": 1, "n_axial": 0}}},
    )
    with pytest.raises(InputError, match="no temperature of 'elsewhere'"):
        consumption(missing, made())


def test_components_that_ship_build():
    for machine in ("generic 3-axis machining centre", "Hurco of the NIST plates"):
        assert components_of(machine)[0].machines
