"""The mesh of the part: closed whatever was cut, true to closed forms, good enough to be the next stock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock.cut import Columns, Cut, Surface
from twin.stock.grid import Grid
from twin.stock.mesh import PartMesh, part_mesh
from twin.stock.removal import RemovalSettings, cut
from twin.stock.workpiece import Stock, edge_faults, mesh_volume

MM = 1e-3
BLOCK = Stock.box((0, 0, -10 * MM), (40 * MM, 30 * MM, 0))


def tool(**changes) -> Tool:
    shape = {"kind": "flat", "diameter": 10 * MM, "n_teeth": 2, "flute_length": 20 * MM, "stick_out": 30 * MM}
    return Tool(number=1, name="test", **(shape | changes))


def path(*pieces, axis=(0.0, 0.0, 1.0)) -> Toolpath:
    """Feeds along each of ``pieces``: (start, end) [mm]."""
    start, end = (np.array([piece[k] for piece in pieces], float) * MM for k in (0, 1))
    n = len(start)
    up = np.tile(np.asarray(axis, float), (n, 1))
    return Toolpath(
        start, end, up, up, np.zeros(n, bool), np.full(n, 0.01), np.ones(n, np.int32), np.full(n, 100.0),
        np.zeros(n, np.int8), np.arange(1, n + 1, dtype=np.int32), np.arange(n, dtype=np.int32),
        np.tile([0.0, 1.0], (n, 1)),
    )  # fmt: skip


def machine(stock: Stock, moves: Toolpath, cutter: Tool, resolution: float) -> tuple[Cut, PartMesh]:
    limits = RemovalSettings(
        resolution=resolution, band=120e-6, n_candidates=4, collision_tolerance=20e-6, target_tolerance=10e-6,
        n_mib_limit=1000,
    )  # fmt: skip
    left = cut(moves, {1: cutter}, stock, limits)
    return left, part_mesh(left.columns, left.surface, stock)


def volume(mesh: PartMesh) -> float:
    assert edge_faults(mesh.faces) == (0, 0)
    return mesh_volume(mesh.vertices, mesh.faces)


def slot(angle: float, beside: float, depth: float) -> tuple:
    """Start and end [mm] of a line across the block, ``beside`` its middle, at ``angle`` to x."""
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([20, 15]) + beside * across
    return (*(middle - 40 * along), depth), (*(middle + 40 * along), depth)


def test_an_uncut_box_keeps_its_edges_and_corners():
    _, mesh = machine(BLOCK, path(((0, 0, 5), (10, 0, 5))), tool(), 0.7 * MM)
    assert volume(mesh) == pytest.approx(BLOCK.volume, rel=2e-6)
    np.testing.assert_allclose([mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)], BLOCK.bounds, atol=1e-7)
    for corner in BLOCK.mesh()[0]:
        assert np.linalg.norm(mesh.vertices - corner, axis=1).min() < 2e-6


def test_a_thin_wall_oblique_to_the_grid_is_as_thick_as_programmed():
    """Two slots 10 wide, 11.5 apart, at 13 degrees leave a wall of 1.5; the mesh is 0.25 mm wide."""
    angle = np.deg2rad(13)
    _, mesh = machine(BLOCK, path(slot(angle, 5.75, -6), slot(angle, -5.75, -6)), tool(), 0.25 * MM)
    volume(mesh)
    offset = (mesh.vertices[:, :2] - np.array([20, 15]) * MM) @ np.array([-np.sin(angle), np.cos(angle)])
    x, z = mesh.vertices[:, 0], mesh.vertices[:, 2]
    inside = (np.abs(offset) < 1.5 * MM) & (z > -5.7 * MM) & (z < -0.3 * MM) & (np.abs(x - 20 * MM) < 19 * MM)
    assert inside.sum() > 5000
    left, right = offset[inside & (offset > 0)], offset[inside & (offset < 0)]
    np.testing.assert_allclose(left, 0.75 * MM, atol=1e-6)
    np.testing.assert_allclose(right, -0.75 * MM, atol=1e-6)


def test_a_slot_removes_its_closed_form():
    """Walls at 13 degrees, and 40 / cos long between the sides of the block."""
    angle = np.deg2rad(13)
    _, mesh = machine(BLOCK, path(slot(angle, 0, -5)), tool(), 0.5 * MM)
    removed = BLOCK.volume - volume(mesh)
    assert removed == pytest.approx(40 / np.cos(angle) * 10 * 5 * MM**3, rel=2e-4)


def test_a_ball_end_leaves_a_sphere_that_converges_with_second_order():
    cutter, centre = tool(kind="ball"), np.array([20, 15, 2]) * MM
    error = []
    for resolution in (0.5, 0.25, 0.125):
        _, mesh = machine(BLOCK, path(((20, 15, 5), (20, 15, -3))), cutter, resolution * MM)
        removed = BLOCK.volume - volume(mesh)
        error.append(abs(removed / (np.pi * 9 * 4 * MM**3) - 1))
        bowl = np.hypot(*(mesh.vertices[:, :2] - centre[:2]).T) < 3 * MM
        bowl &= mesh.vertices[:, 2] > -5 * MM
        distance = np.linalg.norm(mesh.vertices[bowl] - centre, axis=1)
        # A vertex lies where tangent planes within one cell meet: (sqrt(3) h / 2)^2 / 2R off the sphere at most.
        assert np.abs(distance - 5 * MM).max() < 3 * (resolution * MM) ** 2 / (8 * 5 * MM)
    assert error[0] < 5e-3 and error[2] < error[0] / 10


@pytest.mark.parametrize("coarser", [2, 3, 5])
def test_a_coarser_mesh_keeps_walls_and_edges_in_their_place(coarser):
    angle, resolution = np.deg2rad(13), 0.25 * MM
    left, fine = machine(BLOCK, path(slot(angle, 0, -5)), tool(), resolution)
    mesh = part_mesh(left.columns, left.surface, BLOCK, spacing=coarser * resolution)
    assert len(mesh.faces) == pytest.approx(len(fine.faces) / coarser**2, rel=0.1)
    exact = BLOCK.volume - 40 / np.cos(angle) * 10 * 5 * MM**3
    assert volume(mesh) == pytest.approx(exact, rel=1e-4)
    np.testing.assert_allclose([mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)], BLOCK.bounds, atol=1e-6)
    offset = (mesh.vertices[:, :2] - np.array([20, 15]) * MM) @ np.array([-np.sin(angle), np.cos(angle)])
    wall = (np.abs(np.abs(offset) - 5 * MM) < 0.1 * MM) & (np.abs(mesh.vertices[:, 0] - 20 * MM) < 18 * MM)
    wall &= (mesh.vertices[:, 2] < -1.3 * MM) & (mesh.vertices[:, 2] > -3.7 * MM)
    assert wall.sum() > 50
    np.testing.assert_allclose(np.abs(offset[wall]), 5 * MM, atol=1e-6)
    assert (mesh.sample[wall] >= 0).all()


def test_a_hole_goes_through():
    _, mesh = machine(BLOCK, path(((20, 15, 5), (20, 15, -12))), tool(), 0.5 * MM)
    assert BLOCK.volume - volume(mesh) == pytest.approx(np.pi * 25 * 10 * MM**3, rel=3e-3)
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    euler = len(mesh.vertices) - len(np.unique(edges, axis=0)) + len(mesh.faces)
    assert euler == 0  # one handle


def test_vertices_know_their_samples():
    left, mesh = machine(BLOCK, path(slot(0.3, 0, -5)), tool(kind="ball"), 0.5 * MM)
    known = mesh.sample >= 0
    apart = np.linalg.norm(mesh.vertices[known] - left.surface.position[mesh.sample[known]], axis=1)
    assert apart.max() < np.sqrt(3) * 0.5 * MM
    # Over the slot every vertex has one.
    inner = (np.abs(mesh.vertices - [20 * MM, 15 * MM, -5 * MM]) < [5 * MM, 3 * MM, 3 * MM]).all(axis=1)
    assert known[inner].all()


def test_the_part_is_the_stock_of_the_next_setup():
    """A slot 6 deep from above, one 6 deep across it from below: they meet in a window of 10 x 10."""
    _, first = machine(BLOCK, path(((-10, 15, -6), (50, 15, -6))), tool(), 0.5 * MM)
    over = np.diag([1.0, -1.0, -1.0, 1.0])  # half a turn about x
    over[:3, 3] = [0, 30 * MM, -10 * MM]  # back onto its place, underside up
    turned = Stock.from_mesh(first.vertices, first.faces).transformed(over)
    np.testing.assert_allclose(turned.bounds, BLOCK.bounds, atol=1e-6)
    assert turned.volume == pytest.approx((40 * 30 * 10 - 40 * 10 * 6) * MM**3, rel=1e-4)
    left, second = machine(turned, path(((20, -10, -6), (20, 40, -6))), tool(), 0.5 * MM)
    # Where the slots cross, 2 of the 6 are gone already.
    assert left.removed_volume == pytest.approx((30 * 10 * 6 - 10 * 10 * 2) * MM**3, rel=1e-3)
    assert volume(second) == pytest.approx((12000 - 2400 - 1800 + 200) * MM**3, rel=1e-3)
    assert np.isneginf(left.columns.top).sum() == pytest.approx(400, abs=20)  # 10 x 10 mm at 0.5


def test_a_setup_with_a_tilted_axis_comes_out_in_the_part_frame():
    """The same slot from the side: tool axis along +y, 4 deep below the face at y = 30."""
    moves = path(((-10, 26, -5), (50, 26, -5)), axis=(0, 1, 0))
    _, mesh = machine(BLOCK, moves, tool(diameter=4 * MM), 0.5 * MM)
    assert BLOCK.volume - volume(mesh) == pytest.approx(40 * 4 * 4 * MM**3, rel=2e-3)
    np.testing.assert_allclose([mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)], BLOCK.bounds, atol=1e-6)
    inner = (np.abs(mesh.vertices - [20 * MM, 28 * MM, -5 * MM]) < [15 * MM, 1 * MM, 4 * MM]).all(axis=1)
    np.testing.assert_allclose(np.abs(mesh.vertices[inner, 2] + 5 * MM), 2 * MM, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=20, max_size=20), st.lists(st.integers(0, 5), min_size=20, max_size=20))
def test_any_columns_give_a_closed_mesh(low, high):
    """Columns that touch along edges only, float on nothing, or are missing, without a single sample."""
    stock = Stock.box((0, 0, 0), (5, 4, 5))
    grid = Grid.over(stock.lower, stock.upper, 1.0)
    floor, top = (np.array(z, np.float32).reshape(4, 5) for z in (low, high))
    gone = top <= floor
    columns = Columns(np.zeros(2), np.array(grid.spacing), np.where(gone, -np.inf, top), np.where(gone, np.inf, floor))
    nothing = Surface(np.empty((0, 3)), np.empty((0, 3)), np.empty(0), np.empty(0, np.int8), np.empty(0, bool))
    if gone.all():
        with pytest.raises(InputError, match="no material"):
            part_mesh(columns, nothing, stock)
        return
    mesh = part_mesh(columns, nothing, stock)
    assert edge_faults(mesh.faces) == (0, 0)
    assert mesh_volume(mesh.vertices, mesh.faces) > 0
    assert (mesh.sample == -1).all()
