"""Indicators from the log of a machine at work (SHDR), window by window: no test program, no knowledge of the part.

An axis at rest holds a load (weight, preload, zero of the current); moving slowly while no spindle turns, so that
nothing is cut, its friction changes that load. The spindle's temperature follows its speed: per window the gain of that
response is fitted, level free. Loads are in percent as the control reports them, magnitudes; temperatures in steps of
the log.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardware.faults.regression import Indicator
from twin.errors import InputError
from twin.formats.shdr import Channel, ShdrLog, read_shdr
from twin.units import HOUR, MINUTE

STEP = 1.0  # [s] of the grid
BLOCK = 5 * MINUTE  # over which readings count as one: loads stay alike meanwhile
FEWEST = 3  # blocks that a window needs
SLOW, FAST = 0.3, 3.0  # feed of a slow motion, in the log's m/min
STANDING = 10.0  # rpm
RESPONSE = (5 * MINUTE, 60 * MINUTE)  # time constants of the spindle's warming
LEAST = 0.5  # [K] by which the response must vary within a window
STEPS_OF_READING = 1 / np.sqrt(12)  # [K] standard deviation of a reading in steps of 1 degC


@dataclass(frozen=True)
class Keys:
    """Names in the log; the default is NIST's Mazak."""

    load: str = "{}load"
    feed: str = "{}frt"
    axes: str = "XYZ"
    spindle_speed: str = "Srpm"
    spindles: tuple[str, ...] = ("Srpm", "S2rpm")  # that must stand for an axis to be cutting nothing
    spindle_temperature: str = "Stemp"
    full_speed: float = 10_000.0  # rpm of a response of 1


@dataclass(frozen=True)
class Window:
    """A stretch of one log."""

    file: str
    start: float  # [s] since the log's first temperature
    indicators: dict[str, Indicator]


def windows(file: Path, length: float = HOUR, keys: Keys | None = None) -> list[Window]:
    """Indicators of each whole window of ``length`` [s] in one log.

    Raises:
        InputError: the log has no temperature of the spindle, which marks where it begins.
    """
    keys = keys or Keys()
    log = read_shdr(file)
    temperature = log[keys.spindle_temperature]
    real = temperature.value > 0  # zeros are no measurements
    if real.sum() < 2:
        raise InputError("the log has no temperature of the spindle", file=file)
    begin, end = temperature.time[real][[0, -1]]
    grid = np.arange(begin, end, STEP)
    reading = temperature.value[real][np.searchsorted(temperature.time[real], grid, side="right") - 1]
    speed = np.abs(np.nan_to_num(_held(log[keys.spindle_speed], grid))) / keys.full_speed
    response = sum((_followed(speed, constant) for constant in RESPONSE), np.zeros(len(grid)))
    still = np.all([np.abs(np.nan_to_num(_held(log[name], grid))) < STANDING for name in keys.spindles], axis=0)
    axes = {letter: _axis(log, letter, keys, grid) for letter in keys.axes}
    found = []
    for number in range(int((end - begin) / length)):
        rows = slice(int(number * length / STEP), int((number + 1) * length / STEP))
        indicators = _heat(reading[rows], response[rows])
        for letter, (load, feed) in axes.items():
            indicators |= _loads(letter.lower(), load[rows], feed[rows], still[rows])
        found.append(Window(file.name, number * length, indicators))
    return found


def _axis(log: ShdrLog, letter: str, keys: Keys, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return _held(log[keys.load.format(letter)], grid), np.abs(np.nan_to_num(_held(log[keys.feed.format(letter)], grid)))


def _held(channel: Channel, grid: np.ndarray) -> np.ndarray:
    """Value in force at each time; NaN before the first."""
    row = channel.at(grid)
    return np.where(row >= 0, channel.value[np.maximum(row, 0)], np.nan)


def _followed(value: np.ndarray, time_constant: float) -> np.ndarray:
    """First-order response to ``value`` from rest."""
    share, state = 1 - np.exp(-STEP / time_constant), 0.0
    out = np.empty(len(value))
    for k, now in enumerate(value):
        state += share * (now - state)
        out[k] = state
    return out


def _loads(letter: str, load: np.ndarray, feed: np.ndarray, still: np.ndarray) -> dict[str, Indicator]:
    """Load held at rest, and by how much that of a slow motion without a turning spindle differs from it."""
    rest = _mean_of_blocks(load, feed == 0)
    slow = _mean_of_blocks(load, still & (feed > SLOW) & (feed < FAST))
    found = {}
    if rest:
        found[f"hold_{letter}_pct"] = rest
    if rest and slow:
        spread = float(np.hypot(rest.uncertainty, slow.uncertainty))
        found[f"friction_{letter}_pct"] = Indicator(slow.value - rest.value, spread)
    return found


def _mean_of_blocks(value: np.ndarray, rows: np.ndarray) -> Indicator | None:
    """Mean over blocks and its standard error; None where too few blocks have a reading."""
    size = int(BLOCK / STEP)
    n = len(value) // size
    used = (rows & np.isfinite(value))[: n * size].reshape(n, size)
    count = used.sum(axis=1)
    full = count > 0.02 * size
    if full.sum() < FEWEST:
        return None
    total = np.where(used, np.nan_to_num(value[: n * size]).reshape(n, size), 0.0).sum(axis=1)
    means = total[full] / count[full]
    return Indicator(float(means.mean()), float(max(means.std(ddof=1), 0.3) / np.sqrt(full.sum())))


def _heat(reading: np.ndarray, response: np.ndarray) -> dict[str, Indicator]:
    """Warming at full speed [K]: slope of the readings on the response, block by block."""
    size = int(BLOCK / STEP)
    n = len(reading) // size
    y, x = (values[: n * size].reshape(n, size).mean(axis=1) for values in (reading, response))
    x = x - x.mean()
    if n < 4 or np.ptp(x) * 5 < LEAST:  # some 5 K at full speed
        return {}
    slope = float(x @ y / (x @ x))
    left = y - y.mean() - slope * x
    spread = np.sqrt(max(float(left @ left) / (n - 2), STEPS_OF_READING**2 / 4) / (x @ x))
    return {"heat_spindle_k": Indicator(slope, float(spread))}
