"""The network through time: known rises, coolant on and off, warm-up, derivatives."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from twin.config import build
from twin.errors import InputError
from twin.thermal.expansion import axis_scale, tool_point_drift
from twin.thermal.heat import bearing_heat, heat_inputs, motor_heat
from twin.thermal.model import Workpiece, state_space, thermal_model
from twin.thermal.network import ThermalNetwork
from twin.thermal.transient import simulate_thermal, warm_up_state
from twin.units import RPM


def held(model, n_steps, ambient=20.0, coolant=20.0, **watts):
    """Inputs with constant heat at the named nodes."""
    row = [watts.get(node, 0.0) for node in model.nodes] + [ambient, coolant]
    return jnp.tile(jnp.array(row), (n_steps, 1))


def test_ball_screw_rise(small_model):
    """36 mm screw at 30 W/m2 K with 20 W: 5.9 K, 71 um/m, time constant 1,130 s."""
    soaked = jnp.full(4, 20.0)
    states = simulate_thermal(small_model, held(small_model, 20, screw=20.0), 1130.0, soaked, jnp.zeros(20, dtype=bool))
    rise = states[:, 1] - 20
    assert float(rise[-1]) == pytest.approx(5.9, abs=0.01)
    assert float(rise[1] / rise[-1]) == pytest.approx(1 - np.exp(-1), abs=1e-3)
    scale = axis_scale(small_model, states, soaked)
    assert float(scale[-1, 0]) * 1e6 == pytest.approx(71, abs=0.4)
    np.testing.assert_allclose(scale[0], 0)


def test_coolant_takes_the_part_to_its_temperature(small_model):
    """Dry, then flood: each phase against the matrix exponential of its own network."""
    flood = jnp.arange(40) >= 25
    start = jnp.array([24.0, 22.0, 21.0, 30.0])
    inputs = held(small_model, 40, ambient=22.0, coolant=18.0, workpiece=150.0)
    states = simulate_thermal(small_model, inputs, 30.0, start, flood)
    state = np.asarray(start)
    for on, steps in ((False, 25), (True, 15)):
        system = state_space(small_model, on)
        rate = np.asarray(system.conductance) / np.asarray(system.capacity)[:, None]
        settled = np.linalg.solve(np.asarray(system.conductance), np.asarray(system.gain @ inputs[0]))
        state = settled + expm(-rate * 30.0 * steps) @ (state - settled)
    np.testing.assert_allclose(states[-1], state, rtol=1e-11)
    # film of 800 W/m2 K on 0.08 m2 against 30 W/K to the column: near the coolant, lifted by 150 W / 64 W/K
    assert 18 < float(states[-1, 3]) < 18 + 150 / 64 + 1.5


def test_flood_film_is_on_the_parts_surface(small_model):
    bigger = dataclasses.replace(small_model, workpiece=Workpiece(2.0 * 960, 0.16, 23.4e-6))
    added = state_space(bigger, True).conductance - state_space(small_model, True).conductance
    np.testing.assert_allclose(added, np.diag([0, 0, 0, 800 * 0.08]), atol=1e-12)


def test_warm_up(small_model):
    """Idle heat alone, against the matrix exponential of the network."""
    speed, hours = 9000 * RPM, 1.5
    warm = warm_up_state(small_model, 21.0, speed, hours * 3600)
    friction = bearing_heat(small_model.network.bearings[0], jnp.asarray(speed))
    heat = float(friction + motor_heat(small_model.network.motor, jnp.asarray(speed), friction))
    system = state_space(small_model, False)
    rate = np.asarray(system.conductance) / np.asarray(system.capacity)[:, None]
    settled = 21 + np.linalg.solve(np.asarray(system.conductance), [heat, 0, 0, 0])
    expected = settled + expm(-rate * hours * 3600) @ (21 - settled)
    np.testing.assert_allclose(warm, expected, rtol=1e-11)
    np.testing.assert_allclose(warm_up_state(small_model, 21.0, speed, 0.0), 21.0)


def test_one_long_step_equals_sixty_short_ones(small_model):
    start, calm = jnp.array([24.0, 22.0, 21.0, 30.0]), jnp.zeros(60, dtype=bool)
    inputs = held(small_model, 60, spindle=400.0, workpiece=80.0)
    short = simulate_thermal(small_model, inputs, 1.0, start, calm)
    long = simulate_thermal(small_model, inputs[:1], 60.0, start, calm[:1])
    np.testing.assert_allclose(short[-1], long[-1], rtol=1e-13)


def test_slope_of_drift_by_every_parameter(small_model):
    """Reverse mode over the whole model against central differences, parameter by parameter."""
    n = 30
    flood = jnp.arange(n) >= 15
    datum = jnp.full(4, 20.0)
    speed = jnp.full(n, 9000 * RPM)

    def drift(model):
        inputs = heat_inputs(
            model,
            spindle_speed=speed,
            axis_speed=jnp.full((n, 3), 0.1),
            cutting_power=jnp.full(n, 1500.0),
            workpiece_share=0.1,
            ambient=jnp.full(n, 22.0),
            coolant=jnp.full(n, 19.0),
        )
        states = simulate_thermal(model, inputs, 60.0, datum, flood)
        return 1e6 * jnp.sum(tool_point_drift(model, states, datum)[-1]) + states[-1, 3]

    drift = jax.jit(drift)
    leaves, tree = jax.tree.flatten(small_model)
    gradient = jax.tree.leaves(jax.jit(jax.grad(drift))(small_model))
    for i, leaf in enumerate(leaves):
        h = 1e-4 * (abs(leaf) or 1.0)
        ahead, behind = (drift(tree.unflatten([*leaves[:i], leaf + s * h, *leaves[i + 1 :]])) for s in (1, -1))
        assert float(gradient[i]) == pytest.approx(float(ahead - behind) / 2 / h, rel=2e-6, abs=1e-9 / h), i


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda n: n["links"][0].update(between=["spindle", "colum"]), "there is no node 'colum'"),
        (lambda n: n["links"][0].pop("conductance_w_k"), "spindle - column needs a conductance"),
        (lambda n: n["links"][0].update(film_w_m2_k=5), "spindle - column needs a conductance"),
        (lambda n: n["bearings"][0].update(node="front"), "bearing: there is no node 'front'"),
        (lambda n: n["feed_drives"].pop("Z"), "needs X, Y and Z"),
        (lambda n: n["members"][0].update(node="spindel"), "member: there is no node 'spindel'"),
        (lambda n: n["nodes"]["screw"].pop("scatter_pct"), "lacks scatter"),
        (lambda n: n["nodes"]["screw"].update(capacity_w_k=3), "is in W/K, expected J/K"),
    ],
)
def test_bad_networks_are_named(small_network, change, says):
    change(small_network)
    with pytest.raises(InputError, match=says):
        thermal_model(build(ThermalNetwork, small_network, "thermal"), Workpiece(1000.0, 0.1, 1e-5))
