"""Writes inspection results as QIF 3.0 (ISO 23952), valid against its schema: one part, in mm and degrees.

Every characteristic keeps its name, kind, limits and datum labels; a value carries its ``combinedUncertainty`` and
``meanError``. A characteristic without value has the status NOT_ANALYZED. Of features, planes and cylinders are
written; a characteristic of another feature (a slot) stands without one.
"""

import os
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.formats.qif import QifCharacteristic, QifFeature, QifMeasurement
from twin.units import DEG, MM

NAMESPACE = "http://qifstandards.org/xsd/qif3"
SIZES = ("Diameter", "Radius", "Length", "Width", "DistanceBetween", "Angle", "UserDefinedLinear")
ZONES = ("Flatness", "Circularity", "Cylindricity")
ORIENTED = {"Perpendicularity": "Zone", "Parallelism": "Zone", "Angularity": "Zone", "Position": "Zone"}
KINDS = (*SIZES, *ZONES, *ORIENTED, "SurfaceProfile")


@dataclass(frozen=True)
class QifPart:
    """The part and the room it was measured in."""

    serial: str
    name: str
    time: datetime
    part: float  # [degC]
    part_scatter: float  # [K] one standard deviation
    ambient: float  # [degC]
    about: str  # what a reader must know of the values


def write_qif(
    file: Path,
    part: QifPart,
    characteristics: Sequence[QifCharacteristic],
    features: Sequence[QifFeature],
    measurements: Sequence[QifMeasurement],
) -> None:
    """Write a results file; whole or not at all.

    Args:
        file: to write.
        part: what was measured.
        characteristics: SI values; those of a kind that is not in ``KINDS`` are left out with their measurements.
        features: those that measurements refer to.
        measurements: of that one part, in the order of the report.

    Raises:
        InputError: the folder cannot be written.
    """
    writer = _Writer(part)
    root = writer.document(
        [c for c in characteristics if c.kind in KINDS],
        [f for f in features if f.kind in ("Cylinder", "Plane") and np.isfinite([*f.point, *f.direction]).all()],
        measurements,
    )
    ET.indent(root)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"cannot write: {error.strerror}", file=file, remedy="name a writable folder") from None


class _Writer:
    """Numbers elements as it makes them."""

    def __init__(self, part: QifPart):
        self.part = part
        self.last = 0

    def id(self) -> str:
        self.last += 1
        return str(self.last)

    def document(
        self,
        characteristics: Sequence[QifCharacteristic],
        features: Sequence[QifFeature],
        measurements: Sequence[QifMeasurement],
    ) -> ET.Element:
        root = ET.Element("QIFDocument", {"xmlns": NAMESPACE, "versionQIF": "3.0.0"})
        add(root, "QPId", str(uuid.uuid4()))
        add(add(root, "Version"), "TimeCreated", self.part.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        header = add(root, "Header")
        add(add(header, "Application"), "Name", "twin inspect")
        add(header, "Description", self.part.about)
        standards = add(root, "StandardsDefinitions", n="1")
        standard = add(standards, "Standard", id=self.id())
        add(add(standard, "Organization"), "StandardsOrganizationEnum", "ISO")
        add(standard, "Designator", "1101")
        self._units(root)
        frames = self._datums(root, characteristics)
        items, nominals = self._features(root, features)
        group = add(root, "Characteristics")
        add(group, "FormalStandardId", standard.get("id", ""))
        by_id = self._characteristics(group, characteristics, frames, items, nominals)
        self._results(root, characteristics, by_id, items, features, measurements)
        root.set("idMax", str(self.last))
        return root

    def _units(self, root: ET.Element) -> None:
        units = add(add(root, "FileUnits"), "PrimaryUnits")
        for kind, si, name, factor in (
            ("AngularUnit", "radian", "degree", DEG),
            ("LinearUnit", "meter", "mm", MM),
            ("TemperatureUnit", "kelvin", "celsius", 1.0),
        ):
            unit = add(units, kind)
            add(unit, "SIUnitName", si)
            add(unit, "UnitName", name)
            conversion = add(unit, "UnitConversion")
            add(conversion, "Factor", repr(float(factor)))
            if kind == "TemperatureUnit":
                add(conversion, "Offset", "273.15")

    def _datums(self, root: ET.Element, characteristics: Sequence[QifCharacteristic]) -> dict[tuple[str, ...], str]:
        """Datum reference frames by their labels."""
        systems = list(dict.fromkeys(c.datums for c in characteristics if c.datums))
        labels = list(dict.fromkeys(label for system in systems for label in system))
        ids = {}
        if labels:
            group = add(root, "DatumDefinitions", n=str(len(labels)))
            for label in labels:
                ids[label] = self.id()
                add(add(group, "DatumDefinition", id=ids[label]), "DatumLabel", label)
        # without datums the part's own frame: a reference frame that names none
        needs_own = any(c.kind in ORIENTED and not c.datums for c in characteristics)
        systems += [()] if needs_own else []
        frames: dict[tuple[str, ...], str] = {}
        if systems:
            group = add(root, "DatumReferenceFrames", n=str(len(systems)))
            for system in systems:
                frames[system] = self.id()
                frame = add(group, "DatumReferenceFrame", id=frames[system])
                if system:
                    datums = add(frame, "Datums", n=str(len(system)))
                    for label, order in zip(system, ("PRIMARY", "SECONDARY", "TERTIARY"), strict=False):
                        datum = add(datums, "Datum")
                        simple = add(datum, "SimpleDatum")
                        add(simple, "DatumDefinitionId", ids[label])
                        add(simple, "MaterialModifier", "NONE")
                        add(simple, "ReferencedComponent", "ACTUAL")
                        add(add(datum, "Precedence"), "PrecedenceEnum", order)
        return frames

    def _features(self, root: ET.Element, features: Sequence[QifFeature]) -> tuple[dict[str, str], dict[str, str]]:
        """Ids of feature items and of their nominals by the id of the feature that was given."""
        items: dict[str, str] = {}
        nominals: dict[str, str] = {}
        if not features:
            return items, nominals
        group = add(root, "Features")
        lists = [add(group, f"Feature{what}s", n=str(len(features))) for what in ("Definition", "Nominal", "Item")]
        definitions = {}
        for feature in features:
            definitions[feature.id] = self.id()
            definition = add(lists[0], f"{feature.kind}FeatureDefinition", id=definitions[feature.id])
            if feature.kind == "Cylinder":
                add(definition, "InternalExternal", "NOT_APPLICABLE")
                add(definition, "Diameter", number(feature.diameter / MM))
        for feature in features:
            nominals[feature.id] = self.id()
            nominal = add(lists[1], f"{feature.kind}FeatureNominal", id=nominals[feature.id])
            add(nominal, "FeatureDefinitionId", definitions[feature.id])
            place, direction = (
                " ".join(number(v) for v in vector) for vector in (feature.point / MM, feature.direction)
            )
            of = add(nominal, "Axis") if feature.kind == "Cylinder" else nominal
            add(of, "AxisPoint" if feature.kind == "Cylinder" else "Location", place)
            add(of, "Direction" if feature.kind == "Cylinder" else "Normal", direction)
        for feature in features:
            items[feature.id] = self.id()
            item = add(lists[2], f"{feature.kind}FeatureItem", id=items[feature.id])
            add(item, "FeatureNominalId", nominals[feature.id])
            add(item, "FeatureName", feature.name or feature.id)
            add(add(item, "DeterminationMode"), "Checked")
        return items, nominals

    def _characteristics(
        self,
        group: ET.Element,
        characteristics: Sequence[QifCharacteristic],
        frames: dict[tuple[str, ...], str],
        items: dict[str, str],
        nominals: dict[str, str],
    ) -> dict[str, str]:
        """Ids of the written characteristic items by the id of the characteristic that was given."""
        n = str(len(characteristics))
        lists = [add(group, f"Characteristic{what}s", n=n) for what in ("Definition", "Nominal", "Item")]
        ids: dict[str, tuple[str, str, str]] = {c.id: (self.id(), self.id(), self.id()) for c in characteristics}
        for c in characteristics:
            definition = add(lists[0], f"{c.kind}CharacteristicDefinition", id=ids[c.id][0])
            factor = _factor(c.kind)
            if c.kind in SIZES:
                _limits(definition, c.lower / factor, c.upper / factor)
                if c.kind == "UserDefinedLinear":
                    add(definition, "WhatToMeasure", c.name)
            else:
                zone = c.upper if np.isfinite(c.upper) else 0.0
                add(definition, "ToleranceValue", number(zone / factor))
                if c.kind in ORIENTED:
                    add(definition, "DatumReferenceFrameId", frames[c.datums])
                    add(definition, "MaterialCondition", "NONE")
                    axis = c.kind == "Position" or any(f in items for f in c.features)
                    add(add(definition, "ZoneShape"), "DiametricalZone" if axis else "PlanarZone")
                elif c.datums and c.kind == "SurfaceProfile":
                    add(definition, "DatumReferenceFrameId", frames[c.datums])
        for c in characteristics:
            nominal = add(lists[1], f"{c.kind}CharacteristicNominal", id=ids[c.id][1])
            add(nominal, "CharacteristicDefinitionId", ids[c.id][0])
            refer(nominal, "FeatureNominalIds", [nominals[f] for f in c.features if f in nominals])
            add(nominal, "Name", c.name)
            if c.kind in SIZES and np.isfinite(c.nominal):
                add(nominal, "TargetValue", number(c.nominal / _factor(c.kind)))
            if c.kind == "DistanceBetween":
                add(nominal, "AnalysisMode", "THREEDIMENSIONAL")
        for c in characteristics:
            item = add(lists[2], f"{c.kind}CharacteristicItem", id=ids[c.id][2])
            add(item, "Name", c.name)
            refer(item, "FeatureItemIds", [items[f] for f in c.features if f in items])
            add(item, "CharacteristicNominalId", ids[c.id][1])
        return {c.id: ids[c.id][2] for c in characteristics}

    def _results(
        self,
        root: ET.Element,
        characteristics: Sequence[QifCharacteristic],
        by_id: dict[str, str],
        items: dict[str, str],
        features: Sequence[QifFeature],
        measurements: Sequence[QifMeasurement],
    ) -> None:
        kinds = {c.id: c.kind for c in characteristics}
        shown = [m for m in measurements if m.characteristic in by_id]
        group = add(root, "Results")
        results = add(add(group, "MeasurementResultsSet", n="1"), "MeasurementResults", id=self.id())
        seen = [f for f in features if any(f.id in m.features for m in shown)]
        actual = {}
        if seen:
            measured = add(results, "MeasuredFeatures", n=str(len(seen)))
            for feature in seen:
                actual[feature.id] = self.id()
                element = add(measured, f"{feature.kind}FeatureMeasurement", id=actual[feature.id])
                add(element, "FeatureItemId", items[feature.id])
        values = add(add(results, "MeasuredCharacteristics"), "CharacteristicMeasurements", n=str(len(shown)))
        for m in shown:
            kind = kinds[m.characteristic]
            element = add(values, f"{kind}CharacteristicMeasurement", id=self.id())
            known = np.isfinite(m.value)
            add(
                add(element, "Status"),
                "CharacteristicStatusEnum",
                (m.status or "UNDEFINED") if known else "NOT_ANALYZED",
            )
            add(element, "CharacteristicItemId", by_id[m.characteristic])
            refer(element, "FeatureMeasurementIds", [actual[f] for f in m.features if f in actual])
            if known:
                value = add(element, "Value", number(m.value / _factor(kind)))
                for name, extra in (("combinedUncertainty", m.uncertainty), ("meanError", m.mean_error)):
                    if np.isfinite(extra):
                        value.set(name, number(extra / _factor(kind)))
        worst = {m.status for m in shown if np.isfinite(m.value)}
        state = "FAIL" if "FAIL" in worst else "PASS" if worst == {"PASS"} else "UNKNOWN"
        add(add(results, "InspectionStatus"), "InspectionStatusEnum", state)
        component = self.id()
        refer(results, "ActualComponentIds", [component])
        self._component(group, component, state)

    def _component(self, group: ET.Element, identity: str, state: str) -> None:
        """The part and its temperature."""
        sets = add(group, "ActualComponentSets", n="1")
        one = add(add(sets, "ActualComponentSet", n="1"), "ActualComponent", id=identity)
        add(one, "SerialNumber", self.part.serial)
        add(add(one, "Status"), "InspectionStatusEnum", state)
        environment = add(add(add(one, "Traceability"), "ProductEnvironments", n="1"), "Environment")
        at = {"combinedUncertainty": number(self.part.part_scatter)}
        add(environment, "ObjectTemperature", number(self.part.part), **at)
        add(environment, "AmbientTemperature", number(self.part.ambient))
        add(environment, "DateAndTime", self.part.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """A new last child."""
    child = ET.SubElement(parent, name, attributes)
    child.text = text
    return child


def refer(parent: ET.Element, name: str, ids: Iterable[str]) -> None:
    """A list of references, where there are any."""
    ids = list(ids)
    if ids:
        group = add(parent, name, n=str(len(ids)))
        for identity in ids:
            add(group, "Id", identity)


def number(value: float) -> str:
    """A decimal as XML schema has it: no exponent."""
    return np.format_float_positional(float(value), precision=9, unique=False, trim="-")


def _limits(definition: ET.Element, lower: float, upper: float) -> None:
    if not np.isfinite([lower, upper]).any():
        add(definition, "NonTolerance", "MEASURED")
        return
    tolerance = add(definition, "Tolerance")
    for name, value in (("MaxValue", upper), ("MinValue", lower)):
        if np.isfinite(value):
            add(tolerance, name, number(value))
    add(tolerance, "DefinedAsLimit", "true")


def _factor(kind: str) -> float:
    if kind == "UserDefinedLinear":
        return 1.0
    return DEG if kind == "Angle" else MM
