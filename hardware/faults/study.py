"""Faults put into simulated machines: how soon they are found, and how often healthy machines are accused.

Each machine has hidden parameters of its own and runs the same short program at the start of every shift. Its friction,
position gains, heat and belt differ a little from run to run. Twin and machine share their equations: this tests the
detection, not the models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hardware.faults.indicators import HealthCheck, series
from hardware.faults.regression import Indicator
from hardware.simulated.hidden import hidden_scenario
from hardware.simulated.options import BeltSpan, Fault, PlantOptions
from hardware.simulated.plant import Commands, SimulatedPlant
from hardware.simulated.record import planned_commands, recorded_run
from twin.prediction import Machining
from twin.production.faults.change import Chart, chart, threshold_of
from twin.scenario import Scenario

PROGRAM = """\
G21 G17 G90 G94 G54 G64 P0.01
T1 M6
S12000 M3
M8
G0 X-60 Y0 Z60
G1 X60 F20000
G1 X-60
G1 X60 F6000
G1 X-60
G1 Y60 F20000
G1 Y-60
G1 Y60 F6000
G1 Y-60
G1 Z120 F9000
G1 Z60
G1 Z120 F3000
G1 Z60
G1 X60 F500
G1 X-60
G0 X-60 Y0
G0 Z5
G1 Z-0.1 F2000
G1 X-50 F1000
G0 Z60
M30
"""  # each axis both ways at two speeds, the spindle and the coolant on for a minute, a touch of the part
PERIOD = 8e-3  # [s] between samples
SCATTER = 0.02  # of friction, heat and belt from run to run, assumed
BELT = BeltSpan(length=0.3, mass_per_length=0.073, tension=180.0)
# what is broken, and the indicators that may say so
FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "friction of X up 30 %": (Fault(kind="friction", start=0.0, axis="x"), ("friction_x_n",)),
    "preload of the X nut lost": (Fault(kind="preload_lost", start=0.0, axis="x"), ("play_x_um", "friction_x_n")),
    "belt slack by 10 %": (Fault(kind="belt_slack", start=0.0), ("belt_frequency_squared_hz2",)),
    "bearing sensor off by 0.5 K": (
        Fault(kind="sensor_bias", start=0.0, channel="front_bearing_degc"),
        ("zero_front_bearing_k",),
    ),
    "coolant lost": (Fault(kind="coolant_lost", start=0.0), ("coolant_ratio",)),
}


@dataclass(frozen=True)
class Shop:
    """What all machines run."""

    scenario: Scenario
    machining: Machining
    commands: Commands
    check: HealthCheck


@dataclass(frozen=True)
class Watched:
    """One machine, healthy and with each fault."""

    charts: dict[str, Chart]  # indicator -> chart of the healthy runs
    values: dict[str, tuple[np.ndarray, np.ndarray]]  # indicator -> value, uncertainty (run,)
    first_alarm: int | None  # healthy run of the first false alarm, after the baseline
    delay: dict[str, int | None]  # fault -> runs until an alarm, the first with the fault being 1; None: not found
    named: dict[str, tuple[str, ...]]  # fault -> indicators that had given alarm by then
    evidence: dict[str, tuple[str, np.ndarray, np.ndarray, Chart]]  # fault -> indicator, values, uncertainties, chart


def shop(scenario: Scenario, machining: Machining) -> Shop:
    """The shop of machines like the scenario's."""
    commands = planned_commands(machining, scenario.controller, PERIOD)
    return Shop(scenario, machining, commands, HealthCheck(scenario, machining))


def watch(
    here: Shop, seed: int, *, n_baseline: int, n_healthy: int, n_faulty: int, rate: float, faults: Sequence[str]
) -> Watched:
    """One machine over ``n_healthy`` runs, then in turn with each of ``faults`` for ``n_faulty`` runs.

    Args:
        seed: of its hidden parameters, sensors and days.
        n_baseline: of the healthy runs.
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
    delay: dict[str, int | None] = {}
    named: dict[str, tuple[str, ...]] = {}
    evidence: dict[str, tuple[str, np.ndarray, np.ndarray, Chart]] = {}
    for place, fault in enumerate(faults):
        first = n_healthy * (2 + place)
        later = [run(first + number, FAULTS[fault][0]) for number in range(n_faulty)]
        joined = series([*healthy, *later])
        alarmed = {}
        for name, (v, u) in joined.items():
            if name in charts and charts[name].alarm is None:
                found = chart(v, u, n_baseline, threshold)
                if found.alarm is not None:
                    alarmed[name] = found
        soonest = min((c.alarm for c in alarmed.values() if c.alarm is not None), default=None)
        delay[fault] = None if soonest is None else soonest - n_healthy + 1
        named[fault] = tuple(name for name, c in alarmed.items() if c.alarm == soonest)
        if named[fault]:
            best = max(named[fault], key=lambda name: float(np.nanmax(alarmed[name].level)))
            evidence[fault] = (best, *joined[best], alarmed[best])
    return Watched(charts, values, min(false, default=None), delay, named, evidence)
