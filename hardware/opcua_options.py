"""What conf/bench/opcua.yaml can say."""

from dataclasses import dataclass, field
from typing import Literal

from twin.units import Time


@dataclass(frozen=True, kw_only=True)
class NodeChannel:
    """A variable of the server, and what it is to us."""

    node: str
    """Node id (``ns=2;s=force``, ``nsu=urn:plant;i=7``) or browse names from Objects on (``Machines/Mill/Force``)."""
    factor: float | None = None
    """From the server's unit to the channel's; none: from the variable's EngineeringUnits, else 1."""
    sensor: str = ""
    serial_number: str = ""
    calibrated_on: str = ""
    uncertainty: float | None = None
    """Standard, in the channel's unit."""


@dataclass(frozen=True, kw_only=True)
class TraceOptions:
    """Variables that hold arrays of consecutive samples, all of one rate."""

    first: str
    """Variable with the number of the arrays' first sample, written with the same source timestamp as they are."""
    period: Time
    """Between samples."""
    channels: dict[str, NodeChannel]
    """Channel -> variable with an array; the source timestamp is that of its last sample."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How the server is to know us."""

    user: str | None = None
    """None: anonymous."""
    password_variable: str = "TWIN_OPCUA_PASSWORD"
    """Environment variable that holds the password."""
    security: Literal["none", "sign", "sign_and_encrypt"] = "none"
    """Of the connection, by Basic256Sha256."""
    certificate: str | None = None
    """Ours, DER or PEM; none: a self-signed one is made once and kept in the user's folder."""
    private_key: str | None = None
    """PEM, to the certificate."""
    server_certificate: str | None = None
    """The server's, if it is not to be believed what it shows."""


@dataclass(frozen=True, kw_only=True)
class OpcuaOptions:
    """The bench with an OPC UA server."""

    url: str | None = None
    """opc.tcp://host:port/path"""
    machine: str | None = None
    """Which machine tool (OPC 40501-1) to read when no channels are given; none: the only one."""
    channels: dict[str, NodeChannel] = field(default_factory=dict)
    """Channel -> variable with a number; none at all: everything that the machine tool monitors."""
    trace: TraceOptions | None = None
    """Variables with arrays."""
    login: Login = Login()
    """How the server is to know us."""
    publishing: Time = 0.05
    """How often the server sends what it has collected."""
    sampling: Time = 0.0
    """How often it looks at scalars; 0: at every change."""
    period: Time | None = None
    """Between samples of the scalars; none: events."""
    settle: Time = 0.1
    """How long a sample may wait for the other channels of its time."""
    timeout: Time = 4.0
    """Of every request."""
    reconnect: Time = 60.0
    """How long to try again when the connection is lost."""
    duration: Time | None = None
    """After which the source ends; none: when it is closed."""
    silence: Time | None = None
    """Without a value, after which the source ends; none: it waits."""
