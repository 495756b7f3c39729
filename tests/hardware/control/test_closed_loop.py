"""Corrections that go back to the controller, judged by the machine's hidden truth."""

import dataclasses

import numpy as np
import pytest

from hardware.calibration.observations import bench_of, observations, recording_parameters
from hardware.calibration.recorded import read_recorded
from hardware.plant import Command
from hardware.priors import priors
from hardware.recording import Header
from hardware.simulated.hidden import with_parameters
from hardware.simulated.plant import simulated_machine, simulated_plant
from hardware.simulated.record import planned_commands, record
from twin.calibration.fit import fit
from twin.errors import InputError
from twin.named import entry_at
from twin.scenario import load_scenario
from twin.simulate import machine
from twin.units import UM

PERIOD, SEED = 4e-3, 6
DRIFT = {
    "largest_offset_um": 100,
    "rate_um_s": 2,
    "dead_band_um": 0.2,
    "patience_s": 5,
}
FEED = {"force_n": 300, "least_ratio": 0.2, "rate_per_s": 4, "dead_band_ratio": 0.01, "patience_s": 5}
WARM_UP = """\
G21 G17 G90 G94 G54 G64 P0.01
T1 M6
S14000 M3
G0 X-60 Y0 Z5
Z-0.5
G1 X60 F2000
G0 Z20
o1 repeat [60]
G1 X100 Z20 F6000
X-100 Z60
o1 endrepeat
M30
"""
SLOTS = """\
G21 G17 G90 G94 G54 G64 P0.01
T1 M6
S12000 M3
G0 X-60 Y-20 Z5
Z-2
G1 X60 F2000
G0 Z5
X-60 Y20
Z-3
G1 X60 F3600
G0 Z20
M30
"""


def twin_of(text):
    scenario = dataclasses.replace(load_scenario("scenario=bench_identification"), program_text=text)
    return scenario, machine(scenario, lambda stage: None)


@pytest.fixture(scope="module")
def knowledge(jax_as_users_have_it, tmp_path_factory):
    """What a calibration on the identification program (shortened) finds of machine SEED."""
    text = load_scenario("scenario=bench_identification").program_text
    text = text.replace("repeat [75]", "repeat [30]").replace("repeat [110]", "repeat [30]")
    scenario, machining = twin_of(text)
    commands = planned_commands(machining, scenario.controller, PERIOD)
    file = tmp_path_factory.mktemp("bench") / "identification.arrows"
    record(simulated_machine(scenario, machining, seed=SEED, nest=True), commands, file, Header(source="x", started=""))
    bench = bench_of(scenario, machining, read_recorded(file))
    parameters = (*priors(scenario.config), *recording_parameters(bench))
    useful = [seen for seen in observations(bench, parameters) if seen.name != "scales"]  # the servo moves nothing here
    shown = {name for seen in useful for name in seen.parameters}
    found = fit([p for p in parameters if p.name in shown], useful).values
    return {name: value for name, value in found.items() if name.startswith(("machine", "material"))}


def knowing(scenario, values):
    """``scenario`` calibrated, as `calibration=FILE` makes it."""
    knows = with_parameters(scenario, values)
    knows.config["calibration"] = {"before": {name: entry_at(scenario.config, name) for name in values}}
    return knows


def drive(plant, commands, follow_feed=False):
    """Run ``commands`` as a controller would that takes up offset and feed; rows of readings, seconds taken."""
    rows, cycle, place, offset, factor = [], 0, 0.0, 0.0, 1.0
    index = np.arange(len(commands))
    while place <= len(commands) - 1:
        k = int(place)
        position = [np.interp(place, index[k : k + 2], commands.position[k : k + 2, a]) for a in range(3)]
        position[2] += offset
        reply = plant.step(
            Command(
                cycle=cycle,
                period=commands.period,
                position=np.array(position),
                spindle_speed=float(commands.spindle_speed[k]),
                line=int(commands.line[k]),
                path_speed=float(commands.path_speed[k]) * factor,
            )
        )
        rows.append(plant.readings())
        offset, factor = reply.offset_z, reply.feed_factor if follow_feed else 1.0
        place, cycle = place + factor, cycle + 1
    names = [c.name for c in plant.channels]
    return {name: np.array(rows)[:, i] for i, name in enumerate(names)}, cycle * commands.period


def test_drift_at_the_tool_point_is_reduced_by_85_percent(knowledge):
    """Rms of the drift plus the offset that was sent, against the drift alone, at the hidden truth; another program."""
    scenario, machining = twin_of(WARM_UP)
    commands = planned_commands(machining, scenario.controller, PERIOD)
    knows = knowing(scenario, knowledge)
    plant = simulated_plant(knows, machining, seed=SEED, control={"armed": True, "drift": DRIFT})
    readings, _ = drive(plant, commands)
    drift, offset = readings["truth_drift_z_um"], readings["offset_asked_z_um"]
    assert np.abs(drift).max() > 10
    left = np.sqrt(np.mean((drift + offset) ** 2) / np.mean(drift**2))
    assert left < 0.15
    assert np.abs(np.diff(offset)).max() <= 2 * PERIOD + 1e-9
    assert all(abs(write.sent) <= 100 * UM for write in plant.log.writes)
    assert not plant.observer.measure_again


def test_peak_force_stays_under_the_limit_and_what_it_costs(knowledge):
    """Two slots, the deeper far above the limit of 300 N; the time that it takes is that of the slower feed."""
    scenario, machining = twin_of(SLOTS)
    commands = planned_commands(machining, scenario.controller, PERIOD)
    knows = knowing(scenario, knowledge)
    free, plain = drive(simulated_machine(scenario, machining, seed=SEED), commands)
    looped = simulated_plant(knows, machining, seed=SEED, control={"armed": True, "feed": FEED})
    held, longer = drive(looped, commands, follow_feed=True)
    assert free["truth_force_peak_n"].max() > 1.3 * FEED["force_n"]
    assert held["truth_force_peak_n"].max() < 1.02 * FEED["force_n"]
    assert plain < longer < 3 * plain
    assert looped.force.unreachable == 0


def test_the_loop_holds_while_sensors_are_silent_and_gives_up_later(knowledge):
    scenario, machining = twin_of(WARM_UP)
    commands = planned_commands(machining, scenario.controller, PERIOD)
    knows = knowing(scenario, knowledge)
    plant = simulated_plant(knows, machining, seed=SEED, control={"armed": True, "drift": DRIFT})
    speaking = plant.plant.readings
    n = round(60 / PERIOD)
    some = dataclasses.replace(
        commands,
        **{f: getattr(commands, f)[:n] for f in ("position", "spindle_speed", "line", "path_speed", "tool_length")},
    )
    silent_from = round(20 / PERIOD)

    def readings():
        row = speaking().copy()
        if plant.plant._cycle > silent_from:
            row[:-7] = np.nan
        return row

    plant.plant.readings = readings
    offset = drive(plant, some)[0]["offset_asked_z_um"]
    at = {second: offset[round(second / PERIOD)] for second in (21, 24, 59)}
    assert abs(at[21]) > 0.5
    assert at[24] == at[21] or abs(at[24] - at[21]) < 0.5  # held
    assert at[59] == 0.0  # taken back after 5 s
    assert {w.reason for w in plant.log.writes if w.time > 26} == {"watchdog"}


def test_it_refuses_to_start_unarmed_or_without_limits(knowledge):
    scenario, machining = twin_of(SLOTS)
    with pytest.raises(InputError, match="--arm"):
        simulated_plant(scenario, machining, control={"drift": DRIFT})
    with pytest.raises(InputError, match="lacks rate"):
        simulated_plant(
            scenario,
            machining,
            control={"armed": True, "drift": {k: v for k, v in DRIFT.items() if k != "rate_um_s"}},
        )
    with pytest.raises(InputError, match="asks for nothing"):
        simulated_plant(scenario, machining, control={"armed": True})
