"""Indicators of one run: parameters of the twin, each identified by itself with its uncertainty.

All are linear least squares on the twin's own equations, so that a run costs milliseconds; a full calibration
(:mod:`hardware.calibration`) finds more parameters and takes seconds. What a recording does not show is left out.
"""

from collections.abc import Mapping

import numpy as np

from hardware.calibration.recorded import Recorded
from hardware.faults.heat import HeatCheck
from hardware.faults.regression import Indicator, regressed
from hardware.path_position import path_of, segments_at
from hardware.segment_loads import segment_loads
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.units import UM

XYZ = "xyz"
REST = 1e-5  # [m/s] slower counts as standing
SETTLED = 0.15  # [s] at one speed until the lag stands still
STEADY = 1e-4  # [m/s] by which that speed may differ from cycle to cycle
FEWEST = 50  # samples of a regression


class HealthCheck:
    """What a scenario's program shows of its machine.

    Args:
        scenario: what ran.
        machining: as the twin runs it.
    """

    def __init__(self, scenario: Scenario, machining: Machining):
        self._part_zero = np.asarray(scenario.part.part_zero)
        self._path = path_of(machining.toolpath)
        self._table = segment_loads(scenario, machining.toolpath, machining.contact)
        self._heat = HeatCheck(scenario, machining)

    def indicators(self, recorded: Recorded) -> dict[str, Indicator]:
        """Name -> indicator of one recorded run of the program."""
        segment = segments_at(self._path, recorded.commanded - self._part_zero, recorded.line)
        cutting = self._table.cutting(segment, recorded.input("path_speed_mm_s"), recorded.input("spindle_speed_rpm"))
        speed = np.diff(recorded.commanded, axis=0, prepend=recorded.commanded[:1]) / recorded.period
        found: dict[str, Indicator] = {}
        for axis, letter in enumerate(XYZ):
            found |= _drive(recorded, letter, speed[:, axis], recorded.good & ~cutting)
            found |= _servo(recorded, letter, axis, speed[:, axis])
        return found | self._heat.indicators(recorded) | _belt(recorded)


def _drive(recorded: Recorded, letter: str, speed: np.ndarray, free: np.ndarray) -> dict[str, Indicator]:
    """Friction, moving mass and zero of the motor's force, outside the cut."""
    force = recorded.channel(f"{letter}_drive_force_n")
    moving = free & (np.abs(speed) > REST) & np.isfinite(force)
    if moving.sum() < FEWEST:
        return {}
    acceleration = np.diff(speed, prepend=speed[:1]) / recorded.period
    columns = [np.sign(speed), speed, acceleration, np.ones(len(speed))]
    names = ("friction_{}_n", "viscous_friction_{}_n_s_m", "moving_mass_{}_kg", "drive_zero_{}_n")
    return regressed(columns, force, moving, [name.format(letter) for name in names])


def _servo(recorded: Recorded, letter: str, axis: int, speed: np.ndarray) -> dict[str, Indicator]:
    """Lag per speed ((1 - feed-forward) / position gain) and half the lost motion, at steady speed."""
    error = recorded.actual[:, axis] - recorded.commanded[:, axis]
    steady = (np.abs(np.diff(speed, prepend=speed[:1])) < STEADY) & (np.abs(speed) > REST)
    needed = max(2, round(SETTLED / recorded.period))
    length = np.arange(1, len(steady) + 1)
    since = length - np.maximum.accumulate(np.where(steady, 0, length))
    settled = (since >= needed) & recorded.good & np.isfinite(error)
    if settled.sum() < FEWEST or len(np.unique(np.sign(speed[settled]))) < 2:
        return {}
    columns = [-speed * 1e3 * UM, -np.sign(speed) * UM, np.full(len(speed), UM)]
    return regressed(columns, error, settled, [f"lag_{letter}_ms", f"play_{letter}_um", ""])


def _belt(recorded: Recorded) -> dict[str, Indicator]:
    """Square of the frequency of the belt's free span, in proportion to its tension: F = 4 m l^2 f^2."""
    frequency = recorded.channel("belt_frequency_hz")
    frequency = frequency[np.isfinite(frequency)]
    if not frequency.size:
        return {}
    held = np.concatenate([[True], np.diff(frequency) != 0])  # a slow reading is repeated until the next
    readings = frequency[held]
    mean, spread = readings.mean(), recorded.deviation("belt_frequency_hz") / np.sqrt(len(readings))
    return {"belt_frequency_squared_hz2": Indicator(float(mean**2), float(2 * mean * spread))}


def series(runs: list[Mapping[str, Indicator]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> values and uncertainties (run,) of every indicator, NaN where a run did not show it."""
    names = dict.fromkeys(name for run in runs for name in run)
    none = Indicator(np.nan, np.nan)
    return {
        name: (
            np.array([run.get(name, none).value for run in runs]),
            np.array([run.get(name, none).uncertainty for run in runs]),
        )
        for name in names
    }
