"""The batched evaluator against whole runs of the default part, on the same samples of its surface."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from twin.compose import compose
from twin.production.cost.economics import Economics
from twin.scenario import scenario_of
from twin.settings import read_settings
from twin.simulate import machine, predict
from twin.sweep import Parameter, evaluator_of
from twin.sweep.parameters import changed
from twin.sweep.run_results import run_results
from twin.units import MM

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("jax_as_users_have_it")]
PARAMETERS = (
    Parameter("process.feed_pct", 70, 130),
    Parameter("process.speed_pct", 85, 115),
    Parameter("material.cutting.chosen.ktc_n_mm2", 600, 1000),
    Parameter("environment.ambient_mean_degc", 18, 26),
    Parameter("environment.warm_up_min", 0, 60),
    Parameter("tools.2.stick_out_mm", 34, 44),
)
ECONOMICS = read_settings(Economics, "economics", "standard")
# A vibrating tool leaves another wall than a chattering one; a batch keeps the side of the limit that the run was on.
STATIC = "model.wall_error=static"


@pytest.fixture(scope="module", params=["", STATIC], ids=["dynamic", "static"])
def evaluator(request):
    overrides = [request.param] if request.param else []
    return overrides, evaluator_of(overrides, PARAMETERS)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("change", "only_static", "rms_um"),
    [
        ({"process.feed_pct": 80}, False, 0.3),
        ({"environment.ambient_mean_degc": 25, "environment.warm_up_min": 5}, False, 0.05),
        (
            {"process.speed_pct": 108, "tools.2.stick_out_mm": 42, "material.cutting.chosen.ktc_n_mm2": 900},
            True,
            0.3,
        ),
    ],
)
def test_maps_and_results_are_those_of_whole_runs(evaluator, change, only_static, rms_um):
    overrides, batch = evaluator
    if only_static and STATIC not in overrides:
        pytest.skip("stability stays as in the run: docs/sweeps.md")
    scenario = scenario_of(changed(compose(overrides), change))
    prediction = predict(scenario, machine(scenario, lambda stage: None), lambda stage: None)
    base = dict(zip([p.key for p in PARAMETERS], batch.base, strict=True))
    row = np.array([{**base, **change}[p.key] for p in PARAMETERS])
    run, found = run_results(scenario, prediction, ECONOMICS), dict(zip(batch.results, batch(row)[0], strict=True))
    for name, tolerance in (
        ("machining_time_min", 2e-4),
        ("force_peak_n", 2e-3),
        ("torque_peak_nm", 2e-3),
        ("power_peak_w", 2e-3),
        ("cutting_energy_kj", 5e-3),
        ("drift_largest_um", 1e-2),
    ):
        assert found[name] == pytest.approx(run[name], rel=tolerance), name
    surface = prediction.machining.cut.surface
    whole = np.hstack([surface.position / MM, surface.normal])
    looked = np.hstack([np.asarray(batch.tables.position) / MM, batch.tables.normal])
    distance, same = cKDTree(whole).query(looked)
    assert distance.max() < 1e-9
    difference = next(batch.maps(row[None]))[0] - prediction.deviation[same]
    assert np.sqrt(np.mean(difference**2)) < rms_um * 1e-6
    # a summary of 4,096 samples against that of all 1.3 million
    assert found["deviation_rms_um"] == pytest.approx(run["deviation_rms_um"], rel=0.01)
    assert found["deviation_95pct_um"] == pytest.approx(run["deviation_95pct_um"], rel=0.02)
