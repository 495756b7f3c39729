"""The twin as an OPC UA server, read by the library's own client and by our source."""

import asyncio
import contextlib
import os
import socket
import stat
import struct
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from opcua_servers import free_port

from hardware.channel import Channel
from hardware.opcua import OpcuaSource, discover
from hardware.opcua_options import Login, NodeChannel, OpcuaOptions, TraceOptions
from hardware.serve.opcua_guard import MOST_FAILURES, OneUser
from hardware.serve.opcua_options import OpcuaServerOptions
from hardware.serve.opcua_server import serve
from twin.errors import InputError

MACHINE_TOOL = "http://opcfoundation.org/UA/MachineTool/"
MACHINERY = "http://opcfoundation.org/UA/Machinery/"
OURS = "urn:machining-twin:serve"
PERIOD = 1e-3


class Played:
    """A run whose channels are its sample numbers, played for ``lasts`` seconds."""

    machine, run, program, period = "Mill", "run-7", "pocket.nc", PERIOD
    channels = tuple(
        Channel(name=name, unit=unit)
        for name, unit in (("force_x_n", "n"), ("x_commanded_mm", "mm"), ("spindle_speed_rpm", "rpm"), ("line", "1"))
    )
    tools = (SimpleNamespace(number=3, name="end mill D10"), SimpleNamespace(number=7, name="ball mill D6"))

    def __init__(self, lasts=1e9):
        self.begun, self.lasts = time.time(), lasts
        self.tool_changes = ((self.begun + 60, 7),)

    def rows(self, first):
        last = int(min(time.time() - self.begun, self.lasts) / PERIOD)
        number = np.arange(first, last)
        return self.begun + number * PERIOD, {c.name: number * (k + 1.0) for k, c in enumerate(self.channels)}

    @property
    def ended(self):
        return time.time() - self.begun >= self.lasts


@contextlib.contextmanager
def served(state=None, **options):
    """Address of a server that runs in a thread."""
    stop, ready, found = threading.Event(), threading.Event(), []

    def tell(url):
        found.append(url)
        ready.set()

    chosen = OpcuaServerOptions(port=0, publishing=0.05, **options)
    thread = threading.Thread(target=serve, args=(state or Played(), chosen, stop, tell), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join(30)


@pytest.fixture(scope="module")
def url():
    with served() as address:
        yield address


def asked(url, work, prepare=None):
    """What the coroutine ``work`` gets of a client of the library, without anything of ours."""

    async def ask():
        client = Client(url, timeout=5)
        if prepare:
            await prepare(client)
        async with client:
            return await work(client)

    return asyncio.run(asyncio.wait_for(ask(), 60))


async def part(client, path):
    """Node below Machines/Mill by browse names of any namespace."""
    spaces = await client.get_namespace_array()
    node = client.get_node(ua.NodeId(1001, spaces.index(MACHINERY)))
    for word in ("Mill", *path.split("/")):
        names = {(await child.read_browse_name()).Name: child for child in await node.get_children()}
        node = names[word]
    return node


def test_the_machine_tool_is_as_opc_40501_wants_it(url):
    async def work(client):
        spaces = await client.get_namespace_array()
        of = spaces.index(MACHINE_TOOL)
        machine = (await part(client, "Identification")) and await (await part(client, "Production")).get_parent()
        assert await machine.read_type_definition() == ua.NodeId(13, of)
        names = {(await child.read_browse_name()).Name for child in await machine.get_children()}
        assert names >= {"Identification", "Monitoring", "Production", "Equipment", "Notification"}
        values = {
            "Identification/Manufacturer": ua.LocalizedText("machining-twin", "en"),
            "Identification/SerialNumber": "run-7",
            "Monitoring/MachineTool/OperationMode": 1,
            "Monitoring/Channel1/ChannelState": 0,
            "Monitoring/Channel1/FeedOverride": 100.0,
            "Monitoring/Spindle1/IsRotating": True,
            "Production/ActiveProgram/Name": "pocket.nc",
            "Production/ActiveProgram/State/CurrentState": ua.LocalizedText("Running", "en"),
            "Production/ActiveProgram/State/CurrentState/Id": ua.NodeId(138, of),
            "Production/ActiveProgram/State/CurrentState/Number": 1,
            "Equipment/Tools/T7/ControlIdentifier1": 7,
            "Equipment/Tools/T7/Locked": False,
            "Notification/Prognoses/ToolChange1/Location": ua.LocalizedText("T7 into the spindle", "en"),
        }
        for path, value in values.items():
            assert await (await part(client, path)).read_value() == value, path
        types = {"Monitoring/Channel1": 16, "Monitoring/Spindle1": 22, "Equipment/Tools": 44, "Equipment/Tools/T3": 50}
        for path, number in types.items():
            assert await (await part(client, path)).read_type_definition() == ua.NodeId(number, of), path

    asked(url, work)


def test_every_part_that_the_types_make_mandatory_is_there(url):
    """Walks the types on the server, supertypes too, and looks for each mandatory part in the instance."""
    mandatory = ua.NodeId(ua.ObjectIds.ModellingRule_Mandatory)

    async def named(node, **how):
        return {(await child.read_browse_name()).to_string(): child for child in await node.get_children(**how)}

    async def look(kind, instance, path, found):
        there = await named(instance)
        while kind is not None:
            for name, wanted in (await named(kind)).items():
                rules = [rule.NodeId for rule in await wanted.get_references(ua.ObjectIds.HasModellingRule)]
                if mandatory not in rules:
                    continue
                found.append((f"{path}/{name}", name in there))
                if name in there:
                    await look(wanted, there[name], f"{path}/{name}", found)
            is_type = await kind.read_node_class() == ua.NodeClass.ObjectType
            kind = await kind.get_parent() if is_type else None

    async def work(client):
        of = (await client.get_namespace_array()).index(MACHINE_TOOL)
        machine = await (await part(client, "Production")).get_parent()
        found = []
        instances = {13: machine}
        for number, path in ((16, "Monitoring/Channel1"), (22, "Monitoring/Spindle1"), (50, "Equipment/Tools/T3")):
            instances[number] = await part(client, path)
        instances[45] = await part(client, "Notification/Prognoses/ToolChange1")
        for number, instance in instances.items():
            await look(client.get_node(ua.NodeId(number, of)), instance, str(number), found)
        assert [path for path, there in found if not there] == [] and len(found) > 30

    asked(url, work)


def test_no_variable_of_the_machine_tool_is_without_a_value(url):

    async def work(client):
        empty = []

        async def walk(node, path):
            for child in await node.get_children():
                name = f"{path}/{(await child.read_browse_name()).Name}"
                if await child.read_node_class() == ua.NodeClass.Variable:
                    if (await child.read_data_value(raise_on_bad_status=False)).Value.Value is None:
                        empty.append(name)
                await walk(child, name)

        for name in ("Identification", "Monitoring", "Production", "Equipment", "Notification"):
            await walk(await part(client, name), name)
        assert not empty

    asked(url, work)


def test_units_are_those_of_unece(url):
    async def work(client):
        unit = await (await part(client, "Monitoring/Predicted/force_x_n/EngineeringUnits")).read_value()
        assert unit.DisplayName.Text == "N" and unit.UnitId == int.from_bytes(b"NEW")  # OPC 10000-8, UNECE code NEW
        unit = await (await part(client, "Monitoring/Predicted/x_commanded_mm/EngineeringUnits")).read_value()
        assert unit.DisplayName.Text == "mm" and unit.UnitId == 5066068  # of MMT in the OPC Foundation's table

    asked(url, work)


def test_arrays_hold_every_sample_once(url):
    async def work(client):
        first, values = await part(client, "Traces/First"), await part(client, "Traces/force_x_n")
        seen, last = [], -1
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            number, array = await first.read_data_value(), await values.read_data_value()
            if number.SourceTimestamp == array.SourceTimestamp and number.Value.Value != last:
                last = number.Value.Value
                seen.append((last, array.Value.Value))
            await asyncio.sleep(0.01)
        assert len(seen) > 10
        for number, array in seen:
            assert array == [float(number + k) for k in range(len(array))]
        for (one, array), (two, _) in zip(seen, seen[1:], strict=False):
            assert two >= one + len(array)

    asked(url, work)


def test_our_source_reads_the_trace_without_loss(url):
    here = f"nsu={OURS};s=Mill.Traces."
    trace = TraceOptions(
        first=here + "First", period=PERIOD, channels={"force_x_n": NodeChannel(node=here + "force_x_n")}
    )
    with OpcuaSource(OpcuaOptions(url=url, trace=trace, duration=1.5, publishing=0.02)) as source:
        blocks = list(source.blocks())
    values = np.concatenate([block.values["force_x_n"] for block in blocks])[1:]
    assert len(values) > 800 and (np.diff(values[1:]) == 1).all() and source.losses.lost == 0


def test_a_bench_needs_no_more_than_the_address(url):
    (machine,) = discover(OpcuaOptions(url=url))
    assert machine.name == "Mill" and machine.identification["SerialNumber"] == "run-7"
    with OpcuaSource(OpcuaOptions(url=url, duration=1.0)) as source:
        names = [channel.name for channel in source.channels]
        blocks = list(source.blocks())
    assert source.clock.period_s == PERIOD and len(set(names)) == len(names)
    assert sum(len(block) for block in blocks) > 500 and source.losses.lost == 0
    assert {"force_x_n", "x_commanded_mm", "spindle_speed_rpm", "line", "channel1_feed_override_pct"} <= set(names)
    last = blocks[-1].values
    assert last["x_commanded_mm"][-1] == 2 * last["force_x_n"][-1] > 0


@pytest.fixture(scope="module")
def strict():
    """A server with two clients at most and 100 requests a second, of a program that is soon over."""
    with served(Played(lasts=0.5), n_sessions=2, n_requests_per_second=100) as address:
        yield address


def test_the_end_of_the_program_is_told(strict):
    async def work(client):
        state = await part(client, "Production/ActiveProgram/State/CurrentState")
        for _ in range(100):
            if (await state.read_value()).Text == "Ended":
                return await (await part(client, "Traces/First")).read_value()
            await asyncio.sleep(0.05)

    assert asked(strict, work) is not None


def test_nobody_can_write_call_or_add(url):
    async def work(client):
        node = await part(client, "Monitoring/Predicted/force_x_n")
        for attempt in (
            lambda: node.write_value(1.0),
            lambda: client.nodes.objects.add_folder(2, "mine"),
            lambda: client.nodes.server.call_method("0:GetMonitoredItems", ua.Variant(1, ua.VariantType.UInt32)),
        ):
            with pytest.raises(ua.UaStatusCodeError) as caught:
                await attempt()
            assert caught.value.code == ua.StatusCodes.BadUserAccessDenied

    asked(url, work)


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """Address and folder of keys of a server with user and password."""
    os.environ["TWIN_OPCUA_PASSWORD"] = "a secret"
    keys = tmp_path_factory.mktemp("keys")
    with served(user="anna", keys=str(keys)) as address:
        yield address, keys
    del os.environ["TWIN_OPCUA_PASSWORD"]


def secured(folder, user, password, mode=ua.MessageSecurityMode.SignAndEncrypt):
    async def prepare(client):
        certificate, key = await client.setup_self_signed_certificate(folder / "key.pem", folder / "cert.der")
        await client.set_security(SecurityPolicyBasic256Sha256, certificate, key, mode=mode)
        if user:
            client.set_user(user)
            client.set_password(password)

    return prepare


async def program_name(client):
    return await (await part(client, "Production/ActiveProgram/Name")).read_value()


@pytest.mark.parametrize("mode", [ua.MessageSecurityMode.SignAndEncrypt, ua.MessageSecurityMode.Sign])
def test_who_has_the_password_reads_over_a_secured_connection(locked, tmp_path, mode):
    assert asked(locked[0], program_name, secured(tmp_path, "anna", "a secret", mode)) == "pocket.nc"


@pytest.mark.parametrize(("user", "password"), [("anna", "guess"), ("bert", "a secret"), (None, None)])
def test_wrong_password_wrong_user_and_nobody_are_refused(locked, tmp_path, user, password):
    with pytest.raises(ua.UaStatusCodeError):
        asked(locked[0], program_name, secured(tmp_path, user, password))


@pytest.mark.parametrize("user", [None, "anna"])
def test_nothing_is_read_over_an_unsecured_connection(locked, user):
    async def prepare(client):
        if user:
            client.set_user(user)
            client.set_password("a secret")

    with pytest.raises(ua.UaError):
        asked(locked[0], program_name, prepare)


def test_the_source_logs_in_and_says_when_it_may_not(locked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    options = OpcuaOptions(url=locked[0], duration=0.3, login=Login(user="anna", security="sign_and_encrypt"))
    with OpcuaSource(options) as source:
        assert sum(len(block) for block in source.blocks()) > 0
    monkeypatch.setenv("TWIN_OPCUA_PASSWORD", "guess")
    with pytest.raises(InputError, match=r"denied|[Aa]ccess|login"), OpcuaSource(options):
        pass


def test_the_key_is_the_owners_only(locked):
    assert stat.S_IMODE((locked[1] / "server_key.pem").stat().st_mode) == 0o600


def test_only_trusted_certificates_come_in(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_OPCUA_PASSWORD", "a secret")
    trusted, mine, other = (tmp_path / name for name in ("trusted", "mine", "other"))
    trusted.mkdir()
    with served(user="anna", keys=str(tmp_path), trusted=str(trusted)) as address:
        with pytest.raises(ua.UaStatusCodeError):
            asked(address, program_name, secured(other, "anna", "a secret"))
        with pytest.raises(ua.UaStatusCodeError):
            asked(address, program_name, secured(mine, "anna", "a secret"))
        (trusted / "mine.der").write_bytes((mine / "cert.der").read_bytes())
        assert asked(address, program_name, secured(mine, "anna", "a secret")) == "pocket.nc"


def test_guessing_passwords_is_soon_over():
    door = OneUser("anna", "a secret")
    assert door.get_user(None, "anna", "a secret") is not None
    for k in range(MOST_FAILURES):
        assert door.get_user(None, "anna", f"guess {k}") is None
    assert door.get_user(None, "anna", "a secret") is None


def answer_to(url, data):
    """Bytes that come back, b"" when the connection is cut."""
    host, port = url.removeprefix("opc.tcp://").split("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
            return connection.recv(1000)
    return b""


def test_oversized_requests_are_cut_off(url):
    hello = struct.pack("<IIIIII", 0, 65535, 65535, 0, 0, 0)
    assert answer_to(url, b"HELF" + struct.pack("<I", 8 + len(hello)) + hello)[:4] == b"ACKF"
    assert answer_to(url, b"MSGF" + struct.pack("<I", 3_000_000_000) + bytes(100)) == b""
    assert asked(url, program_name) == "pocket.nc"


def test_long_requests_in_pieces_are_cut_off(url):
    async def work(client):
        nodes = [client.get_node(f"ns=2;s={'x' * 1000}{k}") for k in range(1500)]
        with pytest.raises((ua.UaError, ConnectionError, asyncio.TimeoutError)):
            await client.read_values(nodes)

    with contextlib.suppress(Exception):  # the client cannot leave in order: its connection was cut
        asked(url, work)
    assert asked(url, program_name) == "pocket.nc"


def test_who_asks_too_often_is_slowed(strict):
    async def work(client):
        node = await part(client, "Production/ActiveProgram/Name")
        begun = time.monotonic()
        for _ in range(250):
            await node.read_value()
        return time.monotonic() - begun

    assert asked(strict, work) > 1.0  # 250 requests at 100 a second begin three seconds


def test_no_more_clients_than_allowed(strict):
    async def work(client):
        async with Client(client.server_url.geturl(), timeout=2):
            with pytest.raises(Exception):  # noqa: B017  (the library raises what its transport raises)
                async with Client(client.server_url.geturl(), timeout=2):
                    pass

    asked(strict, work)


def test_what_cannot_be_served_is_said(monkeypatch):
    monkeypatch.delenv("TWIN_OPCUA_PASSWORD", raising=False)
    wrong = [
        (OpcuaServerOptions(host="0.0.0.0"), "would let everybody in"),
        (OpcuaServerOptions(user="anna"), "there is no password for anna"),
        (OpcuaServerOptions(trusted="/nowhere"), "without a user"),
    ]
    for options, says in wrong:
        with pytest.raises(InputError, match=says):
            serve(Played(), options, threading.Event())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        with pytest.raises(InputError, match="choose another port"):
            serve(Played(), OpcuaServerOptions(port=taken.getsockname()[1]), threading.Event())
