"""ISO 230-3: ranges of known histories."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.machine_tests.thermal_drift import axis_drift, drift_sheet

TIME = np.arange(0, 8 * 3600 + 1, 60.0)


def test_ranges_of_a_first_order_drift():
    """30 um (1 - exp(-t / 2 h)): 1 - exp(-4) of it after 8 h, 1 - exp(-1/2) in the first and in the worst hour."""
    (drift,) = drift_sheet(TIME, {"Z": 30e-6 * (1 - np.exp(-TIME / 7200))})
    assert drift.whole * 1e6 == pytest.approx(30 * (1 - np.exp(-4)))
    assert drift.first_hour * 1e6 == pytest.approx(30 * (1 - np.exp(-0.5)))
    assert drift.any_hour == pytest.approx(drift.first_hour)


def test_worst_hour_of_a_day():
    """10 um sin(2 pi t / 24 h) over 24 h: range 20 um, the worst hour 2 x 10 um sin(pi / 24) about the crossings."""
    time = np.arange(0, 24 * 3600 + 1, 60.0)
    (drift,) = drift_sheet(time, {"X": 10e-6 * np.sin(2 * np.pi * time / 86400)})
    assert drift.whole * 1e6 == pytest.approx(20)
    assert drift.any_hour * 1e6 == pytest.approx(20 * np.sin(np.pi / 24), rel=1e-6)
    assert drift.first_hour * 1e6 == pytest.approx(10 * np.sin(np.pi / 12), rel=1e-6)


def test_elongation_of_a_screw():
    """Ends 0.5 m apart drift by 2 and 14 um: 12 um longer, 24 um/m."""
    ramp = TIME / TIME[-1]
    sheet = axis_drift(TIME, 2e-6 * ramp, 14e-6 * ramp, 0.5)
    assert sheet.elongation.whole * 1e6 == pytest.approx(12)
    assert sheet.slope * 1e6 == pytest.approx(24)


@pytest.mark.parametrize(
    ("time", "reading", "says"),
    [
        (TIME[::-1], TIME, "do not ascend"),
        (TIME[:30], TIME[:30], "a thermal test of 29 min"),
        (TIME, TIME[:-1], "reading Z has gaps"),
        (TIME, np.where(TIME > 600, np.nan, 0.0), "reading Z has gaps"),
    ],
)
def test_wrong_histories_are_refused(time, reading, says):
    with pytest.raises(InputError, match=says):
        drift_sheet(time, {"Z": reading})


def test_positions_must_be_apart():
    with pytest.raises(InputError, match="apart"):
        axis_drift(TIME, TIME, TIME, -0.1)
