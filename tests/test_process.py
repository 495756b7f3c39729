"""What the cut does, as `twin run` computes it, on a slot whose numbers are known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from twin.cutting.dynamics import tool_point_modes
from twin.cutting.stability import Milling, chatter_margin, turned, zero_order_depth, zero_order_lobes
from twin.scenario import load_scenario
from twin.simulate import machine

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")


def quiet(stage: str) -> None:
    pass


@pytest.fixture(scope="module")
def scenario(module_desk, jax_as_users_have_it):
    return load_scenario("scenario=own", conf=module_desk / "conf")


@pytest.fixture(scope="module")
def machining(scenario):
    return machine(scenario, quiet)


def cutting(machining):
    """Segments wholly inside the stock."""
    start = machining.toolpath.start[:, 0]
    return (np.asarray(machining.contact.depth) > 0) & (start > 0.012) & (start < 0.048)


def test_band_of_the_power_is_that_of_two_coefficients(machining):
    """P = ktc a D f + kte a z n D / 2 (teeth engaged half of the time): its variance adds up from both."""
    process, rows = machining.process, cutting(machining)
    depth, diameter, feed, teeth, speed = 2e-3, 10e-3, 1.2 / 60, 3, 8000 / 60 * 2 * np.pi
    of_ktc, of_kte = depth * diameter * feed, depth * teeth / 2 * speed * diameter / 2
    expected = np.hypot(310e6 * of_ktc, 7e3 * of_kte)
    assert np.asarray(process.deviation.power_mean)[rows] == pytest.approx(expected, rel=5e-3)


def test_margin_is_that_of_the_slot_by_zero_order_theory(scenario, machining):
    """A slot of three even teeth is near to time-invariant: zero-order theory holds to some percent."""
    tool, k = scenario.tools[1], scenario.material.coefficients
    modes = tool_point_modes(tool, scenario.machine.spindle_modes)
    cut = Milling(modes=turned(modes, 0.0), n_teeth=3, ktc=float(k.ktc), krc=float(k.krc), entry=0.0, exit=np.pi)
    margin = machining.process.chatter.margin[cutting(machining)]
    assert np.ptp(margin) < 0.02 * margin.mean()
    exact = chatter_margin(machining.contact, machining.toolpath.spindle, [replace(cut, modes=modes)]).margin
    assert margin == pytest.approx(exact[cutting(machining)], rel=1e-9)
    lobes = zero_order_lobes(cut, np.linspace(300, 12000, 40000) * 2 * np.pi)
    (limit,) = zero_order_depth(lobes, 8000 / 60 * 2 * np.pi)
    assert margin.mean() == pytest.approx(np.clip(limit / 2e-3, 0.25, 4.0), rel=0.1)


def test_titanium_wears_the_tool_and_a_worn_edge_rubs(module_desk):
    def run(*words):
        return machine(load_scenario("scenario=own", "material=ti_6al_4v", *words, conf=module_desk / "conf"), quiet)

    sharp, worn = run(), run("+tools.1.life_used_ratio=0.5")
    scenario = load_scenario("scenario=own", "material=ti_6al_4v", conf=module_desk / "conf")
    wear = np.asarray(sharp.process.wear.wear)
    assert np.all(np.diff(wear) >= 0) and wear[-1] > 0
    law, growth = scenario.wear.law, scenario.wear.force_growth
    land = law.limit * 0.5**law.growth
    rows = cutting(sharp)
    more = np.asarray(worn.process.loads.power_mean)[rows] - np.asarray(sharp.process.loads.power_mean)[rows]
    depth, diameter, teeth, speed = 2e-3, 10e-3, 3, 8000 / 60 * 2 * np.pi
    rubbing = growth.tangential * land * depth * teeth / 2 * speed * diameter / 2
    assert more == pytest.approx(rubbing, rel=5e-3)


def test_where_no_law_of_wear_is_known_none_is_made_up(machining):
    assert machining.process.wear is None


def test_computed_heat_warms_the_part_by_its_share(module_desk, machining):
    """Twice the share of the power in the part, twice the rise at the end (nothing flows away in 4 s)."""
    other = machine(load_scenario("scenario=own", "model.heat_partition=computed", conf=module_desk / "conf"), quiet)
    rows = cutting(machining)
    share = np.asarray(other.process.heat.workpiece)[rows].mean()
    node = machining.thermal.model.index("workpiece")
    rise, computed = (run.thermal.states[:, node].max() - run.thermal.states[0, node] for run in (machining, other))
    assert computed / rise == pytest.approx(share / 0.1, rel=0.03)


def test_walls_inherit_the_vibration_only_where_the_cut_is_stable(module_desk, machining):
    still = machine(load_scenario("scenario=own", "model.wall_error=static", conf=module_desk / "conf"), quiet)
    stable = machining.process.chatter.margin > 1
    apart = np.abs(machining.process.deflection - still.process.deflection).max(axis=1) > 1e-9
    assert not apart[~stable].any()
