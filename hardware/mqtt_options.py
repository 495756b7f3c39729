"""What conf/bench/mqtt.yaml can say."""

from dataclasses import dataclass, field
from typing import Literal

from twin.units import Time


@dataclass(frozen=True, kw_only=True)
class TopicChannel:
    """A number in the JSON messages of a topic, and what it is to us."""

    topic: str
    key: str = ""
    """In the object, ``outer.inner`` for one inside another; empty: the message is a bare number."""
    unit: str | None = None
    """In which the sender gives it; none: ``factor`` says it, or it is the channel's own."""
    factor: float | None = None
    """From the sender's unit to the channel's."""
    sensor: str = ""
    serial_number: str = ""
    calibrated_on: str = ""
    uncertainty: float | None = None
    """Standard, in the channel's unit."""


@dataclass(frozen=True, kw_only=True)
class BlockOptions:
    """Binary blocks of samples."""

    topic: str
    columns: list[str] = field(default_factory=list)
    """Channels in their order; none: as the retained message under ``topic/columns`` says."""


@dataclass(frozen=True, kw_only=True)
class MqttOptions:
    """The bench with an MQTT broker."""

    url: str | None = None
    """mqtt://host:port or, encrypted, mqtts://host:port"""
    channels: dict[str, TopicChannel] = field(default_factory=dict)
    """Channel -> number in JSON."""
    blocks: BlockOptions | None = None
    """Binary blocks."""
    time_key: str = "time_s"
    """Key of the time in JSON, seconds since 1970 UTC; where it is missing the time of arrival counts."""
    number_key: str = "n"
    """Key of a running number: a jump is a gap."""
    quality_of_service: Literal[0, 1, 2] = 1
    """0: what is lost on the way is lost; 1: comes at least once; 2: exactly once."""
    client_id: str | None = None
    """Under it the broker keeps what comes (quality 1 and 2) while we are away; none: it keeps nothing."""
    user: str | None = None
    password_variable: str = "TWIN_MQTT_PASSWORD"
    """Environment variable that holds the password."""
    authority: str | None = None
    """File with the certificate of who vouches for the broker (mqtts); none: the system's."""
    period: Time | None = None
    """Between samples of the numbers; none: events."""
    settle: Time = 0.1
    """How long a sample may wait for the other channels of its time."""
    timeout: Time = 5.0
    """Of the connection."""
    reconnect: Time = 60.0
    """How long to try again when the connection is lost."""
    duration: Time | None = None
    """After which the source ends; none: when it is closed."""
    silence: Time | None = None
    """Without a message, after which the source ends; none: it waits."""
