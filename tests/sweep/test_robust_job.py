"""What scatters about a scenario and what limits it has; the whole command against a chain of its own."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from own_scenario import make_inspected_desk

from twin.config import build
from twin.errors import InputError
from twin.scenario import load_scenario
from twin.settings import read_settings
from twin.sweep.robust_job import GROUP, RobustnessConfig, ToleranceRow, bounds_of, limits_of, run_robust
from twin.sweep.scatter import ScatterRow, sources_of, values_of


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return make_inspected_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def scenario(desk):
    return load_scenario("scenario=own", conf=desk / "conf")


def by_name(sources):
    return {source.name: source for source in sources}


def test_stated_scatter_is_that_of_the_configuration(scenario):
    sources, left_out = sources_of(scenario, ())
    found = by_name(sources)
    ktc = found["material.cutting.chosen.ktc_n_mm2"]
    assert (ktc.base, ktc.deviation, ktc.log_normal) == ((767.01,), (310.0,), True)
    link = found["links headstock-column"]
    assert link.base == (60.0,) and link.deviation == pytest.approx((24.0,))  # 40 %
    bearing = found["bearings front_bearing"]  # one cause, both torques
    assert bearing.deviation == pytest.approx((0.4, 0.4 * 0.0013))
    assert found["squareness C0Y"].deviation == (10.0,)
    assert left_out == ("material.physical.conductivity_w_m_k", "material.physical.youngs_modulus_gpa")


def test_an_unknown_error_function_has_the_stated_mean_square_over_the_travel(scenario):
    """EBX: scatter 5 urad. Slope and arch are independent, add up to it, and the arch has no mean."""
    found = by_name(sources_of(scenario, ())[0])
    s = np.linspace(-1, 1, 20_001)
    slope = found["EBX slope"].deviation[0] * s
    constant, square = found["EBX arch"].deviation
    arch = constant + square * s**2
    assert np.mean(slope**2 + arch**2) == pytest.approx(25.0, rel=1e-3)
    assert np.mean(arch) == pytest.approx(0.0, abs=1e-3)
    assert np.mean(slope * arch) == pytest.approx(0.0, abs=1e-9)


def test_rows_add_what_is_not_stated(scenario):
    rows = [
        ScatterRow(names="environment.ambient_mean_degc", group="shop", temperature=1.5, source="x"),
        ScatterRow(names="tools.*.stick_out_mm", group="tools", length=0.5e-3, source="x"),
    ]
    found = by_name(sources_of(scenario, rows)[0])
    assert found["environment.ambient_mean_degc"].deviation == (1.5,)
    assert found["tools.1.stick_out_mm"].deviation == pytest.approx((0.5,))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ScatterRow(names="environment.moon_degc", group="", temperature=1.0, source=""), "moon_degc"),
        (ScatterRow(names="tools.1.stick_out_mm", group="", temperature=1.0, source=""), "is no temperature"),
        (ScatterRow(names="tools.1.stick_out_mm", group="", source=""), "states 0 deviations"),
        (ScatterRow(names="material.cutting.chosen.ktc_n_mm2", group="", relative=0.1, source=""), "chosen"),
    ],
)
def test_a_bad_row_is_one_clear_error(scenario, row, says):
    with pytest.raises(InputError, match=says):
        sources_of(scenario, [row])


def test_drawn_values_lie_within_the_bounds_and_add_up(scenario):
    sources = sources_of(scenario, ())[0]
    parameters = bounds_of(sources)
    keys = [p.key for p in parameters]
    base = np.array([0.0] * len(keys))
    for source in sources:
        base[[keys.index(key) for key in source.keys]] = source.base
    drawn = values_of(sources, keys, base, np.random.default_rng(1).standard_normal((500, len(sources))))
    assert ((drawn >= [p.low for p in parameters]) & (drawn <= [p.high for p in parameters])).all()
    column = keys.index("machine.axes.X.rotation_error.EBX.polynomial_urad[1]")
    assert drawn[:, column].std() == pytest.approx(5 * np.sqrt(3 / 2), rel=0.1)


RESULTS = ("machining_time_min", "feature.slot.width_um", "feature.floor.height_um", "feature.floor.flatness_um")


def test_the_first_row_that_fits_gives_the_limits():
    rows = [
        ToleranceRow(features=("flo*",), characteristics=("flatness",), upper=20e-6),
        ToleranceRow(characteristics=("width", "flatness"), lower=-10e-6, upper=30e-6),
    ]
    judged, columns, unjudged = limits_of(RESULTS, (), rows)
    assert judged.name == ("slot.width", "floor.flatness") and columns == [1, 3]
    np.testing.assert_allclose(judged.lower, [-10, -np.inf])
    np.testing.assert_allclose(judged.upper, [30, 20])
    assert unjudged == ("floor.height",)
    with pytest.raises(InputError, match="no characteristic has a tolerance"):
        limits_of(RESULTS, (), [])
    with pytest.raises(InputError, match="leave nothing"):
        ToleranceRow(lower=1e-6, upper=-1e-6)


def test_the_drawing_comes_before_what_is_assumed():
    drawn = [ToleranceRow(features=("slot",), upper=12e-6, source="drawing 7")]
    assumed = [ToleranceRow(characteristics=("width", "flatness"), upper=50e-6, source="assumed")]
    judged, _, unjudged = limits_of(RESULTS, drawn, assumed)
    assert dict(zip(judged.name, judged.source, strict=True)) == {
        "slot.width": "drawing 7",
        "floor.flatness": "conf/robustness: assumed",
    }
    np.testing.assert_allclose(judged.upper, [12, 50])
    assert unjudged == ("floor.height",)


@pytest.mark.parametrize(
    "name", ["rib_panel_7075", "bracket_ti64", "circle_diamond_square", "slots_in718", "freeform_pocket"]
)
def test_every_characteristic_of_our_own_parts_is_on_its_drawing(name):
    """But for the mean of a profile, which only shows where its zone lies."""
    part = load_scenario(f"scenario={name}")
    names = [f"feature.{f.name}.{c}_um" for f in part.features for c in f.characteristics]
    judged, _, unjudged = limits_of(names, part.tolerances, ())
    assert all(name.endswith(".mean") for name in unjudged) and len(judged.name) > 2
    assert all(any(row.fits(f.name, c) for f in part.features for c in f.characteristics) for row in part.tolerances)


def test_the_standard_file_is_understood():
    settings = read_settings(RobustnessConfig, GROUP, "standard", ("n_samples=50",))
    assert settings.n_samples == 50
    assert all(sum(v is not None for v in (r.relative, r.length, r.temperature, r.time)) == 1 for r in settings.scatter)
    assert build(ToleranceRow, {"features": ["a"], "lower_um": -3}, "t").lower == pytest.approx(-3e-6)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_variance_of_the_part_is_that_of_the_chain_by_gradients(desk, tmp_path, jax_as_users_have_it):
    """The material's share of the shoulder's variance: slopes of twin.chain, which differentiates the run itself."""
    from twin.chain import chain_of
    from twin.simulate import machine, predict

    overrides = ("scenario=own", "model.wall_error=static")
    done = run_robust([*overrides, "robustness.n_samples=100"], outputs=tmp_path, conf=desk / "conf")
    scenario = load_scenario(*overrides, conf=desk / "conf")
    chain = chain_of(scenario, predict(scenario, machine(scenario, lambda stage: None), lambda stage: None))
    names = [f"{n}.{c}" for n, c in zip(chain.plan.name, chain.plan.characteristic, strict=True)]
    for name in ("shoulder.height", "floor.height"):
        weight = np.zeros(len(names))
        weight[names.index(name)] = 1e6
        slopes = chain.slopes(chain.parameters, weight)
        row, sources = done.found.judged.name.index(name), [s.name for s in done.found.sources]
        for coefficient, deviation in (("kre_n_mm", 7e3), ("ktc_n_mm2", 310e6)):
            expected = float(getattr(slopes.coefficients, coefficient[:3])) * deviation
            found = done.found.effect[row, sources.index(f"material.cutting.chosen.{coefficient}")]
            assert found == pytest.approx(expected, rel=0.03, abs=2e-3)
        expected = float(slopes.environment.ambient_mean)
        assert done.found.effect[row, sources.index("environment.ambient_mean_degc")] == pytest.approx(
            expected, rel=0.03, abs=2e-3
        )
    record = json.loads((done.folder / "robustness.json").read_text())
    table = pq.read_table(done.folder / "robustness.parquet").to_pydict()
    assert record["n_samples"] == 100 and set(table["name"]) == set(done.found.judged.name)
    for picture in ("robustness.png", "tornado.png"):
        assert (done.folder / picture).stat().st_size > 10_000
