"""The spindle temperature of a day of a real machine, predicted by a first-order model of other days.

What the model is given of the day itself is its spindle speed; of its temperatures nothing, the first one, or one an
hour. Nothing of the day takes part in the fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from hardware.fidelity import Fidelity, fidelity
from twin.calibration.first_order import FirstOrderPrior, TemperatureDay, fit_first_order
from twin.config import build
from twin.errors import InputError
from twin.formats.shdr import Channel, read_shdr
from twin.resources import shared_folder
from twin.thermal.first_order import followed
from twin.units import AngularSpeed, Ratio, Temperature, TemperatureDifference, Time


@dataclass(frozen=True, kw_only=True)
class PriorConfig:
    """What is held before any day; as :class:`twin.calibration.first_order.FirstOrderPrior`."""

    time_constant: tuple[Time, ...]
    time_factor: Ratio
    gain: TemperatureDifference
    gain_factor: Ratio
    warm_up_time: Time
    warm_up_factor: Ratio
    level: Temperature
    level_deviation: TemperatureDifference
    warm_up_deviation: TemperatureDifference
    day_deviation: TemperatureDifference
    reading_deviation: TemperatureDifference
    error_deviation: TemperatureDifference
    error_time: Time


@dataclass(frozen=True, kw_only=True)
class SpindleLimits:
    """Largest RMSE of each way of starting; None: not judged."""

    free_run: TemperatureDifference | None = None
    unknown_start: TemperatureDifference | None = None
    re_probe: TemperatureDifference | None = None


@dataclass(frozen=True, kw_only=True)
class SpindleConfig:
    """conf/validation/spindle_temperature.yaml."""

    temperature: str
    """Key of the log."""
    speed: str
    """Key of the log."""
    zeros_are_measurements: bool
    full_speed: AngularSpeed
    """At which the heat input is 1."""
    step: Time
    """Of the model."""
    probe_every: Time
    """Between the readings that `re-probe` knows."""
    prior: PriorConfig
    limits: SpindleLimits = SpindleLimits()


@dataclass(frozen=True)
class SpindleDay:
    """One day, step by step."""

    file: Path
    reading: np.ndarray  # (step + 1,) [degC] in force
    heat: np.ndarray  # (step,) mean spindle speed over full speed
    spurious: float  # part of the logged temperatures that were no measurements


@dataclass(frozen=True)
class SpindleValidation:
    """A day beside its prediction, for each way of starting."""

    day: SpindleDay
    fitted_on: tuple[Path, ...]
    step: float  # [s]
    predicted: dict[str, np.ndarray]  # (step + 1,) [degC]
    fidelity: dict[str, Fidelity]  # degC
    time_constant: float  # [s] of the fitted model
    gain: float  # [K] at full speed

    @property
    def passed(self) -> bool | None:
        """None: no limit is declared."""
        judged = [f.passed for f in self.fidelity.values() if f.passed is not None]
        return all(judged) if judged else None


def read_config(file: Path | None = None) -> SpindleConfig:
    """Keys, prior and limits.

    Raises:
        InputError: no such file, an unknown key, a missing unit.
    """
    file = file or shared_folder("conf") / "validation" / "spindle_temperature.yaml"
    if not file.is_file():
        raise InputError("there is no such configuration", file=file)
    return build(SpindleConfig, yaml.safe_load(file.read_text()), "spindle", file=file)


def read_spindle_day(file: Path, config: SpindleConfig) -> SpindleDay:
    """The day of one log, from its first to its last temperature.

    Raises:
        InputError: the log lacks the temperature or the speed.
    """
    log = read_shdr(file)
    temperature, speed = log[config.temperature], log[config.speed]
    value = temperature.value
    valid = np.isfinite(value) & ((value != 0) | config.zeros_are_measurements)
    if valid.sum() < 2:
        raise InputError("the log has no temperatures", file=file)
    time, kept = temperature.time[valid], value[valid]
    edge = time[0] + config.step * np.arange(int((time[-1] - time[0]) / config.step) + 1)
    reading = kept[np.searchsorted(time, edge, side="right") - 1]
    full_rpm = config.full_speed * 30 / np.pi
    heat = _mean(speed, np.abs(np.nan_to_num(speed.value)) / full_rpm, edge)
    return SpindleDay(file, reading, heat, float(np.mean(~valid[np.isfinite(value)])))


def _mean(channel: Channel, value: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Mean over each step of a value that holds until its next event."""
    integral = np.concatenate([[0], np.cumsum(value[:-1] * np.diff(channel.time))])
    return np.diff(np.interp(edge, channel.time, integral)) / np.diff(edge)


def validate_spindle_day(day: Path, fitted_on: Sequence[Path], config: SpindleConfig) -> SpindleValidation:
    """Predict ``day`` from the model of the other days.

    Raises:
        InputError: the day is among those that the model is fitted on; a log cannot be read.
    """
    if day.resolve() in {file.resolve() for file in fitted_on}:
        raise InputError("the day is among those that the model is fitted on", file=day, remedy="name other days")
    others = [read_spindle_day(file, config) for file in fitted_on]
    own = read_spindle_day(day, config)
    prior = FirstOrderPrior(**vars(config.prior))
    model = fit_first_order([TemperatureDay(d.heat, d.reading) for d in others], config.step, prior)
    none = np.zeros(len(own.reading), bool)
    first, probed = none.copy(), np.arange(len(own.reading)) % round(config.probe_every / config.step) == 0
    first[0] = True
    predicted = {
        mode: np.asarray(followed(model, own.heat, config.step, own.reading, known))
        for mode, known in (("free run", first), ("unknown start", none), ("re-probe", probed))
    }
    time = np.arange(len(own.reading)) * config.step
    limits = dict(
        zip(predicted, (config.limits.free_run, config.limits.unknown_start, config.limits.re_probe), strict=True)
    )
    found = {
        mode: fidelity("spindle temperature", "°C", time, own.reading, values, limit=limits[mode])
        for mode, values in predicted.items()
    }
    time_constant, gain = float(model.time_constant[0]), float(np.sum(np.asarray(model.gain)))
    return SpindleValidation(own, tuple(fitted_on), config.step, predicted, found, time_constant, gain)
