"""The Hurco of conf/controller, identified on plates 1 and 10, against the logs of the six other plates."""

import sys
from pathlib import Path

import numpy as np
import pytest
from linuxcnc_trace import controller

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "validation"))
from nist_runs import IDENTIFIED_ON, NEW_FEEDS, REPEATS, plate_log, plate_program, plate_windows, scores

from twin.motion import time_law
from twin.motion.identify import window_times

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def windows(data_dir):
    """(predicted, measured) windows [s] of each plate."""
    hurco = controller("hurco")
    found = {}
    for plate in (*IDENTIFIED_ON, *NEW_FEEDS, *REPEATS):
        program = plate_program(data_dir, plate)
        measured = plate_windows(program, plate_log(data_dir, plate))
        found[plate] = window_times(time_law(program, hurco).time, measured), measured.duration
    return found


@pytest.mark.parametrize("plates", [NEW_FEEDS, REPEATS, *((plate,) for plate in (*NEW_FEEDS, *REPEATS))])
def test_predicts_plates_it_was_not_fitted_to(windows, plates):
    predicted, measured = (np.concatenate([windows[plate][k] for plate in plates]) for k in (0, 1))
    r2, rmse, total = scores(predicted, measured)
    assert r2 >= 0.993
    assert rmse <= 0.2
    assert abs(total) <= 0.004


def test_enough_windows(windows):
    assert all(len(measured) > 60 for _, measured in windows.values())
