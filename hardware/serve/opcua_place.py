"""Helpers to build an address space: instances of OPC 40501-1 types and variables in a namespace of ours."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asyncua import Node, Server, ua
from asyncua.common.instantiate_util import instantiate

from hardware.unit_symbols import shown_units
from twin.units import split_suffix

ANALOG_UNIT = 17497  # AnalogUnitType of OPC 10000-8
UNECE = "http://www.opcfoundation.org/UA/units/un/cefact"


@dataclass(frozen=True)
class Place:
    """Where new nodes go; the ids of ours are paths of names."""

    server: Server
    ours: int
    """Index of our namespace."""
    types: int
    """Of the machine tool namespace."""

    def typed(self, number: int) -> Node:
        """Node ``number`` of the machine tool namespace."""
        return self.server.get_node(ua.NodeId(ua.Int32(number), ua.Int16(self.types)))

    def _names(self, parent: Node, name: str, theirs: bool = False) -> tuple[ua.NodeId, ua.QualifiedName]:
        above = str(parent.nodeid.Identifier) + "." if parent.nodeid.NamespaceIndex == self.ours else ""
        space = self.types if theirs else self.ours
        return ua.NodeId(ua.String(above + name), ua.Int16(self.ours)), ua.QualifiedName(name, ua.UInt16(space))

    async def instance(self, parent: Node, name: str, kind: int, *, theirs: bool = False) -> Node:
        """An object of type ``kind`` with its mandatory parts; ``theirs``: OPC 40501-1 gives the name."""
        names = self._names(parent, name, theirs)
        return await parent.add_object(*names, objecttype=self.typed(kind).nodeid, instantiate_optional=False)

    async def folder(self, parent: Node, name: str) -> Node:
        """An empty folder."""
        return await parent.add_folder(*self._names(parent, name))

    async def variable(self, parent: Node, name: str, value: Any, kind: ua.VariantType) -> Node:
        """A variable without a unit."""
        return await parent.add_variable(*self._names(parent, name), value, kind)

    async def analog(self, parent: Node, name: str) -> Node:
        """A number with the EngineeringUnits that the suffix of its name says, if it says any."""
        suffix = next((s for s in sorted(shown_units(), key=len, reverse=True) if name.endswith(f"_{s}")), None)
        if suffix is None or split_suffix(name) is None:
            return await self.variable(parent, name, 0.0, ua.VariantType.Double)
        symbol, code = shown_units()[suffix]
        nodeid, browse_name = self._names(parent, name)
        kind = self.server.get_node(ANALOG_UNIT)
        made, *_ = await instantiate(parent, kind, nodeid=nodeid, bname=browse_name, instantiate_optional=False)
        shown = ua.LocalizedText(symbol)
        unit = ua.EUInformation(UNECE, ua.Int32(int.from_bytes(code.encode())), shown, shown)
        await write(await child(made, "EngineeringUnits"), unit, ua.VariantType.ExtensionObject)
        return made


async def child(node: Node, name: str) -> Node:
    """The part of ``node`` with this browse name, in any namespace."""
    for part in await node.get_children():
        if (await part.read_browse_name()).Name == name:
            return part
    raise KeyError(name)


async def write(node: Node, value: Any, kind: ua.VariantType, stamp: datetime | None = None) -> None:
    """Write ``value`` from inside the server, as of ``stamp`` (UTC; None: now)."""
    now = datetime.now(UTC)
    data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(), _time(stamp or now), _time(now))
    await node.session.iserver.write_attribute_value(node.nodeid, data)  # type: ignore[attr-defined]


def _time(moment: datetime) -> ua.DateTime:
    return ua.DateTime.fromtimestamp(moment.timestamp(), UTC)
