"""Cost, energy and quotation against sums worked by hand and closed forms of their scatter."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from production_runs import CONFIG, made_result
from scipy.stats import norm

from twin.config import build
from twin.errors import InputError
from twin.inspection.tolerance import ToleranceRow
from twin.production.cost.account import drawn, machining
from twin.production.cost.economics import Economics
from twin.production.cost.operations import Operation, operations_of
from twin.production.cost.quote import GeneralTolerance, Order, limits_of, out_of_tolerance, quote
from twin.production.spread import draws, mean_of, spread_of
from twin.resources import shared_folder
from twin.settings import read_settings
from twin.units import RPM, Uncertain


def exactly(node):
    """The configuration without scatter."""
    if isinstance(node, dict):
        return {key: exactly(value) for key, value in node.items()}
    return float(node.partition("±")[0]) if isinstance(node, str) and "±" in node else node


@pytest.fixture(scope="module")
def certain():
    values = yaml.safe_load((shared_folder("conf") / "economics" / "standard.yaml").read_text())
    return build(Economics, exactly(values), "economics")


OPERATION = Operation(
    number=1,
    tool=1,
    kind="flat",
    tool_name="end mill",
    diameter=20e-3,
    lines=(1, 9),
    time=600.0,
    cutting_time=450.0,
    flood_time=500.0,
    spindle_angle=6000 * RPM * 480,
    removed=1e-4,
    cutting_energy=0.4 * 3.6e6,
    cutting_energy_deviation=0.0,
    life_used=0.05,
)


def test_an_operation_costs_what_its_price_list_says(certain):
    found = machining(OPERATION, drawn(certain, 1, np.random.default_rng(0)), np.zeros(1))
    time = 600 * 1.01 + 0.05 * 4 * 60  # trusted time, and the tool replaced once in twenty parts
    assert found.time[0] == pytest.approx(time)
    hours = 1 / 3600
    kwh = {
        "ready": 1.8 * time * hours,
        "axes": 0.4 * 606 * hours,
        "spindle": 0.9 * 6000 / 12000 * 480 * 1.01 * hours,
        "coolant pump": 1.1 * 500 * 1.01 * hours,
        "cutting": 0.4 / 0.8,
    }
    assert {name: value[0] / 3.6e6 for name, value in found.energy.items()} == pytest.approx(kwh)
    money = {
        "machine": 42 * time * hours,
        "people": 46 * (0.5 * 606 + 12) * hours,
        "tools": 0.05 * 55 * 2 / 2,  # twice the diameter of the list, two lives a tool
        "energy": 0.18 * sum(kwh.values()),
        "coolant": 0.6 * 505 * hours,
    }
    assert {name: value[0] for name, value in found.money.items()} == pytest.approx(money)


def test_a_tool_of_unknown_wear_is_paid_by_the_life_in_the_list(certain):
    e = drawn(certain, 1, np.random.default_rng(0))
    found = machining(replace(OPERATION, life_used=None), e, np.zeros(1))
    assert found.money["tools"][0] == pytest.approx(450 / (180 * 60) * 55)


def test_draws_have_the_mean_and_deviation_that_are_stated():
    values = draws(Uncertain(50.0, 20.0), 400_000, np.random.default_rng(1))
    assert values.mean() == pytest.approx(50, rel=2e-3)
    assert values.std() == pytest.approx(20, rel=0.01)
    assert values.min() > 0
    with pytest.raises(InputError, match="not positive"):
        draws(Uncertain(0.0, 1.0), 3, np.random.default_rng(1))


def test_intervals_hold_as_often_as_they_say():
    random = np.random.default_rng(2)
    means = [mean_of(random.normal(3.0, 2.0, 8)) for _ in range(2000)]
    assert np.mean([m.lower <= 3 <= m.upper for m in means]) == pytest.approx(0.95, abs=0.015)
    spread = spread_of(random.normal(3.0, 2.0, 200_000))
    assert (spread.lower, spread.upper) == pytest.approx((3 - 2 * 1.96, 3 + 2 * 1.96), abs=0.03)


TOLERANCE = read_settings(GeneralTolerance, "tolerance", "iso2768_f")


def test_operations_add_up_to_the_program():
    first, second = operations_of(made_result(), CONFIG)
    assert (first.time, second.time) == (6.0, 11.0)  # the tool change belongs to what it is for
    assert (first.cutting_time, second.cutting_time) == (4.0, 2.0)
    assert (first.flood_time, second.flood_time) == (0.0, 4.0)
    assert first.cutting_energy == pytest.approx(2000)
    assert first.cutting_energy_deviation == pytest.approx(200)
    assert first.spindle_angle == pytest.approx(6000 * RPM * 6)
    assert (first.life_used, second.life_used) == (pytest.approx(0.08), None)
    old = made_result()
    del old.tree.attrs["life_used_by_part"]
    with pytest.raises(InputError, match="twin run"):
        operations_of(old, CONFIG)


def test_the_tolerance_table_is_that_of_the_standard():
    sizes = np.array([0.5, 3, 6, 30, 31, 120, 400, 1900]) * 1e-3
    assert TOLERANCE.of(sizes) * 1e3 == pytest.approx([0.05, 0.05, 0.05, 0.1, 0.15, 0.15, 0.2, 0.5])


def test_probability_to_be_out_of_tolerance_is_that_of_the_normal():
    dependent, independent, worst = out_of_tolerance(limits_of(made_result(), TOLERANCE), 13e-6)
    bore = norm.cdf((-100 - 90) / 13) + norm.sf((100 - 90) / 13)
    rib = 2 * norm.sf(50 / 13)
    assert dependent == pytest.approx(bore)
    assert independent == pytest.approx(1 - (1 - bore) * (1 - rib))
    assert worst[0] == ("bore diameter", pytest.approx(bore))  # roundness is no size


def test_tolerances_of_the_drawing_come_before_general_ones():
    """The bore, 90 µm too large, may be 0 to 100 µm too large; its roundness at most 20 µm. Corrected, the bore is in
    the middle of its limits; the roundness stays as predicted, and the rib keeps its general tolerance."""
    result = made_result()
    features = result["features"]
    roundness = float(features.error_um.values[features.characteristic.values == "roundness"][0])
    rows = (
        ToleranceRow(features=("bore",), characteristics=("diameter",), lower=0.0, upper=100e-6, source="drawing"),
        ToleranceRow(characteristics=("roundness",), upper=20e-6, source="drawing"),
    )
    limits = limits_of(result, TOLERANCE, rows)
    assert limits.names == ("bore diameter", "bore roundness", "rib thickness") and limits.drawn.tolist() == [1, 1, 0]
    bore = norm.cdf(-90 / 13) + norm.sf(10 / 13)
    out = dict(out_of_tolerance(limits, 13e-6)[2])
    assert out["bore diameter"] == pytest.approx(bore)
    assert out["bore roundness"] == pytest.approx(norm.sf((20 - roundness) / 13))
    corrected = dict(out_of_tolerance(limits, 13e-6, corrected=True)[2])
    assert corrected["bore diameter"] == pytest.approx(2 * norm.sf(50 / 13))
    assert corrected["bore roundness"] == pytest.approx(out["bore roundness"])


def test_a_quotation_is_the_sum_of_its_steps_and_grows_with_small_lots(certain):
    result = made_result()
    operations = operations_of(result, CONFIG)
    found = {
        lot: quote(result, operations, certain, Order(100, lot), TOLERANCE, ("AA7075-T6", 2810.0), n=50)
        for lot in (1, 100)
    }
    one, many = found[1].total, found[100].total
    assert many.cost == pytest.approx(sum(account.cost for account in found[100].accounts.values()))
    per_setup = (42 + 46 + 0.18 * 1.8) * 1.0  # an hour of machine, operator and ready power
    assert (one.cost - many.cost)[0] == pytest.approx(per_setup * (1 - 1 / 100))
    assert found[1].accounts["material"].cost[0] == pytest.approx(0.281 * 10)
    assert found[1].risk.chatter == pytest.approx(1 / 6)
    with pytest.raises(InputError, match="no price of Unobtainium"):
        quote(result, operations, certain, Order(1, 1), TOLERANCE, ("Unobtainium", 1.0), n=50)
    with pytest.raises(InputError, match="0 parts"):
        Order(0, 1)


def test_intervals_of_the_quotation_follow_from_the_scatter_of_its_rows():
    economics = read_settings(Economics, "economics", "standard")
    result = made_result(stock_cm3=1000.0)
    found = quote(result, (), economics, Order(10, 10), TOLERANCE, ("AA7075-T6", 2810.0), n=20_000)
    material = spread_of(found.accounts["material"].cost)
    variance = np.log1p((2.5 / 10) ** 2)  # of ln(price), 10 ± 2.5 EUR/kg
    bounds = 28.1 * np.exp(-variance / 2 + np.sqrt(variance) * np.array([-1.96, 1.96]))
    assert (material.lower, material.upper) == pytest.approx(tuple(bounds), rel=0.02)
