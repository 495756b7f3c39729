"""Faults put into simulated machines: how soon they are found, and how often healthy machines are accused.

Each machine has hidden parameters of its own and runs the same short program at the start of every shift. Its friction,
position gains, heat and belt differ a little from run to run. Twin and machine share their equations: this tests the
detection, not the models.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hardware.faults.indicators import HealthCheck, series
from hardware.faults.regression import Indicator
from hardware.simulated.hidden import hidden_scenario
from hardware.simulated.options import BeltSpan, Fault, PlantOptions
from hardware.simulated.plant import Commands, SimulatedPlant
from hardware.simulated.record import planned_commands, recorded_run
from twin.prediction import Machining
from twin.production.faults.change import Chart, chart, cumulative, scores, threshold_of
from twin.scenario import Scenario

CHECKED = ("scenario=bench_identification", "scenario.program=check.nc", "environment=shop_drift")  # what runs
PERIOD = 8e-3  # [s] between samples
SCATTER = 0.02  # of friction, heat and belt from run to run, assumed
BELT = BeltSpan(length=0.3, mass_per_length=0.073, tension=180.0)
Broken = Callable[[int], Fault]  # of the run with the fault, the first being 1


def _at_once(fault: Fault) -> Broken:
    return lambda run: fault


# what is broken, and the indicators that may say so: from one run to the next, and little by little
FAULTS: dict[str, tuple[Broken, tuple[str, ...]]] = {
    "friction of X up 30 %": (_at_once(Fault(kind="friction", start=0.0, axis="x")), ("friction_x_n",)),
    "preload of the X nut lost": (
        _at_once(Fault(kind="preload_lost", start=0.0, axis="x")),
        ("play_x_um", "friction_x_n"),
    ),
    "belt slack by 10 %": (_at_once(Fault(kind="belt_slack", start=0.0)), ("belt_frequency_squared_hz2",)),
    "bearing sensor off by 0.5 K": (
        _at_once(Fault(kind="sensor_bias", start=0.0, channel="front_bearing_degc")),
        ("zero_front_bearing_k",),
    ),
    "coolant lost": (_at_once(Fault(kind="coolant_lost", start=0.0)), ("coolant_ratio",)),
}
DRIFTS: dict[str, tuple[Broken, tuple[str, ...]]] = {
    "friction of X up 1 % a run": (
        lambda run: Fault(kind="friction", start=0.0, axis="x", factor=1 + 0.01 * run),
        ("friction_x_n",),
    ),
    "belt slack by 0.5 % a run": (
        lambda run: Fault(kind="belt_slack", start=0.0, factor=1 - 0.005 * run),
        ("belt_frequency_squared_hz2",),
    ),
    "bearing sensor off by 0.05 K a run": (
        lambda run: Fault(kind="sensor_bias", start=0.0, channel="front_bearing_degc", deviations=float(run)),
        ("zero_front_bearing_k",),
    ),
}


@dataclass(frozen=True)
class Shop:
    """What all machines run."""

    scenario: Scenario
    machining: Machining
    commands: Commands
    check: HealthCheck


@dataclass(frozen=True)
class Found:
    """A fault on one machine."""

    delay: int | None  # runs until an alarm, the first with the fault being 1; None: not found
    named: tuple[str, ...]  # indicators that had given alarm by then
    evidence: tuple[str, np.ndarray, np.ndarray, Chart] | None  # of the clearest: name, values, uncertainties, chart


@dataclass(frozen=True)
class Watched:
    """One machine, healthy and with each fault."""

    charts: dict[str, Chart]  # indicator -> chart of the healthy runs
    values: dict[str, tuple[np.ndarray, np.ndarray]]  # indicator -> value, uncertainty (run,)
    first_alarm: int | None  # healthy run of the first false alarm, after the baseline
    found: dict[str, Found]  # by fault


def shop(scenario: Scenario, machining: Machining) -> Shop:
    """The shop of machines like the scenario's."""
    commands = planned_commands(machining, scenario.controller, PERIOD)
    return Shop(scenario, machining, commands, HealthCheck(scenario, machining))


def watch(
    here: Shop,
    seed: int,
    *,
    n_baseline: int,
    n_healthy: int,
    n_before: int | None = None,
    n_faulty: int,
    rate: float,
    faults: Mapping[str, tuple[Broken, tuple[str, ...]]],
) -> Watched:
    """One machine over ``n_healthy`` runs; and in turn with each of ``faults`` until it is found.

    Args:
        seed: of its hidden parameters, sensors and days.
        n_baseline: of the healthy runs.
        n_before: healthy runs before a fault; None: all of them.
        n_faulty: runs after which a fault counts as not found.
        rate: false alarms a run of the whole machine.
    """
    simulated, _ = hidden_scenario(here.scenario, seed)
    plant = SimulatedPlant(simulated, here.machining, PlantOptions(seed=seed, belt=BELT, daily_scatter=SCATTER))

    def run(number: int, *broken: Fault) -> Mapping[str, Indicator]:
        today = plant.again(noise_seed=1_000_000 * seed + number, faults=tuple(broken))
        return here.check.indicators(recorded_run(today, here.commands))

    healthy = [run(number) for number in range(n_healthy)]
    values = series(healthy)
    threshold = threshold_of(rate, len(values))
    charts = {name: chart(v, u, n_baseline, threshold) for name, (v, u) in values.items()}
    false = [c.alarm for c in charts.values() if c.alarm is not None]
    found = {
        fault: first_alarm(
            healthy[:n_before],
            (run(1000 * (1 + place) + number, broken(number)) for number in range(1, n_faulty + 1)),
            n_baseline,
            threshold,
        )
        for place, (fault, (broken, _)) in enumerate(faults.items())
    }
    return Watched(charts, values, min(false, default=None), found)


def first_alarm(
    healthy: Sequence[Mapping[str, Indicator]],
    faulty: Iterable[Mapping[str, Indicator]],
    n_baseline: int,
    threshold: float,
) -> Found:
    """How soon a fault is found; an indicator that has given a false alarm before it does not count.

    Args:
        healthy: runs before the fault.
        faulty: runs with it, taken until there is an alarm.
        n_baseline: of the healthy runs.
        threshold: of the charts.
    """

    def charted(runs: list[Mapping[str, Indicator]]) -> dict[str, tuple[np.ndarray, np.ndarray, Chart]]:
        return {name: (v, u, chart(v, u, n_baseline, threshold)) for name, (v, u) in series(runs).items()}

    runs = list(healthy)
    silent = {name for name, (*_, c) in charted(runs).items() if c.alarm is None}
    for delay, one in enumerate(faulty, start=1):
        runs.append(one)
        alarmed = {name: row for name, row in charted(runs).items() if name in silent and row[2].alarm is not None}
        if alarmed:
            best = max(alarmed, key=lambda name: float(np.nanmax(alarmed[name][2].level)))
            return Found(delay, tuple(alarmed), (best, *alarmed[best]))
    return Found(None, (), None)


def false_alarms(
    values: Mapping[str, tuple[np.ndarray, np.ndarray]], n_baseline: int, rate: float, n_orders: int, seed: int
) -> float:
    """False alarms a run of one healthy machine, its runs taken in ``n_orders`` other orders.

    Healthy runs are drawn alike and apart from each other, so that any order might have been. The mean over orders is
    that over machines with such runs, and much less left to chance than the one order in which they came.
    """
    rng, threshold = np.random.default_rng(seed), threshold_of(rate, len(values))
    n_runs = len(next(iter(values.values()))[0])
    orders = np.stack([rng.permutation(n_runs) for _ in range(n_orders)], axis=1)
    alarms = np.zeros(n_orders)
    for value, _ in values.values():
        score = scores(np.where(np.isfinite(value), value, np.nanmean(value))[orders], n_baseline)[n_baseline:]
        alarms += (np.maximum(*cumulative(score)) > threshold).any(axis=0)
    return float(alarms.mean()) / (n_runs - n_baseline)
