"""Spindle temperature on metal: two days fitted, the third predicted (`tests/validation/mazak_spindle.py`)."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "validation"))
from mazak_spindle import FILES, FLOOR, HOURLY, MODES, read_day, scores

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def table(data_dir):
    return {name: {mode: np.array(v) for mode, v in rows.items()} for name, rows in scores().items()}


@pytest.mark.usefixtures("data_dir")
def test_the_days_hold_spurious_zeros_and_no_cold_start():
    for file in FILES:
        day = read_day(file)
        assert 0.15 <= day.zeros <= 0.28
        assert 42 <= day.reading.min() and day.reading.max() <= 55 and day.reading[0] >= 43


def test_free_run_is_three_times_as_good_as_persistence(table):
    """4.2, 2.2 and 2.8 K of persistence; the floor of the 1 degC steps is 0.29 K and is not reached."""
    for model in ("first order", "reduced, two modes"):
        assert (table[model]["free run"] < table["persistence"]["free run"] / 3).all()
        assert (table[model]["free run"] > FLOOR).all()


def test_a_start_without_reading_is_as_good_as_one_with_it(table):
    """The days begin alike: no cold start."""
    assert (table["first order"]["unknown start"] < 0.9).all()
    assert (table["first order"]["unknown start"] < 0.7 * table["persistence"]["unknown start"]).all()


def test_hourly_readings(table):
    reduced = table["reduced, two modes"][HOURLY]
    assert (reduced < 0.7).all()
    for naive in ("persistence", "linear regression", "linear regression, lags"):
        assert (reduced < table[naive][HOURLY]).all()


def test_plain_regression_is_worse_everywhere(table):
    for mode in MODES:
        assert (table["first order"][mode] < table["linear regression"][mode]).all()


def test_regression_with_lags_wins_one_free_run_and_fails_where_it_extrapolates(table):
    """It is the better free run on one of the days of low speeds, and twice as wrong on the day of high speeds."""
    lags, first = table["linear regression, lags"], table["first order"]
    assert lags["free run"][2] < first["free run"][2]
    assert lags["free run"][0] > 1.8 * first["free run"][0]
    assert (table["reduced, two modes"]["unknown start"] < lags["unknown start"]).all()
