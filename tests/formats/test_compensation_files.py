"""Files of controls: what is written is read back, examples of manuals are understood, bad ones name file and line."""

from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputError
from twin.formats.axis_table import AxisTable
from twin.formats.fanuc_pitch import PitchTable, read_pitch, write_pitch
from twin.formats.heidenhain_com import read_cma, read_com, write_cma, write_com
from twin.formats.isg_csv import ErrorTable, read_isg, write_isg
from twin.formats.linuxcnc_comp import CompFile, OffsetSchedule, read_comp, read_offsets, write_comp, write_offsets
from twin.formats.siemens_cec import TemperatureSettings, read_cec, read_temperature, write_cec, write_temperature
from twin.formats.siemens_eec import read_eec, write_eec

LINUXCNC = Path(__file__).parent / "linuxcnc_comp"
RESTS = Path(__file__).parent / "linuxcnc_offsets" / "rest.csv"
POSITION = np.array([-200.0, -100.0, 0.0, 100.0]) * 1e-3
VALUE = np.array([3.1, -12.0, 0.0, 7.4]) * 1e-6
TABLE = AxisTable("Y", "Z", POSITION, VALUE)


def same(a: AxisTable, b: AxisTable) -> None:
    assert (a.input, a.output) == (b.input, b.output)
    np.testing.assert_allclose(a.position, b.position, rtol=0, atol=1e-12)
    np.testing.assert_allclose(a.value, b.value, rtol=0, atol=1e-12)


def test_eec_round_trip():
    own = AxisTable("X", "X", POSITION, VALUE)
    (back,) = read_eec(write_eec([own]), "AX_EEC.INI")
    same(back, own)


def test_eec_example_of_the_manual():
    """Siemens K3: 801 points at 1 mm from -200 to 600 mm, the first three 3, 10 and 12 µm."""
    points = {0: "0.003", 1: "0.01", 2: "0.012"}
    lines = [f"$AA_ENC_COMP[0,{k},X1]={points.get(k, '0.0')} ; point {k}" for k in range(801)]
    tail = ["STEP[0,X1]=1.0", "MIN[0,X1]=-200.0", "MAX[0,X1]=600.0", "IS_MODULO[0,X1]=0"]
    text = "\n".join(["%_N_AX_EEC_INI", "CHANDATA(1)", *lines, *(f"$AA_ENC_COMP_{t}" for t in tail), "M17"])
    (table,) = read_eec(text, "manual")
    assert len(table.position) == 801 and table.position[-1] == pytest.approx(0.6)
    # straight between the points: 11 µm at -198.5 mm
    assert np.interp(-0.1985, table.position, table.value) == pytest.approx(11e-6)


def test_cec_round_trip():
    tables = [TABLE, AxisTable("X", "Y", POSITION, -VALUE)]
    for back, table in zip(read_cec(write_cec(tables), "NC_CEC.INI"), tables, strict=True):
        same(back, table)


def test_temperature_round_trip():
    values = np.arange(6.0).reshape(2, 3)
    settings = TemperatureSettings(np.array([0.0, 60.0]), values * 1e-6, values * 1e-6, values * 0.1)
    back = read_temperature(write_temperature(settings), "t.ini")
    for name in ("time", "absolute", "slope", "reference"):
        np.testing.assert_allclose(getattr(back, name), getattr(settings, name), atol=1e-12)


def test_heidenhain_round_trip():
    text = write_com([TABLE, AxisTable("Y", "Y", POSITION, -VALUE)], "Y.COM")
    first, second = read_com(text, "Y.COM", "Y")
    same(first, TABLE)
    np.testing.assert_allclose(second.value, -VALUE, atol=1e-12)
    assert read_cma(write_cma({"Y": "Y.COM"}), "CONFIG.CMA") == {"Y": "Y.COM"}


def test_fanuc_example_of_the_manual():
    """B-63980EN: interval 50 mm, reference point 40, points 33 to 56; the values of the manual's example."""
    values = [2, 1, 1, -2, 0, -1, 0, -1, 2, 1, 0, -1, -1, -2, 0, 1, 2, *[0] * 7]
    table = PitchTable(0.0, 40, 33, 1, 0.05, np.array(values))
    np.testing.assert_allclose(table.edges[[0, -1]], [-0.4, 0.8], atol=1e-12)
    at = dict(zip(np.round(table.edges * 1e3).astype(int), table.steps, strict=True))
    assert [at[x] for x in (0, 50, 100, 200, 300, 450)] == [0, 2, 3, 2, -1, 2]
    assert [at[x] for x in (-50, -150, -200, -400)] == [1, 2, 2, 0]
    back = read_pitch(write_pitch({"Y": table}), "pitch.txt", {"Y": 0.0})["Y"]
    np.testing.assert_array_equal(back.pulses, table.pulses)
    np.testing.assert_allclose(back.edges, table.edges)


def test_isg_round_trip():
    table = ErrorTable("Y", POSITION, {"EXY": VALUE, "EAY": VALUE})
    place = ErrorTable("", np.zeros(1), {"X0B": np.array([1e-6]), "A0Z": np.array([2e-6])})
    first, second = read_isg(write_isg([table, place], "title"), "v.csv")
    for name, values in table.errors.items():
        np.testing.assert_allclose(first.errors[name], values, atol=1e-12)
    assert second.errors["X0B"][0] == pytest.approx(1e-6) and second.errors["A0Z"][0] == pytest.approx(2e-6)


def test_isg_example_of_the_manual():
    rows = ["X EXX EYX EZX EAX EBX ECX", "0 0.02 0.01 0.07 0 0.0042 0.003", "10 0 -0.1 0.01 0 0.0011 0.002"]
    (table,) = read_isg("// header\n" + "\n".join(rows), "v.csv")
    assert table.argument == "X" and table.position[1] == pytest.approx(0.01)
    assert table.errors["EYX"][1] == pytest.approx(-1e-4) and table.errors["EBX"][0] == pytest.approx(0.0042)


def test_linuxcnc_round_trip_and_types():
    comp = CompFile(POSITION, VALUE, -VALUE)
    back = read_comp(write_comp(comp), "x.comp")
    for name in ("position", "forward", "reverse"):
        np.testing.assert_allclose(getattr(back, name), getattr(comp, name), atol=1e-12)
    # type 0 states where the axis came to stand
    reached = read_comp("0 0 0\n10 10.002 10.003\n", "x.comp", kind=0)
    np.testing.assert_allclose([reached.forward[1], reached.reverse[1]], [-2e-6, -3e-6], atol=1e-12)


def test_linuxcnc_offsets_round_trip():
    schedule = OffsetSchedule(np.array([0.0, 1.0]), np.array([[0, 1, -2], [3, 4, 5]]), 1e-7)
    back = read_offsets(*write_offsets(schedule), "offsets.csv")
    np.testing.assert_array_equal(back.counts, schedule.counts)
    assert back.scale == pytest.approx(1e-7)


EEC = "$AA_ENC_COMP[0,0,X1]=0\n$AA_ENC_COMP[0,1,X1]=0\n$AA_ENC_COMP_STEP[0,X1]=1\n"
BAD = {
    "comp not ascending": (lambda: read_comp("0 0 0\n20 0 0\n20 0 0\n", "x.comp"), "x.comp:3", "do not ascend"),
    "comp two numbers": (lambda: read_comp("0 0\n", "x.comp"), "x.comp:1", "2 numbers"),
    "comp too long": (lambda: read_comp("".join(f"{k} 0 0\n" for k in range(257)), "x.comp"), "x.comp", "257 points"),
    "comp no number": (lambda: read_comp("0 0 0\n1 nan 0\n", "x.comp"), "x.comp:2", "'nan' is not a number"),
    "isg not ascending": (lambda: read_isg("X EXX\n1 0\n0 0\n", "v.csv"), "v.csv:3", "do not ascend"),
    "isg ragged": (lambda: read_isg("X EXX\n1 0 3\n", "v.csv"), "v.csv:2", "3 values under 2 headings"),
    "isg two arguments": (lambda: read_isg("Z X EXX\n1 0 3\n", "v.csv"), "v.csv", "a table over Z and X"),
    "eec range": (
        lambda: read_eec(EEC + "$AA_ENC_COMP_MIN[0,X1]=5\n$AA_ENC_COMP_MAX[0,X1]=1", "e.ini"),
        "e.ini:5",
        "5 to 1 mm",
    ),
    "eec points": (
        lambda: read_eec(EEC + "$AA_ENC_COMP_MIN[0,X1]=0\n$AA_ENC_COMP_MAX[0,X1]=9", "e.ini"),
        "e.ini:5",
        "2 points at 1 mm do not fill 0 to 9 mm",
    ),
    "eec parameter": (lambda: read_eec(EEC, "e.ini"), "e.ini:3", "lacks MIN, MAX"),
    "eec word": (lambda: read_eec("$AA_ENC_COMB[0]=1", "e.ini"), "e.ini:1", "is no EEC datum"),
    "cec axis": (lambda: read_cec("$AN_CEC_INPUT_AXIS[0]=(AX9)", "c.ini"), "c.ini:1", "axis (AX9)"),
    "cec product": (lambda: read_cec("$AN_CEC_MULT_BY_TABLE[0]=2", "c.ini"), "c.ini:1", "MULT_BY_TABLE"),
    "com not ascending": (
        lambda: read_com("BEGIN X.COM MM\nNR AXISPOS BACKLASH X\n0 1 0 0\n1 0 0 0\n[END]", "X.COM", "X"),
        "X.COM:4",
        "do not ascend",
    ),
    "com cut off": (
        lambda: read_com("BEGIN X.COM MM\nNR AXISPOS BACKLASH X\n0 1 0 0\n", "X.COM", "X"),
        "X.COM:3",
        "does not end",
    ),
    "cma active": (lambda: read_cma("BEGIN C\nNR ACTIVE X\n0 - A\n[END]", "C.CMA"), "C.CMA:3", "0 active lines"),
    "fanuc pulses": (
        lambda: read_pitch("N03620A1P0\nN03621A1P1\nN03622A1P1\nN03623A1P1\nN03624A1P9\nN10001P8", "p.txt", {"X": 0}),
        "p.txt:6",
        "8 pulses at point 1",
    ),
    "fanuc missing": (
        lambda: read_pitch("N03620A1P0\nN03621A1P1\nN03622A1P2\nN03623A1P1\nN03624A1P9\nN10001P1", "p.txt", {"X": 0}),
        "p.txt",
        "lacks point 2",
    ),
    "temperature times": (lambda: read_temperature("; TIME_S=1\n; TIME_S=1\n", "t.ini"), "t.ini:2", "times do not"),
    "offsets counts": (
        lambda: read_offsets("time_s,x_counts,y_counts,z_counts\n0,1.5,0,0", "", "o.csv"),
        "o.csv:2",
        "0,1.5,0,0",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(case):
    read, where, what = BAD[case]
    with pytest.raises(InputError) as caught:
        read()
    assert str(caught.value).startswith(where + ":") and what in str(caught.value)


def test_linuxcnc_moves_its_motors_as_the_table_says():
    """A recorded run of the control itself: sign, straight lines between the rows, constant beyond the ends."""
    trace = np.loadtxt(LINUXCNC / "trace.csv", delimiter=",", skiprows=1)
    for joint in range(3):
        commanded, motor = trace[:, joint], trace[:, 3 + joint]
        name = f"joint_{joint}.comp"
        comp = read_comp((LINUXCNC / name).read_text(), name)
        added = np.interp(commanded * 1e-3, comp.position, comp.forward) * 1e3
        assert np.ptp(added) > 0.005
        np.testing.assert_allclose(motor - commanded, added, atol=1.5e-6)  # mm: six decimals of both
    assert trace[:, 0].min() < -100 and trace[:, 2].max() > 100  # beyond the tables


def test_linuxcnc_moves_its_motors_away_from_what_was_reached():
    """Recorded with files of TYPE 0 that differ by direction: the motor goes to nominal plus nominal minus reached."""
    folder = LINUXCNC / "type_0"
    trace = np.loadtxt(folder / "trace.csv", delimiter=",", skiprows=1)
    for joint in range(3):
        commanded, motor, ahead = trace[:, joint], trace[:, 3 + joint], trace[:, 6 + joint] > 0
        comp = read_comp((folder / f"joint_{joint}.comp").read_text(), "comp", kind=0)
        added = [np.interp(commanded * 1e-3, comp.position, way) * 1e3 for way in (comp.reverse, comp.forward)]
        assert 40 < ahead.sum() < 80 and np.abs(added[1] - added[0]).min() > 0.005
        np.testing.assert_allclose(motor - commanded, np.where(ahead, added[1], added[0]), atol=1.5e-6)


def test_linuxcnc_adds_its_external_offsets():
    """A recorded run of the control itself: counts times scale, to the position of the axis."""
    programmed, counts, motor = np.loadtxt(RESTS, delimiter=",", skiprows=1).T
    every = np.column_stack([counts, 0 * counts, 0 * counts]).astype(int)
    schedule = OffsetSchedule(np.arange(len(counts), dtype=float), every, 1e-5)
    read = read_offsets(*write_offsets(schedule), "offsets.csv")
    np.testing.assert_allclose(programmed + read.counts[:, 0] * read.scale * 1e3, motor, atol=1e-6)
