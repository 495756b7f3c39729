"""The state of a wall while it is cut, against strategies whose state is known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from twin.config import build
from twin.cutting.form import DeclaredWall, ThinWall, standing, wall_compliance, wall_yields
from twin.errors import InputError
from twin.program.program import Toolpath

WALL = DeclaredWall(
    name="rib",
    start=(0.0, 0.0),
    end=(60e-3, 0.0),
    thickness=1.5e-3,
    top=0.0,
    foot=-20e-3,
    built_in_ends=True,
    poisson=0.33,
)
RADIUS, ALLOWANCE, ELASTIC = 5e-3, 0.5e-3, 71.7e9
FACE = RADIUS + WALL.thickness / 2


def passes(*rows: tuple[float, float, float]) -> tuple[Toolpath, np.ndarray, np.ndarray]:
    """Straight passes along +X, each (y, tip z, engaged depth) [m], in pieces of 2 mm; with depth and volume."""
    start, end, depth = [], [], []
    for y, z, deep in rows:
        x = np.arange(-10e-3, 70e-3, 2e-3)
        start += [(a, y, z) for a in x]
        end += [(a + 2e-3, y, z) for a in x]
        depth += [deep] * len(x)
    n = len(start)
    up, one = np.tile([0.0, 0.0, 1.0], (n, 1)), np.ones(n)
    row = np.arange(n, dtype=np.int32)
    path = Toolpath(
        np.array(start), np.array(end), up, up, one < 0, one, row, one, one.astype(np.int8), row, row, np.zeros((n, 2))
    )
    return path, np.array(depth), np.array(depth) * 2e-3 * ALLOWANCE


def rough(level: float, depth: float) -> list[tuple[float, float, float]]:
    return [(side * (FACE + ALLOWANCE), level, depth) for side in (1, -1)]


def found(*rows):
    path, depth, volume = passes(*rows)
    return standing(WALL, path, np.full(len(depth), RADIUS), depth, volume)


def test_roughed_to_depth_first_the_whole_wall_bends():
    here = found(*rough(-10e-3, 10e-3), *rough(-20e-3, 10e-3), (FACE, -10e-3, 10e-3))
    assert len(here.segment) == 30  # of one pass over 60 mm; roughing shapes nothing
    assert here.height == pytest.approx(20e-3) and here.contact == pytest.approx(15e-3)
    # 1.5 and 0.5 beyond; below the cut 0.5 on this side too, in the cut half of that
    below, within = 2.5e-3, 2.25e-3
    alike = ((10 * below**-3 + 5 * within**-3) / 15) ** (-1 / 3)
    assert here.thickness == pytest.approx(alike, rel=1e-6)
    assert here.width == pytest.approx(ALLOWANCE)
    assert (here.side == 1).all()


def test_level_by_level_it_stands_on_solid_metal():
    here = found(*rough(-10e-3, 10e-3), (FACE, -10e-3, 10e-3), *rough(-20e-3, 10e-3), (FACE, -20e-3, 10e-3))
    assert here.height[:30] == pytest.approx(10e-3) and here.contact[:30] == pytest.approx(5e-3)
    assert here.height[30:] == pytest.approx(20e-3) and here.contact[30:] == pytest.approx(5e-3)


def test_the_second_face_finds_the_first_one_finished():
    here = found(*rough(-20e-3, 20e-3), (FACE, -20e-3, 20e-3), (-FACE, -20e-3, 20e-3))
    assert here.thickness[:30] == pytest.approx(2.25e-3) and here.thickness[30:] == pytest.approx(1.75e-3)
    assert (here.side[:30] == 1).all() and (here.side[30:] == -1).all()


def test_backed_by_solid_metal_it_is_no_thin_wall():
    here = found((FACE + ALLOWANCE, -20e-3, 20e-3), (FACE, -20e-3, 20e-3))
    assert len(here.segment) == 0


@pytest.mark.parametrize("side", [1, -1])
def test_it_yields_by_compliance_times_force_less_the_width_it_leaves(side):
    rows = (*rough(-20e-3, 20e-3), (side * FACE, -20e-3, 20e-3))
    path, depth, volume = passes(*rows)
    n, here = len(depth), found(*rows)
    push = np.zeros((n, 3))
    push[:, 1] = 100.0 * side  # the wall pushes the tool away from itself
    none = np.zeros((n, 3))
    left, right = (none, push) if side > 0 else (push, none)  # the feed runs along +X: the wall is to its right
    got = wall_yields([WALL], path, np.full(n, RADIUS), depth, volume, left, right, ELASTIC)
    plate = ThinWall(20e-3, 60e-3, 2.25e-3, ELASTIC, WALL.poisson, built_in_ends=True)
    free = 100.0 * np.asarray(wall_compliance(plate, here.along, here.contact))
    expected = free / (1 + free / ALLOWANCE)
    assert expected.max() > 5e-6
    assert got[here.segment, 1] == pytest.approx(side * expected, rel=1e-6)
    assert not np.delete(got, here.segment, axis=0).any()


def test_walls_that_cannot_be():
    with pytest.raises(InputError, match="thin wall 'rib' has no length"):
        replace(WALL, end=WALL.start)
    with pytest.raises(InputError, match="thickness_mn"):
        build(DeclaredWall, {"name": "rib", "thickness_mn": 1.5}, "[0]", file="thin_walls.yaml")
