"""Clocks whose offset and drift are known, and signals that cannot be aligned."""

import numpy as np
import pytest

from hardware.alignment import align
from twin.errors import InputError


def motion(time: np.ndarray) -> np.ndarray:
    """Something like an axis [mm]: never the same twice within ten minutes."""
    return 40 * np.sin(0.11 * time) + 7 * np.sin(0.73 * time + 1) + 3 * np.sin(2.9 * time + 0.3 * np.sin(0.05 * time))


def clocks(offset, drift, noise, seed, rate=100.0, other_rate=83.0, duration=300.0):
    random = np.random.default_rng(seed)
    time = np.arange(0, duration, 1 / rate)
    true = np.arange(20, duration - 30, 1 / other_rate)  # the other was switched on later and off sooner
    signal = motion(time) + noise * random.standard_normal(len(time))
    other = 0.5 * motion(true) + 3 + 0.5 * noise * random.standard_normal(len(true))
    return time, signal, offset + (1 + drift) * true, other


@pytest.mark.parametrize(("offset", "drift"), [(0.0, 0.0), (-7.31234, 0.0), (1234.5678, 80e-6), (0.4, -200e-6)])
def test_without_noise_the_clocks_are_found(offset, drift):
    found = align(*clocks(offset, drift, 0.0, 0))
    assert found.offset == pytest.approx(offset, abs=2e-6)
    assert found.drift == pytest.approx(drift, abs=2e-8)
    assert found.correlation > 1 - 1e-9
    time = np.linspace(0, 300, 7)
    np.testing.assert_allclose(found.to_reference(found.to_other(time)), time, atol=1e-9)


def test_the_stated_errors_are_those_that_are_made():
    """Over 60 noisy recordings, the errors in units of their stated deviation have a mean square of about 1."""
    scores = []
    for seed in range(60):
        found = align(*clocks(3.2, 50e-6, 0.5, seed, duration=120.0, rate=50.0, other_rate=50.0))
        scores.append([(found.offset - 3.2) / found.offset_deviation, (found.drift - 50e-6) / found.drift_deviation])
    mean_square = np.mean(np.square(scores), axis=0)
    # chi-square with 60 degrees of freedom over 60: 99.8 % within 0.52 and 1.66
    assert np.all((mean_square > 0.52) & (mean_square < 1.66)), mean_square


def test_a_known_lag_is_no_offset():
    time, signal, other_time, other = clocks(2.0, 0.0, 0.0, 0)
    assert align(time, signal, other_time + 0.004, other, known_lag=0.004).offset == pytest.approx(2.0, abs=2e-6)


def test_without_drift_only_the_offset_is_fitted():
    found = align(*clocks(2.0, 0.0, 0.1, 1), drifts=False)
    assert found.drift == 0.0 and abs(found.offset - 2.0) < 4 * found.offset_deviation < 1e-3


def test_the_controllers_lag_of_a_real_trace(data_dir):
    """In the traces of LinuxCNC the feedback is the command one servo step later."""
    trace = np.load(data_dir / "linuxcnc_traces" / "spline.npz")
    columns = [str(name) for name in trace["columns"]]
    period = float(trace["period_s"])
    command, feedback = (
        next(trace["data"][:, k] for k, name in enumerate(columns) if name.startswith(start))
        for start in ("x_cmd", "x_fb")
    )
    time = np.arange(len(command)) * period
    found = align(time, command, time, feedback, drifts=False)
    assert found.offset == pytest.approx(period, abs=1e-3 * period)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t, s, u, o: (t, s, u, np.random.default_rng(0).standard_normal(len(o))), "do not match"),
        (lambda t, s, u, o: (t, s, u, 0 * o), "other signal does not move"),
        (lambda t, s, u, o: (t[:10], s[:10], u, o), "reference signal has 10 samples"),
        (lambda t, s, u, o: (t, s, u[::-1], o), "time of the other signal does not rise"),
        (lambda t, s, u, o: (t, s + np.nan, u, o), "reference signal has samples that are no numbers"),
    ],
)
def test_what_cannot_be_aligned(change, says):
    with pytest.raises(InputError, match=says):
        align(*change(*clocks(1.0, 0.0, 0.0, 0, duration=120.0)))
