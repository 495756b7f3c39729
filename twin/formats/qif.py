"""Reads inspection results in QIF 2.1 and 3.0 (ISO 23952): characteristics, features, measured values.

Lenient: what a file leaves out reads as None or NaN, what it adds is passed over; only a file without
results, a broken reference or a value that is no number is an error. Both versions are read by the
endings of their element names (``DiameterCharacteristicActual`` in 2.1 is ``…Measurement`` in 3.0).
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.units import DEG, INCH, MM, UM

Element = ET.Element
UNITS = {"mm": MM, "m": 1.0, "um": UM, "inch": INCH, "in": INCH, "degree": DEG, "deg": DEG, "radian": 1.0, "rad": 1.0}


@dataclass(frozen=True)
class QifFeature:
    """A feature of the drawing (nominal) or of the part (measured)."""

    id: str
    """Of the feature item that both refer to."""
    kind: str
    """Cylinder, Plane, Circle, OppositeParallelLines …"""
    name: str
    point: np.ndarray
    """(3,) [m] location, point on the axis or start of the centre line; NaN where none is given."""
    direction: np.ndarray
    """(3,) unit axis or normal; NaN where none is given."""
    diameter: float
    """[m], or the width of parallel lines; NaN where there is none."""
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    """(point, 3) [m] where the plan of the file measures it; none where it plans nothing."""


@dataclass(frozen=True)
class QifCharacteristic:
    """What is to be measured."""

    id: str
    name: str
    kind: str
    """Diameter, Flatness, Position, Angle …"""
    nominal: float
    """[m] or [rad]; 0 for a form or location tolerance; NaN where neither it nor its feature says."""
    lower: float
    """Least value that passes; NaN where none is given."""
    upper: float
    """Greatest value that passes."""
    features: tuple[str, ...]
    """Ids of its feature items."""
    datums: tuple[str, ...] = ()
    """Labels of its datums, by precedence."""


@dataclass(frozen=True)
class QifMeasurement:
    """One characteristic of one part."""

    component: str
    """Serial number of the part."""
    characteristic: str
    """Id of the characteristic item."""
    value: float
    """[m] or [rad]; NaN where it was not determined."""
    status: str
    """PASS, FAIL …"""
    features: tuple[str, ...]
    """Ids of the feature items it was measured on."""
    uncertainty: float = np.nan
    """Combined standard uncertainty, as value; NaN where none is stated."""
    mean_error: float = np.nan
    """By how much the value is expected to be read too large."""


@dataclass(frozen=True)
class QifResults:
    """Content of a results file, in SI units."""

    version: str
    characteristics: dict[str, QifCharacteristic]
    features: dict[str, QifFeature]
    measurements: tuple[QifMeasurement, ...]
    measured_features: dict[tuple[str, str], QifFeature]
    """By component and feature item."""
    datums: dict[str, tuple[str, ...]]
    """Feature items of a datum label; none where the file does not tie it to a feature."""

    @property
    def components(self) -> tuple[str, ...]:
        """Serial numbers, in the order of the file."""
        return tuple(dict.fromkeys(m.component for m in self.measurements))


def read_qif(file: Path) -> QifResults:
    """Read a QIF results file.

    Raises:
        InputError: missing, no XML, no QIF, no results, a broken reference, a value that is no number.
    """
    try:
        root = ET.parse(file).getroot()
    except FileNotFoundError:
        raise InputError("there is no such file", file=file, remedy="name a QIF results file") from None
    except ET.ParseError as error:
        raise InputError(f"not XML: {error}", file=file, remedy="name a QIF results file") from None
    if _tag(root) != "QIFDocument":
        raise InputError(f"begins with {_tag(root)}, not QIFDocument", file=file, remedy="name a QIF results file")
    return _Reader(root, file).results()


class _Reader:
    """The document with its elements by id and the units that its numbers are in."""

    def __init__(self, root: Element, file: Path):
        self.root, self.file = root, file
        self.by_id = {e.get("id"): e for e in root.iter() if e.get("id")}
        self.linear = self._factor("LinearUnit", MM)
        self.angular = self._factor("AngularUnit", DEG)

    def results(self) -> QifResults:
        features = {
            str(item.get("id")): self._feature(item, self._refer(item, "FeatureNominalId"))
            for item in self._ending("FeatureItem")
        }
        characteristics = {
            str(i.get("id")): self._characteristic(i, features) for i in self._ending("CharacteristicItem")
        }
        measurements, measured = [], {}
        for number, part in enumerate(e for e in self.root.iter() if _tag(e) == "MeasurementResults"):
            component = self._component(part, number)
            own = {}
            for element in part.iter():
                if _tag(element).endswith(("FeatureActual", "FeatureMeasurement")):
                    feature = self._feature(self._refer(element, "FeatureItemId"), element)
                    own[str(element.get("id"))] = feature.id
                    measured[component, feature.id] = feature
            for element in part.iter():
                if _tag(element).endswith(("CharacteristicActual", "CharacteristicMeasurement")):
                    measurements.append(self._measurement(element, component, own, characteristics))
        if not measurements:
            raise InputError("holds no measured characteristics", file=self.file, remedy="export the results with it")
        return QifResults(
            self.root.get("versionQIF", ""), characteristics, features, tuple(measurements), measured, self._datums()
        )

    def _characteristic(self, item: Element, features: dict[str, QifFeature]) -> QifCharacteristic:
        nominal = self._refer(item, "CharacteristicNominalId")
        definition = self._refer(nominal, "CharacteristicDefinitionId")
        kind = _tag(item).removesuffix("CharacteristicItem")
        of = tuple(_ids(item, "FeatureItemIds"))
        factor = self._unit(kind)
        zone = self._number(definition, "ToleranceValue", factor)
        if zone == zone:
            target, low, high = 0.0, 0.0, zone
        else:
            target = self._number(nominal, "TargetValue", factor)
            if target != target and kind in ("Diameter", "Width"):
                target = next((features[f].diameter for f in of if f in features), np.nan)
            low, high = (self._number(definition, name, factor) for name in ("MinValue", "MaxValue"))
            if _text(definition, "DefinedAsLimit") == "false":
                low, high = target + low, target + high
        name = _text(item, "Name") or _text(nominal, "Name") or _text(definition, "Name") or str(item.get("id"))
        frame = self._refer(definition, "DatumReferenceFrameId")
        labels = (
            _text(self._refer(datum, "DatumDefinitionId"), "DatumLabel")
            for datum in frame.iter(frame.tag.replace("DatumReferenceFrame", "Datum"))
        )
        datums = tuple(label for label in labels if label)
        return QifCharacteristic(str(item.get("id")), name, kind, target, low, high, of, datums)

    def _measurement(
        self, element: Element, component: str, own: dict[str, str], known: dict[str, QifCharacteristic]
    ) -> QifMeasurement:
        item = _text(element, "CharacteristicItemId") or ""
        if item not in known:
            raise InputError(
                f"{_tag(element)} {element.get('id')} refers to no characteristic '{item}'", file=self.file
            )
        of = [*_ids(element, "FeatureActualIds"), *_ids(element, "FeatureMeasurementIds")]
        value = self._number(element, "Value", self._unit(known[item].kind))
        status = _text(element, "CharacteristicStatusEnum") or ""
        return QifMeasurement(
            component,
            item,
            value,
            status,
            tuple(own[i] for i in of if i in own) or known[item].features,
            *(
                self._attribute(element, name, self._unit(known[item].kind))
                for name in ("combinedUncertainty", "meanError")
            ),
        )

    def _attribute(self, element: Element, name: str, factor: float) -> float:
        """Attribute ``name`` of the Value of a measurement; NaN where there is none."""
        value = next((e for e in element if _tag(e) == "Value"), None)
        text = None if value is None else value.get(name)
        try:
            return np.nan if text is None else float(text) * factor
        except ValueError:
            raise InputError(f"{name} of {_tag(element)} is '{text}', not a number", file=self.file) from None

    def _datums(self) -> dict[str, tuple[str, ...]]:
        """Feature items by datum label."""
        item_of = {_text(i, "FeatureNominalId"): str(i.get("id")) for i in self._ending("FeatureItem")}
        found = {}
        for datum in self._ending("DatumDefinition"):
            nominals = _ids(datum, "FeatureNominalIds")
            found[_text(datum, "DatumLabel") or ""] = tuple(item_of[n] for n in nominals if n in item_of)
        return found

    def _feature(self, item: Element, geometry: Element) -> QifFeature:
        kind = _tag(item).removesuffix("FeatureItem")
        of_item = self._refer(self._refer(item, "FeatureNominalId"), "FeatureDefinitionId")
        diameters = [self._number(e, name, self.linear) for e in (geometry, of_item) for name in ("Diameter", "Width")]
        return QifFeature(
            str(item.get("id")),
            kind,
            _text(item, "FeatureName") or "",
            self._vector(geometry, ("AxisPoint", "Location", "StartPoint")) * self.linear,
            self._vector(geometry, ("Direction", "Normal", "Vector")),
            next((d for d in diameters if d == d), np.nan),
            self._planned(item),
        )

    def _planned(self, item: Element) -> np.ndarray:
        """Nominal measure points of whole sets, those of the item before those of its nominal."""
        for holder in (item, self._refer(item, "FeatureNominalId")):
            sets = [(e.text or "").strip() for e in holder.iter() if _tag(e) == "WholePointSetId"]
            points = [p for s in sets if s in self.by_id for p in self.by_id[s] if _tag(p) == "MeasurePoint"]
            if points:
                return np.array([self._vector(point, ("Point",)) for point in points]) * self.linear
        return np.zeros((0, 3))

    def _component(self, part: Element, number: int) -> str:
        """Serial number of the measured part, else its place in the file."""
        for identity in _ids(part, "ActualComponentIds"):
            serial = _text(self.by_id[identity], "SerialNumber") if identity in self.by_id else None
            if serial:
                return serial
        return str(number + 1)

    def _refer(self, element: Element, name: str) -> Element:
        """The element that the reference ``name`` in ``element`` leads to; an empty one where there is none."""
        identity = _text(element, name)
        if identity is None:
            return Element("none")
        if identity not in self.by_id:
            raise InputError(f"{_tag(element)} {element.get('id')} refers to no element '{identity}'", file=self.file)
        return self.by_id[identity]

    def _unit(self, kind: str) -> float:
        if kind.startswith("UserDefined"):
            return 1.0
        return self.angular if kind.startswith("Angle") else self.linear

    def _factor(self, name: str, otherwise: float) -> float:
        unit = next((e for e in self.root.iter() if _tag(e) == name), None)
        if unit is None:
            return otherwise
        factor, called = self._number(unit, "Factor", 1.0), (_text(unit, "UnitName") or "").lower()
        if factor != factor:
            factor = UNITS.get(called, np.nan)
        if not factor > 0:
            raise InputError(
                f"the {name} '{called}' has no usable factor",
                file=self.file,
                remedy="state UnitConversion/Factor, or one of " + ", ".join(UNITS),
            )
        return factor

    def _number(self, element: Element, name: str, factor: float) -> float:
        text = _text(element, name)
        if text is None:
            return np.nan
        try:
            return float(text) * factor
        except ValueError:
            where = f"{name} of {_tag(element)} {element.get('id', '')}"
            raise InputError(f"{where} is '{text}', not a number", file=self.file) from None

    def _vector(self, element: Element, names: tuple[str, ...]) -> np.ndarray:
        for name in names:
            text = _text(element, name)
            if text and len(text.split()) == 3:
                return np.array([float(word) for word in text.split()])
        return np.full(3, np.nan)

    def _ending(self, ending: str) -> Iterator[Element]:
        return (e for e in self.root.iter() if _tag(e).endswith(ending) and e.get("id"))


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _text(element: Element, name: str) -> str | None:
    """Text of the first element ``name`` below ``element``."""
    found = next((e for e in element.iter() if _tag(e) == name and e is not element), None)
    return found.text.strip() if found is not None and found.text and found.text.strip() else None


def _ids(element: Element, name: str) -> list[str]:
    return [(e.text or "").strip() for child in element if _tag(child) == name for e in child if _tag(e) == "Id"]
