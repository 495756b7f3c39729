"""Finds nodes on an OPC UA server: by id, by path, and the machine tools of OPC 40501-1 with what they monitor."""

import re
from dataclasses import dataclass
from typing import Any

from hardware.unit_symbols import named, suffix_of
from twin.errors import InputError

MACHINERY, MACHINE_TOOL = "http://opcfoundation.org/UA/Machinery/", "http://opcfoundation.org/UA/MachineTool/"
MACHINES, MACHINE_TOOL_TYPE = 1001, 13  # OPC 40001-1 table 10, OPC 40501-1 table 4
DEEPEST, MOST = 6, 2000  # levels and variables that a machine is looked through
_NODE_ID = re.compile(r"(ns=\d+;|nsu=[^;]+;)?[isgb]=.+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Found:
    """A numeric variable of a machine tool."""

    path: str
    """Browse names from the machine: ``Monitoring/Spindle/ActualSpeed``."""
    name: str
    """Channel name that we would give it."""
    node: str
    """Its node id."""
    unit: str
    """As the server writes it; empty: none."""


@dataclass(frozen=True)
class FoundTrace:
    """Arrays of consecutive samples, laid out as the twin's server does (docs/serve.md)."""

    first: str
    """Node id of the number of the arrays' first sample."""
    period: float
    """Between samples [s]."""
    arrays: dict[str, str]
    """Channel -> node id."""


@dataclass(frozen=True)
class MachineTool:
    """An instance of MachineToolType."""

    name: str
    identification: dict[str, str]
    """Manufacturer, SerialNumber, ... as the server says."""
    variables: tuple[Found, ...]
    trace: FoundTrace | None = None


async def find_node(client: Any, text: str) -> Any:
    """The node that ``text`` names.

    Raises:
        InputError: there is none.
    """
    from asyncua import ua

    if _NODE_ID.fullmatch(text):
        if text.startswith("nsu="):
            uri, _, rest = text[4:].partition(";")
            spaces = await client.get_namespace_array()
            if uri not in spaces:
                raise InputError(f"the server has no namespace {uri}", remedy="it has " + ", ".join(spaces))
            text = f"ns={spaces.index(uri)};{rest}"
        node = client.get_node(text)
        try:
            await node.read_node_class()
        except ua.UaStatusCodeError as error:
            raise InputError(f"node {text}: {_said(error)}", remedy="check it with an OPC UA browser") from None
        return node
    node = client.nodes.objects
    for word in text.strip("/").split("/"):
        children = {(await child.read_browse_name()).Name: child for child in await node.get_children()}
        if word not in children:
            there = ", ".join(sorted(children)[:20]) or "nothing"
            raise InputError(f"no node {word!r} of {text}", remedy=f"there is {there}")
        node = children[word]
    return node


async def unit_of_node(node: Any) -> str:
    """Unit in the variable's EngineeringUnits (OPC 10000-8), as it is displayed; empty: none."""
    for child in await node.get_properties():
        if (await child.read_browse_name()).Name == "EngineeringUnits":
            unit = await child.read_value()
            return (unit.DisplayName.Text or "") if unit is not None and unit.DisplayName else ""
    return ""


async def machine_tools(client: Any) -> tuple[MachineTool, ...]:
    """Machine tools on the server, by its folder Machines (OPC 40001-1); none if it does not know the type."""
    from asyncua import ua

    spaces = await client.get_namespace_array()
    if MACHINERY not in spaces or MACHINE_TOOL not in spaces:
        return ()
    folder = client.get_node(ua.NodeId(ua.Int32(MACHINES), spaces.index(MACHINERY)))
    kind = ua.NodeId(ua.Int32(MACHINE_TOOL_TYPE), spaces.index(MACHINE_TOOL))
    found = []
    for machine in await folder.get_children():
        if await _is_a(client, await machine.read_type_definition(), kind):
            found.append(await _machine_tool(machine))
    return tuple(found)


async def _is_a(client: Any, kind: Any, wanted: Any) -> bool:
    for _ in range(DEEPEST):
        if kind == wanted:
            return True
        parent = await client.get_node(kind).get_parent() if kind is not None else None
        if parent is None:
            return False
        kind = parent.nodeid
    return False


async def _machine_tool(machine: Any) -> MachineTool:
    from asyncua import ua

    identification: dict[str, str] = {}
    variables: list[Found] = []
    trace = None
    for part in await machine.get_children():
        name = (await part.read_browse_name()).Name
        if name == "Identification":
            for row in await part.get_children(nodeclassmask=ua.NodeClass.Variable):
                value = await row.read_value()
                if value is not None:
                    identification[(await row.read_browse_name()).Name] = str(getattr(value, "Text", value))
        elif name in ("Monitoring", "Production"):
            await _walk(part, (name,), variables)
        elif name == "Traces":
            trace = await _trace(part)
    return MachineTool((await machine.read_browse_name()).Name, identification, tuple(variables), trace)


async def _trace(folder: Any) -> FoundTrace | None:
    nodes = {(await child.read_browse_name()).Name: child for child in await folder.get_children()}
    if not {"First", "Period"} < set(nodes):
        return None
    first, period = nodes.pop("First"), await nodes.pop("Period").read_value()
    return FoundTrace(
        first.nodeid.to_string(), 1e-3 * period, {name: node.nodeid.to_string() for name, node in nodes.items()}
    )


async def _walk(node: Any, path: tuple[str, ...], found: list[Found]) -> None:
    """Numeric variables below ``node``."""
    from asyncua import ua

    for child in await node.get_children(refs=ua.ObjectIds.HierarchicalReferences):
        if len(found) >= MOST or len(path) > DEEPEST:
            return
        word = (await child.read_browse_name()).Name
        if await child.read_node_class() == ua.NodeClass.Variable:
            value = (await child.read_data_value(raise_on_bad_status=False)).Value
            if value is not None and value.VariantType in _numbers() and not isinstance(value.Value, list):
                unit = await unit_of_node(child)
                name = _channel_name((*path[1:], word), unit, {row.name for row in found})
                found.append(Found("/".join((*path, word)), name, child.nodeid.to_string(), unit))
        else:
            await _walk(child, (*path, word), found)


def _channel_name(path: tuple[str, ...], unit: str, taken: set[str]) -> str:
    """The variable's own name where it is one of ours already, else its path, with the unit."""
    if path[-1] not in taken and path[-1] == path[-1].lower() and named(path[-1], unit)[0] == path[-1]:
        return path[-1]
    words = "_".join(_CAMEL.sub("_", part) for part in path)
    return named(words, unit if suffix_of(unit) else "")[0]


def _numbers() -> set[Any]:
    from asyncua.ua import VariantType as V

    return {V.Double, V.Float, V.SByte, V.Byte, V.Int16, V.UInt16, V.Int32, V.UInt32, V.Int64, V.UInt64, V.Boolean}


def _said(error: Exception) -> str:
    return str(error).split("(")[-1].rstrip(")") if "(" in str(error) else str(error)
