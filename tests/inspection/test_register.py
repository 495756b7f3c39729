"""The drawing laid over the part."""

import numpy as np
import pytest

from twin.inspection.register import matches, register

RNG = np.random.default_rng(3)
DECLARED = RNG.uniform(0, 0.1, (12, 2))
DIAMETER = np.array([4, 4, 4, 4, 4, 3, 3, 3, 4.5, 4.5, 10, 10]) * 1e-3


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi, -1.9])
def test_a_turned_and_shifted_drawing_with_strange_holes(angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array([0.12, -0.03])
    order = RNG.permutation(12)[:9]
    drawing = np.vstack([(DECLARED[order] - shift) @ turn, RNG.uniform(0.2, 0.3, (2, 2))])
    drawing += 5e-6 * RNG.standard_normal(drawing.shape)
    diameter = np.r_[DIAMETER[order], 4e-3, 7e-3]
    found = register(drawing, diameter, DECLARED, DIAMETER)
    np.testing.assert_allclose(found[0], turn, atol=5e-4)
    np.testing.assert_allclose(drawing[:9] @ found[0].T + found[1], DECLARED[order], atol=2e-5)
    assert matches(drawing, diameter, DECLARED, DIAMETER, *found).tolist() == [*order, -1, -1]


def test_another_part_does_not_fit():
    other = RNG.uniform(0, 0.1, (6, 2))
    assert register(other, np.array([5, 5, 6, 6, 7, 8]) * 1e-3, DECLARED, DIAMETER) is None


def test_the_same_part_in_inches_does_not_fit():
    assert register(DECLARED / 25.4, DIAMETER / 25.4, DECLARED, DIAMETER) is None
