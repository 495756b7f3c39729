"""The drift of a structure that the network feeds: growth of an even machine, balance of heat, coolant, bad input."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from twin.config import build
from twin.errors import InputError
from twin.thermal.environment import Environment
from twin.thermal.expansion import thermal_error
from twin.thermal.finite_volume.build import reduced_structure
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.voxels import voxelise
from twin.thermal.machine_error import Temperatures, machine_drift, machine_error, structure_temperatures
from twin.thermal.transient import program_heat, run_thermal
from twin.units import HOUR, RPM

ASSUMED = {"scatter_pct": 20, "source": "assumed"}
IRON = {
    "density_kg_m3": 7200,
    "specific_heat_j_kg_k": 500,
    "conductivity_w_m_k": 48,
    "expansion_um_m_k": 11,
    "youngs_modulus_gpa": 120,
    "poisson_ratio": 0.27,
    **ASSUMED,
}


def body(part, low, high):
    return {"part": part, "material": "iron", "low_mm": low, "high_mm": high, "film_w_m2_k": 10, **ASSUMED}


def tie(between, places, stiffness, **more):
    return {
        "between": between,
        "at_mm": places,
        "patch_mm": [50, 50, 0],
        "stiffness_n_um": stiffness,
        **ASSUMED,
        **more,
    }


# a column and its head over a table that X moves
SMALL = {
    "name": "small machine",
    "cell_mm": 100,
    "materials": {"iron": IRON},
    "bodies": {
        "bed": body("bed", [0, 0, 0], [600, 600, 200]),
        "column": body("bed", [0, 500, 200], [600, 600, 900]),
        "head": body("bed", [200, 200, 700], [400, 500, 900]),
        "table": body("table", [100, 100, 200], [500, 400, 300]),
    },
    "films": [{"body": "table", "faces": "+z", "film_w_m2_k": 500, "fluid": "coolant", "when": "flood", **ASSUMED}],
    "carriages": {"table": {"axis": "X", "sense": "table", "base": "bed"}},
    "joints": {
        "foot_1": tie(["bed", "ground"], [[100, 100, 0]], [500, 500, 500]),
        "foot_2": tie(["bed", "ground"], [[500, 100, 0]], [0, 500, 500]),
        "foot_3": tie(["bed", "ground"], [[300, 500, 0]], [0, 0, 500]),
        "guide": tie(
            ["table", "bed"],
            [[200, 150, 200], [400, 150, 200], [200, 350, 200], [400, 350, 200]],
            [100, 500, 500],
            conductance_w_k=40,
        ),
    },
    "heats": {"spindle": [{"body": "head"}], "screw": [{"body": "bed"}], "column": [{"body": "column"}]},
    "tool": {"part": "bed", "at_mm": [300, 300, 700], "patch_mm": [100, 100, 0]},
    "table": {"part": "table", "at_mm": [300, 250, 300], "patch_mm": [200, 200, 0]},
    "reference_position_mm": [0, 0, 0],
    "axis_positions_mm": {"X": [-100, 0, 100], "Y": [0], "Z": [0]},
}
STILL = Environment(
    ambient_mean=20.0,
    ambient_swing=0.0,
    warmest=0.0,
    start=0.0,
    step=0.0,
    step_time=0.0,
    coolant=20.0,
    coolant_follow=0.0,
    warm_up_spindle_speed=0.0,
    warm_up=0.0,
)


@pytest.fixture(scope="module")
def small_structure():
    return reduced_structure(build(Structure, SMALL, "structure"))


def ran(structure, model, environment, moved, switched, dt):
    done = (model, environment, jnp.asarray(moved), jnp.asarray(switched), 0.1, dt)
    states = run_thermal(*done)
    found = structure_temperatures(structure, *done, states)
    return Temperatures(model, np.arange(len(states)) * dt, np.asarray(states), structure, found)


def test_warmer_air_expands_the_loop_at_every_position(small_structure, small_model):
    """1 K everywhere, days later: expansion times the way from table to nose, as the axis stands."""
    step = dataclasses.replace(STILL, step=1.0, step_time=1.0)
    still = np.zeros((16, 4)), np.zeros((16, 2))
    run = ran(small_structure, small_model, step, *still, 60 * HOUR)
    x = np.array([-0.15, -0.1, 0.03, 0.12])
    place = np.stack([x, 0 * x, 0 * x], axis=1)
    drift = machine_drift(run, np.full(4, run.time[-1]), place, np.array([0.0, 0.1, 0.05, 0.2]))
    np.testing.assert_allclose(drift, 11e-6 * (np.array([0.0, 0.05, 0.4]) + place), atol=2e-11)
    np.testing.assert_allclose(machine_drift(run, np.zeros(4), place, np.zeros(4)), 0, atol=1e-18)
    np.testing.assert_allclose(run.drift[-1], 11e-6 * np.array([0.0, 0.05, 0.4]), atol=2e-11)


def test_all_heat_of_the_network_leaves_the_structure(small_structure, small_model):
    """Steady cut: what films take from the structure is what bearings, motor, drives and part give."""
    n, dt = 64, 60 * HOUR
    moved = np.tile([0.05, 0.0, 0.02, 1500.0], (n, 1))
    switched = np.tile([6000 * RPM, 0.0], (n, 1))
    run = ran(small_structure, small_model, STILL, moved, switched, dt)
    taken = small_structure.film_gain.sum(axis=(0, 2)) @ run.structure_states[-1]  # dry: coolant terms aside
    wet = small_structure.film_gain[list(small_structure.wet)].sum(axis=(0, 2)) @ run.structure_states[-1]
    heat = np.asarray(program_heat(small_model, STILL, jnp.asarray(moved), jnp.asarray(switched), 0.1, dt))[-1]
    warm = run.states[-1, small_model.index("workpiece")] - run.states[-1, small_model.index("column")]
    assert taken - wet == pytest.approx(heat[:3].sum() + 30 * warm, rel=1e-8)


def test_warm_up_is_the_datum_and_coolant_cools_the_table(small_structure, small_model):
    warm = dataclasses.replace(STILL, warm_up_spindle_speed=6000 * RPM, warm_up=2 * HOUR, coolant=15.0)
    still = np.zeros((32, 4)), np.column_stack([np.zeros(32), np.ones(32)])
    run = ran(small_structure, small_model, warm, *still, 600.0)
    assert run.structure_states[0] @ small_structure.even > 0
    np.testing.assert_array_equal(run.drift[0], 0)
    dry = ran(small_structure, small_model, warm, still[0], 0 * still[1], 600.0)
    structure = build(Structure, SMALL, "structure")
    table = voxelise(structure).cell_body == list(structure.bodies).index("table")
    wetted, stays = (small_structure.basis[table] @ r.structure_states[-1] for r in (run, dry))
    assert -5 < wetted.mean() < stays.mean() - 2


def test_error_takes_the_part_off(small_structure, small_model):
    moved, switched = np.tile([0.05, 0.0, 0.02, 1500.0], (64, 1)), np.tile([6000 * RPM, 0.0], (64, 1))
    run = ran(small_structure, small_model, STILL, moved, switched, 60.0)
    time, place = np.array([[600.0, 630.0]]), np.zeros((1, 2, 3))
    part = np.array([[[0.0, 0, 0], [0.1, 0, 0]]])
    error = machine_error(run, time, place, part, np.array([[0.1]]))
    drift = machine_drift(run, time.ravel(), place.reshape(-1, 3), np.full(2, 0.1))
    rise = np.interp(630.0, run.time, run.states[:, small_model.index("workpiece")]) - 20
    np.testing.assert_allclose(error[0], drift - [[0, 0, 0], [23.4e-6 * rise * 0.1, 0, 0]], rtol=1e-9, atol=1e-15)
    lumped = dataclasses.replace(run, structure=None, structure_states=None)
    states = np.stack([np.interp(time, run.time, node) for node in run.states.T], axis=-1)
    expected = thermal_error(small_model, states, place, part, run.states[0])
    np.testing.assert_allclose(machine_error(lumped, time, place, part, np.array([[0.1]])), expected, rtol=1e-12)


def test_reference_without_an_area():
    values = {**SMALL, "tool": {**SMALL["tool"], "patch_mm": [100, 0, 0]}}
    with pytest.raises(InputError, match="patch on bed has no area"):
        reduced_structure(build(Structure, values, "structure"))


def test_heat_without_a_place(small_structure, small_model):
    lacking = dataclasses.replace(small_structure, sources=("spindle", "screw", "somewhere"))
    with pytest.raises(InputError, match="heats column, for which the structure has no place"):
        ran(lacking, small_model, STILL, np.zeros((4, 4)), np.zeros((4, 2)), 1.0)
