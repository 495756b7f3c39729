"""Loads of serrated tools: against the force at every instant of a finely discretised edge."""

from dataclasses import fields, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, OMEGA, feed_for, loads_of, make_engagement, make_path, make_tool
from discretised_cases import MM, history, turn

from twin.cutting import CuttingCoefficients, Loads, contact, cutters, loads
from twin.cutting.basis import force_basis, force_deviation, rescaled

RUNOUT = dict(runout=5e-6, runout_angle=0.4, runout_tilt=2e-4, runout_tilt_angle=2.0)
WAVE = dict(serration_wavelength=2 * MM, serration_amplitude=0.25 * MM)
SMOOTH = make_tool(runout=8e-6, runout_angle=0.4, n_teeth=3)
ROUGHER = make_tool(diameter=16 * MM, flute_length=32 * MM, **WAVE, **RUNOUT)
ARC, FEED = (2.0, 3.1), 0.1 * MM


def of_history(tool, depth, feed, arc=ARC):
    return np.asarray(history(tool, depth, arc, feed, ALUMINIUM, turn(719), 32 * round(depth / MM)))


@pytest.mark.parametrize("depth", [1 * MM, 4 * MM, 8 * MM])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        pytest.param({"pitch": tuple(np.radians([80, 100, 85, 95]))}, marks=pytest.mark.long),
        pytest.param({"kind": "bull"}, marks=pytest.mark.long),
    ],
)
def test_peaks_and_means_are_those_of_the_history(depth, changes):
    """Down to four waves: means to 0.5 % of the peak, peaks to 3 %; a slope down the axis too."""
    corner = {"corner_radius": 1.5 * MM} if changes.get("kind") == "bull" else {}
    tool = replace(ROUGHER, **changes, **corner)
    direction = np.array([1.0, 0.0, -0.2])
    found = loads_of(tool, depth, [ARC], FEED, direction=direction)
    across, down = 4 * FEED * direction[[0, 2]] / np.linalg.norm(direction) * [1, -1]
    force = of_history(tool, depth, [across, down])
    peak = np.linalg.norm(force[:, :3], axis=1).max()
    assert float(found.resultant_peak[0]) == pytest.approx(peak, rel=0.03)
    assert float(found.torque_peak[0]) == pytest.approx(force[:, 3].max(), rel=0.03)
    assert found.force_mean[0] == pytest.approx(force[:, :3].mean(axis=0), abs=0.01 * peak)
    assert float(found.torque_mean[0]) == pytest.approx(force[:, 3].mean(), rel=0.01)


def test_mean_torque_without_edge_force_is_the_volume_removed():
    """Whatever the waves share out among the teeth, the chip of a revolution is the feed: energy, exactly."""
    chip = CuttingCoefficients(ktc=750e6, krc=250e6, kac=200e6, kte=0.0, kre=0.0, kae=0.0)
    tool = replace(ROUGHER, runout=0.0, runout_tilt=0.0)
    found = loads_of(tool, 6 * MM, [(0.5, 2.5)], FEED, chip)
    smooth = loads_of(
        replace(tool, serration_wavelength=0.0, serration_amplitude=0.0), 6 * MM, [(0.5, 2.5)], FEED, chip
    )
    # the same power, on the shorter arm of the valleys
    assert 0.95 < float(found.torque_mean[0] / smooth.torque_mean[0]) < 1.0
    assert float(found.force_mean[0, 1] / smooth.force_mean[0, 1]) == pytest.approx(1.0, abs=0.05)


def test_serrated_tool_among_others():
    """Its segments get its loads, the others theirs, to 1e-3 in a block with both; M4 is the mirror of M3."""
    mills = cutters([SMOOTH, replace(ROUGHER, number=2)])
    turning = np.array([OMEGA, OMEGA, OMEGA, -OMEGA])
    path = make_path([(1, 0, 0), (1, 0, 0), (0, 1, 0), (1, 0, 0)], tool=[1, 2, 2, 2], spindle=turning)
    engagement = make_engagement(6 * MM, [ARC], 4)
    engagement.arc[3, :, 0] = np.pi - np.array(ARC)[::-1]
    feed = np.full(4, feed_for(ROUGHER, FEED))
    found = loads(contact(engagement, path, mills), feed, turning, mills, ALUMINIUM)
    alone = loads_of(SMOOTH, 6 * MM, [ARC], feed[0] / feed_for(SMOOTH, 1.0))
    for field in fields(Loads):
        expected = np.asarray(getattr(alone, field.name)[0])
        assert np.asarray(getattr(found, field.name)[0]) == pytest.approx(expected, rel=1e-3)
    assert found.force_mean[2, 1] == pytest.approx(float(found.force_mean[1, 0]), rel=1e-9)  # the feed is turned
    assert found.force_mean[3] == pytest.approx(np.asarray(found.force_mean[1]) * [1, -1, 1], rel=1e-9)
    assert found.torque_mean[1] < found.torque_mean[0]


@pytest.mark.long
def test_band_and_derivatives():
    """The band is that of the coefficients drawn one by one; the derivative in the feed that of a difference."""
    mills = cutters([ROUGHER])
    touch = contact(make_engagement(6 * MM, [ARC]), make_path((1.0, 0.0, 0.0)), mills)
    spindle = jnp.full(1, OMEGA)

    def forces(k, factor=1.0):
        return loads(touch, factor * jnp.full(1, feed_for(ROUGHER, FEED)), spindle, mills, k)

    basis = force_basis(forces, ALUMINIUM)
    at = forces(ALUMINIUM)
    for mean in ("force_mean", "torque_mean", "torque_peak", "resultant_peak"):
        assert getattr(rescaled(basis, ALUMINIUM), mean) == pytest.approx(np.asarray(getattr(at, mean)), rel=1e-9)
    only = CuttingCoefficients(ktc=75e6, krc=0.0, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
    more = forces(replace(ALUMINIUM, ktc=ALUMINIUM.ktc + 75e6))
    band = force_deviation(basis, only)
    assert band.torque_mean == pytest.approx(np.asarray(more.torque_mean - at.torque_mean), rel=1e-6)
    assert band.power_mean[0] > 0 and np.isfinite(band.force_peak).all()

    chip = replace(ALUMINIUM, kte=0.0, kre=0.0, kae=0.0)  # a difference sees more teeth touch, a derivative does not
    slope = (forces(chip, 1.001).torque_mean - forces(chip, 0.999).torque_mean) / 0.002
    _, forward = jax.jvp(lambda factor: forces(chip, factor).torque_mean, (1.0,), (1.0,))
    assert forward == pytest.approx(np.asarray(slope), rel=1e-3)
