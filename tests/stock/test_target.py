"""Gouge and excess: distances in closed form, and paths that are wrong by a programmed amount."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program import interpret, linearise
from twin.program.program import Toolpath
from twin.stock.cut import Provenance, Surface
from twin.stock.path_check import check_path_in_stock
from twin.stock.removal import RemovalSettings, cut
from twin.stock.target import compare, signed_distance
from twin.stock.workpiece import Stock

MM = 1e-3
CUTTER = Tool(number=1, name="end mill", kind="flat", diameter=0.01, n_teeth=2, flute_length=0.02, stick_out=0.03)
BLOCK = Stock.box((0, 0, -30 * MM), (100 * MM, 60 * MM, 0))


def path(start, end, rapid=None) -> Toolpath:
    """Straight pieces [mm], line 10, 20, 30 …; feeds unless ``rapid``."""
    start, end = np.atleast_2d(np.asarray(start, float)) * MM, np.atleast_2d(np.asarray(end, float)) * MM
    n = len(start)
    up = np.tile([0.0, 0.0, 1.0], (n, 1))
    return Toolpath(
        start, end, up, up, np.zeros(n, bool) if rapid is None else np.asarray(rapid), np.full(n, 0.01),
        np.ones(n, np.int32), np.full(n, 100.0), np.zeros(n, np.int8), 10 * np.arange(1, n + 1, dtype=np.int32),
        np.arange(n, dtype=np.int32), np.tile([0.0, 1.0], (n, 1)),
    )  # fmt: skip


def made_by(position, segment) -> tuple[Surface, Provenance]:
    """Level machined samples of 1 mm2 each, with the segment that made them (-1: the stock)."""
    position, segment = np.asarray(position, float) * MM, np.asarray(segment, np.int32)
    n = len(position)
    surface = Surface(
        position, np.tile([0.0, 0.0, 1.0], (n, 1)), np.full(n, 1e-6), np.full(n, 2, np.int8), np.ones(n, bool)
    )
    none = np.full(n, -1, np.int32)
    candidates = np.stack([none, segment], axis=1)  # the first slot is empty
    gap = np.where(candidates >= 0, 0.0, np.inf)
    facing = np.tile(np.float32([0, 0, 1]), (n, 2, 1))
    flags = np.zeros(n, bool)
    provenance = Provenance(
        segment=candidates,
        along=np.zeros((n, 2), np.float32),
        gap=gap,
        normal=facing,
        overflow=flags,
        edge=flags,
        band=1e-4,
    )
    return surface, provenance


def slotted_block() -> Stock:
    """BLOCK with a slot 10 wide and 5 deep along x, at y = 25..35."""
    profile = [(0, -30), (60, -30), (60, 0), (35, 0), (35, -5), (25, -5), (25, 0), (0, 0)]
    front = np.array([(0, 1, 4), (1, 2, 4), (2, 3, 4), (0, 4, 5), (0, 5, 7), (5, 6, 7)])
    vertices = np.array([(x, y, z) for x in (0, 100) for y, z in profile], float) * MM
    i, j = np.arange(8), np.roll(np.arange(8), -1)
    sides = np.concatenate([np.stack([i, j, j + 8], 1), np.stack([i, j + 8, i + 8], 1)])
    stock = Stock.from_mesh(vertices, np.concatenate([front[:, ::-1], front + 8, sides]))
    assert stock.volume == pytest.approx((60 * 30 - 10 * 5) * 100 * MM**3)
    return stock


def test_distance_to_a_box_is_exact():
    rng = np.random.default_rng(2)
    points = rng.uniform([-0.05, -0.05, -0.08], [0.15, 0.11, 0.05], (2000, 3))
    middle, half = np.array([0.05, 0.03, -0.015]), np.array([0.05, 0.03, 0.015])
    q = np.abs(points - middle) - half
    exact = np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(axis=1), 0)
    np.testing.assert_allclose(signed_distance(BLOCK, points), exact, atol=1e-12)


def test_distance_to_finer_spheres_converges_with_second_order():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(1000, 3))
    points *= (rng.uniform(0.015, 0.025, 1000) / np.linalg.norm(points, axis=1))[:, None]
    exact = np.linalg.norm(points, axis=1) - 0.02
    error = []
    for subdivisions in (3, 4, 5):
        mesh = trimesh.creation.icosphere(subdivisions, radius=0.02)
        found = signed_distance(Stock.from_mesh(mesh.vertices, mesh.faces), points)
        error.append(np.sqrt(np.mean((found - exact) ** 2)))
    assert np.log2(np.array(error[:-1]) / error[1:]) == pytest.approx([2, 2], abs=0.15)
    assert error[-1] < 8e-6


def test_a_floor_that_is_too_deep_is_a_gouge_of_its_line():
    """Lines 10 and 20 cut the slot, line 20 by 0.12 mm too deep; line 30 leaves 0.3 mm."""
    x = np.arange(5, 95) + 0.5
    depth = np.where(x < 40, -5.0, np.where(x < 70, -5.12, -4.7))
    segment = np.where(x < 40, 0, np.where(x < 70, 1, 2))
    surface, provenance = made_by(np.stack([x, np.full_like(x, 30), depth], axis=1), segment)
    moves = path(np.zeros((3, 3)), np.ones((3, 3)))
    report = compare(surface, slotted_block(), moves, provenance)
    (gouge,) = report.gouges
    assert (gouge.line, gouge.segment) == (20, 1)
    assert gouge.depth == pytest.approx(0.12 * MM, abs=1e-12)
    assert gouge.area == pytest.approx(30e-6)
    assert report.deepest == gouge.depth
    assert report.excess == pytest.approx(0.3 * MM)
    assert report.excess_volume == pytest.approx(25 * 1e-6 * 0.3 * MM)
    assert report.rms == pytest.approx(np.sqrt((30 * 0.12**2 + 25 * 0.3**2) / 90) * MM)


def test_gouges_are_sorted_by_depth_and_a_nameless_one_is_kept():
    surface, provenance = made_by([[20, 30, -5.1], [40, 30, -5.5], [60, 30, -5.3], [80, 30, -5.005]], [0, -1, 1, 0])
    report = compare(surface, slotted_block(), path(np.zeros((2, 3)), np.ones((2, 3))), provenance)
    assert [(g.line, round(g.depth / MM, 9)) for g in report.gouges] == [(-1, 0.5), (20, 0.3), (10, 0.1)]


def test_without_a_target_the_path_meets_its_own_envelope():
    surface, provenance = made_by([[20, 30, -5.1]], [0])
    report = compare(surface, None, path([[0, 0, 0]], [[1, 0, 0]]), provenance)
    assert (report.distance == 0).all()
    assert report.gouges == () and report.deepest == report.excess == report.rms == 0


def test_a_path_in_the_stock_passes_with_its_lead_ins():
    moves = path([[-12, 30, -5], [110, 60, -5]], [[110, 30, -5], [-10, 60, -5]])
    assert check_path_in_stock(moves, BLOCK, {1: CUTTER}) == ()


def test_a_path_that_never_touches_the_stock_is_an_error():
    above = path([[0, 30, 2]], [[100, 30, 2]])
    beside = path([[0, 66, -5]], [[100, 66, -5]])
    for moves in (above, beside):
        with pytest.raises(InputError, match=r"part\.nc: no feed move touches the stock: .*work offset"):
            check_path_in_stock(moves, BLOCK, {1: CUTTER}, file="part.nc")
    # 5.001 mm off by the cutter's radius touches.
    check_path_in_stock(path([[0, 64.999, -5]], [[100, 64.999, -5]]), BLOCK, {1: CUTTER})


def test_a_stock_smaller_than_the_path_is_an_error_with_the_first_line():
    """Rows every 10 mm over 400 x 60 mm: 29 of 40 pass clear of a block of 100 mm."""
    x = np.arange(5, 400, 10.0)
    rows = path(np.stack([x, x * 0, x * 0 - 5], 1), np.stack([x, x * 0 + 60, x * 0 - 5], 1))
    with pytest.raises(InputError, match=r"part\.nc:120: the stock is smaller than the path: 7[23] %"):
        check_path_in_stock(rows, BLOCK, {1: CUTTER}, file="part.nc")


def test_feeds_far_beside_the_stock_are_a_warning():
    moves = path([[0, 30, -5], [50, 90, -5], [50, 30, -5]], [[100, 30, -5], [90, 90, -5], [0, 30, -5]])
    (warning,) = check_path_in_stock(moves, BLOCK, {1: CUTTER})
    assert warning.line == 20
    assert warning.message == "feeds 40 mm beside the stock, up to 25 mm away, until line 20"


def test_a_program_in_inches_that_is_read_in_millimetres_is_a_warning():
    """A pocket of 2 x 1 in, fed 0.002 in a tooth by a cutter of 10 mm; in millimetres both are 25.4 times less."""
    inches = path([[0.5, 0.5, -0.1], [2.5, 0.5, -0.1]], [[2.5, 0.5, -0.1], [2.5, 1.5, -0.1]])
    slow = replace(inches, feed=np.full(2, 0.002 * MM * 2 * 100 / (2 * np.pi)))
    (warning,) = check_path_in_stock(slow, BLOCK, {1: CUTTER})
    assert warning.line == 10 and "2 x 1 mm in a stock of 100 x 60 mm, fed 0.02 %" in warning.message
    assert "G20" in warning.message
    # A small pocket is fed as any other, and a slow path as large as its stock is not in inches.
    assert check_path_in_stock(inches, BLOCK, {1: CUTTER}) == ()
    wide = path([[0, 0, -5], [100, 0, -5]], [[100, 0, -5], [100, 60, -5]])
    assert check_path_in_stock(replace(wide, feed=slow.feed), BLOCK, {1: CUTTER}) == ()


def test_a_program_of_rapids_only_is_an_error():
    with pytest.raises(InputError, match="no feed move"):
        check_path_in_stock(path([[0, 0, 0]], [[1, 1, 1]], rapid=[True]), BLOCK, {1: CUTTER})


LIMITS = RemovalSettings(
    resolution=0.25 * MM, band=120e-6, n_candidates=4, collision_tolerance=20e-6, target_tolerance=10e-6,
    n_mib_limit=1000,
)  # fmt: skip


def test_a_path_programmed_too_deep_is_a_gouge_by_as_much():
    """Line 10 cuts the slot of the target at its depth, line 20 its second half 0.12 mm deeper."""
    moves = path([[-10, 30, -5], [50, 30, -5.12]], [[110, 30, -5], [110, 30, -5.12]])
    left = cut(moves, {1: CUTTER}, BLOCK, LIMITS, target=slotted_block())
    (gouge,) = left.comparison.gouges
    assert gouge.line == 20
    assert gouge.depth == pytest.approx(0.12 * MM, abs=5e-9)  # float32 heights
    # The floor 10 wide from the half disk at x = 50 to the end of the block, and the walls are on size.
    assert gouge.area == pytest.approx((50 * 10 + np.pi * 5**2 / 2) * MM**2, rel=0.01)
    assert left.comparison.excess == pytest.approx(0, abs=5e-9)


def floor(x, y):
    """Height [mm] that the freeform pocket was programmed for (scenarios/freeform_pocket/generate.py)."""
    return -11 + 3 * np.sin(2 * np.pi * x / 60) * np.cos(2 * np.pi * y / 50)


def floor_block(step: float) -> Stock:
    """Everything below the floor, to z = -30 mm, over 100 x 80 mm, as a closed mesh of ``step`` [mm]."""
    nx, ny = round(100 / step) + 1, round(80 / step) + 1
    x, y = np.meshgrid(np.linspace(-50, 50, nx), np.linspace(-40, 40, ny), indexing="ij")
    top = np.stack([x, y, floor(x, y)], axis=-1).reshape(-1, 3)
    n = np.arange(nx * ny).reshape(nx, ny)
    a, b, c, d = n[:-1, :-1].ravel(), n[1:, :-1].ravel(), n[1:, 1:].ravel(), n[:-1, 1:].ravel()
    over = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    rim = np.concatenate([n[:-1, 0], n[-1, :-1], n[:0:-1, -1], n[0, :0:-1]])
    after = np.roll(rim, -1)
    low = nx * ny
    sides = np.concatenate([np.stack([rim, rim + low, after + low], 1), np.stack([rim, after + low, after], 1)])
    vertices = np.concatenate([top, top * [1, 1, 0] + [0, 0, -30]]) * MM
    return Stock.from_mesh(vertices, np.concatenate([over, over[:, ::-1] + low, sides]))


@pytest.mark.long
def test_the_gouges_of_the_freeform_pocket_are_as_deep_as_its_ball_stands_in_the_floor():
    """Its tool is held inside the walls, so that near the rim the ball stands too deep: R - distance to the floor."""
    text = (Path(__file__).parents[2] / "scenarios" / "freeform_pocket" / "pocket2k.nc").read_text()
    tools = {1: CUTTER, 2: replace(CUTTER, number=2, kind="ball")}
    program = interpret(text, file="pocket2k.nc", tools=tools, work_offsets={"G54": (0.0,) * 6})
    moves = linearise(program, chord_tolerance=2e-6, max_length=1 * MM, part_zero=(0.0, 0.0, 0.0))
    stock = Stock.box((-50 * MM, -40 * MM, -25 * MM), (50 * MM, 40 * MM, 0))
    left = cut(moves, tools, stock, LIMITS, target=floor_block(0.5))

    ball = (moves.tool == 2) & ~moves.rapid
    centre = moves.end[ball] / MM + [0, 0, 5]
    near = np.linspace(-5, 5, 201)
    depth = np.empty(len(centre))
    for k, (x, y, z) in enumerate(centre):
        gx, gy = np.meshgrid(x + near, y + near)
        depth[k] = 5 - np.sqrt(((gx - x) ** 2 + (gy - y) ** 2 + (floor(gx, gy) - z) ** 2).min())
    assert left.comparison.deepest == pytest.approx(depth.max() * MM, abs=3e-6)
    lines = {int(line) for line, deep in zip(moves.line[ball], depth, strict=True) if deep > 0.05}
    assert {gouge.line for gouge in left.comparison.gouges if gouge.depth > 0.05 * MM} <= lines | {
        line + 1 for line in lines
    }
