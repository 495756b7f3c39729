"""Loads of segments, instant by instant: the closed forms of a smooth tool; a serrated tool in a path of others."""

from dataclasses import fields, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, OMEGA, feed_for, make_engagement, make_path, make_tool
from discretised_cases import MM, history, turn

from twin.cutting import Loads, contact, cutters, loads
from twin.cutting.discretised.loads import history_loads

SMOOTH = make_tool(runout=8e-6, runout_angle=0.4, n_teeth=3, flute_length=8 * MM)
ROUGHER = make_tool(number=2, n_teeth=3, flute_length=8 * MM, serration_wavelength=2 * MM, serration_amplitude=0.2 * MM)
ARC, DEPTH = (0.3, 1.7), 6 * MM


def touch_of(tools, direction, **path):
    mills = cutters(tools)
    engagement = make_engagement(DEPTH, [ARC], len(direction))
    return contact(engagement, make_path(direction, **path), mills), mills


@pytest.mark.parametrize("spindle", [OMEGA, -OMEGA])
def test_smooth_tool_has_the_loads_of_the_closed_forms(spindle):
    """Means to the sampling of a bottom edge that enters at once, peaks from below; M3 and M4."""
    touch, mills = touch_of([SMOOTH], [(1, 0, 0), (0, 1, -0.2)], spindle=spindle)
    feed, turning = jnp.full(2, feed_for(SMOOTH, 50e-6)), jnp.full(2, spindle)
    exact = loads(touch, feed, turning, mills, ALUMINIUM)
    found = history_loads(touch, feed, turning, SMOOTH, ALUMINIUM)
    size = np.asarray(exact.resultant_peak)[:, None]
    for name in ("force_mean", "force_left", "force_right"):
        assert np.all(np.abs(found[name] - getattr(exact, name)) < 4e-3 * size), name
    for name in ("resultant_peak", "torque_peak", "force_peak"):
        ratio = np.abs(found[name]) / np.abs(getattr(exact, name))
        assert np.all((ratio > 0.97) & (ratio < 1.001)), name
    assert found["power_mean"] == pytest.approx(np.asarray(exact.power_mean), rel=4e-3)


def test_serrated_tool_among_others():
    """Its segments get the history's loads, the others theirs; a wave cuts thicker chips than a smooth edge."""
    touch, mills = touch_of([SMOOTH, ROUGHER], [(1, 0, 0), (1, 0, 0), (0, 1, 0)], tool=[1, 2, 2])
    feed, spindle = jnp.full(3, feed_for(SMOOTH, 50e-6)), jnp.full(3, OMEGA)
    found = loads(touch, feed, spindle, mills, ALUMINIUM)
    alone, its_mills = touch_of([SMOOTH], [(1, 0, 0)])
    smooth = loads(alone, feed[:1], spindle[:1], its_mills, ALUMINIUM)
    for field in fields(Loads):
        expected = np.asarray(getattr(smooth, field.name)[0])
        assert np.asarray(getattr(found, field.name)[0]) == pytest.approx(expected, rel=1e-12, abs=1e-9)
    force = np.asarray(history(ROUGHER, DEPTH, ARC, [150e-6, 0.0], ALUMINIUM, turn(360), 384))
    assert found.resultant_peak[1:] == pytest.approx(np.linalg.norm(force[:, :3], axis=1).max(), rel=0.01)
    assert found.torque_mean[1:] == pytest.approx(force[:, 3].mean(), rel=0.002)
    assert found.force_mean[2, 1] == pytest.approx(float(found.force_mean[1, 0]), rel=1e-9)  # the feed is turned
    assert found.torque_mean[1] < smooth.torque_mean[0]  # less edge rubs


def test_gradient_of_a_serrated_tool():
    """Without edge forces: a difference sees more teeth touch, which a derivative at fixed contact does not."""
    chip = replace(ALUMINIUM, kte=0.0, kre=0.0, kae=0.0)
    touch, mills = touch_of([ROUGHER], [(1, 0, 0)], tool=[2])
    feed, spindle = feed_for(ROUGHER, 50e-6), jnp.full(1, OMEGA)

    def torque(factor):
        return loads(touch, jnp.full(1, feed) * factor, spindle, mills, chip).torque_mean[0]

    slope = (torque(1.001) - torque(0.999)) / 0.002
    _, forward = jax.jvp(torque, (1.0,), (1.0,))
    assert float(forward) == pytest.approx(float(slope), rel=1e-4)
