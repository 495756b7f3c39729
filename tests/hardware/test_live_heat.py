"""The watch over the machine's heat: silent while the model holds, loud when a bearing turns hot."""

import dataclasses

import numpy as np
import pytest

from hardware.channel import Block, Channel, Quality
from hardware.live_heat import HeatWatch
from twin.scenario import load_scenario
from twin.thermal import Workpiece, run_thermal, thermal_model

PART = Workpiece(capacity=500.0, area=0.03, expansion=23e-6)
NOISE, RPM = 0.05, 10_000.0
N = 1024  # [s]


def machine(scenario, hotter_from=N, factor=1.0):
    """Readings (time, node) [degC]; the spindle is told RPM, but turns ``factor`` times as fast from some second on."""
    model = thermal_model(scenario.machine.thermal, PART)
    spindle = np.full(N, RPM)
    spindle[hotter_from:] *= factor
    switched = np.column_stack([spindle * np.pi / 30, np.zeros(N)])
    states = np.asarray(run_thermal(model, scenario.environment, np.zeros((N, 4)), switched, np.zeros(N), 1.0))
    return model, states + NOISE * np.random.default_rng(1).standard_normal(states.shape)


def watched(scenario, model, readings, size=7):
    names = [f"{a}_actual_mm" for a in "xyz"] + ["spindle_speed_rpm"]
    nodes = [f"{node}_degc" for node in model.nodes]
    channels = [Channel(name=name, unit="") for name in names]
    channels += [Channel(name=name, unit="°C", uncertainty=NOISE) for name in nodes]
    watch = HeatWatch(scenario, model, channels, 0.25)
    rows = np.repeat(readings[1:], 4, axis=0)  # held over a second of samples
    for first in range(0, len(rows), size):
        some = rows[first : first + size]
        still = {name: np.zeros(len(some)) for name in names[:3]} | {"spindle_speed_rpm": np.full(len(some), RPM)}
        values = still | {name: some[:, k] for k, name in enumerate(nodes)}
        time = (first + np.arange(len(some))) * 0.25
        watch.add(Block(first, time, values, np.full(len(some), Quality.GOOD, np.uint8)))
    return watch


@pytest.fixture(scope="module")
def scenario(jax_as_users_have_it):
    found = load_scenario("scenario=bench_identification")
    still = {"ambient_swing": 0.0, "step": 0.0}
    environment = dataclasses.replace(found.environment, **still)
    return dataclasses.replace(found, environment=environment)


def test_it_is_silent_while_the_model_holds(scenario):
    watch = watched(scenario, *machine(scenario))
    assert watch.since is None and 0.3 < watch.share < 1.0
    assert "the model holds" in watch.said


def test_a_bearing_that_heats_more_is_seen_within_minutes(scenario):
    watch = watched(scenario, *machine(scenario, hotter_from=500, factor=1.3))
    assert watch.since is not None and 500 < watch.since < 800
    assert "RE-MEASURE NOW" in watch.said
