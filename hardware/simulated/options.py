"""What a bench may ask of the simulated machine: the section ``plant`` of its configuration."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from twin.config import build
from twin.errors import InputError
from twin.units import Compliance, Force, Length, LineDensity, Power, Rate, Ratio, TemperatureDifference, Time

FaultKind = Literal["servo_bandwidth", "sensor_bias", "coolant_lost", "friction", "preload_lost", "belt_slack"]
LEFT = {"servo_bandwidth": 0.1, "friction": 1.3, "preload_lost": 0.1, "belt_slack": 0.9}  # where no factor is given


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What breaks, and when."""

    kind: FaultKind
    """Position gain of an axis drops; a sensor reads too much; the coolant stops; Coulomb friction of an axis grows;
    the nut of an axis loses its preload; the spindle's belt slackens."""
    start: Time
    """Since the bench began."""
    axis: Literal["x", "y", "z"] = "x"
    """Of the servo, the friction, the preload: which one."""
    factor: Ratio | None = None
    """What is left: of the gain 0.1, the nut's friction 0.1, the belt's tension 0.9; the friction becomes 1.3 times."""
    play: Length = 5e-6
    """preload_lost: half the lost motion that the nut then has more."""
    channel: str = ""
    """sensor_bias: which one, as ``force_x_n``."""
    deviations: Ratio = 10.0
    """sensor_bias: in standard deviations of the sensor."""


@dataclass(frozen=True, kw_only=True)
class BeltSpan:
    """A belt between motor and spindle whose free span is plucked and heard."""

    length: Length
    """Of the free span."""
    mass_per_length: LineDensity
    tension: Force
    """At rest."""


@dataclass(frozen=True, kw_only=True)
class PlantOptions:
    """How the simulated machine differs from the twin."""

    seed: int = 1
    """Of the hidden parameters, drawn from the priors; 0: none is hidden."""
    noise_seed: int = 1
    """Of the sensors' noise."""
    truth_file: str | None = None
    """Where the hidden parameters are written."""
    nest: bool = False
    """A displacement nest reads the drift of the tool point (ISO 230-3)."""
    compliance: Compliance = 0.0
    """Position error of an axis per cutting force, which the twin does not model."""
    faults: tuple[Fault, ...] = ()
    """In any order."""
    belt: BeltSpan | None = None
    """With a meter of its frequency; none: the motor drives the spindle directly."""
    daily_scatter: Ratio = 0.0
    """By which friction, heat of the spindle and tension of the belt differ from run to run (``noise_seed``); a tenth
    of it for the position gain."""


@dataclass(frozen=True, kw_only=True)
class LengthSensor:
    """White noise and step of a reading."""

    deviation: Length
    """Standard deviation of the noise."""
    quantum: Length
    """Step of the reading."""
    sensor: str
    """What it is."""


@dataclass(frozen=True, kw_only=True)
class ForceSensor:
    """White noise and step of a reading."""

    deviation: Force
    """Standard deviation of the noise."""
    quantum: Force
    """Step of the reading."""
    sensor: str
    """What it is."""


@dataclass(frozen=True, kw_only=True)
class PowerSensor:
    """White noise and step of a reading."""

    deviation: Power
    """Standard deviation of the noise."""
    quantum: Power
    """Step of the reading."""
    sensor: str
    """What it is."""


@dataclass(frozen=True, kw_only=True)
class TemperatureSensor:
    """White noise and step of a reading."""

    deviation: TemperatureDifference
    """Standard deviation of the noise."""
    quantum: TemperatureDifference
    """Step of the reading."""
    sensor: str
    """What it is."""


@dataclass(frozen=True, kw_only=True)
class FrequencySensor:
    """White noise and step of a reading."""

    deviation: Rate
    """Standard deviation of the noise."""
    quantum: Rate
    """Step of the reading."""
    sensor: str
    """What it is."""


@dataclass(frozen=True, kw_only=True)
class Sensors:
    """hardware/simulated/sensors.yaml."""

    slow_period: Time
    """Between readings of temperatures and of the nest."""
    scale: LengthSensor
    """Position of an axis, which the controller sees."""
    force: ForceSensor
    """At the part."""
    spindle_power: PowerSensor
    """Of the cut."""
    drive_force: ForceSensor
    """Of a feed drive."""
    temperature: TemperatureSensor
    """Of a node, the air, the coolant."""
    nest: LengthSensor
    """Tool point against table."""
    belt: FrequencySensor
    """Of the belt's free span."""


def sensors() -> Sensors:
    """The sensors of the simulated machine."""
    file = Path(__file__).with_name("sensors.yaml")
    return build(Sensors, yaml.safe_load(file.read_text()), "sensors", file=file)


def check_faults(faults: tuple[Fault, ...], channels: tuple[str, ...]) -> None:
    """Raise where a fault names a channel that there is not.

    Raises:
        InputError: as said.
    """
    for fault in faults:
        if fault.kind == "sensor_bias" and fault.channel not in channels:
            raise InputError(
                f"fault sensor_bias: there is no sensor {fault.channel!r}", remedy="one of " + ", ".join(channels)
            )
        if fault.kind == "belt_slack" and "belt_frequency_hz" not in channels:
            raise InputError("fault belt_slack: the machine has no belt", remedy="declare plant.belt")
