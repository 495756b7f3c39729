"""Decisions within a batch against renewal theory, dynamic programming, Bayes by hand, and what they save."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from twin.errors import InputError
from twin.production.batch.belief import N_NODES, first_belief, outside
from twin.production.batch.fault import stopping
from twin.production.batch.plan import plan, read_readings
from twin.production.batch.policy import PROBLEMS, Adaptive, Fixed, Shared
from twin.production.batch.process import ACTIONS, draw_truth, simulate
from twin.production.batch.release import PLAN, release, released
from twin.production.batch.settings import Batch, FixedRule
from twin.production.batch.study import study
from twin.production.batch.tool_plan import average_cost, cost_to_go, new_tool_plans
from twin.settings import read_settings


@pytest.fixture(scope="module")
def batch():
    return read_settings(Batch, "batch", "titanium_bracket", ["n_parts=60"])


@pytest.fixture(scope="module")
def tools_only(batch):
    """A batch in which nothing but the life of the tool is uncertain, and nothing says how worn it is."""
    return replace(
        batch,
        tool=replace(batch.tool, law_scatter=0.0, signal=0.0),
        size=replace(batch.size, tolerance=1.0),
        fault=replace(batch.fault, onset=0.0, signal=0.0),
        slow=replace(batch.slow, wear=1.0, time=1.5),  # never worth it
    )


def lifetimes(batch):
    """Survival S[0..] of a new tool in whole parts, of the log-normal that is stated."""
    parts = np.arange(1, 80)
    alive = norm.sf((np.log(parts) - np.log(batch.tool.n_life)) / batch.tool.tool_scatter)
    return np.concatenate([[1.0], alive])


def costs(batch):
    """Of a part, a planned change, a failure [EUR]."""
    c = batch.costs
    return (
        c.rate * batch.part_time,
        c.tool + c.rate * c.tool_change,
        c.scrap + c.failure + c.tool + c.rate * c.failure_time,
    )


def test_the_best_cycle_is_that_of_age_replacement(tools_only):
    alive = lifetimes(tools_only)
    running, change, failure = costs(tools_only)
    begun = np.cumsum(alive[:-1])  # parts begun in cycles of 1, 2 ... (Barlow and Proschan)
    rate = running + (change * alive[1:] + failure * (1 - alive[1:])) / begun
    belief = first_belief(tools_only, 1)
    found, speed, parts = average_cost(tools_only, new_tool_plans(tools_only, belief, 60))
    assert speed[0] == 0
    assert parts[0] == np.argmin(rate) + 1
    assert found[0] == pytest.approx(rate.min(), rel=2e-3)


def test_cost_to_go_is_that_of_the_markov_decision_process(tools_only):
    alive = lifetimes(tools_only)
    running, change, failure = costs(tools_only)
    n = 30
    value = np.zeros((n + 1, 60))  # (parts left, age): run on, or change and run
    for left in range(1, n + 1):
        hazard = 1 - alive[1:61] / alive[:60]
        after = np.append(value[left - 1][1:], value[left - 1][-1])
        run = running + hazard * (failure + value[left - 1, 0]) + (1 - hazard) * after
        value[left] = np.minimum(run, change + run[0])
    belief = first_belief(tools_only, 1)
    new = new_tool_plans(tools_only, belief, 60)
    found = cost_to_go(tools_only, new, average_cost(tools_only, new)[0], n)
    assert found[0] == pytest.approx(value[:, 0], rel=3e-3)


def test_stopping_without_a_signal_is_the_deterministic_optimum():
    onset, loss, stop, n = 0.02, 40.0, 25.0, 60
    # without a signal the probability after j parts is 1 - (1 - onset)^j: least cost over every way to place stops
    wrong = 1 - (1 - onset) ** np.arange(1, n + 1)
    stretch = np.concatenate([[0.0], np.cumsum(loss * wrong)])
    best = np.zeros(n + 1)
    first = np.zeros(n + 1, dtype=int)
    for left in range(1, n + 1):
        options = [stretch[m] + (stop + best[left - m] if m < left else 0.0) for m in range(1, left + 1)]
        first[left], best[left] = int(np.argmin(options)) + 1, min(options)
    limits = stopping(onset, loss, stop, 0.0, n)
    p, made = 0.0, 0
    while p < limits[n - made]:
        p, made = p + (1 - p) * onset, made + 1
    assert made == pytest.approx(first[n], abs=1)
    assert stopping(onset, loss, 1e9, 3.0, n).min() > 1  # never worth it
    assert (np.diff(stopping(onset, loss, stop, 2.0, n)[1:]) <= 1e-12).all()  # the longer the rest, the sooner


def test_measuring_is_the_posterior_of_the_normal(batch):
    calm = replace(batch, fault=replace(batch.fault, onset=0.0))
    belief, one = first_belief(calm, 1), np.ones(1, dtype=bool)
    belief.faulty[:] = 0.0
    size, cold = batch.size, np.ones(1)
    look = np.array([1.0, 1.0])
    prior = np.diag([size.offset**2, size.cold**2])
    noise = size.gauge**2 + size.repeatability**2  # a new tool is not worn
    gain = prior @ look / (look @ prior @ look + noise)
    belief.measured(one, np.array([20e-6]), cold)
    assert belief.size[0] == pytest.approx(gain * 20e-6)
    assert belief.covariance[0] == pytest.approx(prior - np.outer(gain, look @ prior))
    mean, variance = belief.predicted()
    assert mean[0] == pytest.approx(gain.sum() * 20e-6)
    after = prior - np.outer(gain, look @ prior)
    assert variance[0] == pytest.approx(look @ after @ look + size.repeatability**2)


def test_the_value_of_a_measurement_is_that_of_the_experiment(batch):
    """Corrected by the posterior mean, a size scatters with the posterior variance, whatever was read."""
    random, n = np.random.default_rng(1), 400_000
    prior, noise, rest, tolerance = 12e-6, 5e-6, 4e-6, 12e-6
    truth = prior * random.standard_normal(n)
    reading = truth + noise * random.standard_normal(n)
    left = truth - reading * prior**2 / (prior**2 + noise**2) + rest * random.standard_normal(n)
    known = prior**2 * noise**2 / (prior**2 + noise**2)
    assert np.mean(np.abs(left) > tolerance) == pytest.approx(
        float(outside(np.zeros(1), np.array([known + rest**2]), tolerance)[0]), rel=0.05
    )


def test_the_life_of_a_tool_is_learned_as_bayes_says(batch):
    known = replace(batch.tool, signal_scatter=0.0)
    calm = replace(batch, tool=known, fault=replace(batch.fault, onset=0.0, signal=1.0))
    belief = first_belief(calm, 1)
    tool, power = calm.tool, [0.02, 0.05, 0.04, 0.07, 0.09]
    for reading in power:
        belief.made(np.ones(1), np.array([reading]), np.zeros(1, dtype=bool))
    deviation = np.hypot(tool.law_scatter, tool.tool_scatter)
    life = np.log(tool.n_life) + deviation * np.linspace(-5, 5, 4001)
    log_weight = -(((life - np.log(tool.n_life)) / deviation) ** 2) / 2
    for age, reading in enumerate(power, 1):
        worn = age / np.exp(life)
        log_weight = np.where(worn < 1, log_weight - ((reading - tool.signal * worn) / tool.signal_noise) ** 2 / 2, -99)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    assert np.sum(belief.weight * belief.life) == pytest.approx(weight @ life, abs=0.01)
    assert belief.life.shape == (1, N_NODES)


def test_a_worn_tool_that_is_measured_teaches_the_gain_of_the_power(batch):
    """Power and wear of one tool: the ratio of the two is the gain that all share."""
    calm = replace(batch, fault=replace(batch.fault, onset=0.0, signal=1.0))
    belief, one = first_belief(calm, 1), np.ones(1, dtype=bool)
    gain, life = 0.6, 30.0
    before = belief.joint.sum(axis=2)[0] @ belief.gain[0]
    for age in range(1, 21):
        belief.made(np.ones(1), np.array([calm.tool.signal * gain * age / life]), ~one)
    belief.new_tool(one, np.array([20 / life]))
    weight = belief.joint.sum(axis=2)[0]
    assert before > 1
    assert weight @ belief.gain[0] == pytest.approx(gain, rel=0.15)  # nodes of the gain lie 45 % x 2.5 / 3 apart
    level = weight @ belief.level[0, :, 0]
    assert np.log(calm.tool.n_life) < level < np.log(life)  # one tool: part of the way


def test_the_twin_is_not_fooled_by_power_that_says_half_as_much(batch):
    long = replace(batch, n_parts=150)
    world = replace(long, tool=replace(batch.tool, signal=0.5 * batch.tool.signal, signal_scatter=0.0))
    truth = draw_truth(world, 16, 3)
    twin, rule = (
        simulate(long, policy, truth, world).cost.mean()
        for policy in (Adaptive(long), Fixed(FixedRule(n_change=12, n_measure=10)))
    )
    assert twin < rule


def test_the_twin_saves_against_every_fixed_rule_and_says_how_sure_that_is(batch):
    found = study(batch, 40, 1)
    assert len(found.outcomes) == 4
    for rule in list(found.outcomes)[1:]:
        assert found.saving(rule).lower > 0  # 95 %, paired
    assert found.outcomes["twin"].scrap.mean() < found.outcomes[found.tuned].scrap.mean()


def test_what_the_twin_spends_is_counted_from_what_it_did(batch):
    truth = draw_truth(batch, 3, 2)
    found = simulate(batch, Adaptive(batch), truth)
    c, taken = batch.costs, found.taken
    time = (
        taken["stop"] * c.stop
        + taken["change tool"] * c.tool_change
        + taken["warm up"] * c.warm_up
        + taken["re-measure"] * c.measurement
        + found.failures * c.failure_time
        + batch.part_time * (batch.n_parts + taken["slow down"] * (batch.slow.time - 1))
    )
    assert found.time == pytest.approx(time)
    money = c.rate * time + c.scrap * found.scrap + c.tool * taken["change tool"]
    assert found.cost == pytest.approx(money + (c.failure + c.tool) * found.failures)


def test_a_batch_without_chance_goes_by_the_rule(batch):
    sure = replace(
        batch,
        n_between_breaks=1e9,
        tool=replace(batch.tool, law_scatter=0.0, tool_scatter=1e-6),
        size=replace(batch.size, tolerance=1.0),
        fault=replace(batch.fault, onset=0.0),
    )
    found = simulate(sure, Fixed(FixedRule(n_change=20, n_measure=30)), draw_truth(sure, 2, 1))
    assert found.taken["change tool"] == pytest.approx(2)  # before parts 21 and 41 of 60
    assert (found.scrap, found.failures) == (pytest.approx(0), pytest.approx(0))
    late = simulate(sure, Fixed(FixedRule(n_change=30, n_measure=30)), draw_truth(sure, 2, 1))
    assert late.failures == pytest.approx(2)  # a tool makes 22 parts


def test_a_plan_gives_reasons_and_follows_what_was_read(batch, tmp_path):
    ahead = plan(batch)
    assert [part.number for part in ahead] == list(range(1, 61))
    assert all(part.reasons for part in ahead)
    changes = [part.number for part in ahead if "change tool" in part.actions]
    file = tmp_path / "readings.csv"
    worn_fast = "\n".join(f"{k},{2.5 * k},," for k in range(1, 8))  # twice as fast as believed
    file.write_text(f"part,power_rise_pct,deviation_um,did\n{worn_fast}\n")
    later = plan(batch, read_readings(file, batch))
    assert later[0].number == 8
    assert min(part.number for part in later if "change tool" in part.actions) < changes[0]
    odd = "\n".join(f"{k},{1.1 * k + (16 if k > 4 else 0)},," for k in range(1, 8))  # a step, not wear
    file.write_text(f"part,power_rise_pct,deviation_um,did\n{odd}\n")
    assert "stop" in plan(batch, read_readings(file, batch))[0].actions


def test_what_is_dear_decides_what_is_done(batch):
    def done(**changes):
        return {action for part in plan(replace(batch, n_parts=26, **changes)) for action in part.actions}

    assert done() == {"re-measure", "change tool"}
    assert "warm up" in done(size=replace(batch.size, cold=40e-6))  # as large as the tolerance
    dear = done(costs=replace(batch.costs, tool=400.0))
    assert "slow down" in dear and "change tool" not in dear  # one tool lasts for all at the lower feed
    assert "re-measure" not in done(costs=replace(batch.costs, measurement=1e6))


def test_every_action_can_be_reached_and_says_its_own_reason(batch, tmp_path):
    """Run as well, which is no action: each has a reason that no other has."""
    odd = tmp_path / "odd.csv"
    odd.write_text(
        "part,power_rise_pct,deviation_um,did\n"
        + "".join(f"{k},{1.1 * k + (16 if k > 4 else 0)},,\n" for k in range(1, 8))
    )
    short = replace(batch, n_parts=26)
    plans = [
        plan(short),
        plan(replace(short, size=replace(batch.size, cold=40e-6))),
        plan(replace(short, costs=replace(batch.costs, tool=400.0))),
        plan(batch, read_readings(odd, batch)),
    ]
    words = {
        "run": "more parts are planned with this tool",
        "re-measure": "expected scrap of the next part",
        "stop": "something is wrong with",
        "change tool": "no later change costs less",
        "warm up": "less scrap while it is cold",
        "slow down": "80 % feed cost least",
    }
    assert set(words) == {"run", *ACTIONS}
    said = {}
    for part in (part for one in plans for part in one):
        for action in part.actions or ("run",):
            said.setdefault(action, []).append(" ".join(part.reasons))
    assert set(said) == set(words)
    for action, reasons in said.items():
        assert all(words[action] in reason for reason in reasons)


def test_problems_are_shared_between_the_twin_and_a_rule(batch):
    """All of them the twin's, or none, is the twin or the rule; one of them changes its own actions alone."""
    truth, rule = draw_truth(batch, 4, 3), batch.rules["change every 15 parts"]

    def cost(policy):
        return simulate(batch, policy, truth).cost

    assert cost(Shared(Adaptive(batch), Fixed(rule), tuple(PROBLEMS))) == pytest.approx(
        cost(Adaptive(batch)), rel=1e-12
    )
    assert cost(Shared(Adaptive(batch), Fixed(rule), ())) == pytest.approx(cost(Fixed(rule)), rel=1e-12)
    measuring = simulate(batch, Shared(Adaptive(batch), Fixed(rule), ("measuring",)), truth)
    assert measuring.taken["slow down"] == pytest.approx(0)
    assert not np.allclose(measuring.taken["re-measure"], simulate(batch, Fixed(rule), truth).taken["re-measure"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("part,power_rise_pct,did\n1,2,\n", "no column deviation_um"),
        ("part,power_rise_pct,deviation_um,did\n2,1,,\n", "part 2 where part 1 is due"),
        ("part,power_rise_pct,deviation_um,did\n1,much,,\n", "no reading"),
        ("part,power_rise_pct,deviation_um,did\n1,1,,pray\n", "'pray' is no action"),
    ],
)
def test_bad_readings_are_refused(batch, tmp_path, text, said):
    file = tmp_path / "readings.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        read_readings(file, batch)


def test_a_person_releases_once_and_what_was_released_cannot_be_changed(tmp_path):
    folder, store = tmp_path / "plan_1", tmp_path / "history.sqlite"
    folder.mkdir()
    (folder / PLAN).write_text("{}\n")
    assert not released(folder)
    with pytest.raises(InputError, match="who decides"):
        release(folder, " ", "because", "released", store)
    record = release(folder, "A. Miller", "looks right", "released", store)
    assert record["decision"] == "released" and record["history_row"] > 0
    assert released(folder)
    with pytest.raises(InputError, match="already released"):
        release(folder, "B. Smith", "no", "rejected", store)
    (folder / PLAN).write_text('{"parts": []}\n')
    with pytest.raises(InputError, match="not the one"):
        released(folder)


def test_a_batch_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="life of a tool must be positive"):
        read_settings(Batch, "batch", "titanium_bracket", ["tool.n_life=0"])
    with pytest.raises(InputError, match="no unit"):
        read_settings(Batch, "batch", "titanium_bracket", ["costs.scrap=10"])
