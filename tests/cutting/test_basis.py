"""Unit forces rescaled are the forces of other coefficients; their scatter against Monte Carlo."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, OMEGA, feed_for, make_contact, make_tool
from discretised_cases import MM, history, turn

from twin.cutting import CuttingCoefficients, loads
from twin.cutting.basis import force_basis, force_deviation, rescaled

TITANIUM = CuttingCoefficients(ktc=1775e6, krc=559e6, kac=652e6, kte=24e3, kre=43e3, kae=1e3, chisel=5e9)
DEVIATIONS = CuttingCoefficients(ktc=30e6, krc=15e6, kac=10e6, kte=1e3, kre=1e3, kae=0.3e3, chisel=2e8)
LINEAR = ("force_mean", "force_left", "force_right", "torque_mean", "power_mean")
PEAK = ("force_peak", "resultant_peak", "torque_peak")


@pytest.fixture(scope="module")
def path_loads():
    """Loads of three segments of a tool with runout, as a function of the coefficients."""
    tool = make_tool(runout=8e-6, runout_angle=0.4)
    touch, mills = make_contact(tool, 6 * MM, [(0.3, 1.5)], [(1, 0, 0), (0, 1, -0.1), (1, 1, 0)])
    feed, spindle = jnp.full(3, feed_for(tool, 50e-6)), jnp.full(3, OMEGA)
    return lambda k: loads(touch, feed, spindle, mills, k)


@pytest.fixture(scope="module")
def basis(path_loads):
    return force_basis(path_loads, ALUMINIUM)


def test_rescaled_path_loads(path_loads, basis):
    """Linear ones to rounding; peaks to rounding in proportion, else from below."""
    other = path_loads(TITANIUM)
    from_basis = rescaled(basis, TITANIUM)
    for name in LINEAR:
        assert getattr(from_basis, name) == pytest.approx(np.asarray(getattr(other, name)), rel=1e-11), name
    tripled = rescaled(basis, jax.tree.map(lambda k: 3 * k, ALUMINIUM))
    for name in (*LINEAR, *PEAK):
        assert getattr(tripled, name) == pytest.approx(3 * np.asarray(getattr(path_loads(ALUMINIUM), name)), rel=1e-10)
    for name in PEAK:
        near, true = np.abs(getattr(from_basis, name)), np.abs(getattr(other, name))
        assert np.all(near <= true * (1 + 1e-4)) and np.all(near > 0.8 * true), name


def test_rescaled_history_is_exact():
    """Every instant is linear, so the peaks of other coefficients are too."""
    tool = make_tool(serration_wavelength=2 * MM, serration_amplitude=0.2 * MM)

    def forces(k):
        return history(tool, 3 * MM, (0.2, 2.1), [0.2 * MM, 0.0], k, turn(24), 48)

    other = forces(TITANIUM)
    assert rescaled(force_basis(forces, ALUMINIUM), TITANIUM) == pytest.approx(np.asarray(other), rel=1e-10, abs=1e-9)


@pytest.mark.long
def test_deviation_against_monte_carlo(path_loads, basis):
    """1,000 draws of the coefficients: four times the sampling error of a standard deviation is 9 %."""
    random = np.random.default_rng(0)
    spread = force_deviation(basis, DEVIATIONS)
    names = ("ktc", "krc", "kac", "kte", "kre", "kae", "chisel")
    draws = CuttingCoefficients(
        **{n: jnp.asarray(random.normal(getattr(ALUMINIUM, n), getattr(DEVIATIONS, n), 1000)) for n in names}
    )
    sampled = jax.lax.map(path_loads, draws, batch_size=100)
    for name in (*LINEAR, *PEAK):
        expected = np.std(np.asarray(getattr(sampled, name)), axis=0)
        assert getattr(spread, name) == pytest.approx(expected, rel=0.09, abs=1e-3), name
    inside = np.abs(sampled.power_mean - path_loads(ALUMINIUM).power_mean[None]) < 2 * spread.power_mean[None]
    assert np.mean(np.asarray(inside)) == pytest.approx(0.954, abs=0.02)
