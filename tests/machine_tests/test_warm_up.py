"""The warm-up of a whole structure: energy, places of heat, bad input."""

import numpy as np
import pytest
import yaml

from twin.config import build
from twin.errors import InputError
from twin.machine import Machine
from twin.machine_tests.warm_up import warm_up
from twin.resources import shared_folder
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.voxels import voxelise

SPEED = 8000 * np.pi / 30


def read(kind, group, name, **changes):
    values = yaml.safe_load((shared_folder("conf") / group / f"{name}.yaml").read_text()) | changes
    return build(kind, values, group)


@pytest.fixture(scope="module")
def machine():
    return read(Machine, "machine", "vmc_3axis")


def test_the_heat_of_bearings_and_motor_is_in_the_cells(machine):
    """Ten minutes without the spindle's jacket: next to nothing has left yet."""
    structure = read(Structure, "structure", "vmc_c_frame", coolings={})
    voxels = voxelise(structure)
    warm = warm_up(machine, structure, voxels, duration=600.0, spindle_speed=SPEED, ambient=20.0)
    bodies = list(structure.bodies.values())
    capacity = np.array([
        structure.materials[b.material].density * structure.materials[b.material].specific_heat
        for b in bodies
    ])[voxels.cell_body] * np.prod(voxels.spacing)  # fmt: skip
    stored = warm.rise[-1] @ capacity
    assert 0.97 < stored / (600.0 * sum(warm.heat.values())) < 1.0
    assert set(warm.heat) == {"front_bearing", "rear_bearing", "spindle_motor"}
    assert np.all(np.diff(warm.rise.max(axis=1)) > 0)


def test_heat_without_a_place_and_a_spindle_at_rest(machine):
    structure = read(Structure, "structure", "vmc_c_frame")
    voxels = voxelise(structure)
    with pytest.raises(InputError, match="needs a duration and a speed"):
        warm_up(machine, structure, voxels, duration=600.0, spindle_speed=0.0, ambient=20.0)
    other = read(Structure, "structure", "vmc_c_frame")
    other.heats.pop("front_bearing")
    with pytest.raises(InputError, match="heats front_bearing, for which the structure has no place"):
        warm_up(machine, other, voxels, duration=600.0, spindle_speed=SPEED, ambient=20.0)
