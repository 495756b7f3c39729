"""Extended Oxley theory: an independent solution of the published case, gradients, errors."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from twin.cutting.heat import JohnsonCook, OxleyMaterial, flow_stress, oxley
from twin.errors import InputError

STEEL_1045 = OxleyMaterial(
    flow=JohnsonCook(
        yield_stress=553.1e6,
        hardening=600.8e6,
        hardening_exponent=0.234,
        rate_factor=0.0134,
        softening_exponent=1.0,
        reference_rate=1.0,
        reference_temperature=0.0,
        melting_temperature=1460.0,
    ),
    density=8000.0,
    conductivity=52.61,
    conductivity_slope=-0.0281,
    specific_heat=420.0,
    specific_heat_slope=0.504,
    initial_temperature=25.0,
)
CUT = (200 / 60, 0.15e-3, 1.6e-3, np.radians(-7))
# Inputs and equations of Pantale's published code; solved by another program to a residual of 1e-13.
SOLVED = {
    "shear_angle": np.radians(18.774),
    "rate_constant": 5.7785,
    "zone": 0.03644,
    "cutting_force": 571.00,
    "thrust_force": 352.76,
    "chip_thickness": 0.4197e-3,
    "contact_length": 0.4723e-3,
    "shear_temperature": 353.9,
    "interface_temperature": 948.0,
    "shear_stress": 572.7e6,
    "interface_stress": 371.3e6,
}


@pytest.fixture(scope="module")
def solved():
    return oxley(STEEL_1045, *CUT)


@pytest.mark.parametrize("name", SOLVED)
def test_published_case(solved, name):
    assert float(getattr(solved, name)) == pytest.approx(SOLVED[name], rel=1e-3)


def test_equilibria_close(solved):
    assert np.abs(solved.imbalance).max() < 1e-12


@pytest.mark.long
def test_gradients_of_the_solution():
    """Forward derivatives along speed and yield stress against solutions nearby."""

    def at(speed, stress):
        flow = replace(STEEL_1045.flow, yield_stress=stress)
        out = oxley(replace(STEEL_1045, flow=flow), speed, *CUT[1:])
        return np.array([out.cutting_force, out.interface_temperature, out.zone])

    @jax.jit
    def slopes(speed, stress):
        def outputs(speed, stress):
            flow = replace(STEEL_1045.flow, yield_stress=stress)
            out = oxley(replace(STEEL_1045, flow=flow), speed, *CUT[1:])
            return out.cutting_force, out.interface_temperature, out.zone

        return jax.jvp(outputs, (speed, stress), (speed, 0.5 * stress))[1]

    speed, stress, step = CUT[0], 553.1e6, 1e-4
    expected = at(speed * (1 + step), stress * (1 + step / 2)) - at(speed * (1 - step), stress * (1 - step / 2))
    assert np.array(slopes(speed, stress)) == pytest.approx(expected / (2 * step), rel=1e-4)


def test_flow_stress_at_reference_and_at_melting():
    flow = STEEL_1045.flow
    assert float(flow_stress(flow, 1.0, 1.0, -10.0)) == pytest.approx(553.1e6 + 600.8e6)
    assert float(flow_stress(flow, 1.0, 1.0, 730.0)) == pytest.approx((553.1e6 + 600.8e6) / 2)
    assert float(flow_stress(flow, 1.0, 1.0, 1500.0)) == 0.0


def test_impossible_cuts():
    with pytest.raises(InputError, match="thickness"):
        oxley(STEEL_1045, 1.0, 0.0, 1e-3, 0.0)
    with pytest.raises(InputError, match="no solution at 6e-07"):
        oxley(STEEL_1045, 1e-8, 0.1e-3, 1e-3, 0.0)
