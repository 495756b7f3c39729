"""The simulated line against queueing theory, renewal theory and closed forms."""

from dataclasses import replace
from math import factorial

import numpy as np
import pytest

from twin.errors import InputError
from twin.production.line.config import (
    Breakdown,
    Down,
    Line,
    LineOrder,
    LinePart,
    Shift,
    Station,
    Step,
    ToolUse,
    WarmUp,
)
from twin.production.line.job import WhatIf
from twin.production.line.simulation import simulate_line
from twin.production.line.study import batch_of_one, difference, queue_over_time, study
from twin.settings import read_settings
from twin.units import HOUR, Uncertain

SETTLED = 300  # parts that are not counted


def exactly(value):
    return Uncertain(value, 0.0)


def one_station(station, step, **order):
    part = LinePart(steps={"work": step})
    return Line(
        name="one",
        stations={"s": station},
        parts={"p": part},
        orders={"o": LineOrder(part="p", **order)},
    )


def markovian(n_machines, arrivals, rate):
    """M/M/c with the given rates [1/s]."""
    step = Step(station="s", time=exactly(1 / rate), distribution="exponential")
    return one_station(Station(n_machines=n_machines), step, n_parts=2000, n_lot=1, between=1 / arrivals)


@pytest.mark.parametrize(("n_machines", "arrivals"), [(1, 0.55), (3, 1.9)])
def test_time_in_a_markovian_queue_is_erlangs(n_machines, arrivals):
    line = markovian(n_machines, arrivals, 1.0)
    seen = []
    for replication in range(8):
        lots = simulate_line(line, 1, replication).lots[SETTLED:]
        seen.append(np.mean([lot.done - lot.arrived for lot in lots]))
    a, c = arrivals, n_machines
    wait = a**c / factorial(c) / (1 - a / c)
    delayed = wait / (sum(a**k / factorial(k) for k in range(c)) + wait)  # Erlang C
    expected = 1 + delayed / (c - a)
    deviation = np.std(seen, ddof=1) / np.sqrt(len(seen))
    assert deviation < 0.04 * expected  # or it says nothing
    assert np.mean(seen) == pytest.approx(expected, abs=3 * deviation)


def test_a_line_without_chance_has_its_closed_form():
    times = {"a": 30.0, "b": 50.0, "c": 20.0}
    line = Line(
        name="three",
        stations={name: Station() for name in times},
        parts={"p": LinePart(steps={k: Step(station=k, time=exactly(t)) for k, t in times.items()})},
        orders={"o": LineOrder(part="p", n_parts=12, n_lot=1)},
    )
    trace = simulate_line(line, 1, 0)
    assert trace.end == pytest.approx(sum(times.values()) + 11 * max(times.values()))  # the slowest sets the pace
    whole = simulate_line(replace(line, orders={"o": LineOrder(part="p", n_parts=12)}), 1, 0)
    assert whole.end == pytest.approx(12 * sum(times.values()))  # one lot goes through whole
    found = study(line, 2, 1)
    assert found.figures["throughput_per_h"] == pytest.approx(12 / trace.end * 3600)
    assert found.states["b"]["work"] == pytest.approx(12 * 50 / trace.end)


def test_parts_in_the_line_obey_littles_law_and_the_queue_that_is_recorded():
    line = markovian(1, 0.6, 1.0)
    found = study(line, 2, 3)
    trace = found.first
    start = trace.lots[0].arrived
    time = np.linspace(start, trace.end, 40_001)
    waiting = queue_over_time(trace, "s", time)
    busy = sum(stay.end - stay.start for stay in trace.stays) / (trace.end - start)
    assert found.figures["wip"][0] == pytest.approx(np.mean(waiting) + busy, rel=5e-3)


def test_a_machine_that_breaks_down_works_its_availability():
    station = Station(breakdown=Breakdown(between=3600.0, repair=exactly(900.0)))
    line = one_station(station, Step(station="s", time=exactly(60.0)), n_parts=4000)
    shares = [study(line, 2, seed).states["s"]["work"] for seed in range(4)]
    assert np.mean(shares) == pytest.approx(3600 / (3600 + 900), abs=0.01)  # MTBF / (MTBF + MTTR)


def test_set_up_warm_up_and_tools_take_their_time():
    tools = {"T1": ToolUse(used=exactly(0.25), price=8.0, replacement=100.0)}
    station = Station(setup=exactly(50.0), warm_up=WarmUp(idle=1000.0, time=70.0))
    line = one_station(station, Step(station="s", time=exactly(10.0), tools=tools), n_parts=10, n_lot=5)
    trace = simulate_line(line, 1, 0)
    # one warm-up, one set-up (the second lot is of the same part), ten parts, tools after 4 and 8 parts
    assert trace.end == pytest.approx(70 + 50 + 10 * 10 + 2 * 100)
    assert trace.n_tools == 2
    assert trace.tools == pytest.approx(10 * 0.25 * 8)
    cold = replace(line, orders={**line.orders, "later": LineOrder(part="p", n_parts=1, release=2000.0)})
    assert simulate_line(cold, 1, 0).end == pytest.approx(2000 + 70 + 10)


def test_a_machine_that_is_down_stops_in_the_middle_of_a_part_and_another_one_takes_over():
    step = Step(station="s", time=exactly(100.0))
    line = one_station(Station(down=(Down(start=150.0, end=400.0),)), step, n_parts=2, n_lot=1)
    assert simulate_line(line, 1, 0).end == pytest.approx(450)
    two = one_station(Station(n_machines=2, down=(Down(start=0.0, end=9000.0),)), step, n_parts=3, n_lot=1)
    trace = simulate_line(two, 1, 0)
    assert trace.end == pytest.approx(300)
    assert {stay.machine for stay in trace.stays if stay.state == "work"} == {"s 2"}


def test_variants_meet_the_same_luck_and_a_rush_order_goes_first():
    line = read_settings(Line, "line", "cell")
    base = study(line, 12, 1)
    same = study(line, 12, 1)
    assert all(np.array_equal(base.figures[name], same.figures[name]) for name in base.figures if name != "late_pct")
    one = difference(base, study(batch_of_one(line), 12, 1))
    assert one["lead_time_h"].upper < 0  # smaller lots wait less: the interval says so
    variants = dict(WhatIf(rush=("panel:4:5:12",), down=("milling:4:10",)).variants(line))
    rushed, down = (study(variant, 12, 1) for variant in variants.values())
    assert rushed.ends["rush 1"].mean() < rushed.ends["A19"].mean()
    assert difference(base, down)["lead_time_h"].lower > 0


def test_bad_lines_are_refused_with_the_reason():
    step = Step(station="s", time=exactly(10.0))
    with pytest.raises(InputError, match="no station 'x'"):
        one_station(Station(), Step(station="x", time=exactly(1.0)), n_parts=1)
    with pytest.raises(InputError, match="before its release"):
        one_station(Station(), step, n_parts=1, release=10.0, due=5.0)
    with pytest.raises(InputError, match="takes no time"):
        one_station(Station(), Step(station="s"), n_parts=1)
    with pytest.raises(InputError, match="cannot be read"):
        list(WhatIf(down=("milling:4",)).variants(one_station(Station(), step, n_parts=1)))
    with pytest.raises(InputError, match="no line 'cel'.*did you mean cell"):
        read_settings(Line, "line", "cel")
    with pytest.raises(InputError, match="unknown key"):
        read_settings(Line, "line", "cell", ["stations.milling.colour=red"])


def test_shifts_by_hand():
    """People from 6 to 14 h: parts of 3 h begin at 6, 9, 12 (ends at 15), 30 and 33; unattended they go on through the
    night, but the set-up of an hour waits for the morning."""
    shifts = (Shift(start=6 * HOUR, end=14 * HOUR),)
    attended = one_station(Station(), Step(station="s", time=exactly(3 * HOUR)), n_parts=5)
    trace = simulate_line(replace(attended, shifts=shifts), 1, 0)
    begins = [stay.start / HOUR for stay in trace.stays if stay.state == "work"]
    assert begins == pytest.approx([6, 9, 12, 30, 33])
    alone = Station(attended=False, setup=exactly(HOUR))
    line = one_station(alone, Step(station="s", time=exactly(3 * HOUR)), n_parts=5, release=15 * HOUR)
    trace = simulate_line(replace(line, shifts=shifts), 1, 0)
    assert [(s.state, s.start / HOUR) for s in trace.stays][:2] == [("no people", 15), ("set-up", 30)]
    assert trace.end / HOUR == pytest.approx(31 + 5 * 3)


def test_one_operator_sets_up_one_machine_after_the_other():
    """Three machines, set-ups of an hour, work of five: ends at 6, 7 and 8 h with one operator, all at 6 with three.
    Lots are carried half an hour to the next station; the last one is there at 8.5 h."""
    stations = {"s": Station(n_machines=3, setup=exactly(HOUR)), "t": Station(n_machines=3)}
    steps = {
        "a": Step(station="s", time=exactly(5 * HOUR)),
        "b": Step(station="t", time=exactly(HOUR)),
    }
    line = Line(
        name="crew",
        stations=stations,
        parts={"p": LinePart(steps=steps)},
        orders={"o": LineOrder(part="p", n_parts=3, n_lot=1)},
        transport=0.5 * HOUR,
    )
    for operators, ends in ((1, [6, 7, 8]), (2, [6, 6, 7]), (0, [6, 6, 6])):
        trace = simulate_line(replace(line, n_operators=operators), 1, 0)
        worked = sorted(s.end / HOUR for s in trace.stays if s.state == "work" and s.machine.startswith("s"))
        assert worked == pytest.approx(ends)
        assert max(lot.done for lot in trace.lots) / HOUR == pytest.approx(ends[-1] + 1.5)


def test_an_operator_who_is_free_after_the_shift_comes_in_the_morning():
    """Two set-ups of 5 h, one operator, people from 0 to 4 h: the second begins on the next day."""
    line = one_station(
        Station(n_machines=2, setup=exactly(5 * HOUR)), Step(station="s", time=exactly(HOUR)), n_parts=2, n_lot=1
    )
    trace = simulate_line(replace(line, n_operators=1, shifts=(Shift(start=0.0, end=4 * HOUR),)), 1, 0)
    assert sorted(s.start / HOUR for s in trace.stays if s.state == "set-up") == pytest.approx([0, 24])


@pytest.mark.parametrize("shifts", [((5, 4),), ((0, 8), (7, 9)), ((20, 26),)])
def test_shifts_that_are_none_are_refused(shifts):
    with pytest.raises(InputError, match="is not one of a day"):
        replace(
            one_station(Station(), Step(station="s", time=exactly(1.0)), n_parts=1),
            shifts=tuple(Shift(start=a * HOUR, end=b * HOUR) for a, b in shifts),
        )
