"""ISA-95 job control over OPC UA: our client and server on loopback, and the states of the standard."""

import contextlib
import threading
import time

import pytest
from opcua_servers import free_port

from hardware.opcua_jobs import command, response, responses, send_order
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
