"""QIF results against values read off the raw text, and the reader's patience with incomplete files."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from twin.errors import InputError
from twin.formats.qif import read_qif


@pytest.fixture(scope="module")
def mitutoyo(data_dir):
    return data_dir / "nist_plates" / "nist_mitutoyo.qif"


@pytest.fixture(scope="module")
def nikon(data_dir):
    return data_dir / "nist_plates" / "mtc_nikon.qif"


def values(results, name):
    """Measured values of a characteristic, one a part [m or rad]."""
    return [m.value for m in results.measurements if results.characteristics[m.characteristic].name == name]


@pytest.mark.data
def test_mitutoyo_against_a_raw_text_search(mitutoyo):
    """The item called 'Diameter 10' has id 20; its values follow that id in the text."""
    text = mitutoyo.read_text()
    item = re.search(
        r'<DiameterCharacteristicItem id="(\d+)">(?:(?!</Diam).)*<Name>Diameter 10</Name>', text, re.S
    ).group(1)
    raw = re.findall(rf"<CharacteristicItemId>{item}</CharacteristicItemId>\s*<Value>([\d.]+)</Value>", text)
    results = read_qif(mitutoyo)
    assert results.components == ("1", "2", "8", "10", "11", "13", "16", "19")
    assert [f"{v * 1e3:.3f}" for v in values(results, "Diameter 10")] == raw
    assert raw == ["3.996", "3.995", "3.992", "4.105", "4.097", "4.229", "4.479", "4.008"]  # read by eye


@pytest.mark.data
def test_twelve_diameters_of_four_millimetres(mitutoyo):
    results = read_qif(mitutoyo)
    four = [c for c in results.characteristics.values() if c.kind == "Diameter" and abs(c.nominal - 4e-3) < 1e-9]
    assert len(four) == 12
    assert {(round(c.lower * 1e3, 6), round(c.upper * 1e3, 6)) for c in four} == {(3.75, 4.25)}


@pytest.mark.data
def test_every_value_of_both_laboratories_is_read(mitutoyo, nikon):
    for file in (mitutoyo, nikon):
        root = ET.parse(file).getroot()
        raw = [e for e in root.iter() if e.tag.endswith("CharacteristicActual")]
        results = read_qif(file)
        assert len(results.measurements) == len(raw) == len(results.components) * len(raw) / 8
        passed = sum(m.status == "PASS" for m in results.measurements)
        assert passed == file.read_text().count("<CharacteristicStatusEnum>PASS</CharacteristicStatusEnum>")


@pytest.mark.data
def test_nikon_features_carry_places(nikon):
    results = read_qif(nikon)
    assert (results.version, len(results.features), len(results.components)) == ("2.1.0", 22, 8)
    hole = next(f for f in results.features.values() if f.name == "SIMPLE_HOLE2")
    np.testing.assert_allclose(hole.point, [0.070, 0.005, 0.0045], atol=1e-9)
    np.testing.assert_allclose(hole.direction, [0, 0, -1], atol=1e-9)
    assert hole.diameter == pytest.approx(4e-3)
    first = results.measured_features[results.components[0], "19"]  # read by eye: CylinderFeatureActual id 20
    np.testing.assert_allclose(first.point, [0.101715, 0.00548, 0.002295], atol=1e-9)
    assert first.diameter == pytest.approx(4.486e-3)
    measured_on = [m for m in results.measurements if m.component == results.components[0] and m.features == ("19",)]
    assert [m.value for m in measured_on if results.characteristics[m.characteristic].kind == "Diameter"] == [
        first.diameter
    ]


@pytest.mark.data
def test_angles_come_in_radians(mitutoyo):
    results = read_qif(mitutoyo)
    assert values(results, "Cone Angle 3")[0] == pytest.approx(np.radians(88.953))


@pytest.mark.data
def test_sample_of_qif_3(data_dir):
    """Limits given as offsets, a nominal that only the feature states; numbers read by eye."""
    results = read_qif(data_dir / "qif_schema" / "sample_results.qif")
    assert results.version == "3.0.0"
    by_name = {c.name: c for c in results.characteristics.values()}
    assert by_name["DIAM1_B"].nominal == pytest.approx(12.7e-3)
    assert (by_name["DIAM1_B"].lower, by_name["DIAM1_B"].upper) == pytest.approx((12.4e-3, 13.0e-3))
    assert by_name["DIAM2"].nominal == pytest.approx(6.35e-3)
    assert (by_name["DIAM2"].lower, by_name["DIAM2"].upper) == pytest.approx((6.3e-3, 6.5e-3))
    assert (by_name["FLAT1"].nominal, by_name["FLAT1"].upper) == pytest.approx((0.0, 1e-4))
    assert values(results, "FLAT1") == pytest.approx([23e-6])
    assert values(results, "DIAM1_B") == pytest.approx([12.699e-3])
    assert results.measured_features["1", "40"].diameter == pytest.approx(6.2e-3)


SMALL = """<QIFDocument xmlns="http://qifstandards.org/xsd/qif3" versionQIF="3.0.0">
{units}<Characteristics><CharacteristicItems n="1"><DiameterCharacteristicItem id="1"/></CharacteristicItems>
</Characteristics><Results><MeasurementResultsSet n="1"><MeasurementResults id="2"><MeasuredCharacteristics>
<DiameterCharacteristicMeasurement id="3"><CharacteristicItemId>{item}</CharacteristicItemId>{value}
</DiameterCharacteristicMeasurement></MeasuredCharacteristics></MeasurementResults></MeasurementResultsSet></Results>
</QIFDocument>"""


def small(tmp_path, units="", item="1", value="<Value>2.0</Value>"):
    file = tmp_path / "small.qif"
    file.write_text(SMALL.format(units=units, item=item, value=value))
    return file


def test_what_is_left_out_reads_as_unknown(tmp_path):
    results = read_qif(small(tmp_path))
    only = results.characteristics["1"]
    assert (only.name, only.features) == ("1", ())
    assert np.isnan([only.nominal, only.lower, only.upper]).all()
    assert (results.components, results.measurements[0].value) == (("1",), 2e-3)
    assert np.isnan(read_qif(small(tmp_path, value="")).measurements[0].value)


def test_inches(tmp_path):
    units = "<FileUnits><PrimaryUnits><LinearUnit><SIUnitName>meter</SIUnitName><UnitName>inch</UnitName>"
    units += "<UnitConversion><Factor>0.0254</Factor></UnitConversion></LinearUnit></PrimaryUnits></FileUnits>"
    assert read_qif(small(tmp_path, units)).measurements[0].value == pytest.approx(50.8e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("G1 X1", "not XML"),
        ("<html></html>", "begins with html, not QIFDocument"),
        ("<QIFDocument/>", "no measured characteristics"),
        (SMALL.format(units="", item="9", value=""), "refers to no characteristic '9'"),
        (SMALL.format(units="", item="1", value="<Value>two</Value>"), "is 'two', not a number"),
    ],
)
def test_unusable_files(tmp_path, text, message):
    file = tmp_path / "bad.qif"
    file.write_text(text)
    with pytest.raises(InputError, match=f"bad.qif.*{message}"):
        read_qif(file)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_qif(tmp_path / "gone.qif")


def test_a_unit_by_its_name_alone(tmp_path):
    units = "<FileUnits><PrimaryUnits><LinearUnit><UnitName>inch</UnitName></LinearUnit></PrimaryUnits></FileUnits>"
    assert read_qif(small(tmp_path, units)).measurements[0].value == pytest.approx(50.8e-3)


@pytest.mark.parametrize("unit", ["<UnitName>cubit</UnitName>", "<UnitConversion><Factor>-1</Factor></UnitConversion>"])
def test_a_unit_that_nobody_knows(tmp_path, unit):
    units = f"<FileUnits><PrimaryUnits><LinearUnit>{unit}</LinearUnit></PrimaryUnits></FileUnits>"
    with pytest.raises(InputError, match="LinearUnit .* has no usable factor"):
        read_qif(small(tmp_path, units))


@pytest.mark.data
def test_datums(nikon, data_dir):
    """The laboratory names datums A and B without tying them to features; the sample of QIF 3 ties them."""
    results = read_qif(nikon)
    by_name = {c.name: c for c in results.characteristics.values()}
    assert (by_name["PERPENDICULARITY1"].datums, by_name["POSITION1"].datums) == (("A",), ("A", "B"))
    assert results.datums == {"A": (), "B": ()}
    sample = read_qif(data_dir / "qif_schema" / "sample_results.qif")
    assert sample.datums == {"A": ("11",), "B": ("19",), "C": ("30",)}
