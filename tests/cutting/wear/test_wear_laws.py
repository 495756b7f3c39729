"""Wear laws: published tool lives, accumulation along a program and over parts, force growth, gradients."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
import yaml
from cutting_cases import ALUMINIUM, feed_for, loads_of, make_contact, make_tool
from gradients import check_gradients

from twin.config import build
from twin.cutting.wear import (
    TaylorLaw,
    UsuiLaw,
    WearGrowth,
    WearTable,
    fit_taylor,
    life_at,
    life_used,
    parts_per_tool,
    program_wear,
    taylor_wear,
    tool_life,
    usui_rate,
    usui_wear,
    wear_over_parts,
    worn_coefficients,
)
from twin.errors import InputError
from twin.units import MINUTE, MM

CONF = Path(__file__).resolve().parents[3] / "conf" / "wear"
LAW = TaylorLaw(
    reference_life=900.0,
    reference_speed=100 / 60,
    reference_feed=0.1e-3,
    reference_depth=2e-3,
    speed_exponent=4.0,
    feed_exponent=1.0,
    depth_exponent=0.2,
    immersion_exponent=1.0,
    limit=0.2e-3,
    growth=0.8,
)
# SUS304 turned with P20, 0.2 mm of feed, AIST: speed in m/min, minutes, VB in mm
SUS304 = {
    120: ([2.5, 5, 10, 15, 20, 30], [0.028, 0.034, 0.047, 0.060, 0.085, 0.163]),
    180: ([2.5, 5, 10, 15, 20], [0.053, 0.070, 0.122, 0.172, 0.220]),
    230: ([2.5, 5, 10], [0.070, 0.122, 0.262]),
}


def table(name):
    return build(WearTable, yaml.safe_load((CONF / f"{name}.yaml").read_text()), "wear")


def test_stainless_steel_taylor_constants():
    """Published readings give lives of 21.92, 7.88, 3.94 min at VB 0.1 mm, n = 0.381, C = 390.6 m/min."""
    lives = [life_at(time, wear, 0.1) for time, wear in SUS304.values()]
    assert lives == pytest.approx([21.92, 7.88, 3.94], abs=6e-3)
    n, c = fit_taylor(list(SUS304), lives)
    assert n == pytest.approx(0.381, abs=5e-4) and c == pytest.approx(390.6, abs=0.1)
    law = table("sus304").law
    life = tool_life(law, np.array(list(SUS304)) / 60, 0.2e-3, 0.5e-3) / MINUTE
    assert life == pytest.approx((390.6 / np.array(list(SUS304))) ** (1 / 0.381), rel=2e-3)
    times = [np.array(time) for time, _ in SUS304.values()]
    predicted = np.concatenate([taylor_wear(law, time / end) for time, end in zip(times, life, strict=True)])
    measured = np.concatenate([wear for _, wear in SUS304.values()]) * MM
    assert np.exp(np.std(np.log(predicted / measured))) < 1.25


@pytest.mark.parametrize("file", sorted(CONF.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_row_has_source_and_scatter(file):
    wear = table(file.stem)
    for row in wear.rows:
        assert row.source and row.scatter_basis and row.scatter.life > 0 and row.scatter.growth > 0
    assert wear.force_growth.source and wear.force_growth.scatter.radial > 0


@pytest.mark.parametrize(("name", "n", "c"), [("s45c", 0.22, 420), ("ac3a", 0.39, 668)])
def test_rows_follow_from_published_constants(name, n, c):
    law = table(name).law
    speed = np.array([150.0, 300.0, 500.0])
    life = tool_life(law, speed / 60, law.reference_feed, law.reference_depth) / MINUTE
    assert life == pytest.approx((c / speed) ** (1 / n), rel=5e-3)


def test_usui_rows_meet_where_one_ends():
    """Remembered constants of two ranges of temperature: near one another at 1150 K."""
    hot, cool = (usui_rate(row.law, 1e9, 3.0, 1150 - 273.15) for row in table("s45c").usui)
    assert float(hot / cool) == pytest.approx(1.0, abs=0.3)


def test_titanium_life_falls_by_four_and_one_per_cent():
    """Heliyon 6 (2020) e04217: one per cent of speed costs four of life, one of width costs one."""
    law = table("ti_6al_4v").law
    life = tool_life(law, np.array([1.8, 1.818, 1.8]), 0.1e-3, 2e-3, np.array([0.4, 0.4, 0.404]))
    assert life[1:] / life[0] - 1 == pytest.approx([-0.039, -0.0099], abs=5e-4)


def test_life_used_adds_up_whatever_the_order_and_the_pieces():
    """Miner's sum; two tools keep their own; halving segments changes nothing."""
    seconds, tool = np.array([10.0, 20.0, 0.0, 30.0, 5.0]), np.array([0, 1, 0, 0, 1])
    life = np.array([100.0, 200.0, np.nan, 50.0, 10.0])
    so_far, by_part = life_used(seconds, life, tool, 2)
    assert by_part == pytest.approx([0.7, 0.6])
    assert so_far == pytest.approx([0.1, 0.1, 0.1, 0.7, 0.6])
    order = np.array([4, 3, 1, 0])
    assert life_used(seconds[order], life[order], tool[order], 2)[1] == pytest.approx(by_part)
    halves = np.repeat(np.arange(5), 2)
    assert life_used(seconds[halves] / 2, life[halves], tool[halves], 2)[1] == pytest.approx(by_part)


def test_parts_of_a_tool():
    """A part that uses up 3 % of the life: 33 parts, whose last is worn just below the limit."""
    assert parts_per_tool([0.03, 0.25, 0.0]).tolist() == [33, 4, np.inf]
    wear = wear_over_parts(LAW, np.array([0.03, 0.25]), 34)
    assert wear.shape == (34, 2)
    assert wear[32, 0] < LAW.limit < wear[33, 0] and wear[3, 1] == pytest.approx(LAW.limit)
    assert wear[:, 0] == pytest.approx(LAW.limit * (0.03 * np.arange(1, 35)) ** 0.8)


def test_wear_along_a_program():
    """Half immersion at 100 m/min: life of the law by hand; air cuts wear nothing; wear before is carried on."""
    tool = make_tool()
    spindle = 100 / 60 / tool.radius
    touch, mills = make_contact(tool, 2e-3, [(0.0, np.pi / 2)], np.tile([1.0, 0, 0], (3, 1)))
    touch = replace(touch, depth=np.array([2e-3, 0.0, 2e-3]))
    feed = np.full(3, feed_for(tool, 0.2e-3, spindle))
    out = program_wear(touch, feed, np.full(3, spindle), [9.0, 100.0, 9.0], mills, LAW)
    life = 900.0 / 2 * 2  # twice the feed, half the immersion
    assert out.used == pytest.approx(np.array([9, 9, 18]) / life)
    assert out.used_by_part == pytest.approx([18 / life])
    again = program_wear(touch, feed, np.full(3, spindle), [9.0, 100.0, 9.0], mills, LAW, used_before=out.used_by_part)
    assert again.wear[-1] == pytest.approx(LAW.limit * (36 / life) ** 0.8)


def test_worn_edges_push_harder_and_the_chip_costs_the_same():
    """Mean forces are linear in kte and kre: the growth with VB is that of the edge forces alone."""
    tool, arcs = make_tool(helix=0.0), [(0.0, np.pi)]
    growth = WearGrowth(tangential=200e6, radial=700e6)
    forces = [
        loads_of(tool, 2e-3, arcs, 0.1e-3, worn_coefficients(ALUMINIUM, wear, growth)).force_mean[0]
        for wear in (0.0, 0.1e-3, 0.2e-3)
    ]
    step = np.diff(forces, axis=0)
    assert step[1] == pytest.approx(step[0], rel=1e-9)
    # a slot with 4 teeth: radial edge force 2 N b kre / 2 pi ahead, tangential to the left
    edge = 4 * 2e-3 * 2 * np.array([700e6, 200e6]) * 0.1e-3 / (2 * np.pi)
    assert np.abs(step[0][:2]) == pytest.approx(edge, rel=1e-6)


def test_usui_rate_by_hand_and_its_activation():
    law = UsuiLaw(factor=1e-14, activation=5000.0, clearance=np.radians(7))
    rate = float(usui_rate(law, 500e6, 1.0, 726.85))
    assert rate == pytest.approx(1e-14 * 500e6 * np.exp(-5.0) / np.tan(np.radians(7)))
    hot = usui_rate(law, 500e6, 1.0, np.array([726.85, 976.85]))
    assert np.log(hot[1] / hot[0]) == pytest.approx(5000 * (1 / 1000 - 1 / 1250))
    assert usui_wear(hot, np.array([2.0, 3.0]), 1e-5) == pytest.approx(1e-5 + np.cumsum(hot * np.array([2.0, 3.0])))


def test_gradients():
    tool = make_tool()
    touch, mills = make_contact(tool, 2e-3, [(0.0, 1.2)], np.tile([1.0, 0, 0], (3, 1)))

    @jax.jit
    def wear(point):
        law, feed, spindle, seconds = point
        out = program_wear(touch, feed, spindle, seconds, mills, law)
        return {"wear": out.wear * 1e6, "used": out.used_by_part}

    spindle = np.array([150.0, 160.0, 170.0])
    feed = feed_for(tool, 0.13e-3, 1.0) * spindle
    check_gradients(wear, (LAW, feed, spindle, np.array([9.0, 8.0, 7.0])), rtol=1e-6)


def test_gradients_of_usui():
    law = UsuiLaw(factor=1e-14, activation=5000.0, clearance=0.12)
    check_gradients(lambda p: 1e9 * usui_rate(*p), (law, 5e8, 1.0, 800.0, 0.1), rtol=1e-6)


def test_impossible_wear():
    with pytest.raises(InputError, match="cutting speed of 0"):
        tool_life(LAW, 0.0, 1e-4, 1e-3)
    with pytest.raises(InputError, match="do not pass 0.3"):
        life_at([1, 2, 3], [0.1, 0.15, 0.2], 0.3)
    with pytest.raises(InputError, match="ascend"):
        life_at([1, 3, 2], [0.1, 0.2, 0.3], 0.2)
    with pytest.raises(InputError, match="used life"):
        parts_per_tool([-0.1])
    values = yaml.safe_load((CONF / "sus304.yaml").read_text()) | {"chosen": "none"}
    with pytest.raises(InputError, match="no wear row 'none'"):
        build(WearTable, values)
