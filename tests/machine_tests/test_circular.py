"""ISO 230-4: closed forms of the servo loop, recovered causes, and the standard's figures of known shapes."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors
from twin.machine.kinematics import kinematics
from twin.machine_tests.circular import TERMS, Circles, circular_sheet, minimum_zone, separate
from twin.machine_tests.run_circle import CircleRun, run_circle
from twin.motion.servo import Loops

ANGLE = np.stack([np.linspace(0, 2 * np.pi, 3600, endpoint=False), -np.linspace(0, 2 * np.pi, 3600, endpoint=False)])


def axis(location=(0, 0, 0), slope=0.0, letter="X"):
    polynomial = np.zeros((6, 2))
    polynomial["XYZ".index(letter), 1] = slope
    location = np.array([0, 0, 0, *location], float)
    return AxisErrors(location, polynomial, np.zeros((6, 0)), np.zeros(0), np.asarray(0.0), np.asarray(1.0))


PERFECT = {"X": axis(), "Y": axis(), "Z": axis()}
EXACT = kinematics("w b X Y Z t", PERFECT)


def loops(gain=(50.0, 50.0, 50.0), play=0.0, spike=0.0):
    one = np.ones(3)
    return Loops(np.asarray(gain, float), one, 0.5 * play * one, spike * one, 1e-4 * one)


@pytest.mark.parametrize(
    ("speed_m_min", "gain", "shrinks_um"), [(1, 30, -1.543), (3, 50, -5.000), (10, 50, -55.509), (10, 100, -13.886)]
)
def test_radius_shrinks_with_the_lag(speed_m_min, gain, shrinks_um):
    """R (1 / sqrt(1 + (w / Kv)2) - 1) at R = 100 mm; straight pieces between samples lose 1.6 nm."""
    circles = run_circle(EXACT, loops((gain,) * 3), CircleRun(speed=speed_m_min / 60, n_samples=14400))
    assert np.mean(circles.deviation) * 1e6 == pytest.approx(shrinks_um, abs=2.5e-3)


@pytest.mark.parametrize(
    ("speed_m_min", "gain", "amplitude_um"), [(1, 30, 2.750), (3, 50, 4.950), (10, 50, 16.502), (10, 100, 8.251)]
)
def test_gain_mismatch_is_an_ellipse_that_flips(speed_m_min, gain, amplitude_um):
    """1 % of Kv. The golden amplitude is R w / Kv 1 % / 2 (less 1 % in the second order)."""
    circles = run_circle(EXACT, loops((gain, 0.99 * gain, gain)), CircleRun(speed=speed_m_min / 60))
    found = dict(zip(TERMS, separate(circles).value, strict=True))
    assert abs(found["gain_mismatch"]) * 1e6 == pytest.approx(amplitude_um, rel=0.03)
    assert abs(found["squareness"]) * 0.1 < 0.02 * abs(found["gain_mismatch"])


def test_squareness_scale_and_backlash_of_a_machine_are_found():
    """C0Y = 20 urad, EXX = 30 um/m, lost motion 4 um, of which 9 mrad a reversal are spent to close the play."""
    machine = kinematics("w b X Y Z t", {**PERFECT, "X": axis(slope=30e-6), "Y": axis((0, 0, 20e-6))})
    circles = run_circle(machine, loops((2e4,) * 3, play=4e-6), CircleRun(speed=1 / 60))
    found = dict(zip(TERMS, separate(circles).value * 1e6, strict=True))
    assert found["squareness"] == pytest.approx(20, abs=0.05)
    assert found["scale_u"] - found["scale_v"] == pytest.approx(30, abs=0.3)
    assert found["backlash_u"] == pytest.approx(4, rel=0.025) and found["backlash_v"] == pytest.approx(4, rel=0.025)


def test_reversal_spike_stands_outside_the_circle():
    """Friction holds the axis at its reversal: the radius is too large there, by the height of the spike."""
    circles = run_circle(EXACT, loops((2e4,) * 3, spike=5e-6), CircleRun(n_samples=7200))
    assert max(circular_sheet(circles).radial_max) * 1e6 == pytest.approx(5, abs=0.6)


def test_separation_with_noise():
    """All causes at once and 0.3 um of noise; scatter as published for 3600 points a run: 0.067 urad of squareness."""
    u, v, sense = np.cos(ANGLE), np.sin(ANGLE), np.array([[1.0], [-1.0]])
    true = np.array([1e-6, -2e-6, 12e-6, -8e-6, 15e-6, 2e-6, 3e-6, 1e-6])
    columns = [u, v, 0.15 * u**2, 0.15 * v**2, -0.15 * u * v, sense * 2 * u * v]
    columns += [sense * 0.5 * np.sign(v) * u, -sense * 0.5 * np.sign(u) * v]
    shape = sum(t * c for t, c in zip(true, columns, strict=True))
    noise = 0.3e-6 * np.random.default_rng(1).normal(size=u.shape)
    found = separate(Circles(0.15, ANGLE, shape + noise))
    assert np.abs((found.value - true) / found.sigma).max() < 3.5
    assert found.left == pytest.approx(0.3e-6, rel=0.03)
    assert found.sigma[TERMS.index("squareness")] * 1e6 == pytest.approx(0.067, abs=1e-3)


def test_figures_of_known_shapes():
    """An oval of ± 3 um off centre by (5, -2) um, 4 um too large: G = G(b) = 6 um, F = +7 and +1, D = +4."""
    u, v = np.cos(ANGLE), np.sin(ANGLE)
    circles = Circles(0.1, ANGLE, (4 + 3 * np.cos(2 * ANGLE) + 5 * u - 2 * v) * 1e-6)
    sheet = circular_sheet(circles)
    for found in (*sheet.circular_deviation, sheet.bidirectional):
        assert found * 1e6 == pytest.approx(6, abs=1e-6)
    np.testing.assert_allclose(np.array([*sheet.radial_max, *sheet.radial_min]) * 1e6, [7, 7, 1, 1], atol=1e-6)
    assert sheet.mean_radial * 1e6 == pytest.approx(4, abs=1e-9) and sheet.hysteresis < 1e-12


def test_minimum_zone_is_narrower_than_about_the_least_squares_centre():
    """One bump of 6 um on a quarter: about its own centre the path is less wide than about the mean one."""
    angle = ANGLE[0]
    bump = 6e-6 * np.clip(np.cos(angle), 0, None) ** 4
    width = minimum_zone(angle, bump)
    about = bump - 2 * np.mean(bump * np.cos(angle)) * np.cos(angle)
    assert width < np.ptp(about)
    # no centre of a fine grid does better
    best = min(np.ptp(bump - c * np.cos(angle)) for c in np.linspace(0, 6e-6, 601))
    assert width == pytest.approx(best, abs=1e-8)


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (CircleRun(plane="XW"), "no plane 'XW'"),
        (CircleRun(radius=-0.1), "both must be positive"),
        (CircleRun(speed=0.0), "both must be positive"),
    ],
)
def test_wrong_runs_are_refused(run, says):
    with pytest.raises(InputError, match=says):
        run_circle(EXACT, None, run)


def test_half_a_circle_is_no_circular_test():
    with pytest.raises(InputError, match="leaves 180° of the circle out"):
        circular_sheet(Circles(0.1, ANGLE[:, :1800], np.zeros((2, 1800))))
