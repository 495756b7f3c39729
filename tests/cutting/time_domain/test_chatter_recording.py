"""An accelerometer's view of simulated cuts, with runout, noise and a spindle that is a little off its speed."""

import numpy as np
import pytest
from time_domain_cases import RPM, make_coefficients, make_milling, make_modes, make_tool

from twin.cutting.time_domain import detect_chatter, simulate
from twin.cutting.time_domain.recording import chatter_in_recording
from twin.errors import InputError

STEPS, PERIOD = 400, 60 / 7500 / 400
TOOL = make_tool(n_teeth=3, runout=5e-6)


@pytest.fixture(scope="module")
def signals():
    """A slot with 3 teeth, well below and well above its limit."""
    modes = make_modes((500, 0.02, 8e6, "x"), (500, 0.02, 8e6, "y"))
    milling = make_milling(7500, [0.2e-3, 2e-3], feed_per_tooth=0.1e-3)
    steps = 402  # whole steps between three teeth
    return simulate(TOOL, milling, make_coefficients(750e6, 68), modes, n_revolutions=200, steps_per_revolution=steps)


def accelerations(signals) -> tuple[np.ndarray, float]:
    """Along x with noise of 1 m/s2, and the period of its samples."""
    period = float(signals.step_time[0])
    moved = np.gradient(np.gradient(signals.displacement[..., 0], period, axis=1), period, axis=1)
    return moved + np.random.default_rng(0).standard_normal(moved.shape), period


def test_sensor_and_simulation_agree(signals):
    (stable, unstable), period = accelerations(signals)
    idle = np.random.default_rng(1).standard_normal(len(stable))
    inside = detect_chatter(signals)
    assert list(inside.present) == [False, True]
    half = len(stable) // 2
    quiet, loud = (
        chatter_in_recording(values[half:], idle[half:], period, 7500 * RPM * 1.0003, 3)
        for values in (stable, unstable)
    )
    assert not quiet.present
    assert loud.present
    resolution = 1 / (half * period)
    tooth_passing = 375.0
    # accelerations weigh the lines by their square: the strongest one may be another of the same comb
    apart = (loud.frequency - inside.frequency[1]) / tooth_passing
    assert abs(apart - round(apart)) * tooth_passing < 2 * resolution


def test_proposed_speeds_put_a_multiple_of_tooth_passing_on_the_line(signals):
    (_, unstable), period = accelerations(signals)
    idle = np.random.default_rng(1).standard_normal(len(unstable))
    found = chatter_in_recording(unstable, idle, period, 7500 * RPM, 3)
    passing = found.speeds / (2 * np.pi) * 3
    assert found.frequency / passing == pytest.approx([1, 2, 3, 4])


def test_noise_alone_is_no_chatter():
    """Another stretch of the same noise stays below the threshold: 40 of 40."""
    random = np.random.default_rng(3)
    verdicts = [
        chatter_in_recording(
            random.standard_normal(8000), random.standard_normal(8000), 1e-4, 100 * RPM * 60, 4
        ).present
        for _ in range(40)
    ]
    assert not any(verdicts)


@pytest.mark.parametrize(
    ("values", "period", "message"),
    [
        (np.full(8000, np.nan), 1e-4, "not a row of finite samples"),
        (np.zeros(100), 1e-4, "1 revolutions"),
        (np.zeros(8000), 1e-2, "too few for teeth that pass at 400 Hz"),
    ],
)
def test_bad_input(values, period, message):
    with pytest.raises(InputError, match=message):
        chatter_in_recording(values, values, period, 100 * RPM * 60, 4)
