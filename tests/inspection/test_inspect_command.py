"""`twin inspect` on a small run of one's own making: the plate with holes of known errors, beside both laboratories."""

import xml.etree.ElementTree as ET
from itertools import product

import numpy as np
import pytest
import xarray as xr
import yaml

from twin.__main__ import main
from twin.compose import compose
from twin.errors import InputError
from twin.formats.qif import read_qif
from twin.inspect_run import inspect_run
from twin.inspection.features import Circle, Plane, Slot, Wall, frame, read_features
from twin.resources import shared_folder
from twin.result import Result, dataset

TOO_WIDE = {"hole_70_5": 150e-6, "hole_107_41": -40e-6}  # [m] in diameter
PLATE = 10

pytestmark = [pytest.mark.data, pytest.mark.usefixtures("jax_as_users_have_it")]


def samples(feature):
    """Samples of a nominal feature: position and normal."""
    axes = frame(feature)
    if isinstance(feature, Circle):
        angle, z = (g.ravel() for g in np.meshgrid(np.arange(0, 2 * np.pi, 0.05), np.linspace(-0.5, 0.5, 9)))
        ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
        local = feature.diameter / 2 * ring + z[:, None] * [0, 0, feature.length]
        return np.asarray(feature.centre) + local @ axes, -ring @ axes
    u, v = (g.ravel() for g in np.meshgrid(*(np.linspace(-s / 2, s / 2, 21) for s in feature.size)))
    flat = np.stack([u, v, 0 * u], axis=1)
    up = np.array([0.0, 0.0, 1.0])
    half = {Wall: "thickness", Slot: "width"}.get(type(feature))
    half = 0.0 if half is None else getattr(feature, half) / 2
    side = -up if isinstance(feature, Slot) else up
    faces = [(flat + half * up, side), (flat - half * up, -side)] if half else [(flat, up)]
    position = np.concatenate([p for p, _ in faces]) @ axes + np.asarray(feature.centre)
    return position, np.concatenate([np.tile(n @ axes, (len(flat), 1)) for _, n in faces])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder of plate 10 whose surface is nominal but for two holes."""
    folder = tmp_path_factory.mktemp("run")
    features = read_features(yaml.safe_load((shared_folder("scenarios") / "nist_plate" / "features.yaml").read_text()))
    made = [samples(f) for f in features if isinstance(f, (Circle, Plane, Wall, Slot))]
    deviation = np.concatenate(
        [np.full(len(p), -TOO_WIDE.get(f.name, 0.0) / 2) for f, (p, _) in zip(features, made, strict=True)]
    )
    position, normal = (np.concatenate(a) for a in zip(*made, strict=True))
    surface = dataset(
        "sample",
        {
            "position_mm": (position * 1e3, "mm", "place", ("axis",)),
            "normal": (normal, "1", "normal", ("axis",)),
            "area_mm2": (np.full(len(position), 0.01), "mm²", "area"),
            "machined": (np.ones(len(position), dtype=bool), "1", "machined"),
            "deviation_um": (deviation * 1e6, "µm", "deviation"),
        },
        axis=["x", "y", "z"],
    )
    tree = xr.DataTree.from_dict({"surface": surface})
    tree.attrs.update(title="plate 10", scenario="nist_plate")
    Result(tree).save(folder)
    config = compose(["scenario=nist_plate", f"scenario.plate={PLATE}"])
    (folder / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True))
    (folder / "run.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def nikon(data_dir):
    return data_dir / "nist_plates" / "mtc_nikon.qif"


@pytest.fixture(scope="module")
def inspected(run, nikon):
    return inspect_run(run, against=nikon)


def test_lines_find_their_features(inspected):
    """Places of the drawing, turned by 180 degrees; the numbers of the report read by eye."""
    by_on = {(line.name, line.on): line for line in inspected.lines}
    assert inspected.component.startswith("PLATE_RESULTS_A10")
    hole = by_on["DIAMETER5", "SIMPLE_HOLE2"]
    assert [c.feature for c in hole.callouts] == ["hole_70_5"]
    assert hole.measurement.value == pytest.approx(4.163e-3)
    value, uncertainty, _ = inspected.of(hole.callouts)
    assert value == pytest.approx(4.15e-3, abs=0.05e-6)
    assert 0.5e-6 < uncertainty < 1.5e-6
    assert inspected.of(by_on["DIAMETER8", "SIMPLE_HOLE13"].callouts)[0] == pytest.approx(9.96e-3, abs=0.1e-6)
    assert [c.label for c in by_on["PERPENDICULARITY1", "CYLINDER1"].callouts] == ["perpendicularity"]
    assert [c.datums for c in by_on["POSITION1", "CYLINDER2"].callouts] == [("edge_x0", "edge_y0")]
    assert "lies on" in by_on["FLATNESS1", "PLANE1"].why and "failed" in by_on["RADIUS1", "CYLINDER3"].why
    assert sum(bool(line.callouts) for line in inspected.lines) == 29


def test_lengths_and_distances_are_sums(inspected):
    """Nominal values of the report; the keyhole's 10 mm hole is found by its place."""
    by_name = {(line.name, line.on): line for line in inspected.lines}
    for key in (("LENGTH2", "SLOT3"), ("LENGTH1", "SLOT1"), ("DS002", ""), ("DS003", "")):
        line = by_name[key]
        of = (line.callouts, line.weights)
        assert inspected.nominal(*of) == pytest.approx(line.nominal, abs=1e-9)
        assert inspected.of(*of)[0] == pytest.approx(line.nominal, abs=0.1e-6)
        assert inspected.whole(*of) == inspected.of(*of)[1] > 0  # a run that says nothing of its scatter
    assert [c.feature for c in by_name["DIAMETER8", "SIMPLE_HOLE14"].callouts] == ["hole_35_15"]


def test_a_report_of_names_is_compared_by_groups(run, data_dir):
    found = inspect_run(run, against=data_dir / "nist_plates" / "nist_mitutoyo.qif")
    line = next(line for line in found.lines if line.name == "Diameter 1")
    assert {c.feature for c in line.callouts} == {"hole_70_5", "hole_60_5", "hole_50_5"}
    assert found.of(line.callouts)[0] == pytest.approx(4.05e-3, abs=0.05e-6)  # one of three is 150 um too wide
    assert found.component == "10"


def test_the_command_writes_report_and_qif(run, nikon, tmp_path, capsys):
    assert main(["inspect", str(run), "--against", str(nikon), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "29 of 31 lines compare" in printed and "SIMPLE_HOLE2" in printed
    assert sorted(f.name for f in tmp_path.iterdir()) == ["inspection.html", "inspection.qif"]
    page = (tmp_path / "inspection.html").read_text()
    assert page.count("data:image/png;base64,") == 3 and "http" not in page
    for said in (page, printed, (tmp_path / "inspection.qif").read_text()):
        assert "elease of residual stress: not modelled" in said
    assert "Predicted by a simulation" in (tmp_path / "inspection.qif").read_text()
    measured, predicted = read_qif(nikon), read_qif(tmp_path / "inspection.qif")
    lines = [m for m in measured.measurements if m.component == predicted.components[0]]
    assert len(lines) == len(predicted.measurements) == 31
    for a, b in zip(lines, predicted.measurements, strict=True):
        assert measured.characteristics[a.characteristic].name == predicted.characteristics[b.characteristic].name
    compared = [m for m in predicted.measurements if np.isfinite(m.value)]
    assert len(compared) == 29 and all(m.uncertainty > 0 for m in compared)


def planned(nikon, file, angles, heights):
    """The report with points for SIMPLE_HOLE2, at these angles [deg] and heights [mm], in a set of its own."""
    tree = ET.parse(nikon)
    space = tree.getroot().tag.removesuffix("QIFDocument")
    named = [e for e in tree.iter(f"{space}CylinderFeatureItem") if e.findtext(f"{space}FeatureName") == "SIMPLE_HOLE2"]
    points = ET.SubElement(tree.find(f"{space}Features"), f"{space}NominalPointSets", n="1")
    group = ET.SubElement(points, f"{space}NominalPointSet", id="99999", n=str(len(angles) * len(heights)))
    by_id = {e.get("id"): e for e in tree.iter() if e.get("id")}
    for item in named:
        nominal = by_id[item.findtext(f"{space}FeatureNominalId")]
        centre = [float(w) for w in next(nominal.iter(f"{space}AxisPoint")).text.split()]
        ET.SubElement(ET.SubElement(item, f"{space}PointList", n="1"), f"{space}WholePointSetId").text = "99999"
    for height, angle in product(heights, np.radians(angles)):
        place = np.add(centre, [2 * np.cos(angle), 2 * np.sin(angle), height])
        point = ET.SubElement(group, f"{space}MeasurePoint")
        ET.SubElement(point, f"{space}Point").text = " ".join(f"{v:.6f}" for v in place)
    tree.write(file)


def test_points_of_the_reports_plan_are_those_that_are_probed(run, nikon, inspected, tmp_path):
    """Twelve points at two heights 1 mm apart; the drawing lies on the part turned by 180 degrees."""
    angles = np.array([10.0, 50.0, 130.0, 200.0, 250.0, 340.0])
    planned(nikon, tmp_path / "plan.qif", angles, (-0.9, 0.1))
    component = "PLATE_RESULTS_A10_NIST_MTC_CRADA_PLATE_ORIGIN_NIKON_SCAN"
    found = inspect_run(run, against=tmp_path / "plan.qif", component=component)
    assert (found.n_planned, inspected.n_planned) == (1, 0)
    hole = [f.name for f in found.features].index("hole_70_5")
    there = found.probed.weight[hole] > 0
    x, y, z = found.probed.position[hole][there].T
    np.testing.assert_allclose(z, np.repeat([-0.5e-3, 0.5e-3], 6), atol=1e-9)
    np.testing.assert_allclose(np.hypot(x, y), 2e-3, atol=1e-9)
    np.testing.assert_allclose(np.degrees(np.arctan2(y, x))[:6] % 360, (angles + 180) % 360, atol=0.5)
    assert sorted(set(found.probed.section[hole][there])) == [0, 1]
    line = next(line for line in found.lines if line.on == "SIMPLE_HOLE2" and line.name == "DIAMETER5")
    assert found.of(line.callouts)[0] == pytest.approx(4.15e-3, abs=0.05e-6)
    assert found.of(line.callouts)[1] > inspected.of(line.callouts)[1]  # fewer points
    planned(nikon, tmp_path / "ring.qif", np.arange(8) * 45.0, (0.0,))
    assert inspect_run(run, against=tmp_path / "ring.qif", component=component).n_planned == 0  # a ring is no cylinder


def test_alone_it_reports_every_characteristic(run, tmp_path, capsys):
    assert main(["inspect", str(run), "--out", str(tmp_path)]) == 0
    assert "hole_70_5" in capsys.readouterr().out
    results = read_qif(tmp_path / "inspection.qif")
    by_name = {results.characteristics[m.characteristic].name: m.value for m in results.measurements}
    assert by_name["hole_70_5 diameter"] == pytest.approx(4.15e-3, abs=1e-7)


def refused(run, file, *words):
    with pytest.raises(InputError) as error:
        inspect_run(run, against=file, component=words[0] if words else None)
    return str(error.value)


def test_reports_that_cannot_be_compared(run, nikon, tmp_path):
    text = nikon.read_text()
    file = tmp_path / "inches.qif"
    file.write_text(text.replace("<Factor>0.001</Factor>", "<Factor>3.937007874e-05</Factor>"))
    assert "lengths are in inches" in refused(run, file, "PLATE_RESULTS_A10_NIST_MTC_CRADA_PLATE_ORIGIN_NIKON_SCAN")
    file = tmp_path / "bare.qif"
    bare = text.replace("TargetValue>", "Target>").replace("<Diameter>", "<D>").replace("</Diameter>", "</D>")
    file.write_text(bare.replace("<Width>", "<W>").replace("</Width>", "</W>"))
    assert "states no nominal values" in refused(run, file, "PLATE_RESULTS_A10_NIST_MTC_CRADA_PLATE_ORIGIN_NIKON_SCAN")
    assert "name one with --component" in refused(run, nikon, "plate 3")


def test_bad_input_of_the_command(run, tmp_path, capsys):
    assert main(["inspect", str(run), "--cmm", str(tmp_path / "no.yaml")]) == 2
    assert "no such measuring machine" in capsys.readouterr().err
    wrong = tmp_path / "cmm.yaml"
    wrong.write_text(
        (shared_folder("conf") / "cmm" / "standard.yaml").read_text().replace("tip_diameter_mm", "tip_diameter")
    )
    assert main(["inspect", str(run), "--cmm", str(wrong)]) == 2
    assert "tip_diameter has no unit" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path)]) == 2
