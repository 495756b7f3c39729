"""The simulated machine against the twin's own models, its faults, its probe."""

import dataclasses

import numpy as np
import pytest
import yaml

from hardware.plant import Command
from hardware.simulated.hidden import hidden_parameters, with_parameters
from hardware.simulated.plant import Commands, simulated_machine
from twin.errors import InputError
from twin.motion import servo_samples
from twin.scenario import load_scenario
from twin.simulate import axis_positions, machine
from twin.thermal import machine_error
from twin.units import MM, UM

PROGRAM = """\
G21 G17 G90 G94 G54 G64 P0.01
T1 M6
M8
S12000 M3
G0 X-60 Y-20 Z5
G0 Z-1
G1 X60 F1200
G3 X60 Y20 J20 F2400
G1 X-60
M5
G0 X0 Y-20 Z2
G38.2 Z-0.99 F60
G0 Z60
M30
"""
PERIOD = 1e-3


@pytest.fixture(scope="module")
def bench(jax_as_users_have_it):
    """A short program machined by the twin, with its commands."""
    scenario = dataclasses.replace(load_scenario("scenario=bench_identification"), program_text=PROGRAM)
    machining = machine(scenario, lambda stage: None)
    blocks = list(servo_samples(machining.program, machining.motion, scenario.controller, period=PERIOD))
    position, move = np.concatenate([b.commanded for b in blocks]), np.concatenate([b.move for b in blocks])
    speed = np.linalg.norm(np.diff(position, axis=0, prepend=position[:1]), axis=1) / PERIOD
    spindle, line = machining.program.spindle[move], machining.program.line[move]
    return scenario, machining, Commands(PERIOD, position, spindle, line, speed, np.zeros(len(line)))


def column(plant, readings, name):
    return readings[:, [c.name for c in plant.channels].index(name)]


def command(commands, k, **changes):
    values = {
        "cycle": k,
        "period": PERIOD,
        "position": commands.position[k],
        "spindle_speed": float(commands.spindle_speed[k]),
        "line": int(commands.line[k]),
        "path_speed": float(commands.path_speed[k]),
    }
    return Command(**(values | changes))


def test_its_servo_is_the_twins(bench):
    """Position behind the loops to 1e-12 m of the twin's servo with the same parameters."""
    scenario, machining, commands = bench
    plant = simulated_machine(scenario, machining, seed=4)
    readings = plant.run(commands)[1]
    hidden = with_parameters(scenario, hidden_parameters(scenario, 4))
    blocks = servo_samples(machining.program, machining.motion, hidden.controller, period=PERIOD)
    actual = np.concatenate([b.actual for b in blocks])
    true = np.stack([column(plant, readings, f"truth_{a}_mm") for a in "xyz"], axis=1) * MM
    assert np.abs(true - actual).max() < 1e-12
    assert np.abs(true - commands.position).max() > 1e-5  # it does lag


def test_its_loads_are_the_twins_where_the_feed_is_as_programmed(bench):
    """Mean forces and power over a slot at its programmed feed, within four standard errors of the sensors' noise."""
    scenario, machining, commands = bench
    plant = simulated_machine(scenario, machining, seed=0)
    readings = plant.run(commands)[1]
    steady = np.isclose(commands.path_speed, 1200 / 60e3, rtol=1e-6) & (commands.line == 7)
    middle = steady & (np.abs(commands.position[:, 0]) < 0.03)
    segment = np.flatnonzero((machining.toolpath.line == 7) & (np.abs(machining.toolpath.start[:, 0]) < 0.02))
    # the twin computes at the mean speed of the segment, here the programmed one
    power = np.asarray(machining.loads.power_mean)[segment].mean()
    force = np.asarray(machining.loads.force_mean)[segment].mean(axis=0)
    n = middle.sum()
    assert n > 2000
    assert column(plant, readings, "spindle_power_w")[middle].mean() == pytest.approx(power, abs=4 * 15 / np.sqrt(n))
    for axis, name in enumerate("xyz"):
        mean = column(plant, readings, f"force_{name}_n")[middle].mean()
        assert mean == pytest.approx(force[axis], abs=4 * 3 / np.sqrt(n))


def test_slower_feed_makes_thinner_chips_only(bench):
    """At half the feed the power of the chips halves, that of the edges stays: between half and whole."""
    scenario, machining, commands = bench
    whole = simulated_machine(scenario, machining, seed=0).run(commands)[1][:, 3]
    half_speed = dataclasses.replace(commands, path_speed=commands.path_speed / 2)
    half = simulated_machine(scenario, machining, seed=0).run(half_speed)[1][:, 3]
    steady = (commands.line == 7) & (np.abs(commands.position[:, 0]) < 0.03)
    k = scenario.material.coefficients
    chips = 1e-3 * 10e-3 * 0.02 * k.ktc  # depth, width, feed, tangential pressure of a slot
    edges = whole[steady].mean() - chips
    assert half[steady].mean() == pytest.approx(chips / 2 + edges, abs=0.01 * whole[steady].mean())


def test_drift_is_invisible_to_the_scales(bench):
    """Two minutes of spindle, axes at rest: the tool point drifts, the nest reads it, the scales do not."""
    scenario, machining, commands = bench
    n = 120_000
    place = np.array([0.0, 0.0, 0.06])
    still = Commands(PERIOD, np.tile(place, (n, 1)), np.full(n, 1500.0), np.zeros(n), np.zeros(n), np.zeros(n))
    plant = simulated_machine(scenario, machining, seed=0, nest=True)
    feedback, readings = plant.run(still)
    drift = np.stack([column(plant, readings, f"truth_drift_{a}_um") for a in "xyz"], axis=1)
    assert np.abs(drift[-1, 2]) > 5
    assert np.abs(feedback - place).max() < 1e-6
    nest = np.stack([column(plant, readings, f"nest_{a}_um") for a in "xyz"], axis=1)
    assert np.std((nest - drift)[::1000]) == pytest.approx(0.3, rel=0.2)


def test_a_whole_run_and_single_steps_are_the_same(bench):
    scenario, machining, commands = bench
    feedback, readings = simulated_machine(scenario, machining, seed=5, nest=True).run(commands)
    plant = simulated_machine(scenario, machining, seed=5, nest=True)
    for k in range(3000):
        reply = plant.step(command(commands, k))
        assert np.array_equal(reply.feedback, feedback[k])
        assert np.array_equal(plant.readings(), readings[k])


def test_hidden_parameters_are_drawn_from_the_seed_and_written_apart(bench, tmp_path):
    scenario, machining, _ = bench
    assert hidden_parameters(scenario, 7) == hidden_parameters(scenario, 7)
    assert hidden_parameters(scenario, 7) != hidden_parameters(scenario, 8)
    assert hidden_parameters(scenario, 0)["controller.axis.x.gain_per_s"] == 60
    simulated_machine(scenario, machining, seed=7, truth_file=str(tmp_path / "truth.yaml"))
    written = yaml.safe_load((tmp_path / "truth.yaml").read_text())
    assert written == {"seed": 7, "parameters": hidden_parameters(scenario, 7)}


def test_faults_come_when_they_are_due(bench):
    scenario, machining, commands = bench
    faults = [
        {"kind": "servo_bandwidth", "axis": "x", "start_s": 4, "factor_ratio": 0.02},
        {"kind": "sensor_bias", "channel": "force_y_n", "start_s": 2, "deviations_ratio": 50},
        {"kind": "sensor_bias", "channel": "ambient_degc", "start_s": 3, "deviations_ratio": 100},
    ]
    sound = simulated_machine(scenario, machining, seed=2)
    plain, expected = sound.run(commands)
    plant = simulated_machine(scenario, machining, seed=2, faults=faults)
    feedback, readings = plant.run(commands)
    assert np.array_equal(feedback[:4000], plain[:4000])
    assert np.abs(feedback - plain)[4000:, 0].max() > 1e-3  # a following error that trips a controller
    shift = column(plant, readings, "force_y_n") - column(sound, expected, "force_y_n")
    assert np.all(shift[:2000] == 0)
    assert shift[2000:] == pytest.approx(150, abs=0.2)
    air = column(plant, readings, "ambient_degc") - column(sound, expected, "ambient_degc")
    assert np.all(air[:3000] == 0)
    assert air[5000:] == pytest.approx(5, abs=0.05)


def test_lost_coolant_warms_the_table_no_more_from_the_coolant(bench):
    """Warm coolant over the table warms it; lost, it does not."""
    scenario, machining, commands = bench
    warm = dataclasses.replace(scenario, environment=dataclasses.replace(scenario.environment, coolant=40.0))
    on = commands.line[np.argmax(commands.line == 7)]
    n = 30_000
    flooded = Commands(PERIOD, np.zeros((n, 3)), np.zeros(n), np.full(n, on), np.zeros(n), np.zeros(n))
    faults = [{"kind": "coolant_lost", "start_s": 0}]
    table = [
        column(plant, plant.run(flooded)[1], "table_degc")[-1]
        for plant in (
            simulated_machine(warm, machining, seed=0),
            simulated_machine(warm, machining, seed=0, faults=faults),
        )
    ]
    # 120 W/K on 200 kJ/K under 20 K more for 30 s: 0.36 K
    assert table[0] - table[1] == pytest.approx(0.36, abs=0.15)


def test_a_probe_touches_the_floor_that_was_cut_in_its_own_block_only(bench):
    scenario, machining, commands = bench
    plant = simulated_machine(scenario, machining, seed=0)
    at = np.array([0.0, -0.02, 0.0])  # over the slot of 1 mm
    touched = []
    for z in np.arange(0.001, -0.002, -1e-5):
        reply = plant.step(command(commands, 0, position=at + [0, 0, z], spindle_speed=0.0, line=12, path_speed=0.0))
        touched.append(reply.touch)
    height = np.arange(0.001, -0.002, -1e-5)[np.argmax(touched)]
    assert height == pytest.approx(-1e-3, abs=15e-6)
    feed = plant.step(command(commands, 0, position=at - [0, 0, 0.002], spindle_speed=0.0, line=11, path_speed=0.0))
    assert not feed.touch


def test_cutting_force_pushes_an_axis_that_gives_way(bench):
    """0.1 um/N under the force of the slot."""
    scenario, machining, commands = bench
    stiff = simulated_machine(scenario, machining, seed=0)
    soft = simulated_machine(scenario, machining, seed=0, compliance_um_n=0.1)
    rigid, given = stiff.run(commands)[1], soft.run(commands)[1]
    steady = (commands.line == 7) & (np.abs(commands.position[:, 0]) < 0.03)
    pushed = (column(soft, given, "truth_y_mm") - column(stiff, rigid, "truth_y_mm"))[steady] * MM / UM
    assert pushed.mean() == pytest.approx(0.1 * column(stiff, rigid, "force_y_n")[steady].mean(), rel=0.01)


def test_what_is_not_understood_is_refused(bench):
    scenario, machining, _ = bench
    with pytest.raises(InputError, match="plant.sead"):
        simulated_machine(scenario, machining, sead=1)
    with pytest.raises(InputError, match="force_q_n"):
        simulated_machine(scenario, machining, faults=[{"kind": "sensor_bias", "channel": "force_q_n", "start_s": 0}])


def test_drift_agrees_with_the_chain_of_a_run(bench):
    """Against twin.thermal over the whole program, as `twin run` computes it: within 0.05 um."""
    scenario, machining, commands = bench
    plant = simulated_machine(scenario, machining, seed=0)
    drift = column(plant, plant.run(commands)[1], "truth_drift_z_um")
    end = float(len(commands) // 1000)
    place = commands.position[int(end) * 1000 - 1] + np.asarray(scenario.part.machine_position)
    place[2] += axis_positions(scenario, machining.toolpath)[1][-1]
    part = np.zeros(3)  # at the clamp: the part's own growth does not show
    error = machine_error(machining.thermal, np.array([end]), place[None], part[None], np.zeros(1))[0]
    assert drift[int(end) * 1000] == pytest.approx(error[2] / UM, abs=0.05)
