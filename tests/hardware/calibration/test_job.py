"""`twin calibrate` from a recording to a file, and `twin run` with it."""

import dataclasses
import io

import numpy as np
import pytest
import yaml
from rich.console import Console

from hardware.calibration.job import calibrate
from hardware.calibration.recorded import read_recorded
from hardware.channel import Block, Channel, Clock, Quality
from hardware.identity import identity_of
from hardware.recording import Header, Recorder
from hardware.simulated.hidden import hidden_parameters
from hardware.simulated.plant import simulated_machine
from hardware.simulated.record import planned_commands, record
from twin.calibration.file import read_calibration, uncalibrated
from twin.compose import compose
from twin.errors import InputError
from twin.named import value_at
from twin.scenario import load_scenario
from twin.simulate import machine

SEED = 8
GAIN, KTC = "controller.axis.x.gain_per_s", "material.cutting[carbide_dry_190].ktc_n_mm2"
COOLANT = "machine.thermal.links[bed-coolant].conductance_w_k"
PROGRAM = """\
G21 G17 G90 G94 G54 G64 P0.01
T1 M6
S12000 M3
G1 X20 Y20 Z20 F6000
X-20 Y-20 Z40
X20 Y20 Z20
X-60 Y-20 Z5
Z-1
G1 X60 F1200
G0 Z5
X-60 Y0
Z-1
G1 X60 F3000
M5
G0 Z60
M30
"""


@pytest.fixture(scope="module")
def recorded(jax_as_users_have_it, tmp_path_factory):
    """A short program on a hidden machine: overrides, recording, table, file."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "short.nc").write_text(PROGRAM)
    overrides = ["scenario=bench_identification", f"scenario.program={folder / 'short.nc'}"]
    scenario = load_scenario(*overrides)
    machining = machine(scenario, lambda stage: None)
    commands = planned_commands(machining, scenario.controller, 4e-3)
    identity = identity_of(scenario)
    header = Header(
        source="simulated",
        started="2026-01-01T00:00:00+00:00",
        program_hash=identity.program,
        offsets_hash=identity.offsets,
        tools_hash=identity.tools,
    )
    plant = simulated_machine(scenario, machining, seed=SEED)
    record(plant, commands, folder / "short.arrows", header)
    said = io.StringIO()
    calibrate([folder / "short.arrows"], overrides, folder / "found.yaml", Console(file=said, width=160))
    return scenario, overrides, folder, said.getvalue()


def test_the_file_says_what_was_found_and_from_where(recorded):
    scenario, _, folder, _ = recorded
    found = read_calibration(folder / "found.yaml")
    truth = hidden_parameters(scenario, SEED)
    assert (found.machine, found.material) == ("generic 3-axis machining centre", "AA7075-T6")
    (used,) = found.recordings
    assert (used.source, used.lag_cycles, len(used.sha256)) == ("simulated", 0, 64)
    for name in (GAIN, KTC):
        row = found.parameters[name]
        assert row.verdict == "identified"
        half = (row.upper_95 - row.lower_95) / 2
        assert abs(row.value - truth[name]) < 2 * half  # four standard deviations
        assert half < 0.02 * row.value
    assert found.parameters[COOLANT].verdict == "prior only"
    assert any(COOLANT in line for line in found.undetermined)


def test_the_table_shows_priors_intervals_and_what_is_not_known(recorded):
    *_, said = recorded
    (row,) = [line.split() for line in said.splitlines() if line.strip().startswith(GAIN)]
    assert (row[1], row[4]) == ("60", "identified")
    assert "the priors decide" in said
    assert COOLANT in said


def test_the_next_test_is_what_was_missing(recorded):
    """After half a minute dry and at one speed: hours of spindle, and flood coolant; not the same run again. The
    growth of a scale in proportion to the way from its fixed end: the nest stands at an end of the travel."""
    *_, said = recorded
    lines = said.splitlines()
    first = lines.index(next(line for line in lines if line.startswith("next, what would say most")))
    assert "spindle at 12,000 rpm" in lines[first + 1] and "displacement nest at X " in lines[first + 1]
    assert "flood coolant" in lines[first + 2]
    gains = [float(line.rpartition("+")[2]) for line in lines[first + 1 : first + 4]]
    assert gains == sorted(gains, reverse=True)


def test_a_run_takes_it_and_says_so(recorded):
    _, overrides, folder, _ = recorded
    file = folder / "found.yaml"
    plain, config = compose(overrides), compose([*overrides, f"calibration={file}"])
    values = read_calibration(file).parameters
    assert value_at(config, GAIN) == values[GAIN].value != value_at(plain, GAIN)
    assert value_at(config, COOLANT) == value_at(plain, COOLANT)  # nothing was found of it
    assert config["calibration"]["file"] == str(file)
    scenario = load_scenario(*overrides, f"calibration={file}")
    assert scenario.controller.axis["x"].gain == values[GAIN].value
    chosen = scenario.material.chosen_set.ktc
    assert chosen.value == pytest.approx(values[KTC].value * 1e6)
    assert 0 < chosen.deviation < 0.01 * chosen.value  # known much better than the tables do
    assert uncalibrated(config) == plain


def test_another_material_takes_no_coefficients_and_another_machine_nothing(recorded):
    _, _, folder, _ = recorded
    file = folder / "found.yaml"
    titanium = compose(["scenario=bench_identification", "material=ti_6al_4v", f"calibration={file}"])
    assert all(name.startswith("material.") for name in titanium["calibration"]["left_out"])
    assert KTC in titanium["calibration"]["left_out"]
    with pytest.raises(InputError, match="calibrate this machine"):
        compose(["scenario=bench_identification", "machine=hurco", f"calibration={file}"])


def test_files_that_are_no_calibration_are_refused(tmp_path):
    (tmp_path / "no.yaml").write_text("a: 1\n")
    with pytest.raises(InputError, match="no calibration"):
        compose([f"calibration={tmp_path / 'no.yaml'}"])
    with pytest.raises(InputError, match="no calibration can be read"):
        compose([f"calibration={tmp_path / 'nothing.yaml'}"])
    (tmp_path / "newer.yaml").write_text(yaml.safe_dump({"machining_twin_calibration": 99}))
    with pytest.raises(InputError, match="format 99"):
        compose([f"calibration={tmp_path / 'newer.yaml'}"])


def test_a_recording_of_another_program_is_refused(recorded, tmp_path):
    _, _, folder, _ = recorded
    with pytest.raises(InputError, match="another program"):
        calibrate([folder / "short.arrows"], ["scenario=freeform_pocket"], tmp_path / "x.yaml", Console())
    assert not (tmp_path / "x.yaml").exists()


def test_hidden_truth_is_not_read_and_noise_is_seen_where_it_is_not_stated(recorded):
    _, _, folder, _ = recorded
    seen = read_recorded(folder / "short.arrows")
    assert not [name for name in seen.values if name.startswith("truth")]
    unknown = dataclasses.replace(seen.channels["force_x_n"], uncertainty=None)
    blind = dataclasses.replace(seen, channels={**seen.channels, "force_x_n": unknown})
    assert blind.deviation("force_x_n") == pytest.approx(3.0, rel=0.05)
    assert blind.deviation("force_q_n") == np.inf


def test_recordings_that_cannot_be_used_are_refused(tmp_path):
    def write(name, channels, period):
        file = tmp_path / name
        with Recorder(
            file, channels, Clock(name="x", origin="start", period_s=period), Header(source="x", started="")
        ) as to:
            zeros = {c.name: np.zeros(3) for c in channels}
            to.append(Block(0, np.arange(3.0), zeros, np.full(3, Quality.GOOD, np.uint8)))
        return file

    with pytest.raises(InputError, match="no channel x_commanded_mm"):
        read_recorded(write("a.arrows", (Channel(name="force_x_n", unit="N"),), 1e-3))
    names = [f"{a}_{w}_mm" for w in ("commanded", "actual") for a in "xyz"] + ["line", "spindle_speed_rpm"]
    channels = tuple(Channel(name=name, unit="") for name in names)
    with pytest.raises(InputError, match="equal steps"):
        read_recorded(write("b.arrows", channels, None))
