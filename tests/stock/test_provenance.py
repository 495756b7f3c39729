"""Provenance: every machined sample knows a pass that made it, and the others that came near."""

import numpy as np
import pytest
from parts import MM, ball_pocket, path_of, trace, wall_part

from twin.stock.passes import find_passes
from twin.stock.recut import recut_deviation
from twin.stock.workpiece import Stock

BLOCK = Stock.box(np.array([-20, -20, -10]) * MM, np.array([20, 20, 0]) * MM)


@pytest.mark.parametrize("part", [ball_pocket, lambda: wall_part(27)])
def test_samples_lie_on_the_surface_that_an_independent_search_finds(part):
    path, stock = part()
    surface, provenance, profiles, row = trace(path, stock, 0.25 * MM)
    found = recut_deviation(surface, path, profiles, row, np.zeros((path.n_segments, 2, 3)), 0.1 * MM)
    assert np.abs(found[surface.machined]).max() < 1e-8
    assert (found[~surface.machined] > -1e-8).all()
    assert (provenance.segment[surface.machined, 0] >= 0).all()
    assert np.abs(provenance.gap[surface.machined, 0]).max() < 1e-9
    assert (provenance.segment[~surface.machined] < 0).all()
    assert np.allclose(np.linalg.norm(surface.normal, axis=1), 1, atol=1e-9)


def test_neighbouring_ball_rows_are_candidates_at_their_height():
    # Two rows 1 mm apart: over the middle of one, the other stands R - sqrt(R^2 - 1) = 101 um higher.
    path = path_of((2, [[-15, 0.1, -3], [15, 0.1, -3]]), (2, [[-15, 1.1, -3], [15, 1.1, -3]]))
    surface, provenance, _, _ = trace(path, BLOCK, 0.2 * MM)
    row = (surface.family == 2) & (np.abs(surface.position[:, 1] - 0.1 * MM) < 1e-9)
    row &= np.abs(surface.position[:, 0]) < 14 * MM
    assert row.sum() > 100
    assert (provenance.segment[row, :2] == [0, 1]).all() and (provenance.segment[row, 2:] == -1).all()
    rise = 5 * MM - np.sqrt(25 - 1) * MM
    # The gap is along the sample's normal, +z, to the neighbour's tangent plane above: its height itself.
    assert np.abs(provenance.gap[row, 1] - rise).max() < 5e-9
    along = (surface.position[row, 0] + 15 * MM) / (30 * MM)
    assert np.abs(provenance.along[row] - along[:, None])[:, :2].max() < 1e-6
    # Normals of candidates are scaled to unit length along the sample's normal.
    assert np.abs(provenance.normal[row, 1] - [0, 1 / np.sqrt(24), 1]).max() < 1e-5


def test_a_flat_floor_is_touched_as_the_tool_comes_and_as_it_goes():
    path = path_of((1, [[-15, 0, -2], [15, 0, -2]]))
    surface, provenance, _, _ = trace(path, BLOCK, 0.5 * MM)
    x, y, z = surface.position.T
    floor = (np.abs(z + 2 * MM) < 1e-6) & (surface.family == 2) & (np.abs(x) < 10 * MM)
    half = np.sqrt((3 * MM) ** 2 - y[floor] ** 2)
    touched = np.sort(-15 * MM + 30 * MM * provenance.along[floor, :2], axis=1)
    assert np.abs(touched - np.stack([x[floor] - half, x[floor] + half], axis=1)).max() < 1e-8
    assert (provenance.segment[floor, 2:] == -1).all()
    assert np.allclose(provenance.normal[floor, :2], [0, 0, 1])


def test_floor_and_wall_have_their_own_normals():
    path = path_of((1, [[-15, 0, -2], [15, 0, -2]]))
    surface, provenance, _, _ = trace(path, BLOCK, 0.5 * MM)
    wall = surface.family == 1
    wall &= np.abs(surface.position[:, 0]) < 14 * MM
    assert np.abs(np.abs(surface.position[wall, 1]) - 3 * MM).max() < 1e-9
    inward = -np.sign(surface.position[wall, 1])
    assert np.abs(provenance.normal[wall, 0] - np.stack([0 * inward, inward, 0 * inward], axis=1)).max() < 1e-6


def test_too_many_passes_are_flagged():
    row = [[-15, 0, -2], [15, 0, -2]]
    path = path_of(*[(2, row)] * 5)
    surface, provenance, _, _ = trace(path, BLOCK, 0.5 * MM, n_candidates=4)
    bottom = (surface.family == 2) & surface.machined & (np.abs(surface.position[:, 0]) < 14 * MM)
    assert provenance.overflow[bottom].all()
    assert (np.sort(provenance.segment[bottom], axis=1) == [0, 1, 3, 4]).all()  # the first, and the last two
    surface, provenance, _, _ = trace(path, BLOCK, 0.5 * MM, n_candidates=5)
    assert not provenance.overflow[bottom].any()
    assert (np.sort(provenance.segment[bottom], axis=1) == np.arange(5)).all()


def test_samples_beside_a_wall_are_marked_as_edge():
    path = path_of((1, [[-15, 0.1, -2], [15, 0.1, -2]]))  # walls at 3.1 and -2.9 mm, columns at odd multiples of 0.1
    surface, provenance, _, _ = trace(path, BLOCK, 0.2 * MM, band=0.25 * MM)
    x, y, _ = surface.position.T
    column = (surface.family == 2) & (np.abs(x) < 12 * MM)
    foot = np.minimum(np.abs(y - 3.1 * MM), np.abs(y + 2.9 * MM))
    assert provenance.edge[column & (foot < 0.12 * MM)].all()
    assert not provenance.edge[column & (foot > 0.13 * MM)].any()


def test_passes_break_at_corners_and_reversals_only():
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([5 * np.cos(angle), 5 * np.sin(angle), np.full(73, -1.0)], axis=1)
    number = find_passes(path_of((1, circle))).number
    assert number[-1] == 3  # quadrants, where an axis reverses
    wave = np.stack([np.linspace(-10, 10, 50), np.zeros(50), np.sin(np.linspace(0, 9, 50))], axis=1)
    assert find_passes(path_of((1, wave))).number[-1] == 0
    zigzag = path_of((1, [[0, 0, 0], [9, 0, 0], [9, 1, 0], [0, 1, 0]]))
    assert (find_passes(zigzag).number == [0, 1, 2]).all()
    assert (find_passes(path_of((1, [[0, 0, 0], [9, 0, 0]]), (2, [[9, 0, 0], [18, 0, 0]]))).number == [0, 1]).all()


def test_surface_area_of_a_slot_is_covered_once():
    path = path_of((1, [[-25, 0, -2], [25, 7, -2]]))
    surface, _, _, _ = trace(path, BLOCK, 0.1 * MM)
    direction = np.array([50, 7]) / np.hypot(50, 7)
    across = surface.position[:, :2] @ [-direction[1], direction[0]]
    inside = (np.abs(across - across[surface.machined].mean()) < 4 * MM) & surface.machined
    length = 40 * MM / direction[0]
    assert surface.area[inside].sum() == pytest.approx(length * (6 + 2 + 2) * MM, rel=0.01)
