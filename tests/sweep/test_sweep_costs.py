"""Cost of a part and lives of tools, against the account of `twin quote`, operation by operation."""

from dataclasses import replace

import numpy as np
import pytest

from twin.production.cost.account import drawn, filled, machining, waiting
from twin.production.cost.economics import Economics
from twin.production.cost.operations import Operation
from twin.scenario import load_scenario
from twin.settings import read_settings
from twin.sweep.costs import Taken, cost_of, parts_per_tool, prices_of
from twin.units import Uncertain

VOLUME = 3e-4  # [m3] of stock
ROUGH = Operation(1, 1, "", "", 0.0, (1, 9), 700.0, 400.0, 300.0, 6e5, 1e-4, 2e5, 0.0, None)
FINISH = Operation(2, 2, "", "", 0.0, (10, 20), 500.0, 350.0, 0.0, 5e5, 1e-5, 3e4, 0.0, None)


@pytest.fixture(scope="module")
def economics():
    return read_settings(Economics, "economics", "standard")


@pytest.mark.parametrize(
    ("scenario", "lives"), [("scenario=rib_panel_7075", (None, None)), ("scenario=bracket_ti64", (0.6, 0.2))]
)
def test_the_cost_is_that_of_the_quotation_without_scatter(economics, scenario, lives):
    found = load_scenario(scenario)
    tools = list(found.tools.values())
    known = found.wear is not None
    assert known == (lives[0] is not None)
    operations = [
        replace(o, kind=tools[o.tool - 1].kind, diameter=tools[o.tool - 1].diameter, life_used=life)
        for o, life in zip((ROUGH, FINISH), lives, strict=True)
    ]
    e = drawn(filled(economics, lambda v: Uncertain(v.value, 0.0)), 3, np.random.default_rng(0))
    price = e.material(found.material.name).price
    expected = sum(machining(o, e, np.zeros(3)).cost for o in operations)
    expected = expected + waiting(e.times.loading.time, e, people=e.times.loading.time).cost
    expected = expected + VOLUME * found.material.density * price
    wear = np.zeros(len(tools))
    wear[:2] = lives if known else (ROUGH.cutting_time, FINISH.cutting_time)
    taken = Taken(
        time=ROUGH.time + FINISH.time,
        flood=ROUGH.flood_time,
        turned=ROUGH.spindle_angle + FINISH.spindle_angle,
        energy=ROUGH.cutting_energy + FINISH.cutting_energy,
        wear=wear,
    )
    prices = prices_of(found, economics, VOLUME)
    np.testing.assert_allclose(cost_of(prices, taken), expected, rtol=1e-9)
    row = economics.tool(tools[0].kind)
    least = lives[0] or ROUGH.cutting_time / row.life.value
    np.testing.assert_allclose(parts_per_tool(prices, taken), 1 / least, rtol=1e-9)


def test_a_material_without_a_price_has_no_cost(economics):
    found = load_scenario("scenario=rib_panel_7075")
    nameless = replace(economics, materials={})
    assert prices_of(found, nameless, VOLUME) is None
