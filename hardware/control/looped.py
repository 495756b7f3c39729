"""A plant whose replies close the loop: the twin's corrections go back to the controller, each through its guard.

The loop sees what a real one would: commands, and the readings of sensors. Channels of hidden truth are not looked at.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hardware.channel import Channel
from hardware.control.drift_observer import DriftObserver
from hardware.control.force_limit import ForceLimit
from hardware.control.guard import Guard, WriteLog
from hardware.control.options import ControlOptions
from hardware.plant import Command, Plant, Reply
from hardware.thermal_part import part_on_table
from twin.config import build
from twin.errors import InputError
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.simulate import axis_positions
from twin.units import UM

STEP = 1.0  # [s] between updates of the drift
OWN = (Channel(name="offset_asked_z_um", unit="µm"), Channel(name="feed_asked_ratio", unit="1"))


class LoopedPlant:
    """``plant`` with the corrections that ``options`` ask for.

    Args:
        plant: answers the commands, has the sensors.
        scenario: what the twin knows; calibrated, if the user said so.
        machining: as the twin ran the program.
        options: section ``control``.

    Raises:
        InputError: not armed, nothing to control, limits that are missing or make no sense, a sensor that is missing.
    """

    def __init__(self, plant: Plant, scenario: Scenario, machining: Machining, options: Mapping[str, Any]):
        chosen = build(ControlOptions, options, "control")
        if chosen.drift is None and chosen.feed is None:
            raise InputError(
                "control asks for nothing", remedy="declare control.drift or control.feed, or leave it out"
            )
        self.plant, self.channels = plant, (*plant.channels, *OWN)
        self.log = WriteLog(Path(chosen.log) if chosen.log else None)
        self._offset, self._factor = 0.0, 1.0
        self._drift = self._feed = None
        if chosen.drift:
            self._drift = Guard("offset_z_m", chosen.drift.limits, armed=chosen.armed, log=self.log)
            model = part_on_table(scenario, machining.cut)
            self._columns = _temperature_columns(plant, model.nodes)
            spread = [plant.channels[c].uncertainty or 0.1 for c in self._columns[:-2] if c >= 0]
            self.observer = DriftObserver(scenario, model, STEP, float(np.median(spread)))
            self._place = np.asarray(scenario.part.machine_position) - np.asarray(scenario.part.part_zero)
            self._gauge_length = float(np.median(axis_positions(scenario, machining.toolpath)[1]))
            self._air = scenario.environment.ambient_mean
            self._coolant = scenario.environment.coolant
        if chosen.feed:
            self._feed = Guard("feed_factor", chosen.feed.limits, armed=chosen.armed, log=self.log)
            self._feed.sent = 1.0
            self.force = ForceLimit(scenario, machining, chosen.feed.force, chosen.feed.least, chosen.feed.rate)
        self._power = _column(plant, "spindle_power_w")
        self._sums, self._in_step = np.zeros(6), 0.0
        self._before: np.ndarray | None = None
        self._wanted: float | None = None

    def step(self, command: Command) -> Reply:
        """Advance by one cycle; the reply carries the corrections."""
        reply = self.plant.step(command)
        readings, time = self.plant.readings(), command.cycle * command.period
        tip = np.array(command.position[:3])
        tip[2] -= command.tool_length
        if self._drift:
            self._observe(command, tip, readings)
            self._offset = self._drift.update(time, self._wanted)
            reply.offset_z = self._offset
        if self._feed:
            nominal = tip - [0.0, 0.0, self._offset]
            self._factor = self._feed.update(time, self.force.factor(nominal, command.line))
            reply.feed_factor = self._factor
        return reply

    def readings(self) -> np.ndarray:
        """Of the plant, and what the loops ask for."""
        return np.concatenate([self.plant.readings(), [self._offset / UM, self._factor]])

    def _observe(self, command: Command, tip: np.ndarray, readings: np.ndarray) -> None:
        """Take up one cycle; once a step, a new estimate of the drift."""
        before = tip if self._before is None else self._before
        self._before = tip
        temperatures = np.array([readings[c] if c >= 0 else np.nan for c in self._columns])
        if self._in_step == 0.0 and not self._sums.any() and self._wanted is None and np.isfinite(temperatures).any():
            self._begin(temperatures)
        power = readings[self._power] if self._power >= 0 and command.spindle_speed else 0.0
        self._sums[:3] += np.abs(tip - before)
        self._sums[3] += (power if np.isfinite(power) else 0.0) * command.period
        self._sums[4] += abs(command.spindle_speed) * command.period
        self._in_step += command.period
        if self._in_step < STEP - command.period / 2:
            return
        if np.isfinite(temperatures[:-2]).any():
            self._air = _known(temperatures[-2], self._air)
            self._coolant = _known(temperatures[-1], self._coolant)
            mean = self._sums / self._in_step
            self.observer.update(mean, self._air, self._coolant, temperatures[:-2])
            place = tip + self._place + [0.0, 0.0, self._gauge_length]
            self._wanted = -float(self.observer.drift(place)[2])
        else:
            self._wanted = None  # held, then taken back
        self._sums[:], self._in_step = 0.0, 0.0

    def _begin(self, temperatures: np.ndarray) -> None:
        self.observer.start(temperatures[:-2])
        self._wanted = 0.0


def _temperature_columns(plant: Plant, nodes: tuple[str, ...]) -> list[int]:
    """Columns of the nodes' readings, then air and coolant; -1 where there is no sensor."""
    columns = [_column(plant, f"{name}_degc") for name in (*nodes, "ambient", "coolant")]
    if max(columns[:-2]) < 0:
        raise InputError("no temperature sensor at the machine", remedy="record one: channel spindle_housing_degc ...")
    return columns


def _column(plant: Plant, name: str) -> int:
    names = [channel.name for channel in plant.channels]
    return names.index(name) if name in names else -1


def _known(value: float, default: float) -> float:
    return float(value) if np.isfinite(value) else default
