"""Zero-order and multi-frequency limits against published cases and Floquet's theory."""

from dataclasses import replace

import numpy as np
import pytest
from milling_cases import insperger, modes, rpm, schmitz_slot

from twin.cutting.dynamics.modes import receptance
from twin.cutting.stability import (
    FLIP,
    HOPF,
    Milling,
    floquet_multipliers,
    from_schmitz,
    multi_frequency_depth,
    window,
    zero_order_depth,
    zero_order_lobes,
)
from twin.errors import InputError
from twin.units import MM


def hertz(low: float, high: float, step: float = 0.05) -> np.ndarray:
    return 2 * np.pi * np.arange(low, high, step)


def residue_response(omega, frequency, damping, residue):
    """Receptance of the conjugate residue pairs of Altintas: sum of (2 Re part) over the poles."""
    total = np.zeros(len(omega), complex)
    for f, z, r in zip(frequency, damping, residue, strict=True):
        wn = 2 * np.pi * f
        sigma, nu = r.real, r.imag
        alpha = 2 * (z * wn * sigma - wn * np.sqrt(1 - z * z) * nu)
        total += (alpha + 2 * sigma * 1j * omega) / (wn**2 - omega**2 + 2j * z * wn * omega)
    return total


@pytest.mark.parametrize(
    ("immersion", "up", "depth", "frequency"),
    [(0.5, False, 1.0147, 1440.8), (0.5, True, 1.5637, 1475.8), (1.0, False, 0.50424, 1449.5)],
)
def test_measured_residues_of_altintas(immersion, up, depth, frequency):
    omega = hertz(300, 2000)
    response = np.zeros((len(omega), 2, 2), complex)
    response[:, 0, 0] = residue_response(
        omega, (452.77, 1448.53), (0.123718, 0.01651), (9.202966e-5 - 1.862195e-4j, -4.181562e-5 - 3.043618e-4j)
    )
    response[:, 1, 1] = residue_response(
        omega, (516.17, 1407.64), (0.0243, 0.0324), (-2.3929e-6 - 1.721539e-4j, 4.055052e-5 - 3.618808e-4j)
    )
    entry, leave = window(immersion, up)
    milling = Milling(modes=None, n_teeth=2, ktc=1319.4e6, krc=788.8e6, entry=entry, exit=leave)
    lowest, at = zero_order_lobes(milling, omega, (omega, response)).absolute
    assert lowest / MM == pytest.approx(depth, rel=1e-4)
    assert at / (2 * np.pi) == pytest.approx(frequency, abs=0.06)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(
    ("immersion", "depth", "frequency"),
    [(1.0, 0.047925, 923.6), (0.5, 0.126745, 924.1), (0.1, 0.853918, 927.9), (0.05, 1.311371, 932.1)],
)
def test_minima_of_the_equal_modes(immersion, up, depth, frequency):
    lowest, at = zero_order_lobes(insperger(immersion, up, "xy"), hertz(900, 960)).absolute
    assert lowest / MM == pytest.approx(depth, rel=1e-5)
    assert at / (2 * np.pi) == pytest.approx(frequency, abs=0.06)


@pytest.mark.parametrize(("up", "depth", "frequency"), [(True, 1.08683, 633.0), (False, 3.51941, 606.45)])
def test_minima_of_altintas_and_budak(up, depth, frequency):
    entry, leave = window(0.5, up)
    m = modes([603, 666], [0.039, 0.035], [5.59e6, 5.715e6], "xy")
    milling = Milling(modes=m, n_teeth=3, ktc=600e6, krc=0.07 * 600e6, entry=entry, exit=leave)
    lowest, at = zero_order_lobes(milling, hertz(400, 900)).absolute
    assert lowest / MM == pytest.approx(depth, rel=1e-5)
    assert at / (2 * np.pi) == pytest.approx(frequency, abs=0.06)


def test_the_numerical_truth_of_cornelius():
    beta = np.radians(68)
    entry, leave = window(0.5, False)
    m = modes([1200, 1200], [0.02, 0.02], [8e6, 8e6], "xy")
    milling = Milling(modes=m, n_teeth=3, ktc=700e6 * np.sin(beta), krc=700e6 * np.cos(beta), entry=entry, exit=leave)
    lobes = zero_order_lobes(milling, hertz(800, 2600))
    assert lobes.absolute[0] / MM == pytest.approx(0.847775, rel=1e-5)
    assert lobes.absolute[1] / (2 * np.pi) == pytest.approx(1206.0, abs=0.06)
    depth = zero_order_depth(lobes, rpm(4000, 6000, 8000, 10000, 12000))
    np.testing.assert_allclose(depth / MM, [2.6876, 3.8158, 4.9688, 1.0647, 7.3333], rtol=1e-4)


@pytest.mark.parametrize("n_teeth", [2, 4, 6, 8])
def test_zero_order_is_exact_in_a_slot_of_4_6_8_teeth_but_not_of_2(n_teeth):
    milling = schmitz_slot(n_teeth)
    speed = rpm(5000, 7500)
    depth = zero_order_depth(zero_order_lobes(milling, hertz(300, 900, 0.02)), speed)
    modulus = floquet_multipliers(milling, speed, depth, resolution=14).modulus
    if n_teeth == 2:
        assert np.abs(modulus - 1).max() > 1e-2
    else:
        np.testing.assert_allclose(modulus, 1, atol=1e-5)


def test_verdicts_of_schmitz_and_smith_in_a_slot():
    """Examples 4.10 and 4.11, by x against the feed; limits 3.8021 and 0.2289 mm."""
    milling = from_schmitz(schmitz_slot())
    depth = zero_order_depth(zero_order_lobes(milling, hertz(300, 900, 0.02)), rpm(7500, 5000)) / MM
    np.testing.assert_allclose(depth, [3.8021, 0.2289], atol=5.1e-5)
    speed, cut = rpm(7500, 7500, 5000, 5000), np.array([3, 5, 0.1, 0.5]) * MM
    assert (floquet_multipliers(milling, speed, cut).modulus < 1).tolist() == [True, False, True, False]


def test_verdicts_of_schmitz_and_smith_at_20_percent_down():
    """Example 4.12."""
    beta = np.radians(75)
    entry, leave = window(0.2, False)
    assert np.degrees(entry) == pytest.approx(126.87, abs=0.01)
    m = modes([900, 950], [0.02, 0.01], [9e6, 1e7], "xy")
    milling = from_schmitz(
        Milling(modes=m, n_teeth=3, ktc=2250e6 * np.sin(beta), krc=2250e6 * np.cos(beta), entry=entry, exit=leave)
    )
    depth = zero_order_depth(zero_order_lobes(milling, hertz(700, 1500)), rpm(17000, 13000)) / MM
    np.testing.assert_allclose(depth, [9.227, 2.689], rtol=2e-4)
    assert (floquet_multipliers(milling, rpm(17000, 13000), 4 * MM).modulus < 1).tolist() == [True, False]


@pytest.mark.parametrize(
    ("immersion", "up", "speed", "depth", "kind"),
    [
        (0.5, False, 10000, 2.1046897, FLIP),
        (0.5, True, 10000, 0.2135340, HOPF),
        (0.1, False, 10000, 2.5184121, FLIP),
        (0.1, True, 6000, 0.8925004, HOPF),
    ],
)
def test_multi_frequency_tends_to_floquet(immersion, up, speed, depth, kind):
    """Third order in the number of harmonics: 16 are good to 1e-3."""
    found, type_ = multi_frequency_depth(insperger(immersion, up), rpm(speed), harmonics=16, n_frequencies=200)
    assert found[0] / MM == pytest.approx(depth, rel=1e-3)
    assert type_[0] == kind


def test_a_measured_response_gives_what_its_modes_give():
    milling = replace(insperger(0.3, True), modes=modes([922, 700], [0.02, 0.03], [1.3e6, 2e6], "xy"))
    axis = hertz(0.5, 20000, 0.5)
    response = np.asarray(receptance(milling.modes, axis))
    bare = replace(milling, modes=None)
    omega = hertz(600, 1200, 0.5)
    by_modes = zero_order_lobes(milling, omega)
    for d in (2, 3):
        measured = zero_order_lobes(bare, omega, (axis, response[:, :d, :d]))
        assert measured.absolute[0] == pytest.approx(by_modes.absolute[0], rel=1e-6)
    settings = {"harmonics": 3, "n_frequencies": 100}
    expected, _ = multi_frequency_depth(milling, rpm(8000), **settings)
    found, _ = multi_frequency_depth(bare, rpm(8000), measured=(axis, response[:, :2, :2]), **settings)
    assert found[0] == pytest.approx(expected[0], rel=1e-3)
    along = replace(bare, exit=np.pi)
    one = insperger(1.0, False)
    lone = np.asarray(receptance(one.modes, axis))[:, 0, 0]
    assert zero_order_lobes(replace(along, n_teeth=2), hertz(900, 950), (axis, lone)).absolute[0] == pytest.approx(
        zero_order_lobes(one, hertz(900, 950)).absolute[0], rel=2e-4
    )


@pytest.mark.parametrize(
    ("axis", "response", "message"),
    [
        ([1.0, 2.0], [1.0, np.nan], "not a number"),
        ([2.0, 1.0], [1.0, 1.0], "do not increase"),
        ([1.0, 2.0, 3.0], [1.0, 1.0], "shape"),
        ([1.0, 2.0], np.ones((2, 4, 4)), "shape"),
    ],
)
def test_a_bad_response_is_one_clear_error(axis, response, message):
    milling = Milling(modes=None, n_teeth=2, ktc=6e8, krc=2e8)
    with pytest.raises(InputError, match=message):
        zero_order_lobes(milling, [1.0, 2.0], (axis, response))
