"""ISA-95 job control over OPC UA: our client and server on loopback, and the states of the standard."""

import asyncio
import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from opcua_servers import free_port

from hardware.opcua_jobs import command, response, responses, send_order, watch
from hardware.opcua_options import OpcuaOptions
from hardware.serve.job_control import (
    INVALID_REQUEST,
    INVALID_STATE,
    NO_ERROR,
    UNABLE,
    UNKNOWN_ORDER,
    JobControl,
)
from hardware.serve.opcua_jobs import MadePart, serve_jobs
from hardware.serve.opcua_options import OpcuaServerOptions
from twin.errors import InputError
from twin.production.shop.isa95 import JobOrder


def make(order):
    for number in range(order.quantity):
        yield MadePart(time=20.0, good=number != 1, data={"energy_kwh": 1.5})


@pytest.fixture(scope="module")
def options():
    with served(JobControl("mill 1", ("panel",))) as found:
        yield found


@contextlib.contextmanager
def served(control):
    stop, ready, found = threading.Event(), threading.Event(), []

    def tell(url):
        found.append(url)
        ready.set()

    options = OpcuaServerOptions(port=0)
    thread = threading.Thread(
        target=serve_jobs, args=(control, make, options, stop, tell), kwargs={"time_factor": 200.0}, daemon=True
    )
    thread.start()
    assert ready.wait(60)
    try:
        yield OpcuaOptions(url=found[0], timeout=10.0)
    finally:
        stop.set()
        thread.join(30)


def until(ask, state, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ask()
        if found.state == state:
            return found
        time.sleep(0.2)
    pytest.fail(f"still {found.state}")


def test_an_order_goes_in_and_its_actuals_come_out(options):
    order = JobOrder(id="WO-7", work_master="panel", quantity=3, priority=2, description="three", equipment=("mill 1",))
    send_order(options, order, start=False, comment="from planning")
    assert response(options, "WO-7").state == "NotAllowedToStart"
    with pytest.raises(InputError, match="known already"):
        send_order(options, order, start=True)
    command(options, "Start", "WO-7")
    done = until(lambda: response(options, "WO-7"), "Ended")
    assert (done.quantity, done.order, done.equipment) == (2, "WO-7", ("mill 1",))
    assert done.data["energy"] == ("4.5", "kwh")
    assert done.data["machine_time"] == ("60", "s")
    assert done.data["parts lost"] == ("1", "part")
    assert done.start <= done.end
    assert [one.order for one in responses(options)] == ["WO-7"]
    with pytest.raises(InputError, match="not in this state"):
        command(options, "Pause", "WO-7")
    command(options, "Clear", "WO-7")
    with pytest.raises(InputError, match="unknown job order"):
        response(options, "WO-7")
    with pytest.raises(InputError, match="unknown work master"):
        send_order(options, JobOrder(id="WO-8", work_master="shaft", quantity=1), start=True)


def test_a_running_order_is_interrupted_and_aborted(options):
    send_order(options, JobOrder(id="WO-1", work_master="panel", quantity=10_000), start=True)
    until(lambda: response(options, "WO-1"), "Running")
    command(options, "Pause", "WO-1", "chips")
    until(lambda: response(options, "WO-1"), "Interrupted")
    time.sleep(0.3)
    made = response(options, "WO-1").quantity
    time.sleep(0.3)
    assert response(options, "WO-1").quantity == made
    command(options, "Resume", "WO-1")
    command(options, "Abort", "WO-1", "crash")
    gone = until(lambda: response(options, "WO-1"), "Aborted")
    assert gone.data["comment"][0] == "crash"


def test_a_plain_client_of_the_library_sees_orders_states_and_events(options):
    """Written from the standard's nodeset alone, without our client: finds the methods by their names, sends a
    structure, subscribes to the status events of the provider."""
    from asyncua import Client, ua

    space = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"

    async def go():
        heard = []

        class Handler:
            def event_notification(self, event):
                texts = [state.StateText.Text for state in event.JobState]
                heard.append((event.JobOrder.JobOrderID, texts, event.JobResponse.MaterialActuals[0].Quantity))

        client = Client(options.url, timeout=60)
        async with client:
            await client.load_data_type_definitions()
            types = await client.get_namespace_index(space)
            children = {(await n.read_browse_name()).Name: n for n in await client.nodes.objects.get_children()}
            receiver, provider = children["JobOrderControl"], children["JobOrderResults"]
            assert await receiver.read_type_definition() == ua.NodeId(1008, types)
            subscription = await client.create_subscription(50, Handler())
            await subscription.subscribe_events(provider, client.get_node(ua.NodeId(1006, types)))
            order = ua.ISA95JobOrderDataType(
                JobOrderID="WO-9",
                WorkMasterID=[ua.ISA95WorkMasterDataType(ID="panel")],
                Priority=1,
                MaterialRequirements=[ua.ISA95MaterialDataType(MaterialUse="Material produced", Quantity="3")],
            )
            comment = ua.Variant([], ua.VariantType.LocalizedText, is_array=True)
            assert await receiver.call_method(f"{types}:Store", order, comment) == 1
            listed = await (await receiver.get_child([f"{types}:JobOrderList"])).read_value()
            mine = next(one for one in listed if one.JobOrder.JobOrderID == "WO-9")
            assert [(s.StateText.Text, s.StateNumber) for s in mine.State] == [("NotAllowedToStart", 1), ("Ready", 2)]
            path = mine.State[1].BrowsePath.Elements
            assert not mine.State[0].BrowsePath.Elements and path[0].TargetName.Name == "NotAllowedToStartSubstates"
            assert await receiver.call_method(f"{types}:Start", "WO-9", comment) == 1
            for _ in range(200):
                if any(texts[0] == "Ended" for _, texts, _ in heard):
                    break
                await asyncio.sleep(0.1)
            await subscription.delete()
            answer, status = await provider.call_method(f"{types}:RequestJobResponseByJobOrderID", "WO-9")
            assert status == 1 and answer.MaterialActuals[0].Quantity == "2"
            assert await receiver.call_method(f"{types}:Clear", "WO-9", comment) == 1
        return heard

    heard = asyncio.run(asyncio.wait_for(go(), 90))
    assert [(order, texts) for order, texts, _ in heard] == [
        ("WO-9", ["NotAllowedToStart", "Ready"]),
        ("WO-9", ["AllowedToStart", "Ready"]),
        ("WO-9", ["Running"]),
        ("WO-9", ["Ended", "Closed"]),
    ]
    assert heard[-1][2] == "2"  # one of three was bad


def test_our_client_hears_of_changes(options):
    heard = []
    listener = threading.Thread(target=watch, args=(options, heard.append, 6.0))
    listener.start()
    time.sleep(3.0)
    send_order(options, JobOrder(id="WO-5", work_master="panel", quantity=1), start=False)
    listener.join(60)
    assert [(one.order, one.state, one.substate) for one in heard] == [("WO-5", "NotAllowedToStart", "Ready")]
    command(options, "Cancel", "WO-5")


def test_an_order_that_begins_later_waits():
    control = JobControl("mill", ("panel",))
    later = datetime.now(UTC) + timedelta(hours=1)
    control.store(JobOrder(id="a", work_master="panel", quantity=1, start=later), start=True)
    assert control.stored["a"].substate == "Waiting" and control.next() is None


def test_commands_are_refused_in_states_where_the_standard_knows_no_transition():
    control = JobControl("mill", ("panel",), capacity=2)
    order = JobOrder(id="a", work_master="panel", quantity=1)
    assert control.command("Start", "a") == UNKNOWN_ORDER
    assert control.store(order, start=False) == NO_ERROR
    assert control.store(order, start=False) == UNABLE
    assert control.store(JobOrder(id="b", work_master="panel", quantity=0), start=False) == INVALID_REQUEST
    for name in ("RevokeStart", "Pause", "Resume", "Stop", "Clear"):
        assert control.command(name, "a") == INVALID_STATE
    assert control.command("Start", "a") == NO_ERROR
    assert control.update(JobOrder(id="a", work_master="panel", quantity=4)) == NO_ERROR
    running = control.next()
    assert running.order.quantity == 4
    assert control.update(order) == INVALID_STATE
    for name in ("Start", "RevokeStart", "Resume", "Cancel", "Clear"):
        assert control.command(name, "a") == INVALID_STATE
    assert control.command("Stop", "a") == NO_ERROR
    assert control.command("Abort", "a") == INVALID_STATE
    assert control.command("Clear", "a") == NO_ERROR


def test_the_most_urgent_order_that_may_start_is_next():
    control = JobControl("mill", ("panel",))
    for name, priority in (("late", 5), ("first", 1), ("held", 1)):
        control.store(JobOrder(id=name, work_master="panel", quantity=1, priority=priority), start=name != "held")
    first = control.next()
    assert first.order.id == "first"
    assert control.next() is None  # one at a time
    control.finish(first)
    assert control.next().order.id == "late"


def test_a_machine_that_is_not_there_is_named():
    url = f"opc.tcp://127.0.0.1:{free_port()}/"
    with pytest.raises(InputError, match=url):
        responses(OpcuaOptions(url=url, timeout=2.0))
