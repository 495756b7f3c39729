"""Survival of tools: lifelines against closed forms, coverage by hand, NASA's cases left out in turn."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from twin.cutting.wear.table import WearScatter
from twin.errors import InputError
from twin.production.tool_life.coverage import coverage, failed_by, log_score
from twin.production.tool_life.parts import LogLife, log_parts, observed
from twin.production.tool_life.survival import CensoredLives, censored_lives, fit_life

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "validation"))


def test_brackets_of_lives():
    """Tool 1 passes 0.3 between 20 and 30, tool 2 never, tool 3 before its first reading."""
    tool = np.array([1, 1, 1, 2, 2, 3])
    time = np.array([10.0, 20, 30, 10, 20, 5])
    wear = np.array([0.1, 0.2, 0.31, 0.1, 0.2, 0.4])
    found = censored_lives(tool, time, wear, 0.3, np.ones((6, 1)))
    assert found.lower.tolist() == [20, 20, 0]
    assert found.upper.tolist() == [30, np.inf, 5]
    with pytest.raises(InputError, match="tool 1"):
        censored_lives(tool[:2], time[1::-1], wear[:2], 0.3, np.ones((2, 1)))


def test_exact_lives_give_mean_and_deviation_of_their_logarithms():
    """The maximum likelihood of a log-normal law in closed form; brackets of 0.02 %."""
    rng = np.random.default_rng(3)
    covariate = np.linspace(-1, 1, 40)
    log_life = 5 - 0.7 * covariate + 0.3 * rng.standard_normal(40)
    life = np.exp(log_life)
    found = fit_life(CensoredLives(np.arange(40), life * 0.9999, life * 1.0001, covariate[:, None]), ["feed"])
    slope, level = np.polyfit(covariate, log_life, 1)
    scatter = np.std(log_life - level - slope * covariate)
    assert found.mean == pytest.approx([slope, level, np.log(scatter)], abs=0.02)  # the ridge pulls the slope a little
    assert found.deviation[1] == pytest.approx(scatter / np.sqrt(40), rel=0.03)
    at = np.exp(level + slope * 0.5)
    assert float(found.survival([at], [0.5])[0]) == pytest.approx(0.5, abs=0.01)
    assert found.quantile([0.5], [0.5]) == pytest.approx(at, rel=0.02)


def test_uncertainty_of_a_weibull_law_is_that_of_its_fisher_information():
    """n exact lives of shape k: deviation of ln k sqrt(6 / n) / pi, of ln(scale) 1.053 / (k sqrt n), correlated by
    0.313 (Johnson, Kotz, Balakrishnan, Continuous univariate distributions 1, 21.6); here ln(scatter) = -ln k."""
    n, shape = 400, 3.0
    life = 100 * (-np.log((np.arange(n) + 0.5) / n)) ** (1 / shape)  # quantiles, so that nothing is left to chance
    zero = np.linspace(-1, 1, n)[np.random.default_rng(4).permutation(n)]
    found = fit_life(CensoredLives(np.arange(n), life * 0.9999, life * 1.0001, zero[:, None]), ["feed"], "weibull")
    assert found.mean[1:] == pytest.approx([np.log(100), -np.log(shape)], abs=0.02)
    assert found.deviation[1:] == pytest.approx([1.053 / (shape * n**0.5), (6 / n) ** 0.5 / np.pi], rel=0.04)
    assert np.corrcoef(found.draws[:, 1], found.draws[:, 2])[0, 1] == pytest.approx(-0.313, abs=0.08)


def test_few_tools_are_refused():
    few = CensoredLives(np.arange(2), np.ones(2), 2 * np.ones(2), np.zeros((2, 1)))
    with pytest.raises(InputError, match="do not tell"):
        fit_life(few, ["feed"])
    endless = CensoredLives(np.arange(4), np.ones(4), np.full(4, np.inf), np.zeros((4, 1)))
    with pytest.raises(InputError, match="reached the limit"):
        fit_life(endless, ["feed"])


def test_coverage_by_hand():
    """Interval 0.1 to 0.9: a bracket inside, one outside, one half in, an open one of which 0.8 / 0.9 is in."""
    ends = np.array([[0.3, 0.5], [0.92, 0.97], [0.85, 0.95], [0.1, 1.0]])
    found = coverage(ends, 0.8)
    assert found.surely == pytest.approx(1 / 4)
    assert found.possibly == pytest.approx(3 / 4)
    assert found.expected == pytest.approx((1 + 0.5 + 0.8 / 0.9) / 4)
    assert log_score(ends[:1]) == pytest.approx(np.log(0.2))
    assert failed_by(lambda t: np.exp(-t), 1.0, np.inf) == pytest.approx((1 - np.exp(-1), 1.0))


def test_true_predictions_are_covered_as_stated():
    """10,000 lives from the predicted law, seen at readings a third of a life apart."""
    rng = np.random.default_rng(0)
    life = np.exp(0.4 * rng.standard_normal(10_000))
    lower = np.floor(life * 3) / 3
    ends = np.array([[ndtr(np.log(max(a, 1e-9)) / 0.4), ndtr(np.log(a + 1 / 3) / 0.4)] for a in lower])
    assert coverage(ends, 0.8).expected == pytest.approx(0.8, abs=0.01)


def test_parts_of_a_tool_and_what_other_tools_say():
    """Normal with a known scatter and exact lives: the precision-weighted mean in closed form."""
    prior = log_parts(0.01, WearScatter(life=0.2, speed_exponent=0.3, growth=0.1), level_deviation=0.5)
    assert prior.quantile(0.5) == pytest.approx(100)
    assert prior.survival(100) == pytest.approx(0.5) and prior.survival(0) == 1
    assert prior.deviation == pytest.approx(np.hypot(0.5, 0.2))
    lives = np.array([140.0, 150, 160])
    found = observed(prior, lives * 0.999, lives * 1.001)
    precision = 1 / 0.5**2 + 3 / 0.2**2
    mean = (np.log(100) / 0.5**2 + np.log(lives).sum() / 0.2**2) / precision
    assert found.mean == pytest.approx(mean, abs=1e-3)
    assert found.level_deviation == pytest.approx(precision**-0.5, rel=1e-2)
    longer = observed(prior, 150.0, np.inf)
    assert longer.mean > prior.mean and longer.level_deviation < prior.level_deviation
    assert observed(LogLife(4.0, 0.0, 0.2), 150.0, np.inf).mean == 4.0
    with pytest.raises(InputError, match="worn before"):
        observed(prior, 150.0, 150.0)


def failed(lives, left_out):
    """Predicted probabilities at both ends of the bracket of some cases, each from all the others."""
    import nasa_life

    ends = []
    for k in left_out:
        model = fit_life(lives.of(np.arange(len(lives.tool)) != k), nasa_life.NAMES)
        at = lives.covariates[k]
        ends.append(failed_by(lambda t, model=model, at=at: model.survival(t, at), lives.lower[k], lives.upper[k]))
    return np.array(ends)


def test_two_nasa_cases_from_the_others(data_dir):
    """Cast iron and steel (cases 2 and 13): their brackets touch the intervals of 80 %."""
    import nasa_life

    lives = nasa_life.lives_of(nasa_life.read(), 0.3e-3)
    assert len(lives.tool) == 15 and np.isfinite(lives.upper).all()
    assert coverage(failed(lives, [1, lives.tool.tolist().index(13)]), 0.8).possibly == 1


@pytest.mark.long
def test_nasa_cases_left_out_in_turn(data_dir):
    """The log-normal law: of 15 brackets at least 12 touch their interval of 90 %, at least 10 lie wholly in it."""
    import nasa_life

    lives = nasa_life.lives_of(nasa_life.read(), 0.3e-3)
    found = coverage(failed(lives, range(15)), 0.9)
    assert found.possibly >= 12 / 15
    assert found.surely >= 10 / 15


@pytest.mark.long
def test_nasa_lives_by_the_wear_law(data_dir):
    """Where the survival model says that a life ends, the law of wear says about the same: scores within 0.5."""
    import nasa_life

    table = nasa_life.read()
    lives, found = nasa_life.lives_of(table, 0.3e-3), nasa_life.predictions(table, 0.3e-3)
    score = {
        name: log_score(np.array([failed_by(s, *e) for s, *e in zip(some, lives.lower, lives.upper, strict=True)]))
        for name, some in found.items()
    }
    assert max(score.values()) - min(score.values()) < 0.5
    assert min(score.values()) > -2.5
