"""Tables of controls on a machine whose errors are known: what they take away, and what they cannot."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from compensation_cases import LENGTH, PLACES, REFERENCE, left, machine_case

from twin.compensation.controls import write_tables
from twin.compensation.settings import CompensationSettings
from twin.compensation.tables import even_positions
from twin.config import build
from twin.errors import InputError

UM = 1e-6


def settings(name: str, **changes) -> CompensationSettings:
    values = {"moment": 0.0, "step": 25e-3, "resolution": 1e-9, "n_points": 1000, **changes}
    return CompensationSettings(format=name, source="test", **values)


def largest(error) -> float:
    return float(np.abs(error).max())


def test_volumetric_table_holds_the_whole_machine():
    """Squareness, drift and growth folded into the axes' errors: the same error by another chain, 1,000 poses."""
    case = machine_case()
    written = write_tables(case, settings("isg_csv", step=1e-3))
    length = np.random.default_rng(1).uniform(0.05, 0.25, len(PLACES))
    residual = left(case, written.applied, length=length)
    assert largest(case.error(PLACES, length, np.zeros(len(PLACES)))) > 30 * UM
    # nanometres of rounding, straight lines of 1 mm (f'' h²/8), and the products of rotation with drift
    assert largest(residual) < 0.003 * UM


@pytest.mark.parametrize("name", ["isg_csv", "siemens_cec", "heidenhain_com"])
def test_interpolation_error_falls_with_the_square_of_the_step(name):
    case = machine_case(angles=False)
    errors = []
    for step in (80e-3, 40e-3, 20e-3):
        written = write_tables(case, settings(name, step=step))
        arguments = PLACES, np.full(len(PLACES), LENGTH), np.zeros(len(PLACES))
        errors.append(largest(written.applied(*arguments) - written.intended(*arguments)))
    assert errors[0] > 0.1 * UM
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.3) and errors[1] / errors[2] == pytest.approx(4, rel=0.3)


@pytest.mark.parametrize("name", ["siemens_eec", "linuxcnc_comp"])
@pytest.mark.parametrize("resolution", [1e-6, 1e-7])
def test_positioning_errors_go_down_to_half_a_step_of_the_value(name, resolution):
    case = machine_case(angles=False, cross=False)
    written = write_tables(case, settings(name, step=3e-3, resolution=resolution))
    residual = largest(left(case, written.applied))
    assert 0.4 * resolution < residual < 0.5 * resolution + 0.003 * UM


def test_cross_tables_take_straightness_too_but_own_axis_tables_do_not():
    case = machine_case(angles=False)
    assert largest(left(case, write_tables(case, settings("siemens_cec", step=2e-3)).applied)) < 0.01 * UM
    assert largest(left(case, write_tables(case, settings("siemens_eec", step=2e-3)).applied)) > 5 * UM


def test_cross_tables_are_exact_on_the_lines_through_the_reference_and_not_off_them():
    """No sum of functions of one axis holds an angular error times another axis's position."""
    case = machine_case()
    written = write_tables(case, settings("heidenhain_com", step=3e-3))
    line = np.broadcast_to(REFERENCE, (50, 3)).copy()
    line[:, 0] = np.linspace(0.05, 0.7, 50)
    assert largest(left(case, written.applied, line)) < 0.01 * UM
    assert largest(left(case, written.applied)) > 2 * UM


def test_pulses_come_in_the_middle_of_their_sections():
    """Pitch error 10 µm/m, 1 µm unit, points at 100 mm: within half a section's error and half a pulse."""
    case = machine_case(angles=False, cross=False, drift_um=(0, 0, 0))
    written = write_tables(case, settings("fanuc_pitch", step=25e-3, resolution=1e-6, n_points=128))
    residual = left(case, written.applied)
    slope = 40 * UM  # per m, the steepest of the positioning errors
    assert 0.5 * UM < largest(residual) < 1.5 * UM + slope * 0.0125
    assert "N03624" in written.files["pitch.txt"] and "G10 L2" in written.files["work_offset.nc"]


def test_magnification_rises_where_seven_pulses_do_not_do():
    case = machine_case(angles=False, growth_um_m=(600.0, 0.0, 0.0))
    text = write_tables(case, settings("fanuc_pitch", resolution=1e-6, n_points=128)).files["pitch.txt"]
    assert "N03623A1P3A2P1A3P1" in text  # about 15 µm over 25 mm


def test_temperature_settings_follow_drift_and_growth():
    """300 mm, 11.5e-6/K, 40 K: 0.138 mm, the example of a TNC's technical manual."""
    case = machine_case(angles=False, cross=False, growth_um_m=(11.5 * 40, 0.0, 0.0), drift_um=(0, 0, 0))
    written = write_tables(case, settings("siemens_temperature", period=10.0, resolution=1e-7))
    place = np.array([[0.3, 0.25, 0.3]])  # 300 mm from the fixed end
    motion = written.applied(place, np.array([LENGTH]), np.array([0.0]))
    assert motion[0, 0] == pytest.approx(-0.138e-3, abs=1e-9)
    late = np.full(len(PLACES), 595.0)
    behind = written.applied(PLACES, late, late) - written.intended(PLACES, late, late)
    # held for up to 10 s while the growth rises by a 600th of 460 µm/m each second
    assert 0.0 < largest(behind) < 460 * UM * 0.76 * 10 / 600


def test_external_offsets_are_whole_counts_and_late_by_a_period_at_most():
    case = machine_case(angles=False, growth_um_m=(0, 0, 0))
    written = write_tables(case, settings("linuxcnc_offsets", period=1.0, resolution=1e-7))
    time = np.linspace(0, 600, 500)
    place = np.broadcast_to(REFERENCE, (500, 3))
    motion = written.applied(place, time, time)
    np.testing.assert_allclose(motion / 1e-7, np.round(motion / 1e-7), atol=1e-6)
    assert largest(motion - written.intended(place, time, time)) < 0.05 * UM + 25 * UM / 600 + 1e-12


def test_positions_are_even_whole_micrometres_over_the_travel():
    position = even_positions(0.0, 0.76, 25e-3, 20)
    assert len(position) == 20 and position[-1] >= 0.76 and position[-1] < 0.76 + 20e-6
    np.testing.assert_allclose(position * 1e6, np.round(position * 1e6), atol=1e-6)


def test_a_table_of_more_rows_than_the_control_takes():
    with pytest.raises(InputError, match="a table of 381 points"):
        write_tables(machine_case(), settings("heidenhain_com", step=2e-3))


@pytest.mark.parametrize(("name", "cross"), [("siemens", True), ("linuxcnc", False)])
def test_tables_of_the_cold_machine_and_what_follows_its_temperature(name, cross):
    """A drift of 25 µm that doubles over the program: at all times, not only at that of a table."""
    growth = (4.0, -6.0, 9.0) if cross else (0.0, 0.0, 0.0)  # an external offset knows no axis position
    case = machine_case(angles=False, cross=cross, growth_um_m=growth)
    written = write_tables(case, settings(name, step=3e-3, n_points=256, period=1.0, resolution=1e-7))
    time = np.linspace(0, 600, len(PLACES))
    residual = largest(left(case, written.applied, time=time))
    # half a step of every rounded value, and 25 µm / 600 s held for 1 s
    assert 0.05 * UM < residual < (4 if cross else 2) * 0.05 * UM + 0.045 * UM


AT_THE_END = {
    "siemens_eec": (r"\[0,30,X1\]=(\S+)", 1),  # "a positive value causes the axis to move in the negative direction"
    "siemens_cec": (r"CEC\[0,30\]=(\S+)", 1),
    "siemens_temperature": (r"SLOPE\[X1\]=(\S+)", 1),  # of the line of the error
    "heidenhain_com": (r"(?s)BEGIN X.COM.*\n30 \S+ \S+ (\S+)", 1),  # "positive if the table travel is too long"
    "isg_csv": (r"\n760\.\d+\t(\S+)", -1),  # error motion of the carriage: here it carries the part, not the tool
    "fanuc_pitch": (r"N10010P(\S+)", -1),  # pulses correct
    "linuxcnc_comp": (r"760\.\d+ (\S+)", -1),  # added to the motor's position, as recorded
    "linuxcnc_offsets": (r"\n600.000,(\S+?),", -1),
}


@pytest.mark.parametrize("name", AT_THE_END)
def test_sign_in_the_file_where_an_axis_goes_too_far(name):
    """X grows by 100 µm/m from its fixed end at zero; the sentences are those of the manuals (conf/compensation)."""
    case = machine_case(angles=False, cross=False, drift_um=(0, 0, 0), growth_um_m=(100.0, 0.0, 0.0))
    written = write_tables(case, settings(name, step=0.76 / 30, resolution=1e-7 if "pitch" not in name else 1e-6))
    pattern, sign = AT_THE_END[name]
    (value,) = re.findall(pattern, "\n".join(written.files.values()))[:1]
    assert float(value) * sign > 0
    place, at = np.array([[0.76, 0.25, 0.3]]), np.array([0.0])
    assert written.applied(place, np.array([LENGTH]), at)[0, 0] < -20 * UM


def test_every_control_says_what_its_sign_means_and_where_that_stands():
    for file in sorted((Path(__file__).resolve().parents[2] / "conf" / "compensation").glob("*.yaml")):
        said = build(CompensationSettings, yaml.safe_load(file.read_text()), file=file).sign
        assert (file.stem == "program") == (said == "")
        if said:
            assert re.search(r"p\. \d|\d\.\d|figure \d|TF5280|tests/formats|documentation", said), file.name
