"""ISO 230-2 against a checked case of a real axis, and bad readings."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.formats.iso230_sheet import read_positioning, write_positioning
from twin.machine_tests.positioning import positioning

# Five targets of a piezo axis, five cycles, [nm]: means and standard deviations of the raw readings, and what the
# definitions of the standard make of them.
MEAN = np.array([[-92.42, -91.62, -84.82, -89.02, -109.42], [-92.02, -101.22, -90.82, -88.62, -121.62]])
S = np.array([[8.792, 6.768, 7.259, 9.000, 12.582], [6.285, 7.294, 10.426, 12.178, 15.726]])
TARGET = np.array([0.0, 10, 20, 30, 40]) * 1e-3


def readings():
    """Five cycles with exactly these means and standard deviations."""
    shape = np.array([-1.3, 0.2, 0.9, -0.6, 0.8])
    shape = (shape - shape.mean()) / shape.std(ddof=1)
    return (MEAN + S * shape[:, None, None]) * 1e-9


def test_checked_case_to_all_digits():
    sheet = positioning(TARGET, readings())
    nm = 1e9
    np.testing.assert_allclose(sheet.reversal * nm, [-0.4, 9.6, 6.0, -0.4, 12.2], atol=1e-6)
    np.testing.assert_allclose(sheet.repeatability_at * nm, [35.168, 37.723, 41.704, 48.711, 68.815], atol=2.1e-3)
    assert sheet.reversal_value * nm == pytest.approx(12.2, abs=1e-6)
    assert sheet.mean_reversal * nm == pytest.approx(5.4, abs=1e-6)
    np.testing.assert_allclose(np.array(sheet.repeatability) * nm, [50.327, 62.903, 68.815], atol=2.1e-3)
    np.testing.assert_allclose(np.array(sheet.systematic) * nm, [24.6, 33.0, 36.8], atol=1e-6)
    assert sheet.mean_systematic * nm == pytest.approx(27.7, abs=1e-6)
    np.testing.assert_allclose(np.array(sheet.accuracy) * nm, [64.282, 88.807, 88.807], atol=2.1e-3)


def test_readings_written_and_read():
    target, deviations = read_positioning(write_positioning(TARGET, readings() * 1e3))
    np.testing.assert_allclose(target, TARGET, atol=1e-12)
    np.testing.assert_allclose(deviations, readings() * 1e3, atol=0.6e-10)


def test_rotary_readings_are_angles():
    target, deviations = read_positioning(write_positioning(np.array([0, 1.5]), np.full((2, 2, 2), 3e-6), rotary=True))
    np.testing.assert_allclose(target, [0, 1.5], atol=1e-7)
    np.testing.assert_allclose(deviations, 3e-6)


HEAD = "target_mm,direction,cycle,deviation_um\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no readings"),
        ("target,direction,cycle,deviation_um\n0,up,1,2\n", "each length ends in its unit|columns"),
        ("target_mm,direction,cycle,deviation_urad\n0,up,1,2\n", "targets in m and deviations in rad"),
        ("target_degc,direction,cycle,deviation_degc\n0,up,1,2\n", "targets in degC"),
        (HEAD + "0,up,1,two\n", "r.csv:2: '0,up,1,two' is not a reading"),
        (HEAD + "0,left,1,2\n", "direction not up or down"),
        (HEAD + "0,up,1,2\n0,up,1,3\n", "a reading twice"),
        (HEAD + "0,up,1,nan\n", "or no number"),
        (HEAD + "0,up,1,2\n0,down,1,2\n5,up,1,2\n", "no reading of target 5 down in cycle 1"),
    ],
)
def test_wrong_files_are_named(text, says):
    with pytest.raises(InputError, match=says):
        read_positioning(text, "r.csv")


@pytest.mark.parametrize(
    ("target", "deviations", "says"),
    [
        (TARGET, readings()[:1], "one cycle tells nothing"),
        (TARGET[::-1], readings(), "do not ascend"),
        (TARGET[:3], readings(), "for 3 targets"),
        (TARGET, readings() * np.nan, "no numbers"),
    ],
)
def test_wrong_readings_are_refused(target, deviations, says):
    with pytest.raises(InputError, match=says):
        positioning(target, deviations)
