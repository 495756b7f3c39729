"""The fit and its posterior against closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest

from twin.calibration.fit import Observation, fit, information_of, predicted
from twin.calibration.parameters import Parameter, drawn, medians
from twin.calibration.posterior import covariance, estimates, samples, undetermined
from twin.errors import InputError

SLOPE = Parameter(name="line.slope_n", median=1.0, spread=2.0, kind="normal")
LEVEL = Parameter(name="line.level_n", median=-1.0, spread=0.5, kind="normal")


def line(values, x):
    return values["line.slope_n"] * x + values["line.level_n"]


def ray(values, x):
    return values["line.slope_n"] * x


def product(values, x):
    return values["a_n"] * values["b_n"] * x


def decay(values, x):
    return values["a_n"] * jnp.exp(-x / values["tau_s"])


def seen(predict, x, y, deviation, names, name="seen"):
    return Observation(
        name, predict, np.asarray(x, float), np.asarray(y, float), np.broadcast_to(deviation, len(y)), names
    )


def test_a_linear_model_has_the_closed_form_posterior():
    """Mean and covariance of Bayesian linear regression, by the textbook's formula."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, 7)
    y = 3 * x - 0.5 + 0.1 * rng.standard_normal(7)
    found = fit([SLOPE, LEVEL], [seen(line, x, y, 0.1, ("line.slope_n", "line.level_n"))])
    design = np.stack([x, np.ones(7)], axis=1) / 0.1
    prior = np.diag([2.0, 0.5])
    expected = np.linalg.inv(design.T @ design + np.linalg.inv(prior**2))
    mean = expected @ (design.T @ (y / 0.1) + np.linalg.inv(prior**2) @ [1.0, -1.0])
    assert [found.values[n] for n in ("line.slope_n", "line.level_n")] == pytest.approx(mean, abs=1e-5)
    assert prior @ covariance(found) @ prior == pytest.approx(expected, abs=1e-9)
    assert found.converged
    lower, upper = estimates(found)[0].lower, estimates(found)[0].upper
    assert (upper - lower) / 2 == pytest.approx(1.959964 * np.sqrt(expected[0, 0]), rel=1e-6)


def test_the_posterior_of_an_exponential_covers_what_made_the_data():
    """200 data sets from parameters of the prior: 95 % intervals hold 95 +- 3 %, squared errors are 1 +- 0.2."""
    parameters = [
        Parameter(name="a_n", median=2.0, spread=0.3),
        Parameter(name="tau_s", median=1.0, spread=0.3),
    ]
    x = np.linspace(0, 3, 40)
    error = []
    for seed in range(200):
        truth = drawn(parameters, seed)
        y = truth["a_n"] * np.exp(-x / truth["tau_s"]) + 0.05 * np.random.default_rng(seed).standard_normal(40)
        found = fit(parameters, [seen(decay, x, y, 0.05, ("a_n", "tau_s"))])
        deviation = np.sqrt(np.diag(covariance(found)))
        error.append([(found.z[i] - p.z(truth[p.name])) / deviation[i] for i, p in enumerate(parameters)])
    assert np.mean(np.abs(error) < 1.96) == pytest.approx(0.95, abs=0.03)
    assert np.mean(np.square(error)) == pytest.approx(1.0, abs=0.2)


def test_a_product_leaves_the_quotient_to_the_prior():
    parameters = [Parameter(name="a_n", median=2.0, spread=0.3), Parameter(name="b_n", median=5.0, spread=0.3)]
    x = np.linspace(1, 2, 20)
    found = fit(parameters, [seen(product, x, 12 * x, 0.01, ("a_n", "b_n"))])
    assert found.values["a_n"] * found.values["b_n"] == pytest.approx(12, rel=1e-4)
    assert found.values["a_n"] / found.values["b_n"] == pytest.approx(2 / 5, rel=1e-6)  # as the prior has it
    (weak,) = undetermined(found)
    assert weak.information == pytest.approx(0.0, abs=1e-6)
    assert dict(weak.parts) == pytest.approx({"a_n": 0.5**0.5, "b_n": -(0.5**0.5)}, abs=1e-4) or dict(
        weak.parts
    ) == pytest.approx({"a_n": -(0.5**0.5), "b_n": 0.5**0.5}, abs=1e-4)
    assert [e.verdict for e in estimates(found)] == ["partly", "partly"]


def test_a_parameter_that_nothing_shows_keeps_its_prior():
    found = fit(
        [SLOPE, LEVEL], [seen(lambda v, x: v["line.slope_n"] * x, [1.0, 2.0], [2.0, 4.0], 0.1, ("line.slope_n",))]
    )
    level = estimates(found)[1]
    assert (level.value, level.verdict, level.variance_left) == (-1.0, "prior only", 1.0)
    assert (level.lower, level.upper) == pytest.approx((-1.98, -0.02), abs=0.001)


def test_samples_have_the_posterior_of_the_fit():
    found = fit([SLOPE, LEVEL], [seen(line, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0], 0.2, ("line.slope_n", "line.level_n"))])
    many = samples(found, 20_000, seed=3)
    prior = np.diag([2.0, 0.5])
    assert np.cov(many.T) == pytest.approx(prior @ covariance(found) @ prior, rel=0.05)


def test_gaps_have_no_weight_and_bounds_hold():
    held = Parameter(name="line.slope_n", median=1.0, spread=2.0, kind="normal", upper=2.5)
    x, y = np.array([1.0, 2.0, 3.0]), np.array([3.0, np.nan, 9.0])
    gap = seen(ray, x, y, np.array([0.1, np.inf, 0.1]), ("line.slope_n",))
    assert fit([SLOPE], [gap]).values["line.slope_n"] == pytest.approx(3.0, abs=0.001)
    assert fit([held], [gap]).values["line.slope_n"] == pytest.approx(2.5)


def test_information_before_measuring_is_that_after():
    names = ("line.slope_n", "line.level_n")
    some = seen(line, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0], 0.2, names)
    assert information_of([SLOPE, LEVEL], [some]) == pytest.approx(fit([SLOPE, LEVEL], [some]).information)
    assert predicted(some, medians([SLOPE, LEVEL])) == pytest.approx([-1.0, 0.0, 1.0])


def test_bad_observations_are_refused():
    with pytest.raises(InputError, match="line.level_n"):
        fit([SLOPE], [seen(line, [0.0], [0.0], 0.1, ("line.slope_n", "line.level_n"))])
    with pytest.raises(InputError, match="not a number"):
        fit([SLOPE, LEVEL], [seen(line, [0.0], [np.nan], 0.1, ("line.slope_n", "line.level_n"))])
    with pytest.raises(InputError, match="spread 0"):
        Parameter(name="a_n", median=1.0, spread=0.0)
