"""Written QIF 3.0: valid against the schema, read back as it was given, both laboratories' characteristics kept."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from xsd import Schema

from twin.errors import InputError
from twin.formats.qif import QifCharacteristic, QifFeature, QifMeasurement, read_qif
from twin.formats.qif_write import KINDS, QifPart, write_qif

PART = QifPart("7", "plate", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 20.5, 0.5, 21.0, "predicted")
HOLE = QifFeature("h", "Cylinder", "hole", np.array([0.01, 0.02, 0.0]), np.array([0.0, 0.0, 1.0]), 4e-3)
FACE = QifFeature("f", "Plane", "face", np.zeros(3), np.array([0.0, 0.0, 1.0]), np.nan)


def characteristic(kind, nominal=0.0, datums=(), features=("h",)):
    factor = np.radians(1.0) if kind == "Angle" else 1e-3
    return QifCharacteristic(kind, f"{kind} 1", kind, nominal, nominal - factor, nominal + factor, features, datums)


def measurement(kind, value, **more):
    return QifMeasurement("7", kind, value, "PASS", ("h",), **more)


@pytest.fixture(scope="module")
def schema(data_dir):
    return Schema(data_dir / "qif_schema" / "QIFDocument.xsd")


def references(file):
    """Ids that are referred to and are not there: libxml2 does not look at these keys."""
    root = ET.parse(file).getroot()
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) and max(map(int, ids)) == int(root.get("idMax"))
    referring = (e for e in root.iter() if e.tag.endswith("Id") and not e.tag.endswith("QPId"))
    return {e.text for e in referring} - set(ids)


@pytest.mark.data
def test_every_kind_is_valid_and_reads_back(tmp_path, schema):
    file = tmp_path / "all.qif"
    asked = [characteristic(kind, 1.5 if kind == "Angle" else 4e-3, ("A", "B")) for kind in KINDS]
    found = [measurement(k, 1.501 if k == "Angle" else 4.01e-3, uncertainty=1e-6, mean_error=2e-7) for k in KINDS]
    write_qif(file, PART, asked, [HOLE, FACE], found)
    assert schema.errors(file) == []
    assert references(file) == set()
    results = read_qif(file)
    assert (results.version, results.components) == ("3.0.0", ("7",))
    by_kind = {c.kind: c for c in results.characteristics.values()}
    assert set(by_kind) == set(KINDS)
    assert by_kind["Diameter"].nominal == pytest.approx(4e-3)
    assert (by_kind["Diameter"].lower, by_kind["Diameter"].upper) == pytest.approx((3e-3, 5e-3))
    assert by_kind["Position"].datums == ("A", "B")
    values = {results.characteristics[m.characteristic].kind: m for m in results.measurements}
    assert by_kind["Flatness"].datums == ()
    for kind in set(KINDS) - {"UserDefinedLinear"}:
        expected = 1.501 if kind == "Angle" else 4.01e-3
        assert values[kind].value == pytest.approx(expected, abs=1e-11)
        assert (values[kind].uncertainty, values[kind].mean_error) == pytest.approx((1e-6, 2e-7), abs=2e-11)
        assert [results.features[f].name for f in values[kind].features] == ["hole"]


@pytest.mark.data
def test_temperatures_are_stated(tmp_path, schema):
    file = tmp_path / "one.qif"
    write_qif(file, PART, [characteristic("Diameter", 4e-3)], [HOLE], [measurement("Diameter", 4e-3)])
    assert schema.errors(file) == []
    found = {e.tag.rsplit("}", 1)[-1]: e for e in ET.parse(file).getroot().iter()}
    assert (found["ObjectTemperature"].text, found["ObjectTemperature"].get("combinedUncertainty")) == ("20.5", "0.5")
    assert found["AmbientTemperature"].text == "21"
    assert found["Header"].find("{*}Description").text == "predicted"


@pytest.mark.data
@pytest.mark.parametrize("laboratory", ["mtc_nikon", "nist_mitutoyo"])
def test_both_laboratories_written_again_compare_line_by_line(tmp_path, schema, data_dir, laboratory):
    measured = read_qif(data_dir / "nist_plates" / f"{laboratory}.qif")
    component = measured.components[3]
    lines = [m for m in measured.measurements if m.component == component]
    file = tmp_path / "again.qif"
    part = replace(PART, serial=component)
    write_qif(file, part, list(measured.characteristics.values()), list(measured.features.values()), lines)
    assert schema.errors(file) == []
    assert references(file) == set()
    again = read_qif(file)
    assert again.components == (component,)
    kept = [m for m in lines if measured.characteristics[m.characteristic].kind in KINDS]
    assert len(again.measurements) == len(kept) == len(lines)
    for old, new in zip(kept, again.measurements, strict=True):
        a, b = measured.characteristics[old.characteristic], again.characteristics[new.characteristic]
        assert (a.name, a.kind, old.status) == (b.name, b.kind, new.status)
        np.testing.assert_allclose([new.value, b.nominal], [old.value, a.nominal], rtol=1e-9, atol=1e-12)


def test_a_value_that_is_not_known(tmp_path):
    file = tmp_path / "gap.qif"
    write_qif(file, PART, [characteristic("Diameter", 4e-3)], [HOLE], [measurement("Diameter", np.nan)])
    only = read_qif(file).measurements[0]
    assert (only.status, np.isnan(only.value)) == ("NOT_ANALYZED", True)


def test_nothing_is_left_behind_where_it_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        write_qif(tmp_path / "gone" / "a.qif", PART, [], [], [])
    target = tmp_path / "taken.qif"
    target.mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_qif(target, PART, [], [], [])
    assert [f.name for f in tmp_path.iterdir()] == ["taken.qif"]
