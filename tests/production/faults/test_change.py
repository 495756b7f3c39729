"""Charts for changes: published run lengths, false alarms as stated, shifts found."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.production.faults.change import alarm_rate, chart, cumulative, scores, threshold_of


def run_length(reference, threshold, shift=0.0, n=2000, longest=4000):
    """Mean runs to an alarm of the two-sided sum on standard normals, and its standard error."""
    q = np.random.default_rng(1).standard_normal((longest, n)) + shift
    up, down = cumulative(q, reference)
    passed = np.maximum(up, down) > threshold
    assert passed.any(axis=0).mean() > 0.99
    first = np.where(passed.any(axis=0), passed.argmax(axis=0) + 1, longest)
    return first.mean(), first.std() / np.sqrt(n)


def test_run_lengths_of_the_cumulative_sum():
    """Montgomery, Introduction to Statistical Quality Control, table 9.3: k 0.5, h 4: 168 in control, 8.38 at a shift
    of one deviation, 3.34 at two, 2.19 at three."""
    for shift, published in ((0.0, 168), (1.0, 8.38), (2.0, 3.34), (3.0, 2.19)):
        mean, error = run_length(0.5, 4.0, shift, longest=1500 if not shift else 100)
        assert mean == pytest.approx(published, abs=4 * error + 0.005 * published), shift


def test_scores_are_standard_normal_whatever_level_and_scatter():
    """Each score exactly, as Student's t says; over many machines of other levels and scatters."""
    rng = np.random.default_rng(2)
    level, scatter = rng.uniform(-1e6, 1e6, 20_000), np.exp(rng.uniform(-5, 5, 20_000))
    q = scores(level + scatter * rng.standard_normal((24, 20_000)), 8)
    assert np.isnan(q[:8]).all()
    for run in (8, 15, 23):
        assert np.quantile(q[run], [0.01, 0.5, 0.99]) == pytest.approx([-2.326, 0, 2.326], abs=0.06)


def test_alarm_rate_of_the_markov_chain():
    """Montgomery, 9.3: runs to a false alarm from zero: 168 at h 4, 465 at h 5 (k 0.5). In the long run some 2 fewer,
    as the sums have left zero by then."""
    for threshold, published in ((4.0, 168), (5.0, 465)):
        assert published - 4 < 1 / alarm_rate(threshold, 0.5) < published
    assert alarm_rate(threshold_of(1e-3, 24)) == pytest.approx(1 - (1 - 1e-3) ** (1 / 24), rel=1e-4)


def test_scores_of_a_healthy_machine_are_independent():
    """No correlation of neighbours, nor of their squares, which a baseline in common would bring."""
    q = scores(np.random.default_rng(3).standard_normal((20, 40_000)), 6)[6:]
    for power in (1, 2):
        for apart in (1, 2, 8):
            first, second = q[:-apart].ravel() ** power, q[apart:].ravel() ** power
            assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(first))


@pytest.mark.parametrize("n_baseline", [6, 20])
def test_false_alarms_are_as_rare_as_stated(n_baseline):
    """400 machines of 25 indicators over 100 runs at one alarm in 200 runs: 200 expected less those of the first
    runs, whose sums begin at zero; in every stretch alike. Three and a half standard deviations of a count."""
    rate, n_charts = 1 / 200, 25
    values = np.random.default_rng(77).standard_normal((n_baseline + 100, 400 * n_charts))
    up, down = cumulative(scores(values, n_baseline)[n_baseline:])
    beyond = np.maximum(up, down) > threshold_of(rate, n_charts)
    first = np.where(beyond.any(axis=0), beyond.argmax(axis=0), -1)
    for begin, end in ((0, 25), (25, 50), (50, 100)):
        expected = 400 * rate * (end - begin)
        alarms = ((first >= begin) & (first < end)).sum()
        assert 0.85 * expected - 3.5 * np.sqrt(expected) < alarms < expected + 3.5 * np.sqrt(expected)


def test_a_shift_is_found_placed_and_told_from_a_gap():
    rng = np.random.default_rng(5)
    value = 100 + 2 * rng.standard_normal(60)
    value[40:] -= 12
    value[30] = np.nan
    found = chart(value, np.full(60, 0.1), 20, threshold_of(1e-3, 10))
    assert found.alarm in (40, 41, 42)
    assert not found.rises
    assert abs(found.changed_at - 40) <= 1
    assert np.isnan(found.score[30]) and np.isnan(found.score[:20]).all()


def test_a_value_that_is_not_sure_is_not_judged():
    rng = np.random.default_rng(6)
    value, uncertainty = rng.standard_normal(40), np.full(40, 0.1)
    value[30], uncertainty[30] = 50.0, 20.0
    found = chart(value, uncertainty, 20, 8.0)
    assert found.alarm is None and np.isnan(found.score[30])
    assert chart(value, np.full(40, 0.1), 20, 8.0).alarm == 30


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="no scatter"):
        chart(np.zeros(9), np.ones(9), 3, 5.0)
    for rate, n in ((0.0, 1), (0.5, 1), (1e-3, 0), (1e-10, 1)):
        with pytest.raises(InputError):
            threshold_of(rate, n)
