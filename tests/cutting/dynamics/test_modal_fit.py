"""Modes found in a frequency response: exact without noise, within their own standard errors with it."""

import numpy as np
import pytest

from twin.cutting.dynamics.fit import fit_modes
from twin.cutting.dynamics.modes import receptance
from twin.errors import InputError

OMEGA = 2 * np.pi * np.arange(100.0, 2500.0, 4.0)
FREQUENCY, DAMPING = np.array([500.0, 620.0, 1500.0]), np.array([0.03, 0.02, 0.015])
STIFFNESS = np.array([2e7, 1.2e7, 3e7])


def real_modes() -> np.ndarray:
    ratio = OMEGA[:, None] / (2 * np.pi * FREQUENCY)
    return (1 / (STIFFNESS * (1 - ratio**2 + 2j * DAMPING * ratio))).sum(axis=1)


def test_textbook_modes_with_complex_residues():
    """Altintas, Manufacturing Automation: x modes of a two-flute cutter of 31.75 mm."""
    frequency, damping = np.array([452.77, 1448.53]), np.array([0.123718, 0.01651])
    residue = np.array([9.202966e-5 - 1.862195e-4j, -4.181562e-5 - 3.043618e-4j])
    pole = 2 * np.pi * frequency * (-damping + 1j * np.sqrt(1 - damping**2))
    s = 1j * OMEGA[:, None]
    response = (residue / (s - pole) + residue.conj() / (s - pole.conj())).sum(axis=1)
    fit = fit_modes(OMEGA, response, 2, residues="complex")
    assert fit.omega / 2 / np.pi == pytest.approx(frequency, rel=1e-9)
    assert fit.damping == pytest.approx(damping, rel=1e-8)
    assert fit.residue == pytest.approx(residue, rel=1e-8)
    assert np.abs(fit.response(OMEGA) - response).max() < 1e-9 * np.abs(response).max()


def test_modes_give_the_response_back():
    modes = fit_modes(OMEGA, real_modes(), 3).modes((0.0, 2.0, 0.0))
    back = np.asarray(receptance(modes, OMEGA))[:, 1, 1]
    assert np.abs(back - real_modes()).max() < 1e-9 * np.abs(back).max()


def test_parameters_lie_within_their_stated_errors():
    """40 measurements with white noise: deviation over standard error is standard normal."""
    random = np.random.default_rng(1)
    score = []
    for _ in range(40):
        noise = 2e-9 * (random.standard_normal(len(OMEGA)) + 1j * random.standard_normal(len(OMEGA)))
        fit = fit_modes(OMEGA, real_modes() + noise, 3)
        score.append(
            np.concatenate([
                (fit.omega - 2 * np.pi * FREQUENCY) / fit.omega_error,
                (fit.damping - DAMPING) / fit.damping_error,
                (fit.stiffness - STIFFNESS) / fit.stiffness_error,
            ])
        )  # fmt: skip
        assert fit.scatter == pytest.approx(2 * 2e-9 / np.sqrt(2), rel=0.1)
    score = np.array(score)
    # 360 scores: a standard deviation of 1 within 10 %, 95 % within two, no bias beyond 3.5 standard errors
    assert score.std() == pytest.approx(1.0, abs=0.1)
    assert 0.92 < (np.abs(score) < 1.96).mean() < 0.98
    assert np.abs(score.mean(axis=0)).max() < 3.5 / np.sqrt(40)


def test_noise_that_grows_is_weighed_down():
    """A band of bad coherence: told of it, the fit is several times nearer."""
    random = np.random.default_rng(2)
    noise = np.where(OMEGA < 2 * np.pi * 560, 2e-8, 5e-10)
    response = real_modes() + noise * (random.standard_normal(len(OMEGA)) + 1j * random.standard_normal(len(OMEGA)))
    plain, told = fit_modes(OMEGA, response, 3), fit_modes(OMEGA, response, 3, noise=noise)
    off = [abs(fit.stiffness[1] / STIFFNESS[1] - 1) for fit in (plain, told)]
    assert off[1] < 0.3 * off[0]
    assert np.all(told.stiffness_error[1] < plain.stiffness_error[1])


def test_modes_outside_the_band_are_taken_up():
    """The band from 400 to 800 Hz alone: without the terms beyond it the stiffness is off, with them right."""
    band = (OMEGA > 2 * np.pi * 400) & (OMEGA < 2 * np.pi * 800)
    bare = fit_modes(OMEGA[band], real_modes()[band], 2)
    fit = fit_modes(OMEGA[band], real_modes()[band], 2, out_of_band=True)
    assert fit.stiffness == pytest.approx(STIFFNESS[:2], rel=5e-3)
    assert np.all(np.abs(bare.stiffness / STIFFNESS[:2] - 1) > 5 * np.abs(fit.stiffness / STIFFNESS[:2] - 1))


def test_bad_input():
    response = real_modes()
    with pytest.raises(InputError, match=r"not finite at point 4 \(112 Hz\)"):
        fit_modes(OMEGA, np.where(np.arange(len(OMEGA)) == 3, np.nan, response), 3)
    with pytest.raises(InputError, match="do not ascend from above zero: point 2"):
        fit_modes(OMEGA[::-1], response[::-1], 3)
    with pytest.raises(InputError, match="point 1 is at 0 Hz"):
        fit_modes(OMEGA - OMEGA[0], response, 3)
    with pytest.raises(InputError, match="5 points are too few, 9 are needed"):
        fit_modes(OMEGA[:5], response[:5], 3)
    with pytest.raises(InputError, match="0 modes"):
        fit_modes(OMEGA, response, 0)
    with pytest.raises(InputError, match=r"frequencies for a response"):
        fit_modes(OMEGA[1:], response, 3)
    with pytest.raises(InputError, match="one positive number a frequency"):
        fit_modes(OMEGA, response, 3, noise=0 * OMEGA)


def test_negative_stiffness_is_no_mode():
    with pytest.raises(InputError, match=r"mode 0 at 500 Hz has a stiffness of -20 N/um"):
        fit_modes(OMEGA, -real_modes(), 3).modes((1.0, 0.0, 0.0))
