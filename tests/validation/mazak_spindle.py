"""Spindle temperature of NIST's Mazak: fitted on two days, predicted on the third, against naive models.

Run: ``python tests/validation/mazak_spindle.py``. Prints the root mean square error [K] over the day that was not
fitted, for all three rotations: from the first reading alone (free run), without any reading (unknown start), and with
one reading every 60 min. The readings come in steps of 1 degC (0.29 K rms): nothing scored on them goes much lower.

What these days hold: 43 to 55 degC with the machine switched on hours before or at their start, so no cold start, no
ambient temperature and no displacement. 15 to 27 % of the logged values are spurious zeros of a second or two; they
are dropped. The heat is taken as proportional to the spindle speed, as by a friction torque that does not depend on it;
one row takes the 5/3 power of viscous friction (Palmgren) instead. Two days do not tell these apart, but the third
does: the day of high speeds cannot be told from the two of low speeds without knowing the law.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.calibration.first_order import FirstOrderPrior, TemperatureDay, fit_first_order
from twin.data import recording
from twin.formats.shdr import Channel, read_shdr
from twin.thermal.first_order import FirstOrderModel, followed
from twin.units import HOUR, MINUTE

FILES = tuple(f"Mazak01-{name}.shdr.gz" for name in ("20161129-20161130", "20170627-20170628", "20171115-20171116"))
STEP = MINUTE
PROBE = 60  # steps between readings
FLOOR = 1 / np.sqrt(12)  # [K] of steps of 1 degC
FULL_SPEED = 10_000.0  # rpm of a heat of 1
LAGS = (15, 60, 240)  # steps: moving averages of the stronger regression
HOURLY = "re-probe every 60 min"
MODES = ("free run", "unknown start", HOURLY)

# A spindle warms by some kelvin at full speed within minutes, its housing within an hour, the machine within hours;
# the factors are wide.
PRIOR = {
    "time_factor": 3.0,
    "gain": 5.0,
    "gain_factor": 4.0,
    "warm_up_time": 3 * HOUR,
    "warm_up_factor": 2.0,
    "level": 40.0,
    "level_deviation": 10.0,
    "warm_up_deviation": 5.0,
    "day_deviation": 1.0,
    "reading_deviation": FLOOR,
    "error_deviation": 0.5,
    "error_time": HOUR,
}
TIMES = {"first order": (15 * MINUTE,), "reduced, two modes": (5 * MINUTE, 60 * MINUTE)}


@dataclass(frozen=True)
class Day:
    """One day minute by minute."""

    name: str
    reading: np.ndarray  # (time + 1,) [degC] in force at each minute, zeros dropped
    speed: np.ndarray  # (time,) mean magnitude, in parts of full speed
    load: np.ndarray  # (time,) mean spindle load, parts of 1
    active: np.ndarray  # (time,) share of the minute in which a program ran
    zeros: float  # part of the logged temperatures that were spurious zeros

    @property
    def probed(self) -> np.ndarray:
        """Where a reading is taken every hour (time + 1,) bool."""
        return np.arange(len(self.reading)) % PROBE == 0


def read_day(file: str) -> Day:
    """The day of one log, from its first to its last temperature."""
    log = read_shdr(recording(f"nist_mazak_spindle/{file}"))
    channel = log["Stemp"]
    value = channel.value
    valid = value > 0
    time, kept = channel.time[valid], value[valid]
    edge = time[0] + STEP * np.arange(int((time[-1] - time[0]) / STEP) + 1)
    return Day(
        file[8:16],
        kept[np.searchsorted(time, edge, side="right") - 1],
        _mean(log["Srpm"], edge, lambda c: np.abs(np.nan_to_num(c.value)) / FULL_SPEED),
        _mean(log["Sload"], edge, lambda c: np.clip(np.nan_to_num(c.value), 0, None) / 100),
        _mean(log["execution"], edge, lambda c: (c.text == "ACTIVE").astype(float)),
        float(np.sum(value == 0) / np.sum(np.isfinite(value))),
    )


def _mean(channel: Channel, edge: np.ndarray, values: Callable[[Channel], np.ndarray]) -> np.ndarray:
    """Mean over each step of a value that holds until its next event."""
    integral = np.concatenate([[0], np.cumsum(values(channel)[:-1] * np.diff(channel.time))])
    return np.diff(np.interp(edge, channel.time, integral)) / STEP


def predicted(model: FirstOrderModel, day: Day, power: float) -> dict[str, np.ndarray]:
    """Temperature by each way of starting."""
    none = np.zeros(len(day.reading), dtype=bool)
    first = none.copy()
    first[0] = True
    used = {"free run": first, "unknown start": none, HOURLY: day.probed}
    return {
        mode: np.asarray(followed(model, day.speed**power, STEP, day.reading, probed)) for mode, probed in used.items()
    }


def fitted(days: list[Day], modes: tuple[float, ...], power: float) -> FirstOrderModel:
    """The model of these days."""
    readings = [TemperatureDay(day.speed**power, day.reading) for day in days]
    return fit_first_order(readings, STEP, FirstOrderPrior(time_constant=modes, **PRIOR))


def persistence(days: list[Day], day: Day) -> dict[str, np.ndarray]:
    """The last reading; without one, the mean of the other days."""
    held = day.reading[np.arange(len(day.reading)) // PROBE * PROBE]
    mean = np.concatenate([d.reading for d in days]).mean()
    return {
        "free run": np.full(len(held), day.reading[0]),
        "unknown start": np.full(len(held), mean),
        HOURLY: held,
    }


def regression(days: list[Day], day: Day, lags: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Linear in speed, load, activity and hours since the start, and in their moving averages over ``lags``."""
    weight, *_ = np.linalg.lstsq(
        np.concatenate([_features(d, lags) for d in days]), np.concatenate([d.reading for d in days]), rcond=None
    )
    plain = _features(day, lags) @ weight
    last = np.arange(len(plain)) // PROBE * PROBE
    return {
        "free run": plain + (day.reading[0] - plain[0]),
        "unknown start": plain,
        HOURLY: plain + (day.reading - plain)[last],
    }


def _features(day: Day, lags: tuple[int, ...]) -> np.ndarray:
    n = len(day.reading)
    columns = [np.ones(n), np.arange(n) * STEP / HOUR]
    for values in (day.speed, day.load, day.active):
        now = np.concatenate([values[:1], values])
        total = np.concatenate([[0], np.cumsum(now)])
        end = np.arange(1, n + 1)
        columns += [now, *((total[end] - total[np.maximum(end - lag, 0)]) / lag for lag in lags)]
    return np.stack(columns, axis=1)


def scores() -> dict[str, dict[str, list[float]]]:
    """Model -> way of starting -> root mean square error [K] of each day when the other two were fitted."""
    days = [read_day(file) for file in FILES]
    table: dict[str, dict[str, list[float]]] = {}
    for k, day in enumerate(days):
        others = days[:k] + days[k + 1 :]
        found = {name: predicted(fitted(others, modes, 1.0), day, 1.0) for name, modes in TIMES.items()}
        viscous = fitted(others, TIMES["reduced, two modes"], 5 / 3)
        found["reduced, heat ~ speed^5/3"] = predicted(viscous, day, 5 / 3)
        found["persistence"] = persistence(others, day)
        found["linear regression"] = regression(others, day, ())
        found["linear regression, lags"] = regression(others, day, LAGS)
        for name, by_mode in found.items():
            for mode, values in by_mode.items():
                error = float(np.sqrt(np.mean((values - day.reading) ** 2)))
                table.setdefault(name, {}).setdefault(mode, []).append(error)
    return table


def main() -> None:
    days = [read_day(file) for file in FILES]
    for day in days:
        low, high = day.reading.min(), day.reading.max()
        print(f"{day.name}: {len(day.speed) / 60:.1f} h, {low:.0f} to {high:.0f} degC, zeros {day.zeros:.0%}")
    print("no cold start in these days; root mean square error [K] on the day left out")
    names = "".join(f"{day.name:>10}" for day in days)
    print(f"{'':28}" + "".join(f"{mode:<34}" for mode in MODES))
    print(f"{'':28}" + "".join(f"{names}{'':4}" for _ in MODES))
    for name, by_mode in scores().items():
        print(f"{name:28}" + "".join("".join(f"{v:10.2f}" for v in by_mode[mode]) + " " * 4 for mode in MODES))
    print(f"{'floor: steps of 1 degC':28}{FLOOR:10.2f}")


if __name__ == "__main__":
    main()
