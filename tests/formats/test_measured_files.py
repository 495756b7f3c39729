"""Signals in DynoWare text, TDMS and MDF4: written by other programs or by hand, read back sample by sample."""

import datetime

import numpy as np
import pytest
from asammdf import MDF
from asammdf import Signal as MdfSignal
from nptdms import ChannelObject, TdmsWriter

from twin.errors import InputError
from twin.formats.dynoware import is_dynoware, read_dynoware
from twin.formats.mdf4 import read_mdf4
from twin.formats.tdms import read_tdms

GERMAN = (
    "DynoWare\nMeasuring date:\t12.03.2019\nSampling rate [Hz]:\t10000\nMeasuring time [s]:\t0,0003\n\n"
    "Time\tFx\tFy\tMz\n[s]\t[N]\t[N]\t[N·m]\n"
    "0,0000\t1,5\t-2,25\t0,1\n0,0001\t2,5\t-1e1\t0,2\n0,0002\t3,5\t0\t0,3\n\n"
)
ENGLISH = "Sampling frequency: 5 kHz\nFx [N]; Fy [N]\n1.0; 2.0\n3.0; 4.0\n"
BLANKS = "Time Fx\n s  kN\n 0.0  1.0 \n 1.0  2.0 \n"


def write(tmp_path, text, encoding="utf-8"):
    file = tmp_path / "a.txt"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-8-sig"])
def test_an_export_with_units_below_the_names(tmp_path, encoding):
    content = read_dynoware(write(tmp_path, GERMAN, encoding))
    assert [(s.name, s.unit, s.count) for s in content.signals] == [("Fx", "N", 3), ("Fy", "N", 3), ("Mz", "N·m", 3)]
    assert np.allclose(content.signals[1].times(0, 3), [0, 1e-4, 2e-4], atol=1e-15)
    assert list(content.signals[1].values(0, 3)) == [-2.25, -10, 0]
    assert is_dynoware(write(tmp_path, GERMAN, encoding))


def test_an_export_without_times_has_a_rate(tmp_path):
    content = read_dynoware(write(tmp_path, ENGLISH))
    assert [(s.name, s.unit) for s in content.signals] == [("Fx", "N"), ("Fy", "N")]
    assert list(content.signals[0].times(0, 2)) == [0, 1 / 5000] and list(content.signals[1].values(1, 1)) == [4]


def test_times_of_few_digits_are_those_of_the_rate(tmp_path):
    rows = "".join(f"{k / 8192:.4f}\t{k}\n" for k in range(1000))
    (signal,) = read_dynoware(write(tmp_path, "Sampling rate [Hz]:\t8192\nTime\tFx\n[s]\t[N]\n" + rows)).signals
    assert np.allclose(signal.times(0, 1000), np.arange(1000) / 8192, atol=1e-12)


def test_an_export_with_blanks(tmp_path):
    (signal,) = read_dynoware(write(tmp_path, BLANKS)).signals
    assert (signal.name, signal.unit, list(signal.values(0, 2)), list(signal.times(1, 1))) == ("Fx", "kN", [1, 2], [1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Fx [N]\tFy [N]\n1\t2\n", "neither a time column nor a sampling rate"),
        (GERMAN.replace("2,5", "x"), "a.txt:9: '0.0001\\tx"),
        (GERMAN.replace("3,5\t", ""), "a.txt:10: "),
        ("only words\n", "no rows of numbers"),
        ("1\t2\n3\t4\n", "a.txt:1: no row above names the 2 columns"),
        (BLANKS.replace(" s ", "min"), "the time is in 'min'"),
    ],
)
def test_exports_that_cannot_be_read_say_why(tmp_path, text, says):
    with pytest.raises(InputError) as caught:
        read_dynoware(write(tmp_path, text))
    assert says in str(caught.value)


def waveform(name, values, start="2026-01-01T00:00:00", period=1e-3, offset=0.0, unit="N", group="force"):
    properties = {"wf_increment": period, "wf_start_offset": offset, "unit_string": unit}
    return ChannelObject(group, name, values, properties | {"wf_start_time": np.datetime64(start, "us")})


def test_a_tdms_recording_in_segments(tmp_path):
    file = tmp_path / "a.tdms"
    with TdmsWriter(file) as writer:
        for k in range(3):
            fast = waveform("Fx", np.arange(100.0) + 100 * k)
            slow = waveform("T", np.arange(10.0) + 10 * k, period=0.01, unit="°C", start="2026-01-01T00:00:00.5")
            writer.write_segment([fast, slow, ChannelObject("notes", "text", ["a", "b"])])
    content = read_tdms(file)
    force, temperature = content.signals
    assert (force.name, force.unit, force.count) == ("Fx", "N", 300)
    assert list(force.values(150, 3)) == [150, 151, 152] and len(force.values(290, 50)) == 10
    assert np.allclose(force.times(150, 2), [0.150, 0.151]) and np.allclose(temperature.times(0, 2), [0.5, 0.51])
    assert content.start == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()
    content.close()


def test_a_tdms_recording_with_a_channel_of_times(tmp_path):
    file = tmp_path / "a.tdms"
    with TdmsWriter(file) as writer:
        writer.write_segment(
            [ChannelObject("a", "Time", np.array([0.0, 0.1, 0.3])), ChannelObject("a", "x", np.array([1, 2, 3]))]
        )
    (signal,) = read_tdms(file).signals
    assert list(signal.times(0, 3)) == [0, 0.1, 0.3] and list(signal.values(0, 3)) == [1, 2, 3]


def test_tdms_that_cannot_be_read_says_why(tmp_path):
    file = tmp_path / "a.tdms"
    file.write_bytes(b"not a recording" * 10)
    with pytest.raises(InputError, match="cannot read the recording"):
        read_tdms(file)
    with pytest.raises(InputError, match="cannot read the recording"):
        read_tdms(tmp_path / "none.tdms")
    with TdmsWriter(file) as writer:
        writer.write_segment([ChannelObject("a", "x", np.array([1.0, 2.0]))])
    with pytest.raises(InputError, match="nothing says the times of x"):
        read_tdms(file)
    with TdmsWriter(file) as writer:
        writer.write_segment([ChannelObject("a", "x", ["a", "b"])])
    with pytest.raises(InputError, match="holds no numbers"):
        read_tdms(file)


def mdf(file, *groups):
    content = MDF(version="4.10")
    for group in groups:
        content.append(list(group))
    content.start_time = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    content.save(file, overwrite=True)
    content.close()


def test_an_mdf4_recording_with_two_rates(tmp_path):
    fast, slow = np.arange(300) * 1e-3 + 0.5, np.arange(30) * 1e-2 + 0.5
    invalid = np.zeros(300, bool)
    invalid[7] = True
    mdf(
        tmp_path / "a.mf4",
        (
            MdfSignal(np.arange(300.0), fast, name="Fx", unit="kN", invalidation_bits=invalid),
            MdfSignal(np.arange(300, dtype=np.uint16), fast, name="line"),
        ),
        (MdfSignal(np.arange(30.0), slow, name="T", unit="°C"),),
    )
    content = read_mdf4(tmp_path / "a.mf4")
    assert [(s.name, s.unit, s.count) for s in content.signals] == [
        ("Fx", "kN", 300),
        ("line", "", 300),
        ("T", "°C", 30),
    ]
    force = content.signals[0].values(5, 4)
    assert list(force[[0, 1, 3]]) == [5, 6, 8] and np.isnan(force[2])
    assert np.allclose(content.signals[0].times(100, 2), [0.6, 0.601])
    assert np.allclose(content.signals[2].times(29, 1), [0.79]) and list(content.signals[2].values(29, 1)) == [29]
    assert content.start == datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC).timestamp()
    content.close()


def test_mdf4_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "a.mf4").write_bytes(b"not a recording" * 10)
    with pytest.raises(InputError, match="cannot read the recording"):
        read_mdf4(tmp_path / "a.mf4")
    with pytest.raises(InputError, match="no such recording"):
        read_mdf4(tmp_path / "none.mf4")
