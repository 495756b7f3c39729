"""The whole chain as one function: the run's own report, and its derivatives against other runs of the chain."""

from dataclasses import replace

import numpy as np
import pytest
from own_scenario import make_inspected_desk

from twin.chain import chain_of
from twin.errors import InputError
from twin.inspection import measure
from twin.labelled import result_of
from twin.prediction_scatter import prediction_scatter
from twin.scenario import load_scenario
from twin.simulate import machine, predict
from twin.sweep.scatter import ScatterRow, ToolSetting

NOWHERE = "- {kind: wall, name: nowhere, centre_mm: [10, 5, -9], normal: [0, 1, 0], thickness_mm: 2, size_mm: [4, 2]}\n"
BASE = ("scenario=own", "model.removal.resolution_mm=0.5", "++scenario.clamping=free")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return make_inspected_desk(tmp_path_factory.mktemp("desk"), NOWHERE)


@pytest.fixture(scope="module")
def run(desk):
    def simulate(*changes):
        scenario = load_scenario(*BASE, *changes, conf=desk / "conf")
        return scenario, predict(scenario, machine(scenario, lambda stage: None), lambda stage: None)

    return simulate


@pytest.fixture(scope="module")
def chain(run):
    scenario, prediction = run()
    return scenario, prediction, chain_of(scenario, prediction)


def test_it_gives_the_report_of_the_run(chain):
    _, prediction, whole = chain
    found = np.asarray(whole.features(whole.parameters))
    there = ~np.isnan(prediction.inspection.predicted)
    np.testing.assert_allclose(found, prediction.inspection.predicted[there], atol=1e-15)
    assert set(whole.plan.name) == {"slot", "floor", "shoulder"}  # what the surface does not have is left out


def row_of(whole, name, characteristic):
    return list(zip(whole.plan.name, whole.plan.characteristic, strict=True)).index((name, characteristic))


def slope(whole, row):
    """Derivatives of one characteristic."""
    weight = np.zeros(len(whole.plan.name))
    weight[row] = 1.0
    return whole.slopes(whole.parameters, weight)


def warmer_air(scenario):
    environment = scenario.environment
    return replace(scenario, environment=replace(environment, ambient_mean=environment.ambient_mean + 0.5))


def tougher_material(scenario):
    """The chosen set of coefficients with 5 % more ktc; the shoulder is left by a vibrating tool."""
    sets = [
        replace(row, ktc=row.ktc._replace(value=1.05 * row.ktc.value)) if row.name == scenario.material.chosen else row
        for row in scenario.material.cutting
    ]
    return replace(scenario, material=replace(scenario.material, cutting=tuple(sets)))


def bent_guide(scenario):
    """The table sinks by 2 um more at both ends of X than in the middle."""
    axis = scenario.machine.axes["X"]
    straightness = axis.displacement_error["EZX"]
    bent = replace(straightness, polynomial=tuple(np.add(straightness.polynomial, [0, 0, -2e-6, 0])))
    axes = scenario.machine.axes | {"X": replace(axis, displacement_error=axis.displacement_error | {"EZX": bent})}
    return replace(scenario, machine=replace(scenario.machine, axes=axes))


@pytest.mark.parametrize(
    ("name", "characteristic", "change", "expected"),
    [
        ("floor", "height", warmer_air, lambda found, p: found.environment.ambient_mean * 0.5),
        ("shoulder", "height", tougher_material, lambda found, p: found.coefficients.ktc * 0.05 * p.coefficients.ktc),
        ("floor", "height", bent_guide, lambda found, p: found.kinematics.work[1].polynomial[2, 2] * -2e-6),
    ],
)
def test_slopes_are_those_between_two_runs(chain, name, characteristic, change, expected):
    """Another run of the whole chain, removal to report, a little way off."""
    scenario, prediction, whole = chain
    row = row_of(whole, name, characteristic)
    other = change(scenario)
    report = predict(other, machine(other, lambda stage: None), lambda stage: None).inspection
    difference = report.predicted[row] - prediction.inspection.predicted[row]
    assert abs(difference) > 1e-9  # else it would tell nothing
    assert float(expected(slope(whole, row), whole.parameters)) == pytest.approx(difference, rel=0.02)


def test_worn_tools_are_refused(run, desk):
    scenario, prediction = run("+tools.1.life_used_ratio=0.5")
    with pytest.raises(InputError, match="neither worn tools nor a structure"):
        chain_of(scenario, prediction)


@pytest.fixture(scope="module")
def scattered(chain):
    """Change of every characteristic of the report by one standard deviation, by cause."""
    scenario, prediction, whole = chain
    row = ScatterRow(names="environment.ambient_mean_degc", group="shop", temperature=1.0, source="x")
    setting = ToolSetting(diameter=6e-6, length=4e-6, source="x")
    sample = np.arange(len(prediction.deviation))
    found = prediction_scatter(scenario, result_of(scenario, prediction), sample, [row], setting)
    base = np.asarray(measure(whole.plan, prediction.deviation))
    changes = (np.asarray(measure(whole.plan, prediction.deviation + one)) - base for one in found.effect)
    return dict(zip(found.cause, changes, strict=True))


@pytest.mark.parametrize(
    ("cause", "name", "characteristic", "expected"),
    [
        ("environment.ambient_mean_degc", "floor", "height", lambda s: s.environment.ambient_mean),
        ("squareness A0Z", "shoulder", "height", lambda s: axis(s, "Z").location[3] * 10e-6),
        ("EZX slope", "floor", "height", lambda s: axis(s, "X").polynomial[2, 1] * 1e-6 * np.sqrt(1.5)),
    ],
)
def test_scatter_of_the_prediction_is_slope_times_deviation(chain, scattered, cause, name, characteristic, expected):
    """First order from what the run left behind, against the derivatives of the whole chain.

    A run keeps which piece of path made a sample, not which edge did: the pose is that of the sample's foot on it,
    up to a tool radius beside the one that cut. On this floor of a few radii an error that grows along X feels it.
    """
    whole = chain[2]
    row = row_of(whole, name, characteristic)
    change = float(expected(slope(whole, row)))
    assert abs(change) > 1e-9
    assert scattered[cause][row] == pytest.approx(change, rel=0.05 if cause.startswith("EZX") else 0.02)


def axis(slopes, letter):
    machine = slopes.kinematics
    return (*machine.work, *machine.tool)[(machine.work_axes + machine.tool_axes).index(letter)]


def test_a_larger_tool_widens_the_slot_and_a_longer_one_deepens_it(chain, scattered):
    whole = chain[2]
    slot, floor = row_of(whole, "slot", "width"), row_of(whole, "floor", "height")
    assert scattered["T1 diameter"][[slot, floor]] == pytest.approx([6e-6, 0.0], abs=1e-9)
    assert scattered["T1 length"][[slot, floor]] == pytest.approx([0.0, -4e-6], abs=1e-9)
