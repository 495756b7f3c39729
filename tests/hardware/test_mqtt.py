"""The MQTT source against a real mosquitto; what is published comes from a client of a few lines."""

import dataclasses
import datetime
import ipaddress
import json
import struct
import subprocess
import time
from functools import partial

import numpy as np
import pytest
from brokers import Broker, RawClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from opcua_servers import free_port
from reading import joined, numbers
from reading import read as read_all

from hardware.channel import Quality
from hardware.mqtt import MqttSource, bench_source
from hardware.mqtt_options import BlockOptions, MqttOptions, TopicChannel
from hardware.mqtt_payload import BinaryBlock, numbers_in, pack_block, unpack_block
from twin.errors import InputError

REST = 0.8  # [s] for what was published to arrive
read = partial(read_all, rest=REST)
X = TopicChannel(topic="mill/axes", key="x", unit="m")
LOAD = TopicChannel(topic="mill/spindle", key="load.value")


def options(broker, **others):
    quick = {"settle": 0.05, "timeout": 2.0}
    return MqttOptions(url=broker.url, **(quick | others))


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def axes(k, **others):
    return json.dumps({"time_s": 1000 + k / 1000, "n": k, "x": k / 1000} | others).encode()


def payload(first, n=100, period=0.001):
    """A block as the documentation describes it, packed by hand; values are sample numbers and their negatives."""
    header = struct.pack("<4sIQdd", b"TWB1", 2, first, 1000 + (first + n - 1) * period, period)
    return header + b"".join(struct.pack("<dd", first + k, -(first + k)) for k in range(n))


def test_numbers_come_with_their_time_and_in_our_unit(broker):
    def publish():
        with RawClient(broker.port) as client:
            client.publish("mill/spindle", json.dumps({"time_s": 999.9995, "load": {"value": 12.5}}).encode())
            for k in range(2000):
                client.publish("mill/axes", axes(k))

    with MqttSource(options(broker, channels={"x_actual_mm": X, "load_pct": LOAD})) as source:
        blocks = read(source, publish)
    assert np.allclose(joined(blocks, "x_actual_mm")[1:], np.arange(2000))
    assert (joined(blocks, "load_pct") == 12.5).all()
    assert np.allclose(np.concatenate([block.time for block in blocks])[1:], 1000 + np.arange(2000) / 1000, atol=1e-9)
    assert (source.losses.lost, source.losses.duplicated, source.losses.late) == (0, 0, 0)


def test_repeated_missing_and_unreadable_messages(broker):
    def publish():
        with RawClient(broker.port) as client:
            for k in (0, 1, 1, 2, 5, 4, 6):  # 1 comes again, 3 and 4 are missing at 5, 4 comes late
                client.publish("mill/axes", axes(k), again=k == 1)
            client.publish("mill/axes", b"{not json")
            client.publish("mill/axes", axes(7, x=None))
            client.publish("mill/axes", b'{"time_s": 1000.008, "n": 8, "x": NaN}')

    with MqttSource(options(broker, channels={"x_actual_mm": X})) as source:
        blocks = read(source, publish)
    assert np.array_equal(joined(blocks, "x_actual_mm"), [0, 1, 2, 5, 6, np.nan, np.nan], equal_nan=True)
    assert list(numbers(blocks)) == [0, 1, 2, 5, 6, 7, 8]
    assert list(np.concatenate([block.quality for block in blocks])) == [0] * 5 + [Quality.BAD] * 2
    assert (source.losses.lost, source.losses.duplicated) == (2, 2)
    assert any("mill/axes was left out" in message for message in source.losses.messages)


def test_what_the_broker_retained_is_uncertain(broker):
    with RawClient(broker.port) as client:
        client.publish("kept/axes", axes(1), retain=True)

        def publish():
            time.sleep(0.1)
            client.publish("kept/axes", axes(2))

        kept = TopicChannel(topic="kept/axes", key="x", unit="m")
        with MqttSource(options(broker, channels={"x_actual_mm": kept})) as source:
            blocks = read(source, publish)
        client.publish("kept/axes", b"", retain=True)
    assert list(np.concatenate([block.quality for block in blocks])) == [Quality.UNCERTAIN, Quality.GOOD]
    assert np.allclose(joined(blocks, "x_actual_mm"), [1, 2])


def test_a_bare_number_has_the_time_of_its_arrival(broker):
    def publish():
        with RawClient(broker.port) as client:
            client.publish("mill/temperature", b"21.5")

    row = TopicChannel(topic="mill/temperature", unit="°C")
    with MqttSource(options(broker, channels={"spindle_degc": row})) as source:
        (block,) = read(source, publish)
    assert block.values["spindle_degc"][0] == 21.5 and abs(block.time[0] - time.time()) < 30


@pytest.fixture
def columns(broker):
    with RawClient(broker.port) as client:
        rows = [{"name": "force_x_n", "unit": "kN"}, {"name": "force_y_n", "unit": "N"}]
        client.publish("mill/trace/columns", json.dumps(rows).encode(), retain=True)
        yield
        client.publish("mill/trace/columns", b"", retain=True)


def test_blocks_come_in_order_once_and_with_gaps_stated(broker, columns):
    def publish():
        with RawClient(broker.port) as client:
            for first in (0, 100, 300, 200, 200, 500):
                client.publish("mill/trace", payload(first), again=first == 200)

    with MqttSource(options(broker, blocks=BlockOptions(topic="mill/trace"), period=0.001)) as source:
        assert [channel.name for channel in source.channels] == ["force_x_n", "force_y_n"]
        blocks = read(source, publish)
    expected = np.array([*range(400), *range(500, 600)])
    assert (numbers(blocks) == expected).all()
    assert (joined(blocks, "force_x_n") == 1000.0 * expected).all()  # the sender says kilonewtons
    assert (joined(blocks, "force_y_n") == -expected).all()
    assert np.allclose(np.concatenate([block.time for block in blocks]), 1000 + expected / 1000, atol=1e-6)
    assert (source.losses.lost, source.losses.duplicated) == (100, 100)


@pytest.mark.parametrize(
    ("chosen", "message", "says"),
    [
        ({"blocks": BlockOptions(topic="bad/a"), "period": 0.001, "timeout": 0.2}, b"", "retained under bad/a/columns"),
        (
            {"blocks": BlockOptions(topic="bad/b", columns=["a_n"]), "period": 0.001},
            payload(0),
            "has 2 channels",
        ),
        (
            {"blocks": BlockOptions(topic="bad/c", columns=["a_n", "b_n"]), "period": 0.01},
            payload(0),
            "0.01 s is stated",
        ),
    ],
)
def test_blocks_that_do_not_fit_end_the_source(broker, chosen, message, says):
    with pytest.raises(InputError, match=says), MqttSource(options(broker, **chosen)) as source:
        with RawClient(broker.port) as client:
            client.publish(chosen["blocks"].topic, message)
        list(source.blocks())


def test_a_broker_that_is_killed_and_comes_back(tmp_path):
    """With a client id nothing is lost that a sender could hand to the broker."""
    port = free_port()
    wanted = {"channels": {"x_actual_mm": X}, "client_id": "twin-test", "reconnect": 30.0}
    with Broker(tmp_path, port=port) as first:
        with MqttSource(options(first, **wanted)) as source:

            def publish():
                with RawClient(port) as client:
                    for k in range(10):
                        client.publish("mill/axes", axes(k), again=True)
                first.__exit__()
                time.sleep(0.2)
                first.__enter__()
                with RawClient(port) as client:
                    for k in range(15, 25):
                        client.publish("mill/axes", axes(k), again=True)

            blocks = read(source, publish)
    got = joined(blocks, "x_actual_mm")
    assert np.allclose(got[got < 9.5], range(10)) and np.allclose(got[got > 9.5], range(15, 25))
    assert source.losses.lost >= 5 and any("5 messages" in message for message in source.losses.messages)
    assert any("connection lost" in message for message in source.losses.messages)


def test_a_broker_that_does_not_come_back(tmp_path):
    with Broker(tmp_path) as running:
        chosen = options(running, channels={"x_actual_mm": X}, reconnect=0.5)
        with MqttSource(chosen) as source:
            blocks = source.blocks()
            with RawClient(running.port) as client:
                client.publish("mill/axes", axes(1))
            assert len(next(blocks)) == 1
            running.__exit__()
            with pytest.raises(InputError, match="has not answered for 0.5 s"):
                next(blocks)


def test_user_and_password(tmp_path, monkeypatch):
    secrets = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(secrets), "anna", "a secret"], check=True, timeout=20)
    with Broker(tmp_path, f"allow_anonymous false\npassword_file {secrets}") as running:
        chosen = options(running, channels={"x_actual_mm": X}, user="anna")
        with pytest.raises(InputError, match="there is no password for anna"), MqttSource(chosen):
            pass
        monkeypatch.setenv("TWIN_MQTT_PASSWORD", "guess")
        with pytest.raises(InputError, match="refuses us"), MqttSource(chosen):
            pass
        monkeypatch.setenv("TWIN_MQTT_PASSWORD", "a secret")
        with MqttSource(chosen) as source, RawClient(running.port, "anna", "a secret") as client:
            client.publish("mill/axes", axes(1))
            assert len(read(source)) == 1


def certificate(folder, name):
    """A self-signed certificate and its key for 127.0.0.1, good for a day."""
    now, subject = datetime.datetime.now(datetime.UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = builder.add_extension(here, False).sign(key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / f"{name}.pem", folder / f"{name}.key"


def test_an_encrypted_connection_to_the_broker_that_we_know_only(tmp_path):
    known, key = certificate(tmp_path, "broker")
    other, _ = certificate(tmp_path, "other")
    plain = free_port()
    lines = f"allow_anonymous true\ncertfile {known}\nkeyfile {key}\nlistener {plain} 127.0.0.1"
    with Broker(tmp_path, lines) as running:
        url = f"mqtts://127.0.0.1:{running.port}"
        chosen = MqttOptions(url=url, channels={"x_actual_mm": X}, authority=str(known), settle=0.05, timeout=5.0)

        def publish():
            with RawClient(plain) as client:
                client.publish("mill/axes", axes(1))

        with MqttSource(chosen) as source:
            assert joined(read(source, publish), "x_actual_mm") == pytest.approx([1.0])
        for authority, says in ((str(other), "CERTIFICATE_VERIFY_FAILED"), ("/nowhere.pem", "no such certificate")):
            with pytest.raises(InputError, match=says), MqttSource(dataclasses.replace(chosen, authority=authority)):
                pass


def test_what_cannot_work_is_said(broker):
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    wrong = [
        ({"url": None, "channels": {"x_mm": X}}, "bench.url is None"),
        ({"url": nowhere, "channels": {"x_mm": X}}, "check address, network and login"),
        ({"url": broker.url}, "nothing to read"),
        ({"url": broker.url, "blocks": BlockOptions(topic="t")}, "needs the period"),
        ({"url": broker.url, "channels": {"force_n": X}}, "channel force_n is in N, the source gives m"),
        ({"url": "mqtt://10.0.0.1", "channels": {"x_mm": X}, "user": "anna"}, "in the clear"),
    ]
    for chosen, says in wrong:
        with pytest.raises(InputError) as caught, MqttSource(MqttOptions(**chosen, timeout=2.0)):
            pass
        assert says in str(caught.value)
    with pytest.raises(InputError, match="unknown key bench.chanels"):
        bench_source({"chanels": {}}, None)


def test_a_block_is_packed_as_documented():
    values = np.array([[0.0, 0.0], [1.0, -1.0], [2.0, -2.0]])
    assert pack_block(BinaryBlock(0, 1000.002, 0.001, values)) == payload(0, n=3)
    block = unpack_block(payload(7, n=2))
    assert (block.first, block.period) == (7, 0.001) and block.values.tolist() == [[7, -7], [8, -8]]


@pytest.mark.parametrize("bad", [b"", b"TWB1", b"XXXX" + bytes(40), payload(0)[:-8], payload(0)[:32]])
def test_bad_blocks_are_refused(bad):
    with pytest.raises(ValueError):
        unpack_block(bad)


def test_numbers_of_nested_objects():
    assert numbers_in(b'{"a": {"b": 1, "c": {"d": 2.5}}, "e": true}') == {"a.b": 1.0, "a.c.d": 2.5, "e": 1.0}
