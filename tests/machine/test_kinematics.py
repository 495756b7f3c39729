"""Volumetric error against published and independently computed cases."""

import jax.numpy as jnp
import numpy as np
import pytest

from twin.machine.axis_errors import AxisErrors
from twin.machine.kinematics import geometric_error, kinematics, tool_point_error


def constant_errors(value_um_urad, location_urad=(0, 0, 0)) -> AxisErrors:
    return AxisErrors(
        location=jnp.array([0, 0, 0, *location_urad], dtype=float) * 1e-6,
        polynomial=jnp.array(value_um_urad, dtype=float)[:, None] * 1e-6,
        table=jnp.zeros((6, 0)),
        knot=jnp.zeros(0),
        centre=jnp.asarray(0.0),
        half_travel=jnp.asarray(1.0),
    )


def slopes(value_per_m) -> AxisErrors:
    """Errors proportional to the position."""
    polynomial = jnp.stack([jnp.zeros(6), jnp.array(value_per_m, dtype=float)], axis=1)
    return AxisErrors(jnp.zeros(6), polynomial, jnp.zeros((6, 0)), jnp.zeros(0), jnp.asarray(0.0), jnp.asarray(1.0))


@pytest.fixture
def golden():
    return kinematics(
        "w X Y b Z t",
        {
            "X": constant_errors((5, -3, 2, 8, -6, 4)),
            "Y": constant_errors((-4, 6, 3, -5, 7, 9), (0, 0, 20)),
            "Z": constant_errors((2, -2, 7, 10, -8, 3), (12, -15, 0)),
        },
    )


def test_three_axis_machining_centre(golden):
    """Exact rigid motions of the same chain, computed independently with 4 x 4 matrices, printed to 1e-5 um."""
    error = geometric_error(golden, jnp.array([[0.0, 0, 0], [-0.25, 0.15, 0.35]]), 0.15)
    expected = [[4.59986, -2.15031, 2.00011], [0.94971, -4.30012, 3.05004]]
    np.testing.assert_allclose(error * 1e6, expected, rtol=0, atol=6e-6)


def test_coordinate_measuring_machine():
    """PMM 866 with a moving table on X, 25 balls of a KOBA plate upright in XZ.

    Deviations published with the CMM error map of the Measurement Standards Laboratory of New Zealand
    (validation data "Plate XZ", printed to 1e-5 mm). It counts table errors as those of the probe relative to the
    table, the negative of the table's own motion.
    """
    machine = kinematics(
        "w X b Y Z t",
        {
            "X": slopes([-1.33e-5, 0, 0, -7.49e-6, -1.54e-5, -5e-6]),
            "Y": slopes([-1.12e-5, -5.09e-6, 0, -4.58e-6, -1.43e-5, 2.19e-5]),
            "Z": slopes([2.6e-5, 4.6e-6, 3.34e-8, 2.49e-6, -7.94e-7, 4.78e-5]),
        },
    )
    column, row = np.meshgrid(np.arange(5), np.arange(5))
    ball = np.stack([250 + 133 * column, np.full((5, 5), 316), 50 + 133 * row], axis=-1).reshape(25, 3) * 1e-3
    error = tool_point_error(machine, jnp.asarray(ball), jnp.array([0, 0.130, -0.2434852])) * 1e3
    published = np.array(
        [
            [-0.00054, -0.00095, -0.00030],
            [0.00053, -0.00034, -0.00115],
            [0.00161, 0.00045, -0.00255],
            [0.00269, 0.00142, -0.00449],
            [0.00376, 0.00256, -0.00698],
            [0.00203, -0.00032, -0.00025],
            [0.00337, 0.00016, -0.00110],
            [0.00472, 0.00082, -0.00250],
            [0.00607, 0.00166, -0.00444],
            [0.00742, 0.00267, -0.00693],
            [0.00459, 0.00032, -0.00020],
            [0.00621, 0.00067, -0.00105],
            [0.00784, 0.00119, -0.00245],
            [0.00946, 0.00190, -0.00439],
            [0.01108, 0.00277, -0.00688],
            [0.00716, 0.00095, -0.00016],
            [0.00906, 0.00117, -0.00101],
            [0.01095, 0.00156, -0.00240],
            [0.01284, 0.00213, -0.00435],
            [0.01473, 0.00288, -0.00683],
            [0.00973, 0.00159, -0.00011],
            [0.01190, 0.00167, -0.00096],
            [0.01406, 0.00193, -0.00236],
            [0.01623, 0.00237, -0.00430],
            [0.01839, 0.00299, -0.00679],
        ]
    )
    np.testing.assert_allclose(error, published, rtol=0, atol=5e-6)
