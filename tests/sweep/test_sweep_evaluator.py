"""The batched evaluator against whole runs of changed scenarios, of a small part."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_sweep import COARSE, make_sweep_desk

from twin.compose import compose
from twin.errors import InputError
from twin.production.cost.economics import Economics
from twin.scenario import scenario_of
from twin.settings import read_settings
from twin.simulate import machine, predict
from twin.sweep import Parameter, evaluator_of
from twin.sweep.parameters import base_value, changed
from twin.sweep.results import CHATTER, COST
from twin.sweep.run_results import run_results

GPUS = [device for device in jax.devices() if device.platform in ("gpu", "cuda", "rocm")]
PARAMETERS = (
    Parameter("process.feed_pct", 70, 130),
    Parameter("process.tools.1.speed_pct", 80, 120),
    Parameter("material.cutting.chosen.ktc_n_mm2", 500, 1000),
    Parameter("environment.ambient_mean_degc", 18, 26),
    Parameter("tools.1.stick_out_mm", 30, 42),
    Parameter("machine.squareness.C0Y.value_urad", 0, 40),
    Parameter("material.physical.expansion_um_m_k", 20, 26),
)
CHANGES = (
    {},
    {"process.feed_pct": 77, "machine.squareness.C0Y.value_urad": 33},
    {"process.tools.1.speed_pct": 113, "material.cutting.chosen.ktc_n_mm2": 930},
    {"environment.ambient_mean_degc": 25.2, "tools.1.stick_out_mm": 39.5, "material.physical.expansion_um_m_k": 21},
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return make_sweep_desk(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture(scope="module")
def evaluator(desk, jax_as_users_have_it):
    return evaluator_of(COARSE, PARAMETERS, conf=desk / "conf", n_feature=4096, with_chatter=False)


def row_of(evaluator, change):
    base = dict(zip([p.key for p in PARAMETERS], evaluator.base, strict=True))
    return np.array([{**base, **change}[p.key] for p in PARAMETERS], float)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "-".join(k.split(".")[-1] for k in change) or "base")
def test_a_batch_gives_what_whole_runs_give(evaluator, desk, change):
    """Every sample of this part is looked at, so that nothing but the evaluator lies between the two."""
    scenario = scenario_of(changed(compose(COARSE, conf=desk / "conf"), change), conf=desk / "conf")
    prediction = predict(scenario, machine(scenario, lambda stage: None), lambda stage: None)
    economics = read_settings(Economics, "economics", "standard")
    run = run_results(scenario, prediction, economics)
    batch = dict(zip(evaluator.results, evaluator(row_of(evaluator, change))[0], strict=True))
    assert set(batch) | set(CHATTER) == set(run)
    for name in ("machining_time_min", "force_peak_n", "torque_peak_nm", "power_peak_w", "cutting_energy_kj", *COST):
        assert batch[name] == pytest.approx(run[name], rel=1e-3), name
    for name in run:
        if name.endswith("_um"):
            assert batch[name] == pytest.approx(run[name], abs=0.005), name
    found = next(evaluator.maps(row_of(evaluator, change)[None]))[0]
    machined = prediction.machining.cut.surface.machined
    np.testing.assert_allclose(found, prediction.deviation[machined], atol=5e-9)


def test_derivatives_are_those_between_neighbouring_scenarios(evaluator):
    row = jnp.asarray(row_of(evaluator, {"process.feed_pct": 87.0}))
    names = list(evaluator.results)
    slopes = jax.jit(jax.jacfwd(evaluator.function))(row)
    for i, parameter in enumerate(PARAMETERS):
        step = 1e-3 * (parameter.high - parameter.low)
        both = evaluator(np.stack([row.at[i].add(-step), row.at[i].add(step)]))
        secant = (both[1] - both[0]) / (2 * step)
        for name in ("machining_time_min", "cutting_energy_kj", "deviation_mean_um", "feature.floor.height_um"):
            at = names.index(name)
            assert slopes[at, i] == pytest.approx(secant[at], rel=1e-2, abs=1e-6), (name, parameter.key)
    assert abs(slopes[names.index("feature.floor.height_um"), 3]) > 1e-3  # the shop moves the floor


def test_time_follows_its_law_at_any_feed(evaluator):
    """Without ramps the feed of 60 mm at 1,200 mm/min alone would take 3 s: a tenth more of it saves a bit less."""
    rows = np.stack([row_of(evaluator, {"process.feed_pct": feed}) for feed in (100.0, 110.0)])
    slow, fast = evaluator(rows)[:, list(evaluator.results).index("machining_time_min")] * 60
    cutting = 70 / 1200 * 60  # from X-10 to X70 without its ramps
    assert 0.8 * cutting / 11 < slow - fast < 80 / 1200 * 60 / 11


def test_rows_do_not_depend_on_their_batch(evaluator):
    rows = np.linspace([p.low for p in PARAMETERS], [p.high for p in PARAMETERS], 70)
    together = evaluator(rows)
    np.testing.assert_array_equal(together[33:34], evaluator(rows[33:34]))


def test_values_out_of_bounds_and_keys_that_cut_anew_are_refused(evaluator, desk):
    with pytest.raises(InputError, match="process.feed_pct=150 is outside 70 to 130"):
        evaluator(row_of(evaluator, {"process.feed_pct": 150.0}))
    with pytest.raises(InputError, match="cannot be varied within a batch"):
        evaluator_of(COARSE, [Parameter("tools.1.diameter_mm", 9, 11)], conf=desk / "conf")


def test_base_values_are_those_of_the_configuration(desk):
    scenario = scenario_of(compose(COARSE, conf=desk / "conf"), conf=desk / "conf")
    expected = {
        "process.tools.1.feed_pct": 100.0,
        "environment.warm_up_min": 30.0,
        "machine.thermal.links[front_bearing-spindle_housing].conductance_w_k": 60.0,
        "machine.axes.X.displacement_error.EXX.polynomial_um[1]": 1.2,
        "machine.axes.X.displacement_error.EXX.polynomial_um[7]": 0.0,
        "material.cutting.chosen.ktc_n_mm2": 767.01,
    }
    for key, value in expected.items():
        assert base_value(scenario, key) == pytest.approx(value)
        again = scenario_of(changed(scenario.config, {key: 3.5}), conf=desk / "conf")
        assert base_value(again, key) == pytest.approx(3.5)
    with pytest.raises(InputError, match="nothing is called"):
        base_value(scenario, "environment.moon_degc")


def test_the_function_of_a_batch_can_be_compiled_for_a_gpu(evaluator):
    """Nothing in it is of the processor alone: it is lowered for CUDA, which needs no device."""
    rows = jnp.asarray(np.tile(evaluator.base, (4, 1)))
    traced = jax.jit(evaluator._of_batch).trace(evaluator.tables.arrays, rows)
    assert "callback" not in str(traced.jaxpr)
    assert "f32" not in {str(a.dtype) for a in jax.tree.leaves(traced.out_info)}
    assert traced.lower(lowering_platforms=("cuda",)).as_text()


@pytest.mark.skipif(not GPUS, reason="JAX finds no GPU here")
def test_a_gpu_gives_what_the_processor_gives(evaluator):
    rows = np.linspace([p.low for p in PARAMETERS], [p.high for p in PARAMETERS], 70)
    with jax.default_device(GPUS[0]):
        on_gpu = replace(evaluator, tables=with_arrays_on(evaluator.tables, GPUS[0]))(rows)
    processor = jax.devices("cpu")[0]
    with jax.default_device(processor):
        expected = replace(evaluator, tables=with_arrays_on(evaluator.tables, processor))(rows)
    np.testing.assert_allclose(on_gpu, expected, rtol=1e-9, atol=1e-6)  # sums in another order, in double precision


def with_arrays_on(tables, device):
    return replace(tables, arrays=jax.device_put(tables.arrays, device))
