"""The twin as a device of MTConnect: its data items, and the answer to /probe."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import yaml

from hardware.channel import Channel

TYPES = Path(__file__).with_name("mtconnect_types.yaml")
SERIES = "_series"
DEVICE, PATH, SPINDLE, AXES, CONTROLLER = "device", "path", "spindle", "axes", "controller"
_NO_ID = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class Item:
    """A data item."""

    id: str
    name: str
    category: str  # SAMPLE or EVENT
    type: str
    component: str  # id
    sub_type: str = ""
    units: str = ""
    native_units: str = ""
    factor: float = 1.0  # from the channel's unit to ``units``
    rate: float | None = None  # [Hz] of a time series; None: single values

    @property
    def element(self) -> str:
        """Name of its observations: PATH_FEEDRATE is PathFeedrate, of a series PathFeedrateTimeSeries."""
        camel = "".join(word.capitalize() for word in self.type.split("_"))
        return f"{camel}TimeSeries" if self.rate else camel

    def xml(self) -> str:
        """Its description."""
        parts = {
            "id": self.id,
            "name": self.name,
            "category": self.category,
            "type": self.type,
            "subType": self.sub_type,
            "units": self.units,
            "nativeUnits": self.native_units,
            "representation": "TIME_SERIES" if self.rate else "",
            "sampleRate": f"{self.rate:.9g}" if self.rate else "",
        }
        return f"<DataItem {' '.join(f'{key}={quoteattr(text)}' for key, text in parts.items() if text)}/>"


@dataclass(frozen=True)
class Component:
    """What data items belong to."""

    id: str
    kind: str  # Linear, Rotary, Path, Device
    name: str


@dataclass(frozen=True)
class Device:
    """The machine as an agent describes it."""

    name: str
    uuid: str
    description: str
    components: dict[str, Component]
    items: tuple[Item, ...]
    left_out: tuple[str, ...]
    """Channels that are nothing to MTConnect."""

    def xml(self) -> str:
        """Its element of /probe."""
        axes = "".join(self._element(component) for component in self.components.values() if component.id in "xyz")
        return (
            f'<Device id="{DEVICE}" name={quoteattr(self.name)} uuid={quoteattr(self.uuid)}>'
            f"<Description>{_text(self.description)}</Description>{self._items(DEVICE)}<Components>"
            f'<Axes id="{AXES}"><Components>{axes}{self._element(self.components[SPINDLE])}</Components></Axes>'
            f'<Controller id="{CONTROLLER}">{self._items(CONTROLLER)}'
            f"<Components>{self._element(self.components[PATH])}</Components></Controller></Components></Device>"
        )

    def _element(self, component: Component) -> str:
        head = f'{component.kind} id="{component.id}" name={quoteattr(component.name)}'
        return f"<{head}>{self._items(component.id)}</{component.kind}>"

    def _items(self, component: str) -> str:
        rows = "".join(item.xml() for item in self.items if item.component == component)
        return f"<DataItems>{rows}</DataItems>" if rows else ""


def make_device(machine: str, run: str, channels: Sequence[Channel], rate: float) -> Device:
    """The device that has ``channels`` as single values and as time series of ``rate`` [Hz]."""
    components = {axis: Component(axis, "Linear", axis.upper()) for axis in "xyz"}
    components[SPINDLE] = Component(SPINDLE, "Rotary", "S")
    components[PATH] = Component(PATH, "Path", "path")
    components[CONTROLLER] = Component(CONTROLLER, "Controller", "controller")
    components[DEVICE] = Component(DEVICE, "Device", _name(machine))
    items: list[Item] = list(_states())
    left_out = []
    for channel in channels:
        found = list(_items_of(channel, rate))
        items += found
        if not found:
            left_out.append(channel.name)
    used = {item.component for item in items}
    components = {key: one for key, one in components.items() if key in used or key not in "xyz"}
    return Device(_name(machine), f"machining-twin.{_name(run)}", run, components, tuple(items), tuple(left_out))


def _states() -> Iterable[Item]:
    """What an agent says of any device, and of its program."""
    yield Item("avail", "avail", "EVENT", "AVAILABILITY", DEVICE)
    yield Item("asset_changed", "asset_changed", "EVENT", "ASSET_CHANGED", DEVICE)
    yield Item("asset_removed", "asset_removed", "EVENT", "ASSET_REMOVED", DEVICE)
    yield Item("mode", "mode", "EVENT", "CONTROLLER_MODE", PATH)
    yield Item("execution", "execution", "EVENT", "EXECUTION", PATH)
    yield Item("program", "program", "EVENT", "PROGRAM", PATH)


def _items_of(channel: Channel, rate: float) -> Iterable[Item]:
    row = next((row for row in _types() if re.fullmatch(row["pattern"], channel.name)), None)
    if row is None:
        return
    units = row.get("units", "")
    place = channel.name[0] if row["place"] == "axis" else row["place"]
    shared: dict[str, Any] = {
        "category": "SAMPLE" if units else "EVENT",
        "type": row["type"],
        "component": place,
        "sub_type": row.get("sub_type", ""),
        "units": units,
        "native_units": row.get("native", ""),
        "factor": row.get("factor", 1.0),
    }
    yield Item(channel.name, channel.name, **shared)
    if units:
        yield Item(channel.name + SERIES, channel.name + SERIES, **shared, rate=rate)


@cache
def _types() -> list[dict[str, Any]]:
    return yaml.safe_load(TYPES.read_text())


def _name(text: str) -> str:
    return _NO_ID.sub("_", text) or "twin"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
