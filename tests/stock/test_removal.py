"""The whole Cut: setups with a tilted tool axis, limits, and what its parts say together."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from test_zmap import TOOLS, path_of

from twin.errors import InputError
from twin.stock.grid import Grid
from twin.stock.removal import MIB, RemovalSettings, cut, memory_estimate
from twin.stock.setup import setup_frame
from twin.stock.workpiece import Stock

SETTINGS = RemovalSettings(
    resolution=0.25e-3, band=120e-6, n_candidates=4, collision_tolerance=20e-6, target_tolerance=10e-6, n_mib_limit=500
)
STOCK = Stock.box((-10e-3, -8e-3, -6e-3), (10e-3, 8e-3, 0))


def level_pass(tool=1):
    """In from the side at 2 mm depth, along and out."""
    points = np.linspace((-17e-3, 1.1e-3, -2e-3), (17e-3, 1.1e-3, -2e-3), 18)
    return path_of(points[:-1], points[1:], tool)


def turned(path, rotation):
    """The same path on a table turned by ``rotation`` (3, 3)."""
    return replace(
        path,
        start=path.start @ rotation.T,
        end=path.end @ rotation.T,
        axis_start=path.axis_start @ rotation.T,
        axis_end=path.axis_end @ rotation.T,
    )


def tilt(a, b):
    """Rotation about x by a, then about z by b [rad]."""
    ca, sa, cb, sb = np.cos(a), np.sin(a), np.cos(b), np.sin(b)
    return np.array([[cb, -sb, 0], [sb, cb, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])


def test_parts_of_a_cut_agree():
    found = cut(level_pass(), TOOLS, STOCK, SETTINGS)
    assert found.stock_volume == pytest.approx(20e-3 * 16e-3 * 6e-3)
    assert found.removed_volume == pytest.approx(10e-3 * 20e-3 * 2e-3, rel=2e-2)
    assert found.removed_volume == pytest.approx(found.engagement.volume.sum())
    columns = found.columns
    left = np.where(np.isfinite(columns.top), columns.top - columns.floor, 0.0).sum(dtype=float)
    volume = left * columns.spacing[0] * columns.spacing[1]
    assert volume == pytest.approx(found.stock_volume - found.removed_volume, rel=1e-6)
    floor = found.surface.machined & (found.surface.family == 2)
    assert found.surface.position[floor, 2] == pytest.approx(np.full(floor.sum(), -2e-3), abs=1e-8)
    assert not found.collisions and not found.comparison.gouges


@pytest.mark.parametrize("rotation", [tilt(0.6, 0.9), tilt(np.pi, 0.0), tilt(np.pi / 2, 0.3)])
def test_tilted_setup_cuts_the_same_part(rotation):
    """3+2: everything turned together gives the turned surface; only the grid's rounding differs."""
    pose = np.eye(4)
    pose[:3, :3] = rotation
    frame = setup_frame(turned(level_pass(), rotation))
    # the shortest way back to +z leaves a turn about the tool axis: compare in a stock that is square to both
    spin = frame.rotation @ rotation
    assert spin @ [0, 0, 1] == pytest.approx([0, 0, 1], abs=1e-12)
    upright = cut(turned(level_pass(), spin), TOOLS, STOCK.transformed(_pose(spin)), SETTINGS)
    tilted = cut(turned(level_pass(), rotation), TOOLS, STOCK.transformed(pose), SETTINGS)
    assert tilted.removed_volume == pytest.approx(upright.removed_volume, rel=1e-4)
    assert tilted.removed_volume == pytest.approx(cut(level_pass(), TOOLS, STOCK, SETTINGS).removed_volume, rel=0.02)
    normal = tilted.surface.normal[tilted.surface.machined & (tilted.surface.family == 2)]
    assert np.abs(normal - rotation[:, 2]).max() < 1e-6
    height = tilted.surface.position @ rotation[:, 2]
    floor = tilted.surface.machined & (tilted.surface.family == 2)
    assert height[floor] == pytest.approx(np.full(floor.sum(), -2e-3), abs=1e-8)
    back = tilted.columns.pose[:3, :3] @ [0, 0, 1]
    assert back == pytest.approx(rotation[:, 2], abs=1e-12)


def _pose(rotation):
    pose = np.eye(4)
    pose[:3, :3] = rotation
    return pose


def test_changing_tool_axis_names_the_line():
    path = level_pass()
    axis = path.axis_end.copy()
    axis[5:] = [0.0, np.sin(0.1), np.cos(0.1)]
    with pytest.raises(InputError, match="part.nc:6: the tool axis tilts by 5.73 degrees"):
        cut(replace(path, axis_end=axis), TOOLS, STOCK, SETTINGS, file="part.nc")


def test_missing_tool_names_the_line():
    with pytest.raises(InputError, match="part.nc:1: tool T7 is not in the tool table"):
        cut(level_pass(7), TOOLS, STOCK, SETTINGS, file="part.nc")


def test_too_much_memory_is_refused_before_the_run():
    with pytest.raises(InputError, match="would need about .* MiB, more than the 500 MiB allowed"):
        cut(level_pass(), TOOLS, STOCK, replace(SETTINGS, resolution=5e-6))


def test_memory_estimate_grows_with_the_cells():
    coarse, fine = (Grid.over(STOCK.lower, STOCK.upper, step) for step in (0.2e-3, 0.1e-3))
    ratio = memory_estimate(fine, 0, 4) / memory_estimate(coarse, 0, 4)
    assert 3.5 < ratio < 4.5
    assert memory_estimate(fine, 0, 4) < 100 * MIB


def test_memory_stays_below_its_estimate():
    grid = Grid.over(STOCK.lower, STOCK.upper, 0.1e-3)
    settings = replace(SETTINGS, resolution=0.1e-3)
    cut(level_pass(), TOOLS, STOCK, SETTINGS)  # compiled before it is measured
    tracemalloc.start()
    cut(level_pass(), TOOLS, STOCK, settings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < memory_estimate(grid, 17, settings.n_candidates)


def test_rapid_through_stock_cuts_and_collides():
    path = path_of([(-17e-3, 0, -1e-3)], [(17e-3, 0, -1e-3)], 1, rapid=True)
    found = cut(path, TOOLS, STOCK, SETTINGS)
    assert found.removed_volume == pytest.approx(10e-3 * 20e-3 * 1e-3, rel=2e-2)
    assert [(c.kind, c.line) for c in found.collisions] == [("rapid", 1)]
    assert found.collisions[0].depth == pytest.approx(1e-3, abs=25e-6)


def test_start_pose_inside_the_stock_is_reported():
    """The machine stands in the block when the program starts and leaves sideways at rapid."""
    path = path_of([(0, 0, -3e-3), (17e-3, 0, -3e-3)], [(17e-3, 0, -3e-3), (17e-3, 0, 5e-3)], 1, rapid=True)
    assert [(c.kind, c.line) for c in cut(path, TOOLS, STOCK, SETTINGS).collisions] == [("rapid", 1)]


def test_an_undercut_stock_is_refused():
    """A block with a slot through its side: rays along the tool meet two pieces of material."""
    block = trimesh.creation.extrude_triangulation(
        np.array([[-8, -6], [8, -6], [8, -4], [4, -4], [4, -2], [8, -2], [8, 0], [-8, 0]]) * 1e-3,
        np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 7], [4, 5, 6], [4, 6, 7]]),
        height=16e-3,
    )
    stock = Stock.from_mesh(block.vertices, block.faces)
    upright = np.array([[1.0, 0, 0, 0], [0, 0, -1, 8e-3], [0, 1, 0, 0], [0, 0, 0, 1]])
    with pytest.raises(InputError, match="undercut along the tool axis, at X4"):
        cut(level_pass(), TOOLS, stock.transformed(upright), SETTINGS)
