"""Rolling bearings against the tables of ISO 281 and worked examples of catalogues."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from twin.production.component_life.bearing import (
    Ball,
    Lubricant,
    axial_in_pair,
    equivalent_load,
    life_factor,
    modified_life,
    rating_life,
    reference_viscosity,
    viscosity,
)
from twin.production.component_life.reliability import BEARING, LINEAR, LifeDistribution, remaining
from twin.units import RPM

# NSK Rolling Bearings (E1102), 5.3 worked examples: 6208, Cr 29,100 N, C0r 17,900 N, f0 14.0, 900 rpm
B6208 = Ball(kind="deep_groove", dynamic_rating=29_100, static_rating=17_900, fatigue_limit=800, mean_diameter=0.06)


def hours(revolutions, rpm):
    return float(revolutions) / (rpm * 60)


def test_radial_load_alone():
    """NSK example 1: Fr 2,500 N: 29,200 h."""
    assert hours(rating_life(B6208, equivalent_load(B6208, 2500.0, 0.0)), 900) == pytest.approx(29_200, rel=2e-3)


def test_radial_and_axial_load():
    """NSK example 3: Fr 2,500 N and Fa 1,000 N: Y 1.67 between the rows of the table, P 3,070 N, 15,800 h."""
    load = equivalent_load(B6208, 2500.0, 1000.0)
    assert float(load) == pytest.approx(3070, rel=2e-3)
    assert hours(rating_life(B6208, load), 900) == pytest.approx(15_800, rel=2e-3)


def test_modified_life_by_hand():
    """25 degrees, Fr 1 kN, Fa 2 kN: P = .41 x 1000 + .87 x 2000 = 2,150 N; kappa 2, e_C C_u / P .25.

    1.9987 / 2^.071739 = 1.90175; (2.5671 - 1.90175)^.83 = .71307; times .25^(1/3) = .44921; .1 x .55079^-9.3 = 25.63.
    """
    ball = Ball(kind="angular_25", dynamic_rating=21_500, static_rating=1e4, fatigue_limit=671.875, mean_diameter=0.09)
    load = equivalent_load(ball, 1000.0, 2000.0)
    assert float(load) == pytest.approx(2150)
    assert float(rating_life(ball, load)) == pytest.approx(1e9)
    assert float(life_factor(2.0, 0.8 * 671.875 / 2150)) == pytest.approx(25.63, rel=1e-3)


def test_life_factor_has_the_properties_of_the_standard():
    """The three equations meet at 0.4 and 1; a_ISO is 0.1 without a fatigue limit and never above 50."""
    for meeting in (0.4, 1.0):
        below, above = (float(life_factor(meeting + d, 0.3)) for d in (-1e-9, 1e-9))
        assert below == pytest.approx(above, rel=2e-3)
    assert float(life_factor(1.0, 0.0)) == pytest.approx(0.1)
    assert float(life_factor(4.0, 5.0)) == pytest.approx(50)
    assert float(life_factor(9.0, 0.2)) == float(life_factor(4.0, 0.2))


def test_reference_viscosity_is_that_of_the_chart():
    """ISO 281, 9.3.3.3 by hand: D_pw 100 mm at 500 and 2,500 rpm: 45000 x 500^-.83 / 10, 4500 / 50 / 10."""
    ball = Ball(kind="deep_groove", dynamic_rating=1, static_rating=1, fatigue_limit=1, mean_diameter=0.1)
    speeds = jnp.array([500.0, 2500.0]) * RPM
    assert np.asarray(reference_viscosity(ball, speeds)) * 1e6 == pytest.approx([25.89, 9.0], rel=1e-3)


def test_viscosity_passes_through_its_points_and_falls_between_as_the_oils_of_iso_3448():
    """An ISO VG 68 oil of viscosity index 95 has 68 mm2/s at 40 degC, 8.6 at 100 and 28.6 at 60 (ASTM D341 chart)."""
    oil = Lubricant(viscosity_40=68e-6, viscosity_100=8.6e-6, contamination=0.5)
    at = np.asarray(viscosity(oil, np.array([40.0, 60.0, 100.0]))) * 1e6
    assert at[[0, 2]] == pytest.approx([68, 8.6])
    assert at[1] == pytest.approx(28.6, rel=0.03)


B6309 = Ball(kind="deep_groove", dynamic_rating=55_300, static_rating=31_500, fatigue_limit=1340, mean_diameter=0.0725)


def test_published_report_of_a_6309():
    """A report of SKF's Bearing Calculator (2015): Fr 4 kN, Fa 0.5 kN, 1,800 rpm, 80 degC, oil of 120 mm2/s at 40 and
    12 at 100 degC: P 4 kN, C/P 13.8, 24,500 h, kappa 2.08 at nu_1 10.4, so that the oil has 21.6 mm2/s. SKF's nu_1 and
    a_SKF of Explorer bearings (20.7) are its own: the a_ISO of the standard lies below."""
    load = equivalent_load(B6309, 4000.0, 500.0)
    assert float(load) == pytest.approx(4000)
    assert hours(rating_life(B6309, load), 1800) == pytest.approx(24_500, rel=3e-3)
    oil = Lubricant(viscosity_40=120e-6, viscosity_100=12e-6, contamination=0.55)
    assert float(viscosity(oil, 80.0)) * 1e6 == pytest.approx(2.08 * 10.4, rel=0.01)
    assert 10 < float(life_factor(2.08, 0.55 * 1340 / 4000)) < 20.7


def test_life_factor_is_that_of_a_published_diagram():
    """SKF, Rolling bearings, diagram 9 (page 96), radial ball bearings, as another program has read it off, to two
    digits on logarithmic axes: within 11 % from kappa 1.5 on. Below, SKF's curves are its own: at 1 the standard lies
    up to 47 % higher, at 0.4 up to 31 % lower."""
    kappa = np.array([1.5, 2.0, 3.0, 4.0])
    read = {0.05: [1.4, 1.7, 2.2, 2.5], 0.1: [3.2, 4.5, 6.0, 7.0], 0.2: [10, 16, 25, 30]}  # by e_C C_u / P
    for load_ratio, factors in read.items():
        assert np.asarray(life_factor(kappa, load_ratio)) == pytest.approx(factors, rel=0.11)


def test_worked_examples_of_a_6309_with_all_inputs():
    """Two of SKF's, both of its Explorer series, whose fatigue limit counts more by one factor that is not printed.

    Report of the calculator (2015): kappa 2.08, e_C 0.55, P 4 kN, 1,800 rpm: factor 20.7, L10mh 506,400 h. Catalogue,
    example 1: oil of 20 mm2/s where 8.15 are needed, e_C 0.8, P 10 kN, 3,000 rpm: factor 8, read from a diagram, and
    L10mh 7,520 h (both remembered). With the series' factor that the report asks for, the example follows.
    """
    limit = B6309.fatigue_limit
    assert hours(20.7 * rating_life(B6309, 4000.0), 1800) == pytest.approx(506_400, rel=3e-3)
    series = brentq(lambda scale: float(life_factor(2.08, scale * 0.55 * limit / 4000)) - 20.7, 1.0, 2.0)
    factor = life_factor(20 / 8.15, series * 0.8 * limit / 10_000)
    assert float(factor) == pytest.approx(8, abs=0.25)
    assert hours(factor * rating_life(B6309, 10_000.0), 3000) == pytest.approx(7520, rel=0.03)


def test_catalogue_example_of_a_6309():
    """SKF, Rolling bearings, calculation example 1: Fr 10 kN at 3,000 rpm: 169 million revolutions, 940 h."""
    assert float(rating_life(B6309, 10_000.0)) / 1e6 == pytest.approx(169, abs=0.5)
    assert hours(rating_life(B6309, 10_000.0), 3000) == pytest.approx(940, abs=1)


def test_preloaded_pair():
    """0.67 of the external load comes on top until it exceeds three preloads."""
    assert np.asarray(axial_in_pair(500.0, np.array([0.0, 300.0, 2000.0]))) == pytest.approx([500, 701, 2000])


def test_a1_of_the_standard():
    """ISO 281:2007, table 12, to its digits."""
    table = {90: 1, 95: 0.64, 96: 0.55, 97: 0.47, 98: 0.37, 99: 0.25, 99.2: 0.22, 99.4: 0.19, 99.6: 0.16, 99.8: 0.12}
    table |= {99.9: 0.093, 99.92: 0.087, 99.94: 0.08, 99.95: 0.077}
    for percent, a1 in table.items():
        assert float(BEARING.life(percent / 100)) == pytest.approx(a1, abs=0.0052 if a1 > 0.1 else 0.00052), percent


def test_reliability_factor_of_screws():
    """ISO 3408-5, f_ar to its digits."""
    for percent, factor in {90: 1, 95: 0.62, 96: 0.53, 97: 0.44, 98: 0.33, 99: 0.21}.items():
        assert float(LINEAR.life(percent / 100)) == pytest.approx(factor, abs=0.0052)


def test_remaining_life_of_a_new_component_is_the_distribution():
    assert remaining(BEARING, 0.0, [0.05, 0.1, 0.5]) == pytest.approx(BEARING.life([0.95, 0.9, 0.5]), rel=1e-9)


def test_remaining_life_without_memory():
    """Of shape 1 (exponential) the past does not count: the median is ln .5 / ln .9 lives L10, whatever is used."""
    for used in (0.0, 3.0):
        found = remaining(LifeDistribution(1.0, 0.0), used, 0.5)
        assert found == pytest.approx(np.log(0.5) / np.log(0.9), rel=1e-9)


def test_remaining_life_with_a_past_by_hand():
    """S(u + r) / S(u) = .9 with u = 1: (1 + r)^1.5 = 2, r = 2^(2/3) - 1."""
    assert remaining(LINEAR, 1.0, 0.1) == pytest.approx(2 ** (2 / 3) - 1, rel=1e-9)


def test_remaining_life_of_unknown_loads_is_that_of_many_drawn():
    rng = np.random.default_rng(0)
    n, spread, used = 400_000, 0.4, 0.5
    pace = np.exp(spread * rng.standard_normal(n))
    life = LINEAR.life(rng.uniform(size=n)) / pace
    left = life[life > used] - used
    found = remaining(LINEAR, used, [0.1, 0.5, 0.9], spread)
    assert found == pytest.approx(np.quantile(left, [0.1, 0.5, 0.9]), rel=0.01)


def test_life_falls_with_temperature_and_the_gradient_says_so():
    oil = Lubricant(viscosity_40=22e-6, viscosity_100=4.3e-6, contamination=0.7)
    life = lambda t: jnp.log(modified_life(B6208, oil, 2500.0, 3000 * RPM, t))  # noqa: E731
    slope = float(jax.grad(life)(55.0))
    assert slope < 0
    assert slope == pytest.approx(float(life(55.01) - life(54.99)) / 0.02, rel=1e-5)
