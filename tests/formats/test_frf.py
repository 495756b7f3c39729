"""Frequency responses and tap tests from files: units, integration, and errors that name the place."""

import numpy as np
import pytest
import pyuff

from twin.errors import InputError
from twin.formats.frf import FrequencyResponse, read_frf_csv, read_tap_test, read_uff58, write_frf_csv

FREQUENCY = np.array([100.0, 200.0, 300.0])
OMEGA = 2 * np.pi * FREQUENCY
RESPONSE = np.array([1e-7 - 1e-8j, 2e-7 - 3e-7j, -1e-7 - 2e-8j])


def written(tmp_path, text):
    file = tmp_path / "tip.csv"
    file.write_text(text)
    return file


def test_complex_and_polar_columns_agree(tmp_path):
    rows = zip(FREQUENCY, RESPONSE * 1e6, strict=True)
    cartesian = "# tip\nfrequency_hz,real_um_n,imaginary_um_n\n" + "".join(f"{f},{h.real},{h.imag}\n" for f, h in rows)
    rows = zip(FREQUENCY, RESPONSE * -(OMEGA**2), strict=True)
    polar = "frequency_hz, magnitude_m_s2_n, phase_deg\n" + "".join(
        f"{f},{abs(h)},{np.degrees(np.angle(h))}\n" for f, h in rows
    )
    for text in (cartesian, polar):
        frf = read_frf_csv(written(tmp_path, text))
        assert frf.omega == pytest.approx(OMEGA)
        assert frf.response == pytest.approx(RESPONSE, rel=1e-12)


def test_written_csv_reads_back(tmp_path):
    file = tmp_path / "x.csv"
    write_frf_csv(file, FrequencyResponse(OMEGA, RESPONSE))
    assert read_frf_csv(file).response == pytest.approx(RESPONSE, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frequency_hz,real_um_n,imaginary_um_n\n100,1,x\n", r"imaginary_um_n in data row 1 is 'x'"),
        ("frequency_hz,real_um_n,imaginary_um_n\n100,1,0\n200,nan,0\n", r"real_um_n in data row 2 is 'nan'"),
        ("frequency_hz,real_um_n,imaginary_um_n\n100,1,0\n90,1,0\n", r"do not ascend.*data row 2, 90 Hz"),
        ("frequency_hz,real_um_n,imaginary_um_n\n0,1,0\n90,1,0\n", r"do not ascend.*data row 1, 0 Hz"),
        ("frequency_hz,real_um_n\n100,1\n", "no column imaginary_um_n"),
        ("f,real_um_n\n100,1\n", "no column frequency_hz"),
        ("frequency_hz,real_in_lb,imaginary_in_lb\n100,1,0\n", "unknown unit.*um_n"),
        ("frequency_hz,h\n100,1\n", "no response among the columns"),
        ("frequency_hz\n", "no header and data"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        read_frf_csv(written(tmp_path, text))
    assert "tip.csv" in str(caught.value)


def write_uff(file, **changes):
    data = dict(
        type=58, func_type=4, rsp_node=1, rsp_dir=1, ref_node=1, ref_dir=1, data=RESPONSE * -(OMEGA**2), x=FREQUENCY,
        id1="tip x", rsp_ent_name="NONE", ref_ent_name="NONE", abscissa_spacing=1, abscissa_spec_data_type=18,
        ordinate_spec_data_type=12, orddenom_spec_data_type=13, ord_data_type=6, num_pts=3,
        abscissa_min=100.0, abscissa_inc=100.0,
    )  # fmt: skip
    pyuff.UFF(str(file)).write_sets(data | changes, "overwrite")


def test_universal_file_of_accelerations(tmp_path):
    write_uff(tmp_path / "tip.uff")
    (frf,) = read_uff58(tmp_path / "tip.uff")
    assert frf.name == "tip x"
    assert frf.omega == pytest.approx(OMEGA)
    assert frf.response == pytest.approx(RESPONSE, rel=1e-9)


def test_directions_of_a_universal_file(tmp_path):
    """Both axes in one file; a sensor or hammer against its axis turns the sign."""
    file = tmp_path / "tip.uff"
    write_uff(file, rsp_dir=-1, ref_dir=1)
    (against,) = read_uff58(file)
    assert against.direction == "xx" and against.response == pytest.approx(-RESPONSE, rel=1e-9)
    write_uff(file, rsp_dir=2, ref_dir=1)
    assert read_uff58(file)[0].direction == "yx"
    write_uff(file, rsp_dir=0, ref_dir=0)
    assert read_uff58(file)[0].direction == ""


def test_bad_universal_files(tmp_path):
    file = tmp_path / "tip.uff"
    with pytest.raises(InputError, match="no such file"):
        read_uff58(file)
    write_uff(file, orddenom_spec_data_type=0)
    with pytest.raises(InputError, match="type 12 over type 0, not motion over force"):
        read_uff58(file)
    write_uff(file, func_type=1)
    with pytest.raises(InputError, match="no frequency response"):
        read_uff58(file)
    file.write_text("nonsense")
    with pytest.raises(InputError, match="tip.uff"):
        read_uff58(file)


def test_tap_test_file(tmp_path):
    file = written(
        tmp_path,
        "tap,time_s,force_n,acceleration_m_s2\n1,0,5,1\n1,0.001,0,2\n2,0,6,3\n2,0.001,0,4\n",
    )
    taps = read_tap_test(file)
    assert taps.force == pytest.approx(np.array([[5, 0], [6, 0]]))
    assert taps.motion == pytest.approx(np.array([[1, 2], [3, 4]]))
    assert (taps.integrations, taps.period) == (2, pytest.approx(1e-3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tap,time_s,force_n,displacement_um\n1,0,5,1\n1,0.001,0,2\n2,0,6,3\n", "taps of 2, 1 samples"),
        ("time_s,force_n,displacement_um\n0,5,1\n0.001,0,2\n0.0025,6,3\n0.0035,1,1\n", r"csv:4: .*not evenly spaced"),
        ("time_s,force_n\n0,5\n", "0 columns of motion"),
    ],
)
def test_bad_tap_test(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_tap_test(written(tmp_path, text))
