"""The next test: what textbooks of optimal design say."""

import numpy as np
import pytest

from twin.calibration.design import next_tests
from twin.errors import InputError


def at(x, deviation=0.1):
    """Information of one reading of a straight line (level, slope) at ``x``."""
    row = np.array([1.0, x]) / deviation
    return np.outer(row, row)


def test_the_ends_of_a_line_are_read_first():
    """D-optimal for a straight line: both ends (Atkinson and Donev, Optimum Experimental Designs)."""
    found = next_tests(np.zeros((2, 2)), {f"{x:g}": at(x) for x in np.linspace(-1, 1, 9)}, n=2)
    assert {worth.name for worth in found} == {"-1", "1"}


def test_gain_is_that_of_the_volume():
    (worth,) = next_tests(np.zeros((1, 1)), {"one": np.array([[3.0]])})
    assert worth.gain == pytest.approx(np.log(4.0) / 2)  # deviation 1 becomes 1/2


def test_what_is_wanted_decides():
    """The level alone is wanted: A reads at 0, where the slope does not disturb; D of both does not."""
    places = {f"{x:g}": at(x, 1.0) for x in (-1.0, 0.0, 1.0)}
    known = np.zeros((2, 2))
    assert next_tests(known, places, "A", wanted=np.array([[1.0, 0.0]]), n=1)[0].name == "0"
    assert next_tests(known, places, "D", n=1)[0].name != "0"


def test_no_candidate_is_refused():
    with pytest.raises(InputError, match="no candidate"):
        next_tests(np.eye(2), {})
