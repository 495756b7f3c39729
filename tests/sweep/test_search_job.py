"""What a search asks; the whole command on a slot whose best feed is known from the time law and the limit."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from twin.errors import InputError
from twin.production.cost.economics import Economics
from twin.scenario import load_scenario
from twin.settings import read_settings
from twin.sweep.evaluator import evaluator_of
from twin.sweep.search_job import GROUP, run_search
from twin.sweep.search_settings import SearchConfig, limits_of, words_of
from twin.view.search import draw_search

RESULTS = ("machining_time_min", "force_peak_n", "feature.floor.height_um")


def config(**changes):
    given = {
        "name": "s",
        "method": "gradient",
        "minimise": "force_peak_n",
        "variables": {"process.feed_pct": (50.0, 90.0)},
    }
    return SearchConfig(**{**given, **changes})


def test_limits_say_how_much_is_left():
    least, most = limits_of(["force_peak_n<=800", "feature.floor.height_um > -4.5"], RESULTS)
    assert (least.left(600.0), least.left(1000.0)) == (0.25, -0.25)
    assert (most.left(0.0), most.left(-9.0)) == (1.0, -1.0)
    assert [limit.at(limit.left(value)) for limit, value in ((least, 600.0), (most, -9.0))] == [600.0, -9.0]


@pytest.mark.parametrize("text", ["force_peak_n", "force_peak_n < x", "force_peak_n == 3", "3 < force_peak_n", ""])
def test_a_limit_that_is_none_is_one_clear_error(text):
    with pytest.raises(InputError, match="is not understood"):
        limits_of([text], RESULTS)
    with pytest.raises(InputError, match="there is no result 'force_n'; known|there is no result 'force_n'"):
        limits_of(["force_n<3"], RESULTS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"maximise": "x"}, "needs one goal"),
        ({"variables": {}}, "varies nothing"),
        ({"choices": {"material": ("aa7075_t6", "ti_6al_4v")}}, "numbers only"),
        ({"variables": {"tools.1.diameter_mm": (9.0, 10.0)}}, "list it under choices"),
        ({"method": "optuna", "choices": {"material": ("aa7075_t6",)}}, "two different values"),
    ],
)
def test_a_search_that_cannot_be_is_one_clear_error(changes, says):
    with pytest.raises(InputError, match=says):
        config(**changes)


def test_the_best_is_told_as_words_of_a_run():
    values = {
        "process.feed_pct": 81.25,
        "process.tools.2.speed_pct": 90.0,
        "material": "ti_6al_4v",
        "tools.1.n_teeth": 4,
    }
    words = words_of(values)
    assert words == [
        "process.feed_pct=81.25",
        "++process.tools.2.speed_pct=90",
        "material=ti_6al_4v",
        "tools.1.n_teeth=4",
    ]
    scenario = load_scenario("scenario=bench_identification", *words[:2], "material=ti_6al_4v", "tools.1.n_teeth=4")
    assert scenario.process.feed == 0.8125 and scenario.process.tools[2].speed == 0.9
    assert scenario.tools[1].n_teeth == 4


def test_the_example_is_understood():
    settings = read_settings(SearchConfig, GROUP, "example", ("n_starts=2",))
    assert settings.n_starts == 2 and settings.goal == "machining_time_min"
    limits_of(settings.limits, ("deviation_95pct_um", "force_peak_n", "power_peak_w"))


SEARCH = """
name: slot
method: gradient
minimise: machining_time_min
limits: [force_peak_n <= 130]
variables: {process.feed_pct: [50, 200]}
n_starts: 2
n_trials: 24
n_batch: 12
"""


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_fastest_feed_under_a_limit_of_force(module_desk, tmp_path, jax_as_users_have_it, monkeypatch):
    """Force is linear in the chip here, so that the best feed lies on the straight line through two whole runs."""
    from twin.simulate import machine, predict
    from twin.sweep.run_results import run_results

    (module_desk / "conf" / "optimisation").mkdir(exist_ok=True)
    (module_desk / "conf" / "optimisation" / "slot.yaml").write_text(SEARCH)

    def peak(feed):
        scenario = load_scenario("scenario=own", f"process.feed_pct={feed}", conf=module_desk / "conf")
        made = predict(scenario, machine(scenario, lambda stage: None), lambda stage: None)
        return run_results(scenario, made, prices)["force_peak_n"]

    prices = read_settings(Economics, "economics", "standard")
    low, high = peak(60), peak(110)
    expected = 60 + (130 - low) / (high - low) * 50
    assert 60 < expected < 110
    words = ["scenario=own", "optimisation=slot"]
    best = run_search(words, outputs=tmp_path, conf=module_desk / "conf")
    found = float(best.words[-1].partition("=")[2])
    assert best.kept and found == pytest.approx(expected, rel=0.01)
    assert best.checked["force_peak_n"] == pytest.approx(130, rel=0.005)
    assert best.checked["machining_time_min"] == pytest.approx(best.promised["machining_time_min"], rel=1e-3)
    draw_search(best)
    assert (best.folder / "search.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr("twin.sweep.gradient_search.search_from", lambda *_: pytest.fail("every start is done"))
    again = run_search(words, outputs=tmp_path, conf=module_desk / "conf")
    assert again.words == best.words and again.folder == best.folder

    other = run_search([*words, "optimisation.method=optuna"], outputs=tmp_path, conf=module_desk / "conf")
    assert other.folder != best.folder and other.kept
    assert float(other.words[-1].partition("=")[2]) == pytest.approx(expected, rel=0.08)
    tried = pq.read_table(other.folder / "tried.parquet").to_pydict()
    assert len(tried["trial"]) == 24 and np.ptp(tried["process.feed_pct"]) > 30
    assert json.loads((other.folder / "best.json").read_text())["kept"]


CHOICE = """
name: choice
method: optuna
minimise: cost_part_eur
limits: [force_peak_n <= 130]
variables: {process.feed_pct: [50, 200]}
choices: {tool@tools.1: [flat_d10_2fl, flat_d10_3fl], material: [aa7075_t6, aa6061_t6]}
n_trials: 64
n_batch: 16
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_cutter_and_a_material_are_chosen_and_an_interrupted_search_goes_on(
    module_desk, tmp_path, jax_as_users_have_it, monkeypatch
):
    """The least cost under the limit, against every combination at 400 feeds; the whole run of it keeps the limit."""
    (module_desk / "conf" / "optimisation").mkdir(exist_ok=True)
    (module_desk / "conf" / "optimisation" / "choice.yaml").write_text(CHOICE)
    made = {}

    def once(overrides, parameters, **more):
        key = tuple(overrides)
        made[key] = made.get(key) or evaluator_of(overrides, parameters, **{**more, "with_chatter": False})
        return made[key]

    def interrupted(stage):
        if stage == "trial 33 of 64":
            raise KeyboardInterrupt

    monkeypatch.setattr("twin.sweep.search_job.evaluator_of", once)
    words = ["scenario=own", "optimisation=choice"]
    with pytest.raises(KeyboardInterrupt):
        run_search(words, outputs=tmp_path, conf=module_desk / "conf", say=interrupted)
    (folder,) = (tmp_path / "searches").iterdir()
    before = trials_of(folder)
    assert len(before) == 32
    best = run_search(words, outputs=tmp_path, conf=module_desk / "conf")
    after = trials_of(folder)
    assert best.folder == folder and len(after) == 64 and after[:32] == before  # nothing is evaluated twice

    feeds, least = np.linspace(50, 200, 400), {}
    for key, evaluator in made.items():
        if len(key) > 1:
            results = evaluator(feeds[:, None])
            cost, force = (results[:, evaluator.results.index(n)] for n in ("cost_part_eur", "force_peak_n"))
            least[key[1:]] = cost[force <= 130].min(initial=np.inf)
    assert len(least) == 4
    chosen = tuple(word for word in best.words if word.startswith(("tool@", "material")))
    assert chosen == min(least, key=least.get)
    assert best.kept and best.promised["cost_part_eur"] == pytest.approx(min(least.values()), rel=0.01)
    assert best.checked["force_peak_n"] < 131 and best.checked["cost_part_eur"] == pytest.approx(
        best.promised["cost_part_eur"], rel=1e-3
    )


def trials_of(folder):
    import optuna

    study = optuna.load_study(study_name="search", storage=f"sqlite:///{folder}/study.db")
    return [(t.number, t.params, t.value) for t in study.trials if t.state.is_finished()]
