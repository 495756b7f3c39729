"""The advised feeds: limits met and not exceeded, against the full model; slopes against differences."""

from dataclasses import replace

import numpy as np
import pytest

from twin.advice.demand import KINDS, demands
from twin.advice.limits import Advice, Limits
from twin.advice.optimise import optimise
from twin.advice.plan import plan_feeds
from twin.errors import InputError
from twin.scenario import load_scenario
from twin.simulate import machine

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")

PROGRAM = """\
G21 G90 G17 G94 G54
T1 M6
S8000 M3
G0 X-10 Y20
Z-2
G1 X70 F1200
Y29
X-10
G0 Z-4
G1 X30
G2 X50 Y29 I10 J0
G1 X70 F900
G0 Z50
M30
"""
WIDE = {"feed_lowest": 0.05, "feed_highest": 4.0, "air_highest": 1.0}


@pytest.fixture(scope="module")
def scenario(module_desk, jax_as_users_have_it):
    (module_desk / "scenarios" / "own" / "part.nc").write_text(PROGRAM)
    return load_scenario("scenario=own", "model.removal.resolution_mm=0.5", conf=module_desk / "conf")


@pytest.fixture(scope="module")
def machining(scenario):
    return machine(scenario, lambda stage: None)


def planned(scenario, machining, **limits):
    return plan_feeds(scenario, machining, Advice(limits=Limits(**WIDE | limits)))


@pytest.mark.long
def test_slopes_are_those_of_the_demands(scenario, machining):
    plan = planned(scenario, machining, force=300.0)
    feed = np.full(len(plan.cuts.segment), 0.02)
    value, slope = demands(plan.cuts, feed)
    step = 1e-5
    (low, _), (high, _) = demands(plan.cuts, feed - step), demands(plan.cuts, feed + step)
    assert np.abs(value).max(axis=1).all(), "every kind is put to the test"
    scale = np.abs(high - low).max(axis=1, keepdims=True) / (2 * step)
    error = np.abs(slope - (high - low) / (2 * step)) / scale
    assert np.delete(error, KINDS.index("force"), axis=0).max() < 1e-7
    # the peak is found by a search: where two rotations are near alike, it may jump from one to the other (3 of 168)
    assert np.mean(error[KINDS.index("force")] < 1e-5) > 0.97


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("force", 300.0),
        ("deflection", 25e-6),
        ("form_error", 16e-6),
        ("chip_most", 60e-6),
        ("power", 0.03),
        ("torque", 0.03),
    ],
)
def test_the_active_limit_is_met_and_none_exceeded(scenario, machining, limit, value):
    plan = planned(scenario, machining, **{limit: value})
    held = plan.feeds.holds == limit
    assert held.any()
    anew, _ = demands(plan.cuts, plan.feeds.feed[plan.of_block])
    use = np.zeros(len(held))
    np.maximum.at(use, plan.of_block, (anew / plan.limit).max(axis=0))
    np.testing.assert_allclose(use[held], 1.0, rtol=1e-6)
    assert (anew <= plan.limit * (1 + 1e-6)).all()
    assert (plan.after <= plan.limit * (1 + 1e-6)).all(), "the written feeds too"
    assert (plan.written <= plan.feeds.feed * (1 + 1e-6)).all()


def test_slot_is_held_by_its_chip(scenario, machining):
    """Full slot of three teeth: the thickest chip is the feed per tooth, 40 um at 8,000 rev/min are 960 mm/min."""
    plan = planned(scenario, machining, chip_most=40e-6)
    slot = plan.blocks.line == 6
    assert plan.written[slot][0] * 60e3 == pytest.approx(960.0, rel=1e-9)


def test_power_of_the_slot(scenario, machining):
    """Full slot: P = ktc a D f + kte a z n D / 2 (AA7075 review row 190); solved for the feed of 800 W."""
    top = np.interp(8000 * 2 * np.pi / 60, scenario.machine.spindle.speed, scenario.machine.spindle.power)
    plan = planned(scenario, machining, power=800.0 / top)
    depth, diameter, teeth, speed = 2e-3, 10e-3, 3, 8000 / 60 * 2 * np.pi
    edge = 27.7e3 * depth * teeth / 2 * speed * diameter / 2
    feed = (800.0 - edge) / (767.01e6 * depth * diameter)
    slot = plan.blocks.line == 6
    assert plan.feeds.feed[slot][0] == pytest.approx(feed, rel=5e-3)


def test_air_keeps_its_feed_and_axes_their_speed(scenario, machining):
    plan = planned(scenario, machining, feed_highest=1e3)
    axes = min(axis.velocity for axis in (scenario.controller.axis["x"], scenario.controller.axis["y"]))
    assert plan.written.max() <= axes * 2**0.5
    straight = np.isin(plan.blocks.line, (6, 8))
    np.testing.assert_allclose(plan.written[straight], axes, rtol=1e-3)
    assert set(plan.feeds.holds[straight]) == {"axes"}


@pytest.mark.long
def test_rewritten_program_keeps_the_limits_in_the_full_model(scenario):
    advice = Advice(limits=Limits(force=350.0, deflection=30e-6, **WIDE))
    found = optimise(scenario, advice)
    assert found.comparison.duration[1] < found.comparison.duration[0]
    peak = np.asarray(found.after.loads.resultant_peak)
    assert peak.max() <= 350.0 * (1 + 1e-6) < np.asarray(found.before.loads.resultant_peak).max() * 4
    assert not [note for note in found.notes if "exceed" in note]
    unlimited = optimise(scenario, Advice(limits=Limits(life_used=1.0, **WIDE)))
    assert any("wear is not limited" in note for note in unlimited.notes)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"force": 20.0}, r"part\.nc:\d+: the peak force is \d.* N even at the lowest feed.*limit is 20 N.*raise"),
        ({"deflection": 1e-7}, r"part\.nc:\d+: the deflection .* um even at the lowest feed"),
        ({"torque": 1e-4}, r"part\.nc:\d+: the torque .* N m even"),
    ],
)
def test_limits_that_no_feed_keeps_are_one_clear_error(scenario, machining, limits, message):
    with pytest.raises(InputError, match=message):
        planned(scenario, machining, **limits)


def test_negative_limit_is_named():
    with pytest.raises(InputError, match=r"advice limit force is -5 .*positive"):
        Limits(force=-5.0)
    with pytest.raises(InputError, match="feed_lowest 2 exceeds feed_highest 1"):
        Limits(feed_lowest=2.0, feed_highest=1.0)


def test_a_limit_of_the_tool_goes_before_the_common_one():
    advice = Advice(limits=Limits(force=100.0, chip_most_of_program=1.0), tools={2: Limits(force_of_program=0.5)})
    assert advice.of_tool(1).force == 100.0
    mine = advice.of_tool(2)
    assert mine.force is None and mine.force_of_program == 0.5 and mine.chip_most_of_program == 1.0


def test_tool_that_is_not_there(scenario):
    with pytest.raises(InputError, match=r"advice\.tools\.7: the program has no tool T7"):
        optimise(scenario, Advice(limits=Limits(), tools={7: Limits(force=1.0)}))


def test_worn_life_beyond_the_limit_is_named(module_desk):
    worn = load_scenario("scenario=own", "wear=sus304", "model.removal.resolution_mm=0.5", conf=module_desk / "conf")
    with pytest.raises(InputError, match=r"life of T1 at the advised feeds.*limit is 1e-06.*spindle speed"):
        optimise(replace(worn), Advice(limits=Limits(life_used=1e-6, **WIDE)))


def test_every_kind_of_demand_has_a_name():
    from twin.view.advice import QUANTITIES

    assert set(QUANTITIES) == set(KINDS)
