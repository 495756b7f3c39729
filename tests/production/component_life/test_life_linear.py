"""Screws, guides and belts against worked examples of catalogues and textbooks."""

import numpy as np
import pytest
from scipy.optimize import brentq

from twin.production.component_life.belt import Belt, belt_consumed, passes, peak_tensions
from twin.production.component_life.linear import (
    HUNDRED_KM,
    LIFTS,
    MILLION,
    carriage_loads,
    consumed,
    mean_load,
    preloaded,
    together,
)

LBF, INCH, G = 4.4482216, 0.0254, 9.8


def test_screw_of_high_speed_transport():
    """THK General Catalog, ball screws, example of high-speed transporting equipment (horizontal).

    60 kg and 20 kg at 6.67 m/s2, friction 0.003 and 15 N: axial loads 550, 17, 516 N over 75, 850, 75 mm of 2 x 1 m
    travel, of which only one way loads this flank; F_m 225 N; C_a 5,400 N (WTF2040-2), f_w 1.5: 4.1e9 revolutions.
    """
    mass, friction = 80.0, 0.003 * 80 * G + 15
    loads = np.array([friction + mass * 6.67, friction, mass * 6.67 - friction])
    assert loads == pytest.approx([550, 17, 516], abs=1)
    found = mean_load(np.append(loads, 0.0), np.array([75, 850, 75, 1000]))
    assert float(found) == pytest.approx(225, abs=0.5)
    used = consumed(np.array([1.5 * float(found)]), 5400.0, np.array([4.1e9]), MILLION)
    assert float(used) == pytest.approx(1.0, abs=0.01)


def test_guides_under_a_moving_load():
    """THK General Catalog, LM guide, example with acceleration (HSR35LA2SS2500LP-II).

    m1 800 kg, m2 500 kg, carriages 600 x 400 mm apart, m1 120 mm and 50 mm off their middle, screw 350 mm under m1 and
    200 mm under m2. Printed: 2,891 / 4,459 / 3,479 / 1,911 N at rest; -275.6 / 7,625.6 / 6,645.6 / -1,255.6 N at
    10 m/s2 to the left; the mean of carriage 2 over 12.5, 1,400, 37.5 mm both ways 4,492.2 N; rated 50.2 kN for 50 km,
    f_w 1.5: 20,600 km.
    """
    m1, m2, spacing = 800.0, 500.0, (0.6, 0.4)
    # along: positive to where carriages 2 and 3 of the example are; across: to where 1 and 2 are
    point = np.array([[0.12, 0.05, 0.35], [0.0, 0.0, 0.2]])
    order = [3, 0, 1, 2]  # ours begin at (+, +): the example's 2, 3, 4, 1

    def at(acceleration):
        """Normal and lateral load on the example's carriages; to the left is against `along`."""
        force = np.array([[-m1 * acceleration, 0, -m1 * G], [-m2 * acceleration, 0, -m2 * G]])
        normal, lateral = carriage_loads(force, point, np.zeros(3), spacing)
        return np.asarray(normal)[order], np.asarray(lateral)[order]

    assert at(0.0)[0] == pytest.approx([2891, 4459, 3479, 1911], abs=1)
    assert at(-10.0)[0] == pytest.approx([-275.6, 7625.6, 6645.6, -1255.6], abs=1)
    equivalent = np.array([sum(np.abs(part) for part in at(a)) for a in (-10.0, 0.0, 10 / 3, 10.0, 0.0, -10 / 3)])
    pieces = np.array([12.5, 1400, 37.5] * 2)
    mean = float(mean_load(equivalent[:, 1], pieces))
    assert mean == pytest.approx(4492.2, rel=1e-3)
    rated = 50_200 * (50e3 / HUNDRED_KM) ** (1 / 3)  # of 50 km as a rating for 100 km
    assert 1 / float(consumed(np.array([1.5 * mean]), rated, np.array([1e3]), HUNDRED_KM)) == pytest.approx(
        20_600, rel=0.01
    )


def test_preload_of_a_double_nut():
    """Rest: both carry the preload. 2.83 preloads: the second is free. Beyond: the first carries all."""
    first, second = preloaded(1000.0, np.array([0.0, 1000.0, LIFTS * 1000, 4000.0, -4000.0]))
    assert np.asarray(first) == pytest.approx([1000, 1000 * (1 + 1 / LIFTS) ** 1.5, LIFTS * 1000, 4000, 0], abs=1e-6)
    assert np.asarray(second) == pytest.approx([1000, 1000 * (1 + 1 / LIFTS) ** 1.5 - 1000, 0, 0, 4000], abs=1e-6)


def test_preload_is_the_balance_of_hertzian_contacts():
    """Both halves deflect as load^(2/3), one springs back by what the other gives: up to 2.4 % above."""
    for load in (0.3, 1.0, 2.0, LIFTS - 1e-6):
        exact = brentq(lambda f, load=load: f ** (2 / 3) + max(f - load, 0.0) ** (2 / 3) - 2, load, 3.0)
        assert 1 - 1e-9 <= float(preloaded(1.0, load)[0]) / exact < 1.024


def test_two_halves_fail_sooner_than_one():
    """L = (L1^-10/9 + L2^-10/9)^-9/10: two alike last 2^-0.9 of one."""
    assert float(together(np.array([1.0, 1.0]))) == pytest.approx(2**0.9)
    assert float(together(np.array([0.0, 0.0]))) == 0


def test_belt_of_a_rotary_pump():
    """Shigley, Mechanical Engineering Design, example 17-4: three B112, 10 hp at 1,750 rpm, factor 1.3, 7.4 and 11 in.

    Printed: T1 142.2 lbf, T2 116.8 lbf, 11e9 passes.
    """
    speed = 1750 * 2 * np.pi / 60
    belt = Belt(
        n_belts=3,
        length=113.8 * INCH,
        driving_diameter=7.4 * INCH,
        driven_diameter=11 * INCH,
        mass_per_length=0.965 * LBF / (1000 * 0.3048 / 60) ** 2,
        tension=(64.4 - 11.1 - 42.2 / 2) * LBF,  # F1 64.4, F_c 11.1, pull 42.2 lbf in the book
        bending=576 * LBF * INCH,
        strength=1193 * LBF,
        exponent=10.926,
    )
    torque = 1.3 * 10 * 745.7 / speed  # of the motor
    ratio = 11 / 7.4
    peaks = [float(t) / LBF for t in peak_tensions(belt, speed / ratio, torque * ratio)]
    assert peaks == pytest.approx([142.2, 116.8], abs=0.4)
    assert float(passes(belt, 142.2 * LBF, 116.8 * LBF)) == pytest.approx(11e9, rel=0.02)
    hour = belt_consumed(belt, np.array([speed / ratio]), np.array([torque * ratio]), np.array([3600.0]))
    assert 1 / float(hour) > 46_600 * 10  # the book: above 46,600 h for each 1e9 passes
