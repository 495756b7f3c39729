"""From the hammer to modes: exact without noise, coherence and errors as the noise says."""

import numpy as np
import pytest

from twin.cutting.dynamics.fit import fit_modes
from twin.cutting.dynamics.tap_test import tap_response
from twin.errors import InputError

PERIOD, N = 1 / 20e3, 16384
OMEGA_N, DAMPING, STIFFNESS = 2 * np.pi * 700.0, 0.025, 2e7


def taps(n_taps, noise, seed=0):
    """Half-sine taps of unlike strength on one mode; the motion from the response line by line."""
    random = np.random.default_rng(seed)
    time = np.arange(N) * PERIOD
    pulse = np.where((time > 2e-3) & (time < 2.4e-3), np.sin(np.pi * (time - 2e-3) / 0.4e-3), 0.0)
    force = pulse * random.uniform(100, 300, (n_taps, 1))
    ratio = 2 * np.pi * np.fft.rfftfreq(N, PERIOD) / OMEGA_N
    response = 1 / (STIFFNESS * (1 - ratio**2 + 2j * DAMPING * ratio))
    motion = np.fft.irfft(np.fft.rfft(force, axis=1) * response, N, axis=1)
    return force, motion + noise * random.standard_normal(motion.shape), response[1:]


def test_without_noise_the_response_is_exact():
    force, motion, exact = taps(3, 0.0)
    found = tap_response(force, motion, PERIOD)
    band = found.omega < 2 * np.pi * 2000
    assert found.response[band] == pytest.approx(exact[band], rel=1e-6)
    assert found.coherence[band] == pytest.approx(1.0)


def test_accelerations_are_integrated():
    force, motion, exact = taps(3, 0.0)
    omega = 2 * np.pi * np.fft.rfftfreq(N, PERIOD)
    acceleration = np.fft.irfft(-(omega**2) * np.fft.rfft(motion, axis=1), N, axis=1)
    found = tap_response(force, acceleration, PERIOD, integrations=2)
    band = (found.omega > 2 * np.pi * 100) & (found.omega < 2 * np.pi * 2000)
    assert np.abs(found.response - exact)[band].max() < 1e-6 * np.abs(exact).max()


def test_noise_shows_in_coherence_and_stated_error():
    force, motion, exact = taps(12, 5e-8)
    found = tap_response(force, motion, PERIOD)
    band = (found.omega > 2 * np.pi * 300) & (found.omega < 2 * np.pi * 1500)
    off = (found.response - exact)[band]
    score = np.concatenate([off.real, off.imag]) / np.tile(found.noise[band], 2)
    assert score.std() == pytest.approx(1.0, abs=0.1)
    fit = fit_modes(found.omega[band], found.response[band], 1, noise=found.noise[band])
    for value, error, true in (
        (fit.omega, fit.omega_error, OMEGA_N),
        (fit.damping, fit.damping_error, DAMPING),
        (fit.stiffness, fit.stiffness_error, STIFFNESS),
    ):
        assert abs(value[0] - true) < 3 * error[0]
        assert error[0] < 0.01 * true


def test_bad_input():
    force, motion, _ = taps(2, 0.0)
    with pytest.raises(InputError, match="one tap has no coherence"):
        tap_response(force[:1], motion[:1], PERIOD)
    with pytest.raises(InputError, match="still rings"):
        tap_response(force[:, :300], motion[:, :300], PERIOD)
    with pytest.raises(InputError, match="not finite"):
        tap_response(force, np.where(motion == motion.max(), np.nan, motion), PERIOD)
    with pytest.raises(InputError, match="without force"):
        tap_response(0 * force, motion, PERIOD)
    with pytest.raises(InputError, match="as .tap, sample."):
        tap_response(force[0], motion[0], PERIOD)
