"""Stock seen along rays: closed forms, convergence orders, and ties that must fall one way."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.stock.raycast import RAY_AXES, mesh_intervals
from twin.stock.workpiece import Stock, edge_faults, mesh_volume


def ray_volume(stock: Stock, direction: int, n: int) -> float:
    """Midpoint sum of the lengths of n x n rays over the bounding box."""
    a, b, _ = RAY_AXES[direction]
    step = (stock.upper - stock.lower) / n
    u, v = (stock.lower[k] + step[k] * (np.arange(n) + 0.5) for k in (a, b))
    rays = np.meshgrid(u, v, indexing="ij")
    return float(np.nansum(np.diff(stock.intervals(direction, rays[0].ravel(), rays[1].ravel())))) * step[a] * step[b]


def turn(axis: int, angle: float, shift=(0.0, 0.0, 0.0)) -> np.ndarray:
    """Pose: a rotation about x, y or z, then a shift."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    pose = np.eye(4)
    pose[i, i] = pose[j, j] = np.cos(angle)
    pose[j, i] = np.sin(angle)
    pose[i, j] = -np.sin(angle)
    pose[:3, 3] = shift
    return pose


@pytest.mark.parametrize("direction", [0, 1, 2])
def test_box_volume_is_exact_along_every_axis(direction):
    stock = Stock.box((-0.01, 0.02, -0.03), (0.09, 0.08, 0.0))
    assert stock.volume == pytest.approx(0.1 * 0.06 * 0.03, rel=1e-14)
    assert ray_volume(stock, direction, 8) == pytest.approx(stock.volume, rel=1e-13)


def test_top_of_a_box_and_beside_it():
    stock = Stock.box((0, 0, 0), (0.1, 0.05, 0.02))
    top = stock.z_top(np.array([[0.0], [0.1], [-1e-9]]), np.array([0.0, 0.049]))
    # The lower faces belong to the box, the upper ones do not.
    np.testing.assert_array_equal(top, [[0.02, 0.02], [-np.inf, -np.inf], [-np.inf, -np.inf]])


@pytest.mark.parametrize("axis", [(0, 0, 1), (0, 1, 0), (1, 2, 3)])
@pytest.mark.parametrize("direction", [0, 1, 2])
def test_cylinder_rays_converge_to_the_closed_form(axis, direction):
    stock = Stock.cylinder((0.01, 0.02, 0.03), 0.02, 0.05, axis)
    assert stock.volume == pytest.approx(np.pi * 0.02**2 * 0.05, rel=1e-14)
    assert ray_volume(stock, direction, 300) == pytest.approx(stock.volume, rel=2e-4)
    assert mesh_volume(*stock.mesh(1e-7)) == pytest.approx(stock.volume, rel=3e-5)
    assert edge_faults(stock.mesh()[1]) == (0, 0)


def test_a_turned_box_is_its_turned_mesh():
    pose = turn(0, 0.3) @ turn(2, 1.1, (0.01, 0, 0.02))
    box = Stock.box((0, 0, 0), (0.04, 0.03, 0.02)).transformed(pose)
    mesh = Stock.from_mesh(*box.mesh())
    rng = np.random.default_rng(1)
    for direction in range(3):
        a, b, _ = RAY_AXES[direction]
        u = rng.uniform(box.lower[a], box.upper[a], 500)
        v = rng.uniform(box.lower[b], box.upper[b], 500)
        np.testing.assert_allclose(box.intervals(direction, u, v), mesh.intervals(direction, u, v), atol=1e-15)


def test_turned_over_stock_shows_its_underside():
    step = trimesh.util.concatenate(
        [
            trimesh.creation.box(bounds=[[0, 0, 0], [4, 4, 1]]),
            trimesh.creation.box(bounds=[[0, 0, 1], [1, 4, 3]]),
        ]
    )
    stock = Stock.from_mesh(step.vertices, step.faces)
    over = stock.transformed(turn(0, np.pi, (0, 4, 3)))  # y -> 4 - y, z -> 3 - z
    x, y = np.array([0.5, 2.5]), np.array([2.0, 2.0])
    np.testing.assert_allclose(stock.z_top(x, y), [3, 1], atol=1e-12)
    np.testing.assert_allclose(over.z_top(x, y), [3, 3], atol=1e-12)
    np.testing.assert_allclose(over.intervals(2, x, y)[:, 0, 0], [0, 2], atol=1e-12)
    assert over.volume == pytest.approx(4 * 4 * 1 + 1 * 4 * 2)


def test_rays_through_a_polyhedron_converge_with_second_order():
    mesh = trimesh.creation.icosphere(3, radius=0.02)
    stock = Stock.from_mesh(mesh.vertices, mesh.faces)
    assert stock.volume == pytest.approx(mesh.volume, rel=1e-12)
    error = [abs(ray_volume(stock, 2, n) / mesh.volume - 1) for n in (40, 160, 640)]
    assert np.log(error[0] / error[2]) / np.log(16) > 1.5
    assert error[2] < 1e-5


@pytest.mark.parametrize("direction", [0, 1, 2])
def test_finer_spheres_approach_the_closed_form_with_second_order(direction):
    exact = 4 / 3 * np.pi * 0.02**3
    error = []
    for subdivisions in (2, 3, 4):
        mesh = trimesh.creation.icosphere(subdivisions, radius=0.02)
        error.append(1 - ray_volume(Stock.from_mesh(mesh.vertices, mesh.faces), direction, 400) / exact)
    assert np.log2(np.array(error[:-1]) / error[1:]) == pytest.approx([2, 2], abs=0.1)


def test_rays_through_a_torus_have_two_intervals_of_the_closed_form():
    mesh = trimesh.creation.torus(0.03, 0.01, major_sections=400, minor_sections=200)
    stock = Stock.from_mesh(mesh.vertices, mesh.faces)
    y = np.linspace(-0.015, 0.015, 31) + 1e-5
    z = np.full_like(y, 0.0031)
    bounds = stock.intervals(0, y, z)
    assert bounds.shape == (31, 2, 2)
    half = np.sqrt(0.01**2 - z**2)
    outer, inner = np.sqrt((0.03 + half) ** 2 - y**2), np.sqrt((0.03 - half) ** 2 - y**2)
    expected = np.stack([np.stack([-outer, -inner], 1), np.stack([inner, outer], 1)], axis=1)
    np.testing.assert_allclose(bounds, expected, atol=5e-6)  # sagitta of 1.6e-2 rad chords


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**27 - 1), st.integers(0, 2))
def test_rays_through_edges_and_vertices_see_one_side(filled, direction):
    """Random sets of unit cubes: rays along the lattice lines see exactly the cubes on their + side."""
    solid = np.array([filled >> i & 1 for i in range(27)], dtype=bool).reshape(3, 3, 3)
    if not solid.any():
        return
    cells = np.argwhere(solid)
    cubes = [trimesh.creation.box(bounds=[c, c + 1]) for c in cells]
    mesh = trimesh.util.concatenate(cubes)  # faces between neighbours stay in, twice
    a, b, w = RAY_AXES[direction]
    u, v = (g.ravel().astype(float) for g in np.meshgrid(np.arange(-1, 5), np.arange(-1, 5), indexing="ij"))
    first, bounds = mesh_intervals(np.asarray(mesh.vertices), np.asarray(mesh.faces), direction, u, v)
    column = np.moveaxis(solid, (a, b, w), (0, 1, 2))
    for ray, (i, j) in enumerate(zip(u.astype(int), v.astype(int), strict=True)):
        inside = np.zeros(5, dtype=int)
        if 0 <= i < 3 and 0 <= j < 3:
            inside[1:4] = column[i, j]
        edges = np.diff(inside)
        expected = np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)
        np.testing.assert_array_equal(bounds[first[ray] : first[ray + 1]], expected)


def test_no_ray_leaks_through_a_turned_sphere():
    """Rays through every vertex and edge midpoint, where rounding decides: none is lost or doubled."""
    mesh = trimesh.creation.icosphere(3, radius=1.0)
    points = mesh.vertices @ turn(0, 0.7)[:3, :3].T
    stock = Stock.from_mesh(points, mesh.faces)
    edges = points[mesh.edges_unique].mean(axis=1)
    hits = np.concatenate([points, edges])
    inner = hits[np.hypot(hits[:, 0], hits[:, 1]) < 0.99]
    bounds = stock.intervals(2, inner[:, 0], inner[:, 1])
    assert bounds.shape[1] == 1
    half = np.sqrt(1 - (inner[:, :2] ** 2).sum(axis=1))
    # the far and near side, within the sagitta of the facets
    assert np.nanmax(np.abs(bounds[:, 0, 1] - half)) < 0.06
    assert np.nanmax(np.abs(bounds[:, 0, 0] + half)) < 0.06
    assert not np.isnan(bounds).any()


def test_overlapping_bodies_are_one_material():
    mesh = trimesh.util.concatenate(
        [trimesh.creation.box(bounds=[[0, 0, 0], [2, 2, 2]]), trimesh.creation.box(bounds=[[0, 0, 1], [1, 1, 3]])]
    )
    bounds = Stock.from_mesh(mesh.vertices, mesh.faces).intervals(2, [0.5, 1.5], [0.5, 1.5])
    np.testing.assert_allclose(bounds, [[[0, 3]], [[0, 2]]])


def test_an_open_mesh_names_file_and_open_edges():
    mesh = trimesh.creation.icosphere(2)
    with pytest.raises(InputError, match=r"blank\.stl: the mesh is not closed: 3 open edges"):
        Stock.from_mesh(mesh.vertices, mesh.faces[1:], file="blank.stl")


def test_a_flipped_facet_is_an_error_and_an_inside_out_mesh_is_not():
    mesh = trimesh.creation.icosphere(2)
    one_flipped = np.array(mesh.faces)
    one_flipped[0] = one_flipped[0, ::-1]
    with pytest.raises(InputError, match="0 open edges, 3 between facets of opposite sense"):
        Stock.from_mesh(mesh.vertices, one_flipped)
    assert Stock.from_mesh(mesh.vertices, mesh.faces[:, ::-1]).volume == pytest.approx(mesh.volume)


@pytest.mark.parametrize("faces", [np.zeros((0, 3), int), np.array([[0, 0, 1]])])
def test_a_mesh_without_facets_is_an_error(faces):
    with pytest.raises(InputError, match="no facets"):
        Stock.from_mesh(np.zeros((3, 3)), faces, file="empty.stl")


def test_solids_without_volume_and_poses_that_are_not_rigid_are_errors():
    with pytest.raises(InputError, match="no volume"):
        Stock.box((0, 0, 0), (0.1, -0.1, 0.1))
    with pytest.raises(InputError, match="no volume"):
        Stock.cylinder((0, 0, 0), 0.1, 0.0)
    with pytest.raises(InputError, match="rigid"):
        Stock.box((0, 0, 0), (1, 1, 1)).transformed(np.diag([1, 1, -1, 1]))
