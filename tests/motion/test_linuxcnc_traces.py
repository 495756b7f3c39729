"""The predicted motion against what LinuxCNC 2.9 really commanded, with its ini file's limits and nothing fitted."""

from functools import cache

import numpy as np
import pytest
from linuxcnc_trace import compare, rms_speed_error

NAMES = ("minute", "zigzag", "spline", "trochoid")
TOLERANCE = {"minute": 10e-6, "zigzag": 20e-6, "spline": 10e-6, "trochoid": 10e-6}  # m, G64 P of the programs
compared = cache(compare)


@pytest.mark.parametrize("name", NAMES)
def test_path(name):
    assert np.max(compared(name).distance) <= 5e-6 + TOLERANCE[name]


@pytest.mark.parametrize("name", NAMES)
def test_path_length(name):
    c = compared(name)
    assert c.motion.travel.sum() == pytest.approx(c.path.sum(), rel=5e-4)


@pytest.mark.parametrize("name", NAMES)
def test_duration(name):
    c = compared(name)
    assert c.motion.duration == pytest.approx(c.duration, rel=0.005)


@pytest.mark.parametrize("name", NAMES)
def test_speed_at_equal_path(name):
    assert rms_speed_error(compared(name)) <= 0.03
