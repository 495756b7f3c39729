"""Which cut to make next: against closed forms of a slot, and the D-optimal design of a straight line."""

import numpy as np
import pytest

from hardware.calibration.observations import Bench
from hardware.calibration.recorded import Recorded
from hardware.calibration.suggest_cuts import cut_candidates
from hardware.channel import Channel
from hardware.priors import priors
from twin.calibration.design import next_tests
from twin.calibration.fit import information_of, predicted
from twin.scenario import load_scenario

DIAMETER, TEETH, TURNING = 10e-3, 3, 8000 / 60  # [m], -, [1/s]
ROOT = "material.cutting[carbide_dry_190]."
KTC, KTE = f"{ROOT}ktc_n_mm2", f"{ROOT}kte_n_mm"


@pytest.fixture(scope="module")
def bench(jax_as_users_have_it):
    """A recording of nothing but a turning spindle, with a power meter of 15 W at 1 kHz."""
    scenario = load_scenario("scenario=bench_identification", "tools.1.runout_um=0")  # forces have closed forms
    (tool,) = scenario.tools.values()
    assert (tool.diameter, tool.n_teeth, tool.kind) == (DIAMETER, TEETH, "flat")
    channels = {
        "spindle_power_w": Channel(name="spindle_power_w", unit="W", uncertainty=15.0),
        "spindle_speed_rpm": Channel(name="spindle_speed_rpm", unit="1/min"),
    }
    values = {"spindle_power_w": np.zeros(10), "spindle_speed_rpm": np.full(10, 60 * TURNING)}
    recorded = Recorded(np.arange(10) * 1e-3, 1e-3, channels, values, np.ones(10, bool))
    return Bench(scenario, None, recorded, np.full(10, -1), np.zeros(10, bool), None)


def test_a_slot_needs_the_power_of_the_closed_form(bench):
    """P = ktc a D f + kte a z n D pi / 2 (teeth engaged half of the time), noise of 10 s at 1 kHz averaged."""
    cuts = dict(cut_candidates(bench, (KTC, KTE)))
    assert len(cuts) == 2 * 3 * 2 * 3 and sum(name.endswith("dynamometer") for name in cuts) == 18
    ktc, kte = 700.0, 30.0  # [N/mm2], [N/mm]
    for feed in (0.02, 0.05, 0.1):
        (seen,) = cuts[f"10 s of cut: slot, 3 mm deep, {feed:g} mm a tooth; spindle power"]
        shear = ktc * 1e6 * 3e-3 * DIAMETER * feed * 1e-3 * TEETH * TURNING
        edge = kte * 1e3 * 3e-3 * TEETH / 2 * TURNING * np.pi * DIAMETER
        assert predicted(seen, {KTC: ktc, KTE: kte})[0, 0] == pytest.approx(shear + edge, rel=5e-3)
        assert seen.deviation[0, 0] == pytest.approx(15 / np.sqrt(10_000))


def test_chip_and_edge_are_told_apart_by_the_thinnest_and_the_thickest_chip(bench):
    """Power over the feed is a straight line, whose level the edge and whose slope the chip makes, both in proportion
    to the depth: D-optimal are its two ends in the deepest slot (Atkinson and Donev, Optimum Experimental Designs)."""
    parameters = [p for p in priors(bench.scenario.config) if p.name in (KTC, KTE)]
    candidates = {
        name: information_of(parameters, seen)
        for name, seen in cut_candidates(bench, (KTC, KTE))
        if name.endswith("spindle power")
    }
    found = {worth.name for worth in next_tests(np.zeros((2, 2)), candidates, n=2)}
    assert found == {f"10 s of cut: slot, 3 mm deep, {feed} mm a tooth; spindle power" for feed in ("0.02", "0.1")}


def test_a_dynamometer_shows_what_power_cannot(bench):
    """Power knows only tangential force: of the radial and axial coefficients it says nothing."""
    names = [f"{ROOT}{name}" for name in ("krc_n_mm2", "kac_n_mm2")]
    parameters = [p for p in priors(bench.scenario.config) if p.name in names]
    cuts = dict(cut_candidates(bench, tuple(names)))
    assert len(cuts) == 18 and all(name.endswith("dynamometer") for name in cuts)
    for seen in cuts.values():
        assert [one.measured.shape for one in seen] == [(1, 3)]  # the power is no part of it
        assert (np.diag(information_of(parameters, seen)) > 0).all()


def test_without_an_end_mill_or_a_turning_spindle_there_is_no_cut(bench):
    values = {**bench.recorded.values, "spindle_speed_rpm": np.zeros(10)}
    still = Recorded(bench.recorded.time, 1e-3, bench.recorded.channels, values, bench.recorded.good)
    assert not list(cut_candidates(Bench(bench.scenario, None, still, bench.segment, bench.cutting, None), (KTC,)))
    assert not list(cut_candidates(bench, ()))
