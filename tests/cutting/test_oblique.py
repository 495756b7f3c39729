"""The orthogonal-to-oblique transformation: a table computed apart from it, limits, the two rules of chip flow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gradients import check_gradients

from twin.cutting.oblique import OrthogonalDatabase, chip_formation, collinear, oblique_coefficients, stabler
from twin.errors import InputError

DEG = np.pi / 180
# Budak, Altintas and Armarego (1996), from memory; the table holds for these constants whatever their truth.
TITANIUM = OrthogonalDatabase(
    shear_stress=613e6,
    friction=19.1 * DEG,
    friction_rake=0.29,
    chip_ratio=1.755,
    chip_ratio_rake=-0.028 / DEG,
    power=0.331,
    power_rake=-0.0082 / DEG,
    kte=24e3,
    kre=43e3,
)
ALUMINIUM_7050 = OrthogonalDatabase(
    shear_stress=297.05e6,
    shear_stress_rake=1.05e6 / DEG,
    friction=18.79 * DEG,
    friction_chip=6.7 * DEG * 1e3,
    friction_speed=-0.0076 * DEG * 60,
    friction_rake=0.256,
    shear_angle=24.2 * DEG,
    shear_angle_chip=36.67 * DEG * 1e3,
    shear_angle_speed=0.0049 * DEG * 60,
    shear_angle_rake=0.3,
)
# h [mm]: shear angle [deg], orthogonal Ktc and Kfc, then Ktc, Krc, Kac at 30 degrees [N/mm2]; rake 0, then rake 12
TABLE = {
    (0.01, 0): (20.916, 2118.59, 733.63, 2235.24, 703.68, 821.40),
    (0.02, 0): (25.676, 1883.32, 652.16, 1968.61, 619.74, 723.41),
    (0.05, 0): (33.067, 1730.86, 599.36, 1774.86, 558.75, 652.22),
    (0.10, 0): (39.317, 1745.57, 604.46, 1748.06, 550.31, 642.37),
    (0.20, 0): (45.852, 1906.75, 660.27, 1837.06, 578.33, 675.08),
    (0.01, 12): (27.879, 1645.66, 307.38, 1731.78, 246.08, 590.57),
    (0.02, 12): (32.376, 1537.58, 287.19, 1602.07, 227.65, 546.34),
    (0.05, 12): (39.028, 1476.71, 275.83, 1509.98, 214.56, 514.93),
    (0.10, 12): (44.480, 1501.64, 280.48, 1503.48, 213.64, 512.71),
    (0.20, 12): (50.137, 1604.98, 299.78, 1558.18, 221.41, 531.37),
}


def chips(coefficients):
    return np.array([coefficients.ktc, coefficients.krc, coefficients.kac]) / 1e6


@pytest.mark.parametrize("case", TABLE)
def test_titanium_table(case):
    thickness, rake = case[0] * 1e-3, case[1] * DEG
    shear, *orthogonal, ktc, krc, kac = TABLE[case]
    assert np.degrees(chip_formation(TITANIUM, thickness, rake)[2]) == pytest.approx(shear, abs=5.1e-4)
    assert chips(oblique_coefficients(TITANIUM, thickness, rake, 0.0)) == pytest.approx([*orthogonal, 0.0], abs=5.1e-3)
    oblique = oblique_coefficients(TITANIUM, thickness, rake, 30 * DEG)
    assert chips(oblique) == pytest.approx([ktc, krc, kac], abs=5.1e-3)
    assert (oblique.kte, oblique.kre, oblique.kae) == (24e3, 43e3, 0.0)


def test_aluminium_point():
    stress, friction, shear = chip_formation(ALUMINIUM_7050, 0.1e-3, 8 * DEG, 200 / 60)
    assert [stress / 1e6, friction / DEG, shear / DEG] == pytest.approx([305.45, 19.988, 31.247], abs=5.1e-4)
    found = oblique_coefficients(ALUMINIUM_7050, 0.1e-3, 8 * DEG, 30 * DEG, 200 / 60)
    assert chips(found) == pytest.approx([822.98, 144.13, 299.96], abs=5.1e-3)


@pytest.mark.parametrize("rule", [stabler, collinear])
def test_orthogonal_limit_and_mirror(rule):
    """Merchant's circle at no obliquity; a left-hand edge pushes the other way; both rules agree to first order."""
    stress, friction, shear = chip_formation(TITANIUM, 0.1e-3, 5 * DEG)
    at = oblique_coefficients(TITANIUM, 0.1e-3, 5 * DEG, 0.0, chip_flow=rule)
    circle = stress * np.cos(friction - 5 * DEG) / (np.sin(shear) * np.cos(shear + friction - 5 * DEG))
    assert float(at.ktc) == pytest.approx(float(circle), rel=1e-12) and abs(float(at.kac)) < 1e-6
    right, left = (chips(oblique_coefficients(TITANIUM, 0.1e-3, 0.1, i, chip_flow=rule)) for i in (0.5, -0.5))
    assert left == pytest.approx(right * [1, 1, -1], rel=1e-9)


@pytest.mark.parametrize("obliquity", [10, 30, 45])
def test_collinear_chip_flow_balances_the_shear_force(obliquity):
    """The shear force, from the resultant, has no part across the shear velocity in the shear plane."""
    rake, i = 8 * DEG, obliquity * DEG
    _, friction, shear = chip_formation(TITANIUM, 0.1e-3, rake)
    eta = collinear(i, rake, shear, friction)
    # axes: y along the cut surface in the normal plane, z up, x along the edge
    flow = np.array([np.sin(eta), np.cos(eta) * np.sin(rake), np.cos(eta) * np.cos(rake)])
    normal = np.array([0.0, np.cos(rake), -np.sin(rake)])
    resultant = np.cos(friction) * normal + np.sin(friction) * flow
    cut = np.array([np.sin(i), np.cos(i), 0.0])
    # chip speed from continuity in the normal plane
    ratio = np.cos(i) * np.sin(shear) / (np.cos(shear - rake) * np.cos(eta))
    sheared = ratio * flow - cut
    plane = np.array([0.0, np.sin(shear), np.cos(shear)])
    assert sheared @ plane == pytest.approx(0, abs=1e-12)  # the shear velocity lies in the shear plane
    in_plane = resultant - (resultant @ plane) * plane
    assert np.linalg.norm(np.cross(in_plane, sheared)) == pytest.approx(0, abs=1e-9)


def test_gradients():
    def of(point):
        found = oblique_coefficients(TITANIUM, point["h"], point["rake"], point["i"], chip_flow=collinear)
        return jnp.stack([found.ktc, found.krc, found.kac]) / 1e9

    check_gradients(jax.jit(of), {"h": 5e-5, "rake": 0.1, "i": 0.5})


def test_out_of_range():
    with pytest.raises(InputError, match="a shear angle of"):
        oblique_coefficients(ALUMINIUM_7050, 3e-3, 0.0, 0.5)
    with pytest.raises(InputError, match="a chip of -1e-05 m"):
        oblique_coefficients(TITANIUM, -1e-5, 0.0, 0.5)
    with pytest.raises(InputError, match="an obliquity of 1.6 rad"):
        oblique_coefficients(TITANIUM, 1e-5, 0.0, 1.6)
