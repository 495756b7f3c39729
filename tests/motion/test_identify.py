"""Identification recovers the parameters that made the times."""

import dataclasses

import numpy as np
import pytest
from test_time_law import CORNERS, machine, program

from twin.motion import time_law
from twin.motion.identify import Windows, identify, window_times
from twin.motion.windows import RunLog, cutting_windows


@pytest.mark.long
def test_parameters_come_back():
    p = program(CORNERS)
    truth = machine(cornering="speed_step", corner_step=4e-3, path_jerk=30.0, centripetal_acceleration=0.1)
    time = time_law(p, truth).time
    moves = np.flatnonzero(np.diff(time) > 0)
    windows = Windows(moves[:-1], moves[1:], time[moves[1:]] - time[moves[:-1]])
    guess = dataclasses.replace(truth, corner_step=6e-3, path_jerk=20.0, centripetal_acceleration=0.13)
    found = identify([(p, windows)], guess, ("corner_step", "path_jerk", "centripetal_acceleration"))
    assert found.controller.corner_step == pytest.approx(4e-3, rel=1e-4)
    assert found.controller.path_jerk == pytest.approx(30.0, rel=1e-4)
    assert found.controller.centripetal_acceleration == pytest.approx(0.1, rel=1e-4)
    assert found.rms < 1e-6
    assert window_times(time, windows) == pytest.approx(windows.duration)


def test_windows_hold_nothing_but_uninterrupted_cutting():
    # Lines: 1 modes, 2-6 cuts, 7 rapid, 8-10 cuts.
    text = "F600\nG1 X10\nX20\nX30\nX40\nG0 Z5\nG1 X50\nX60\nX70"
    p = program(text)
    lines = np.array([3, 4, 5, 6, 7, 8, 9, 10])
    log = RunLog(
        block_time=np.arange(8) * 2.0,
        block_line=lines,
        override_time=np.array([0.0]),
        override=np.array([1.0]),
        status_time=np.array([0.0]),
        active=np.array([True]),
    )

    def pairs(log, **options):
        found = cutting_windows(p, log, **options)
        return [(int(p.line[a]), int(p.line[b])) for a, b in zip(found.first, found.last, strict=True)]

    # The rapid of line 7 parts the run in two.
    assert pairs(log, longest=60.0) == [(3, 7), (8, 10)]
    assert pairs(log, longest=4.0) == [(3, 5), (5, 7), (8, 10)]
    # A hold between 4 and 6 s, and an override of 90 % from 13 s on.
    held = dataclasses.replace(log, status_time=np.array([0.0, 4.5, 5.5]), active=np.array([True, False, True]))
    assert pairs(held, longest=60.0) == [(3, 5), (8, 10)]
    slow = dataclasses.replace(log, override_time=np.array([0.0, 13.0]), override=np.array([1.0, 0.9]))
    assert pairs(slow, longest=60.0) == [(3, 7)]
