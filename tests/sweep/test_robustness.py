"""Probability, capability and variance shares where they have a closed form: linear functions of normal causes."""

import numpy as np
import pytest
from scipy import stats

from twin.errors import InputError
from twin.sweep.robustness import Judged, capability, centred, probability, robustness, share_by_group, tightening
from twin.sweep.scatter import Source

KEYS = ("a_mm", "b_mm", "c_mm")
BASE = np.array([10.0, 2.0, 5.0])
SOURCES = (
    Source("a", "machine", ("a_mm",), (10.0,), (0.1,), False, ""),
    Source("b", "tools", ("b_mm",), (2.0,), (0.4,), False, ""),
    Source("c", "tools", ("c_mm", "a_mm"), (5.0, 10.0), (0.2, -0.05), False, ""),  # moves two numbers together
)
SLOPES = np.array([[20.0, -5.0, 2.0], [0.0, 3.0, 0.0]])
EFFECT = np.array([[2.0, -2.0, 0.4 - 1.0], [0.0, 1.2, 0.0]])  # slope times deviation of each source
OFFSET = np.array([1.0, -2.0])
JUDGED = Judged(("slot.width", "floor.flatness"), np.array([-4.0, -np.inf]), np.array([6.0, 0.0]))
DEVIATION = np.sqrt((EFFECT**2).sum(axis=1))


def linear(values):
    return OFFSET + (values - BASE) @ SLOPES.T


@pytest.fixture(scope="module")
def found():
    return robustness(linear, KEYS, BASE, SOURCES, JUDGED, n_samples=40_000, seed=2)


def test_mean_and_deviation(found):
    error = DEVIATION / np.sqrt(40_000)
    assert (np.abs(found.mean - OFFSET) < 4 * error).all()
    np.testing.assert_allclose(found.deviation, DEVIATION, rtol=0.015)
    np.testing.assert_allclose(found.nominal, OFFSET)


def test_effects_shares_and_what_is_linear(found):
    np.testing.assert_allclose(found.effect, EFFECT, atol=1e-12)
    np.testing.assert_allclose(found.share, EFFECT**2 / DEVIATION[:, None] ** 2)
    np.testing.assert_allclose(found.explained, 1.0)
    groups = share_by_group(found)
    np.testing.assert_allclose(groups["machine"][0], 4 / (4 + 4 + 0.36))
    np.testing.assert_allclose(groups["machine"] + groups["tools"], 1.0)
    ends = found.ends[0, :, 0]  # 5 and 95 % of the first source
    np.testing.assert_allclose(ends, 1 + 2 * stats.norm.ppf([0.05, 0.95]), rtol=1e-6)


def exact():
    """Probability that each characteristic is within its limits."""
    return stats.norm.cdf((JUDGED.upper - OFFSET) / DEVIATION) - stats.norm.cdf((JUDGED.lower - OFFSET) / DEVIATION)


def test_probability_is_that_of_the_normal(found):
    middle, low, high = probability(found.good).T
    np.testing.assert_allclose(middle, exact(), atol=4 * np.sqrt(0.25 / 40_000))
    assert ((low < exact()) & (exact() < high)).all()


def test_interval_of_the_probability_holds_what_it_promises():
    """Of 400 sets of 60 parts, at least 95 % of the intervals contain the truth (Clopper and Pearson are careful)."""
    truth = 0.93
    good = np.random.default_rng(4).random((60, 400)) < truth
    _, low, high = probability(good).T
    assert np.mean((low <= truth) & (truth <= high)) >= 0.95
    np.testing.assert_allclose(probability(np.ones((60, 1), bool))[0], [1.0, 0.025 ** (1 / 60), 1.0])  # closed form


def test_capability_has_its_closed_form_and_its_interval_holds(found):
    expected = np.array([5.0 / (3 * DEVIATION[0]), 2.0 / (3 * DEVIATION[1])])  # the second limit is one-sided
    np.testing.assert_allclose(capability(found.values, JUDGED)[:, 0], expected, rtol=0.02)
    rng, judged = np.random.default_rng(6), Judged(("x",), np.array([-4.0]), np.array([9.0]))
    held = []
    for _ in range(400):
        _, low, high = capability(rng.normal(0, 1, (200, 1)), judged)[0]
        held.append(low <= 4 / 3 <= high)
    assert abs(np.mean(held) - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 400) + 0.01


def test_tightening_is_that_of_another_draw_with_half_the_scatter(found):
    """Halving b of the second characteristic: deviation 0.6 instead of 1.2."""
    better = tightening(found)
    whole = dict(zip((SOURCES[row].name for row in better.row), better.probability, strict=True))
    before = found.good.all(axis=1).mean()
    half = [
        Source(s.name, s.group, s.keys, s.base, tuple(np.multiply(s.deviation, 0.5 if s.name == "b" else 1)), False, "")
        for s in SOURCES
    ]
    again = robustness(linear, KEYS, BASE, half, JUDGED, n_samples=40_000, seed=9)
    assert whole["b"] == pytest.approx(again.good.all(axis=1).mean(), abs=0.005)
    assert SOURCES[better.row[0]].name == "b" and whole["b"] > before + 0.01
    assert better.least_cpk[0] == pytest.approx(capability(again.values, JUDGED)[:, 0].min(), rel=0.02)


def test_what_centring_alone_would_do(found):
    """The two-sided characteristic at the middle of its limits, the one-sided one as it is; they are dependent by b."""
    values = centred(found.values, JUDGED)
    np.testing.assert_allclose(values.mean(axis=0), [1.0, found.mean[1]])
    np.testing.assert_allclose(values.std(axis=0, ddof=1), found.deviation)
    alike = centred(found.values + [7.0, 0.0], JUDGED)
    np.testing.assert_allclose(alike, values, atol=1e-12)


def test_a_positive_number_is_log_normal_with_the_stated_mean_and_deviation():
    source = Source("krc", "material", ("krc",), (168.8,), (290.0,), True, "")
    drawn = source.values(np.random.default_rng(3).standard_normal(2_000_000))[:, 0]
    assert drawn.min() > 0
    assert drawn.mean() == pytest.approx(168.8, rel=0.01)
    assert drawn.std() == pytest.approx(290, rel=0.05)


def test_what_is_not_a_number_is_named():
    with pytest.raises(InputError, match="floor.flatness is not a number"):
        robustness(lambda v: linear(v) * [1, np.nan], KEYS, BASE, SOURCES, JUDGED, 10, 1)
    with pytest.raises(InputError, match="0 sources"):
        robustness(linear, KEYS, BASE, (), JUDGED, 10, 1)
