"""Datum systems: motions of the part are found from its datums, in the order of precedence."""

import numpy as np
import pytest

from twin.inspection.datum import alignment, constraints, is_datum
from twin.inspection.features import Circle, Plane, Wall, frame

TOP = Plane(name="top", centre=(0.06, 0.03, 0.005), normal=(0, 0, 1), size=(0.12, 0.06))
BOTTOM = Plane(name="bottom", centre=(0.06, 0.03, 0.0), normal=(0, 0, -1), size=(0.12, 0.06))
SIDE = Plane(name="side", centre=(0.06, 0.0, 0.002), normal=(0, -1, 0), size=(0.12, 0.004))
END = Plane(name="end", centre=(0.0, 0.03, 0.002), normal=(-1, 0, 0), size=(0.06, 0.004))
ONE = Circle(name="one", centre=(0.01, 0.01, 0.002), diameter=4e-3, length=4e-3)
TWO = Circle(name="two", centre=(0.11, 0.01, 0.002), diameter=4e-3, length=4e-3)
ORIGIN, LEVER = np.array([0.05, 0.02, 0.001]), 0.1
MOTION = np.array([30e-6, -20e-6, 50e-6, 4e-6, -7e-6, 2e-6])  # turn * lever, shift


def found(datums, motion):
    matrices, fixed = alignment(datums, ORIGIN, LEVER)
    return sum(m @ constraints(d, ORIGIN, LEVER) @ motion for m, d in zip(matrices, datums, strict=True)), fixed


@pytest.mark.parametrize(
    "datums",
    [(TOP, SIDE, END), (BOTTOM, SIDE, END), (BOTTOM, ONE, TWO), (TOP, TWO, SIDE), (ONE, TOP, SIDE), (SIDE, END, TOP)],
)
def test_three_datums_find_the_whole_motion(datums):
    motion, fixed = found(datums, MOTION)
    assert fixed == 6
    np.testing.assert_allclose(motion, MOTION, atol=1e-15)


@pytest.mark.parametrize(("datums", "fixed"), [((TOP,), 3), ((ONE,), 4), ((TOP, ONE), 5), ((TOP, SIDE), 5), ((), 0)])
def test_fewer_datums_fix_fewer_motions(datums, fixed):
    assert alignment(datums, ORIGIN, LEVER)[1] == fixed


def test_the_first_datum_goes_before_the_second():
    """A hole that leans against the face: its lean turns the part only where the hole comes first."""
    lean = np.array([0.0, 0.0, 1e-3 * LEVER, 0.0])
    flat = np.zeros(3)
    (face, hole), _ = alignment((TOP, ONE), ORIGIN, LEVER)
    assert np.abs((face @ flat + hole @ lean)[:2]).max() < 1e-15
    (hole, face), _ = alignment((ONE, TOP), ORIGIN, LEVER)
    np.testing.assert_allclose((hole @ lean + face @ flat)[1], 1e-3 * LEVER, rtol=1e-12)


def test_constraints_by_moving_points():
    """Height and tilts of a face under a motion, from three of its points moved as a rigid body."""
    for face in (TOP, BOTTOM, SIDE, END):
        u, v, w = frame(face)
        turn, shift = MOTION[:3] / LEVER, MOTION[3:]

        def rise(a, b, face=face, u=u, v=v, w=w, turn=turn, shift=shift):
            arm = np.asarray(face.centre) + a * u + b * v - ORIGIN
            return float((np.cross(turn, arm) + shift) @ w)

        expected = [rise(0, 0), (rise(1, 0) - rise(0, 0)) * LEVER, (rise(0, 1) - rise(0, 0)) * LEVER]
        np.testing.assert_allclose(constraints(face, ORIGIN, LEVER) @ MOTION, expected, atol=1e-15)


def test_a_wall_is_no_datum():
    wall = Wall(name="w", centre=(0, 0, 0), normal=(1, 0, 0), thickness=1e-3, size=(1e-2, 1e-2))
    assert (is_datum(TOP), is_datum(ONE), is_datum(wall)) == (True, True, False)
