"""The device model of an MTConnect agent: which data items it has and in which units they come (standard, part 2).

Any version and any namespace are read; elements that are not known, such as extensions, are passed over.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import yaml

from twin.errors import InputError
from twin.units import split_suffix

UNITS = Path(__file__).with_name("mtconnect_units.yaml")
SERIES = "TIME_SERIES"
TEXTS = {"DATA_SET", "TABLE"}  # representations that are no numbers
NUMBERED = re.compile(r"LINE|LINE_NUMBER|BLOCK_COUNT|PART_COUNT|TOOL_NUMBER|(?!.*_MODE).*_OVERRIDE|.*_COUNTER")
_NO_NAME = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True)
class DataItem:
    """What an agent can say."""

    id: str
    name: str  # empty: none
    source: str  # what its adapter calls it; empty: as its name
    category: str
    type: str
    sub_type: str
    units: str  # of an agent's values; empty: not declared
    native_units: str  # of an adapter's values; empty: as ``units``
    native_scale: float  # an adapter's values are so many times too large
    representation: str
    sample_rate: float | None  # [Hz] of a time series
    component: str  # name of what it belongs to
    device: str

    @property
    def is_series(self) -> bool:
        return self.representation == SERIES

    @property
    def is_space(self) -> bool:
        """Three numbers, of x, y and z."""
        return self.units.endswith("_3D") or self.native_units.endswith("_3D")

    @property
    def is_number(self) -> bool:
        """What can be a channel without being told how."""
        if self.representation in TEXTS:
            return False
        return self.category == "SAMPLE" or (self.category == "EVENT" and bool(NUMBERED.fullmatch(self.type)))

    def unit(self, native: bool) -> str:
        """In which its values come: from an adapter (``native``) or from an agent; empty: nobody says."""
        return (self.native_units or self.units) if native else (self.units or self.native_units)


@dataclass(frozen=True)
class Conversion:
    """From what comes to a channel's unit: ``factor`` x + ``offset``."""

    factor: float = 1.0
    offset: float = 0.0


@cache
def _units() -> dict[str, tuple[str, float, float]]:
    rows = yaml.safe_load(UNITS.read_text())
    return {
        name: (row["suffix"], float(row.get("factor", 1.0)), float(row.get("offset", 0.0)))
        for name, row in rows.items()
    }


def parse_devices(data: bytes, where: str) -> tuple[DataItem, ...]:
    """Data items of the answer to /probe.

    Raises:
        InputError: it is no device model.
    """
    root = parse_xml(data, where)
    if local(root) != "MTConnectDevices":
        raise InputError(f"this is {local(root)}, no MTConnectDevices", file=where, remedy="give the answer to /probe")
    items: list[DataItem] = []
    for device in root.iter():
        if local(device) in ("Device", "Agent"):
            _collect(device, device.get("name") or device.get("id") or "", "", items)
    return tuple(items)


def _collect(element: ET.Element, device: str, component: str, items: list[DataItem]) -> None:
    component = element.get("name") or (local(element) if element.get("id") else component)
    for child in element:
        if local(child) == "DataItems":
            items += [_data_item(row, device, component) for row in child if local(row) == "DataItem" and row.get("id")]
        elif local(child) == "Components":
            for part in child:
                _collect(part, device, component, items)


def _data_item(row: ET.Element, device: str, component: str) -> DataItem:
    source = next((child.text or child.get("dataItemId") or "" for child in row if local(child) == "Source"), "")
    return DataItem(
        id=row.attrib["id"],
        name=row.get("name", ""),
        source=source.strip(),
        category=row.get("category", "").upper(),
        type=row.get("type", "").rsplit(":", 1)[-1],
        sub_type=row.get("subType", "").rsplit(":", 1)[-1],
        units=_bare(row.get("units")),
        native_units=_bare(row.get("nativeUnits")),
        native_scale=_number(row.get("nativeScale")) or 1.0,
        representation=row.get("representation", "VALUE"),
        sample_rate=_number(row.get("sampleRate")),
        component=component,
        device=device,
    )


def channel_names(item: DataItem, native: bool) -> tuple[str, ...]:
    """Our names for a data item, unit suffix included: one, or three of a position in space."""
    parts = [item.name or "_".join(filter(None, (item.component, item.type, item.sub_type)))]
    base = _NO_NAME.sub("_", parts[0].lower()).strip("_") or "channel"
    if item.is_series:
        base = base.removesuffix("_series")
    unit = item.unit(native)
    known = _units().get(unit)
    suffix = known[0] if known else _NO_NAME.sub("_", unit.lower()).strip("_")
    own = split_suffix(base)
    if known and own and suffix and own[2] == _kind(suffix):  # it says its unit itself, perhaps another of the kind
        return (base,)
    tail = f"_{suffix}" if suffix and suffix != base else ""
    if item.is_space:
        return tuple(f"{base}_{axis}{tail}" for axis in "xyz")
    return (f"{base}{tail}",)


def conversion(name: str, unit: str, factor: float | None, scale: float = 1.0) -> Conversion:
    """From values in ``unit`` (of MTConnect) to those of channel ``name``.

    Args:
        factor: as the user states it; None: from the units.
        scale: by which the values are too large.

    Raises:
        InputError: they measure different things, or ``factor`` contradicts the units.
    """
    theirs, ours = _units().get(_bare(unit)), split_suffix(name)
    if theirs is None or not theirs[0] or ours is None:
        return Conversion((1.0 if factor is None else factor) / scale)
    suffix, times, offset = theirs
    if _kind(suffix) != ours[2]:
        raise InputError(f"channel {name} is in {ours[2]}, the agent gives {unit}", remedy="check the channel map")
    si = (split_suffix(f"x_{suffix}") or ("", 1.0, ""))[1] / ours[1]
    if factor is not None and abs(factor - times * si) > 1e-9 * abs(times * si):
        raise InputError(
            f"channel {name}: factor {factor:g} is stated, but the agent gives {unit}, which is {times * si:g}",
            remedy="leave the factor out, or correct it",
        )
    return Conversion(times * si / scale, offset * si)


def _kind(suffix: str) -> str:
    return (split_suffix(f"x_{suffix}") or ("", 1.0, ""))[2]


def parse_xml(data: bytes, where: str) -> ET.Element:
    """The root of a document.

    Raises:
        InputError: it is no XML, or declares entities of its own.
    """
    if b"<!DOCTYPE" in data[:4096]:
        raise InputError("a document with a type declaration is not read", file=where)
    try:
        return ET.fromstring(data)
    except ET.ParseError as error:
        raise InputError(f"this is no XML: {error}", file=where) from None


def local(element: ET.Element) -> str:
    """Name without its namespace."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _bare(unit: str | None) -> str:
    """Without the prefix of an extension: ``x:METER``."""
    return (unit or "").rsplit(":", 1)[-1].strip()


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
