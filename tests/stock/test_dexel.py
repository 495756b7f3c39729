"""Horizontal rays: the exact interval against a search over tool positions; walls and bores against their size."""

import numpy as np
import pytest
from parts import MM, path_of, trace, wall_part
from test_envelope import TOOLS

from twin.stock.dexel import find_walls, reach, wall_rays
from twin.stock.envelope import profile
from twin.stock.grid import Grid
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap


def radius_at(tool, height: np.ndarray) -> np.ndarray:
    """Radius of a tool at heights above its tip, as its docstring defines it; -1 below the tip."""
    r, corner = np.full_like(height, tool.radius), tool.corner_radius
    with np.errstate(invalid="ignore"):
        if tool.kind == "ball":
            r = np.where(height < r, np.sqrt(r**2 - (r - height) ** 2), r)
        if tool.kind == "bull":
            r = np.where(height < corner, r - corner + np.sqrt(corner**2 - (corner - height) ** 2), r)
        if tool.kind == "drill":
            r = np.minimum(height * np.tan(tool.point_angle / 2), r)
        if tool.kind == "taper":
            tip = np.sqrt(corner**2 - (corner - height) ** 2)
            touch = corner * (1 - np.sin(tool.taper_angle))
            foot = corner * np.cos(tool.taper_angle) if corner else tool.tip_diameter / 2
            r = np.minimum(np.where(height < touch, tip, foot + (height - touch) * np.tan(tool.taper_angle)), r)
    return np.where(height >= 0, r, -1.0)


@pytest.mark.parametrize("name", TOOLS)
def test_reach_is_the_maximum_over_tool_positions(name):
    p = profile(TOOLS[name])
    rng = np.random.default_rng(7)
    along = np.linspace(0, 1, 20001)
    hits = 0
    for case in range(150):
        start, step = rng.uniform(-8e-3, 8e-3, 3), rng.uniform(-6e-3, 6e-3, 3)
        step[[[], [2], [0, 1], [0], [1]][case % 5]] = 0.0  # level, plunge, across the ray, along the ray
        y, z = rng.uniform(-8e-3, 8e-3), rng.uniform(-4e-3, 12e-3)
        t, u, v = reach(p, start[0], step[0], start[1], step[1], start[2], step[2], y, z)
        height = z - start[2] - step[2] * along
        radius = radius_at(TOOLS[name], height)
        square = np.where(radius >= 0, radius**2 - (y - start[1] - step[1] * along) ** 2, -1.0)
        ends = (start[0] + step[0] * along + np.sqrt(np.maximum(square, 0.0)))[square >= 0]
        if not len(ends):
            assert t == -np.inf or square.max() > -1e-9
            continue
        hits += 1
        # The search finds no more than the maximum, and falls short by its step next to a vertical flank.
        assert -1e-12 <= t - ends.max() < 2e-6
        assert 0 <= min(u, v) and max(u, v) <= 1
    assert hits > 20


@pytest.mark.parametrize("degrees", [0, 13, 27, 45])
def test_an_oblique_wall_has_its_thickness_at_a_coarse_grid(degrees):
    path, stock = wall_part(degrees)
    surface, _, _, _ = trace(path, stock, 0.25 * MM)
    turn = np.deg2rad(degrees)
    along = surface.position[:, :2] @ [np.cos(turn), np.sin(turn)]
    across = surface.position[:, :2] @ [-np.sin(turn), np.cos(turn)]
    wall = (surface.family < 2) & (np.abs(along) < 15 * MM) & (np.abs(across) < 1.5 * MM)
    one, other = across[wall & (across > 0)], across[wall & (across < 0)]
    assert len(one) > 1000 and len(other) > 1000
    # Every single sample, not only the mean: the z-map alone reads 1.46 to 1.71 mm here.
    assert np.ptp(one) < 1e-7 and np.ptp(other) < 1e-7
    assert one.mean() - other.mean() == pytest.approx(1.5 * MM, abs=1e-7)
    # Two faces of 30 x 6 mm, each sampled once.
    assert surface.area[wall].sum() == pytest.approx(2 * 30 * 6 * MM**2, rel=0.03)
    normal = np.where(across[wall, None] > 0, 1, -1) * np.array([-np.sin(turn), np.cos(turn), 0])
    assert np.abs(surface.normal[wall] - normal).max() < 1e-6


def test_a_milled_bore_has_its_diameter():
    path, stock = wall_part(13)
    surface, _, _, _ = trace(path, stock, 0.25 * MM)
    centre = np.array([27, -22]) * MM
    xy = surface.position[:, :2] - centre
    bore = (surface.family < 2) & (np.linalg.norm(xy, axis=1) < 7 * MM)
    # Circle fit, linear in centre and the power of the origin.
    (x, y, power), *_ = np.linalg.lstsq(np.c_[2 * xy[bore], np.ones(bore.sum())], (xy[bore] ** 2).sum(axis=1))
    assert np.hypot(x, y) < 1e-8
    # The path is a polygon of 180 chords on 2 mm: the bore lies within their sagitta below 10 mm.
    sagitta = 2 * MM * (1 - np.cos(np.pi / 180))
    radius = np.linalg.norm(xy[bore], axis=1)
    assert radius.max() <= 5 * MM + 1e-9 and radius.min() >= 5 * MM - sagitta - 1e-9
    assert 2 * np.sqrt(power + x * x + y * y) == pytest.approx(10 * MM, abs=1e-6)
    assert surface.area[bore].sum() == pytest.approx(np.pi * 10 * 6 * MM**2, rel=0.03)


def test_a_drilled_hole_has_walls_and_a_cone():
    path = path_of((3, [[0.3, 0.1, 5], [0.3, 0.1, -8], [0.3, 0.1, 5]]))
    stock = Stock.box(np.array([-5, -5, -12]) * MM, np.array([5, 5, 0]) * MM)
    surface, _, _, _ = trace(path, stock, 0.1 * MM)
    wall = (surface.family < 2) & (surface.position[:, 2] > -6.5 * MM)
    radius = np.linalg.norm(surface.position[:, :2] - np.array([0.3, 0.1]) * MM, axis=1)
    assert np.abs(radius[wall] - 2 * MM).max() < 1e-9
    _, rays = np.unique(np.round(surface.position[wall, 2], 7), return_counts=True)
    assert len(rays) == 65 and (rays == rays[0]).all()  # every 0.1 mm down the bore, as many as there are in the circle
    assert surface.area[wall].sum() == pytest.approx(np.pi * 4 * 6.5 * MM**2, rel=0.03)
    cone = surface.machined & ~wall & (radius < 1.9 * MM)
    flank = np.deg2rad(118 / 2)
    assert np.abs(surface.position[cone, 2] - (-8 * MM + radius[cone] / np.tan(flank))).max() < 1e-8
    assert np.abs(surface.normal[cone, 2] - np.sin(flank)).max() < 1e-6


def test_rays_enter_only_between_air_and_material():
    stock = Stock.box(np.zeros(3), np.array([10, 10, 5]) * MM)
    zmap = ZMap.of(stock, Grid.over(stock.lower, stock.upper, 0.5 * MM))
    assert len(find_walls(zmap).axis) == 0  # the sides of an uncut block have no open cell beside them
    cylinder = Stock.cylinder([0, 0, 0], 4 * MM, 5 * MM)
    zmap = ZMap.of(cylinder, Grid.over(cylinder.lower, cylinder.upper, 0.5 * MM))
    walls = find_walls(zmap)
    stack, position = wall_rays(walls, zmap.grid.spacing[2])
    assert walls.beside.all()
    assert np.bincount(stack).min() == 10  # 5 mm in steps of 0.5 mm
    assert np.linalg.norm(position[:, :2], axis=1).min() > 4 * MM


def test_the_flank_of_the_stock_is_no_machined_surface():
    cylinder = Stock.cylinder([0, 0, -5 * MM], 8 * MM, 5 * MM)
    path = path_of((1, [[-15, 0, -2], [15, 0, -2]]))  # a slot across the top
    surface, _, _, _ = trace(path, cylinder, 0.25 * MM)
    wall = surface.machined & (surface.family < 2)
    assert wall.any()
    assert np.abs(np.abs(surface.position[wall, 1]) - 3 * MM).max() < 1e-9


def test_every_ray_has_its_sample_where_two_families_tie():
    """A face at 45 degrees in short, rounded moves: its samples stand for all of its area, none is lost or doubled."""
    corner = 20 * np.sqrt(0.5)
    ends = np.stack([np.linspace(-corner, corner, 40), np.linspace(corner, -corner, 40), np.full(40, -4.0)], axis=1)
    path = path_of((1, np.round(ends + [1.2345, 0, 0], 4)))
    stock = Stock.box((-0.02, -0.02, -0.008), (0.02, 0.02, 0.0))
    surface, *_ = trace(path, stock, 0.25e-3)
    level = surface.normal[:, 2] == 0
    middle = np.abs(surface.position[:, 0] - surface.position[:, 1] - 1.2345e-3) < 20e-3
    for side in (1, -1):
        mine = level & middle & (side * surface.normal[:, 0] > 0.5)
        assert surface.area[mine].sum() == pytest.approx(20e-3 * np.sqrt(2) * 4e-3, rel=0.02)
