"""Vibration in time against published verdicts, exact stability limits and Floquet multipliers."""

import numpy as np
import pytest
from time_domain_cases import (
    BENCHMARK_COEFFICIENTS,
    BENCHMARK_TOOL,
    RPM,
    SLOT,
    benchmark_modes,
    down,
    make_coefficients,
    make_milling,
    make_modes,
    make_tool,
    up,
)

from twin.cutting.time_domain import detect_chatter, growth, once_per_period, simulate

SCHMITZ = make_coefficients(750e6, 68)
SCHMITZ_MODES = make_modes((500, 0.02, 8e6, "x"), (500, 0.02, 8e6, "y"))


def test_examples_4_10_and_4_11():
    """Schmitz and Smith: a slot at two speeds, verdicts as printed; stiffness and damping assumed as usual for them."""
    milling = make_milling([7500, 7500, 5000, 5000], np.array([3, 5, 0.1, 0.5]) * 1e-3)
    signals = simulate(make_tool(), milling, SCHMITZ, SCHMITZ_MODES, n_revolutions=80, steps_per_revolution=652)
    chatter = detect_chatter(signals)
    assert list(chatter.present) == [False, True, False, True]
    assert set(chatter.kind[chatter.present]) == {"hopf"}
    # a stable slot with 4 teeth has a constant force, that of the rigid cut: 4 teeth / 4 * feed * depth * coefficient
    mean = signals.force[:, -652:].mean(axis=1)
    assert mean[0, :2] == pytest.approx([-126.4297, 312.9246], abs=1e-3)
    assert np.ptp(signals.force[0, -652:], axis=0).max() < 1e-5 * 312.9


def test_slot_of_four_teeth_between_exact_limits():
    """Time-invariant, so the zero-order limits are exact: 3.8021 mm at 7,500 rpm, 0.2289 mm at 5,000 rpm."""
    milling = make_milling([7500, 7500, 5000, 5000], np.array([3.7, 3.9, 0.22, 0.24]) * 1e-3)
    signals = simulate(make_tool(), milling, SCHMITZ, SCHMITZ_MODES, n_revolutions=150, steps_per_revolution=652)
    samples = once_per_period(signals)[..., 1]
    jump = np.abs(np.diff(samples, axis=1))
    early, late = jump[:, 60:100].max(axis=1), jump[:, -100:].max(axis=1)
    assert np.all(late[[0, 2]] < 0.1 * early[[0, 2]])
    assert np.all(late[[1, 3]] > 0.9 * early[[1, 3]])
    chatter = detect_chatter(signals)
    assert list(chatter.present) == [False, True, False, True]
    # chatter frequencies at the limit by the zero-order solution: 481.9 and 503.6 Hz, here just above the limit
    assert chatter.frequency[[1, 3]] == pytest.approx([481.9, 503.6], rel=0.01)


def test_example_4_12():
    """Schmitz and Smith: 20 % down milling with 3 teeth, verdicts as printed; stiffness and damping assumed."""
    tool = make_tool(n_teeth=3)
    modes = make_modes((900, 0.02, 9e6, "x"), (950, 0.01, 1e7, "y"))
    milling = make_milling([17000, 13000], 4e-3, down(0.2), feed_per_tooth=0.2e-3)
    signals = simulate(tool, milling, make_coefficients(2250e6, 75), modes, n_revolutions=40, steps_per_revolution=801)
    assert list(detect_chatter(signals).present) == [False, True]


MULTIPLIERS = {  # (rpm, depth mm, arc): |multiplier| by spectral collocation
    (5000, 0.2, SLOT): 0.819742784,
    (12500, 0.5, SLOT): 0.582914908,
    (5000, 0.5, down(0.1)): 0.731955861,
    (10000, 0.5, down(0.1)): 0.721075234,
    (10000, 0.5, down(0.05)): 0.769905403,
    (5000, 0.5, up(0.05)): 0.734645891,
}


def benchmark_growth(rpm, depth, arc, steps) -> float:
    milling = make_milling(rpm, depth * 1e-3, arc, feed_per_tooth=1e-3)
    signals = simulate(
        BENCHMARK_TOOL, milling, BENCHMARK_COEFFICIENTS, benchmark_modes("x"), n_revolutions=18,
        steps_per_revolution=steps,
    )  # fmt: skip
    return growth(signals)[0]


@pytest.mark.parametrize("case", MULTIPLIERS)
def test_transient_dies_by_the_floquet_multiplier(case):
    assert benchmark_growth(*case, steps=1600) == pytest.approx(MULTIPLIERS[case], abs=2e-5)


@pytest.mark.parametrize("case", list(MULTIPLIERS)[:4])
def test_second_order_in_the_step(case):
    coarse, fine = (benchmark_growth(*case, steps=steps) - MULTIPLIERS[case] for steps in (800, 1600))
    assert coarse / fine == pytest.approx(4.0, abs=0.25)


def test_flip_is_told_from_hopf():
    """10,000 rpm: the first limit is a period doubling at 2.1047 mm half immersed, a Hopf at 0.3224 mm in the slot.

    A flip vibrates at odd halves of the tooth passing frequency.
    """
    milling = make_milling([10000] * 3, np.array([2.0, 2.3, 8.0]) * 1e-3, down(0.5))
    signals = simulate(
        BENCHMARK_TOOL, milling, BENCHMARK_COEFFICIENTS, benchmark_modes("x"), n_revolutions=400,
        steps_per_revolution=400, n_kept=100,
    )  # fmt: skip
    chatter = detect_chatter(signals)
    assert list(chatter.kind[:2]) == ["none", "flip"]
    assert chatter.present[2] and chatter.ratio[2] > 1  # far beyond the limit the vibration wanders, and is chatter
    tooth_passing = 2 * 10000 / 60
    assert chatter.frequency[1] / tooth_passing % 1 == pytest.approx(0.5, abs=0.01)
    slot = simulate(
        BENCHMARK_TOOL, make_milling(10000, [0.30e-3, 0.35e-3]), BENCHMARK_COEFFICIENTS, benchmark_modes("x"),
        n_revolutions=400, steps_per_revolution=400, n_kept=100,
    )  # fmt: skip
    assert list(detect_chatter(slot).kind) == ["none", "hopf"]


def test_process_damping_is_viscous():
    """Two of four teeth cut a slot at any time, the means of sin^2 and cos^2 are halves: c = C * depth / speed."""
    depth, rpm, constant = 0.3e-3, 7500, 5e6
    speed = rpm * RPM * 9.5e-3
    stiffer = make_modes(*((500, 0.02 + _ratio(constant * depth / speed), 8e6, axis) for axis in "xy"))
    damped, viscous = (
        simulate(make_tool(), cut, SCHMITZ, modes, n_revolutions=20, steps_per_revolution=1304)
        for cut, modes in (
            (make_milling(rpm, depth, process_damping=constant), SCHMITZ_MODES),
            (make_milling(rpm, depth), stiffer),
        )
    )
    apart = np.abs(damped.displacement - viscous.displacement).max()
    assert apart < 1e-4 * np.abs(viscous.displacement).max()


def test_process_damping_stabilises():
    """3.9 mm is beyond the limit of 3.8021 mm."""
    milling = make_milling(7500, 3.9e-3, process_damping=[0.0, 1e6])
    signals = simulate(make_tool(), milling, SCHMITZ, SCHMITZ_MODES, n_revolutions=100, steps_per_revolution=652)
    assert list(detect_chatter(signals).present) == [True, False]


def _ratio(c: float) -> float:
    """Damping ratio that a viscous coefficient [N s/m] adds to the mode of 500 Hz and 8e6 N/m."""
    return c * 2 * np.pi * 500 / (2 * 8e6)


def test_example_6_2_competing_lobes():
    """Schmitz and Smith: chatter at 20,000 and 13,785 rpm near the upper and the lower mode, none at 12,060 rpm.

    The source at hand gives frequencies, no stiffness nor damping: 5 N/um and 2 % of each mode are assumed. The chatter
    frequencies printed are 919 and 804 Hz.
    """
    modes = make_modes(*((frequency, 0.02, 5e6, axis) for axis in "xy" for frequency in (800, 900)))
    signals = simulate(
        make_tool(), make_milling([20000, 13785, 12060], 2e-3, up(0.25), feed_per_tooth=0.1e-3),
        make_coefficients(700e6, 66), modes, n_revolutions=150, steps_per_revolution=400,
    )  # fmt: skip
    chatter = detect_chatter(signals)
    assert list(chatter.kind) == ["hopf", "hopf", "none"]
    assert chatter.frequency[:2] == pytest.approx([919, 804], rel=0.01)
