"""Scenes whose contact is known: heights of holders, walls in the way of rapids, clamps."""

import numpy as np
import pytest

from twin.machine.tool import HolderSection, Tool
from twin.program.program import Toolpath
from twin.stock.assembly import bodies_of
from twin.stock.collision import fixture_collisions, stock_collisions, watch
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap, remove

MM = 1e-3
TOLERANCE = 20e-6
BLOCK = Stock.box((0, 0, -30 * MM), (100 * MM, 60 * MM, 0))


def tool(**changes) -> Tool:
    """D10 flat, 20 mm flutes, 30 mm out of a D40 holder."""
    shape = {
        "kind": "flat",
        "diameter": 10 * MM,
        "n_teeth": 2,
        "flute_length": 20 * MM,
        "stick_out": 30 * MM,
        "shank_diameter": 10 * MM,
        "holder": (HolderSection(40 * MM, 40 * MM, 40 * MM),),
    }
    return Tool(number=1, name="test", **(shape | changes))


def path(points, rapid, lines=None, number: int = 1) -> Toolpath:
    """Straight pieces through ``points`` [mm]; ``rapid`` one bool a piece."""
    points = np.asarray(points, float) * MM
    n = len(points) - 1
    up = np.tile([0.0, 0.0, 1.0], (n, 1))
    rapid = np.asarray(rapid, bool)
    return Toolpath(
        points[:-1], points[1:], up, up, rapid, np.where(rapid, np.nan, 0.01), np.full(n, number, np.int32),
        np.full(n, 100.0), np.zeros(n, np.int8),
        np.arange(1, n + 1, dtype=np.int32) if lines is None else np.asarray(lines, np.int32),
        np.arange(n, dtype=np.int32), np.tile([0.0, 1.0], (n, 1)),
    )  # fmt: skip


def collide(toolpath: Toolpath, cutter: Tool, stock: Stock = BLOCK, resolution: float = 0.25 * MM):
    """Cut and report."""
    zmap = ZMap.of(stock, Grid.over(stock.lower, stock.upper, resolution))
    profiles, row = profile_table({1: cutter}, toolpath)
    watched = watch(zmap, toolpath, bodies_of([cutter], TOLERANCE), row)
    remove(zmap, toolpath, profiles, row, engagement=False, watched=watched)
    return stock_collisions(toolpath, watched)


def test_a_rapid_above_the_stock_and_feeds_within_the_flutes_are_fine():
    moves = path([[-20, 30, 5], [50, 30, 5], [50, 30, -18], [80, 30, -18], [80, 30, 5]], [True, False, False, True])
    assert collide(moves, tool()) == ()


@pytest.mark.parametrize("kind, extra", [("flat", {}), ("ball", {}), ("bull", {"corner_radius": 2 * MM})])
@pytest.mark.parametrize("height", [-0.5, -7.3])
def test_a_rapid_through_the_stock_is_as_deep_as_its_tip(kind, extra, height):
    moves = path([[-20, 30, height], [120, 30, height]], [True], lines=[12])
    (hit,) = collide(moves, tool(kind=kind, **extra))
    assert (hit.kind, hit.segment, hit.line) == ("rapid", 0, 12)
    # A ball's lowest point meets the row of cells half a cell beside its path.
    beside = 0.0 if kind != "ball" else 5 - np.sqrt(25 - 0.125**2)
    assert hit.depth == pytest.approx((-height - beside) * MM, abs=1e-6)
    np.testing.assert_allclose(hit.position[1:], [30 * MM, height * MM])


def test_a_rapid_through_a_wall_that_the_program_left():
    """Two pockets 10 deep, a 4 mm wall between them; the rapid crosses it at 3 mm below the top."""
    wall = [[10, 30, 5], [10, 30, -10], [40, 30, -10], [40, 30, 5], [54, 30, 5], [54, 30, -10], [80, 30, -10],
            [80, 30, -3], [20, 30, -3]]  # fmt: skip
    moves = path(wall, [False, False, True, True, False, False, True, True])
    (hit,) = collide(moves, tool())
    assert (hit.kind, hit.line) == ("rapid", 8)
    assert hit.depth == pytest.approx(3 * MM, abs=1e-7)
    # The wall stands from 45 to 49; the cutter going left touches it with its tip at 54 at first.
    assert 40 * MM <= hit.position[0] <= 54 * MM


def test_a_rapid_out_of_the_cut_it_came_from_is_fine():
    angle = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([50 + 12 * np.cos(angle), 30 + 12 * np.sin(angle), np.full(181, -6.0)], axis=1)
    points = np.concatenate([[[62, 30, 5]], circle, [[62, 30, 5], [62, 30, -6], [62, 30, 5]]])
    rapid = [False, *[False] * 180, True, True, True]
    for kind in ("flat", "ball"):
        assert collide(path(points, rapid), tool(kind=kind)) == ()


def test_a_plate_cut_away_to_its_underside_leaves_no_film():
    """First exactly to the underside, then 0.3 below it: the rapid out meets nothing."""
    plate = Stock.box((0, 0, -5.08 * MM), (100 * MM, 60 * MM, 0))
    points = [[-20, 30, -5.08], [120, 30, -5.08], [120, 30, -5.38], [50, 30, -5.38], [50, 30, 5]]
    assert collide(path(points, [False, False, False, True]), tool(), plate) == ()


@pytest.mark.parametrize("diameter_upper", [40, 60])
@pytest.mark.parametrize("deep", [0.25, 4.0])
def test_the_holder_touches_the_stock_beside_the_slot_at_its_own_height(diameter_upper, deep):
    """Flutes and shank 30 mm: a slot 30 mm deep brings the holder to the top of the block, and ``deep`` below."""
    stock = Stock.box((0, 0, -50 * MM), (100 * MM, 60 * MM, 0))
    cutter = tool(flute_length=30 * MM, holder=(HolderSection(20 * MM, 40 * MM, diameter_upper * MM),))
    slot = [[-30, 30, -29.999], [130, 30, -29.999]]
    assert collide(path(slot, [False]), cutter, stock) == ()
    deeper = np.array(slot) - [0, 0, deep + 0.001]
    (hit,) = collide(path(deeper, [False]), cutter, stock)
    assert hit.kind == "holder"
    assert hit.depth == pytest.approx(deep * MM, abs=1e-7)


@pytest.mark.parametrize("tip, depth", [(-24.9, None), (-26.0, 1.0)])
def test_a_conical_holder_touches_a_step_at_its_side(tip, depth):
    """A cone from D20 to D60 over 20 mm rises one per radius: 15 above the holder's face at a step 25 away."""
    floor = Stock.box((0, 0, -30 * MM), (75 * MM, 60 * MM, 0)).mesh()
    step = Stock.box((75 * MM, 0, -30 * MM), (100 * MM, 60 * MM, 20 * MM)).mesh()
    stock = Stock.from_mesh(np.concatenate([floor[0], step[0]]), np.concatenate([floor[1], step[1] + 8]))
    cutter = tool(flute_length=30 * MM, holder=(HolderSection(20 * MM, 20 * MM, 60 * MM),))
    resolution = 0.1 * MM
    hits = collide(path([[50, -40, tip], [50, 100, tip]], [False]), cutter, stock, resolution)
    if depth is None:
        assert hits == ()
    else:
        (hit,) = hits
        assert hit.kind == "holder"
        # The first cells stand half a cell behind the edge.
        assert hit.depth == pytest.approx(depth * MM - resolution / 2, abs=TOLERANCE)


def test_a_shank_thicker_than_the_cutter_and_a_slot_deeper_than_the_flutes():
    moves = path([[-20, 30, -15], [120, 30, -15]], [False])
    thick = tool(flute_length=12 * MM, shank_diameter=14 * MM)
    (hit,) = collide(moves, thick)
    assert (hit.kind, round(hit.depth / MM, 6)) == ("shank", 3.0)
    (hit,) = collide(moves, tool(flute_length=12 * MM))
    assert (hit.kind, round(hit.depth / MM, 6)) == ("shank", 3.0)
    # In two steps the shank of the cutter's own diameter passes through the slot.
    steps = path([[-20, 30, -8], [120, 30, -8], [120, 30, -15], [-20, 30, -15]], [False, True, False])
    assert collide(steps, tool(flute_length=12 * MM)) == ()


def test_the_deepest_place_of_a_line_is_reported_with_its_first_segment():
    moves = path([[-20, 30, 2], [10, 30, -1], [40, 30, -4], [40, 30, 10]], [True, True, True], lines=[5, 5, 6])
    (first,) = collide(moves, tool())  # a rapid removes what it meets: the retract in line 6 is free
    assert (first.line, first.segment) == (5, 0)
    assert first.depth == pytest.approx(4 * MM, abs=1e-6)
    np.testing.assert_allclose(first.position, [40 * MM, 30 * MM, -4 * MM], atol=0.3 * MM)


CLAMP = Stock.box((40 * MM, -20 * MM, -30 * MM), (60 * MM, 10 * MM, 15 * MM))


@pytest.mark.parametrize(
    "height, rapid, depth",
    [(15.001, True, None), (12.0, True, 3.0), (12.0, False, 3.0), (-10.0, False, 25.0)],
)
def test_nothing_may_touch_a_clamp(height, rapid, depth):
    moves = path([[-20, 5, height], [120, 5, height]], [rapid])
    cutter = tool(holder=())
    row = np.zeros(1, np.int32)
    hits = fixture_collisions([CLAMP], moves, bodies_of([cutter], TOLERANCE), row, 0.5 * MM)
    assert [(h.kind, round(h.depth / MM, 6)) for h in hits] == ([] if depth is None else [("fixture", depth)])


def test_the_holder_meets_a_clamp_that_the_cutter_passes():
    """Beside the clamp by 1 mm, tip 20 below its top: the holder face is 10 above it; tip 33 below: 3 in it."""
    cutter, row = tool(), np.zeros(1, np.int32)
    for tip, depth in ((-5.0, None), (-18.0, 3.0)):
        moves = path([[0, 16, tip], [100, 16, tip]], [False])
        hits = fixture_collisions([CLAMP], moves, bodies_of([cutter], TOLERANCE), row, 0.5 * MM)
        assert [round(h.depth / MM, 6) for h in hits] == ([] if depth is None else [depth])


def test_a_move_without_a_tool_touches_nothing():
    moves = path([[-20, 5, 0], [120, 5, 0]], [True], number=0)
    assert fixture_collisions([CLAMP], moves, bodies_of([None], TOLERANCE), np.zeros(1, np.int32), 0.5 * MM) == ()
