"""Critical depths and their kind against a converged table; islands; chatter frequencies."""

import numpy as np
import pytest
from milling_cases import insperger, rpm, schmitz_slot

from twin.cutting.stability import (
    FLIP,
    HOPF,
    chatter_frequencies,
    critical_depths,
    floquet_multipliers,
    islands,
    stability_chart,
)
from twin.units import MM

CASES = [(1.0, False), (0.5, False), (0.5, True), (0.1, False), (0.1, True), (0.05, False), (0.05, True)]
FIRST = {  # rpm -> first critical depth [mm] and kind of each case, converged to 7 digits
    6000: "0.3532242 H, 1.1388489 H, 0.2278943 H, 1.7329156 H, 0.8925004 H, 3.0713317 H, 1.8317268 H",
    10000: "0.3223790 H, 2.1046897 F, 0.2135340 H, 2.5184121 F, 0.8153439 H, 4.0907110 F, 1.6577011 H",
    22000: "3.1150101 F, 0.6018154 H, 1.8826677 F, 0.9636710 H, 7.3844599 F, 1.7413694 H, none",
}


@pytest.mark.parametrize("case", range(len(CASES)))
def test_first_critical_depths_and_kinds(case):
    found = critical_depths(insperger(*CASES[case]), rpm(*FIRST), 10 * MM)
    first = found.first(len(FIRST)) / MM
    for row, cells in enumerate(FIRST.values()):
        expected = cells.split(", ")[case]
        if expected == "none":
            assert np.isinf(first[row])
            continue
        depth, kind = expected.split()
        assert first[row] == pytest.approx(float(depth), rel=1e-6)
        at = np.argmax((found.row == row) & (found.depth == first[row] * MM))
        assert found.kind[at] == {"H": HOPF, "F": FLIP}[kind] and found.onset[at]


def test_a_cut_that_is_stable_again_at_more_depth():
    """0.1 down at 18,000 rpm: stable, chatter, stable, chatter; a bisection on depth would miss it."""
    milling = insperger(0.1, False)
    found = critical_depths(milling, rpm(18000), 10 * MM)
    assert found.onset.tolist() == [True, False, True]
    np.testing.assert_allclose(
        floquet_multipliers(milling, rpm(18000), found.depth, resolution=18).modulus, 1, atol=2e-7
    )
    between = np.array([found.depth[0] / 2, found.depth[:2].mean(), found.depth[1:].mean(), found.depth[2] * 1.1])
    modulus = floquet_multipliers(milling, rpm(18000), between).modulus
    assert (modulus < 1).tolist() == [True, False, True, False]


def test_islands_are_found_and_touch_no_edge():
    """Each is of one verdict, and all around it lies the other."""
    speed, depth = np.linspace(*rpm(5000, 25000), 160), np.linspace(0.05, 6, 90) * MM
    chart = stability_chart(insperger(0.1, False), speed, depth)
    label = islands(chart)
    assert label.max() >= 1
    assert not label[[0, -1]].any() and not label[:, [0, -1]].any()
    for number in range(1, label.max() + 1):
        inside = label == number
        verdict = chart.stable[inside]
        assert verdict.all() or not verdict.any()
        around = np.zeros_like(inside)
        around[1:-1, 1:-1] = inside[:-2, 1:-1] | inside[2:, 1:-1] | inside[1:-1, :-2] | inside[1:-1, 2:]
        assert (chart.stable[around & ~inside] != verdict[0]).all()
    assert chart.uncertain.mean() < 0.01


def test_chatter_frequencies_of_published_cases():
    """Slot of 4 teeth at its limit: 481.9 Hz at 7500 rpm, 503.6 Hz at 5000 rpm; a flip at half the passing."""
    milling, speed = schmitz_slot(), rpm(7500, 5000)
    at_limit = floquet_multipliers(milling, speed, np.array([3.8021, 0.2289]) * MM)
    found = chatter_frequencies(at_limit, speed, 4, 2 * np.pi * 500) / (2 * np.pi)
    assert np.abs(found - np.array([[481.9], [503.6]])).min(axis=1).max() < 0.06
    flip = floquet_multipliers(insperger(0.1, False), rpm(10000), 2.5184121 * MM)
    passing = 2 * 10000 / 60
    lone = float(chatter_frequencies(flip, rpm(10000), 2, 2 * np.pi * 922)[0, 0]) / (2 * np.pi)
    assert lone / passing % 1 == pytest.approx(0.5, abs=1e-6)


def test_a_limit_below_the_first_step_of_the_scan_is_found():
    """Equal modes, slot: 0.0752 mm at 16,000 rpm, where a scan of 4 mm in 50 steps begins at 0.08 mm."""
    milling = insperger(1, False, "xy")
    fine = critical_depths(milling, rpm(16000), 0.5 * MM)
    coarse = critical_depths(milling, rpm(16000), 4 * MM, n_scan=50)
    assert 0 < fine.depth[0] < 0.08 * MM
    assert coarse.depth[0] == pytest.approx(fine.depth[0], rel=1e-5)
