"""What temperatures do to the cut: published numbers, signs, the closed loop."""

import dataclasses
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from twin.config import build
from twin.machine.machine import Machine
from twin.thermal.expansion import axis_scale, scale_error, thermal_error, tool_point_drift, workpiece_expansion
from twin.thermal.model import Workpiece, thermal_model

CONF = Path(__file__).resolve().parents[2] / "conf"
COLD = jnp.full(4, 20.0)


def at(**temperature):
    """State of the small machine with the named nodes off 20 degC."""
    names = ("spindle", "screw", "column", "workpiece")
    return jnp.array([temperature.get(name, 20.0) for name in names])


def test_steel_length_standard(small_model):
    """Three kelvin on a ball screw of 12 um/m K: 36 um/m. 300 mm at 11.5 um/m K and +40 K: 0.138 mm."""
    assert float(axis_scale(small_model, at(screw=23.0), COLD)[0]) == pytest.approx(36e-6, rel=1e-12)
    drive = dataclasses.replace(small_model.network.feed_drives["X"], expansion=11.5e-6, fixed_end=0.0)
    drives = {**small_model.network.feed_drives, "X": drive}
    model = dataclasses.replace(small_model, network=dataclasses.replace(small_model.network, feed_drives=drives))
    error = scale_error(model, at(screw=60.0), jnp.array([0.3, 0.0, 0.0]), COLD)
    assert float(error[0]) == pytest.approx(0.138e-3, rel=1e-12)


def test_axis_error_grows_from_the_fixed_end(small_model):
    """+20 K, 12 um/m K, fixed at 100 mm: nothing there, 0.012 mm 50 mm away, 0.036 mm 150 mm away."""
    axis_position = jnp.array([[0.10, 0, 0], [0.15, 0, 0], [0.25, 0, 0], [0.05, 0, 0]])
    states = jnp.tile(at(screw=40.0)[None, :], (4, 1))
    error = scale_error(small_model, states, axis_position, COLD)
    np.testing.assert_allclose(error[:, 0] * 1e3, [0, 0.012, 0.036, -0.012], atol=1e-12)
    np.testing.assert_allclose(error[:, 1:], 0, atol=1e-15)


def test_warm_spindle_cuts_deep(small_model):
    """Ten kelvin on 250 mm at 11.5 um/m K: the tip comes 28.75 um down."""
    drift = tool_point_drift(small_model, at(spindle=30.0), COLD)
    np.testing.assert_allclose(drift * 1e6, [0, 0, -28.75], atol=1e-9)


def test_datum_removes_what_was_there_when_the_part_was_probed(small_model):
    warm = at(spindle=35.0, screw=24.0)
    place = jnp.array([0.3, 0.1, 0.2])
    np.testing.assert_allclose(thermal_error(small_model, warm, place, jnp.zeros(3), warm), 0, atol=1e-18)


def test_warm_part_cut_to_size_measures_small(small_model):
    """AA7075 at 25 degC: a 100 mm length cut at nominal is 100 mm (1 - 5 K 23.4 um/m K) at 20 degC."""
    ends = jnp.array([[0.0, 0, 0], [0.1, 0, 0]])
    warm = jnp.tile(at(workpiece=25.0)[None, :], (2, 1))
    error = thermal_error(small_model, warm, jnp.zeros((2, 3)), ends, COLD)
    # a surface lies where the tip really was in the material: length at 20 degC = nominal + difference of the errors
    length = 0.1 + float(error[1, 0] - error[0, 0])
    assert length == pytest.approx(0.1 * (1 - 5 * 23.4e-6), rel=1e-12)
    np.testing.assert_allclose(workpiece_expansion(small_model, warm, ends)[1] * 1e6, [11.7, 0, 0], atol=1e-9)


@pytest.mark.parametrize("name", ["vmc_3axis", "hurco"])
def test_even_rise_of_the_structure_moves_nothing(name):
    """Patch test: the members close a loop of one material, so tool and table go together."""
    file = CONF / "machine" / f"{name}.yaml"
    machine = build(Machine, yaml.safe_load(file.read_text()), "machine", file=file)
    model = thermal_model(machine.thermal, Workpiece(3000.0, 0.2, 23.4e-6))
    cold = jnp.full(len(model.nodes), 20.0)
    np.testing.assert_allclose(tool_point_drift(model, cold + 1, cold), 0, atol=1e-15)
    nose = tool_point_drift(model, cold.at[model.index("front_bearing")].add(1.0), cold)
    assert float(nose[2]) < 0
