"""Serves ISA-95 Job Control (OPC 10031-4): takes job orders in, makes their parts, gives job responses out.

``Objects/JobOrderControl`` is an ISA95JobOrderReceiverObjectType, ``Objects/JobOrderResults`` an
ISA95JobResponseProviderObjectType, which sends an event when the state of an order changes. Their methods may be
called by whoever may connect; nothing else may be written.
"""

import asyncio
import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware.job_types import (
    JOB_CONTROL,
    PROVIDER_TYPE,
    RECEIVER_TYPE,
    STATUS_EVENT,
    order_of_structure,
    order_structure,
    response_structure,
    state_structures,
)
from hardware.opcua_login import import_asyncua
from hardware.serve.job_control import COMMANDS, FORGET, INVALID_REQUEST, NO_ERROR, UNKNOWN_ORDER, JobControl, Stored
from hardware.serve.opcua_options import OpcuaServerOptions, check_server_options
from twin.errors import InputError
from twin.production.shop.isa95 import JobOrder

PATH, OURS = "/twin/jobs/", "urn:machining-twin:jobs"
NODESETS = ("Opc.Ua.Di", "Opc.Ua.IA", "Opc.Ua.Machinery", "ISA95_JobControl_V2")
STEP = 0.05  # [s] between looks at what is to be done


@dataclass(frozen=True)
class MadePart:
    """A part that a machine made."""

    time: float
    """[s] of machine time."""
    good: bool
    data: dict[str, float]
    """What adds up over the parts; a key ends in its unit."""


Maker = Callable[[JobOrder], Iterator[MadePart]]


def serve_jobs(
    control: JobControl,
    make: Maker,
    options: OpcuaServerOptions,
    stop: threading.Event,
    ready: Callable[[str], None] = lambda url: None,
    time_factor: float = 1.0,
) -> None:
    """Serve until ``stop`` is set.

    Args:
        make: the parts of an order, one after the other.
        ready: told the address once clients can connect.
        time_factor: so many times faster than the machine.

    Raises:
        InputError: asyncua is not installed, the port is taken, no password is given.
    """
    import_asyncua()
    check_server_options(options)
    asyncio.run(_serve(control, make, options, stop, ready, time_factor))


async def _serve(
    control: JobControl,
    make: Maker,
    options: OpcuaServerOptions,
    stop: threading.Event,
    ready: Callable[[str], None],
    time_factor: float,
) -> None:
    from hardware.serve.opcua_guard import APPLICATION, GuardedServer

    server = GuardedServer(options, calls=True)
    await server.init()
    await server.set_application_uri(APPLICATION)
    server.set_server_name("machining-twin jobs")
    server.set_endpoint(f"opc.tcp://{options.host}:{options.port}{PATH}")
    await server.protect()
    nodes = await JobNodes.made(server, control)
    async with server:
        assert server.bserver is not None
        ready(f"opc.tcp://{options.host}:{server.bserver.port}{PATH}")
        while not stop.is_set():
            stored = control.next()
            if stored is None:
                await asyncio.sleep(STEP)
                continue
            await nodes.write()
            for part in make(stored.order):
                await _let_pass(part.time / time_factor, stop)
                while stored.state == "Interrupted" and not stop.is_set():
                    await asyncio.sleep(STEP)
                if stored.state != "Running" or stop.is_set():
                    break
                stored.made, stored.lost = stored.made + part.good, stored.lost + (not part.good)
                for name, value in {"machine_time_s": part.time, **part.data}.items():
                    stem, _, unit = name.rpartition("_")
                    before = float(stored.data.get(stem, ("0", ""))[0])
                    stored.data[stem] = (f"{before + value:.6g}", unit)
                await nodes.write()
            if stored.state == "Running" and not stop.is_set():
                control.finish(stored)
            await nodes.write()


async def _let_pass(seconds: float, stop: threading.Event) -> None:
    while seconds > 0 and not stop.is_set():
        await asyncio.sleep(min(seconds, STEP))
        seconds -= STEP


class JobNodes:
    """The nodes of receiver and provider."""

    def __init__(self, control: JobControl, orders: Any, results: Any, types: int, events: Any):
        self.control, self._orders, self._results, self._types, self._events = control, orders, results, types, events
        self._told: dict[str, tuple[str, str]] = {}  # order -> state and substate of its last event

    @classmethod
    async def made(cls, server: Any, control: JobControl) -> "JobNodes":
        """Load the types and build both objects with their methods."""
        from asyncua import ua

        for name in NODESETS:
            text = gzip.decompress((Path(__file__).parent / "nodesets" / f"{name}.NodeSet2.xml.gz").read_bytes())
            await server.import_xml(xmlstring=text.decode(), strict_mode=False, auto_load_definitions=False)
        await server.load_data_type_definitions()
        ours = await server.register_namespace(OURS)
        types = (await server.get_namespace_array()).index(JOB_CONTROL)

        async def instance(name: str, kind: int) -> Any:
            typed = ua.NodeId(ua.Int32(kind), ua.Int16(types))
            return await server.nodes.objects.add_object(
                ua.NodeId(ua.String(name), ua.Int16(ours)), ua.QualifiedName(name, ours), objecttype=typed
            )

        receiver = await instance("JobOrderControl", RECEIVER_TYPE)
        provider = await instance("JobOrderResults", PROVIDER_TYPE)
        orders = await receiver.get_child([f"{types}:JobOrderList"])
        results = await provider.get_child([f"{types}:JobOrderResponseList"])
        status = server.get_node(ua.NodeId(ua.Int32(STATUS_EVENT), ua.Int16(types)))  # abstract: ours is of its kind
        ours_of_it = await server.create_custom_event_type(ours, "JobOrderStatusEventType", status)
        nodes = cls(control, orders, results, types, await server.get_event_generator(ours_of_it, provider))
        for node, methods in ((receiver, nodes._commands()), (provider, nodes._questions())):
            for name, method in methods.items():
                server.link_method(await node.get_child([f"{types}:{name}"]), method)
        most = await receiver.get_child([f"{types}:MaxDownloadableJobOrders"])
        await most.write_value(ua.Variant(control.capacity, ua.VariantType.UInt16))
        await nodes.write()
        return nodes

    async def write(self) -> None:
        """Bring both lists up to date."""
        from asyncua import ua

        t: Any = ua
        known, types = list(self.control.stored.values()), self._types
        rows = [
            t.ISA95JobOrderAndStateDataType(
                JobOrder=order_structure(one.order), State=state_structures(one.state, one.substate, types)
            )
            for one in known
        ]
        responses = [response_structure(one.response(self.control.equipment), types) for one in known]
        for node, values in ((self._orders, rows), (self._results, responses)):
            variant = ua.Variant(values, ua.VariantType.ExtensionObject, is_array=True)
            await node.session.iserver.write_attribute_value(node.nodeid, ua.DataValue(variant))
        self._told = {name: state for name, state in self._told.items() if name in self.control.stored}
        for one in known:
            state = (one.state, one.substate)
            if self._told.get(one.order.id) != state:
                self._told[one.order.id] = state
                await self._tell(one)

    async def _tell(self, one: Stored) -> None:
        """An event with the order, its state and what became of it so far."""
        from asyncua import ua

        event, types = self._events.event, self._types
        values = {
            "JobOrder": order_structure(one.order),
            "JobState": state_structures(one.state, one.substate, types),
            "JobResponse": response_structure(one.response(self.control.equipment), types),
        }
        for name, value in values.items():  # the type of a property that has no value yet is not known to the library
            event.add_property(name, value, ua.VariantType.ExtensionObject)
        event.Severity = 500 if one.state == "Aborted" else 100
        await self._events.trigger(message=f"job order {one.order.id} is {one.state} {one.substate}".rstrip())

    def _commands(self) -> dict[str, Any]:
        control = self.control

        def taking(act: Callable[[JobOrder, str], int]) -> Any:
            async def method(parent: Any, order: Any, comment: Any) -> list[Any]:
                try:
                    status = act(order_of_structure(order.Value), _text(comment))
                except (InputError, AttributeError, TypeError):
                    status = INVALID_REQUEST
                await self.write()
                return _status(status)

            return method

        def commanding(name: str) -> Any:
            async def method(parent: Any, order: Any, comment: Any) -> list[Any]:
                status = control.command(name, str(order.Value), _text(comment))
                await self.write()
                return _status(status)

            return method

        return {
            "Store": taking(lambda order, comment: control.store(order, False, comment)),
            "StoreAndStart": taking(lambda order, comment: control.store(order, True, comment)),
            "Update": taking(control.update),
            **{name: commanding(name) for name in (*COMMANDS, *FORGET)},
        }

    def _questions(self) -> dict[str, Any]:
        from asyncua import ua

        t: Any = ua

        async def by_order(parent: Any, order: Any) -> list[Any]:
            known = self.control.stored.get(str(order.Value))
            if known is None:
                return [ua.Variant(t.ISA95JobResponseDataType()), *_status(UNKNOWN_ORDER)]
            response = known.response(self.control.equipment)
            return [ua.Variant(response_structure(response, self._types)), *_status(NO_ERROR)]

        async def by_state(parent: Any, state: Any) -> list[Any]:
            wanted = state.Value[0].StateText.Text if state.Value else None
            found = [response_structure(one, self._types) for one in self.control.responses(wanted)]
            return [ua.Variant(found, ua.VariantType.ExtensionObject, is_array=True), *_status(NO_ERROR)]

        return {"RequestJobResponseByJobOrderID": by_order, "RequestJobResponseByJobOrderState": by_state}


def _status(value: int) -> list[Any]:
    from asyncua import ua

    return [ua.Variant(value, ua.VariantType.UInt64)]


def _text(comment: Any) -> str:
    return " ".join(one.Text or "" for one in comment.Value or ())
