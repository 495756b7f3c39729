"""Which channel of a recording is which of the prediction, and what sensor it comes from."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from hardware.channel import Channel
from hardware.intake import check_units
from twin.config import build
from twin.errors import InputError
from twin.resources import shared_folder
from twin.units import split_suffix


@dataclass(frozen=True, kw_only=True)
class MapRow:
    """One predicted channel; what the recording itself says of the sensor holds where nothing is said here."""

    recorded: str | None = None
    """Channel of the recording; None: it has the same name."""
    unit: str | None = None
    """Suffix of the unit that it is recorded in (``in``, ``kw``, ``mm_min``); None: as its name ends."""
    sign: int = 1
    """-1 where the sensor counts the other way."""
    sensor: str | None = None
    serial_number: str | None = None
    calibrated_on: str | None = None
    """ISO 8601."""
    uncertainty: float | None = None
    """Standard uncertainty in the unit of the predicted channel."""
    late_s: float | None = None
    """By how much it is recorded later than the rest of its sample."""
    ignored: tuple[float, ...] = ()
    """Recorded values that are no measurements, such as spurious zeros."""
    optional: bool = False
    """Recordings may lack it."""
    words: dict[str, float] = field(default_factory=dict)
    """Logs: what texts count as, the others are no measurements."""


@dataclass(frozen=True)
class Mapped:
    """A channel that both have."""

    name: str  # of the prediction
    unit: str  # for people
    recorded: str  # channel of the recording
    factor: float  # from what is recorded to the predicted channel's unit, its sign in it
    sensor: Channel  # as known: name, serial number, date of calibration, uncertainty
    ignored: tuple[float, ...] = ()

    def read(self, values: np.ndarray) -> np.ndarray:
        """Recorded values (sample,) in the predicted channel's unit; NaN where they are no measurement."""
        values = np.asarray(values, float)
        if self.ignored:
            values = np.where(np.isin(values, self.ignored), np.nan, values)
        return values if self.factor == 1.0 else values * self.factor


def read_map(file: Path | None) -> dict[str, MapRow]:
    """Rows by predicted channel; empty without a file. A bare name is one of conf/validation/channels.

    Raises:
        InputError: there is no such file, or a row has an unknown key.
    """
    if file is None:
        return {}
    found = file if file.is_file() else shared_folder("conf") / "validation" / "channels" / f"{file.name}.yaml"
    if not found.is_file():
        raise InputError("there is no such channel map", file=file, remedy="docs/validation.md shows one")
    rows = (yaml.safe_load(found.read_text()) or {}).get("channels", {})
    return {name: build(MapRow, row or {}, f"channels.{name}", file=found) for name, row in rows.items()}


def map_channels(predicted: dict[str, str], recorded: tuple[Channel, ...], rows: dict[str, MapRow]) -> list[Mapped]:
    """Every channel that both have, in the order of the prediction.

    Args:
        predicted: name -> unit for people.
        recorded: channels of the recording.
        rows: the channel map.

    Raises:
        InputError: the map names a channel that one of the two does not have, or units of different kinds.
    """
    known = {channel.name: channel for channel in recorded}
    for name, row in rows.items():
        if name not in predicted:
            raise InputError(
                f"the channel map has '{name}', which the run does not predict",
                remedy="it predicts " + ", ".join(predicted),
            )
        if (row.recorded or name) not in known and not row.optional:
            raise InputError(
                f"the recording has no channel '{row.recorded or name}'", remedy="it has " + ", ".join(known)
            )
    found = []
    for name, unit in predicted.items():
        row = rows.get(name, MapRow())
        source = row.recorded or name
        if source not in known:
            continue
        channel = known[source]
        factor = row.sign * _factor(source, row.unit, name)
        if row.unit is None:
            check_units((channel,))
        uncertainty = row.uncertainty
        if uncertainty is None and channel.uncertainty is not None:
            uncertainty = abs(factor) * channel.uncertainty
        sensor = Channel(
            name=source,
            unit=unit,
            sensor=row.sensor or channel.sensor,
            serial_number=row.serial_number or channel.serial_number,
            calibrated_on=row.calibrated_on or channel.calibrated_on,
            uncertainty=uncertainty,
            late_s=channel.late_s if row.late_s is None else row.late_s,
        )
        found.append(Mapped(name, unit, source, factor, sensor, row.ignored))
    return found


def _factor(source: str, unit: str | None, name: str) -> float:
    """From the recorded unit to that of the predicted channel ``name``."""
    to = split_suffix(name)
    of = split_suffix(f"x_{unit}") if unit else split_suffix(source)
    if to is None:
        return 1.0
    if of is None:
        raise InputError(
            f"the unit of the recorded channel '{source}' is not known", remedy="say it in the channel map: unit: mm"
        )
    if of[2] != to[2]:
        raise InputError(
            f"'{source}' is recorded in {of[2]}, '{name}' is predicted in {to[2]}", remedy="correct the channel map"
        )
    return of[1] / to[1]
