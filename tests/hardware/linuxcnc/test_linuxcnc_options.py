"""The machine's files, and options that contradict each other; no LinuxCNC is needed."""

import configparser
from math import radians

import pytest
import yaml
from linuxcnc_bench import ROOT, TOOL, options, scenario

from hardware.linuxcnc import bench_source
from hardware.linuxcnc.machine_files import PINS, machine_files, sampled, sampler_kinds
from twin.errors import InputError
from twin.scenario import WorkOffset

HOME = (0.0, 0.0, 0.15)


def files(name="linuxcnc", offsets=None, **changes):
    return machine_files(options(name, **changes), HOME, {1: TOOL}, offsets or {})


def ini(text):
    parser = configparser.ConfigParser(strict=False)
    parser.optionxform = str
    parser.read_string(text)
    return parser


def test_limits_in_the_controllers_units():
    machine = ini(files()["machine.ini"])
    assert machine["JOINT_2"]["MAX_VELOCITY"] == "400.0" and float(machine["JOINT_2"]["HOME"]) == 150
    assert float(machine["JOINT_0"]["FERROR"]) == 5 and float(machine["AXIS_X"]["MIN_LIMIT"]) == -1000
    assert machine["RS274NGC"]["RS274NGC_STARTUP_CODE"].endswith("G64 P0.01")
    assert machine["KINS"]["JOINTS"] == "3"


def test_rotary_axes_in_degrees():
    machine = ini(files("linuxcnc_trunnion")["machine.ini"])
    assert machine["TRAJ"]["COORDINATES"] == "XYZAC" and machine["JOINT_3"]["TYPE"] == "ANGULAR"
    assert float(machine["JOINT_3"]["MAX_VELOCITY"]) == pytest.approx(180)
    assert float(machine["AXIS_A"]["MAX_LIMIT"]) == pytest.approx(110)


def test_work_offsets_in_the_parameters_of_rs274():
    """G54 from 5221, G55 from 5241, G59.3 from 5381, G28 at 5161; X Y Z A B C in mm and degrees (RS274/NGC, 3.2.1)."""
    offsets = {"G54": WorkOffset(x=1e-3), "G55": WorkOffset(z=-2e-3, c=radians(30)), "G59.3": WorkOffset(y=5e-3)}
    rows = dict(line.split() for line in files(offsets=offsets)["offsets.var"].splitlines())
    values = {int(number): float(value) for number, value in rows.items()}
    assert list(values) == sorted(values)
    found = {number: value for number, value in values.items() if value}
    expected = {5163: 150.0, 5220: 1.0, 5221: 1.0, 5243: -2.0, 5246: 30.0, 5382: 5.0}
    assert found == pytest.approx(expected)


def test_tool_table():
    assert files()["tool.tbl"] == "T1 P1 D10.000000000 Z50.000000000 ;T1\n"


def test_every_sampled_pin_has_a_place():
    for name in ("linuxcnc", "linuxcnc_trunnion"):
        rows, kinds = sampled(options(name)), sampler_kinds(sampled(options(name)))
        assert sum(map(len, kinds)) == len(rows) and max(map(len, kinds)) <= PINS
        hal = files(name)["machine.hal"]
        assert hal.count("sampler.") == len(rows) + len(kinds) and "${" not in hal


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"time_factor_ratio": 0}, "time_factor is 0"),
        ({"rotary": {}, "trunnion": {"c_to_a_mm": [0, 0]}}, "bench.rotary and bench.trunnion do not fit"),
        ({"faults": {"drive": "c"}}, "bench.faults.drive is c"),
        ({"plant": {"kind": "simulated", "control": {"drift": {}}}}, "bench.external_offset=true"),
        ({"plant": {"kind": "simulated", "control": {"feed": {}}}}, "bench.adaptive_feed=true"),
    ],
)
def test_contradictions(changes, says):
    with pytest.raises(InputError, match=says):
        options(**changes)


def test_a_program_that_is_not_there():
    plain = yaml.safe_load((ROOT / "conf" / "bench" / "linuxcnc.yaml").read_text())
    del plain["kind"]
    with pytest.raises(InputError, match="/nowhere.ngc: cannot read the program"):
        bench_source({**plain, "program": "/nowhere.ngc"}, scenario())
