"""A client of ISA-95 Job Control (OPC 10031-4): sends job orders to a machine and fetches what became of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hardware.job_types import JOB_CONTROL, STATUS_EVENT, order_structure, response_of_structure
from hardware.opcua_login import prepared_client
from hardware.opcua_options import OpcuaOptions
from hardware.serve.job_control import COMMANDS, FORGET, NO_ERROR
from twin.errors import InputError
from twin.production.shop.isa95 import JobOrder, JobResponse

SAID = {
    1: "unknown job order",
    3: "not in this state",
    4: "unable to accept it: known already, or no room",
    32: "invalid request: unknown work master, or no quantity",
}


def send_order(options: OpcuaOptions, order: JobOrder, *, start: bool, comment: str = "") -> None:
    """Store a job order at a machine; with ``start`` it may begin.

    Raises:
        InputError: the machine cannot be reached, or does not take the order.
    """

    async def ask(client: Any, places: "_Places") -> None:
        name = "StoreAndStart" if start else "Store"
        status = await places.call(places.receiver, name, order_structure(order), _comment(comment))
        _check(status, f"job order {order.id}")

    _ask(options, ask)


def command(options: OpcuaOptions, name: str, order: str, comment: str = "") -> None:
    """One of Start, RevokeStart, Pause, Resume, Stop, Abort, Cancel, Clear on a stored order.

    Raises:
        InputError: no such command, the machine cannot be reached, or does not do it.
    """
    if name not in (*COMMANDS, *FORGET):
        raise InputError(f"there is no command '{name}'", remedy="one of " + ", ".join((*COMMANDS, *FORGET)))

    async def ask(client: Any, places: "_Places") -> None:
        _check(await places.call(places.receiver, name, order, _comment(comment)), f"{name} of job order {order}")

    _ask(options, ask)


def responses(options: OpcuaOptions) -> tuple[JobResponse, ...]:
    """What became of every order that the machine knows.

    Raises:
        InputError: the machine cannot be reached, or has no job control.
    """
    found: list[JobResponse] = []

    async def ask(client: Any, places: "_Places") -> None:
        rows = await (await places.provider.get_child([f"{places.types}:JobOrderResponseList"])).read_value()
        found.extend(response_of_structure(row) for row in rows or ())

    _ask(options, ask)
    return tuple(found)


def response(options: OpcuaOptions, order: str) -> JobResponse:
    """What became of one order.

    Raises:
        InputError: the machine cannot be reached, or does not know the order.
    """
    found: list[JobResponse] = []

    async def ask(client: Any, places: "_Places") -> None:
        value, status = await places.call(places.provider, "RequestJobResponseByJobOrderID", order)
        _check(status, f"job order {order}")
        found.append(response_of_structure(value))

    _ask(options, ask)
    return found[0]


def watch(options: OpcuaOptions, tell: Callable[[JobResponse], None], seconds: float) -> None:
    """Hear of every change of the state of an order, for ``seconds``.

    Args:
        tell: told what became of the order so far.

    Raises:
        InputError: the machine cannot be reached, or has no job control.
    """

    async def ask(client: Any, places: "_Places") -> None:
        from asyncua import ua

        class Heard:
            def event_notification(self, event: Any) -> None:
                tell(response_of_structure(event.JobResponse))

        kind = client.get_node(ua.NodeId(ua.Int32(STATUS_EVENT), ua.Int16(places.types)))
        subscription = await client.create_subscription(100, Heard())
        await subscription.subscribe_events(places.provider, kind)
        await asyncio.sleep(seconds)
        await subscription.delete()

    _ask(options, ask, seconds)


class _Places:
    """Where receiver and provider are on the server."""

    def __init__(self, types: int, receiver: Any, provider: Any):
        self.types, self.receiver, self.provider = types, receiver, provider

    @classmethod
    async def on(cls, client: Any) -> "_Places":
        spaces = await client.get_namespace_array()
        objects = {(await node.read_browse_name()).Name: node for node in await client.nodes.objects.get_children()}
        if JOB_CONTROL not in spaces or not {"JobOrderControl", "JobOrderResults"} <= set(objects):
            raise InputError("the server has no ISA-95 job control", remedy="JobOrderControl and JobOrderResults")
        await client.load_data_type_definitions()
        return cls(spaces.index(JOB_CONTROL), objects["JobOrderControl"], objects["JobOrderResults"])

    async def call(self, node: Any, name: str, *arguments: Any) -> Any:
        return await node.call_method(f"{self.types}:{name}", *arguments)


def _ask(options: OpcuaOptions, what: Callable[[Any, _Places], Awaitable[None]], lasts: float = 0.0) -> None:
    async def connected() -> None:
        client = await prepared_client(options)
        async with client:
            await what(client, await _Places.on(client))

    try:
        asyncio.run(asyncio.wait_for(connected(), 10 * options.timeout + lasts))
    except InputError:
        raise
    except Exception as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise InputError(f"{options.url}: {reason}", remedy="check address, network and login") from None


def _check(status: int, what: str) -> None:
    if status != NO_ERROR:
        said = [text for bit, text in SAID.items() if status & (1 << bit)]
        raise InputError(f"{what} is refused: {', '.join(said) or f'status {status}'}")


def _comment(text: str) -> Any:
    from asyncua import ua

    words = [ua.LocalizedText(text, "en")] if text else []
    return ua.Variant(words, ua.VariantType.LocalizedText, is_array=True)
