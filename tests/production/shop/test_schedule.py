"""Schedules against the published optimum, enumeration and hand-worked cases; refusals with their reason."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import jsonschema
import numpy as np
import pytest

from twin.errors import InputError
from twin.production.extra import production_library
from twin.production.line.config import Breakdown
from twin.production.shop.dispatch import dispatch
from twin.production.shop.execute import batch_of_one, execute
from twin.production.shop.isa95 import (
    SCHEMA,
    order_json,
    order_of,
    read_orders,
    responses_of,
    responses_text,
    with_orders,
)
from twin.production.shop.job import WhatIf
from twin.production.shop.schedule import schedule
from twin.production.shop.settings import Closed, Job, Operation, Shop, ShopMachine
from twin.settings import read_settings
from twin.units import Uncertain


def operation(machines, time, **further):
    return Operation(machines=tuple(machines.split()), time=Uncertain(time, 0.0), **further)


def shop(machines, jobs, **further):
    return Shop(name="test", machines=machines, jobs=jobs, resolution=1.0, solve=10.0, n_workers=1, **further)


def check(planned):
    """What every schedule must hold, looked at without the model that made it."""
    jobs, by_machine = planned.shop.jobs, {}
    for task in planned.tasks:
        assert task.end - task.start == pytest.approx(jobs[task.job].operations[task.operation].time.value)
        assert task.start - task.begin == pytest.approx(task.setup + task.warm_up)
        by_machine.setdefault(task.machine, []).append(task)
    for tasks in by_machine.values():
        ordered = sorted(tasks, key=lambda task: task.begin)
        assert all(a.end <= b.begin + 1e-6 for a, b in zip(ordered, ordered[1:], strict=False))
    for name, job in jobs.items():
        mine = {task.operation: task for task in planned.tasks if task.job == name}
        ends = job.release
        for key in job.operations:
            assert mine[key].start >= ends - 1e-6
            ends = mine[key].end


def test_ft06_is_solved_to_its_published_optimum():
    found = schedule(read_settings(Shop, "shop", "ft06"))
    assert found.makespan / 60 == 55
    assert found.optimal
    check(found)
    assert max(one.end for one in dispatch(found.shop)) > 55  # what a rule alone reaches
    assert execute(found, 3, 1).makespan == pytest.approx(found.makespan)  # without scatter


def enumerated(orders, times, setup, warm_up, warm):
    """Least makespan of one machine over every sequence of (family, release) jobs."""
    best = np.inf
    for sequence in product(range(len(orders)), repeat=len(orders)):
        if len(set(sequence)) < len(orders):
            continue
        end, family, first = 0.0, None, True
        for j in sequence:
            mine, release = orders[j]
            change = setup if mine != family else 0.0
            begin = max(end, release - change)
            if first or begin - end > warm:
                begin = max(end, release - change - warm_up)
                change += warm_up
            end, family, first = begin + change + times[j], mine, False
        best = min(best, end)
    return best


def test_set_up_and_warm_up_are_sequenced_as_enumeration_does():
    orders = [("a", 0.0), ("b", 0.0), ("a", 0.0), ("b", 100.0)]
    times = [10.0, 12.0, 11.0, 5.0]
    machines = {"m": ShopMachine(setup=7.0, warm_up=20.0, stays_warm=15.0)}
    jobs = {
        f"j{k}": Job(operations={"only": operation("m", times[k], family=family)}, release=release)
        for k, (family, release) in enumerate(orders)
    }
    found = schedule(shop(machines, jobs))
    check(found)
    assert found.makespan == enumerated(orders, times, 7.0, 20.0, 15.0)


def test_a_tool_of_which_there_is_one_is_used_by_one_at_a_time():
    jobs = {name: Job(operations={"bore": operation("m1 m2", 30.0, tools=("b",))}) for name in "xy"}
    machines = {"m1": ShopMachine(), "m2": ShopMachine()}
    assert schedule(shop(machines, jobs, tools={"n_b": 1})).makespan == 60
    assert schedule(shop(machines, jobs, tools={"n_b": 2})).makespan == 30


def test_lateness_counts_by_importance_and_nothing_runs_across_a_closing():
    machines = {"m": ShopMachine(closed=(Closed(start=25.0, end=50.0),))}
    jobs = {
        "long": Job(operations={"o": operation("m", 20.0)}, due=20.0),
        "short": Job(operations={"o": operation("m", 15.0)}, due=15.0, importance=5.0),
    }
    found = schedule(shop(machines, jobs, goal="lateness"))
    check(found)
    assert (found.end("short"), found.end("long")) == (15.0, 70.0)  # 20 does not fit between 15 and 25
    other = schedule(shop(machines, {**jobs, "long": replace(jobs["long"], importance=50.0)}, goal="lateness"))
    assert (other.end("short"), other.end("long")) == (65.0, 20.0)


def test_a_schedule_that_cannot_be_says_what_contradicts_itself():
    machines = {"m": ShopMachine(closed=(Closed(start=3600.0, end=7200.0),)), "n": ShopMachine()}
    jobs = {
        "a": Job(operations={"o": operation("m", 3000.0)}, deadline=6000.0),
        "b": Job(operations={"o": operation("m", 3000.0)}, deadline=6000.0),
        "idle": Job(operations={"o": operation("n", 60.0)}, deadline=6000.0),
    }
    with pytest.raises(InputError) as caught:
        schedule(shop(machines, jobs))
    said = str(caught.value)
    assert "a by 1.67 h" in said and "b by 1.67 h" in said and "m closed 1.00 to 2.00 h" in said
    assert "idle" not in said  # it has nothing to do with it
    assert "a can be done by 2.83 h" in said  # 7200 s + 3000 s
    with pytest.raises(InputError, match="before it is released"):
        shop(machines, {"a": Job(operations={"o": operation("m", 1.0)}, release=9.0, due=5.0)})
    with pytest.raises(InputError, match="no tool 'b'"):
        shop(machines, {"a": Job(operations={"o": operation("m", 1.0, tools=("b",))})})


def test_scatter_moves_ends_as_the_sum_of_its_parts_says():
    jobs = {
        "j": Job(
            operations={
                "one": Operation(machines=("m",), time=Uncertain(100.0, 5.0), n_parts=4),
                "two": Operation(machines=("m",), time=Uncertain(50.0, 3.0)),
            }
        )
    }
    found = execute(schedule(shop({"m": ShopMachine()}, jobs)), 20_000, 1)
    assert found.makespan.mean() == pytest.approx(450, abs=0.5)
    assert found.makespan.std() == pytest.approx(np.hypot(4 * 5, 3), rel=0.03)


def test_what_ifs_change_the_shop():
    cell = read_settings(Shop, "shop", "cell")
    variants = dict(WhatIf(batch_one=True, rush=("housing:2:9",), down=("vmc 1:2:5",)).variants(cell))
    one, rush, down = variants.values()
    assert len(one.jobs) == 8 + 8 + 5 + 12 + 6
    assert one == batch_of_one(cell)
    assert rush.jobs["rush housing"].release == 7200
    assert down.machines["vmc 1"].closed == (Closed(start=7200.0, end=18000.0),)
    with pytest.raises(InputError, match="no job 'house'"):
        list(WhatIf(rush=("house:2:9",)).variants(cell))


ORDERS = {
    "JobList": {
        "JobOrder": [
            {
                "ID": "WO-1",
                "WorkMasterID": "panel",
                "StartTime": "2026-03-02T06:00:00+01:00",
                "EndTime": "2026-03-02T07:00:00+01:00",
                "Priority": "1",
                "JobOrderParameter": [{"ID": "alloy", "Value": {"ValueString": "7075", "UnitOfMeasure": ""}}],
                "MaterialRequirement": [{"MaterialUse": "Produced", "Quantity": {"QuantityString": "4"}}],
            }
        ]
    }
}


def test_job_orders_become_jobs_and_come_back_as_responses(tmp_path):
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(ORDERS))
    (order,) = read_orders(file)
    assert order_of(order_json(order), "again") == order
    base = shop({"m": ShopMachine()}, {"panel": Job(operations={"o": operation("m", 600.0)})}, goal="lateness")
    made, epoch = with_orders(base, (order,))
    assert made.jobs["WO-1"].due == 3600
    planned = schedule(made)
    written = json.loads(responses_text(responses_of(planned, epoch)))
    for one in (written, {"JobList": {"JobOrder": [order_json(order)]}}):
        jsonschema.validate(one, json.loads(SCHEMA.read_text()), jsonschema.Draft202012Validator)
    row = written["JobResponseList"]["JobResponse"][0]
    assert row["JobOrderID"] == "WO-1"
    assert row["MaterialActual"][0]["Quantity"]["QuantityString"] == "4"
    assert datetime.fromisoformat(row["EndTime"]) - order.start == timedelta(seconds=4 * 600)
    assert row["JobResponseData"][0]["Value"] == {"ValueString": "-20.0", "UnitOfMeasure": "min"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ID": ""}, "no ID"),
        ({"WorkMasterID": None}, "no WorkMasterID"),
        ({"EndTime": "2026-03-01T06:00:00+01:00"}, "ends before it starts"),
        ({"StartTime": "2026-03-02T06:00:00"}, "no offset from UTC"),
        ({"StartTime": "soon"}, "'soon'"),
        ({"Priority": "high"}, "Priority"),
        ({"MaterialRequirement": []}, "0 materials to produce"),
        ({"MaterialRequirement": [{"Quantity": {"QuantityString": "-3"}}]}, "QuantityString"),
    ],
)
def test_bad_job_orders_are_refused(change, said):
    row = {**ORDERS["JobList"]["JobOrder"][0], **change}
    with pytest.raises(InputError, match=said):
        order_of(row, "JobOrder[0]")


def test_an_order_of_an_unknown_part_is_refused(tmp_path):
    order = order_of(ORDERS["JobList"]["JobOrder"][0], "JobOrder[0]")
    base = shop({"m": ShopMachine()}, {"x": Job(operations={"o": operation("m", 600.0)})})
    with pytest.raises(InputError, match="no work master 'panel'"):
        with_orders(base, (order,))
    with pytest.raises(InputError, match="no JSON"):
        (tmp_path / "bad.json").write_text("{")
        read_orders(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Priority": 1}, r"JobOrder\[0\].Priority: 1 is not of type 'string'"),
        ({"Prority": "1"}, r"JobOrder\[0\]: Additional properties are not allowed \('Prority' was unexpected\)"),
        ({"StartTime": "2026-03-02 06:00"}, "StartTime: '2026-03-02 06:00' does not match"),
        ({"ID": ""}, r"JobOrder\[0\].ID: '' should be non-empty"),
        (
            {"MaterialRequirement": [{"MaterialUse": "Eaten", "Quantity": {"QuantityString": "1"}}]},
            "'Eaten' is not one of",
        ),
        (
            {"MaterialRequirement": [{"Quantity": {}}]},
            r"MaterialRequirement\[0\].Quantity: 'QuantityString' is a required property",
        ),
    ],
)
def test_a_file_of_orders_is_held_to_its_schema(tmp_path, change, said):
    row = {**ORDERS["JobList"]["JobOrder"][0], **change}
    file = tmp_path / "orders.json"
    file.write_text(json.dumps({"JobList": {"JobOrder": [row]}}))
    with pytest.raises(InputError, match=said):
        read_orders(file)


def test_a_missing_library_says_what_to_install():
    with pytest.raises(InputError, match=r"machining-twin\[production\]"):
        production_library("no_such_library.part")


def test_breakdowns_delay_as_renewal_theory_says():
    """One operation of 50 h, failures every 20 h of work, repairs 3 ± 2 h: so many failures as a Poisson process has:
    mean 50 + 2.5 x 3, variance 2.5 x (9 + 4), no failure with exp(-2.5). And never sooner than without."""
    failing = ShopMachine(breakdown=Breakdown(between=20 * 3600, repair=Uncertain(3 * 3600, 2 * 3600)))
    planned = schedule(shop({"m": failing}, {"j": Job(operations={"o": operation("m", 50 * 3600.0)})}))
    hours = execute(planned, 40_000, 3).end["j"] / 3600
    assert hours.mean() == pytest.approx(57.5, abs=4 * np.sqrt(32.5 / 40_000))
    assert hours.var() == pytest.approx(32.5, rel=0.05)
    assert np.mean(hours == 50) == pytest.approx(np.exp(-2.5), abs=0.006)
    assert (execute(planned, 100, 3, breakdowns=False).end["j"] == 50 * 3600).all()


def test_a_plan_carried_out_is_what_an_event_list_says():
    """Two machines, three jobs, failures: the same plan as processes of SimPy with queues of their own."""
    simpy = pytest.importorskip("simpy")
    down = Breakdown(between=4 * 3600, repair=Uncertain(3600, 1800))
    jobs = {
        name: Job(operations={"a": operation("m", 3600.0 * k), "b": operation("n", 3600.0 * (4 - k))})
        for k, name in enumerate("xyz", 1)
    }
    planned = schedule(shop({"m": ShopMachine(breakdown=down), "n": ShopMachine(breakdown=down)}, jobs))
    sigma = np.sqrt(np.log(1 + 0.5**2))

    def once(random):
        clock, ready = simpy.Environment(), {}

        def machine(name):
            fails = random.exponential(down.between)
            for task in (t for t in planned.tasks if t.machine == name):
                if task.operation == "b":
                    yield ready.setdefault(task.job, clock.event())
                left = task.end - task.start
                while left > fails:
                    yield clock.timeout(fails + random.lognormal(np.log(3600) - sigma**2 / 2, sigma))
                    left, fails = left - fails, random.exponential(down.between)
                fails -= left
                yield clock.timeout(left)
                if task.operation == "a":
                    ready.setdefault(task.job, clock.event()).succeed()

        for name in "mn":
            clock.process(machine(name))
        clock.run()
        return clock.now

    random = np.random.default_rng(8)
    events = np.array([once(random) for _ in range(3000)]) / 3600
    ours = execute(planned, 3000, 5).makespan / 3600
    error = np.hypot(events.std(), ours.std()) / np.sqrt(3000)
    assert ours.mean() == pytest.approx(events.mean(), abs=4 * error)
    assert np.quantile(ours, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(events, [0.1, 0.5, 0.9]), abs=10 * error)
