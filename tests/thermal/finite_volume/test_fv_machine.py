"""The C-frame machine: patch test through all its joints, reduced against full model, drift, gradients, bad input."""

import copy
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from twin.config import build
from twin.errors import InputError
from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.drift import (
    Scales,
    nominal,
    structure_drift,
    structure_state_space,
    structure_states,
)
from twin.thermal.finite_volume.heat_model import heat_model
from twin.thermal.finite_volume.reduction import reduce, reduction_error, response_basis
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.transient import implicit, steady
from twin.thermal.finite_volume.voxels import voxelise
from twin.thermal.state_space import simulate

FOLDER = Path(__file__).resolve().parents[3] / "conf" / "structure"
FILE = FOLDER / "vmc_c_frame.yaml"
VALUES = yaml.safe_load(FILE.read_text())


def declared(**change):
    return build(Structure, {**copy.deepcopy(VALUES), **change}, "structure", file=FILE)


@pytest.fixture(scope="module", params=["vmc_c_frame", pytest.param("five_axis_trunnion", marks=pytest.mark.long)])
def even(request):
    """The machine with one expansion coefficient throughout."""
    values = yaml.safe_load((FOLDER / f"{request.param}.yaml").read_text())
    for material in values["materials"].values():
        material["expansion_um_m_k"] = 11
    structure = build(Structure, values, "structure")
    voxels = voxelise(structure)
    elastic = ElasticStructure(structure, voxels)
    models = heat_model(structure, voxels), heat_model(structure, voxels, flood=True)
    return structure, voxels, models, elastic, elastic.influence()


@pytest.fixture(scope="module")
def reduced(even):
    structure, _, models, _, influence = even
    offset = np.subtract(structure.tool.at, structure.table.at)
    return reduce(
        *models, response_basis(*models), influence, offset, np.ones(3), np.array(structure.reference_position)
    )


def test_even_rise_scales_the_whole_machine(even):
    structure, _, _, _, influence = even
    rows = influence.rows.sum(axis=-1)
    for place in np.ndindex(3, 3, 3):
        position = [axis[i] for axis, i in zip(influence.axes, place, strict=True)]
        travel = np.subtract(position, structure.reference_position)
        expected = 11e-6 * (np.subtract(structure.tool.at, structure.table.at) + travel)
        outputs = rows[place]
        assert abs(outputs[0:3] - outputs[6:9] - expected).max() < 1e-9 * 11e-6
        assert abs(outputs[[3, 4, 5, 9, 10, 11]]).max() < 1e-9 * 11e-6


def test_adjoint_rows_agree_with_the_displaced_machine(even):
    structure, voxels, _, elastic, influence = even
    rise = np.random.default_rng(0).uniform(0, 5, len(voxels.cells))
    moved = elastic.deform(rise[:, None])
    for first, which in ((0, structure.tool), (6, structure.table)):
        motion = elastic._motion(which) @ moved[which.part].ravel()
        assert np.allclose(motion, influence.rows[1, 1, 1, first : first + 6] @ rise, rtol=1e-6, atol=1e-13)


def shift(n_steps, dt):
    """Heat in random blocks of ten minutes, ambient and coolant with a daily cycle."""
    draw = np.random.default_rng(1)
    limits = np.array([250, 120, 400, 60, 60, 60, 120, 80])
    n_blocks = -(-n_steps // 20)
    heat = np.repeat(draw.uniform(0, 1, (n_blocks, len(limits))), 20, axis=0)[:n_steps] * limits
    time = (np.arange(n_steps) + 0.5) * dt
    return np.column_stack([heat, *[k * np.sin(2 * np.pi * time / 86400) for k in (2.5, 1.8)]])


@pytest.mark.parametrize("flood", [False, True])
def test_reduced_model_against_the_full_one(even, reduced, flood):
    _, _, models, _, influence = even
    dt, n = 30.0, 960
    inputs = shift(n, dt)
    full = implicit(models[flood], inputs, dt, np.zeros(len(models[0].capacity)))[1:]
    system = structure_state_space(reduced, nominal(reduced), flood)
    states = np.asarray(simulate(system, jnp.asarray(inputs), dt, jnp.zeros(len(reduced.even))))
    after = slice(4, None)
    assert abs(states @ reduced.basis.T - full)[after].max() < 0.05
    for place in np.ndindex(3, 3, 3):
        rows = influence.rows[place]
        wrong = (states @ reduced.output[place].T - full @ rows.T)[after]
        assert abs(wrong[:, 0:3] - wrong[:, 6:9]).max() < 0.1e-6


def test_steady_state_is_exact(even, reduced):
    _, _, (model, _), _, _ = even
    inputs = shift(1, 30.0)[0]
    system = structure_state_space(reduced, nominal(reduced))
    state = np.linalg.solve(system.conductance, system.gain @ inputs)
    assert np.allclose(reduced.basis @ state, steady(model, inputs), rtol=1e-8)
    assert reduced.error.steady < 1e-10


def test_reported_error_of_the_reduction(even, reduced):
    """It is that of the shift in :func:`trial_shift`; a basis cut short is reported as worse."""
    assert reduced.error.temperature < 0.05
    assert reduced.error.drift < 0.1e-6
    _, _, models, _, influence = even
    relative = (influence.rows[..., 0:3, :] - influence.rows[..., 6:9, :]).reshape(-1, len(reduced.basis))
    worse = reduction_error(*models, reduced.basis[:, :30], relative, n_steps=120, dt=60.0)
    assert worse.drift > 5 * reduced.error.drift
    assert worse.steady < 1e-10


def test_drift_of_an_even_machine_and_its_gradient(reduced):
    position = jnp.array([[250.0, 300.0, 500.0]]) * 1e-3
    length = jnp.array([0.1])
    drift = structure_drift(reduced, jnp.asarray(reduced.even)[None, :], jnp.zeros(1), position, length)[0]
    travel = np.array(position[0]) - reduced.reference_position
    assert np.allclose(drift, 11e-6 * (reduced.offset + travel), rtol=1e-6, atol=1e-12)
    inputs = jnp.asarray(shift(40, 600.0))

    def size(scales):
        states = structure_states(reduced, scales, inputs, 600.0)
        return 1e6 * structure_drift(reduced, states, jnp.array([39.0]), position, length)[0, 2]

    start = nominal(reduced)
    slope = jax.grad(size)(start)
    step = 1e-4
    for number in (0, len(reduced.terms) - 1):
        ends = [size(Scales(start.term.at[number].add(sign * step), start.heat)) for sign in (-1, 1)]
        assert float(slope.term[number]) == pytest.approx(float(ends[1] - ends[0]) / 2 / step, rel=1e-4, abs=1e-6)


def test_bad_structures():
    values = copy.deepcopy(VALUES)
    values["bodies"]["column"]["film_w_m2_k"] = -1
    with pytest.raises(InputError, match="film of body column"):
        build(Structure, values, "structure")
    values = copy.deepcopy(VALUES)
    for body in values["bodies"].values():
        if body["part"] == "table":
            body.pop("film_w_m2_k")
    for joint in values["joints"].values():
        if "table" in joint["between"]:
            joint.pop("conductance_w_k", None)
    structure = build(Structure, values, "structure")
    with pytest.raises(InputError, match="table.*reach no fluid"):
        heat_model(structure, voxelise(structure))
