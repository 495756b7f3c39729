"""What conf/bench/mtconnect.yaml and conf/bench/shdr.yaml can say."""

from dataclasses import dataclass, field
from typing import Literal

from twin.units import Ratio, Time


@dataclass(frozen=True, kw_only=True)
class ItemChannel:
    """A data item of the agent, or a key of the adapter, and what it is to us."""

    item: str
    """Id of the data item, its name, or the adapter's key."""
    axis: Literal["x", "y", "z"] | None = None
    """Which of the three numbers of a position in space."""
    series: bool = False
    """Only without a device model: its values come in time series."""
    unit: str | None = None
    """In which it comes, as MTConnect writes it (INCH/MINUTE); none: as the device model declares."""
    factor: float | None = None
    """From what comes to the channel's unit; none: from the units."""
    words: dict[str, float] = field(default_factory=dict)
    """What texts count as: ``ACTIVE: 1``. Other texts are no measurement."""
    sensor: str = ""
    serial_number: str = ""
    calibrated_on: str = ""
    uncertainty: float | None = None
    """Standard, in the channel's unit."""


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """What an agent and an adapter have in common."""

    url: str | None = None
    """Where it is; none: a file is played."""
    file: str | None = None
    """What is played as if it were live."""
    devices: str | None = None
    """File with the device model (answer to /probe); only for what sends none itself."""
    device: str | None = None
    """Which device of the model; none: all of them."""
    channels: dict[str, ItemChannel] = field(default_factory=dict)
    """Channel -> data item; none at all: every number that the agent has a value of."""
    time_factor: Ratio | None = 1.0
    """How much faster than it was a file is played; none: as fast as it is read."""
    period: Time | None = None
    """Between samples, where they are even; none: as the time series declare, else events."""
    settle: Time = 0.2
    """How long a sample may wait for the other channels of its time; at least 1.5 times as long as a time series is."""
    timeout: Time = 5.0
    """Of every request."""
    reconnect: Time = 60.0
    """How long to try again when the connection is lost."""
    duration: Time | None = None
    """After which the source ends; none: when it is closed."""
    silence: Time | None = None
    """Without a value, after which the source ends; none: it waits."""


@dataclass(frozen=True, kw_only=True)
class MtconnectOptions(StreamOptions):
    """The bench with an MTConnect agent: ``url`` is http://host:port or http://host:port/DEVICE."""

    method: Literal["polling", "streaming"] = "polling"
    """Ask again and again, or have the agent send on its own."""
    interval: Time = 0.1
    """Between two answers."""
    n_observations: int = 10_000
    """Of one answer, at most."""


@dataclass(frozen=True, kw_only=True)
class ShdrOptions(StreamOptions):
    """The bench with an adapter: ``url`` is shdr://host:port; ``file`` a log, plain or gzip."""
