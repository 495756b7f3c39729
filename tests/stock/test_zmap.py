"""In-order removal against brute force, closed forms and converged volumes."""

import gzip

import numpy as np
import pytest
from test_envelope import TOOLS as SHAPES
from test_envelope import cutter_height

from twin.machine.tool import Tool
from twin.program import interpret, linearise
from twin.program.program import Toolpath
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.workpiece import Stock
from twin.stock.zmap import EMPTY, ZMap, remove

COMMON = dict(n_teeth=2, flute_length=0.03, stick_out=0.04)
FLAT = Tool(number=1, name="flat", kind="flat", diameter=10e-3, **COMMON)
BALL = Tool(number=2, name="ball", kind="ball", diameter=10e-3, **COMMON)
TOOLS = {1: FLAT, 2: BALL}
BY_NUMBER = {tool.number: tool for tool in SHAPES.values()}


def path_of(start, end, tool=1, rapid=False):
    """Segments between points (segment, 3) [m]."""
    start, end = np.atleast_2d(np.asarray(start, float)), np.atleast_2d(np.asarray(end, float))
    n = len(start)
    up, some, count = np.tile([0.0, 0.0, 1.0], (n, 1)), np.full(n, 0.02), np.arange(n, dtype=np.int32)
    number = np.broadcast_to(np.asarray(tool, np.int32), n).copy()
    moves_at_rapid = np.broadcast_to(rapid, n).copy()
    return Toolpath(
        start, end, up, up, moves_at_rapid, some, number, some, np.zeros(n, np.int8), count + 1, count,
        np.tile([0.0, 1.0], (n, 1)),
    )  # fmt: skip


def cut(stock, path, resolution, tools=TOOLS, engagement=False):
    profiles, row = profile_table(tools, path)
    zmap = ZMap.of(stock, Grid.over(stock.lower, stock.upper, resolution))
    return zmap, remove(zmap, path, profiles, row, engagement)


def brute_force(stock, path, resolution, tools):
    """Heights (y, x) [m] by lowering every cell to the tool at many places along every move."""
    grid = Grid.over(stock.lower, stock.upper, resolution)
    x, y = np.meshgrid(grid.centres(0), grid.centres(1))
    height = np.full(x.shape, stock.upper[2])
    for start, end, number in zip(path.start, path.end, path.tool, strict=True):
        for t in np.linspace(0, 1, 2001):
            px, py, pz = start + t * (end - start)
            height = np.minimum(height, pz + cutter_height(tools[int(number)], np.hypot(x - px, y - py)))
    return height


@pytest.mark.parametrize("name", SHAPES)
def test_heights_equal_a_search_over_tool_positions(name):
    """Chained, climbing, falling, level, vertical moves; the search steps by 1/2000 of a move of at most 8 mm."""
    tool = SHAPES[name]
    rng = np.random.default_rng(tool.number)
    points = rng.uniform((-4e-3, -4e-3, -3e-3), (4e-3, 4e-3, 1e-3), (7, 3))
    points[3, 2] = points[2, 2]  # level
    points[5, :2] = points[4, :2]  # vertical
    path = path_of(points[:-1], points[1:], tool.number)
    stock = Stock.box((-8e-3, -7e-3, -20e-3), (8e-3, 7e-3, 0))
    zmap, found = cut(stock, path, 1e-3, BY_NUMBER)
    error = zmap.surface - brute_force(stock, path, 1e-3, BY_NUMBER)
    assert error.max() < 2e-8  # never higher than a tool position allows, but for float32
    # lower only by what the search leaves between its positions: second order, but first order at edges
    assert np.median(np.abs(error)) < 1e-8
    assert error.min() > -8e-6
    assert found.volume.sum() == pytest.approx(stock.volume - zmap.volume, rel=1e-6)


@pytest.mark.parametrize("tool", [FLAT, BALL])
def test_volume_of_an_oblique_slot(tool):
    """Straight cut with both ends inside the block, any place on the grid: closed-form volume.

    A flat tool's wall crosses rows of cells, each off by a uniform share of a cell (standard deviation 0.29).
    """
    radius, length, cell, rng = tool.radius, 12e-3, 0.1e-3, np.random.default_rng(3)
    depth = 3e-3 if tool is FLAT else radius
    area = 2 * radius * length + np.pi * radius**2
    exact = area * depth if tool is FLAT else np.pi * radius**2 / 2 * length + 2 / 3 * np.pi * radius**3
    rows = (2 * length + 2 * np.pi * radius) / cell
    expected = 0.29 * np.sqrt(rows) * cell**2 / area if tool is FLAT else 5e-5
    stock = Stock.box((-15e-3, -15e-3, -8e-3), (15e-3, 15e-3, 0))
    error = []
    for _ in range(12):
        x, y = rng.uniform(-0.5e-3, 0.5e-3, 2)
        dx, dy = length / 2 * np.cos(np.deg2rad(27)), length / 2 * np.sin(np.deg2rad(27))
        path = path_of((x - dx, y - dy, -depth), (x + dx, y + dy, -depth), tool.number)
        error.append(cut(stock, path, cell)[1].volume.sum() / exact - 1)
    assert np.sqrt(np.mean(np.square(error))) < 1.5 * expected
    assert abs(np.mean(error)) < expected


@pytest.mark.parametrize("drop", [1e-3, -1e-3])
def test_depth_of_a_sloped_ball_cut_does_not_depend_on_its_length(drop):
    """A ball that goes down 1 mm over 5, 10 or 20 mm leaves the inclined cylinder of its slope."""
    stock = Stock.box((-3e-3, -6e-3, -10e-3), (23e-3, 6e-3, 0))
    for length in (5e-3, 10e-3, 20e-3):
        for pieces in (1, 7):
            points = np.linspace((0, 0, -3e-3), (length, 0, -3e-3 - drop), pieces + 1)
            zmap, _ = cut(stock, path_of(points[:-1], points[1:], 2), 0.1e-3)
            x, y = np.meshgrid(zmap.grid.centres(0), zmap.grid.centres(1))
            slope = -drop / length
            # the cylinder touches vertically below its axis shifted up the slope; keep clear of both ends
            exact = -3e-3 + slope * x + BALL.radius - np.hypot(1, slope) * np.sqrt(np.maximum(BALL.radius**2 - y**2, 0))
            inside = (np.abs(y) < 3e-3) & (x > 1.1e-3) & (x < length - 1.1e-3)
            assert np.abs((zmap.surface - exact)[inside]).max() < 5e-9


@pytest.mark.parametrize("program, converged", [("pocket2k.nc", 51708.6), ("pocket50k.nc.gz", 51657.2)])
def test_converged_volume_of_the_workload(data_dir, program, converged):
    """Both programs at 0.1 mm: within 0.01 % of the values that 0.05 mm converges to."""
    file = data_dir / "peer_workload" / program
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text()
    path = linearise(interpret(text, file=program, tools=TOOLS), chord_tolerance=1e-6, max_length=2e-3)
    stock = Stock.box((-50e-3, -40e-3, -25e-3), (50e-3, 40e-3, 0))
    zmap, found = cut(stock, path, 0.1e-3)
    assert found.volume.sum() * 1e9 == pytest.approx(converged, rel=1e-4)
    assert (stock.volume - zmap.volume) * 1e9 == pytest.approx(converged, rel=1e-4)
    assert found.volume[path.rapid].sum() * 1e9 < 1e-4


def test_final_map_does_not_depend_on_the_order():
    rng = np.random.default_rng(5)
    points = rng.uniform((-9e-3, -9e-3, -5e-3), (9e-3, 9e-3, 0), (40, 3))
    tool = rng.integers(1, 3, 39)
    stock = Stock.box((-12e-3, -12e-3, -10e-3), (12e-3, 12e-3, 0))
    there, one = cut(stock, path_of(points[:-1], points[1:], tool), 0.25e-3)
    back, other = cut(stock, path_of(points[:-1][::-1], points[1:][::-1], tool[::-1]), 0.25e-3)
    assert np.abs(there.surface - back.surface).max() < 1e-8
    assert one.volume.sum() == pytest.approx(other.volume.sum(), rel=1e-6)
    again, _ = cut(stock, path_of(points[:-1], points[1:], tool), 0.25e-3)
    assert np.array_equal(there.surface, again.surface)


def test_a_larger_stock_changes_nothing_under_the_path():
    rng = np.random.default_rng(6)
    points = rng.uniform((-4e-3, -4e-3, -3e-3), (4e-3, 4e-3, 0), (30, 3))
    path = path_of(points[:-1], points[1:], 2)
    small, few = cut(Stock.box((-10e-3, -10e-3, -8e-3), (10e-3, 10e-3, 0)), path, 0.25e-3, engagement=True)
    large, many = cut(Stock.box((-30e-3, -50e-3, -8e-3), (40e-3, 30e-3, 0)), path, 0.25e-3, engagement=True)
    assert np.abs(small.surface - large.surface[160:240, 80:160]).max() < 5e-9
    assert many.volume == pytest.approx(few.volume, rel=1e-5, abs=1e-15)
    assert many.arc == pytest.approx(few.arc, abs=0.02, nan_ok=True)


def test_drilling_through_removes_no_more_than_the_plate():
    plate, at = Stock.box((-5e-3, -5e-3, -4e-3), (5e-3, 5e-3, 0)), (0.013e-3, 0.027e-3)
    path = path_of([(*at, 1e-3), (*at, -8e-3)], [(*at, -8e-3), (*at, 1e-3)], SHAPES["drill"].number)
    zmap, found = cut(plate, path, 0.1e-3, BY_NUMBER)
    assert found.volume[0] == pytest.approx(np.pi * 2e-3**2 * 4e-3, rel=5e-3)
    assert found.volume[1] == 0
    assert (zmap.surface == EMPTY).sum() * 1e-8 == pytest.approx(np.pi * 2e-3**2, rel=5e-3)
    assert plate.volume - zmap.volume == pytest.approx(found.volume.sum(), rel=1e-6)


def test_stock_of_any_shape_fills_its_columns():
    """A lying bar: heights and volume of its upper and lower half."""
    bar = Stock.cylinder((-10e-3, 0, 0), 4e-3, 20e-3, axis=(1, 0, 0))
    zmap = ZMap.of(bar, Grid.over(bar.lower, bar.upper, 0.05e-3))
    y = zmap.grid.centres(1)
    assert np.abs(zmap.surface[:, 100] - np.sqrt(np.maximum(16e-6 - y**2, 0))).max() < 1e-8
    assert np.abs(zmap.bottom[:, 100] + np.sqrt(np.maximum(16e-6 - y**2, 0))).max() < 1e-8
    assert zmap.volume == pytest.approx(bar.volume, rel=1e-3)
