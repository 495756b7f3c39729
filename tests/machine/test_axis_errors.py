"""Error functions from their YAML form."""

import jax.numpy as jnp
import numpy as np
import pytest

from twin.errors import InputError
from twin.machine.axis_errors import DisplacementTerm, RotationTerm, Squareness, axis_errors, errors_at

TRAVEL = (0.1, 0.9)
KNOWN = {"scatter": 0.0, "source": "test"}


def at(errors, *positions):
    return np.array([errors_at(errors, jnp.asarray(p)) for p in positions])


def test_polynomial_over_the_travel():
    """1 um + 2 um s + 3 um s^2 with s = -1, 0, 1 at the ends and the middle; beyond, as at the end."""
    terms = {"EYX": DisplacementTerm(polynomial=(1e-6, 2e-6, 3e-6), **KNOWN)}
    value = at(axis_errors("X", TRAVEL, terms, {}, {}), 0.1, 0.5, 0.9, 2.0)
    np.testing.assert_allclose(value[:, 1] * 1e6, [2, 1, 6, 6], atol=1e-12)
    np.testing.assert_allclose(value[:, [0, 2, 3, 4, 5]], 0)


def test_tables_on_different_knots_stay_exact():
    displacement = {"EXX": DisplacementTerm(table=(0.0, 4e-6, 2e-6), position=(0.1, 0.5, 0.9), **KNOWN)}
    rotation = {"ECX": RotationTerm(table=(10e-6, 0.0), position=(0.2, 0.6), polynomial=(1e-6,), **KNOWN)}
    errors = axis_errors("X", TRAVEL, displacement, rotation, {})
    where = np.linspace(0.0, 1.0, 41)
    value = at(errors, *where)
    np.testing.assert_allclose(value[:, 0], np.interp(where, [0.1, 0.5, 0.9], [0, 4e-6, 2e-6]), atol=1e-20)
    np.testing.assert_allclose(value[:, 5], 1e-6 + np.interp(where, [0.2, 0.6], [10e-6, 0]), atol=1e-20)


def test_table_of_one_value_is_a_constant():
    errors = axis_errors("X", TRAVEL, {"EXX": DisplacementTerm(table=(3e-6,), position=(0.5,), **KNOWN)}, {}, {})
    np.testing.assert_allclose(at(errors, 0.1, 0.8)[:, 0], 3e-6)


def test_squareness_goes_to_its_axis():
    squareness = {
        name: Squareness(value=value, scatter=0.0, source="test")
        for name, value in {"A0Z": 12e-6, "B0Z": -15e-6, "C0Y": 20e-6}.items()
    }
    z, y, x = (axis_errors(axis, TRAVEL, {}, {}, squareness).location for axis in "ZYX")
    np.testing.assert_allclose(z * 1e6, [0, 0, 0, 12, -15, 0])
    np.testing.assert_allclose(y * 1e6, [0, 0, 0, 0, 0, 20])
    np.testing.assert_allclose(x, 0)


@pytest.mark.parametrize(
    ("displacement", "rotation", "says"),
    [
        ({"EXY": DisplacementTerm(**KNOWN)}, {}, "axis X has no error EXY there"),
        ({}, {"EXX": RotationTerm(**KNOWN)}, "axis X has no error EXX there"),
        ({"EXX": DisplacementTerm(table=(1e-6, 2e-6), position=(0.1,), **KNOWN)}, {}, "2 table values for 1 positions"),
        ({"EXX": DisplacementTerm(table=(1e-6, 2e-6), position=(0.3, 0.1), **KNOWN)}, {}, "do not ascend"),
    ],
)
def test_bad_terms_are_named(displacement, rotation, says):
    with pytest.raises(InputError, match=says):
        axis_errors("X", TRAVEL, displacement, rotation, {})
