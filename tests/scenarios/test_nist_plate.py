"""The NIST plates: drawing, programs, plan and measurements fit together."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

import twin.measured as measured_module
from twin.compose import compose
from twin.config import build
from twin.errors import InputError
from twin.inspection import Circle, measure, plan, read_features
from twin.machine.tool import Tool
from twin.measured import measured
from twin.program import interpret, linearise
from twin.stock import RemovalSettings, Stock, cut

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "scenarios" / "nist_plate"
PLATES = (1, 2, 8, 10, 11, 13, 16, 19)
INCH = 25.4


@pytest.fixture(scope="module")
def features():
    return {f.name: f for f in read_features(yaml.safe_load((FOLDER / "features.yaml").read_text()))}


@pytest.fixture(scope="module")
def lines():
    return yaml.safe_load((FOLDER / "measured.yaml").read_text())["program_lines"]


@pytest.fixture
def data(data_dir, monkeypatch):
    monkeypatch.setenv("TWIN_DATA_DIR", str(data_dir))
    return data_dir / "nist_plates"


def arcs(text, first, last):
    """Centre and radius [mm] of every G2/G3 on lines first..last of an inch program, read by regular expressions."""
    x = y = code = 0.0
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = {k: float(v) for k, v in re.findall(r"([GXYIJ])(-?\d*\.?\d+)", re.sub(r"^N\d+", "", line))}
        codes = [int(v) for v in re.findall(r"G(\d+)", re.sub(r"^N\d+", "", line)) if int(v) < 4]
        code = codes[-1] if codes else code
        if "G91" in line or line.startswith("("):
            continue
        if code in (2, 3) and "I" in words and first <= number <= last:
            found.append([x + words["I"], y + words["J"], np.hypot(words["I"], words["J"])])
        x, y = words.get("X", x), words.get("Y", y)
    return np.array(found) * INCH


@pytest.mark.data
@pytest.mark.parametrize("plate", PLATES)
def test_the_program_mills_every_4_mm_feature_where_the_drawing_says(data, features, lines, plate):
    text = (data / f"plate_{plate:02d}.nc").read_text()
    four = {n for n, f in features.items() if isinstance(f, Circle) and abs(f.diameter - 4e-3) < 1e-9}
    assert set(lines) == four and len(four) == 12
    for name, (first, last) in lines.items():
        found = arcs(text, first, last)
        near = np.linalg.norm(found[:, :2] - np.array(features[name].centre[:2]) * 1e3, axis=1) < 0.006
        largest = found[near, 2].max()
        assert 2 * (3.175 / 2 + largest) == pytest.approx(4.026, abs=0.004)  # the tool of 1/8 in, -.0005 in to leave


@pytest.mark.data
def test_the_row_at_y_5_is_programmed_smaller_and_measured_smaller(data, features, lines):
    """The deduction that measured.yaml rests on."""
    text = (data / "plate_01.nc").read_text()
    holes = [n for n in lines if n.startswith("hole")]
    radius = {n: arcs(text, *lines[n])[:, 2].max() for n in holes}
    row = {"hole_70_5", "hole_60_5", "hole_50_5"}
    smaller = [r for n, r in radius.items() if n in row]
    others = [r for n, r in radius.items() if n not in row]
    assert 2 * (min(others) - max(smaller)) == pytest.approx(0.005, abs=0.0005)
    for plate in (1, 2, 8):
        report = measured("nist_plate", plate)
        mitutoyo = report.laboratory.index("nist_mitutoyo")
        small, large = (report.of(n, "diameter")[mitutoyo] for n in ("hole_70_5", "hole_5_45"))
        assert 2e-6 < large - small < 6e-6


@pytest.mark.data
def test_measured_values_read_by_eye(data):
    """Plate 16: SIMPLE_HOLE2 4.435 (mtc), diameters 1, 5, 6 4.595, 4.537, 4.569 (nist), width 71.148 and 71.143."""
    report = measured("nist_plate", 16)
    mtc, nist = (report.laboratory.index(name) for name in ("mtc_nikon", "nist_mitutoyo"))
    np.testing.assert_allclose(report.of("hole_70_5", "diameter")[mtc], 4.435e-3, atol=1e-9)
    np.testing.assert_allclose(report.of("hole_70_5", "diameter")[nist], (4.595 + 4.537 + 4.569) / 3e3, atol=1e-9)
    row = report.name.index("hole_70_5")
    np.testing.assert_allclose([report.lowest[nist, row], report.highest[nist, row]], [4.537e-3, 4.595e-3], atol=1e-9)
    assert (report.n_alike[mtc, row], report.n_alike[nist, row]) == (1, 3)
    np.testing.assert_allclose(report.of("width", "thickness"), [71.148e-3, 71.143e-3], atol=1e-9)
    assert np.isnan(report.of("face", "flatness")).all()


@pytest.mark.data
def test_short_tools_hold_size_and_long_ones_do_not(data):
    """What the plates are about: deviation of the eight holes of 4 mm from nominal, both laboratories."""
    for plate in PLATES:
        report = measured("nist_plate", plate)
        holes = [i for i, n in enumerate(report.name) if n.startswith("hole") and abs(report.nominal[i] - 4e-3) < 1e-9]
        deviation = report.value[:, holes] - 4e-3
        assert len(holes) == 8
        if plate in (1, 2, 8):
            assert np.abs(deviation).max() < 0.026e-3
        elif plate != 19:
            assert deviation.min() > 0.09e-3


@pytest.mark.data
def test_measured_features_are_inspected_features(data, features):
    report = measured("nist_plate", 1)
    for name, characteristic, nominal in zip(report.name, report.characteristic, report.nominal, strict=True):
        place = features[name].characteristics.index(characteristic)
        assert features[name].nominal[place] == pytest.approx(nominal, abs=0.05e-3)  # one report rounds 71.16 to 71.2


@pytest.mark.data
def test_a_perfect_machine_with_nominal_tools(data, features, lines):
    """Holes come out as path radius plus tool radius; the outside, where tools matter least, as both reports say."""
    config = yaml.safe_load((ROOT / "conf" / "scenario" / "nist_plate.yaml").read_text())
    stock = config["scenario"]["stock"]
    names = {k.partition("@tools.")[2]: v for d in config["defaults"] if isinstance(d, dict) for k, v in d.items()}
    tools = {
        int(n): build(Tool, {"number": int(n), **yaml.safe_load((ROOT / "conf" / "tool" / f"{v}.yaml").read_text())})
        for n, v in names.items()
        if n
    }
    text = (data / "plate_01.nc").read_text()
    program = interpret(text, file="plate_01.nc", tools=tools, home=(0.0, 0.0, 0.3, 0.0, 0.0, 0.0))
    lower, upper = (tuple(v * 1e-3 for v in stock[key]) for key in ("lower_mm", "upper_mm"))
    settings = RemovalSettings(
        resolution=0.25e-3,
        band=120e-6,
        n_candidates=2,
        collision_tolerance=20e-6,
        target_tolerance=10e-6,
        n_mib_limit=2000,
    )
    part = cut(linearise(program, chord_tolerance=2e-6), tools, Stock.box(lower, upper), settings)
    made = plan(list(features.values()), part.surface)
    assert made.n_samples.min() > 100
    found = dict(
        zip(
            zip(made.name, made.characteristic, strict=True),
            np.asarray(measure(made, np.zeros(len(part.surface.area)))) * 1e3,
            strict=True,
        )
    )
    for name in lines:
        milled = arcs(text, *lines[name])
        near = np.linalg.norm(milled[:, :2] - np.array(features[name].centre[:2]) * 1e3, axis=1) < 0.006
        programmed = 2 * (3.175 / 2 + milled[near, 2].max())
        assert found[name, "diameter"] == pytest.approx(programmed, abs=0.005)  # 4 decimals of an inch, chords
        assert found[name, "position"] < 0.006
    report = measured("nist_plate", 1)
    for name in ("length", "width"):
        values = report.of(name, "thickness")
        # 0.01 mm between the laboratories, 0.01 mm of the tool's diameter
        np.testing.assert_allclose(found[name, "thickness"], values[~np.isnan(values)] * 1e3, atol=0.02)


def test_scenarios_without_measurements():
    assert measured("rib_panel_7075", 1) is None


@pytest.mark.data
def test_a_plate_that_nobody_measured(data):
    with pytest.raises(InputError, match="has no part"):
        measured("nist_plate", 3)


def test_the_tools_stick_out_as_the_plan_says():
    """Plate-Setup-and-Tooling.xlsx, in inches: .093 and .125 in 0.375 / 1.375, .25 in 0.5 / 1.5, .5 in 0.75 / 1.75."""
    short = {"1": 0.375, "5": 0.375, "4": 0.5, "3": 0.75}
    for plate in PLATES:
        config = compose(["scenario=nist_plate", f"scenario.plate={plate}"])
        longer = 1.0 if plate in (10, 11, 13, 16) else 0.0
        for number, inches in short.items():
            assert config["tools"][number]["stick_out_mm"] == pytest.approx((inches + longer) * INCH)
        assert config["scenario"]["program"] == f"data:nist_plates/plate_{plate:02d}.nc"


def test_stick_out_can_be_overridden():
    config = compose(["scenario=nist_plate", "scenario.plate=10", "tools.5.stick_out_mm=20"])
    assert config["tools"]["5"]["stick_out_mm"] == 20
    assert config["tools"]["1"]["stick_out_mm"] == pytest.approx(34.925)


def test_a_report_without_the_characteristic(monkeypatch, data_dir, tmp_path):
    folder = tmp_path / "nist_plate"
    folder.mkdir()
    table = yaml.safe_load((FOLDER / "measured.yaml").read_text())
    table["laboratories"]["mtc_nikon"]["rows"][0]["names"] = ["DIAMETER99"]
    (folder / "measured.yaml").write_text(yaml.safe_dump(table))
    monkeypatch.setenv("TWIN_DATA_DIR", str(data_dir))
    monkeypatch.setattr(measured_module, "shared_folder", lambda name: tmp_path)
    with pytest.raises(InputError, match="no characteristic 'DIAMETER99'"):
        measured("nist_plate", 1)
