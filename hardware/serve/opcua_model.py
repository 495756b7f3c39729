"""The address space: a machine tool of OPC 40501-1 with the twin's channels in a namespace of our own.

``Machines/NAME`` is the MachineToolType instance. Below it ``Monitoring/Predicted`` holds each channel as a variable
with EngineeringUnits, ``Traces`` the same channels as arrays of all samples since the last write with ``First``, the
number of the arrays' first sample, and ``Period``. The source timestamp of an array is that of its last sample.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
from asyncua import Node, Server, ua
from asyncua.ua import VariantType as Kind

from hardware.channel import Channel
from hardware.opcua_discovery import MACHINE_TOOL, MACHINE_TOOL_TYPE, MACHINERY, MACHINES
from hardware.serve.opcua_place import UNECE, Place, child, write

OURS = "urn:machining-twin:serve"
NODESETS = ("Opc.Ua.Di", "Opc.Ua.IA", "Opc.Ua.Machinery", "ISA95_JobControl_V2", "Machinery_Jobs", "Opc.Ua.MachineTool")
CHANNEL_TYPE, SPINDLE_TYPE, TOOL_LIST_TYPE, TOOL_TYPE = 16, 22, 44, 50  # of the machine tool namespace
PROGNOSES_TYPE, TOOL_CHANGE_TYPE = 2, 45
STATES = {"Running": 138, "Ended": 140}  # of a program
AUTOMATIC, ACTIVE, RESET, NUMBER_BASED, BY_OPERATOR = 1, 0, 2, 0, 3  # enumerations of OPC 40501-1
SPINDLE = "spindle_speed_rpm"
NOTHING_YET = -1  # number of the first sample before there is one: a client is told when it becomes 0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PERCENT = ua.EUInformation(UNECE, ua.Int32(int.from_bytes(b"P1")), ua.LocalizedText("%"), ua.LocalizedText("percent"))


class ServedTool(Protocol):
    """A tool of the machine."""

    number: int
    name: str


class ServedMachine(Protocol):
    """What is served, as far as it does not change."""

    machine: str
    """Name of the machine tool."""
    run: str
    """Identifies the run that is played."""
    program: str
    """Name of the NC program."""
    channels: tuple[Channel, ...]
    period: float
    """Between samples [s]."""
    tools: Sequence[ServedTool]
    tool_changes: Sequence[tuple[float, int]]
    """UTC since 1970 [s] at which a tool is predicted to come in, and its number."""


@dataclass
class Model:
    """The variables that change while we serve."""

    scalars: dict[str, Node]
    arrays: dict[str, Node]
    first: Node
    state: Node
    states: dict[str, tuple[Node, int]]
    channel_state: Node
    rotating: Node

    async def write(self, first: int, time: np.ndarray, values: dict[str, np.ndarray]) -> None:
        """Write consecutive samples: the newest to the scalars, all of them to the arrays.

        Args:
            first: number of the first sample.
            time: (sample,) UTC since 1970 [s].
            values: channel -> (sample,) in its unit.
        """
        stamp = EPOCH + timedelta(seconds=float(time[-1]))
        for name, node in self.scalars.items():
            await write(node, float(values[name][-1]), Kind.Double, stamp)
            await write(self.arrays[name], values[name].tolist(), Kind.Double, stamp)
        await write(self.first, first, Kind.Int64, stamp)
        if SPINDLE in values:
            await write(self.rotating, bool(values[SPINDLE][-1]), Kind.Boolean, stamp)

    async def tell(self, state: str) -> None:
        """The program is ``Running`` or has ``Ended``."""
        node, number = self.states[state]
        await write(self.state, ua.LocalizedText(state, "en"), Kind.LocalizedText)
        await write(await child(self.state, "Id"), node.nodeid, Kind.NodeId)
        await write(await child(self.state, "Number"), number, Kind.UInt32)
        await write(self.channel_state, ACTIVE if state == "Running" else RESET, Kind.Int32)


async def make_model(server: Server, machine: ServedMachine) -> Model:
    """Load the types of OPC 40501-1 and build the machine tool with our variables."""
    for name in NODESETS:
        text = gzip.decompress((Path(__file__).parent / "nodesets" / f"{name}.NodeSet2.xml.gz").read_bytes()).decode()
        # The library cannot make Python classes of all of these data types; the nodes are what we need.
        await server.import_xml(xmlstring=text, strict_mode=False, auto_load_definitions=False)
    ours, spaces = await server.register_namespace(OURS), await server.get_namespace_array()
    place = Place(server, ours, spaces.index(MACHINE_TOOL))
    machines = server.get_node(ua.NodeId(ua.Int32(MACHINES), ua.Int16(spaces.index(MACHINERY))))
    root = await place.instance(machines, machine.machine, MACHINE_TOOL_TYPE)
    await _identify(await child(root, "Identification"), machine)
    monitoring, production = await child(root, "Monitoring"), await child(root, "Production")
    await write(await child(await child(monitoring, "MachineTool"), "OperationMode"), AUTOMATIC, Kind.Int32)
    await _equip(place, await child(root, "Equipment"), machine.tools)
    await _foretell(place, await child(root, "Notification"), machine)
    program = await child(production, "ActiveProgram")
    await write(await child(program, "Name"), machine.program, Kind.String)
    await write(await child(program, "NumberInList"), 0, Kind.UInt16)
    channel, spindle = await _channel(place, monitoring), await place.instance(monitoring, "Spindle1", SPINDLE_TYPE)
    await write(await child(spindle, "Name"), "Spindle 1", Kind.String)
    await write(await child(spindle, "IsRotating"), False, Kind.Boolean)
    predicted, traces = await place.folder(monitoring, "Predicted"), await place.folder(root, "Traces")
    await place.variable(traces, "Period", machine.period * 1e3, Kind.Double)
    names = [row.name for row in machine.channels]
    model = Model(
        scalars={name: await place.analog(predicted, name) for name in names},
        arrays={name: await place.variable(traces, name, [0.0], Kind.Double) for name in names},
        first=await place.variable(traces, "First", NOTHING_YET, Kind.Int64),
        state=await child(await child(program, "State"), "CurrentState"),
        states={name: await _state(place, number) for name, number in STATES.items()},
        channel_state=await child(channel, "ChannelState"),
        rotating=await child(spindle, "IsRotating"),
    )
    await model.tell("Running")
    return model


async def _state(place: Place, number: int) -> tuple[Node, int]:
    node = place.typed(number)
    return node, await (await child(node, "StateNumber")).read_value()


async def _identify(identification: Node, machine: ServedMachine) -> None:
    text = ua.LocalizedText("machining-twin", "en")
    await write(await child(identification, "Manufacturer"), text, Kind.LocalizedText)
    await write(await child(identification, "SerialNumber"), machine.run, Kind.String)
    await write(await child(identification, "ProductInstanceUri"), f"{OURS}:{machine.run}", Kind.String)


async def _channel(place: Place, monitoring: Node) -> Node:
    """The NC channel; the twin knows no override but 100 %."""
    channel = await place.instance(monitoring, "Channel1", CHANNEL_TYPE)
    await write(await child(channel, "Name"), "Channel 1", Kind.String)
    await write(await child(channel, "ChannelMode"), 0, Kind.Int32)
    override = await child(channel, "FeedOverride")
    await write(override, 100.0, Kind.Double)
    await write(await child(override, "EngineeringUnits"), PERCENT, Kind.ExtensionObject)
    await write(await child(override, "EURange"), ua.Range(0.0, 100.0), Kind.ExtensionObject)
    return channel


async def _equip(place: Place, equipment: Node, tools: Sequence[ServedTool]) -> None:
    shelf = await place.instance(equipment, "Tools", TOOL_LIST_TYPE, theirs=True)
    for tool in tools:
        node = await place.instance(shelf, f"T{tool.number}", TOOL_TYPE)
        await write(await child(node, "ControlIdentifier1"), tool.number, Kind.UInt32)
        await write(await child(node, "ControlIdentifierInterpretation"), NUMBER_BASED, Kind.Int32)
        locked = await child(node, "Locked")
        await write(locked, False, Kind.Boolean)
        await write(await child(locked, "ReasonForLocking"), BY_OPERATOR, Kind.Int32)
        name = ua.LocalizedText(tool.name)
        await node.write_attribute(ua.AttributeIds.DisplayName, ua.DataValue(ua.Variant(name, Kind.LocalizedText)))


async def _foretell(place: Place, notification: Node, machine: ServedMachine) -> None:
    """A prognosis for every tool change of the program."""
    prognoses = await place.instance(notification, "Prognoses", PROGNOSES_TYPE, theirs=True)
    for k, (when, tool) in enumerate(machine.tool_changes, 1):
        node = await place.instance(prognoses, f"ToolChange{k}", TOOL_CHANGE_TYPE)
        await write(await child(node, "PredictedTime"), EPOCH + timedelta(seconds=when), Kind.DateTime)
        await write(
            await child(node, "Location"), ua.LocalizedText(f"T{tool} into the spindle", "en"), Kind.LocalizedText
        )
