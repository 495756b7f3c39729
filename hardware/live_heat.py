"""Whether the twin's model of the machine's heat still holds, while the machine runs: when to measure again.

The thermal network of the run, calibrated if the run is, is driven by what the machine does and corrected by its
temperature sensors through a Kalman filter. The squared innovations of a filter that is right are chi-square: above the
action limit (:mod:`twin.calibration.action_limit`) the machine is no longer the one that the twin knows.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hardware.channel import Block, Channel, Clock, Quality
from hardware.control.drift_observer import DriftObserver
from hardware.validation.predicted import predicted_run
from twin.errors import InputError
from twin.scenario import Scenario
from twin.thermal import ThermalModel, thermal_model
from twin.units import MM, RPM

STEP = 1.0  # [s] between two looks at the sensors
AXES = "xyz"
NOISE = 0.1  # [K] of a sensor that states no uncertainty


class HeatWatch:
    """Takes blocks of a source; ``share`` above 1 says that the readings no longer fit the model."""

    def __init__(self, scenario: Scenario, model: ThermalModel, channels: Sequence[Channel], period: float):
        """``channels`` of the source, one of them a node's temperature; ``period`` [s] of its samples."""
        known = {channel.name: channel for channel in channels}
        self._sensors = {k: f"{node}_degc" for k, node in enumerate(model.nodes) if f"{node}_degc" in known}
        stated = [known[name].uncertainty or NOISE for name in self._sensors.values()]
        self._kind = "actual" if "x_actual_mm" in known else "commanded"
        self._has = set(known)
        self._environment, self._n = scenario.environment, len(model.nodes)
        self._observer = DriftObserver(scenario, model, STEP, float(np.median(stated)))
        self._per_step = max(round(STEP / period), 1)
        self._period = period
        self._rows: list[np.ndarray] = []  # of the step that is going on
        self._waiting = 0
        self._last: np.ndarray | None = None  # position at its start
        self._begun = False
        self.share = 0.0  # of the action limit
        self.since: float | None = None  # [s] by the source's clock, when the limit was first exceeded

    def add(self, block: Block) -> None:
        """Take the samples of ``block``; once a step, compare."""
        names = [f"{a}_{self._kind}_mm" for a in AXES] + ["spindle_speed_rpm"]
        columns = [block.values[name] for name in names]
        columns += [self._column(block, "spindle_power_w", 0.0)]
        columns += [self._column(block, "ambient_degc", self._environment.ambient_mean)]
        columns += [self._column(block, "coolant_degc", self._environment.coolant)]
        columns += [block.values[name] for name in self._sensors.values()]
        rows = np.column_stack([*columns, block.time])
        rows = rows[block.quality != Quality.BAD]
        while len(rows):
            taken, rows = np.split(rows, [self._per_step - self._waiting])
            self._rows.append(taken)
            self._waiting += len(taken)
            if self._waiting == self._per_step:
                self._step(np.concatenate(self._rows))
                self._rows, self._waiting = [], 0

    def _column(self, block: Block, name: str, default: float) -> np.ndarray:
        return block.values[name] if name in self._has else np.full(len(block), default)

    def _step(self, rows: np.ndarray) -> None:
        place = rows[:, :3] * MM
        place = np.vstack([place[:1] if self._last is None else self._last, place])
        self._last = place[-1:]
        speed = np.abs(np.diff(place, axis=0)).sum(axis=0) / (len(rows) * self._period)
        spindle, power = np.abs(rows[:, 3]) * RPM, np.nan_to_num(rows[:, 4])
        temperatures = np.full(self._n, np.nan)
        temperatures[list(self._sensors)] = rows[-1, 7:-1]
        if not np.isfinite(temperatures).any():
            return
        if not self._begun:
            self._observer.start(temperatures)
            self._begun = True
            return
        mean = np.array([*speed, power.mean(), spindle.mean(), 0.0])
        air, coolant = (float(np.nanmean(rows[:, k])) for k in (5, 6))
        self._observer.update(mean, air, coolant, temperatures)
        self.share = self._observer.share
        if self._observer.measure_again and self.since is None:
            self.since = float(rows[-1, -1])

    @property
    def said(self) -> str:
        """In words."""
        if self.since is not None:
            return (
                f"RE-MEASURE NOW: since {self.since:,.0f} s the temperatures no longer fit the model (twin calibrate)"
            )
        return f"temperatures at {self.share:.0%} of the action limit: the model holds" if self.share else ""


def heat_watch(run: Path, scenario: Scenario, channels: Sequence[Channel], clock: Clock) -> HeatWatch | None:
    """A watch over the machine of ``run``; None where source or run do not say enough, and with flood coolant:

    no source tells when it flows.
    """
    names = {channel.name for channel in channels}
    moves = any(names.issuperset(f"{a}_{kind}_mm" for a in AXES) for kind in ("actual", "commanded"))
    if clock.period_s is None or not moves or "spindle_speed_rpm" not in names:
        return None
    try:
        predicted = predicted_run(run)
    except InputError:  # no finished run: there is nothing to hold the temperatures against
        return None
    flood = predicted.thermal.get("flood_ratio")
    if flood is None or float(flood.max()) > 0:
        return None
    if not names & {f"{node}_degc" for node in predicted.thermal["node"].values} or predicted.part_lump is None:
        return None
    model = thermal_model(scenario.machine.thermal, predicted.part_lump)
    return HeatWatch(scenario, model, channels, clock.period_s)
