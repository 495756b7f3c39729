"""Differences whose numbers are known in closed form."""

import numpy as np
import pytest

from hardware.fidelity import by_line, fidelity, sampling
from twin.errors import InputError

TIME = np.arange(0, 60, 1e-2)


def wave(time):
    return 3 * np.sin(2 * np.pi * 0.35 * time) + np.sin(2 * np.pi * 0.08 * time)


def test_a_bias_is_a_bias():
    found = fidelity("x_mm", "mm", TIME, wave(TIME), wave(TIME) + 0.25, limit=0.2)
    assert found.bias == pytest.approx(0.25) and found.rmse == pytest.approx(0.25)
    assert found.correlation == pytest.approx(1) and found.shift == pytest.approx(0, abs=1e-9)
    assert found.passed is False
    assert fidelity("x_mm", "mm", TIME, wave(TIME), wave(TIME) + 0.25, limit=0.3).passed is True


def test_a_late_prediction_is_late():
    """A sine of amplitude a that comes t late differs by 2 a sin(w t / 2) in amplitude."""
    late = 0.02
    found = fidelity("x_mm", "mm", TIME, 5 * np.sin(2 * TIME), 5 * np.sin(2 * (TIME - late)))
    assert found.shift == pytest.approx(late, rel=1e-3)
    assert found.rmse == pytest.approx(2 * 5 * np.sin(late) / np.sqrt(2), rel=0.01)


def test_coverage_and_en_of_honest_uncertainties():
    """Both errors normal: 95.45 % within two deviations, whose 95th percentile is 1.96 / 2."""
    random = np.random.default_rng(0)
    time = np.arange(40_000) * 1e-2
    measured = wave(time) + 0.3 * random.standard_normal(len(time))
    predicted = wave(time) + 0.4 * random.standard_normal(len(time))
    found = fidelity("x_mm", "mm", time, measured, predicted, 0.3, 0.4)
    assert found.coverage == pytest.approx(0.9545, abs=0.005)
    assert found.en == pytest.approx(0.98, abs=0.01)
    boasting = fidelity("x_mm", "mm", time, measured, predicted, 0.03, 0.04)
    assert boasting.coverage < 0.2 and boasting.en > 9


def test_en_by_hand():
    """ISO/IEC 17043: difference 3 with expanded uncertainties 3 and 4: En = 3 / 5."""
    found = fidelity("d_mm", "mm", [0.0, 1.0], [10.0, 10.0], [13.0, 13.0], 1.5, 2.0)
    assert found.en == pytest.approx(0.6) and found.coverage == 1.0
    assert np.isnan(found.correlation) and np.isnan(found.shift)


def test_the_spectrum_says_which_frequencies_are_not_explained():
    fast = 0.5 * np.sin(2 * np.pi * 12 * TIME)
    found = fidelity("x_mm", "mm", TIME, wave(TIME) + fast, wave(TIME))
    at_fast = np.searchsorted(found.frequency, 12.0)
    assert found.unexplained[at_fast] == pytest.approx(1.0, abs=0.01)
    slow = np.searchsorted(found.frequency, 0.35)
    assert found.unexplained[slow] < 1e-3


def test_the_worst_line_is_named():
    line = np.repeat([7, 9, 12], [10, 20, 5])
    measured = np.zeros(35)
    predicted = np.concatenate([np.full(10, 0.1), np.tile([0.3, -0.3], 10), np.full(5, -0.2)])
    found = by_line(line, measured, predicted)
    assert list(found.line[found.worst(2)]) == [9, 12]
    assert found.bias == pytest.approx([0.1, 0.0, -0.2])
    assert found.rmse == pytest.approx([0.1, 0.3, 0.2]) and list(found.samples) == [10, 20, 5]


def test_lost_samples_and_latency():
    number = np.delete(np.arange(10_000), [17, 18, 5000])
    time = number * 1e-3
    late = np.linspace(0, 2e-3, len(time))
    found = sampling(time, number, 1e-3, time + late)
    assert found.lost == 3 and found.jitter == pytest.approx(0, abs=1e-12)
    assert found.rate == pytest.approx(1000, rel=1e-3)
    assert found.latency == pytest.approx((1e-3, 1.98e-3, 2e-3), rel=1e-3)


def test_what_cannot_be_compared():
    with pytest.raises(InputError, match="x_mm: 2 measured and 3 predicted"):
        fidelity("x_mm", "mm", [0, 1, 2], [0, 1], [0, 1, 2])
    with pytest.raises(InputError, match="x_mm has samples that are no numbers"):
        fidelity("x_mm", "mm", [0, 1], [0, np.nan], [0, 1])
