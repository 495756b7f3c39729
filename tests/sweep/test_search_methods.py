"""Both search methods on problems whose answer is known, and a study that goes on after an interruption."""

import jax.numpy as jnp
import numpy as np
import pytest

from twin.errors import InputError
from twin.sweep import gradient_search, optuna_search
from twin.sweep.gradient_search import Problem, as_row, from_row, search_from, starts
from twin.sweep.optuna_search import Space

LOW, HIGH = np.array([-2.0, -2.0]), np.array([2.0, 2.0])


def rosenbrock_in_disk(x):
    """Within the unit disk the least value lies at (0.78642, 0.61770), 0.04567 (Matlab's and SciPy's example)."""
    value = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    return jnp.stack([value, 1 - x[0] ** 2 - x[1] ** 2])


def test_a_limit_that_binds():
    end = search_from(Problem(rosenbrock_in_disk, LOW, HIGH), np.array([-1.0, 1.0]), 0)
    np.testing.assert_allclose(end.values, [0.78642, 0.61770], atol=2e-4)
    assert end.objective == pytest.approx(0.04567, abs=2e-5)
    assert end.kept and abs(end.worst_limit) < 1e-5


def test_bounds_bind_and_scales_do_not_matter():
    """Feed in mm/min and stick-out in m: a sum of two distances, least at the corner of the box nearest (5000, 0)."""
    problem = Problem(
        lambda x: jnp.stack([((x[0] - 5000) / 1000) ** 2 + (x[1] / 1e-3) ** 2]),
        np.array([100.0, 0.03]),
        np.array([900.0, 0.05]),
    )
    end = search_from(problem, np.array([500.0, 0.04]), 0)
    np.testing.assert_allclose(end.values, [900.0, 0.03])
    assert end.worst_limit == np.inf


def valleys(x):
    """Himmelblau's function has four valleys of depth 0; tilted, the one at (3, 2) is the lowest."""
    value = (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2 - (x[0] + x[1]) / 10
    return jnp.stack([value])


def test_several_starts_find_the_lowest_of_four_valleys():
    problem = Problem(valleys, np.full(2, -5.0), np.full(2, 5.0))
    points = starts(problem, np.array([-4.0, -4.0]), 8, seed=1)
    assert points.shape == (8, 2) and (points[0] == -4).all()
    ends = [search_from(problem, point, number) for number, point in enumerate(points)]
    np.testing.assert_allclose(ends[0].values, [-3.779, -3.283], atol=0.02)  # its own valley
    np.testing.assert_allclose(gradient_search.best(ends).values, [3, 2], atol=0.02)
    assert [from_row(as_row(end)) for end in ends] == ends


def test_where_nothing_keeps_the_limits_the_least_bad_is_named():
    problem = Problem(lambda x: jnp.stack([x[0], -1 - x[0] ** 2]), np.array([-1.0]), np.array([1.0]))
    end = gradient_search.best([search_from(problem, np.array([0.7]), 0)])
    assert not end.kept and end.worst_limit == pytest.approx(-1.0, abs=1e-3)


SPACE = Space({"x": -3.0}, {"x": 3.0}, {"n_teeth": [2, 3, 4], "coolant": ["dry", "flood"]})


def outcome(p):
    """Least at n_teeth 4, flood, x = 1, but 4 teeth miss a limit: then at 3, flood, x = 1, where it is 1."""
    value = (p["x"] - 1) ** 2 + (4 - p["n_teeth"]) + (p["coolant"] == "dry")
    return value, (p["n_teeth"] - 3.5,)


def test_choices_and_numbers_together_under_a_limit(tmp_path):
    trials = optuna_search.search(tmp_path / "s.db", SPACE, lambda ps: [outcome(p) for p in ps], 64, seed=4)
    found = optuna_search.best(trials)
    assert (found.values["n_teeth"], found.values["coolant"], found.kept) == (3, "flood", True)
    assert found.objective == pytest.approx(1.0, abs=0.02)
    assert len(trials) == 64


def test_an_interrupted_search_goes_on_and_a_finished_one_does_nothing(tmp_path):
    file, asked = tmp_path / "s.db", []

    def evaluate(proposals):
        asked.extend(proposals)
        if len(asked) > 20:
            raise KeyboardInterrupt
        return [outcome(p) for p in proposals]

    with pytest.raises(KeyboardInterrupt):
        optuna_search.search(file, SPACE, evaluate, 24, first={"x": 0.5, "n_teeth": 2, "coolant": "dry"}, batch=8)
    assert asked[0] == {"x": 0.5, "n_teeth": 2, "coolant": "dry"}
    later = []
    trials = optuna_search.search(file, SPACE, lambda ps: [later.append(p) or outcome(p) for p in ps], 32, batch=8)
    assert len(later) == 32 - 16 - 8  # what was running is given up
    assert len(trials) == 24
    again = optuna_search.search(file, SPACE, lambda ps: pytest.fail("nothing is left"), 32)
    assert again == trials


def test_a_failed_trial_is_no_result_and_stops_nothing(tmp_path):
    def evaluate(proposals):
        return ["the tool breaks" if p["n_teeth"] == 4 else outcome(p) for p in proposals]

    trials = optuna_search.search(tmp_path / "s.db", SPACE, evaluate, 30, seed=1)
    assert trials and all(trial.values["n_teeth"] < 4 for trial in trials)


def test_another_space_in_the_same_study_is_refused(tmp_path):
    optuna_search.search(tmp_path / "s.db", SPACE, lambda ps: [outcome(p) for p in ps], 4)
    other = Space({"x": -1.0}, {"x": 3.0}, SPACE.choices)
    with pytest.raises(InputError, match="of another search"):
        optuna_search.search(tmp_path / "s.db", other, lambda ps: [outcome(p) for p in ps], 8)
